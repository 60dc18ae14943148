"""Answers to an editor. Lines count from 0, and columns are characters from 0: `units` has what the wire counts.

A `file` is a path, or the name of a text that is no file. Texts for people are Markdown.
"""

from enum import Enum
from typing import NamedTuple

from isa.errors import Diagnostic, Span


class Place(NamedTuple):
    """Columns [column, end) of a line."""

    file: str
    line: int
    column: int
    end: int

    def has(self, line: int, column: int) -> bool:
        """Is a cursor here, in it or at its end?"""
        return line == self.line and self.column <= column <= self.end


def place_of(span: Span) -> Place:
    return Place(span.source.name, span.line - 1, span.column - 1, max(span.end, span.column) - 1)


class Severity(Enum):
    ERROR = 1
    WARNING = 2


class Problem(NamedTuple):
    """What the command line would say, at the place that it would name."""

    diagnostic: Diagnostic
    severity: Severity = Severity.ERROR

    @property
    def text(self) -> str:
        help = self.diagnostic.help
        return f"{self.diagnostic.message}\nhelp: {help}" if help else self.diagnostic.message


class Sort(Enum):
    """What something is, to somebody who looks for it."""

    LABEL = "label"
    CONSTANT = "constant"
    MACRO = "macro"
    PARAMETER = "parameter"
    INSTRUCTION = "instruction"
    SHORTHAND = "pseudo-instruction"
    DIRECTIVE = "directive"
    REGISTER = "register"
    MEMBER = "member"
    FILE = "file"
    MACHINE = "machine"
    STATE = "state"
    FIELD = "field"
    TYPE = "type"
    ENUM = "enum"
    FUNCTION = "function"
    OPERAND = "operand"
    FORMAT = "format"
    LOCAL = "local"
    ROLE = "role"
    WORD = "keyword"
    EVENT = "event"


class Hover(NamedTuple):
    """What is said of what stands at a place."""

    text: str
    place: Place


class Proposal(NamedTuple):
    """A word that may stand here. `snippet` is what to write, with `${1:holes}`; empty for the word itself."""

    name: str
    sort: Sort
    detail: str = ""
    doc: str = ""
    snippet: str = ""


class Edit(NamedTuple):
    """Write `text` over a place."""

    place: Place
    text: str


class Fold(NamedTuple):
    """Lines [first, last] that may be shown as one."""

    first: int
    last: int
    comment: bool = False


class Entry(NamedTuple):
    """Something in the outline of a file: it takes lines [place.line, last]."""

    name: str
    sort: Sort
    detail: str
    place: Place
    last: int
    children: tuple["Entry", ...] = ()


class Hint(NamedTuple):
    """A text that is shown behind a line."""

    line: int
    column: int
    text: str


class Lens(NamedTuple):
    """A text that is shown above a line."""

    place: Place
    title: str
