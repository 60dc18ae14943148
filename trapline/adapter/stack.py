"""Where everything stands: `threads`, `stackTrace`, `scopes`, `variables`, `exceptionInfo`.

The guests' own machines are the first threads, and each machine below another, down to the real one. The stack of a
guest is its chain of traps; a frame that has been left is shown as it was when it trapped, which the history knows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from isa.errors import UsageError
from isa.machine import Machine
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message
from trapline.adapter.session import Perform, Session
from trapline.adapter.sources import located
from trapline.debugging.code import code
from trapline.debugging.debugged import Debugged
from trapline.debugging.frames import Frame, frames
from trapline.debugging.scopes import Scope, Value, scopes


class Standpoint(NamedTuple):
    """What a frame's number means: a machine, and the step at which it is looked at, of the guest's own or of the one
    that is present."""

    thread: int
    step: int


class Values(NamedTuple):
    """What a scope's number means. `settable` is how its values may be named to be changed."""

    scope: Scope
    standpoint: Standpoint
    prefix: str | None  # of the name to ask for a value by; None if there is none


def threads(session: Session, arguments: Arguments) -> Message:
    return {"threads": [{"id": n, "name": _title(session, n)} for n, _ in enumerate(session.machines, 1)]}


def _title(session: Session, thread: int) -> str:
    machine, depth = session.machine(thread), len(session.machines)
    guest = session.guest(thread)
    below = "real machine" if thread == depth else f"machine of monitor {depth - thread}"
    what = (guest.name or "guest") if guest else below
    return f"{what} ({machine.isa.name})"


def stack_trace(session: Session, arguments: Arguments) -> Message:
    thread = arguments.number("threadId")
    guest = session.guest(thread)
    found = frames(Debugged(guest)) if guest else [_standing(session, thread)]
    first, most = max(0, arguments.number("startFrame", 0)), arguments.number("levels", 0)
    chosen = found[first : first + most] if most > 0 else found[first:]
    return {"stackFrames": [_frame(session, thread, one) for one in chosen], "totalFrames": len(found)}


def _standing(session: Session, thread: int) -> Frame:
    """Where a machine under the guest's own stands."""
    machine = session.machine(thread)
    pc = machine.state[machine.isa.pc]
    assert isinstance(pc, int)
    (row,) = code(machine, None, pc, 1)
    return Frame(row.text or "nothing to fetch", session.debugger.machine.steps, pc, row.place, None, "", "", "")


def _frame(session: Session, thread: int, frame: Frame) -> Message:
    left = f", trapped: {frame.trapped}" if frame.trapped else ""
    decided = f": {frame.decision}" if frame.decision else ""
    prefix = "" if thread == 1 else f"{thread}:"
    return {
        "id": session.handle(Standpoint(thread, frame.step)),
        "name": f"{frame.title}{decided}{left}",
        **located(session, frame.line),
        "instructionPointerReference": f"{prefix}{frame.pc:#x}",
        "presentationHint": "normal",
    }


@contextmanager
def standing_at(session: Session, where: Standpoint) -> Iterator[None]:
    """Inside, the machine is at that step, and its guest is looked at."""
    with session.seen_from(where.thread), session.debugger.history.staying():
        if where.step != session.debugger.machine.steps:
            session.debugger.history.go(where.step)
        yield


def standpoint(session: Session, arguments: Arguments) -> Standpoint:
    """The one that `frameId` points to; where the guest stands, if it is not there."""
    if not arguments.has("frameId"):
        return Standpoint(session.thread, session.debugger.machine.steps)
    found = session.find(arguments.number("frameId"))
    if not isinstance(found, Standpoint):
        raise UsageError("`frameId` is not that of a frame")
    return found


def all_scopes(session: Session, arguments: Arguments) -> Message:
    """Those of the frame's own machine, and for a guest under monitors those of the real one beside them."""
    where = standpoint(session, arguments)
    with standing_at(session, where):
        shown = list(_sides(session, where))
    return {"scopes": [_scope(session, *one) for one in shown]}


def _sides(session: Session, where: Standpoint) -> Iterator[tuple[str, Values]]:
    depth = len(session.machines)
    own, real = session.machine(where.thread), session.machine(depth)
    guest = session.guest(where.thread)
    prefix = "" if guest else "real." if where.thread == depth else None
    for scope in scopes(own):
        yield scope.name, Values(scope, where, prefix)
    if guest and real is not own:
        for scope in scopes(real):
            yield f"real {scope.name}", Values(scope, Standpoint(depth, where.step), "real.")


def _scope(session: Session, name: str, values: Values) -> Message:
    hint = {"presentationHint": "registers"} if name == "registers" else {}
    return {
        "name": name,
        "variablesReference": session.handle(values),
        "namedVariables": len(values.scope.values),
        "expensive": False,
        **hint,
    }


def variables(session: Session, arguments: Arguments) -> Message:
    found = values_of(session, arguments)
    first, most = max(0, arguments.number("start", 0)), arguments.number("count", 0)
    kind = arguments.text("filter", "named")
    values = found.scope.values if kind == "named" else ()
    chosen = values[first : first + most] if most > 0 else values[first:]
    return {"variables": [_variable(session, found, value) for value in chosen]}


def values_of(session: Session, arguments: Arguments) -> Values:
    found = session.find(arguments.number("variablesReference"))
    if not isinstance(found, Values):
        raise UsageError("`variablesReference` is not that of a scope")
    return found


def _variable(session: Session, among: Values, value: Value) -> Message:
    shown: Message = {"name": value.name, "value": value.text, "variablesReference": 0, "type": f"{value.width} bits"}
    if value.place is not None and among.prefix is not None:
        shown["evaluateName"] = f"{among.prefix}{value.name}"
        if value.width == session.debugger.machine.isa.word:
            prefix = "" if among.standpoint.thread == 1 else f"{among.standpoint.thread}:"
            shown["memoryReference"] = f"{prefix}{value.value:#x}"
    if why_fixed(session, among, value):
        shown["presentationHint"] = {"attributes": ["readOnly"]}
    return shown


def why_fixed(session: Session, among: Values, value: Value) -> str:
    """Why a value cannot be changed where it stands; empty if it can."""
    if value.place is None:
        return f"`{value.name}` is only shown"
    guest = session.guest(among.standpoint.thread)
    if guest is None:
        return "the machines under a monitor are its own: change the guest's"
    if among.standpoint.step != guest.machine.steps:
        return f"this frame is in the past: go there first, with `go {among.standpoint.step}`"
    return ""


def exception_info(session: Session, arguments: Arguments) -> Message:
    if not session.text:
        raise UsageError("the machine has not stopped at a trap or an exit")
    return {"exceptionId": session.text, "description": session.text, "breakMode": "always"}


def machine_named(session: Session, prefix: str) -> Machine:
    """The machine before the colon of a reference; the guest's own if there is none."""
    return session.machine(int(prefix) if prefix else 1)


REQUESTS: dict[str, Perform] = {
    "threads": threads,
    "stackTrace": stack_trace,
    "scopes": all_scopes,
    "variables": variables,
    "exceptionInfo": exception_info,
}
