"""Beginning and end: `initialize`, `launch`, `attach`, `configurationDone`, `restart`, `terminate`, `disconnect`."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial

from isa.errors import UsageError
from isa.machines.catalogue import find as find_machine
from trapline.adapter.arguments import Arguments
from trapline.adapter.breakpoints import exception_filters
from trapline.adapter.framing import Message
from trapline.adapter.movement import begin, run_free
from trapline.adapter.session import NOTHING, Perform, Session, Target
from trapline.options import DEFAULT_MACHINE

ABLE = (
    *("supportsConfigurationDoneRequest", "supportsFunctionBreakpoints", "supportsConditionalBreakpoints"),
    *("supportsHitConditionalBreakpoints", "supportsEvaluateForHovers", "supportsStepBack", "supportsSetVariable"),
    *("supportsGotoTargetsRequest", "supportsCompletionsRequest", "supportsRestartRequest", "supportsLogPoints"),
    *("supportsExceptionInfoRequest", "supportsDelayedStackTraceLoading", "supportsLoadedSourcesRequest"),
    *("supportsSetExpression", "supportsTerminateRequest", "supportsDataBreakpoints", "supportsReadMemoryRequest"),
    *("supportsWriteMemoryRequest", "supportsDisassembleRequest", "supportsCancelRequest"),
    *("supportsBreakpointLocationsRequest", "supportsClipboardContext", "supportsSteppingGranularity"),
    *("supportsInstructionBreakpoints", "supportsExceptionFilterOptions"),
)
OPTIONS = {  # as a client writes them, and as the command line does
    "isa": "isa",
    "define": "define",
    "storage": "storage",
    "steps": "steps",
    "quantum": "quantum",
    "disk": "disk",
    "readOnly": "read_only",
    "queue": "queue",
    "input": "input",
    "seed": "seed",
    "monitor": "monitor",
    "engine": "engine",
}
OWN = ("program", "programs", "saved", "stopOnEntry", "noDebug")  # what only a client says


def initialize(session: Session, arguments: Arguments) -> Message:
    session.client = {key for key, value in arguments.values.items() if value is True}
    session.first_line = int(arguments.values.get("linesStartAt1", True) is not False)
    session.first_column = int(arguments.values.get("columnsStartAt1", True) is not False)
    return capabilities(find_machine(DEFAULT_MACHINE).cause.members)


def capabilities(causes: "dict[str, int]") -> Message:
    """What we can do, with an exception filter for each of these causes."""
    filters = list(exception_filters(causes))
    return {
        **dict.fromkeys(ABLE, True),
        "exceptionBreakpointFilters": filters,
        "completionTriggerCharacters": [".", "["],
    }


def launch(session: Session, arguments: Arguments) -> None:
    if not arguments.has("programs"):
        arguments.text("program")
    _open(session, arguments)


def attach(session: Session, arguments: Arguments) -> None:
    """To a machine that was saved."""
    arguments.text("saved")
    _open(session, arguments)


def _target(arguments: Arguments) -> Target:
    options, free = _options(arguments), arguments.flag("noDebug")
    if arguments.has("saved"):
        return Target(None, options | {"resume": arguments.text("saved")}, free)
    if arguments.has("programs"):
        first, *beside = arguments.texts("programs") or [""]
        return Target(first, options, free, tuple(beside))
    return Target(arguments.text("program"), options, free)


def _options(arguments: Arguments) -> dict[str, object]:
    return dict(_each_option(arguments))


def _each_option(arguments: Arguments) -> Iterator[tuple[str, object]]:
    for key, value in arguments.values.items():
        if key not in OPTIONS or value is None:
            continue
        values = [f"{k}={v}" for k, v in value.items()] if key == "define" and isinstance(value, dict) else value
        parts = values if isinstance(values, list) else [values]
        if not all(isinstance(part, str | int) for part in parts):
            raise UsageError(f"`{key}` of `{arguments.where}` is not a text, a number, or a list of these")
        yield OPTIONS[key], values


def _open(session: Session, arguments: Arguments) -> None:
    session.stop_on_entry = arguments.flag("stopOnEntry")
    session.open(_target(arguments))
    for key in arguments.values:
        near = get_close_matches(key, [*OPTIONS, *OWN], 1, 0.75)
        if near and near[0] != key:
            session.say(f"`{arguments.where}` has no `{key:.40}`: did you mean `{near[0]}`?")
    session.afterwards.append(partial(_ready, session))


def _ready(session: Session) -> None:
    debugger, target = session.debugger, session.target
    assert target is not None
    name = " ".join([target.guest or str(target.options["resume"]), *target.beside])
    method = "launch" if target.guest else "attach"
    session.link.event("process", {"name": name, "startMethod": method, "isLocalProcess": True})
    able = capabilities(debugger.machine.isa.cause.members)
    session.link.event("capabilities", {"capabilities": able})
    _settle(session)
    session.link.event("initialized")


def _settle(session: Session) -> None:
    for body in session.marks.settle(session.debugger):
        session.link.event("breakpoint", body)


def configuration_done(session: Session, arguments: Arguments) -> None:
    if not session.opened:
        raise NOTHING
    _begin(session)


def _begin(session: Session) -> None:
    free = session.target is not None and session.target.free
    session.afterwards.append(partial(run_free if free else begin, session))


def restart(session: Session, arguments: Arguments) -> None:
    """From the beginning, with the program as it is now."""
    if session.target is None:
        raise NOTHING
    latest = arguments.inside("arguments") if arguments.has("arguments") else None
    session.open(_target(latest) if latest and any(map(latest.has, OWN[:3])) else session.target)
    _settle(session)
    _begin(session)


def terminate(session: Session, arguments: Arguments) -> None:
    session.afterwards.append(session.terminate)


def disconnect(session: Session, arguments: Arguments) -> None:
    session.close()
    session.over = True


REQUESTS: dict[str, Perform] = {
    "initialize": initialize,
    "launch": launch,
    "attach": attach,
    "configurationDone": configuration_done,
    "restart": restart,
    "terminate": terminate,
    "disconnect": disconnect,
}
