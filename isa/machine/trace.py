"""The trace: one line for each step, the same from every engine, bare or monitored.

A line has, separated by one space: the step's number (from 0), the pc and the instruction word in hexadecimal
(`-` if the fetch trapped), then, each only if there is one, `trap CAUSE INFO`, `send PORT WORD`, `recv PORT WORD`, and
`NAME=VALUE` for what changed, if that was asked for. An idle stretch that was skipped shows as a gap in the step
numbers.

While a machine runs, a line is one or several records, which are what `isa.machine.records` is about. `TraceLine` is
a line for whoever looks at single ones, `isa.machine.wording` makes text of many.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import iter_unpack
from typing import NamedTuple

from isa.description import Isa
from isa.machine.records import BEGINS, FORMAT, NEVER, Kind, Recorder, Records, Trace
from isa.machine.wording import wording_of


class Trapped(NamedTuple):
    """What `on trap` was given."""

    cause: int
    info: int


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One step. `word` is None if its fetch trapped; `place` is where in storage it lies. `sent` and `received` are
    (port, word), `changed` is (slot of the state, value)."""

    step: int
    pc: int
    word: int | None
    place: int | None = None
    trap: Trapped | None = None
    sent: tuple[tuple[int, int], ...] = ()
    received: tuple[tuple[int, int], ...] = ()
    changed: tuple[tuple[int, int], ...] = ()

    def text(self, isa: Isa) -> str:
        wording = wording_of(isa)
        return f"{self.step}{''.join(wording.piece(*said) for said in self._said())}"

    def _said(self) -> Iterator[tuple[Kind, int, int]]:
        fetched = (Kind.UNFETCHED, self.pc, 0) if self.word is None else (Kind.STEP, self.pc, self.word)
        yield fetched
        if self.trap is not None:
            yield Kind.TRAP, *self.trap
        for kind, pairs in ((Kind.SEND, self.sent), (Kind.RECV, self.received), (Kind.CHANGED, self.changed)):
            for first, second in pairs:
                yield kind, first, second


Take = Callable[[TraceLine], object]


def each_line(take: Take, first: int = 0, stop: int = NEVER, registers: bool = False) -> Trace:
    """A trace that gives each line to `take`, by the end of each run."""

    def consume(records: Records) -> None:
        for line in lines_of(records):
            take(line)

    return Trace(Recorder(consume), first, stop, registers)


def lines_of(records: Records) -> Iterator[TraceLine]:
    """The lines that these records are."""
    found: list[tuple[int, int, int, int]] = []
    for record in iter_unpack(FORMAT, records):
        if record[1] in BEGINS and found:
            yield _line(found)
            found = []
        found.append(record)
    if found:
        yield _line(found)


def _line(records: list[tuple[int, int, int, int]]) -> TraceLine:
    step, kind, pc, fetched = records[0]
    word = None if kind == Kind.UNFETCHED else fetched
    place, trap = None if word is None else pc, None
    pairs: dict[int, list[tuple[int, int]]] = {Kind.SEND: [], Kind.RECV: [], Kind.CHANGED: []}
    for _, said, first, second in records[1:]:
        match said:
            case Kind.PLACE:
                place = first
            case Kind.TRAP:
                trap = Trapped(first, second)
            case _:
                pairs[said].append((first, second))
    return TraceLine(step, pc, word, place, trap, *map(tuple, pairs.values()))
