"""A counterexample told: the guest's state when it leaves, what should have come of it, and what did."""

from dataclasses import dataclass
from typing import Any

from isa.assembler.disassembly import disassemble
from proofs.programs.exits import Exit
from proofs.programs.guest import Guest
from proofs.programs.judging import Wrong
from proofs.programs.paths import Path
from proofs.programs.values import lifted
from proofs.terms.symbolic import Term
from proofs.terms.words import STATUS, number, place_name, state_places, value_name


@dataclass(frozen=True)
class Shown:
    """`state` is the guest's by name, `instruction` what it executes, `should` and `found` the value that is wrong, if
    it is one word."""

    state: tuple[tuple[str, str], ...]
    instruction: str = ""
    should: str = ""
    found: str = ""


def shown(guest: Guest, exit: Exit, path: Path, model: Any, wrong: Wrong | None) -> Shown:
    """The state that a model speaks of."""
    isa, virtual = guest.isa, exit.virtual
    parts = [(place_name(isa, p), value_name(isa, p, number(model, virtual.at(p)))) for p in state_places(isa, STATUS)]
    parts += [("steps run", f"{number(model, guest.ran):#x}")]
    parts += [(name, f"{number(model, term):#x}") for name, term in _registers(guest, model)]
    parts += [
        ("window", f"{number(model, guest.setting.start):#x}"),
        ("size", f"{number(model, guest.setting.size):#x}"),
    ]
    text = ""
    if exit.what is not None:
        word = number(model, exit.params["insn"])
        text = disassemble(isa, [word]).splitlines()[-1].partition("#")[0].strip()
    if wrong is None or wrong.place is None or wrong.should is None:
        return Shown(tuple(parts), text)
    found = lifted(path.state.word(wrong.place), isa.word)
    return Shown(tuple(parts), text, f"{number(model, wrong.should):#x}", f"{number(model, found):#x}")


def _registers(guest: Guest, model: Any) -> list[tuple[str, Term]]:
    """The registers of the guest that a model decides, and that are not 0."""
    decided = {d.name() for d in model.decls()}
    found = []
    for file in guest.virtual.arrays:
        for i, cell in enumerate(guest.registers(guest.isa.states[file], "")):
            if not isinstance(cell, int) and cell.decl().name() in decided and number(model, cell):
                found.append((f"{file}[{i}]", cell))
    return found
