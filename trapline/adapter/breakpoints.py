"""What the machine is to stop at: requests that set breakpoints of every kind. docs/debug-adapter.md says what each is.

A breakpoint of any kind holds in both directions, and the machine stops before the step that it is about.
"""

from collections.abc import Iterable, Iterator

from isa.errors import TraplineError, UsageError
from monitor.history.questions import Question
from monitor.statistics import Decision
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message
from trapline.adapter.marks import Make, Mark
from trapline.adapter.session import Perform, Session
from trapline.adapter.sources import file_of, source
from trapline.adapter.stack import standpoint, values_of
from trapline.adapter.storage import reference
from trapline.debugging.asking import at_line, at_pc, at_place, on_change, on_exit, on_trap, on_write
from trapline.debugging.breaking import at
from trapline.debugging.words import Debugger

TRAP, EXIT = "trap", "exit"


def exception_filters(causes: Iterable[str]) -> Iterator[Message]:
    """One for every cause of a trap, and one for every decision of a monitor."""
    kind = {"supportsCondition": True, "conditionDescription": "an expression such as psw.mode == user"}
    yield {"filter": TRAP, "label": "every trap", **kind}
    yield from ({"filter": f"{TRAP} {cause}", "label": f"trap: {cause}", **kind} for cause in causes)
    yield from ({"filter": f"{EXIT} {d.value}", "label": f"exit: {d.value}", **kind} for d in Decision)


def _mark(session: Session, reason: str, make: Make, asked: Arguments, text: str = "") -> Mark:
    condition, hits, log = (asked.text(key, "") for key in ("condition", "hitCondition", "logMessage"))
    return Mark(session.marks.number(), reason, make, condition, hits, log, text)


def _put(session: Session, group: str, marks: Iterable[Mark]) -> Message:
    return session.marks.put(group, list(marks), session.debugger if session.opened else None)


# ---- in a source


def set_breakpoints(session: Session, arguments: Arguments) -> Message:
    asked = arguments.inside("source")
    group = f"source {asked.number('sourceReference', 0)} {asked.text('path', '') or asked.text('name', '')}"
    found = list(arguments.each("breakpoints"))
    marks = [_mark(session, "breakpoint", _at_line(session, asked, b.number("line")), b) for b in found]
    return _put(session, group, marks)


def _at_line(session: Session, asked: Arguments, line: int) -> Make:
    """The next line from which words come, if none come from this one."""

    def make(debugger: Debugger) -> tuple[Question, Message]:
        file = file_of(session, asked)
        found = at_line(debugger, file, line + 1 - session.first_line)
        return found.question, {"line": found.line - 1 + session.first_line, "source": source(session, file)}

    return make


def set_function_breakpoints(session: Session, arguments: Arguments) -> Message:
    """At labels."""
    found = list(arguments.each("breakpoints"))
    marks = [_mark(session, "function breakpoint", _at_label(b.text("name")), b) for b in found]
    return _put(session, "functions", marks)


def _at_label(name: str) -> Make:
    def make(debugger: Debugger) -> tuple[Question, Message]:
        return at(debugger, name), {}

    return make


def set_instruction_breakpoints(session: Session, arguments: Arguments) -> Message:
    marks = [
        _mark(session, "instruction breakpoint", _at_reference(session, b), b) for b in arguments.each("breakpoints")
    ]
    return _put(session, "instructions", marks)


def _at_reference(session: Session, asked: Arguments) -> Make:
    """An offset counts as addresses do."""
    text, offset = asked.text("instructionReference"), asked.number("offset", 0)

    def make(debugger: Debugger) -> tuple[Question, Message]:
        where = reference(session, text)
        if session.guest(where.thread) is None:
            raise UsageError("the machines under a monitor run only with the guest's", "stop the guest's")
        if session.guest(where.thread) is not debugger.present:
            raise UsageError(f"`{text}` is of another guest")
        place = where.address + offset
        return at_place(debugger, place) if where.placed else at_pc(debugger, place), {"instructionReference": text}

    return make


# ---- of data


def data_breakpoint_info(session: Session, arguments: Arguments) -> Message:
    """A register, a field, or a word of storage: `[e]`, or what a label names."""
    thread = _thread(session, arguments)
    try:
        with session.seen_from(thread):
            data = _data(session, arguments)
    except TraplineError as error:
        return {"dataId": None, "description": error.message}
    what = f"word {data[1:-1]} of storage is written" if data.startswith("[") else f"{data} changes"
    whose = f"{thread}:" if thread > 1 else ""
    return {"dataId": f"{whose}{data}", "description": what, "accessTypes": ["write"], "canPersist": True}


def _thread(session: Session, arguments: Arguments) -> int:
    if arguments.has("variablesReference") and arguments.number("variablesReference"):
        return values_of(session, arguments).standpoint.thread
    return standpoint(session, arguments).thread


def _data(session: Session, arguments: Arguments) -> str:
    name, debugger = arguments.text("name").strip(), session.debugger
    if arguments.has("variablesReference") and arguments.number("variablesReference"):
        if session.guest(values_of(session, arguments).standpoint.thread) is None:
            raise UsageError("the machines under a monitor are its own", "watch the guest's")
    elif name.startswith("[") and name.endswith("]"):
        return f"[{debugger.number(name[1:-1]):#x}]"
    elif name in debugger.symbols:
        return f"[{debugger.symbols[name]:#x}]"
    on_change(debugger, name)
    return name


def set_data_breakpoints(session: Session, arguments: Arguments) -> Message:
    marks = []
    for asked in arguments.each("breakpoints"):
        if asked.text("accessType", "write") != "write":
            raise UsageError("only what is written can be watched", "choose the access type `write`")
        marks.append(_mark(session, "data breakpoint", _on_data(session, asked.text("dataId")), asked))
    return _put(session, "data", marks)


def _on_data(session: Session, text: str) -> Make:
    thread, _, data = text.rpartition(":")

    def make(debugger: Debugger) -> tuple[Question, Message]:
        if session.guest(int(thread) if thread.isdecimal() else 1) is not debugger.present:
            raise UsageError(f"`{text:.60}` is of another guest")
        if data.startswith("[") and data.endswith("]"):
            return on_write(debugger, debugger.number(data[1:-1])), {}
        return on_change(debugger, data), {}

    return make


# ---- of traps and exits


def set_exception_breakpoints(session: Session, arguments: Arguments) -> Message:
    plain = (Arguments("filters", {"filterId": name}) for name in arguments.texts("filters"))
    marks = [
        _mark(session, "exception", _on_filter(asked.text("filterId")), asked, _named(asked.text("filterId")))
        for asked in [*plain, *arguments.each("filterOptions")]
    ]
    return _put(session, "exceptions", marks)


def _named(filter: str) -> str:
    return filter if filter == TRAP else filter.partition(" ")[2]


def _on_filter(filter: str) -> Make:
    kind, _, what = filter.partition(" ")

    def make(debugger: Debugger) -> tuple[Question, Message]:
        if kind == TRAP:
            return on_trap(debugger, what), {}
        if kind == EXIT:
            return on_exit(debugger, what), {}
        raise UsageError(f"there is no filter `{filter:.40}`", "`trap CAUSE` or `exit DECISION`")

    return make


REQUESTS: dict[str, Perform] = {
    "setBreakpoints": set_breakpoints,
    "setFunctionBreakpoints": set_function_breakpoints,
    "setInstructionBreakpoints": set_instruction_breakpoints,
    "dataBreakpointInfo": data_breakpoint_info,
    "setDataBreakpoints": set_data_breakpoints,
    "setExceptionBreakpoints": set_exception_breakpoints,
}
