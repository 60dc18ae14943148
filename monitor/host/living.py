"""The machines of a host that run: virtual machines of one monitor, made of their records when they are to take steps.

A machine here is never more than a copy of its record, with what it did since; `run` tells how each ended, and its new
point. So nothing is lost with it: whoever is killed has other processes make it again, and it takes the same steps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from isa.assembler.image_format import parse as parse_image
from isa.devices import Console, Disk, Live, MemoryBacking, Notices, Script, standard
from isa.devices.catalogue import misfit
from isa.devices.notices import STOP
from isa.devices.saved import Saved
from isa.engines.choice import DEFAULT, bare
from isa.errors import MachineError, TraplineError
from isa.machine import Exit, Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from isa.machine.storage import page_shift
from isa.machines.catalogue import find
from monitor.host.capacity import Capacity
from monitor.host.life import Verb, after
from monitor.host.objects import Objects
from monitor.host.record import Point, Record
from monitor.host.service import Service
from monitor.host.used import taken
from monitor.monitor import Monitor, VirtualMachine
from monitor.techniques.catalogue import TECHNIQUES

HAPPENED = {Reason.HALT: Verb.HALTS, Reason.IDLE: Verb.WAITS, Reason.BUDGET: None}  # anything else: it fails


class Held(MemoryBacking):
    """What a disk holds while its machine runs; it is kept as contents of the host, and not with the machine."""

    changed = False

    def write(self, offset: int, data: bytes) -> None:
        self.changed = True
        super().write(offset, data)

    def save(self) -> dict[str, object]:
        return {"kind": "host", "size": self.size}

    def restore(self, saved: Saved) -> None:
        if saved.text("kind") != "host" or saved.number("size") != self.size:
            raise MachineError("the machine was saved with another disk", "bring it back to a snapshot")


@dataclass(slots=True)
class _Running:
    """A machine, and the record that it is a copy of."""

    vm: VirtualMachine
    record: Record
    disks: tuple[Held, ...]


class Living:
    """Owns the real machine of a host, as large as `capacity` says. Raises TraplineError for a host that cannot be."""

    def __init__(self, capacity: Capacity, objects: Objects, engine: str = DEFAULT) -> None:
        self.capacity, self.objects = capacity, objects
        self.isa = find(capacity.machine)
        self.page = 1 << page_shift(self.isa.word)
        real = Storage(self.isa.word, self.whole(capacity.storage) + self.page)  # the monitor keeps page 0
        self.monitor = Monitor(bare(self.isa, real, engine=engine), technique=TECHNIQUES[capacity.monitor])
        self._running: dict[str, _Running] = {}

    def whole(self, words: int) -> int:
        """How many words of the host a machine of so many takes: whole pages."""
        return -(-words // self.page) * self.page

    def run(self, records: Iterable[Record], steps: int, service: Service | None = None) -> dict[str, Record]:
        """Give each at most so many steps, in turn, or all of them so many of the host's clock, as a policy says; what
        became of each. Raises TraplineError, and OSError, with nothing lost."""
        wanted = {record.name: record for record in records}
        try:
            broken = self._gather(wanted)
            if service is None:
                ends = self.monitor.run(steps, self.capacity.quantum, self.capacity.processors)
            else:
                here: dict[str, Machine] = {name: running.vm for name, running in self._running.items()}
                ends = service.run(wanted.values(), here, steps)
            ended = {name: self._after(self._running[name], end) for name, end in ends.items()}
            return ended | {name: wanted[name].failed(why) for name, why in broken.items()}
        except BaseException:
            self._gather({})  # they have gone further than anybody knows
            raise

    def _gather(self, records: Mapping[str, Record]) -> dict[str, str]:
        """Have exactly these here, each as its record says; why not, by name, where that cannot be."""
        for name, running in list(self._running.items()):
            if name not in records or not _same(running.record, records[name]):
                self.monitor.destroy(self._running.pop(name).vm)
        broken = self._make(records)
        if broken:  # perhaps there is room, but not in one piece
            for running in self._running.values():
                self.monitor.destroy(running.vm)
            self._running.clear()
            broken = self._make(records)
        for name, running in self._running.items():
            record = running.record = records[name]
            running.vm.exit = None
            notices, console = running.vm.ports.find(Notices), running.vm.ports.find(Console)
            if notices is not None:
                notices.tell(record.generation, STOP if record.asked else 0)
            if console is not None and isinstance(console.input, Live):
                console.input.feed(record.sent.encode("latin-1"))
        return broken

    def _make(self, records: Mapping[str, Record]) -> dict[str, str]:
        """Make those that are not here. One that cannot be made is nobody else's trouble."""
        broken = {}
        for name, record in records.items():
            if name not in self._running:
                try:
                    self._running[name] = self._made(record)
                except TraplineError as error:
                    broken[name] = error.message
        return broken

    def _made(self, record: Record) -> _Running:
        get, wanted, point = self.objects.get, record.definition, record.point
        disks = tuple(
            Held(get(digest), not part.read_only) for digest, part in zip(point.disks, wanted.disks, strict=True)
        )
        live = None if misfit(self.isa, Console.name, Console.ports) else Live()
        input = Script(get(record.input)) if record.input else live
        disk = Disk(disks[0], self.isa.word) if disks else None
        notices = Notices(record.generation)
        ports = standard(self.isa, input=input, disk=disk, seed=wanted.seed, notices=notices)
        vm = self.monitor.create(wanted.storage, ports, wanted.seed, record.name)
        try:
            if point.machine:
                Snapshot.from_bytes(get(point.machine), record.name).apply(vm)
            else:
                vm.load(parse_image(get(record.image), record.name))
        except BaseException:
            self.monitor.destroy(vm)
            raise
        return _Running(vm, record, disks)

    def _after(self, running: _Running, end: Exit) -> Record:
        """The record of a machine that has taken its steps, and what it holds put away."""
        vm, record, put = running.vm, running.record, self.objects.put
        happened = HAPPENED.get(end.reason, Verb.FAILS)
        state = after(record.name, record.state, happened, record.state) if happened else record.state
        assert state is not None
        held = zip(running.disks, record.point.disks, strict=True)
        disks = tuple(put(bytes(disk.data)) if disk.changed else digest for disk, digest in held)
        kept = put(Snapshot.take(vm).to_bytes())
        detail = end.detail if happened is Verb.FAILS else ""
        point = Point(state, disks, kept, vm.steps, vm.retired, vm.storage.size, state, detail)
        running.record = replace(record.after(point), used=record.used + taken(vm))
        for disk in running.disks:
            disk.changed = False
        return running.record


def _same(ours: Record, now: Record) -> bool:
    """Whether a machine here is as its record says: contents are known by their digests."""
    here, there = ours.point, now.point
    content = (here.machine, here.disks, ours.definition) == (there.machine, there.disks, now.definition)
    return content and bool(here.machine)
