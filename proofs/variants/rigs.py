"""A bare machine and a virtual one of the same size, set to the same state and run side by side, under a technique.

States are set directly, so that a difference shows which no program reaches soon; windows lie at any word, since the
theorems speak of every allocation and not of pages alone. What must be the same is everything: all state, all storage,
what was said to channels, how a run ended. What lies outside the window must not change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from isa.description import Isa
from isa.engines.choice import REFERENCE, bare
from isa.machine import Machine, Reason, Storage
from isa.machine.storage import CODE
from monitor import Monitor, VirtualMachine
from monitor.allocator import Allocator
from monitor.techniques import TRAP, Technique

Values = Mapping[str, int | list[int]]


@dataclass(frozen=True)
class Start:
    """A state by name, the words of the machine's storage, and a seed for what is `unknown`."""

    state: Values
    words: Sequence[int]
    seed: int = 0

    def put(self, machine: Machine) -> None:
        """Set a machine of this size to it."""
        machine.storage.write(0, self.words)
        for name, value in self.state.items():
            machine.state[name] = value
        machine.random.seed(self.seed)

    def __str__(self) -> str:
        state = ", ".join(f"{name} = {_shown(value)}" for name, value in self.state.items())
        words = " ".join(f"{word:x}" for word in self.words)
        return f"{state}; storage {words}"


def _shown(value: int | list[int]) -> str:
    return f"{value:#x}" if isinstance(value, int) else " ".join(f"{v:#x}" for v in value)


@dataclass(frozen=True)
class Place:
    """A window of `size` words at word `offset` of a real storage of `whole`, given out by `depth` monitors."""

    whole: int
    offset: int
    size: int
    depth: int = 1


def _ended(reason: Reason, steps: int, retired: int) -> str:
    return f"{reason.value} after {steps} steps of which {retired} retired"


class _Placed(Allocator):
    """Gives out one window, at the word that was asked for."""

    def __init__(self, storage: Storage, offset: int) -> None:
        super().__init__(storage)
        self.offset = offset

    def allocate(self, size: int) -> Storage:
        return self.storage.window(self.offset, size)


class Rig:
    """A virtual machine at a place, and its twin.

    Raises MachineError for a machine that the monitor does not take.
    """

    def __init__(self, isa: Isa, place: Place, technique: Technique = TRAP) -> None:
        self.isa, self.place, self.technique = isa, place, technique
        self.storage = Storage(isa.word, place.whole)
        self.storage.page_words = 1
        self.storage.lines[:] = bytes([CODE]) * len(self.storage.lines)  # lines do not fit windows at any word
        below = bare(isa, self.storage, engine=REFERENCE)
        left = place.offset
        for depth in range(place.depth, 1, -1):
            below = self._virtual(below, left // depth, below.storage.size - left // depth)
            left -= left // depth
        self.vm = self._virtual(below, left, place.size)
        self.twin = bare(isa, Storage(isa.word, place.size), engine=REFERENCE)

    def _virtual(self, below: Machine, offset: int, size: int) -> VirtualMachine:
        monitor = Monitor(below, technique=self.technique)
        monitor.allocator = _Placed(below.storage, offset)
        return monitor.create(size)

    def set(self, start: Start, outside: Sequence[int] = ()) -> None:
        """Both in this state; `outside` are the words of the whole real storage, as far as they lie outside."""
        self.storage.write(0, outside)
        for machine in (self.vm, self.twin):
            start.put(machine)
        self._outside = self._around()

    def run(self, steps: int) -> str:
        """Run both for so many steps; what differs then, empty if nothing does."""
        bare, end = self.twin.run(steps), self.vm.run(steps)
        if end.reason is Reason.VIOLATION:
            return f"breach: {end.detail}"
        ours, theirs = ((e.reason, e.steps, e.retired) for e in (end, bare))
        if ours != theirs:
            return f"it ended with {_ended(*ours)}, bare {_ended(*theirs)}"
        return self.difference()

    def difference(self) -> str:
        vm, twin = self.vm, self.twin
        if twin.state.block != vm.state.block:
            triples = zip(twin.state.layout.names, twin.state.block, vm.state.block, strict=True)
            return ", ".join(f"{name} is {b:#x}, bare {a:#x}" for name, a, b in triples if a != b)
        if twin.storage.cells != vm.storage.cells:
            pairs = enumerate(zip(twin.storage.cells, vm.storage.cells, strict=True))
            return ", ".join(f"word {i} is {b:#x}, bare {a:#x}" for i, (a, b) in pairs if a != b)
        if twin.ports.fingerprint != vm.ports.fingerprint:
            return "other words were sent or received"
        return "" if self._around() == self._outside else "breach: a word outside the allocation changed"

    def _around(self) -> tuple[bytes, bytes]:
        cells, first, end = self.storage.cells, self.place.offset, self.place.offset + self.place.size
        return cells[:first].tobytes(), cells[end:].tobytes()
