"""A stretch of a history, looked at: what a question is, and how several are answered while it is run once more.

`Seen` are questions that are answered in passing, by the records of steps or by what somebody tells on the way, and so
all of them in one pass; `AnyOf` asks several as if they were one. The questions themselves are in `looks.py` and
`writes.py`.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from isa.machine import Machine, Reason
from isa.machine.records import RECORD, Kind, Recorder, Trace
from monitor.history.history import History

MANY = 1 << 19  # steps whose records are looked at together
Reader = Callable[[bytes], Iterable[int]]  # the steps that some records tell of
Told = Callable[[int], object]


class Question:
    """Something that steps may be or not. It is asked about `span` steps at a time, at most."""

    @property
    def span(self) -> int:
        return MANY

    @abstractmethod
    def steps(self, history: History, first: int, stop: int) -> list[int]:
        """All steps from `first` up to before `stop`, all of which are known, that it is about, in order. The machine
        may be anywhere afterwards."""

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        """The first of them, or the `latest`; None if there is none."""
        return chosen(self.steps(history, first, stop), latest)


class Seen(Question):
    """One that is answered in passing. With `registers` the records must tell of those too."""

    @property
    def registers(self) -> bool:
        return False

    @abstractmethod
    def watch(self, machine: Machine, told: Told) -> Reader | None:
        """Have the steps told as the machine goes on from where it stands; or give what reads them off the records."""

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        return in_passing(history, [self], first, stop)[0]


class Placed(Seen):
    """Steps at a pc or a place, wherever the machine arrives there: those that have a line in a trace, and the first of
    each wait, which has none. An engine stops there by itself, so a stretch without one costs no more than to run."""

    pc: int | None = None
    place: int | None = None

    @property
    def span(self) -> int:
        return 1 << 62

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        return at_stops(history, [self], first, stop, latest)

    def next_line(self, machine: Machine) -> bytes:
        """What would tell of the next step, as far as this is about it."""
        if machine.state.block[machine.pc_slot] == self.pc:
            return RECORD.pack(machine.steps, Kind.STEP, self.pc, 0)
        if self.place is not None and machine.engine.place() == self.place:
            return RECORD.pack(machine.steps, Kind.STEP, self.place, 0)
        return b""


def at_stops(history: History, questions: Sequence[Placed], first: int, stop: int, latest: bool) -> int | None:
    """The first step that any of them is about, or the `latest`: looked for in records, from behind down to the first
    at which an engine stops. That is the answer forwards, if the stretch does not begin inside a wait."""
    with history.looking(first) as machine:
        machine.breakpoints = {question.pc for question in questions if question.pc is not None}
        machine.break_places = {question.place for question in questions if question.place is not None}
        if machine.run(stop - first).reason is not Reason.BREAKPOINT:
            return None
        least = machine.steps
        inside = least == first and _waits(machine)
    if not latest and not (inside and _waited(history, first - 1)):
        return least
    for begin, end in _parts(least, stop, latest):
        found = in_passing(history, questions, begin, end)
        if any(found):
            return chosen(sorted(step for steps in found for step in steps), latest)
    return None


def _parts(first: int, stop: int, latest: bool) -> Iterator[tuple[int, int]]:
    """A stretch in parts whose records are looked at together, from the first on or from the `latest` down."""
    while first < stop:
        begin, end = (max(first, stop - MANY), stop) if latest else (first, min(first + MANY, stop))
        yield begin, end
        first, stop = (first, begin) if latest else (end, stop)


def _waits(machine: Machine) -> bool:
    """Take a step; whether it was one in which nothing but time went on."""
    skipped = machine.skipped
    machine.run(1)
    return machine.skipped > skipped


def _waited(history: History, step: int) -> bool:
    """Whether that was such a step, and is known."""
    if step < history.first:
        return False
    with history.looking(step) as machine:
        return _waits(machine)


def in_passing(history: History, questions: Sequence[Seen], first: int, stop: int) -> list[list[int]]:
    """The steps that each of the questions is about, found in one pass."""
    found = [list[int]() for _ in questions]
    line = stop  # the first step that has one
    with history.looking(first) as machine:
        readers = [question.watch(machine, steps.append) for question, steps in zip(questions, found, strict=True)]
        reading = [(reader, steps) for reader, steps in zip(readers, found, strict=True) if reader is not None]

        def consume(view: memoryview) -> None:
            nonlocal line
            records = bytes(view)
            line = min(line, RECORD.unpack_from(records)[0])
            for reader, steps in reading:
                steps.extend(reader(records))

        if reading:
            registers = any(question.registers for question in questions)
            machine.trace = Trace(Recorder(consume), first, stop, registers)
        try:
            machine.run(stop - first)
        finally:
            machine.ports.acted = None
        for question, reader, steps in zip(questions, readers, found, strict=True):
            if isinstance(question, Placed) and reader is not None:
                steps.extend(reader(question.next_line(machine)))
    if line > first:
        _arrivals(history, questions, found, first)
    return [sorted(step for step in steps if first <= step < stop) for steps in found]


def _arrivals(history: History, questions: Sequence[Seen], found: list[list[int]], first: int) -> None:
    """Where a stretch begins with a wait, its first step is no arrival if the one before was waited for as well."""
    begun = [steps for question, steps in zip(questions, found, strict=True) if isinstance(question, Placed)]
    begun = [steps for steps in begun if steps[:1] == [first]]
    if begun and _waited(history, first - 1):
        for steps in begun:
            del steps[0]


def chosen(steps: list[int], latest: bool) -> int | None:
    return steps[-1 if latest else 0] if steps else None


@dataclass(frozen=True)
class AnyOf(Question):
    """Steps that any of some questions is about."""

    questions: tuple[Question, ...]

    @property
    def span(self) -> int:
        return min(question.span for question in self.questions)

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        return list(self.hits(history, first, stop))

    def hits(self, history: History, first: int, stop: int) -> dict[int, list[int]]:
        """Those steps in order, each with the numbers of the questions that it answers."""
        found: dict[int, list[int]] = {}
        for number, steps in enumerate(self._each(history, first, stop)):
            for step in steps:
                found.setdefault(step, []).append(number)
        return dict(sorted(found.items()))

    def _each(self, history: History, first: int, stop: int) -> list[list[int]]:
        seen = [question for question in self.questions if isinstance(question, Seen)]
        passing = iter(in_passing(history, seen, first, stop) if seen else [])
        return [
            next(passing) if isinstance(question, Seen) else question.steps(history, first, stop)
            for question in self.questions
        ]

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        """Who is not answered in passing is asked only about what is nearer than the nearest that is known."""
        placed = [question for question in self.questions if isinstance(question, Placed)]
        if len(placed) == len(self.questions):
            return at_stops(history, placed, first, stop, latest)
        seen = [question for question in self.questions if isinstance(question, Seen)]
        passing = in_passing(history, seen, first, stop) if seen else []
        best = chosen(sorted(step for steps in passing for step in steps), latest)
        for question in self.questions:
            if best is not None:
                first, stop = (best + 1, stop) if latest else (first, best)
            if first < stop and not isinstance(question, Seen):
                nearer = question.within(history, first, stop, latest)
                best = best if nearer is None else nearer
        return best
