"""What may be asked of steps: what they execute, whether they trap, what they change; exits, devices, conditions.

Each class is a question (see `passes.py`, and `questions.py` for how one is asked). Records come from the engine as it
runs, and are looked through as fast as the host looks through memory. Writes to storage are in `writes.py`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from struct import iter_unpack

from isa.description import Kind as StateKind
from isa.description import Place, Role
from isa.devices import Device
from isa.devices.ports import Acted
from isa.machine import Machine
from isa.machine.recording import watched
from isa.machine.records import BEGINS, FORMAT, RECORD, Kind
from monitor.history.history import History, HistoryError
from monitor.history.passes import AnyOf, Placed, Question, Reader, Seen, Told
from monitor.history.writes import Writes
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision, ExitEvent

__all__ = [
    "Acts",
    "AnyOf",
    "Changes",
    "Elsewhere",
    "Executes",
    "Exits",
    "Fetches",
    "Holds",
    "Question",
    "Talks",
    "Traps",
    "Writes",
    "mode_changes",
    "place_of",
]

Condition = Callable[[Machine], bool]
BEGINNING = frozenset(BEGINS)
BESIDE = tuple(kind for kind in Kind if kind not in BEGINNING)
_NUMBER = RECORD.size - 16  # where the first number of a record is, behind its kind


def such(records: bytes, number: int, kinds: frozenset[Kind]) -> Iterator[int]:
    """The steps that have a record of one of the kinds, with this first number."""
    for at in which(records, number, kinds):
        yield RECORD.unpack_from(records, at * RECORD.size)[0]


def which(records: bytes, number: int, kinds: frozenset[Kind]) -> Iterator[int]:
    """Which records are of one of the kinds, with this first number."""
    wanted = number.to_bytes(8, "little")
    at = records.find(wanted, _NUMBER)
    while at >= 0:
        place, inside = divmod(at, RECORD.size)
        if inside == _NUMBER:
            if records[at - 1] in kinds:
                yield place
            inside = 0
            place += 1
        elif inside > _NUMBER:
            place += 1
        at = records.find(wanted, place * RECORD.size + _NUMBER)


def of_kind(records: bytes, kind: Kind) -> Iterator[int]:
    """Which records are of a kind, by their numbers."""
    kinds = records[_NUMBER - 1 :: RECORD.size]
    at = kinds.find(kind)
    while at >= 0:
        yield at
        at = kinds.find(kind, at + 1)


def arrivals(first: int, number: int, kinds: frozenset[Kind]) -> Reader:
    """Reads the steps, from `first` on, that have such a record, and the first of each wait before one: nothing but
    time has changed in those that have none."""
    last = first - 1

    def read(records: bytes) -> Iterable[int]:
        nonlocal last
        before, last = last, step_of(records, -1) if records else last
        told = records[_NUMBER - 1 :: RECORD.size]
        lines = len(told) - sum(told.count(kind) for kind in BESIDE)
        if last - before == lines:
            return such(records, number, kinds)
        return _behind_gaps(records, number, kinds, before)

    return read


def _behind_gaps(records: bytes, number: int, kinds: frozenset[Kind], before: int) -> Iterator[int]:
    """The same for some records, the last one before them being of that step."""
    for at in which(records, number, kinds):
        step, begun = step_of(records, at), at
        while begun and step_of(records, begun) == step:
            begun -= 1
        line = step_of(records, begun)
        arrived = (line if line < step else before) + 1
        if arrived < step:
            yield arrived
        yield step


def step_of(records: bytes, at: int) -> int:
    """The step of a record, from the end if `at` is negative."""
    return int(RECORD.unpack_from(records, at * RECORD.size)[0])


@dataclass(frozen=True)
class Executes(Placed):
    """Steps that execute, or try to, what is at a pc; of a wait there the first."""

    pc: int

    def watch(self, machine: Machine, told: Told) -> Reader:
        return arrivals(machine.steps, self.pc, BEGINNING)


@dataclass(frozen=True)
class Fetches(Placed):
    """Steps that fetch a word of storage, wherever it is to the machine; of a wait there the first."""

    place: int

    def watch(self, machine: Machine, told: Told) -> Reader:
        return arrivals(machine.steps, self.place, frozenset({Kind.STEP, Kind.PLACE}))


@dataclass(frozen=True)
class Elsewhere(Seen):
    """Steps that fetch none of some words of storage."""

    places: frozenset[int]

    @property
    def span(self) -> int:
        return 1 << 12

    def watch(self, machine: Machine, told: Told) -> Reader:
        return self._elsewhere

    def _elsewhere(self, records: bytes) -> Iterator[int]:
        for step, kind, number, _ in iter_unpack(FORMAT, records):
            if kind == Kind.UNFETCHED or (kind in (Kind.STEP, Kind.PLACE) and number not in self.places):
                yield step


@dataclass(frozen=True)
class Traps(Seen):
    """Steps that trap, for a cause or any."""

    cause: int | None = None

    def watch(self, machine: Machine, told: Told) -> Reader:
        if self.cause is None:
            return lambda records: (
                RECORD.unpack_from(records, n * RECORD.size)[0] for n in of_kind(records, Kind.TRAP)
            )
        cause, kinds = self.cause, frozenset({Kind.TRAP})
        return lambda records: such(records, cause, kinds)


@dataclass(frozen=True)
class Talks(Seen):
    """Steps that send or receive a word at a port."""

    port: int

    def watch(self, machine: Machine, told: Told) -> Reader:
        kinds = frozenset({Kind.SEND, Kind.RECV})
        return lambda records: such(records, self.port, kinds)


@dataclass(frozen=True)
class Changes(Seen):
    """Steps that change a part of the state, given by its slot and a mask."""

    slot: int
    mask: int

    @property
    def registers(self) -> bool:
        return True

    def watch(self, machine: Machine, told: Told) -> Reader:
        """Bits that devices raise have no record: they were there before the step that comes next."""
        value, raised = machine.state.block[self.slot] & self.mask, deque[tuple[int, int]]()
        slots = machine.state.layout.slots
        pending = [p for p in machine.isa.roles[Role.PENDING] if slots[p.state].first == self.slot]
        if pending:
            _tell_of_acts(machine, lambda now, device, bits: raised.append((now, self._raised(pending, bits))))

        def changed(records: bytes) -> Iterator[int]:
            nonlocal value
            for step, kind, slot, now in iter_unpack(FORMAT, records):
                if kind == Kind.CHANGED and slot == self.slot:
                    while raised and raised[0][0] <= step:
                        value |= raised.popleft()[1]
                    if now & self.mask != value:
                        value = now & self.mask
                        yield step

        return changed

    def _raised(self, pending: list[Place], bits: int) -> int:
        """What of these bits is in the part that is asked about."""
        found = 0
        for place in pending:
            found |= (bits & (1 << place.width) - 1) << place.low
        return found & self.mask


def mode_changes(machine: Machine) -> Changes:
    """Steps that change the mode. Raises HistoryError for a machine that has none."""
    places = machine.isa.roles[Role.MODE]
    if len(places) != 1:
        raise HistoryError(f"{machine.isa.name} has {len(places)} places with the role @mode")
    place = places[0]
    return Changes(machine.state.layout.slots[place.state].first, ((1 << place.width) - 1) << place.low)


def place_of(machine: Machine, name: str) -> tuple[int, int]:
    """The slot and the mask of `x[3]`, `psw` or `psw.mode`. Raises HistoryError for what is not one."""
    names, slots, isa = machine.state.layout.names, machine.state.layout.slots, machine.isa
    whole, _, part = name.partition(".")
    if whole not in names:
        raise HistoryError(f"{isa.name} has no register {name!r:.60}", f"one of: {', '.join(slots)}")
    slot = names.index(whole)
    if slot not in watched(isa):
        raise HistoryError(f"{whole} of {isa.name} changes by itself, at nearly every step", "ask for something else")
    state = isa.states[whole.partition("[")[0]]
    fields = {field.name: ((1 << field.width) - 1) << field.low for field in state.fields}
    if part and (part not in fields or state.kind is not StateKind.SCALAR):
        raise HistoryError(f"{whole} of {isa.name} has no field {part!r:.60}", f"one of: {', '.join(fields)}")
    return slot, fields[part] if part else (1 << state.width) - 1


@dataclass(frozen=True)
class Exits(Seen):
    """Steps at which the monitor of a virtual machine decided so; `cause` is what it was about, or any."""

    decision: Decision
    cause: str | None = None

    def watch(self, machine: Machine, told: Told) -> None:
        if not isinstance(machine, VirtualMachine):
            raise HistoryError("a machine under no monitor has no exits", "run it under one")

        def tell(event: ExitEvent) -> None:
            for step in self._step(event, machine):
                told(step)

        machine.monitor.subscribers.append(tell)

    def _step(self, event: ExitEvent, machine: VirtualMachine) -> Iterable[int]:
        """An instruction has been emulated when that is told; in all other cases the step is still to come."""
        if event.vm is machine and event.decision is self.decision and self.cause in (None, event.cause):
            yield event.step - (event.decision is Decision.EMULATED)


@dataclass(frozen=True)
class Acts(Seen):
    """Steps before which a device acts by itself: input arrives, a block of a disk is done. `name` is the device's."""

    name: str | None = None

    def watch(self, machine: Machine, told: Told) -> None:
        def tell(now: int, device: Device, raised: int) -> None:
            if self.name in (None, device.name):
                told(now)

        _tell_of_acts(machine, tell)


def _tell_of_acts(machine: Machine, tell: Acted) -> None:
    """Have one more told of what devices do by themselves, until the pass is over."""
    before = machine.ports.acted

    def both(now: int, device: Device, raised: int) -> None:
        if before is not None:
            before(now, device, raised)
        tell(now, device, raised)

    machine.ports.acted = both


@dataclass(frozen=True)
class Holds(Question):
    """Steps before which a condition holds. It is asked before every one."""

    condition: Condition

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        with history.looking(first) as machine:
            return list(self._held(machine, stop))

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        if latest:
            return super().within(history, first, stop, latest)
        with history.looking(first) as machine:
            return next(self._held(machine, stop), None)

    def _held(self, machine: Machine, stop: int) -> Iterator[int]:
        while (here := machine.steps) < stop:
            if self.condition(machine):
                yield here
            machine.run(1)
            if machine.steps == here:
                return
