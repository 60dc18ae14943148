"""Which routine the machine is inside of, and when it comes back from one.

No machine knows its routines, so they are told by places in storage: each execution of a call (`calls.py`) is followed
by one arrival behind it that a computed jump leads to, and between the two a recursion calls and arrives as often.
"""

from collections.abc import Iterator
from struct import iter_unpack
from typing import NamedTuple

from isa.description import Isa, Role
from isa.machine import Machine
from isa.machine.records import FORMAT, RECORD, Kind, Recorder, Trace
from monitor.history.cuts import cut_before
from monitor.history.history import History
from monitor.history.looks import BEGINNING, Fetches, which
from monitor.history.passes import Question, Reader, Seen, Told, at_stops, in_passing
from trapline.debugging.calls import call_at, computed
from trapline.debugging.debugged import Debugged
from trapline.debugging.frames import FARTHEST, frames

FEW = 1 << 12  # steps that are looked back at first; twice as many each time


class Routine(NamedTuple):
    """Entered by `step`, which called from the word `place`, or trapped there; comes back to the word `back`."""

    step: int
    place: int
    back: int
    trapped: bool


class _Line(NamedTuple):
    """A step as its records tell it. `returned` says that a computed jump led here, and no trap that came back."""

    step: int
    pc: int
    word: int
    place: int
    trapped: bool
    returned: bool = False


class Arrives(Question):
    """The step that arrives where something ends that has begun: forwards a call at its `back`, backwards what came
    back at its call. Asked of one stretch after the other, in one direction."""

    def __init__(self, isa: Isa, place: int, back: int, backwards: bool = False, depth: int = 1) -> None:
        self.isa, self.place, self.back = isa, place, back
        self.backwards, self.depth = backwards, depth
        self.found: int | None = None

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        if self.found is None:
            self.found = self._look(history, first, stop)
        return [self.found] if self.found is not None and first <= self.found < stop else []

    def _look(self, history: History, first: int, stop: int) -> int | None:
        """A step that trapped comes again, and does not count. Where the machine will stand it may still trap."""
        if at_stops(history, [Fetches(self.place), Fetches(self.back)], first, stop, False) is None:
            return None
        watched = _Watched(self.isa, frozenset({self.place, self.back}))
        in_passing(history, [watched], max(history.first, first - 1), stop)
        lines = [line for line in watched.lines if first <= line.step < stop]
        for line in reversed(lines) if self.backwards else lines:
            calls, arrives = line.place == self.place, line.place == self.back and line.returned
            ends = calls and not line.trapped if self.backwards else arrives
            if ends and self.depth == 1:
                return line.step
            if not line.trapped and (calls or arrives):
                self.depth += 1 if calls != self.backwards else -1
        return None


class _Watched(Seen):
    """The steps that fetch some words of storage, in `lines`."""

    def __init__(self, isa: Isa, places: frozenset[int]) -> None:
        self.isa, self.places = isa, places
        self.lines: list[_Line] = []
        self._resumes: dict[int, bool] = {}  # places whose step trapped, and how it was arrived there
        self._before: tuple[int, int] | None = None  # pc and word of the last step of the records before

    def watch(self, machine: Machine, told: Told) -> Reader:
        return self._read

    def _read(self, records: bytes) -> list[int]:
        kinds = frozenset({Kind.STEP, Kind.PLACE})
        found = sorted(at for place in self.places for at in which(records, place, kinds))
        lines = [self._line(records, at) for at in found]
        last = _begin(records, len(records) // RECORD.size - 1)
        self._before = RECORD.unpack_from(records, last * RECORD.size)[2:]
        self.lines += lines
        return [line.step for line in lines]

    def _line(self, records: bytes, at: int) -> _Line:
        place = RECORD.unpack_from(records, at * RECORD.size)[2]
        begin = _begin(records, at)
        step, _, pc, word = RECORD.unpack_from(records, begin * RECORD.size)
        before = RECORD.unpack_from(records, _begin(records, begin - 1) * RECORD.size)[2:] if begin else self._before
        after = (at + 1) * RECORD.size + 8
        trapped = after < len(records) and records[after] == Kind.TRAP
        returned = self._resumes.pop(place, before is not None and computed(self.isa, *before))
        if trapped:
            self._resumes[place] = returned
        return _Line(step, pc, word, place, trapped, returned)


def _begin(records: bytes, at: int) -> int:
    """Where the line of a record begins."""
    while records[at * RECORD.size + 8] not in BEGINNING:
        at -= 1
    return at


def entered(debugged: Debugged) -> Routine | None:
    """The routine that the machine is inside of: the last call that has not come back in the present mode and place,
    or else the trap that is open. None if nothing is known of either. The machine may be anywhere afterwards."""
    machine, here = debugged.machine, debugged.machine.steps
    now, place = _context(machine), machine.engine.place()
    trap = next((frame for frame in frames(debugged) if frame.step < here), None)
    least = max(debugged.history.first, here - FARTHEST, trap.step + 1 if trap else 0)
    for routine in _open(debugged, place, least, here):
        debugged.history.go(routine.step)
        if _context(machine) == now:
            return routine
    if trap is None or trap.place is None:
        return None
    return Routine(trap.step, trap.place, trap.place + 1, True)


def _context(machine: Machine) -> list[int]:
    """What tells programs apart that run at the same pcs: mode and relocation."""
    block, slots = machine.state.block, machine.state.layout.slots
    places = [place for role in (Role.MODE, Role.BASE) for place in machine.isa.roles[role]]
    return [block[slots[p.state].first] >> p.low & (1 << p.width) - 1 for p in places]


def _open(debugged: Debugged, place: int | None, least: int, here: int) -> Iterator[Routine]:
    """Calls that have not come back, in any mode, the last first."""
    isa, arrived = debugged.machine.isa, dict[int, int]()
    stop, size = here, FEW
    now = [] if place is None else [_Line(here, 0, -1, place, False)]
    while stop > least:
        first = max(least, cut_before(stop - 1), stop - size)
        for line in reversed(_returns(isa, [*_lines(debugged.history, first, stop), *now])):
            call = None if line.trapped or line.word < 0 else call_at(isa, line.pc, line.word)
            if call is not None:
                back = line.place + call.back - line.pc
                if arrived.get(back, 0):
                    arrived[back] -= 1
                else:
                    yield Routine(line.step, line.place, back, False)
            if not line.trapped and line.returned:
                arrived[line.place] = arrived.get(line.place, 0) + 1
        stop, size, now = first, 2 * size, []


def _returns(isa: Isa, lines: list[_Line]) -> list[_Line]:
    """The same, with which of them were returned to."""
    resumes: dict[int, bool] = {}
    found: list[_Line] = []
    before: _Line | None = None
    for line in lines:
        returned = resumes.pop(line.place, before is not None and computed(isa, before.pc, before.word))
        if line.trapped:
            resumes[line.place] = returned
        before = line._replace(returned=returned)
        found.append(before)
    return found


def _lines(history: History, first: int, stop: int) -> list[_Line]:
    """The steps of a stretch that fetched something."""
    found: list[_Line] = []

    def consume(records: memoryview) -> None:
        for step, kind, one, other in iter_unpack(FORMAT, records):
            if kind in (Kind.STEP, Kind.MOVED):
                found.append(_Line(step, one, other, one, False))
            elif kind == Kind.PLACE:
                found[-1] = found[-1]._replace(place=one)
            elif kind == Kind.TRAP and found and found[-1].step == step:
                found[-1] = found[-1]._replace(trapped=True)

    with history.looking(first) as machine:
        machine.trace = Trace(Recorder(consume), first, stop)
        machine.run(stop - first)
    return found
