"""The first step at which a guest under a monitor in assembly parts from the same guest bare, found by single steps.

Both are brought to where they last agreed. The guest's own steps are those whose instruction is fetched from its
window, whoever runs it, and each has its twin; the monitor's are fetched from its own words. What differs was written
last somewhere: that is the monitor's line.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from isa.description import Isa, Role
from isa.machine import Machine, Trap
from isa.machine.time import law_of
from proofs.runs.compare import Difference, Divergence
from proofs.under.blocks import Block, Blocks
from proofs.under.case import Case
from proofs.under.sides import STORAGE, WORD, Sides
from proofs.under.watching import Watch

SINGLY = 100_000  # steps that are taken one by one: some seconds, and many times what a monitor needs for an exit
LOST = 10_000  # steps of a monitor that does not come back, before that is believed
MOST = 16  # things whose last writer is looked for
SHOWN = 40  # labels of a path
KEPT = {"steps": "VM_STEPS", "words moved": "VM_TRAFFIC", "channel": "VM_WORD"}  # beside the state


@dataclass(frozen=True)
class Parting:
    """`found` is the guest's step. It was taken `directly`, or by the innermost monitor, which then passed the labels
    of `path`; `writers` are the addresses, in the monitor's image, of the steps that last changed what differs, by its
    name; those that no step changed are not among them. Both sides were the same when the machine below it all had
    taken `agreed` steps."""

    found: Divergence
    directly: bool
    agreed: int = 0
    path: tuple[str, ...] = ()
    writers: dict[str, int] = field(default_factory=dict)


def first(case: Case, parted: Sides, bad: int, differences: tuple[Difference, ...]) -> Parting:
    """The first step that differs. `parted` agreed last at a real step of its own, and not at real step `bad`, where
    there were these differences."""
    return _Hunt(case, parted, differences).through(bad)


class _Hunt:
    """The same run again, from where both sides were the same."""

    def __init__(self, case: Case, parted: Sides, differences: tuple[Difference, ...]) -> None:
        watch = Watch(case.machine(), case.monitors)
        watch.boot()
        self.machine, self.inner, self.number = watch.machine, watch.inner, parted.number
        self.agreed = parted.agreed
        self.machine.break_places = set()
        self.machine.run(max(0, parted.agreed - self.machine.steps))
        block = self.block
        self.twin = case.twin(self.number, block.size)
        self.sides = Sides(block, self.twin, self.machine, parted.alone)
        self.twin.run(block.steps)
        self.begun = block.state
        self.ordinary, self.standing = _slots_of(case.isa, self.machine)
        self.differences = differences
        self.watched = dict(_addresses(self.inner, self.sides, differences))
        self.path: list[str] = []
        self.lost = 0  # steps of the monitor since the guest's last
        self.writers: dict[str, int] = {}

    @property
    def block(self) -> Block:
        """What the monitor keeps of the guest now."""
        return self.inner.of(self.machine.storage, self.number)

    def through(self, bad: int) -> Parting:
        """Single steps to real step `bad`, or to the first that the guest takes itself and that differs."""
        machine, last = self.machine, min(bad, self.machine.steps + SINGLY)
        self.sides.wrote(machine.storage.take_dirty())
        before = self._stands()
        while machine.steps < last:
            place = machine.engine.place()
            if self.lost > LOST:
                break
            if place is not None and 0 <= place - self.sides.window < self.sides.size:
                before = self._stands()
                if machine.run(1).retired and not self._same_step():
                    return self._parting(before, self._shown(), directly=True)
            elif place is not None and 0 <= place - self.inner.origin < self.inner.monitor.end:
                self._step_of_monitor(place - self.inner.origin)
            else:
                self.lost = 0  # somebody else's turn
                machine.run(1)
        machine.run(bad - machine.steps)
        claimed = self.block.steps
        if claimed < self.twin.steps:
            took = Difference("steps", str(self.twin.steps), f"{claimed}, and has taken more itself")
            return self._parting(self._stands(), (took,))
        return self._parting(self._stands(), self.differences)

    def _same_step(self) -> bool:
        """The guest took a step itself; so does its twin. Whether they still are the same, as far as that can be seen
        while the monitor does not know of it."""
        self.path.clear()
        self.lost = 0
        self.twin.run(1)
        self.sides.wrote(self.machine.storage.take_dirty())
        return not [*self._shown()] and self.sides.words_alike()

    def _shown(self) -> tuple[Difference, ...]:
        """What differs after a step that the guest took itself. What programs have in common with the real machine is
        there; of the rest nothing may change, but by time."""
        names, bare = self.twin.state.layout.names, self.twin.state.block
        sides = [(self.ordinary, self.machine.state.block), (self.standing, self.begun)]
        differ = [(names[i], bare[i], block[i]) for slots, block in sides for i in slots if bare[i] != block[i]]
        found = [Difference(name, f"{a:#x}", f"{b:#x}") for name, a, b in differ]
        return (*found, *self.sides.word_differences())

    def _step_of_monitor(self, address: int) -> None:
        label = self.inner.monitor.image.labels.get(address)
        if label is not None and address != self.inner.monitor.leave:
            self.path.append(label)
        self.lost += 1
        cells = self.machine.storage.cells
        before = {name: cells[at] for name, at in self.watched.items()}
        self.machine.run(1)
        self.writers |= {name: address for name, at in self.watched.items() if cells[at] != before[name]}

    def _stands(self) -> "_Stand":
        """Where the twin is."""
        engine = self.twin.engine
        before = dict(zip(self.twin.state.layout.names, self.twin.state.block, strict=True))
        return _Stand(self.twin.steps, engine.place(), engine.peek(), before)

    def _parting(self, at: "_Stand", differences: tuple[Difference, ...], directly: bool = False) -> Parting:
        word = at.word if isinstance(at.word, int) else None
        pc = at.before[self.twin.isa.pc]
        found = Divergence(at.step, pc, at.place, word, at.before, differences)
        if directly:
            return Parting(found, True, self.agreed)
        names = {difference.name for difference in differences}
        writers = {name: at for name, at in self.writers.items() if name in names}
        return Parting(found, False, self.agreed, tuple(self.path[-SHOWN:]), writers)


@dataclass(frozen=True, slots=True)
class _Stand:
    """A machine before a step: which, where its instruction lies, the word, and the state."""

    step: int
    place: int | None
    word: int | Trap
    before: dict[str, int]


def _slots_of(isa: Isa, machine: Machine) -> tuple[list[int], list[int]]:
    """The slots that a guest has in common with the machine while it runs, which are those that every program may use
    and the pc; and the others, but for what moves by itself or by devices."""
    ordinary: list[int] = []
    standing: list[int] = []
    moving = {m.place.state for m in law_of(isa).moving} | {place.state for place in isa.roles[Role.PENDING]}
    for name, slot in machine.state.layout.slots.items():
        if name == isa.pc or isa.states[name].role is Role.GENERAL:
            ordinary += range(slot.first, slot.first + slot.count)
        elif name not in moving:
            standing += range(slot.first, slot.first + slot.count)
    return ordinary, standing


def _addresses(inner: Blocks, sides: Sides, differences: tuple[Difference, ...]) -> Iterator[tuple[str, int]]:
    """Where in storage the things lie that differ, by their names."""
    names, at = sides.twin.state.layout.names, inner.at()
    yield "steps", at + inner.symbols["VM_STEPS"]
    places = {name: at + slot for name, slot in zip(names, inner.slots, strict=True)}
    places |= {name: at + inner.symbols[symbol] for name, symbol in KEPT.items()}
    for difference in differences[:MOST]:
        if difference.name.startswith(STORAGE):
            yield difference.name, sides.window + int(difference.name[len(STORAGE) : -1], 16)
        elif difference.name.startswith(WORD):
            yield difference.name, int(difference.name[len(WORD) :].split()[0], 16)
        elif difference.name in places:
            yield difference.name, places[difference.name]
