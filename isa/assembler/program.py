"""What the first pass leaves for the second: words, and the items that could not become words yet."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from isa.assembler.expressions import Expression
from isa.assembler.symbols import Place
from isa.assembler.syntax import Argument
from isa.assembler.tokens import Note, SourceLine, Tokens, span_of
from isa.description import Instruction
from isa.errors import Diagnostic, Source, SourceError, Span

MAX_DIAGNOSTICS = 20
REPETITION = "in repetition"  # how the note of a turn begins
MAX_REPEATED = 500  # times that anything is reported, the same mistake again included


class Context(NamedTuple):
    """Where a statement comes from. `notes` lead from the expansion outwards to the cause, innermost first;
    `line` is the line that the user sees it on, `expansion` all of it if that line does not show it."""

    line: SourceLine
    tokens: Tokens
    notes: tuple[Note, ...] = ()
    expansion: Tokens = ()

    @property
    def span(self) -> Span:
        return span_of(self.tokens)


class Code(NamedTuple):
    """One instruction."""

    instruction: Instruction
    arguments: tuple[Argument, ...]


class Data(NamedTuple):
    """Words given by expressions."""

    values: tuple[Expression, ...]


class Given(NamedTuple):
    """Words given as they are."""

    words: list[int]


@dataclass(frozen=True, slots=True)
class Room:
    """`count` times the same word."""

    count: int
    value: Expression | None


class Whole(NamedTuple):
    """No words: a value that the slices of a pseudo-instruction cut up must fit all of them together, `width` bits."""

    value: Expression
    width: int


Content = Code | Data | Given | Room | Whole


class Taken(NamedTuple):
    """The words that a statement takes."""

    address: int
    size: int
    sequence: int
    span: Span
    notes: tuple[Note, ...]


class Runs(list[list[int]]):
    """Addresses as runs: first and how many of each, in the order in which they were added."""

    def add(self, address: int) -> None:
        if self and sum(self[-1]) == address:
            self[-1][1] += 1
        else:
            self.append([address, 1])

    def ordered(self) -> tuple[tuple[int, int], ...]:
        """In order of address, as few as there can be."""
        found = Runs()
        for first, count in sorted(self):
            if found and sum(found[-1]) == first:
                found[-1][1] += count
            else:
                found.append([first, count])
        return tuple((first, count) for first, count in found)


class Stretch:
    """Words at successive addresses, and in columns, since there may be very many, the statements that take them."""

    def __init__(self, address: int) -> None:
        self.address = address
        self.words: list[int] = []
        self._numbers = array("L")  # of each statement: size, sequence, line, column and end
        self._sources: list[Source] = []
        self._notes: list[tuple[Note, ...]] = []

    @property
    def end(self) -> int:
        return self.address + len(self.words)

    def add(self, words: list[int], sequence: int, context: Context) -> None:
        """The words of the next statement."""
        self.words += words
        first, last = context.tokens[0], context.tokens[-1]
        end = last.end if last.line is first.line and last.end > first.column else first.end
        self._numbers.extend((len(words), sequence, first.line.number, first.column, end))
        self._sources.append(first.line.source)
        self._notes.append(context.notes)

    def taken(self) -> Iterator[Taken]:
        """All statements, in order of address."""
        address, numbers = self.address, iter(self._numbers)
        for size, sequence, line, column, end, source, notes in zip(
            *[numbers] * 5, self._sources, self._notes, strict=True
        ):
            yield Taken(address, size, sequence, Span(source, line, column, end), notes)
            address += size


@dataclass(frozen=True, slots=True)
class Item:
    """A statement whose words wait for the second pass: so many, in a stretch that has room for them."""

    place: Place
    size: int
    content: Content
    context: Context
    stretch: Stretch


@dataclass(slots=True)
class Report:
    """The mistakes found so far, to be shown in source order. `add` raises SourceError when there are too many."""

    found: list[tuple[int, Diagnostic]] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _count: int = 0

    def add(self, sequence: int, diagnostic: Diagnostic) -> None:
        self._count += 1
        # An expansion that uses an argument twice finds the same mistake twice, and a repetition one in each turn.
        repeated = any(note.startswith(REPETITION) for _, note in diagnostic.notes)
        key = (str(diagnostic.span), "" if repeated else diagnostic.message)
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
