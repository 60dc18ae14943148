"""A client's requests, one after the other, each to what answers it; and those that arrive while a long way is gone."""

from contextlib import ExitStack

from isa.errors import TraplineError, UsageError
from trapline.adapter import breakpoints, lifecycle, movement, sources, stack, storage, travelling, values
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Garbage, Request
from trapline.adapter.link import Gone, Incoming, Link
from trapline.adapter.progress import Busy, Interrupted
from trapline.adapter.session import Perform, Session


def cancel(session: Session, arguments: Arguments) -> None:
    """What can be cancelled is under way, and was looked at then; anything else is done already."""


MODULES = (lifecycle, movement, travelling, breakpoints, stack, values, storage, sources)
REQUESTS: dict[str, Perform] = {"cancel": cancel} | {k: v for m in MODULES for k, v in m.REQUESTS.items()}
MEANWHILE = {"threads", "source", "loadedSources", "breakpointLocations", "completions"} | {
    name for name in breakpoints.REQUESTS if name.startswith("set")
}  # what can be answered while the machine moves
ENDS = {"disconnect", "terminate", "restart"}  # what breaks off whatever is being done


def converse(link: Link) -> int:
    """Answer a client until it goes. The exit code is 0, or of what has made an end of it."""
    session = Session(link, _meanwhile)
    with ExitStack() as stack:
        stack.callback(session.close)
        while not session.over:
            match link.next():
                case Gone(code, why):
                    return _left(session, code, why)
                case Garbage() as garbage:
                    _complain(link, garbage)
                case Request() as request:
                    _answer(session, request)
    return 0


def _left(session: Session, code: int, why: str) -> int:
    """The client has gone, or must: if it still listens, it is told."""
    session.link.left = why or ("the client has gone without a word" if session.opened else "")
    if why:
        session.link.output(f"trapline dap: {why}\n", "stderr")
    if session.opened:
        session.link.event("terminated")
    return code


def _complain(link: Link, garbage: Garbage) -> None:
    link.output(f"trapline dap: {garbage.message}\n", "stderr")


def _answer(session: Session, request: Request) -> None:
    session.request = request
    try:
        body = _performed(session, request)
    except Interrupted:
        session.link.cancelled(request)
    except (TraplineError, OSError) as error:
        session.afterwards.clear()
        session.link.refuse(request, error if isinstance(error, TraplineError) else TraplineError(str(error)))
    else:
        session.link.answer(request, body or {})
    session.request = None
    while session.afterwards:
        session.afterwards.pop(0)()


def _performed(session: Session, request: Request) -> dict[str, object] | None:
    perform = REQUESTS.get(request.command)
    if perform is None:
        raise UsageError(f"there is no request `{request.command:.40}` here")
    return perform(session, Arguments(request.command, request.arguments))


# ---- while something is being done


def _meanwhile(session: Session, busy: Busy) -> None:
    """Serve what has arrived, as far as a machine that moves allows it; the rest waits in order."""
    link = session.link
    for item in link.news():
        match item:
            case Request(_, "cancel"):
                _cancel(session, busy, item)
            case Request(_, "pause"):
                link.answer(item, {})
                busy.broken_off = True
            case Request(_, command) if command in MEANWHILE:
                _aside(session, item)
            case Garbage():
                _complain(link, item)
            case _:
                link.waiting.append(item)
                busy.broken_off = busy.broken_off or _ends(item)


def _ends(item: Incoming) -> bool:
    return isinstance(item, Gone) or (isinstance(item, Request) and item.command in ENDS)


def _aside(session: Session, request: Request) -> None:
    """Answer one request in the middle of another."""
    outer, session.request = session.request, request
    try:
        session.link.answer(request, _performed(session, request) or {})
    except TraplineError as error:
        session.link.refuse(request, error)
    session.request = outer


def _cancel(session: Session, busy: Busy, request: Request) -> None:
    """Break off what is under way, or leave out what waits."""
    link, number, way = session.link, request.arguments.get("requestId"), request.arguments.get("progressId")
    if way == busy.id or (busy.request is not None and number == busy.request.seq):
        busy.broken_off = True
    left = [item for item in link.waiting if isinstance(item, Request) and item.seq == number]
    for item in left:
        link.waiting.remove(item)
        assert isinstance(item, Request)
        link.cancelled(item)
    link.answer(request, {})
