"""What happened where in a run, for whoever draws it: traps, exits, acts of devices, breakpoints met, branches.

A run is cut into columns, a power of two of steps each. What is known of them is kept, also when others are asked for;
the rest is looked at a stretch at a time, so that one can stop at any moment and go on later.
"""

from bisect import bisect_left
from collections.abc import Iterator
from enum import Flag, auto
from time import perf_counter
from typing import NamedTuple

from monitor.history.looks import Acts, AnyOf, Traps
from monitor.history.passes import Question, Seen
from monitor.monitor import VirtualMachine
from trapline.debugging.asking import any_exit
from trapline.debugging.debugged import Debugged

LEAST, MOST = 1 << 12, 1 << 22  # steps of a stretch
SHORT, LONG = 0.15, 0.3  # seconds that one should take, as somebody may wait for its end


class Mark(Flag):
    """Kinds of marks."""

    TRAP = auto()
    DEVICE = auto()
    EXIT = auto()
    BREAK = auto()
    BRANCH = auto()


NONE = Mark(0)


class Column(NamedTuple):
    """What has happened in the steps of a column before the step `upto`."""

    marks: Mark
    upto: int


class Marks:
    """The marks of a history. They are those of its present run: what a branch has given up is forgotten."""

    def __init__(self, debugged: Debugged) -> None:
        self._debugged, self._history = debugged, debugged.history
        self._columns: dict[int, dict[int, Column]] = {}  # by the power of two, then by the number of the column
        self._branches = 0
        self._stops = tuple(debugged.stops)
        self._span = LEAST

    def known(self, low: int, shift: int, count: int) -> list[Mark | None]:
        """What is known of so many columns of 1 << shift steps from a step on, with which one begins. None where nobody
        has looked yet, or nothing was run."""
        columns, first = self._columns.get(shift, {}), low >> shift
        found = [columns[n].marks if n in columns else None for n in range(first, first + count)]
        for step in self._history.branches:
            column = (step >> shift) - first
            if 0 <= column < count:
                found[column] = (found[column] or NONE) | Mark.BRANCH
        return found

    def look(self, low: int, shift: int, count: int) -> Iterator[None]:
        """Look at what is not known of them yet. The machine is anywhere after each stretch."""
        self._forget()
        columns = self._columns.setdefault(shift, {})
        end = min(self._history.newest, low + (count << shift))
        at = max(low, self._history.first)
        while at < end:
            known = columns.get(at >> shift)
            if known is not None and known.upto > at:
                at = min(end, known.upto)
                continue
            stop = min(end, at + self._span)
            stop = min([stop, *(n << shift for n in range((at >> shift) + 1, (stop - 1 >> shift) + 1) if n in columns)])
            self._look(columns, shift, at, stop)
            at = stop
            yield

    def _look(self, columns: dict[int, Column], shift: int, first: int, stop: int) -> None:
        began = perf_counter()
        found = happened(self._debugged, first, stop)
        for number in range(first >> shift, (stop - 1 >> shift) + 1):
            before = columns[number].marks if number in columns else NONE
            low, high = max(first, number << shift), min(stop, number + 1 << shift)
            marks = [kind for kind, steps in found.items() if _any(steps, low, high)]
            for mark in marks:
                before |= mark
            columns[number] = Column(before, high)
        took = perf_counter() - began
        self._span = min(MOST, self._span * 2) if took < SHORT else max(LEAST, self._span // (1 + (took > LONG)))

    def _forget(self) -> None:
        """Columns that reach beyond what there is now, or over a step at which something has been changed since; all
        of them, once there are other breakpoints."""
        history = self._history
        if self._stops != tuple(self._debugged.stops):
            self._stops = tuple(self._debugged.stops)
            self._columns.clear()
        least = min([history.newest, *history.branches[self._branches :]])
        self._branches = len(history.branches)
        for columns in self._columns.values():
            for number in [n for n, column in columns.items() if column.upto > least]:
                del columns[number]


def _any(steps: list[int], low: int, high: int) -> bool:
    """Whether one of the steps, which are in order, is at least `low` and below `high`."""
    at = bisect_left(steps, low)
    return at < len(steps) and steps[at] < high


def happened(debugged: Debugged, first: int, stop: int) -> dict[Mark, list[int]]:
    """The steps among these at which something happened, in order. They are run once more."""
    asked = questions(debugged)
    found: dict[Mark, list[int]] = {}
    for step, numbers in AnyOf(tuple([question for _, question in asked])).hits(debugged.history, first, stop).items():
        for kind in {asked[number][0] for number in numbers}:
            found.setdefault(kind, []).append(step)
    return found


def questions(debugged: Debugged) -> list[tuple[Mark, Question]]:
    """What is asked for which mark. Stops that count, or that have a condition, leave none."""
    asked: list[tuple[Mark, Question]] = [(Mark.TRAP, Traps()), (Mark.DEVICE, Acts())]
    if isinstance(debugged.machine, VirtualMachine):
        asked += [(Mark.EXIT, question) for question in any_exit()]
    return [*asked, *((Mark.BREAK, seen) for stop in debugged.stops if stop.plain for seen in _seen(stop.question))]


def _seen(question: Question) -> Iterator[Question]:
    """The parts of a question that are answered in passing."""
    if isinstance(question, AnyOf):
        for part in question.questions:
            yield from _seen(part)
    elif isinstance(question, Seen):
        yield question
