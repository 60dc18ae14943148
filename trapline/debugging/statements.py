"""Steps of a statement: of all the words that one line of the source was assembled to, as if they were one.

Most lines are one word, and then a statement is an instruction. Of a macro, or of a pseudo-instruction, it is many.
"""

from collections.abc import Callable, Sequence

from isa.assembler.image import Line
from monitor.history.questions import step
from trapline.debugging.breakpoints import Stop
from trapline.debugging.debugged import Debugged
from trapline.debugging.moves import STEPPED

Move = Callable[[Debugged, bool, Sequence[Stop]], Stop | None]


def single(debugged: Debugged, backwards: bool = False, stops: Sequence[Stop] = ()) -> Stop | None:
    """One step, whatever it is."""
    return None if step(debugged.history, backwards) is None else STEPPED


def statement(debugged: Debugged, move: Move, backwards: bool = False, stops: Sequence[Stop] = ()) -> Stop | None:
    """Move on until the statement is done; backwards to where it began, or from its beginning to that of the one
    before. Gives what `trapline.debugging.moves` do."""
    return (_back if backwards else _on)(debugged, move, stops)


def _on(debugged: Debugged, move: Move, stops: Sequence[Stop]) -> Stop | None:
    began = _line(debugged)
    found = move(debugged, False, stops)
    while found is STEPPED and began is not None and _line(debugged) == began:
        found = move(debugged, False, stops)
    return found


def _back(debugged: Debugged, move: Move, stops: Sequence[Stop]) -> Stop | None:
    found = move(debugged, True, stops)
    within = _line(debugged)
    while found is STEPPED and within is not None:
        here = debugged.machine.steps
        found = move(debugged, True, stops)
        if found is STEPPED and _line(debugged) != within:
            debugged.history.go(here)
            break
        if found is None:  # the history begins in the middle of it
            return STEPPED
    return found


def _line(debugged: Debugged) -> tuple[str, int] | None:
    """The line at which the machine stands, if it has more than one word."""
    lines, place = debugged.image.lines if debugged.image else {}, debugged.machine.engine.place()
    if place is None or place not in lines:
        return None
    here = _name(lines[place])
    return here if any(p in lines and _name(lines[p]) == here for p in (place - 1, place + 1)) else None


def _name(line: Line) -> tuple[str, int]:
    return line.file, line.line
