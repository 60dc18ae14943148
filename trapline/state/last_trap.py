"""What a trap leaves and what it takes, read off `on trap` of the description: the last trap that a machine took, and
the vector from which the next one gets its state.

The machine itself remembers no traps: what a guest can know of the last one is what `on trap` has put somewhere. A
guest may have written over it since.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from isa.description import Isa
from isa.ir.fold import const, rewriter
from isa.ir.nodes import Apply, Const, Expr, Load, Param, Read, Store, Write, nodes
from isa.machine import Machine


@dataclass(frozen=True, slots=True)
class LastTrap:
    """Each is None where `on trap` does not keep it, or it is nothing that `on trap` can have put there."""

    cause: str | None
    info: int | None
    pc: int | None


def last_trap(machine: Machine) -> LastTrap | None:
    """The last trap, as `on trap` left it; None if there was none since the machine was made."""
    if machine.steps == machine.retired:
        return None
    isa = machine.isa
    cause, info = Param(isa.cause_width, "cause"), Param(isa.info_width, "info")
    pc = Read(isa.states[isa.pc].width, isa.pc)
    return LastTrap(_cause(machine, cause), _kept(machine, info), _kept(machine, pc))


def _cause(machine: Machine, cause: Param) -> str | None:
    """The cause that `on trap` would have written as what now stands in its place."""
    for effect, found in _places(machine):
        if cause in nodes(effect.value):
            for name, number in machine.isa.cause.members.items():
                given: dict[Expr, Expr] = {cause: const(cause.width, number)}
                value = rewriter(given.get)(effect.value)
                if isinstance(value, Const) and value.value == found:
                    return name
    return None


def _kept(machine: Machine, what: Expr) -> int | None:
    return next((value for effect, value in _places(machine) if _bare(effect.value) is what), None)


def _places(machine: Machine) -> Iterator[tuple[Store | Write, int]]:
    """Each effect of `on trap` with a fixed place, and what is there now."""
    for effect in machine.isa.entry.effects:
        match effect:
            case Store(index=Const(_, address)) if address < machine.storage.size:
                yield effect, machine.storage.load(address)
            case Write(state=state, low=low, value=value):
                whole = machine.state[state]
                assert isinstance(whole, int)
                yield effect, whole >> low & (1 << value.width) - 1


def _bare(value: Expr) -> Expr:
    return _bare(value.args[0]) if isinstance(value, Apply) and value.op == "zext" else value


def vector_words(isa: Isa) -> tuple[int, ...]:
    """The words of storage that a trap loads the new state from, if their addresses are fixed."""
    loaded = (node for effect in isa.entry.effects for node in nodes(effect.value) if isinstance(node, Load))
    return tuple(sorted({load.index.value for load in loaded if isinstance(load.index, Const)}))
