"""Words that move: what is found, or that there is no such step, and where the machine stands then."""

from collections.abc import Callable, Iterator

from isa.machine import Reason
from monitor.history.looks import Holds
from monitor.history.passes import Question
from monitor.history.questions import first_of, last, seek, step
from trapline.debugging import moves
from trapline.debugging.breakpoints import Stop
from trapline.debugging.company import to_the_end, travel
from trapline.debugging.debugged import Debugged
from trapline.debugging.looking import where
from trapline.debugging.meeting import Meets, Memory

Move = Callable[[Debugged, bool], Stop | None]


def steps(debugged: Debugged, rest: str, backwards: bool) -> Iterator[str]:
    count = debugged.number(rest) if rest else 1
    if step(debugged.history, backwards, count) is None:
        yield f"not as many steps: {_no_more(debugged, backwards)}"
    else:
        yield from where(debugged)


def sought(debugged: Debugged, question: Question, backwards: bool) -> Iterator[str]:
    most = max(0, debugged.limit - debugged.machine.steps)
    if seek(debugged.history, question, backwards, *(() if backwards else (most,))) is None:
        yield f"there is no such step: {_no_more(debugged, backwards)}"
    else:
        yield from where(debugged)


def moved(move: Move) -> Callable[[Debugged, str, bool], Iterator[str]]:
    """A way to go on as a word."""

    def word(debugged: Debugged, rest: str, backwards: bool) -> Iterator[str]:
        found = move(debugged, backwards)
        if found is None:
            yield f"there is no such step: {_no_more(debugged, backwards)}"
        else:
            yield from _stopped(debugged, found)
            yield from where(debugged)

    return word


over = moved(lambda debugged, backwards: moves.over(debugged, backwards, debugged.stops))
out = moved(lambda debugged, backwards: moves.out(debugged, backwards, debugged.stops))
line = moved(lambda debugged, backwards: moves.line(debugged, backwards, debugged.stops))


def resume(debugged: Debugged, rest: str, backwards: bool) -> Iterator[str]:
    """To the next stop of any guest, or the end of all."""
    found = travel(debugged, backwards=backwards)
    while found is None and not backwards and (left := next((g for g in debugged.guests if not g.ended), None)):
        debugged.present = left
        found = travel(debugged)
    if found is not None:
        yield from _stopped(debugged, found)
    elif backwards:
        yield _no_more(debugged, True)
    else:
        yield from _ended(debugged)
    yield from where(debugged)


def _stopped(debugged: Debugged, found: Stop) -> Iterator[str]:
    if found in debugged.stops:
        yield f"{debugged.named}stopped by {debugged.stops.index(found) + 1}: {found.name}"


def _no_more(debugged: Debugged, backwards: bool) -> str:
    history = debugged.history
    if backwards:
        return f"the history begins at step {history.first:,}"
    return f"the run ends at step {history.newest:,}, or before step {debugged.limit:,}"


def go(debugged: Debugged, rest: str) -> Iterator[str]:
    debugged.history.go(min(debugged.number(rest), debugged.limit))
    yield from where(debugged)


def run(debugged: Debugged, rest: str) -> Iterator[str]:
    yield from _ended(debugged)
    yield from where(debugged)


def _ended(debugged: Debugged) -> Iterator[str]:
    """Go to the end, and how it ends there."""
    for guest, end in to_the_end(debugged):
        name = f"{guest.name}: " if len(debugged.guests) > 1 else ""
        yield name + {
            Reason.HALT: "halted",
            Reason.IDLE: "waits for ever",
            Reason.BUDGET: f"not finished after {guest.limit:,} steps",
        }.get(end.reason, f"{end.reason.value}: {end.detail}")


def wrote(debugged: Debugged, rest: str) -> Iterator[str]:
    """To the last step before that wrote a place."""
    if rest.startswith("[") and rest.endswith("]"):
        what: str | int = debugged.number(rest[1:-1])
    else:
        what = str(debugged.place(rest))
    found = last(debugged.history, what)
    if found is None:
        yield f"nothing has changed {rest} since step {debugged.history.first:,}"
    else:
        debugged.history.go(found)
        yield from where(debugged)


def earliest(debugged: Debugged, rest: str) -> Iterator[str]:
    """To the first step of all before which a condition holds."""
    history, asked = debugged.history, until(debugged, rest)
    with history.staying():
        found = first_of(history, asked)
    if found is None:
        yield f"that held at no step up to {history.newest:,}"
    else:
        history.go(found)
        yield from where(debugged)


def until(debugged: Debugged, rest: str) -> Question:
    """Steps before which a condition holds."""
    condition = debugged.condition(rest)
    return Meets(condition, Memory(debugged.history)) if condition.needs else Holds(condition)
