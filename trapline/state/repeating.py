"""What a machine that does not come to an end repeats, exactly. It is found on a copy, after the run.

`repetition` steps a copy of the machine, as deep under monitors as the machine itself, until its whole state has come
again: from there on everything repeats for ever. `Repetition.counted` takes the guest from its beginning once more, up
to where it first was in that state, and so knows how often each trap has happened. Devices are left out: a machine of
which one still wants something, or that uses one while it repeats, is not said to repeat.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from isa.machine import Machine, Reason
from isa.machine.exits import Trap
from trapline.running.rig import Outfit, Rig, build

LOOK = 4096  # steps that are looked at on a bare machine; a quarter of them for each monitor under it
LARGEST = 1 << 20  # words of storage of a machine that is copied
_CHUNK = 1 << 12  # bytes that are compared at a time


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of what repeats: its pc, and the trap that it ends in."""

    pc: int
    trap: Trap | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """The steps that repeat, from where the machine stands. `lasted` is how many steps of the run are known to have
    been such, and `counts` how often each trap among them has happened in the whole run; None if that is not known."""

    turns: tuple[Turn, ...]
    lasted: int | None = None
    counts: dict[Turn, int] | None = None

    def counted(self, machine: Machine, again: Callable[[], Rig], look: int) -> "Repetition":
        """The same with counts, if a run from the beginning comes to this state within `look` steps."""
        start, here, before = again().machine, _Whole(machine), Counter[Turn]()
        for _ in range(look):
            if here.is_state_of(start) and start.ports.fingerprint == machine.ports.fingerprint:
                lasted = machine.steps - start.steps
                each = Counter(turn for turn in self.turns if turn.trap)
                counts = {turn: before[turn] + n * (lasted // len(self.turns)) for turn, n in each.items()}
                return replace(self, lasted=lasted, counts=counts)
            turn = _step(start)
            if turn is None:
                break
            before[turn] += 1
        return self


class _Whole:
    """All of a machine that decides what it does next, its devices apart."""

    def __init__(self, machine: Machine) -> None:
        self.block = machine.state.block[:]
        self.cells = machine.storage.cells.tobytes()
        self.random = machine.random.getstate()
        self._suspect = 0  # where storage differed last: it often does so again

    def is_state_of(self, machine: Machine) -> bool:
        """Whether a machine of the same description and size is in this state."""
        return (
            machine.state.block == self.block
            and self._same(machine.storage.cells.cast("B"))
            and machine.random.getstate() == self.random
        )

    def _same(self, cells: "memoryview[int]") -> bool:
        for first in (self._suspect, *range(0, len(self.cells), _CHUNK)):
            if cells[first : first + _CHUNK].tobytes() != self.cells[first : first + _CHUNK]:
                self._suspect = first
                return False
        return True


def repetition(rig: Rig, again: Callable[[], Rig] | None) -> Repetition | None:
    """What the machine repeats from where it stands, if it is found to. `again` makes a machine as this one was at the
    beginning of its run, for the counts."""
    machine, look = rig.machine, LOOK >> 2 * rig.depth
    if machine.storage.size > LARGEST or machine.ports.deadline() is not None:
        return None
    turns = _period(_copy(rig), look)
    if turns is None:
        return None
    found = Repetition(turns)
    return found if again is None else found.counted(machine, again, look)


def _copy(rig: Rig) -> Machine:
    """A machine in the same state, as deep, with devices that nobody has used."""
    machine = rig.machine
    copy = build(rig.isa, machine.storage.size, Outfit(), rig.monitors, "reference").machine
    copy.storage.cells[:] = machine.storage.cells
    copy.state.block[:] = machine.state.block
    copy.random = Random()
    copy.random.setstate(machine.random.getstate())
    return copy


def _period(machine: Machine, look: int) -> tuple[Turn, ...] | None:
    """The steps after which the machine is where it is now, for the first time; None if that does not happen."""
    here, turns = _Whole(machine), list[Turn]()
    while len(turns) < look:
        turn = _step(machine)
        if turn is None or machine.ports.traffic:
            return None
        turns.append(turn)
        if here.is_state_of(machine):
            return tuple(turns)
    return None


def _step(machine: Machine) -> Turn | None:
    """Take one step; None if the machine does not take any."""
    pc = machine.state[machine.isa.pc]
    assert isinstance(pc, int)
    end = machine.run_to_trap(1)
    if end.trap is not None:
        machine.enter(end.trap)
    return Turn(pc, end.trap) if end.reason in (Reason.TRAP, Reason.BUDGET) else None
