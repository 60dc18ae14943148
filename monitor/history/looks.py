"""How a question looks at a stretch of a history: by records of its steps, by exits, or by running it again in halves.

Each class is a question (see `monitor.history.questions`). Records come from the engine as it runs; storage has no
records, but tells when a word is written of which code was made, and so a word is marked as if it were code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import iter_unpack
from typing import ClassVar

from isa.description import Kind as StateKind
from isa.description import Role
from isa.machine import Machine
from isa.machine.recording import watched
from isa.machine.records import BEGINS, FORMAT, RECORD, Consume, Kind, Recorder, Trace
from isa.machine.storage import LINE_SHIFT
from monitor.history.history import History, HistoryError
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision, ExitEvent

Condition = Callable[[Machine], bool]
BEGINNING = frozenset(BEGINS)
TOLD = 1 << 10  # steps between two words to whoever follows a way that is gone singly
_NUMBER = RECORD.size - 16  # where the first number of a record is, behind its kind


class Question:
    """What is alike in all of them: how many steps they are asked about at a time."""

    span: ClassVar[int] = 1 << 19


def such(history: History, first: int, stop: int, number: int, kinds: frozenset[Kind]) -> list[int]:
    """The steps among these that have a record of one of the kinds, with this first number. They are found as fast as
    the host looks through memory."""
    wanted, found = number.to_bytes(8, "little"), list[int]()

    def consume(view: memoryview) -> None:
        records = bytes(view)
        at = records.find(wanted, _NUMBER)
        while at >= 0:
            place, inside = divmod(at, RECORD.size)
            if inside == _NUMBER:
                if records[at - 1] in kinds:
                    found.append(RECORD.unpack_from(records, place * RECORD.size)[0])
                inside = 0
                place += 1
            elif inside > _NUMBER:
                place += 1
            at = records.find(wanted, place * RECORD.size + _NUMBER)

    record(history, first, stop, consume)
    return found


def record(history: History, first: int, stop: int, consume: Consume, registers: bool = False) -> None:
    """Have the records of these steps consumed."""
    with history.looking(first) as machine:
        machine.trace = Trace(Recorder(consume), first, stop, registers)
        machine.run(stop - first)


def chosen(steps: list[int], latest: bool) -> int | None:
    return max(steps, default=None) if latest else min(steps, default=None)


@dataclass(frozen=True)
class Executes(Question):
    """Steps that execute, or try to, what is at a pc."""

    pc: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        return chosen(such(history, first, stop, self.pc, BEGINNING), latest)


@dataclass(frozen=True)
class Fetches(Question):
    """Steps that fetch a word of storage, wherever it is to the machine."""

    place: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        return chosen(such(history, first, stop, self.place, frozenset({Kind.STEP, Kind.PLACE})), latest)


@dataclass(frozen=True)
class Traps(Question):
    """Steps that trap, for a cause or any."""

    cause: int | None = None

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        if self.cause is not None:
            return chosen(such(history, first, stop, self.cause, frozenset({Kind.TRAP})), latest)
        found: list[int] = []

        def consume(records: memoryview) -> None:
            found.extend(step for step, kind, _, _ in iter_unpack(FORMAT, records) if kind == Kind.TRAP)

        record(history, first, stop, consume)
        return chosen(found, latest)


@dataclass(frozen=True)
class Talks(Question):
    """Steps that send or receive a word at a port."""

    port: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        return chosen(such(history, first, stop, self.port, frozenset({Kind.SEND, Kind.RECV})), latest)


@dataclass(frozen=True)
class Changes(Question):
    """Steps that change a part of the state, given by its slot and a mask."""

    slot: int
    mask: int

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        history.go(first)
        value, found = history.machine.state.block[self.slot] & self.mask, list[int]()

        def consume(records: memoryview) -> None:
            nonlocal value
            for step, kind, slot, now in iter_unpack(FORMAT, records):
                if kind == Kind.CHANGED and slot == self.slot and now & self.mask != value:
                    value = now & self.mask
                    found.append(step)

        record(history, first, stop, consume, registers=True)
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


@dataclass(frozen=True)
class Exits(Question):
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


@dataclass(frozen=True)
class Holds(Question):
    """Steps before which a condition holds. It is asked before every one."""

    condition: Condition

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        found = None
        with history.looking(first) as machine:
            while machine.steps < stop:
                here = machine.steps
                if not here % TOLD:
                    history.tell(here)
                if self.condition(machine):
                    found = here
                    if not latest:
                        break
                machine.run(1)
                if machine.steps == here:
                    break
        return found


@dataclass(frozen=True)
class Writes(Question):
    """Steps that write a word of storage, whether it changes or not; what a device puts there counts for the step
    before which it does."""

    span: ClassVar[int] = 1 << 62  # a stretch at a time: most are left out, as checkpoints know what was written

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
