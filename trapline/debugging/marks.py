"""What happened where in a run, for whoever draws it: traps, exits, acts of devices, breakpoints met, branches.

A run is cut into columns, a power of two of steps each. What is known of them is kept, also when others are asked for;
the rest is looked at a stretch at a time, so that one can stop at any moment and go on later.
"""

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Flag, auto
from time import perf_counter
from typing import NamedTuple

from isa.devices.ports import DeviceStorage, Ports
from isa.machine import Machine
from isa.machine.records import RECORD, Kind, Recorder, Trace
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision, ExitEvent
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
        self._span = LEAST

    def known(self, low: int, shift: int, count: int) -> list[Mark]:
        """What is known of so many columns of 1 << shift steps from a step on, with which one begins."""
        columns, first = self._columns.get(shift, {}), low >> shift
        found = [columns[n].marks if n in columns else NONE for n in range(first, first + count)]
        for step in self._history.branches:
            if 0 <= (step >> shift) - first < count:
                found[(step >> shift) - first] |= Mark.BRANCH
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
        """Columns that reach beyond what there is now, or over a step at which something has been changed since."""
        history = self._history
        least = min([history.newest, *history.branches[self._branches :]])
        self._branches = len(history.branches)
        for columns in self._columns.values():
            for number in [n for n, column in columns.items() if column.upto > least]:
                del columns[number]


@contextmanager
def _acts(machine: Machine, noted: list[int]) -> Iterator[None]:
    """Inside, the steps before which a device acts by itself are noted."""
    ports = machine.ports

    def act(now: int, storage: DeviceStorage) -> int:
        noted.append(now)
        return Ports.act(ports, now, storage)

    ports.act = act  # type: ignore[method-assign]
    try:
        yield
    finally:
        del ports.act


def _any(steps: list[int], low: int, high: int) -> bool:
    """Whether one of the steps, which are in order, is at least `low` and below `high`."""
    at = bisect_left(steps, low)
    return at < len(steps) and steps[at] < high


def happened(debugged: Debugged, first: int, stop: int) -> dict[Mark, list[int]]:
    """The steps among these at which something happened, in order. They are run once more, and all of it is noted."""
    traps: list[int] = []
    acts: list[int] = []
    exits: list[int] = []

    def consume(view: memoryview) -> None:
        kinds = bytes(view)[8 :: RECORD.size]
        at = kinds.find(Kind.TRAP)
        while at >= 0:
            traps.append(RECORD.unpack_from(view, at * RECORD.size)[0])
            at = kinds.find(Kind.TRAP, at + 1)

    def tell(event: ExitEvent) -> None:
        if id(event.vm) == id(debugged.machine) and event.decision is not Decision.SCHEDULED:
            exits.append(event.step - (event.decision is Decision.EMULATED))

    with debugged.history.looking(first) as machine, _acts(machine, acts):
        if isinstance(machine, VirtualMachine):
            machine.monitor.subscribers.append(tell)
        machine.trace = Trace(Recorder(consume), first, stop)
        machine.run(stop - first)
    return {Mark.TRAP: traps, Mark.DEVICE: acts, Mark.EXIT: exits}
