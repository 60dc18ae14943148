"""Expressions and changes: `evaluate`, `setVariable`, `setExpression`, `completions`.

In the debug console all words of the debugger may be said; what is none of them is an expression, as everywhere else.
"""

from functools import partial

from isa.errors import UsageError
from trapline.adapter.arguments import Arguments
from trapline.adapter.framing import Message
from trapline.adapter.movement import GOTO, busy, paused
from trapline.adapter.progress import Interrupted
from trapline.adapter.session import Perform, Session
from trapline.adapter.stack import standing_at, standpoint, values_of, why_fixed
from trapline.debugging.places import places_of
from trapline.debugging.words import WORDS

MOST_SHOWN = 200  # completions


def evaluate(session: Session, arguments: Arguments) -> Message:
    text = arguments.text("expression").strip()
    if arguments.text("context", "") == "repl" and _is_word(text):
        return _done(session, text)
    where = standpoint(session, arguments)
    with standing_at(session, where):
        value = session.debugger.number(text)
    pointing = {"memoryReference": f"{value:#x}"} if value >= 0 else {}
    return {"result": f"{value:#x} ({value})", "variablesReference": 0, **pointing}


def _is_word(text: str) -> bool:
    name = text.partition(" ")[0]
    return name == "back" or name in WORDS


def _done(session: Session, line: str) -> Message:
    """What a line of words says. If the machine has moved, that is a stop."""
    debugger = session.debugger
    before = debugger.present, debugger.machine.steps
    try:
        with busy(session, line):
            shown = list(debugger.do(line))
    except Interrupted:
        if (debugger.present, debugger.machine.steps) != before:
            session.afterwards.append(partial(paused, session))
        raise
    if debugger.over:
        debugger.over = False
        session.afterwards.append(session.terminate)
    elif (debugger.present, debugger.machine.steps) != before:
        session.afterwards.append(lambda: session.stopped(GOTO, session.at))
    else:
        session.afterwards.append(session.changed)
    return {"result": "\n".join(shown), "variablesReference": 0}


# ---- changes


def set_variable(session: Session, arguments: Arguments) -> Message:
    among, name = values_of(session, arguments), arguments.text("name")
    value = next((value for value in among.scope.values if value.name == name), None)
    if value is None:
        raise UsageError(f"there is no `{name:.40}` in {among.scope.name}")
    if why := why_fixed(session, among, value):
        raise UsageError(why)
    with session.seen_from(among.standpoint.thread):
        return _set(session, name, arguments.text("value"))


def set_expression(session: Session, arguments: Arguments) -> Message:
    where = standpoint(session, arguments)
    with session.seen_from(where.thread):
        if where.step != session.debugger.machine.steps:
            raise UsageError("this frame is in the past", "go there first, with `go STEP`")
        return _set(session, arguments.text("expression").strip(), arguments.text("value"))


def put(session: Session, where: str, what: str) -> None:
    """As the word `set` does. In the past that begins a branch, and the client is told."""
    for line in session.debugger.do(f"set {where} = {what}"):
        session.say(line)


def _set(session: Session, where: str, what: str) -> Message:
    put(session, where, what)
    session.afterwards.append(session.changed)
    value = session.debugger.number(where)
    return {"value": f"{value:#x}", "variablesReference": 0}


def completions(session: Session, arguments: Arguments) -> Message:
    """What may be said next: at the beginning a word, and everywhere a name."""
    column = arguments.number("column") - session.first_column
    before = arguments.text("text")[: max(0, column)]
    start = max((before.rfind(c) + 1 for c in " [(+-*/&|=<>!"), default=0)
    begun, debugger = before[start:], session.debugger
    names = [*places_of(debugger.machine.isa), *debugger.symbols]
    found = [
        (name, "keyword") for name in ("back", *WORDS) if not before[:start].strip(" ") or before[:start] == "back "
    ]
    found += [(name, "variable") for name in names]
    chosen = [(name, kind) for name, kind in found if name.startswith(begun)][:MOST_SHOWN]
    shown = [{"label": n, "type": k, "start": start + session.first_column, "length": len(begun)} for n, k in chosen]
    return {"targets": shown}


REQUESTS: dict[str, Perform] = {
    "evaluate": evaluate,
    "setVariable": set_variable,
    "setExpression": set_expression,
    "completions": completions,
}
