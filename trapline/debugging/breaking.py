"""Words for stops: `break loop if r1 > 7`, `watch [counter]`, `breaks`, `delete 1`. `continue` goes to them."""

from collections.abc import Callable, Iterator

from isa.errors import UsageError
from monitor.history.passes import Question
from trapline.debugging.asking import (
    at_line,
    at_pc,
    at_place,
    on_change,
    on_device,
    on_exit,
    on_mode,
    on_trap,
    on_write,
)
from trapline.debugging.breakpoints import HitCount, Stop
from trapline.debugging.debugged import Debugged
from trapline.running.point import Point

Asks = Callable[[Debugged, str], Question]
MOST = 256  # stops


def add(debugged: Debugged, rest: str) -> Iterator[str]:
    """Set a stop where something happens."""
    yield from _added(debugged, rest, asked)


def watch(debugged: Debugged, rest: str) -> Iterator[str]:
    """Set a stop where a place is written, or changed."""
    yield from _added(debugged, rest, written)


def delete(debugged: Debugged, rest: str) -> Iterator[str]:
    number = debugged.number(rest) if rest else 0
    if not 1 <= number <= len(debugged.stops):
        raise UsageError(f"there is no stop {rest:.40}" if rest else "which one?", "`breaks` lists them")
    del debugged.stops[number - 1]
    yield from listed(debugged, "")


def listed(debugged: Debugged, rest: str) -> Iterator[str]:
    for number, stop in enumerate(debugged.stops, 1):
        condition = f" if {stop.condition.text}" if stop.condition else ""
        yield f"{number}: {stop.name}{condition}" + (f" hits {stop.hits}" if stop.hits else "")


def asked(debugged: Debugged, text: str) -> Question:
    """What `break` and `at` take: a place, or another word with a question."""
    name, _, rest = text.partition(" ")
    if name == "trap":
        return on_trap(debugged, rest.strip())
    if name == "exit":
        return exits(debugged, rest.strip())
    if name == "device":
        return on_device(debugged, rest.strip())
    return on_mode(debugged) if text == "mode" else at(debugged, text)


def exits(debugged: Debugged, text: str) -> Question:
    """DECISION, and perhaps a cause."""
    decision, _, cause = text.partition(" ")
    return on_exit(debugged, decision, cause.strip())


def at(debugged: Debugged, text: str) -> Question:
    """A label, FILE:LINE (places in storage), or a number (a pc)."""
    file, _, line = text.rpartition(":")
    if debugged.image and file and line.isdecimal():
        return at_line(debugged, file, int(line[:9])).question
    point = Point.find(text, debugged.image)
    if point.pc is not None:
        return at_pc(debugged, point.pc)
    assert point.place is not None
    return at_place(debugged, point.place)


def written(debugged: Debugged, text: str) -> Question:
    """`[e]`, a register or a field."""
    if text.startswith("[") and text.endswith("]"):
        return on_write(debugged, debugged.number(text[1:-1]))
    return on_change(debugged, text)


def _added(debugged: Debugged, rest: str, question: Asks) -> Iterator[str]:
    if len(debugged.stops) >= MOST:
        raise UsageError(f"there are {MOST} stops already", "`delete` some")
    text, _, hits = rest.partition(" hits ")
    text, _, condition = text.partition(" if ")
    if not text.strip():
        raise UsageError("where?", "write `break WHERE`, or `watch PLACE`")
    stop = Stop(
        text.strip(),
        question(debugged, text.strip()),
        debugged.condition(condition) if condition else None,
        HitCount.parsed(hits) if hits else None,
        debugged.machine.steps,
    )
    debugged.stops.append(stop)
    yield from list(listed(debugged, ""))[-1:]
