"""What can go wrong and how it is shown. Every error that reaches a user is one of these.

A `Diagnostic` points at a place in a text the user wrote; `render` draws it as the style guide shows.
`isa/language/` and `isa/assembler/` collect diagnostics and raise `SourceError`; everything else raises
`TraplineError` or one of its subclasses. Only `trapline/` prints them and turns them into exit codes.
"""

from functools import lru_cache

from isa.classes import dataclass, field


class TraplineError(Exception):
    """The root of all errors meant for a user. `exit_code` is what the command line ends with.

    `message` says what is wrong, `help` how to mend it (may be empty).
    """

    exit_code = 3

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help

    def render(self) -> str:
        """The error as text for a terminal, without a trailing newline."""
        return f"error: {self.message}" + (f"\nhelp: {self.help}" if self.help else "")


class MachineError(TraplineError):
    """A machine that cannot be built or run as asked (storage too small, a role that is missing, ...)."""


class UsageError(TraplineError):
    """The user asked for something that does not exist; exit code 2."""

    exit_code = 2


@lru_cache(maxsize=16)
def _lines(text: str) -> list[str]:
    """The lines of a text, split once however many errors point into it."""
    return text.split("\n")


@dataclass(frozen=True, slots=True)
class Source:
    """A text with the name to show for it. Lines are numbered from 1."""

    name: str
    text: str

    def line(self, number: int) -> str:
        lines = _lines(self.text)
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """Columns [column, end) of one line of a source; line and columns count from 1."""

    source: Source = field(repr=False)
    line: int
    column: int
    end: int

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error at one place: `message` states the rule, `help` the fix; `notes` label further places."""

    span: Span
    message: str
    help: str = ""
    notes: tuple[tuple[Span, str], ...] = ()

    def render(self) -> str:
        parts = [f"{self.span}: error: {self.message}", _excerpt(self.span)]
        for span, label in self.notes:
            parts += [f"{span}: note: {label}", _excerpt(span)]
        if self.help:
            parts.append(f"help: {self.help}")
        return "\n".join(parts)


def _excerpt(span: Span, widest: int = 160) -> str:
    """The line with a caret under the span. Control characters are shown as a dot, a long line is cut."""
    text = "".join(c if c.isprintable() else " " if c == "\t" else "." for c in span.source.line(span.line))
    first = max(0, span.column - 1 - widest // 2) if len(text) > widest else 0
    text = text[first : first + widest]
    carets = "^" * max(1, min(span.end, first + len(text) + 1) - span.column)
    gutter = max(4, len(str(span.line)))
    return f"{span.line:>{gutter + 1}} | {text}\n{'':>{gutter + 1}} | {'':{span.column - 1 - first}}{carets}"


class SourceError(TraplineError):
    """One or more diagnostics in texts the user wrote."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message, diagnostics[0].help)
        self.diagnostics = diagnostics

    def render(self) -> str:
        return "\n".join(d.render() for d in self.diagnostics)
