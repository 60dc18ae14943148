"""Virtual machines under watch: whatever is done here, the three properties are checked while it is done.

A laboratory is one real machine, monitors on it to any depth, and residents: virtual machines with a generated guest,
each with a *twin*, a bare machine of the same size that is kept at the same step. Raises Broken at the first property
that does not hold.

- *Equivalence*: at every exit, resident and twin agree in state, in storage written and in what was said to devices;
  at the end in all of storage and in the devices themselves.
- *Resource control*: guards watch every machine below (`proofs.runs.guarding`), and no turn changes a word outside the
  allocation, another resident, or another's devices. Page 0 and all that is not allocated hold a pattern.
- *Efficiency*: where the technique lets the virtual machine run directly, an interpreted step that retired was of an
  instruction that is privileged or sensitive; and the steps that the machine below retired are all the others there.
  All are counted, and on different machines.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from isa.description import Isa
from isa.devices import Input
from isa.devices.difference import differences
from isa.engines.choice import bare
from isa.machine import Exit, Machine, Reason, Storage
from monitor import Decision, ExitEvent, Monitor, VirtualMachine
from monitor.dispatcher import Dispatcher
from proofs.runs.broken import Broken, Property
from proofs.runs.compare import is_due
from proofs.runs.guarding import Guard
from proofs.runs.guests import Guest
from proofs.runs.observing import Cell, Observed

Done = TypeVar("Done")

PAGES = 12  # of the real machine
PATTERN = 0x5A17_C0DE_0BAD_F00D

MayInterpret = Callable[[str], bool]  # of an instruction's name: may a monitor interpret it where it does not trap?


@dataclass(eq=False)
class Level:
    """A monitor, the machine below it, and the guard around that machine's engine; `host` is the level that the
    machine below is itself a virtual machine of."""

    monitor: Monitor
    guard: Guard
    host: "Level | None" = None

    @property
    def depth(self) -> int:
        return 1 + (self.host.depth if self.host else 0)

    def run(self, vm: VirtualMachine | None) -> None:
        """Say whose turn it is, here and on every level below."""
        self.guard.running = vm
        if self.host:
            below = self.monitor.below
            assert isinstance(below, VirtualMachine)
            self.host.run(below if vm else None)


@dataclass(eq=False)
class Resident:
    """A virtual machine and its twin. `emulated` counts the steps that retired and were interpreted where the technique
    let it run directly, and the engine of the twin all that retired where it did not."""

    guest: Guest
    vm: VirtualMachine
    twin: Machine
    observed: Observed
    level: Level
    emulated: Counter[str] = field(default_factory=Counter)
    direct: int = 0
    end: Exit | None = None

    @property
    def retired(self) -> int:
        """Steps that retired and were not skipped in idling."""
        return self.vm.retired - self.vm.skipped

    @property
    def share(self) -> float:
        """The share of retired steps that ran directly, 0 to 1 (1 if there were none)."""
        return self.direct / self.retired if self.retired else 1.0

    @property
    def interpreted(self) -> int:
        """Steps that retired where the technique does not let it run directly."""
        return self.observed.alone

    @property
    def devices(self) -> tuple[int, int]:
        return self.vm.ports.traffic, self.vm.ports.fingerprint


class Laboratory:
    """`seen` counts what the twins did, step by step. `monitor` makes monitors; tests plant bugs there."""

    def __init__(
        self,
        isa: Isa,
        may_interpret: MayInterpret,
        seen: Counter[Cell] | None = None,
        pages: int = PAGES,
        monitor: Callable[[Machine], Monitor] = Monitor,
    ) -> None:
        self.isa, self.may_interpret = isa, may_interpret
        self.seen: Counter[Cell] = Counter() if seen is None else seen
        self._monitor = monitor
        words = Storage(isa.word, 1).page_words
        self.storage = Storage(isa.word, min(pages * words, (1 << isa.word) - 1))
        self._paint()
        self.residents: list[Resident] = []
        self.levels = [self._level(bare(isa, self.storage), None)]

    def _paint(self) -> None:
        mask, word = (1 << self.isa.word) - 1, PATTERN
        for index in range(self.storage.size):
            word = word * 5 + index & 0xFFFF_FFFF_FFFF_FFFF
            self.storage.store(index, word & mask)

    def _level(self, below: Machine, host: Level | None) -> Level:
        monitor = self._monitor(below)
        guard = Guard(below)
        below.engine = guard
        monitor.subscribe(self._exit)
        return Level(monitor, guard, host)

    # ---- what can be done

    def nest(self, level: Level, pages: int) -> Level:
        """A monitor on a virtual machine of so many pages. Raises MachineError if there is no room."""
        below = level.monitor.create(pages * self.storage.page_words)
        self._apart(level)
        self.levels.append(self._level(below, level))
        return self.levels[-1]

    def create(self, guest: Guest, level: Level | None = None, input: Callable[[], Input] | None = None) -> Resident:
        """A virtual machine with a guest and its twin. Raises MachineError if there is no room."""
        level = level or self.levels[0]
        vm = level.monitor.create(guest.size, guest.ports(input and input()), guest.seed)
        self._apart(level)
        ports = guest.ports(input and input())
        direct = level.monitor.core.direct
        twin = Machine(self.isa, guest.storage(), ports, guest.seed, engine=lambda m: Observed(m, self.seen, direct))
        assert isinstance(twin.engine, Observed)
        resident = Resident(guest, vm, twin, twin.engine, level)
        self.residents.append(resident)
        self._watched(resident, lambda: _started(guest, vm, twin))
        self._agree(resident, 0)
        return resident

    def load(self, resident: Resident, guest: Guest) -> None:
        """Another guest into a virtual machine, wherever that stands."""
        resident.guest = guest
        self._watched(resident, lambda: _started(guest, resident.vm, resident.twin))
        resident.vm.exit = resident.end = None
        self._agree(resident, resident.vm.steps)

    def turn(self, resident: Resident, quantum: int) -> Exit:
        """Let a resident run, and check everything."""
        vm, twin = resident.vm, resident.twin
        below, first, last = vm.monitor.below, vm.steps, vm.steps + quantum
        before = below.retired, resident.retired, sum(resident.emulated.values()), resident.interpreted

        resident.level.run(vm)
        try:
            end = self._watched(resident, lambda: vm.monitor.turn(vm, quantum))
        finally:
            resident.level.run(None)
        if end.reason is Reason.VIOLATION:
            raise Broken(Property.CONTROL, f"the audit found a breach: {end.detail}")
        if end.steps != vm.steps - first or end.steps > quantum:
            raise Broken(Property.CONTROL, f"a turn of {quantum} steps took {vm.steps - first}, and said {end.steps}")
        bare = twin.run(last - twin.steps)
        self._agree(resident, vm.steps)
        if bare.reason is not end.reason:
            raise Broken(Property.EQUIVALENCE, f"it ended with {end.reason.value}, bare with {bare.reason.value}")
        self._counted(resident, before)
        resident.end = None if end.reason is Reason.BUDGET else end
        return end

    def finish(self, resident: Resident) -> None:
        """Compare all of storage and the devices."""
        found = [f"{name} is {b}, bare {a}" for name, a, b in differences(resident.twin.ports, resident.vm.ports)]
        if resident.twin.storage.cells != resident.vm.storage.cells:
            pairs = enumerate(zip(resident.twin.storage.cells, resident.vm.storage.cells, strict=True))
            found += [f"word {i:#x} is {b:#x}, bare {a:#x}" for i, (a, b) in pairs if a != b]
        if found:
            raise Broken(Property.EQUIVALENCE, found[0])

    def destroy(self, resident: Resident) -> None:
        """Compare for the last time, and take the storage back."""
        self.finish(resident)
        resident.level.monitor.destroy(resident.vm)
        self.residents.remove(resident)

    # ---- checks

    def _apart(self, level: Level) -> None:
        """The allocations of a monitor overlap neither each other nor the first page of the machine below."""
        below = level.monitor.below.storage
        taken = [(below.offset, below.offset + below.page_words)]
        taken += [(vm.storage.offset, vm.storage.offset + vm.storage.size) for vm in level.monitor.machines]
        for (_, end), (first, _) in pairwise(sorted(taken)):
            if first < end:
                raise Broken(Property.CONTROL, f"two allocations overlap at word {first:#x}")

    def _exit(self, event: ExitEvent) -> None:
        resident = next((r for r in self.residents if r.vm is event.vm), None)
        if event.decision is Decision.KILLED:
            raise Broken(Property.CONTROL, f"the audit found that the guest changed {event.cause} below")
        if event.decision is Decision.EMULATED:
            assert isinstance(event.vm, VirtualMachine)
            self._emulated(event.vm, resident)
        if resident is None:
            return
        idles = event.decision is Decision.IDLED and not is_due(resident.twin, event.step)
        if idles or event.decision in (Decision.EMULATED, Decision.INTERPRETED, Decision.SCHEDULED):
            self._agree(resident, event.step)

    def _emulated(self, vm: VirtualMachine, resident: Resident | None) -> None:
        """An interpreted step that retired: only what is privileged or sensitive may come here."""
        assert isinstance(vm.engine, Dispatcher | Guard)
        dispatcher = vm.engine.inner if isinstance(vm.engine, Guard) else vm.engine
        assert isinstance(dispatcher, Dispatcher)
        name = dispatcher.interpreter.last
        if not self.may_interpret(name):
            raise Broken(Property.EFFICIENCY, f"`{name}` is innocuous and was interpreted")
        if resident is not None:
            resident.emulated[name] += 1

    def _agree(self, resident: Resident, step: int) -> None:
        """Bring the twin to this step; both must be the same."""
        vm, twin = resident.vm, resident.twin
        if step > twin.steps:
            twin.run(step - twin.steps)
        if twin.steps != step:
            raise Broken(Property.EQUIVALENCE, f"it is at step {step}, the bare machine stopped at {twin.steps}")
        if twin.state.block != vm.state.block:
            triples = zip(twin.state.layout.names, twin.state.block, vm.state.block, strict=True)
            found = ", ".join(f"{name} is {b:#x}, bare {a:#x}" for name, a, b in triples if a != b)
            raise Broken(Property.EQUIVALENCE, f"at step {step} {found}")
        for line in {*twin.storage.take_dirty(), *vm.storage.take_dirty()}:
            if twin.storage.line(line) != vm.storage.line(line):
                raise Broken(Property.EQUIVALENCE, f"at step {step} storage differs from word {line << 6:#x} on")
        if twin.ports.fingerprint != vm.ports.fingerprint:
            raise Broken(Property.EQUIVALENCE, f"at step {step} other words were sent or received")

    def _watched(self, resident: Resident, act: Callable[[], Done]) -> Done:
        """Do something with one resident, and see that nothing else changes."""
        window = resident.vm.storage
        first, end = window.offset, window.offset + window.size
        cells = self.storage.cells
        outside = cells[:first].tobytes(), cells[end:].tobytes()
        others = [r for r in self.residents if r is not resident]
        before = [(r.vm.state.block.tobytes(), r.devices) for r in others]
        done = act()
        if (cells[:first].tobytes(), cells[end:].tobytes()) != outside:
            raise Broken(Property.CONTROL, "a word outside the allocation changed")
        if before != [(r.vm.state.block.tobytes(), r.devices) for r in others]:
            raise Broken(Property.CONTROL, "another virtual machine or its devices changed")
        if any(level.monitor.below.ports.traffic for level in self.levels):
            raise Broken(Property.CONTROL, "a channel of a machine below was used")
        return done

    def _counted(self, resident: Resident, before: tuple[int, int, int, int]) -> None:
        """What the machine below retired, what was emulated, and what is to be interpreted, is all that retired."""
        below = resident.vm.monitor.below
        direct = below.retired - before[0]
        retired, emulated = resident.retired - before[1], sum(resident.emulated.values()) - before[2]
        interpreted = resident.interpreted - before[3]
        resident.direct += direct
        if direct + emulated + interpreted != retired:
            found = (
                f"the machine below did {direct}, {emulated} were emulated, and {interpreted} were to be interpreted"
            )
            raise Broken(Property.EFFICIENCY, f"{retired} steps retired, but {found}")


def _started(guest: Guest, *machines: Machine) -> None:
    for machine in machines:
        guest.start(machine)
