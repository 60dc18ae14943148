"""Rows of code and the stops that lie on them: which do, and what a row is called by whoever sets one there."""

from isa.errors import UsageError
from monitor.history.looks import AnyOf, Executes, Fetches
from monitor.history.passes import Question
from trapline.debugging.asking import at_line
from trapline.debugging.code import Row
from trapline.debugging.debugged import Debugged


def stops_at(debugged: Debugged, row: Row) -> list[int]:
    """The numbers of the stops that are met where this row is executed, as `delete` takes them."""
    return [number for number, stop in enumerate(debugged.stops, 1) if _lies(stop.question, row)]


def _lies(question: Question, row: Row) -> bool:
    match question:
        case Executes(pc):
            return pc == row.pc
        case Fetches(place):
            return place == row.place
        case AnyOf(questions):
            return any(_lies(part, row) for part in questions)
    return False


def called(debugged: Debugged, row: Row) -> str:
    """What `break` and `at` take for it: its label or its line, which lead there wherever the program is relocated to;
    its pc if it has neither, or is not the first of its line."""
    if row.label:
        return row.label
    if row.line is not None:
        try:
            found = at_line(debugged, row.line.file, row.line.line)
        except UsageError:
            return f"{row.pc:#x}"
        if row.place in found.places:
            return f"{row.line.file}:{row.line.line}"
    return f"{row.pc:#x}"
