"""Ways to go on that need no stop: over a call, out of a routine, to another line; each in both directions.

Each gives what ended it: `STEPPED`, or one of the `stops` that came before; None if there is no such step, and then the
machine stays. A trap is gone over like a call: until what trapped, or what follows it, is fetched again.
"""

from collections.abc import Sequence

from isa.machine import Machine
from monitor.history.history import History
from monitor.history.looks import AnyOf, Elsewhere, Fetches, Traps
from monitor.history.passes import Question
from monitor.history.questions import seek, step
from trapline.debugging.breakpoints import Stop
from trapline.debugging.calls import call_at, computed
from trapline.debugging.debugged import Debugged
from trapline.debugging.routines import Arrives, entered
from trapline.debugging.stops import nearest
from trapline.state.standing import mode_of

STEPPED = Stop("step", AnyOf(()))
AGAIN = 64  # times that what trapped may come again until it happens
Stops = Sequence[Stop]


def over(debugged: Debugged, backwards: bool = False, stops: Stops = ()) -> Stop | None:
    """One step; a call, or a trap, with all that comes of it."""
    return (_over_back if backwards else _over)(debugged, stops)


def out(debugged: Debugged, backwards: bool = False, stops: Stops = ()) -> Stop | None:
    """To where the routine comes back, or the trap that is open; backwards to the step that called it, or trapped."""
    here = debugged.machine.steps
    with debugged.history.staying():
        routine = entered(debugged)
    if routine is None:
        return None
    if backwards:
        return _arrive(debugged, here, _At(routine.step), stops, True)
    if routine.trapped:
        return _arrive(debugged, here, _any(routine.place, routine.back), stops)
    again = debugged.machine.engine.place() == routine.place and _happens(debugged)
    arrival = Arrives(debugged.machine.isa, routine.place, routine.back, depth=2 if again else 1)
    return _arrive(debugged, here, arrival, stops)


def _happens(debugged: Debugged) -> bool:
    """Whether the step to come will not trap."""
    retired = debugged.machine.retired
    with debugged.history.staying():
        step(debugged.history)
        return debugged.machine.retired != retired


def line(debugged: Debugged, backwards: bool = False, stops: Stops = ()) -> Stop | None:
    """To another line of the source; backwards to where the present one began, or the one before it. Each word that
    comes from no source is a line of its own."""
    here, places = debugged.machine.steps, _line(debugged)
    if not places:
        return _single(debugged, backwards)
    if not backwards:
        return _arrive(debugged, here, Elsewhere(places), stops)
    began = _began(debugged, places)
    if began == here:
        if here == debugged.history.first:
            return None
        began = _began(debugged, _line(debugged))
    return _arrive(debugged, here, _At(began), stops, True)


def _began(debugged: Debugged, places: frozenset[int]) -> int:
    """Since which step the machine has been in a line, which it is in, or was until now. It then stands before that."""
    before = seek(debugged.history, Elsewhere(places), backwards=True)
    return debugged.history.first if before is None else before + 1


def _line(debugged: Debugged) -> frozenset[int]:
    """All words of the line at which the machine stands."""
    place, lines = debugged.machine.engine.place(), debugged.image.lines if debugged.image else {}
    if place is None or place not in lines:
        return frozenset() if place is None else frozenset([place])
    there = lines[place]
    return frozenset(p for p, found in lines.items() if (found.file, found.line) == (there.file, there.line))


class _At(Question):
    """One step that is known."""

    def __init__(self, at: int) -> None:
        self.at = at

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        return [self.at] if first <= self.at < stop else []


class _Trapped(Question):
    """Steps that fetch one of two words and trap."""

    def __init__(self, *places: int) -> None:
        self.asked = AnyOf((Traps(), *map(Fetches, places)))

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        return [
            at for at, numbers in self.asked.hits(history, first, stop).items() if 0 in numbers and len(numbers) > 1
        ]


def _any(*places: int) -> Question:
    return AnyOf(tuple(map(Fetches, places)))


def _single(debugged: Debugged, backwards: bool) -> Stop | None:
    return None if step(debugged.history, backwards) is None else STEPPED


def _arrive(debugged: Debugged, here: int, question: Question, stops: Stops, backwards: bool = False) -> Stop | None:
    """From where the machine is to the step asked for, or to one of the stops before; otherwise back to `here`."""
    if backwards:
        debugged.history.go(here)
    arrival = Stop("", question)
    found = nearest(debugged, [*stops, arrival], backwards)
    if found is None:
        debugged.history.go(here)
    return STEPPED if found is arrival else found


# ---- over


def _over(debugged: Debugged, stops: Stops) -> Stop | None:
    machine, first = debugged.machine, debugged.machine.steps
    for _ in range(AGAIN):
        here, retired = machine.steps, machine.retired
        place, pc, word = machine.engine.place(), _pc(machine), machine.engine.peek()
        if step(debugged.history) is None:
            break
        back = None if machine.retired == retired or not isinstance(word, int) else _back(machine, pc, word)
        if place is None or (machine.retired != retired and back is None):
            return STEPPED
        debugged.history.go(here)  # a stop may be at the very next step
        if back is not None:
            return _arrive(debugged, first, Arrives(machine.isa, place, place + back - pc), stops)
        found = _arrive(debugged, first, _any(place, place + 1), stops)
        if found is not STEPPED or machine.engine.place() != place:
            return found
    debugged.history.go(first)
    return None


def _back(machine: Machine, pc: int, word: int) -> int | None:
    """Where the routine comes back that the last step has called; None if that was no call."""
    call = call_at(machine.isa, pc, word)
    return None if call is None or _pc(machine) == call.back else call.back


def _over_back(debugged: Debugged, stops: Stops) -> Stop | None:
    machine, here = debugged.machine, debugged.machine.steps
    place, pc, mode = machine.engine.place(), _pc(machine), mode_of(machine)
    if step(debugged.history, backwards=True) is None:
        return None
    if place is None:
        return STEPPED
    before, word = _pc(machine), machine.engine.peek()
    asked: Question | None = None
    if _returned(debugged, mode):
        asked = _Trapped(place, place - 1)
    elif place and isinstance(word, int) and computed(machine.isa, before, word):
        call = call_at(machine.isa, pc - 1, machine.storage.read(place - 1)[0])
        asked = Arrives(machine.isa, place - 1, place, backwards=True) if call and call.back == pc else None
    if asked is None:
        return STEPPED
    found = _arrive(debugged, here, asked, stops, True)
    return found or _single(debugged, True)


def _returned(debugged: Debugged, mode: str) -> bool:
    """Whether the step to come goes back to a mode of less privilege."""
    modes = list(debugged.machine.isa.modes.values)
    here = mode_of(debugged.machine)
    return here in modes and mode in modes and modes.index(here) < modes.index(mode)


def _pc(machine: Machine) -> int:
    return machine.state.block[machine.pc_slot]
