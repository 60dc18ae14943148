"""What the first pass leaves for the second: items with addresses, each with the place it came from."""

from dataclasses import dataclass, field

from isa.assembler.expressions import Expression
from isa.assembler.symbols import Place
from isa.assembler.syntax import Argument
from isa.assembler.tokens import Note, SourceLine
from isa.description import Instruction
from isa.errors import Diagnostic, SourceError, Span

MAX_DIAGNOSTICS = 20
MAX_REPEATED = 500  # times that anything is reported, the same mistake again included


@dataclass(frozen=True, slots=True)
class Context:
    """Where a statement comes from. `notes` lead from the expansion outwards to the cause, innermost first;
    `line` is the line that the user sees it on, `expansion` its text if that line does not show it."""

    line: SourceLine
    span: Span
    notes: tuple[Note, ...] = ()
    expansion: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """One instruction."""

    instruction: Instruction
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """Words given by expressions."""

    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Characters:
    """Words given as they are."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """`count` times the same word."""

    count: int
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Whole:
    """No words: a value that the slices of a pseudo-instruction cut up must fit all of them together, `width` bits."""

    value: Expression
    width: int


Content = Code | Data | Characters | Room | Whole


@dataclass(frozen=True, slots=True)
class Item:
    place: Place
    size: int
    content: Content
    context: Context


@dataclass(slots=True)
class Report:
    """The mistakes found so far, to be shown in source order. `add` raises SourceError when there are too many."""

    found: list[tuple[int, Diagnostic]] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _count: int = 0

    def add(self, sequence: int, diagnostic: Diagnostic) -> None:
        self._count += 1
        # An expansion that uses an argument twice finds the same mistake twice.
        key = (str(diagnostic.span), diagnostic.message)
        if key not in self._seen:
            self._seen.add(key)
            self._append(sequence, diagnostic)
        if self._count == MAX_REPEATED:
            self.raise_if_any()

    def _append(self, sequence: int, diagnostic: Diagnostic) -> None:
        self.found.append((sequence, diagnostic))
        if len(self.found) == MAX_DIAGNOSTICS:
            last = Diagnostic(diagnostic.span, f"there are {MAX_DIAGNOSTICS} errors or more; the rest is not shown")
            self.found.append((sequence, last))
            self.raise_if_any()

    def raise_if_any(self) -> None:
        if self.found:
            ordered = sorted(self.found, key=lambda entry: entry[0])
            raise SourceError(tuple(diagnostic for _, diagnostic in ordered))
