"""How a question looks at a stretch of a history: by records of its steps, by exits, or by running it again in halves.

Each class is a question (see `monitor.history.questions`). Records come from the engine as it runs; storage has no
records, but tells when a word is written of which code was made, and so a word is marked as if it were code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import iter_unpack

from isa.description import Kind as StateKind
from isa.description import Role
from isa.machine import Machine
from isa.machine.recording import watched
from isa.machine.records import FORMAT, RECORD, Kind, Recorder, Trace
from isa.machine.storage import LINE_SHIFT
from monitor.history.history import History, HistoryError
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision, ExitEvent

Condition = Callable[[Machine], bool]
_NUMBER = RECORD.size - 16  # where the first number of a record is


def recorded(history: History, first: int, stop: int, registers: bool = False) -> bytes:
    """The records of these steps."""
    found = bytearray()
    with history.looking(first) as machine:
        machine.trace = Trace(Recorder(found.extend), first, stop, registers)
        machine.run(stop - first)
    return bytes(found)


def such(records: bytes, kind: Kind, number: int) -> Iterator[int]:
    """The steps that have a record of this kind with this first number, found as fast as the host looks through
    memory."""
    wanted = bytes([kind]) + number.to_bytes(8, "little")
    at = records.find(wanted)
    while at >= 0:
        start = at - _NUMBER + 1
        if start % RECORD.size == 0:
            yield RECORD.unpack_from(records, start)[0]
        at = records.find(wanted, at + 1)


def chosen(steps: Iterator[int] | list[int], latest: bool) -> int | None:
    return max(steps, default=None) if latest else min(steps, default=None)


@dataclass(frozen=True, slots=True)
class Executes:
    """Steps that execute, or try to, what is at a pc."""

    pc: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        records = recorded(history, first, stop)
        kinds = (Kind.STEP, Kind.MOVED, Kind.UNFETCHED)
        return chosen([step for kind in kinds for step in such(records, kind, self.pc)], latest)


@dataclass(frozen=True, slots=True)
class Fetches:
    """Steps that fetch a word of storage, wherever it is to the machine."""

    place: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        records = recorded(history, first, stop)
        return chosen([s for kind in (Kind.STEP, Kind.PLACE) for s in such(records, kind, self.place)], latest)


@dataclass(frozen=True, slots=True)
class Traps:
    """Steps that trap, for a cause or any."""

    cause: int | None = None

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        records = recorded(history, first, stop)
        causes = set(history.machine.isa.cause.members.values()) if self.cause is None else {self.cause}
        return chosen([step for cause in causes for step in such(records, Kind.TRAP, cause)], latest)


@dataclass(frozen=True, slots=True)
class Talks:
    """Steps that send or receive a word at a port."""

    port: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        records = recorded(history, first, stop)
        return chosen([s for kind in (Kind.SEND, Kind.RECV) for s in such(records, kind, self.port)], latest)


@dataclass(frozen=True, slots=True)
class Changes:
    """Steps that change a part of the state, given by its slot and a mask."""

    slot: int
    mask: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        records = recorded(history, first, stop, registers=True)
        history.go(first)
        value, found = history.machine.state.block[self.slot] & self.mask, []
        for step, kind, slot, now in iter_unpack(FORMAT, records):
            if kind == Kind.CHANGED and slot == self.slot and now & self.mask != value:
                value = now & self.mask
                found.append(step)
        return chosen(found, latest)


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


@dataclass(frozen=True, slots=True)
class Exits:
    """Steps at which the monitor of a virtual machine decided so; `cause` is what it was about, or any."""

    decision: Decision
    cause: str | None = None

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        found: list[int] = []
        with history.looking(first) as machine:
            if not isinstance(machine, VirtualMachine):
                raise HistoryError("a machine under no monitor has no exits", "run it under one")
            machine.monitor.subscribers.append(lambda event: found.extend(self._step(event, machine)))
            machine.run(stop - first)
        return chosen([step for step in found if first <= step < stop], latest)

    def _step(self, event: ExitEvent, machine: VirtualMachine) -> Iterator[int]:
        """An instruction has been emulated when that is told; in all other cases the step is still to come."""
        if event.vm is machine and event.decision is self.decision and self.cause in (None, event.cause):
            yield event.step - (event.decision is Decision.EMULATED)


@dataclass(frozen=True, slots=True)
class Holds:
    """Steps before which a condition holds. It is asked before every one."""

    condition: Condition

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        found = None
        with history.looking(first) as machine:
            while machine.steps < stop:
                here = machine.steps
                if self.condition(machine):
                    found = here
                    if not latest:
                        break
                machine.run(1)
                if machine.steps == here:
                    break
        return found


@dataclass(frozen=True, slots=True)
class Writes:
    """Steps that write a word of storage, whether it changes or not; what a device puts there counts for the step
    before which it does."""

    place: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        if not self._possible(history, first, stop) or not self._written(history, first, stop):
            return None
        low, high = first, stop  # written in [low, high), and that is the one wanted
        while high - low > 1:
            middle = (low + high) // 2
            upper = self._written(history, middle, high) if latest else not self._written(history, low, middle)
            low, high = (middle, high) if upper else (low, middle)
        return low

    def _possible(self, history: History, first: int, stop: int) -> bool:
        """Whether checkpoints leave it open."""
        storage, checkpoints = history.machine.storage, history.checkpoints
        line = (storage.offset + self.place) >> LINE_SHIFT
        for number, point in enumerate(checkpoints.points):
            if point.step >= stop:
                return checkpoints.points[max(0, number - 1)].step > first or line in checkpoints.lines.written(number)
        return True

    def _written(self, history: History, first: int, stop: int) -> bool:
        """Whether it is between these steps."""
        with history.looking(first) as machine:
            watch = _Watch(machine, self.place)
            machine.run(stop - first)
        return watch.told


class _Watch:
    """Whether a word of storage has been written since this was made."""

    def __init__(self, machine: Machine, place: int) -> None:
        self.told = False
        machine.storage.on_code_write(self.tell)
        self.word = machine.storage.mark_code(place)

    def tell(self, word: int) -> None:
        self.told = self.told or word == self.word
