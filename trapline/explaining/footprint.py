"""What a behaviour reads and writes, by role: found by walking its IR, so that no table of instructions is needed.

A part of a word that is read through a slice counts as its fields only; see `trapline.commands.explain` for the use.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from isa.description import Isa, Role, State
from isa.ir.nodes import (
    Behaviour,
    Const,
    Effect,
    Element,
    Expr,
    Load,
    Param,
    Recv,
    Send,
    SetElement,
    Size,
    Store,
    Unknown,
    nodes,
)
from isa.passes.normal import Bits, bits_read, bits_written, masks


@dataclass(frozen=True, slots=True, order=True)
class Touch:
    """A named piece of state and its role: ("psw.mode", "mode"), ("x[d]", "general"), ("size(storage)", "")."""

    name: str
    role: str

    def __str__(self) -> str:
        return f"{self.name} @{self.role}" if self.role else self.name


@dataclass(frozen=True, slots=True)
class Footprint:
    """Sorted and without repetition. `tests` is what the trap conditions read, `reads` what everything else reads;
    `traps` are the names of the causes in program order."""

    tests: tuple[Touch, ...]
    reads: tuple[Touch, ...]
    writes: tuple[Touch, ...]
    traps: tuple[str, ...]


def footprint(isa: Isa, behaviour: Behaviour) -> Footprint:
    guards = [trap.guard for trap in behaviour.traps]
    inputs = [*(trap.info for trap in behaviour.traps), *Behaviour(effects=behaviour.effects).expressions()]
    causes = [isa.cause.name_of(trap.cause) or str(trap.cause) for trap in behaviour.traps]
    written = [touch for effect in behaviour.effects for touch in _written(isa, effect)]
    return Footprint(
        tests=_reads(isa, guards),
        reads=_reads(isa, inputs),
        writes=_unique([*_scalars(isa, bits_written(behaviour)), *written]),
        traps=tuple(dict.fromkeys(causes)),
    )


def _unique(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    return tuple(sorted(set(touches)))


def _reads(isa: Isa, roots: list[Expr]) -> tuple[Touch, ...]:
    others = [touch for node in nodes(*roots) for touch in _read(isa, node)]
    return _unique([*_scalars(isa, bits_read(roots)), *others])


def _scalars(isa: Isa, bits: Bits) -> Iterator[Touch]:
    """Fields by their own names; the word itself where bits outside its fields are meant too."""
    for name, mask in masks(isa, bits).items():
        state = isa.states[name]
        for f in state.fields:
            covered = ((1 << f.width) - 1) << f.low
            if mask & covered:
                yield Touch(f"{name}.{f.name}", _role(f.role or state.role))
            mask &= ~covered
        if mask:
            yield Touch(name, _role(state.role))


def _read(isa: Isa, node: Expr) -> Iterator[Touch]:
    match node:
        case Element(_, state, index):
            yield _cell(isa.states[state], index)
        case Load():
            yield Touch(isa.storage.name, Role.STORAGE.value)
        case Recv(_, channel, index):
            yield _cell(isa.states[channel], index)
        case Size():
            yield Touch(f"size({isa.storage.name})", "")
        case Unknown():
            yield Touch("unknown", "")


def _written(isa: Isa, effect: Effect) -> Iterator[Touch]:
    match effect:
        case SetElement(_, state, index, _) | Send(_, state, index, _):
            yield _cell(isa.states[state], index)
        case Store():
            yield Touch(isa.storage.name, Role.STORAGE.value)


def _cell(state: State, index: Expr) -> Touch:
    """`x[d]`, `x[14]`, or `port[...]` when the index is computed."""
    shown = index.name if isinstance(index, Param) else str(index.value) if isinstance(index, Const) else "..."
    return Touch(f"{state.name}[{shown}]", _role(state.role))


def _role(role: Role | None) -> str:
    return role.value if role else ""
