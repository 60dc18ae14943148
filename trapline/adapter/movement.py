"""What moves the machine, forwards and backwards. A request is answered at once, and the end of the way is `stopped`.

A way forwards goes in windows, so that it can be paused where it has come to, and breakpoints may be set meanwhile. Who
pauses a way backwards finds the machine where it began.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic

from isa.errors import TraplineError
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message
from trapline.adapter.logs import filled
from trapline.adapter.marks import Mark
from trapline.adapter.progress import Busy, Interrupted
from trapline.adapter.session import Perform, Session
from trapline.debugging.company import travel
from trapline.debugging.debugged import Guest
from trapline.debugging.moves import STEPPED, out, over
from trapline.debugging.statements import Move, single, statement
from trapline.debugging.stops import Stop

WINDOW = 1 << 16  # steps, at first
SHORT, LONG = 0.1, 0.4  # seconds that a window takes, about
ENTRY, STEP, GOTO, PAUSE, BREAKPOINT = "entry", "step", "goto", "pause", "breakpoint"  # the protocol's reasons


@contextmanager
def busy(session: Session, title: str) -> Iterator[Busy]:
    """Inside, what arrives from the client is looked at between stretches."""
    history, found = session.debugger.history, session.begin(title)
    history.progress = found.look
    try:
        yield found
    finally:
        history.progress = None
        session.rest()


def move(session: Session, title: str, go: Callable[[Busy], None]) -> None:
    """Have something moved after the present answer; `go` tells how it stopped."""
    session.afterwards.append(partial(_moved, session, title, go))


def _moved(session: Session, title: str, go: Callable[[Busy], None]) -> None:
    try:
        with busy(session, title) as found:
            go(found)
    except Interrupted:
        paused(session)
    except TraplineError as error:
        session.link.output(f"{error.render()}\n", "stderr")
        session.stopped(PAUSE, error.message)


def paused(session: Session) -> None:
    session.stopped(PAUSE, f"paused at {session.at}")


# ---- until something stops it


def begin(session: Session) -> None:
    """The first move, from where the program begins."""
    if session.stop_on_entry:
        session.stopped(ENTRY, "before the first step")
    else:
        _moved(session, "running", partial(_begin, session))


def _begin(session: Session, found: Busy) -> None:
    """What is to stop at the very first step has not been passed yet: it is come to from behind."""
    history, clock = session.debugger.history, session.debugger.history.clock
    history.go(session.debugger.machine.steps + 1)
    stop = travel(session.debugger, partial(_heard, session), backwards=True)
    if stop is None or not _at(session, stop):
        history.back_to(clock)
        _onwards(session, found)


def run_free(session: Session) -> None:
    """To the end, without a stop; then that is all."""
    session.marks.clear()
    try:
        with busy(session, "running") as found:
            end = _to_the_end(session, found)
        session.ended(end)
    except (Interrupted, TraplineError) as error:
        session.link.output(f"{error}\n", "stderr")
    session.terminate()


def _onwards(session: Session, found: Busy) -> None:
    end = _to_the_end(session, found)
    if end:
        session.stopped(PAUSE, end)


def _to_the_end(session: Session, found: Busy) -> str:
    """How the run ended; nothing if something has stopped it before."""
    debugger, size = session.debugger, WINDOW
    while True:
        began, end = monotonic(), min(debugger.limit, debugger.machine.steps + size)
        stop = _window(session, end)
        if stop is not None and _at(session, stop):
            return ""
        if stop is None and (debugger.machine.steps < end or end == debugger.limit):
            left = next((guest for guest in debugger.guests if not guest.ended), None)
            if left is None:
                return _end(session)
            debugger.present = left
        session.flush()
        found.look(debugger.machine.steps)
        took = monotonic() - began
        size = 2 * size if took < SHORT else max(WINDOW, size // 2) if took > LONG else size


def _end(session: Session) -> str:
    """How the run has ended, and what can be done about it."""
    debugger = session.debugger
    how = "; ".join(list(debugger.do("run"))[: len(debugger.guests)])
    if debugger.machine.halted or debugger.machine.steps >= debugger.limit or not session.reads:
        return how
    return f"{how}: `type TEXT` in the console gives it something to read"


def _window(session: Session, end: int) -> Stop | None:
    """To the next stop, or to a step."""
    debugger, guest = session.debugger, session.debugger.present
    limit, guest.limit = guest.limit, end
    try:
        return travel(debugger, partial(_heard, session))
    finally:
        guest.limit = limit


def _back(session: Session, found: Busy) -> None:
    debugger = session.debugger
    stop = travel(debugger, partial(_stops, session), backwards=True)
    if stop is None:
        session.stopped(PAUSE, _beginning(session))
    else:
        _at(session, stop)


def _beginning(session: Session) -> str:
    return f"the history begins at step {session.debugger.history.first:,}"


def _stops(session: Session, guest: Guest) -> list[Stop]:
    """Those of a guest that the client has set, and those that were set by words in its console."""
    return [*(mark.stops[guest] for mark in session.marks if guest in mark.stops and not mark.log), *guest.stops]


def _heard(session: Session, guest: Guest) -> list[Stop]:
    """With them those that say something and stop nothing; only who goes on hears them."""
    logs = [mark.stops[guest] for mark in session.marks if guest in mark.stops and mark.log]
    return [*_stops(session, guest), *logs]


def _mark(session: Session, stop: Stop) -> Mark | None:
    return next((mark for mark in session.marks if stop in mark.stops.values()), None)


def _at(session: Session, stop: Stop) -> bool:
    """The machine has come to a stop. Whether it stays there."""
    mark = _mark(session, stop)
    if mark is None:
        session.stopped(BREAKPOINT, f"{stop.name}, {_before(session)}")
    elif mark.log:
        session.say(filled(session.debugger, mark.log))
        return False
    else:
        what = f"{mark.reason}, {mark.text}" if mark.text else mark.reason
        session.stopped(mark.reason, f"{what}, {_before(session)}", mark.text, [mark.id])
    return True


def _before(session: Session) -> str:
    return f"{session.debugger.named}before step {session.debugger.machine.steps:,}"


def go_on(session: Session, arguments: Arguments) -> Message:
    move(session, "running", partial(_onwards, session))
    return {"allThreadsContinued": True}


def reverse_continue(session: Session, arguments: Arguments) -> None:
    move(session, "going back", partial(_back, session))


def pause(session: Session, arguments: Arguments) -> None:
    """Nothing moves, or this would have been served meanwhile."""


# ---- steps


def _stepping(title: str, go: Callable[[Session, bool], Stop | None], backwards: bool = False) -> Perform:
    def perform(session: Session, arguments: Arguments) -> None:
        session.choose(arguments.number("threadId"))
        singly = arguments.text("granularity", "statement") == "instruction"
        move(session, title, partial(_stepped, session, partial(go, session, singly), backwards))

    return perform


def _stepped(session: Session, go: Callable[[], Stop | None], backwards: bool, found: Busy) -> None:
    """Where a step has come to. One that finds no end goes to the end of the run, as a call does that never returns."""
    stop = go()
    if stop is STEPPED:
        session.stopped(STEP, session.at)
    elif stop is not None:
        _at(session, stop)
    elif backwards:
        session.stopped(STEP, _beginning(session))
    else:
        _onwards(session, found)


def _by(one: Move, backwards: bool = False) -> Callable[[Session, bool], Stop | None]:
    """Steps that are made of such ones."""

    def go(session: Session, singly: bool) -> Stop | None:
        stops = _stops(session, session.debugger.present)
        if singly:
            return one(session.debugger, backwards, stops)
        return statement(session.debugger, one, backwards, stops)

    return go


def _out(session: Session, singly: bool) -> Stop | None:
    return out(session.debugger, False, _stops(session, session.debugger.present))


def _back_over(session: Session, singly: bool) -> Stop | None:
    """Of instructions it is one; of statements one goes over calls, as everybody expects who has no other button."""
    return _by(single if singly else over, backwards=True)(session, singly)


REQUESTS: dict[str, Perform] = {
    "continue": go_on,
    "reverseContinue": reverse_continue,
    "pause": pause,
    "next": _stepping("stepping over", _by(over)),
    "stepIn": _stepping("stepping in", _by(single)),
    "stepOut": _stepping("stepping out", _out),
    "stepBack": _stepping("stepping back", _back_over, backwards=True),
}
