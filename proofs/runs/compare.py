"""Equivalence, seen: one guest, bare and monitored on machines of one size, compared under the virtual machine map.

The states are compared at every exit (the block, and the lines of storage that either side wrote), storage and devices
whole at the end. On a difference both are run again to the last point where they agreed and stepped singly from there,
so that the report names the first instruction that differs.

Since a virtual machine keeps its whole state in a block of its own, the map is the identity on what is compared here.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from isa.description import Isa
from isa.devices import Ports
from isa.devices.difference import differences
from isa.display import Displayed
from isa.engines.choice import DEFAULT, bare
from isa.machine import Exit, Machine, Reason, Storage, Trap
from isa.machine.machine import Loadable
from monitor import Decision, ExitEvent, VirtualMachine
from monitor.monitor import QUANTUM, tower
from monitor.techniques import Monitors, Technique, levels
from proofs.verdict.informing import informed


@dataclass(frozen=True)
class Setup:
    """What is compared: a guest on machines of `words` words, one of them on top of `monitors`. `ports` makes equal
    devices anew for every machine; `build` makes the monitored one (tests plant bugs there). Both have the engine of
    this name."""

    isa: Isa
    image: Loadable
    words: int
    ports: Callable[[], Ports]
    monitors: Monitors = 1
    seed: int = 0
    build: Callable[["Setup"], VirtualMachine] | None = None
    quantum: int = QUANTUM
    engine: str = DEFAULT

    @property
    def depth(self) -> int:
        return len(levels(self.monitors))

    @cached_property
    def techniques(self) -> tuple[Technique, ...]:
        """Those of the monitors, told of the machine what they have to know."""
        return informed(self.isa, self.monitors)

    def bare(self) -> Machine:
        storage = Storage(self.isa.word, self.words)
        machine = bare(self.isa, storage, self.ports(), self.seed, engine=self.engine)
        machine.load(self.image)
        own = self.techniques[-1]  # of the monitor that the guest runs on
        machine.restore(own.prepare(machine, machine.stands(self.image)))
        return machine

    def monitored(self) -> VirtualMachine:
        make = self.build or (lambda s: tower(s.isa, s.words, s.techniques, s.ports(), s.seed, s.engine))
        vm = make(self)
        vm.load(self.image)
        return vm


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same: a slot of the state, a word of storage, a device, or how the run ended."""

    name: str
    bare: str
    monitored: str


@dataclass(frozen=True)
class Divergence:
    """The first step that differs. `before` is the state that both had, by slot name; `place` is where the instruction
    lies in storage (None if it could not be fetched). `breach` says what the audit found, or is empty."""

    step: int
    pc: int
    place: int | None
    word: int | None
    before: dict[str, int]
    differences: tuple[Difference, ...]
    breach: str = ""


@dataclass(repr=False)
class Comparison(Displayed):
    """The result. Equivalent means: no divergence, and no breach."""

    steps: int = 0
    exits: int = 0
    compared: int = 0
    bare: Exit | None = None
    monitored: Exit | None = None
    divergence: Divergence | None = None
    machine: VirtualMachine | None = field(default=None, repr=False)

    def title(self) -> str:
        return "equivalent" if self.equivalent else "not equivalent"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "steps", f"{self.steps:,}"
        yield "exits", f"{self.exits:,}"
        yield "compared", f"{self.compared:,}"
        if self.divergence is not None:
            yield "first difference", f"step {self.divergence.step:,}, pc {self.divergence.pc:#x}"
            for found in self.divergence.differences:
                yield found.name, f"{found.bare} bare, {found.monitored} monitored"

    @property
    def equivalent(self) -> bool:
        return self.divergence is None


class _Differs(Exception):
    """Raised from within a run when the two sides are no longer equal."""


class _Pair:
    """A bare and a monitored machine, kept at the same step."""

    def __init__(self, setup: Setup) -> None:
        self.quantum = setup.quantum
        self.bare, self.monitored = setup.bare(), setup.monitored()
        self.agreed = 0  # the last step at which both were the same
        self.compared = self.exits = 0

    @property
    def seen(self) -> int:
        """The step at which both are now, or the later one."""
        return max(self.bare.steps, self.monitored.steps)

    def at(self, step: int) -> "_Pair":
        """Both run on to this step in one go."""
        self.bare.run(step - self.bare.steps)
        self.monitored.run(step - self.monitored.steps)
        return self

    def run(self, budget: int, progress: Callable[[int], None] | None) -> tuple[Exit, Exit]:
        """Run both to the end of the budget, comparing at every exit. Raises _Differs."""
        vm = self.monitored
        vm.monitor.subscribe(self._exit)
        while True:
            end = vm.run_to_trap(min(self.quantum, budget - vm.steps))
            if end.trap is not None:
                vm.enter(end.trap)
                end = vm.run(0)  # a trap may have used up the budget, and is no way for a run to end
            if end.reason is Reason.BUDGET:  # else a device may have acted already that bare acts when it goes on
                self.check(vm.steps)
            if progress:
                progress(vm.steps)
            if end.reason is not Reason.BUDGET or vm.steps >= budget:
                return self._ends(budget, end)

    def _exit(self, event: ExitEvent) -> None:
        self.exits += 1
        idles = event.decision is Decision.IDLED and not is_due(self.bare, event.step)
        if idles or event.decision in (Decision.EMULATED, Decision.INTERPRETED, Decision.SCHEDULED):
            self.check(event.step)

    def check(self, step: int) -> None:
        """Bring the bare machine to this step and compare. Raises _Differs."""
        if step > self.bare.steps:
            self.bare.run(step - self.bare.steps)
        self.compared += 1
        if self.bare.steps != step or not self._alike():
            raise _Differs
        self.agreed = step

    def _alike(self) -> bool:
        """Whether state, what was written to storage since the last look, and devices' output are the same."""
        bare, vm = self.bare, self.monitored
        lines = {*bare.storage.take_dirty(), *vm.storage.take_dirty()}
        return (
            bare.state.block == vm.state.block
            and all(bare.line(n) == vm.line(n) for n in lines)
            and bare.ports.fingerprint == vm.ports.fingerprint
        )

    def step(self) -> tuple[Exit, Exit, bool]:
        """One step of both: how it ended, and whether they are still alike."""
        bare, end = self.bare.run(1), self.monitored.run(1)
        counts = bare.steps == end.steps and bare.retired == end.retired
        return bare, end, bare.reason is end.reason and counts and self._alike()

    def _ends(self, budget: int, end: Exit) -> tuple[Exit, Exit]:
        if end.reason is Reason.VIOLATION:
            # The monitored machine stands before the direct run in which the breach lies; the bare one shows how far
            # to look for it.
            self.bare.run(min(self.quantum, budget - self.bare.steps))
            raise _Differs
        self.compared += end.reason is not Reason.BUDGET
        bare = self.bare.run(budget - self.bare.steps)
        ends = Exit(bare.reason, self.bare.steps, self.bare.retired, None, bare.detail), end
        whole = Exit(end.reason, self.monitored.steps, self.monitored.retired, None, end.detail)
        if self.differences() or bare.reason is not end.reason:
            raise _Differs
        return ends[0], whole

    def differences(self) -> tuple[Difference, ...]:
        """Everything that is not the same now."""
        return differing(self.bare, self.monitored)


def differing(bare: Machine, vm: Machine) -> tuple[Difference, ...]:
    """Everything that is not the same in two machines of one description and size."""
    counts = [("steps", bare.steps, vm.steps), ("retired", bare.retired, vm.retired)]
    found = [Difference(name, str(a), str(b)) for name, a, b in counts if a != b]
    names = bare.state.layout.names
    slots = zip(names, bare.state.block, vm.state.block, strict=True)
    found += [Difference(name, f"{a:#x}", f"{b:#x}") for name, a, b in slots if a != b]
    whole = bare.words(0, bare.storage.size), vm.words(0, vm.storage.size)
    if whole[0] != whole[1]:
        pairs = enumerate(zip(*whole, strict=True))
        found += [Difference(f"storage[{i:#x}]", f"{a:#x}", f"{b:#x}") for i, (a, b) in pairs if a != b]
    found += [Difference(*parts) for parts in differences(bare.ports, vm.ports)]
    return tuple(found)


def is_due(bare: Machine, step: int) -> bool:
    """Bring the machine to a step, and say whether a device is due at that boundary. A monitored machine that idles
    there has let it act already; a bare one does so when it goes on."""
    if step > bare.steps:
        bare.run(step - bare.steps)
    deadline = bare.ports.deadline()
    return deadline is not None and deadline <= step


def compare(setup: Setup, budget: int, progress: Callable[[int], None] | None = None) -> Comparison:
    """Run the guest bare and monitored for at most `budget` steps. `progress` is told the steps done so far.

    Raises MachineError if either machine cannot be built.
    """
    pair = _Pair(setup)
    result = Comparison(machine=pair.monitored)
    try:
        result.bare, result.monitored = pair.run(budget, progress)
    except _Differs:
        result.divergence = _first(setup, pair.agreed, pair.seen) or _in_one_go(setup, pair)
    result.steps, result.exits, result.compared = pair.monitored.steps, pair.exits, pair.compared
    return result


def _first(setup: Setup, agreed: int, seen: int) -> Divergence | None:
    """The first step from `agreed` to `seen` that leaves the two machines different, if single steps show it."""
    pair = _Pair(setup).at(agreed)
    while pair.bare.steps <= seen:
        before = pair.bare.state.block[:]
        word, place = pair.monitored.engine.peek(), pair.monitored.engine.place()
        bare, end, alike = pair.step()
        differences = () if alike and end.reason is Reason.BUDGET else pair.differences()
        if bare.reason is not end.reason:
            differences += (Difference("end", _ended(bare), _ended(end)),)
        if differences:
            breach = end.detail if end.reason is Reason.VIOLATION else ""
            return _divergence(pair, pair.bare.steps - bare.steps, before, word, place, differences, breach)
        if end.reason is not Reason.BUDGET:
            break
    return None


def _in_one_go(setup: Setup, pair: "_Pair") -> Divergence:
    """A difference that only runs of many steps show: the least number of them after which it is there."""
    low, high, differences = pair.agreed, max(pair.seen, pair.agreed + 1), pair.differences()
    while high - low > 1:
        middle = (low + high) // 2
        found = _Pair(setup).at(pair.agreed).at(middle).differences()
        if found:
            high, differences = middle, found
        else:
            low = middle
    bare = _Pair(setup).at(high - 1).bare
    return _divergence(pair, high - 1, bare.state.block, bare.engine.peek(), bare.engine.place(), differences, "")


def _divergence(
    pair: "_Pair",
    step: int,
    block: "array[int]",
    word: int | Trap,
    place: int | None,
    differences: tuple[Difference, ...],
    breach: str,
) -> Divergence:
    before = dict(zip(pair.bare.state.layout.names, block, strict=True))
    fetched = word if isinstance(word, int) else None
    return Divergence(step, before[pair.bare.isa.pc], place, fetched, before, differences, breach)


def _ended(end: Exit) -> str:
    return f"{end.reason.value}: {end.detail}" if end.detail else end.reason.value
