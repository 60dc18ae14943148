"""Going to whichever of several stops is nearest, in both directions.

    stop = Stop("loop", at_place(debugged, 0x40), debugged.condition("r1 > 7"), HitCount.parsed(">= 5"))
    travel(debugged, [stop, Stop("traps", on_trap(debugged))])      # which of them it was; the machine is before it

A stretch is looked at once for all of them, and conditions are asked on the way through the steps that were found.
`asking.py` has what one may stop at, `moves.py` the ways to go on that need no stop.
"""

from collections.abc import Generator, Sequence
from contextlib import closing

from monitor.history.history import History
from monitor.history.passes import AnyOf, Question, chosen
from monitor.history.questions import seek
from trapline.debugging.breakpoints import HitCount, Stop
from trapline.debugging.debugged import Debugged
from trapline.debugging.meeting import SPAN, Memory, meeting

__all__ = ["HitCount", "Stop", "travel"]


def travel(debugged: Debugged, stops: Sequence[Stop], backwards: bool = False) -> Stop | None:
    """Go to the nearest step at which one of them stops, the first of them if there are several; to the end or the
    beginning if none does. Raises SourceError for a condition that has no value somewhere; then, and where looking is
    broken off, the machine stays."""
    history, here = debugged.history, debugged.machine.steps
    found = nearest(debugged, stops, backwards)
    if found is None:
        history.go(history.first if backwards else max(here, debugged.limit))
    return found


def nearest(
    debugged: Debugged, stops: Sequence[Stop], backwards: bool = False, bound: int | None = None
) -> Stop | None:
    """The same, up to the step `bound`, by default to the end or the beginning; if none of them stops, the machine
    stays."""
    if not stops:
        return None
    asked, end = _Asked(debugged, stops), debugged.history.first if backwards else debugged.limit
    most = (debugged.machine.steps - (end if bound is None else bound)) * (1 if backwards else -1)
    found = seek(debugged.history, asked, backwards, max(0, most))
    return None if found is None else asked.stopped[found]


def at_once(debugged: Debugged, stops: Sequence[Stop]) -> Stop | None:
    """Who stops at the very step that the machine is about to take, which must be known. The machine may be anywhere
    afterwards."""
    here, asked = debugged.machine.steps, _Asked(debugged, stops)
    found = asked.within(debugged.history, here, here + 1, False) if stops else None
    return None if found is None else asked.stopped[found]


class _Asked(Question):
    """Some stops as one question, asked of one stretch after the other. `stopped` has who stops where, `numbers` how
    many hits there are before the edge of the next stretch: see `hits_before`."""

    def __init__(self, debugged: Debugged, stops: Sequence[Stop]) -> None:
        self.debugged, self.stops, self.memory = debugged, stops, Memory(debugged.history)
        self.any = AnyOf(tuple(stop.question for stop in stops))
        self.stopped: dict[int, Stop] = {}
        self.numbers: dict[Stop, int] | None = None

    @property
    def span(self) -> int:
        return self.any.span if all(stop.plain for stop in self.stops) else min(self.any.span, SPAN)

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        return [step for step, _ in self._stopping(history, first, stop)]

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        if all(each.plain for each in self.stops):
            return self._nearest(history, first, stop, latest)
        if self.numbers is None:  # only now it is known what comes next
            edge = stop if latest else first
            self.numbers = {each: hits_before(self.debugged, each, edge) for each in self.stops if each.hits}
        if latest:
            stopping = self._backwards(history, first, stop)
        else:
            with closing(self._stopping(history, first, stop)) as ahead:
                stopping = [one for one in [next(ahead, None)] if one is not None]
        self.stopped.update(stopping)
        return chosen([step for step, _ in stopping], latest)

    def _nearest(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        """Where nothing has to be counted or asked, nothing but the nearest has to be found."""
        found = self.any.within(history, first, stop, latest)
        if found is not None:
            (numbers,) = self.any.hits(history, found, found + 1).values()
            self.stopped[found] = self.stops[numbers[0]]
        return found

    def _stopping(self, history: History, first: int, stop: int) -> Generator[tuple[int, Stop]]:
        """The steps at which one stops, and who does, as hits are counted on."""
        hits = list(self.any.hits(history, first, stop).items())
        for step, held in meeting(self.memory, [each.condition for each in self.stops], hits):
            those = [self.stops[number] for number in held if self._counts(self.stops[number], step)]
            if those:
                yield step, those[0]

    def _counts(self, stop: Stop, step: int) -> bool:
        """Count one more hit: whether it is one of those that are wanted."""
        if stop.hits is None:
            return True
        if step == stop.since:
            return False
        assert self.numbers is not None
        self.numbers[stop] += 1
        number = self.numbers[stop]
        return stop.hits(number if step >= stop.since else 1 - number)

    def _backwards(self, history: History, first: int, stop: int) -> list[tuple[int, Stop]]:
        """The same where hits are counted back: how many there are has to be known before they are numbered."""
        hits = list(self.any.hits(history, first, stop).items())
        met = list(meeting(self.memory, [each.condition for each in self.stops], hits))
        assert self.numbers is not None
        for number, each in enumerate(self.stops):
            if each.hits:
                self.numbers[each] -= sum(number in held and step != each.since for step, held in met)
        before = dict(self.numbers)
        wanted = [(step, [self.stops[n] for n in held if self._counts(self.stops[n], step)]) for step, held in met]
        self.numbers = before
        return [(step, those[0]) for step, those in wanted if those]


def hits_before(debugged: Debugged, stop: Stop, step: int) -> int:
    """How many hits there are behind `stop.since` up to before a step; the negative of how many from the step up to
    there, if it comes before. What was counted last is counted on, unless something was changed in the past since."""
    history, branches = debugged.history, len(debugged.history.branches)
    at, number = stop.since, 0
    if stop.counted and stop.counted[0] == branches and stop.counted[1] <= history.newest:
        _, at, number = stop.counted
    with history.staying():
        low, high = min(at, step), max(at, step)
        known = min(high, history.newest)  # nobody has been there yet: none is counted
        while low < known:
            end = min(low + SPAN, known)
            hits = [(one, [0]) for one in stop.question.steps(history, low, end) if one != stop.since]
            found = len(list(meeting(Memory(history), [stop.condition], hits)))
            number, low = number + (found if at < step else -found), end
    stop.counted = (branches, step, number)
    return number
