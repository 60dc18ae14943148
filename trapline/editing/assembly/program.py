"""What the assembler makes of a program that is being written: everything else about programs is asked of this.

`opened` never fails: what is wrong is in `problems`, as `trapline asm` would say it and where, and what could be made
in spite of it is there. Next: `words`.
"""

import os
import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property

from guests.catalogue import MACHINE, Guest, described, doubts, header_line
from isa.assembler.assembly import Attempt, attempt
from isa.assembler.symbols import Place as At
from isa.assembler.symbols import Symbols
from isa.assembler.syntax import Syntax
from isa.assembler.tokens import Kind, Token
from isa.description import Isa
from isa.errors import Diagnostic, Source, SourceError, Span, TraplineError
from isa.language.library import Library, read_source
from isa.machines.catalogue import find, shipped, unknown
from isa.machines.checked import checked
from trapline.editing.answers import Problem, Severity
from trapline.editing.texts import Folder, Settings, Texts
from trapline.running.programs import empty


class Watched(Symbols):
    """Symbols that remember which local label each `1b` and `1f` has meant."""

    def __init__(self, syntax: Syntax) -> None:
        super().__init__(syntax)
        self.meant: list[tuple[Token, Token]] = []  # a use, and the label
        self._placed: dict[int | str, tuple[list[int], list[Token]]] = {}

    def label(self, token: Token, address: int, sequence: int) -> None:
        super().label(token, address, sequence)
        if token.kind is Kind.NUMBER:
            sequences, tokens = self._placed.setdefault(token.value, ([], []))
            sequences.append(sequence)
            tokens.append(token)

    def known(self, token: Token, address: int) -> int:
        value = super().known(token, address)
        if token.kind is Kind.LOCAL:
            self.meant.append((token, self._placed[token.value][1][-1]))
        return value

    def look_up(self, token: Token, place: At) -> int:
        value = super().look_up(token, place)
        if token.kind is Kind.LOCAL:
            sequences, tokens = self._placed[token.value]
            below = bisect_right(sequences, place.sequence)
            self.meant.append((token, tokens[below - (not token.text.endswith("f"))]))
        return value


@dataclass(frozen=True)
class Program:
    """A program as far as it could be read. `sources` are all its texts, by name, its own the first."""

    source: Source
    isa: Isa | None
    found: Attempt | None
    sources: dict[str, Source]
    read: frozenset[str]  # the names of all that it was made from
    problems: tuple[Problem, ...]
    settings: Settings = field(repr=False)
    texts: Texts = field(repr=False)

    @property
    def path(self) -> str:
        return self.source.name

    @cached_property
    def words(self) -> dict[int, int]:
        """By address; a statement that is wrong has words of zero."""
        stretches = self.found.layout.stretches if self.found else []
        return {s.address + i: word for s in stretches for i, word in enumerate(s.words)}

    @cached_property
    def addresses(self) -> dict[tuple[str, int], list[int]]:
        """The addresses of the words that a line makes, by file and line, which counts from 0."""
        found: dict[tuple[str, int], list[int]] = {}
        for address, line in self.found.layout.lines.items() if self.found else ():
            found.setdefault((line.file, line.line - 1), []).append(address)
        return found

    @cached_property
    def wrong(self) -> set[tuple[str, int]]:
        """The lines that something is wrong with, so that their words mean nothing."""
        spans = [s for p in self.problems for s in (p.diagnostic.span, *(span for span, _ in p.diagnostic.notes))]
        return {(s.source.name, s.line - 1) for s in spans}


def opened(path: str, texts: Texts, settings: Settings) -> Program:
    """The program whose text is open under this path."""
    source = texts.source(path)
    folder, beside = Folder(path, texts), Folder(path, texts)
    isa: Isa | None = None
    found: Attempt | None = None
    problems = [*_doubts(source)]
    try:
        guest = described(source.text, path)
        isa = _machine(guest, source, beside, settings)
        include = folder if os.path.isabs(path) else None  # a text without a file has no folder
        found = attempt(isa, source, include, settings.definitions, Watched)
        problems += [Problem(d) for d in found.diagnostics]
        if found.image and not found.image.segments:
            problems.append(Problem(_whole(source, empty(guest, isa.name)), Severity.WARNING))
    except SourceError as error:  # of the description
        note = (_line(source, header_line(source.text, "machine")), "the machine of this program")
        problems += [Problem(replace(d, notes=(*d.notes, note))) for d in error.diagnostics]
    except TraplineError as error:
        problems.append(Problem(_whole(source, error)))
    sources = {path: source} | folder.read
    read = frozenset({*sources, *beside.read})
    return Program(source, isa, found, sources, read, tuple(problems), settings, texts)


def _doubts(source: Source) -> list[Problem]:
    """Lines of the header that look like a mistyped key, of which `trapline check` tells."""
    return [
        Problem(
            Diagnostic(_line(source, number), f"`{key}:` is not a key of a header", f"did you mean `{near}:`?"),
            Severity.WARNING,
        )
        for number, key, near in doubts(source.text)
    ]


def _whole(source: Source, error: TraplineError) -> Diagnostic:
    """An error that has no place, at the line of the header that it speaks of, or else at the first."""
    key = re.search(r"`(\w+): ", error.message)
    number = header_line(source.text, key[1] if key else "machine")
    return Diagnostic(_line(source, number), error.message, error.help)


def _line(source: Source, number: int) -> Span:
    return Span(source, number, 1, max(2, len(source.line(number)) + 1))


# ---- the machine


def _machine(guest: Guest, source: Source, folder: Folder, settings: Settings) -> Isa:
    """The machine that the header names, else the one that is set. Raises TraplineError."""
    if "machine" not in guest.given:
        return find(settings.machine or MACHINE)
    if guest.machine in shipped():
        return find(guest.machine)
    file, name = guest.machine, None
    if not file.endswith(".isa"):
        file, _, name = file.rpartition(":")
    if not file.endswith(".isa"):
        raise unknown(guest.machine)
    return _described(_read(file, source, folder), name)


def _read(file: str, source: Source, folder: Folder) -> Source:
    """A description in the folder of the program."""
    path = os.path.join(os.path.dirname(source.name), file)
    if not os.path.isabs(source.name):
        raise unknown(file)
    if not os.path.exists(path):
        return read_source(path)  # which says what is wrong
    try:
        return folder(file, source.name)
    except SourceError:
        raise
    except TraplineError as error:
        raise TraplineError(error.message.replace("include", "read", 1), error.help) from None


def _described(source: Source, name: str | None) -> Isa:
    def check() -> Isa:
        library = Library.of(source)
        return library.only() if name is None else library.load(name)

    return checked(source, name, check)
