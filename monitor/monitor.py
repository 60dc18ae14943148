"""The monitor and its virtual machines: creation, scheduling, events.

`Monitor(below)` sits on any machine, a `VirtualMachine` included; that is Theorem 2 as a type.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from itertools import count

from isa.description import Isa
from isa.devices import Ports
from isa.engines.choice import DEFAULT, bare
from isa.engines.reference.steps import steps_of
from isa.errors import MachineError
from isa.machine import Exit, Machine, Pause, Storage, Trap
from isa.machine.machine import EngineFactory
from isa.machine.parallel import at_once
from isa.machine.records import Trace
from isa.machine.storage import most_words, page_shift
from monitor.admission import admit
from monitor.allocator import Allocator
from monitor.compiled import CompiledCore
from monitor.core import Core
from monitor.dispatcher import Dispatcher
from monitor.schedule import ENDED, QUANTUM, Schedule
from monitor.statistics import ExitEvent
from monitor.techniques import TRAP, Monitors, Technique, levels
from monitor.techniques.technique import Replaced
from monitor.virtual import AsWritten, Virtual

__all__ = ["QUANTUM", "Monitor", "VirtualMachine", "core_of", "depth_storage", "tower", "uppermost"]


class VirtualMachine(Virtual):
    """A machine whose engine is a dispatcher on the machine below. `exit` is how it ended under `Monitor.run`."""

    def __init__(self, monitor: "Monitor", storage: Storage, ports: Ports | None, seed: int, name: str) -> None:
        self.monitor = monitor
        self.exit: Exit | None = None
        super().__init__(monitor.isa, storage, ports, seed, name, monitor.subscribers, self._dispatcher)

    def _dispatcher(self, machine: Machine) -> Dispatcher:
        self.dispatcher = Dispatcher(self, self.monitor.below, self.monitor.core, self.monitor.engine)
        return self.dispatcher

    def replace(self, replaced: Mapping[int, tuple[int, int]]) -> None:
        self.replaced.clear()
        found = self.monitor.technique.prepare(self, replaced)
        self.replaced |= {place: Replaced(*words) for place, words in found.items()}
        for place, (word, _) in self.replaced.items():
            self.storage.write(place, [word])
        self.dispatcher.interpreter.loads = AsWritten(self) if self.replaced else self.storage.cells

    def _record(self, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]:
        """Where a run of the dispatcher ends is an exit, so that it must not end where the trace's span does."""
        return self.engine.record(limit, deliver, trace)

    @property
    def hosts(self) -> list[Machine]:
        return [self, *self.dispatcher.below.hosts]


class Monitor:
    """Owns the machine `below` and runs virtual machines on it.

    `engine` is what the real machine under it all runs with, by default that of `below`; `technique` says what kind of
    monitor it is. Raises MachineError, with the reason, for a machine that no monitor of this kind can work on.
    """

    def __init__(self, below: Machine, engine: EngineFactory | None = None, technique: Technique = TRAP) -> None:
        if below.ports.devices:
            raise MachineError(
                "the machine under a monitor must have no devices of its own", "give them to the virtual machines"
            )
        self.below, self.isa = below, below.isa
        default = below.monitor.engine if isinstance(below, VirtualMachine) else below.factory
        self.engine: EngineFactory = engine or default
        self.technique = technique
        self.core = core_of(below.isa, technique)
        self.allocator = Allocator(below.storage)
        self.machines: list[VirtualMachine] = []
        self._further: list[Machine] = []
        self._names = map("vm{}".format, count())
        self.subscribers: list[Callable[[ExitEvent], None]] = []

    def create(self, words: int, ports: Ports | None = None, seed: int = 0, name: str = "") -> VirtualMachine:
        """A virtual machine with `words` words of storage and these devices, in its state after reset.

        Raises MachineError if there is no room, if the machine is too small for its trap entry, or for a name that is
        taken.
        """
        taken = {vm.name for vm in self.machines}
        if name in taken:
            raise MachineError(f"there is a virtual machine called {name!r:.60} already", "choose another name")
        name = name or next(free for free in self._names if free not in taken)
        storage = self.allocator.allocate(words)
        try:
            vm = VirtualMachine(self, storage, ports, seed, name)
        except MachineError:
            self.allocator.release(storage)
            raise
        self.machines.append(vm)
        return vm

    def destroy(self, vm: VirtualMachine) -> None:
        """Take a virtual machine's storage back."""
        self.machines.remove(vm)
        self.allocator.release(vm.storage)

    def run(self, budget: int, quantum: int = QUANTUM, threads: int = 1) -> dict[str, Exit]:
        """Run all virtual machines in turn, each for at most `budget` steps, until every one has stopped.

        A machine that halts, idles for ever, is killed or fails stops alone; the others go on. With several `threads`
        the machine below has that many processors; what comes of each virtual machine is the same. A machine below
        that is virtual has one, and so has one that is watched: events come in the order of the turns.
        """
        ends = {vm.name: vm.exit for vm in self.machines if vm.exit is not None}
        going = [vm for vm in self.machines if vm.exit is None]
        schedule = Schedule(going, quantum, budget)
        processors = self._processors(min(threads, len(going)))
        try:
            at_once([partial(schedule.serve, partial(_move, p)) for p in processors], len(processors))
        finally:
            self._gather(processors)
        for vm, share in sorted(zip(going, schedule.shares, strict=True), key=lambda one: one[1].turns):
            assert share.end is not None
            ends[vm.name] = _remembered(vm, share.end)
        return ends

    def turn(self, vm: VirtualMachine, quantum: int) -> Exit:
        """Run one virtual machine for a quantum; remembers how it ended if it cannot go on."""
        return _remembered(vm, vm.run(quantum))

    def _processors(self, count: int) -> list[Machine]:
        """The machine below, and others with its storage and states of their own: `count` if that can be."""
        below = self.below
        if isinstance(below, VirtualMachine) or self.subscribers or below.watched:
            return [below]
        while len(self._further) < count - 1:
            self._further.append(Machine(self.isa, below.storage, engine=self.engine, state=below.state.copy()))
        return [below, *self._further[: max(0, count - 1)]]

    def _gather(self, processors: list[Machine]) -> None:
        """Make what was done on several processors look as if it had been done on the machine below."""
        for vm in self.machines:
            vm.dispatcher.move(self.below)
        for further in processors[1:]:
            self.below.steps += further.steps
            self.below.retired += further.retired
            self.below.skipped += further.skipped
            further.steps = further.retired = further.skipped = 0

    def subscribe(self, subscriber: Callable[[ExitEvent], None]) -> None:
        """Call `subscriber` with every exit of every virtual machine of this monitor."""
        self.subscribers.append(subscriber)


def _move(processor: Machine, guest: Machine) -> None:
    assert isinstance(guest, VirtualMachine)
    guest.dispatcher.move(processor)


def _remembered(vm: VirtualMachine, end: Exit) -> Exit:
    if end.reason in ENDED:
        vm.exit = end
    return end


def depth_storage(isa: Isa, words: int, depth: int) -> list[int]:
    """The sizes of the machines under a virtual machine of `words` words with `depth` monitors below it, the real
    machine first: each is one page larger than what it carries, and whole pages."""
    page = 1 << page_shift(isa.word)
    sizes: list[int] = []
    for _ in range(depth):
        words = (-(-words // page) + 1) * page
        sizes.insert(0, words)
    return sizes


def _check_room(isa: Isa, words: int, sizes: list[int]) -> None:
    """Raises MachineError if the real machine would have to be larger than any can be, and says how large a guest's
    machine may be so many monitors above it."""
    page, most, depth = 1 << page_shift(isa.word), most_words(isa.word), len(sizes)
    if sizes[0] <= most:
        return
    largest = most // page * page - depth * page
    raise MachineError(
        f"a machine of {words} words under {depth} monitor{'s' * (depth > 1)} takes a real one of {sizes[0]}, and "
        f"{most} words are the most: each monitor takes a page of {page} words, and machines are whole pages",
        f"ask for at most {largest} words: `--storage {largest}`" if largest > 0 else "run it with fewer monitors",
    )


def tower(
    isa: Isa, words: int, monitors: Monitors, ports: Ports | None = None, seed: int = 0, engine: str = DEFAULT
) -> VirtualMachine:
    """A virtual machine of `words` words with these monitors below it (at least 1), each on the machine of the one
    before, the lowest on a real one with this engine (see `isa.engines.choice`). Raises MachineError as `Monitor` and
    `create` do."""
    return uppermost(isa, words, monitors, seed, engine).create(words, ports, seed)


def uppermost(isa: Isa, words: int, monitors: Monitors, seed: int = 0, engine: str = DEFAULT) -> Monitor:
    """The uppermost of these monitors, with room for machines of that many words together, in whole pages. Raises
    MachineError as `Monitor` does."""
    techniques = levels(monitors)
    sizes = depth_storage(isa, words, len(techniques))
    _check_room(isa, words, sizes)
    monitor = Monitor(bare(isa, Storage(isa.word, sizes[0]), seed=seed, engine=engine), technique=techniques[0])
    for size, technique in zip(sizes[1:], techniques[1:], strict=True):
        monitor = Monitor(monitor.create(size, seed=seed), technique=technique)
    return monitor


@lru_cache(maxsize=256)
def core_of(isa: Isa, technique: Technique = TRAP) -> CompiledCore:
    """The compiled core of a description and a technique, admitted. Raises MachineError for what is refused."""
    core = Core(isa, technique)
    made = CompiledCore(core)
    admit(core, made, steps_of(isa))
    return made
