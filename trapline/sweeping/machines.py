"""The machines of a space. Texts are read as the variants they are, once for each combination of them; guards are put
on and taken off in the IR, so that thousands of machines cost no more than what is different in them."""

from collections import Counter
from dataclasses import replace

from isa.description import Instruction, Isa, Role
from isa.errors import SourceError, TraplineError
from isa.ir.nodes import Behaviour, TrapIf
from isa.language import load_text
from isa.language.library import read_source
from isa.machines.catalogue import find, shipped
from isa.passes.normal import bits_read
from trapline.sweeping.space import ON, Settings, Space


class Machines:
    """Makes the machines of a space. Raises TraplineError for a guard of an instruction that does not exist."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.base = find(space.machine)
        self._around = "" if space.machine in shipped() else _text_of(space.machine)
        guards = {switch.name for switch in space.switches if switch.guard}
        missing = sorted(guards - set(self.base.instructions))
        if missing:
            known = ", ".join(self.base.instructions)
            raise TraplineError(f"{self.base.name} has no instruction `{missing[0]:.60}`", f"it has {known}")
        self._read: dict[Settings, Isa] = {}

    def make(self, settings: Settings) -> Isa:
        """The machine with these settings. Raises SourceError for one whose text is refused."""
        chosen = list(zip(self.space.switches, settings, strict=True))
        isa = self._texts(tuple(switch.texts[name] for switch, name in chosen if not switch.guard))
        guards = {switch.name: name for switch, name in chosen if switch.guard}
        instructions = {
            name: guarded(isa, found, guards[name] == ON) if name in guards else found
            for name, found in isa.instructions.items()
        }
        return replace(isa, instructions=instructions)

    def _texts(self, texts: tuple[str, ...]) -> Isa:
        """The machine with the changes of these texts."""
        changes = "\n".join(text for text in texts if text)
        if not changes:
            return self.base
        if texts not in self._read:
            variant = f'{self._around}\nvariant it of {self.base.name} "A machine of the space." {{\n{changes}\n}}'
            try:
                self._read[texts] = load_text(variant, "it", self.space.path)
            except SourceError as error:
                first = error.diagnostics[0]
                raise TraplineError(
                    f"{self.space.path}: a setting is no change of {self.base.name}: {first.message}",
                    f"it says: {first.span.source.line(first.span.line).strip():.120}",
                ) from None
        return self._read[texts]


def guarded(isa: Isa, instruction: Instruction, on: bool) -> Instruction:
    """The instruction with a guard, or without: a trap of user modes that looks at nothing but the mode."""
    body = instruction.behaviour
    own = tuple(trap for trap in body.traps if _is_guard(isa, trap))
    if on == bool(own):
        return instruction
    traps = (usual_guard(isa), *body.traps) if on else tuple(trap for trap in body.traps if trap not in own)
    return replace(instruction, behaviour=Behaviour(traps, body.effects))


def guards_of(isa: Isa) -> list[str]:
    """The instructions that have one."""
    return [name for name, found in isa.instructions.items() if any(_is_guard(isa, t) for t in found.behaviour.traps)]


def with_guards(isa: Isa, names: frozenset[str]) -> Isa:
    """The machine with guards on these instructions: what a repair makes of it."""
    return replace(
        isa, instructions={n: guarded(isa, i, True) if n in names else i for n, i in isa.instructions.items()}
    )


def usual_guard(isa: Isa) -> TrapIf:
    """The guard that most instructions have that have one. Raises TraplineError if none has."""
    found = Counter(t for i in isa.instructions.values() for t in i.behaviour.traps if _is_guard(isa, t))
    if not found:
        raise TraplineError(f"no instruction of {isa.name} has a guard to take as an example", "write one of them out")
    return found.most_common(1)[0][0]


def _is_guard(isa: Isa, trap: TrapIf) -> bool:
    mode = {(p.state, b) for p in isa.roles[Role.MODE] for b in range(p.low, p.low + p.width)}
    looks = bits_read([trap.guard])
    return bool(looks) and looks <= mode and not trap.view


def _text_of(machine: str) -> str:
    path = machine if machine.endswith(".isa") else machine.rpartition(":")[0]
    return read_source(path).text
