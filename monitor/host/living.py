"""The machines of a host that run: virtual machines of one monitor, made of their records when they are to take steps.

A machine here is never more than a copy of its record, with what it did since; `run` tells how each ended, and its new
point. So nothing is lost with it: whoever is killed has other processes make it again, and it takes the same steps.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from isa.assembler.image_format import parse as parse_image
from isa.devices import BLOCK, Console, Disk, Live, Script, standard
from isa.devices.arrivals import Kept
from isa.devices.card import Card
from isa.devices.catalogue import misfit
from isa.devices.keys import Keys, split
from isa.devices.notices import STOP, Notices
from isa.devices.ports import Device
from isa.devices.screen import Picture, Screen
from isa.engines.choice import DEFAULT, bare
from isa.errors import TraplineError
from isa.machine import Exit, Machine, Reason, Storage
from isa.machine.storage import LINE_SHIFT, page_shift
from isa.machines.catalogue import find
from monitor.host import saving
from monitor.host.capacity import Capacity
from monitor.host.contents import Contents
from monitor.host.definition import Definition, DiskPart
from monitor.host.disks import Held
from monitor.host.life import State, Verb, after
from monitor.host.record import Point, Record
from monitor.host.segment import Cable
from monitor.host.service import Service
from monitor.host.turns import ByPolicy, InTurn
from monitor.host.used import Passed, Used, taken
from monitor.host.wires import Wires
from monitor.monitor import Monitor, VirtualMachine
from monitor.techniques.catalogue import TECHNIQUES

HAPPENED = {Reason.HALT: Verb.HALTS, Reason.IDLE: Verb.WAITS, Reason.BUDGET: None}  # anything else: it fails


@dataclass(slots=True)
class _Running:
    """A machine, and the record that it is a copy of."""

    vm: VirtualMachine
    record: Record
    disks: tuple[Held, ...]
    cable: Cable | None

    def passed(self) -> Passed:
        """What has passed its devices since the last time."""
        block = BLOCK * ((self.vm.isa.word + 7) // 8)  # bytes
        blocks = [disk.counted(block) for disk in self.disks]
        return sum(blocks, self.cable.counted() if self.cable is not None else Passed())


class Living:
    """Owns the real machine of a host, as large as `capacity` says. Raises TraplineError for a host that cannot be."""

    def __init__(self, capacity: Capacity, contents: Contents, engine: str = DEFAULT) -> None:
        self.capacity, self.contents = capacity, contents
        self.isa = find(capacity.machine)
        self.page = 1 << page_shift(self.isa.word)
        self.real = self._storage(self.whole(capacity.storage) + self.page)  # the monitor keeps page 0
        self.monitor = Monitor(bare(self.isa, self.real, engine=engine), technique=TECHNIQUES[capacity.monitor])
        self._running: dict[str, _Running] = {}

    def whole(self, words: int) -> int:
        """How many words of the host a machine of so many takes: whole pages."""
        return -(-words // self.page) * self.page

    def check(self, wanted: Definition) -> None:
        """Whether it can be a machine of this type of host at all: one without a screen can."""
        for kind in (Screen, Keys) if wanted.screen else ():
            if why := misfit(self.isa, kind.name, kind.ports):
                rule = f"{wanted.name}: {self.isa.name} has no room for a {kind.name}: {why}"
                raise TraplineError(rule, "leave `screen` away")

    def disks(self, record: Record) -> tuple[str, ...]:
        """What a machine's disks hold."""
        return record.point.disks

    def printed(self, record: Record) -> bytes:
        """What a machine has printed since it was started; of more than a mebibyte the end."""
        return saving.printed(self.contents, record.point.machine) if record.point.machine else b""

    def picture(self, record: Record) -> Picture | None:
        """What a machine's screen shows; None for one that is dark, or that there is none."""
        running = self._running.get(record.name)
        if running is not None and _same(running.record, record):
            screen = running.vm.ports.find(Screen)
            return screen.picture(running.vm.storage) if screen is not None else None
        return saving.picture(self.contents, record.point.machine, self.isa.word) if record.point.machine else None

    def done(self, record: Record) -> Kept:
        """What was done at a machine's keyboard and pointer since it booted."""
        keys = saving.keys(self.contents, record.point.machine) if record.point.machine else Keys(Kept())
        assert isinstance(keys.inbound, Kept)
        return keys.inbound

    def listens(self, record: Record) -> bool:
        """Whether what is typed comes to it."""
        return True

    def run(
        self, records: Iterable[Record], steps: int, service: Service | None = None, wires: Wires | None = None
    ) -> dict[str, Record]:
        """Give each at most so many steps, in turn, or all of them so many of the host's clock, as a policy says; what
        became of each. One that is idle has something to do if a frame comes by `wires`. Raises TraplineError, and
        OSError, with nothing lost."""
        wanted = {record.name: record for record in records}
        try:
            broken = self._gather(wanted)
            ends = self._given(wanted, steps, service, wires)
            written = self.real.take_dirty()
            ended = {name: self._after(one, ends.get(name), written) for name, one in self._running.items()}
            return ended | {name: wanted[name].failed(why) for name, why in broken.items()}
        except BaseException:
            self._gather({})  # they have gone further than anybody knows
            raise

    def _given(
        self, wanted: Mapping[str, Record], steps: int, service: Service | None, wires: Wires | None
    ) -> dict[str, Exit]:
        """Let them take their steps; how each ended that did."""
        guests: dict[str, Machine] = {name: one.vm for name, one in self._running.items()}
        cables = {name: one.cable for name, one in self._running.items() if one.cable is not None and wires}
        running = [name for name in guests if wanted[name].state is not State.IDLE]
        if wires is not None and wires.still is not None:
            return wires.alone(guests, steps, cables, InTurn(self.monitor, self.capacity))
        if service is not None:
            by = ByPolicy(service, wanted.values())
            return wires.run(guests, running, steps, cables, by) if wires else by.run(guests, steps, {})
        alone = {name: guests[name] for name in running if name not in cables}
        ends = InTurn(self.monitor, self.capacity).run(alone, steps, {})
        if wires is not None:
            turns = InTurn(self.monitor, self.capacity, wires.clock)
            ends |= wires.run(guests, [name for name in running if name in cables], steps, cables, turns)
            wires.clock = turns.clock
        return ends

    def _storage(self, words: int) -> Storage:
        return Storage(self.isa.word, words)

    def _disk(self, digest: str, part: DiskPart) -> Held:
        return Held(self.contents.get(digest), not part.read_only)

    def _bring(self, digest: str, vm: VirtualMachine) -> None:
        """Have a machine that was just made be as it was kept."""
        saving.bring(self.contents, digest, vm)

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
        self.real.take_dirty()  # by those who made them, and kept already
        for name, running in self._running.items():
            record = running.record = records[name]
            running.vm.exit = None
            notices, console = running.vm.ports.find(Notices), running.vm.ports.find(Console)
            if notices is not None:
                notices.tell(record.generation, STOP if record.asked else 0, record.origin)
            if console is not None and isinstance(console.input, Live):
                console.input.feed(record.sent.encode("latin-1"))
            keys = running.vm.ports.find(Keys)
            if keys is not None:
                for event in split(bytes.fromhex(record.keyed)):
                    keys.inbound.feed(event)
            if running.cable is not None:
                running.cable.card.inbound.forget()
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
        get, wanted, point = self.contents.get, record.definition, record.point
        disks = tuple(self._disk(digest, part) for digest, part in zip(point.disks, wanted.disks, strict=True))
        live = None if misfit(self.isa, Console.name, Console.ports) else Live()
        input = Script(get(record.input)) if record.input else live
        disk = Disk(disks[0], self.isa.word) if disks else None
        notices = Notices(record.generation, record.origin)
        others: list[Device] = [Screen(self.isa.word), Keys(Kept())] if wanted.screen else []
        cable = next((Cable(part, Card(self.isa.word, part.station)) for part in wanted.networks), None)
        others += [] if cable is None else [cable.card]
        queue, seed = any(part.queue for part in wanted.disks), wanted.seed
        ports = standard(self.isa, input=input, disk=disk, queue=queue, seed=seed, notices=notices, others=others)
        vm = self.monitor.create(wanted.storage, ports, wanted.seed, record.name)
        try:
            if point.machine:
                self._bring(point.machine, vm)
            else:
                vm.load(parse_image(get(record.image), record.name))
        except BaseException:
            self.monitor.destroy(vm)
            raise
        if cable is not None:
            cable.plug()
        return _Running(vm, record, disks, cable)

    def _after(self, running: _Running, end: Exit | None, written: Sequence[int]) -> Record:
        """The record of a machine that has taken its steps, and what it holds put away. `written` are the lines of all
        storage in which something was written, in order."""
        vm, record, contents = running.vm, running.record, self.contents
        if end is None:  # it waits on, and perhaps frames for it were dropped
            running.record = replace(record, used=record.used + Used(passed=running.passed()))
            return running.record
        heard = after(record.name, record.state, Verb.HEARS, record.state) if record.state is State.IDLE else None
        happened = HAPPENED.get(end.reason, Verb.FAILS)
        was = heard or record.state
        state = after(record.name, was, happened, was) if happened else was
        assert state is not None
        held = zip(running.disks, record.point.disks, strict=True)
        disks = tuple(contents.changed(digest, disk.taken()) for disk, digest in held)
        kept = saving.keep(contents, vm, record.point.machine, _within(written, vm.storage))
        detail = end.detail if happened is Verb.FAILS else ""
        point = Point(state, disks, kept, vm.steps, vm.retired, vm.storage.size, state, detail)
        running.record = replace(record.after(point), used=record.used + taken(vm, running.passed()))
        return running.record


def _within(written: Sequence[int], storage: Storage) -> list[int]:
    """Those of the lines that are a machine's, as it numbers them."""
    first = storage.offset >> LINE_SHIFT
    here = written[bisect_left(written, first) : bisect_left(written, first + len(storage.lines))]
    return [line - first for line in here]


def _same(ours: Record, now: Record) -> bool:
    """Whether a machine here is as its record says: contents are known by their digests."""
    here, there = ours.point, now.point
    content = (here.machine, here.disks, ours.definition) == (there.machine, there.disks, now.definition)
    return content and bool(here.machine)
