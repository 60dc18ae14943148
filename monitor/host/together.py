"""The machines of a host that run together: guests of one monitor in assembly, on one bare machine, *the whole*.

It boots from a disk on which all that were started are packed, in the order of their names. What is kept of it is the
`machine` of each of them, and its disk stands behind their own; so all of them go on from one point, or none does.
What `Living` is for virtual machines of the derived monitor, this is for these.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from guests.pack import BYTES, LEAST, LETTERS, LONGEST, Entry, Tenant, flat, listed, pack, room
from isa.assembler.image_format import parse as parse_image
from isa.devices import Console, Disk, Live, Script, standard
from isa.devices.arrivals import Kept
from isa.devices.screen import Picture
from isa.engines.choice import DEFAULT, bare
from isa.errors import TraplineError
from isa.machine import Exit, Machine, Reason, Storage
from isa.machine.storage import page_shift
from isa.machines.catalogue import find
from monitor.host import saving
from monitor.host.capacity import Capacity
from monitor.host.contents import Contents
from monitor.host.definition import Definition
from monitor.host.disks import Held
from monitor.host.life import State, Verb, after
from monitor.host.record import Point, Record
from monitor.host.service import Service
from monitor.host.systems import SYSTEMS
from monitor.host.wires import Wires

QUIET = 1 << 16  # steps that it may take to a place where what is seen is true


@dataclass(slots=True)
class _Whole:
    """The machine that all are in, its disk, and the point that it is at."""

    machine: Machine
    disk: Held
    kept: str = ""
    packed: str = ""


class Together:
    """Owns the whole, when it is there. Raises TraplineError for a host that cannot be."""

    def __init__(self, capacity: Capacity, contents: Contents, engine: str = DEFAULT) -> None:
        self.capacity, self.contents, self.engine = capacity, contents, engine
        self.isa, self.system = find(capacity.machine), SYSTEMS[capacity.type]
        self.page = 1 << page_shift(self.isa.word)
        self._whole: _Whole | None = None

    def whole(self, words: int) -> int:
        """How many words of the host a machine of so many takes: whole pages."""
        return -(-words // self.page) * self.page

    def check(self, wanted: Definition) -> None:
        """Whether it can be a guest of the monitor at all."""
        if len(wanted.name) > LETTERS:
            rule = f"{wanted.name}: a host of type `{self.capacity.type}` knows names of {LETTERS} letters"
            raise TraplineError(rule, "choose a shorter one")
        if wanted.storage < LEAST:
            raise TraplineError(f"{wanted.name} needs {LEAST} words of storage at least", f"write `storage = {LEAST}`")
        if wanted.screen:
            raise TraplineError(f"{wanted.name}: guests of a monitor in assembly have no screen", "leave `screen` away")
        if any(part.read_only for part in wanted.disks):
            rule = f"{wanted.name} has a disk that is read-only, and on this host all can be written"
            raise TraplineError(rule, "leave `read_only` away")
        if any(part.volume for part in wanted.disks):
            rule = f"{wanted.name} has a disk with a volume, and on this host all are parts of one disk"
            raise TraplineError(rule, "name it as a `file`, and it is copied")
        if any(part.queue for part in wanted.disks):
            rule = f"{wanted.name} has a disk with a queue, and on this host none has one"
            raise TraplineError(rule, "leave `queue` away")

    # ---- looking

    def disks(self, record: Record) -> tuple[str, ...]:
        """What a machine's own disks hold: if it has booted, its part of the disk of the whole."""
        own, point = len(record.definition.disks), record.point
        if not point.machine or not own:
            return point.disks[:own]
        entry = self._entry(record)
        data = self.contents.get(point.disks[-1])
        return (self.contents.put(data[entry.disk * BYTES : (entry.disk + entry.blocks) * BYTES]),)

    def printed(self, record: Record) -> bytes:
        """What a machine has printed, in whole lines."""
        if not record.point.machine:
            return b""
        text, entries = saving.printed(self.contents, record.point.machine), self._entries(record)
        return self.system.printed(text, entries, record.name, record.state is State.HALTED)

    def picture(self, record: Record) -> Picture | None:
        """Guests of a monitor in assembly have no screen."""
        return None

    def done(self, record: Record) -> Kept:
        """Nor a keyboard."""
        return Kept()

    def listens(self, record: Record) -> bool:
        """Whether it has booted, and what is typed comes to it."""
        return bool(record.point.machine) and self._entry(record).console

    def _entries(self, record: Record) -> tuple[Entry, ...]:
        return listed(next(self.contents.blocks(record.point.disks[-1]))[1])

    def _entry(self, record: Record) -> Entry:
        return next(entry for entry in self._entries(record) if entry.name == record.name)

    # ---- running

    def run(
        self, records: Iterable[Record], steps: int, service: Service | None = None, wires: Wires | None = None
    ) -> dict[str, Record]:
        """Give the whole so many steps, and on to where its machines can be looked at; what became of each. Raises
        TraplineError, and OSError, with nothing lost."""
        wanted = sorted(records, key=lambda record: record.name)
        if not wanted:
            return {}
        try:
            whole = self._gathered(wanted)
        except TraplineError as error:
            return {record.name: record.failed(error.message) for record in wanted}
        try:
            end = self._run(whole.machine, steps)
            whole.packed = self.contents.changed(whole.packed, whole.disk.taken())
            whole.kept = saving.keep(self.contents, whole.machine, whole.kept, whole.machine.storage.take_dirty())
            return {record.name: self._after(whole, record, end) for record in wanted}
        except BaseException:
            self._whole = None  # it has gone further than anybody knows
            raise

    def _gathered(self, records: Sequence[Record]) -> _Whole:
        """The whole as the records say, with what was typed given to it."""
        kept = records[0].point.machine
        whole = self._whole
        if whole is None or not kept or whole.kept != kept:
            self._whole = None
            whole = self._brought(records[0]) if kept else self._booted(records)
            whole.machine.storage.take_dirty()
            self._whole = whole
        console = whole.machine.ports.find(Console)
        if console is not None and isinstance(console.input, Live):
            console.input.feed("".join(record.sent for record in records).encode("latin-1"))
        return whole

    def _booted(self, records: Sequence[Record]) -> _Whole:
        """A whole that begins, with these machines on its disk; the first that reads no file has the console."""
        console = next((record.name for record in records if not record.input), "")
        tenants = [self._tenant(record, record.name == console) for record in records]
        data, image = pack(tenants), self.system.image(self.isa)
        whole = self._made(room(tenants, image.top), data, Live() if console else Script())
        whole.packed = self.contents.put(data)
        whole.machine.load(image)
        return whole

    def _brought(self, record: Record) -> _Whole:
        """The whole as it was kept."""
        point, contents = record.point, self.contents
        size = contents.size(contents.parts(point.machine)[0])
        whole = self._made(size // Storage(self.isa.word, 1).cells.itemsize, contents.get(point.disks[-1]), Live())
        whole.kept, whole.packed = point.machine, point.disks[-1]
        saving.bring(contents, point.machine, whole.machine)
        return whole

    def _made(self, words: int, data: bytes, input: Live | Script) -> _Whole:
        disk = Held(data, True)
        ports = standard(self.isa, input=input, disk=Disk(disk, self.isa.word))
        return _Whole(bare(self.isa, Storage(self.isa.word, words), ports, engine=self.engine), disk)

    def _tenant(self, record: Record, console: bool) -> Tenant:
        get, wanted = self.contents.get, record.definition
        image = parse_image(get(record.image), record.name)
        disk, input = b"".join(map(get, record.point.disks)), get(record.input) if record.input else b""
        share = min(self.capacity.quantum, LONGEST)
        return Tenant(wanted.name, flat(image), image.entry, wanted.storage, share, console, input, disk, wanted.seed)

    def _run(self, machine: Machine, steps: int) -> Exit:
        machine.break_places = set()
        end = machine.run(steps)
        if end.reason is Reason.BUDGET and steps:
            machine.break_places = self.system.places(self.isa)
            end = machine.run(QUIET)
        return end

    def _after(self, whole: _Whole, record: Record, end: Exit) -> Record:
        """The record of a machine whose whole has taken its steps."""
        own = record.point.disks[: len(record.definition.disks)]
        disks = (*own, whole.packed)
        placed = replace(record, point=replace(record.point, machine=whole.kept, disks=disks))
        number = [entry.name for entry in self._entries(placed)].index(record.name)
        seen = self.system.seen(whole.machine, number)
        happened, detail = self._happened(whole, seen.halted, seen.lives, end)
        state = after(record.name, record.state, happened, record.state) if happened else record.state
        assert state is not None
        size = record.definition.storage
        return record.after(Point(state, disks, whole.kept, seen.steps, 0, size, state, detail))

    def _happened(self, whole: _Whole, halted: bool, lives: bool, end: Exit) -> tuple[Verb | None, str]:
        """What has become of a guest, and what there is to say of it."""
        if halted:
            return Verb.HALTS, ""
        if not lives:
            return Verb.HALTS, "it waits for ever"
        if end.reason in (Reason.BUDGET, Reason.BREAKPOINT):
            return None, ""
        if end.reason is Reason.IDLE:
            return Verb.WAITS, ""
        said = self._last_line(whole)
        if self.system.waits and self.system.waits in said:
            return Verb.HALTS, "it waits for ever"
        return Verb.FAILS, end.detail or f"its monitor has ended: {said}"

    def _last_line(self, whole: _Whole) -> str:
        """What the monitor itself said last."""
        console = whole.machine.ports.find(Console)
        lines = console.output.decode("latin-1").splitlines() if console is not None else []
        own = [line for line in lines if line.startswith(("[vmm: ", "monitor: "))]
        return own[-1] if own else "nobody knows why"
