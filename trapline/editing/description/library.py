"""What can be read of a description that is being written: everything else about descriptions is asked of this.

`opened` never fails. What is wrong is in `problems`, as `trapline machines` and `verify` would say it and where. Where
the text cannot be parsed, items that are in the way are left out until it can be, so that the rest of it is known.
Next: `scopes`.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from isa.description import Isa
from isa.errors import Diagnostic, Source, SourceError, Span, TraplineError
from isa.language.library import Library
from trapline.editing.answers import Problem
from trapline.editing.texts import Texts

_ITEM = re.compile(
    r"[ \t]*(?:override|add|delete|type|enum|state|view|on|step|def|operand|format|instr|pseudo|assume)\b", re.ASCII
)
_HEAD = re.compile(r"\s*(?:isa|variant)\b", re.ASCII)
_TRIES = 8  # items that are left out


@dataclass(frozen=True)
class Described:
    """A text of descriptions as far as it could be read: its declarations, and the machines that are right."""

    source: Source
    library: Library
    isas: dict[str, Isa]
    problems: tuple[Problem, ...]
    whole: bool = field(default=True)  # whether nothing was left out

    @property
    def path(self) -> str:
        return self.source.name

    @cached_property
    def lines(self) -> list[str]:
        return self.source.text.split("\n")


def opened(path: str, texts: Texts) -> Described:
    """The description whose text is open under this path."""
    source = texts.source(path)
    try:
        library = Library.of(source)
    except SourceError as error:
        return Described(source, _rest(source, error), {}, tuple(Problem(d) for d in error.diagnostics), False)
    isas: dict[str, Isa] = {}
    found: dict[tuple[str, str], Diagnostic] = {}
    for name in library.declarations:
        try:
            isas[name] = library.load(name)
        except SourceError as error:
            for diagnostic in error.diagnostics:  # a variant repeats what is wrong in its parent
                found.setdefault((str(diagnostic.span), diagnostic.message), diagnostic)
    return Described(source, library, isas, tuple(Problem(d) for d in found.values()))


def _rest(source: Source, error: SourceError) -> Library:
    """The declarations of a text without the items that cannot be parsed."""
    lines = source.text.split("\n")
    for _ in range(_TRIES):
        try:
            _leave_out(lines, error.diagnostics[0].span)
            return Library.of(Source(source.name, "\n".join(lines)))
        except SourceError as further:
            error = further
        except TraplineError:
            break
    return Library(source, {})


def _leave_out(lines: list[str], wrong: Span) -> None:
    """Make the item of a place blank; if it begins there, the one before too, which may have no end. Of a machine that
    is wrong in its first line nothing is left."""
    number = wrong.line - 1
    if _HEAD.match(lines[number]):
        after = [n for n, line in enumerate(lines) if n > number and _HEAD.match(line)] or [len(lines)]
        lines[number : after[0]] = [""] * (after[0] - number)
        return
    begins = [n for n, line in enumerate(lines) if _ITEM.match(line)]
    at_once = not lines[number][: wrong.column - 1].strip()
    before = [n for n in begins if n < number or (n == number and not at_once)] or [number]
    after = [n for n in begins if n > number] or [len(lines)]
    for n in range(before[-1], after[0]):
        if not (lines[n].startswith("}") or _HEAD.match(lines[n])):
            lines[n] = ""
