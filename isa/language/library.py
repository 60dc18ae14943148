"""Files of machines: reading them, finding a machine in them by name, and checking it.

A `Library` is one text and the machines it describes; a parent that it does not have is one of the shipped ones.
`isa.machines.catalogue` finds what a user names.
"""

import os
from functools import cache
from typing import TYPE_CHECKING

from isa.classes import dataclass, replace
from isa.errors import Source, SourceError, TraplineError, UsageError
from isa.files.sources_read import read_noted
from isa.files.texts import decoded
from isa.language import limits
from isa.language.shipped import sources

if TYPE_CHECKING:
    from isa.description import Isa
    from isa.language import syntax

# Whoever only asks for names, or finds a machine that was checked before, does not load the language.


def read_source(path: str, name: str = "") -> Source:
    """A text file as a source. Raises TraplineError if it cannot be read or is not text."""
    most = 4 * limits.FILE_CHARACTERS  # beyond that it is refused, whatever is cut off
    try:
        data = read_noted(path, most)
    except OSError as error:
        raise TraplineError(f"cannot read `{path}`: {os.strerror(error.errno or 0)}") from None
    return decoded(name or path, data.decode(errors="ignore").encode() if len(data) > most else data)


@dataclass(frozen=True)
class Library:
    """The machines of one text."""

    source: Source
    declarations: "dict[str, syntax.Declaration]"

    @classmethod
    def of(cls, source: Source) -> "Library":
        """Parse a text. Raises SourceError."""
        from isa.language.parser import parse
        from isa.language.report import Report, refuse

        report = Report()
        found: dict[str, syntax.Declaration] = {}
        for declaration in parse(source):
            if declaration.name in found:
                with report.collecting():
                    note = (found[declaration.name].span, "the first")
                    raise refuse(declaration.span, f"machine `{declaration.name}` stands twice", "rename one", note)
            found.setdefault(declaration.name, declaration)
        report.finish_phase()
        return cls(source, found)

    def find(self, name: str) -> "syntax.Declaration | None":
        """The syntax of a machine, of this text or a shipped one; None if there is none of this name."""
        if name not in self.declarations and name in sources():
            return shipped_library(sources()[name]).declarations[name]
        return self.declarations.get(name)

    def only(self) -> "Isa":
        """The one machine of the text. Raises UsageError if there are several, so that nobody gets another one than
        was meant; and as `load` does."""
        if len(self.declarations) > 1:
            path, known = self.source.name, ", ".join(self.declarations)
            help = f"name one of them, as in `{path}:{next(reversed(self.declarations))}`: it has {known}"
            raise UsageError(f"{path} describes {len(self.declarations)} machines", help)
        return self.load()

    def load(self, name: str | None = None) -> "Isa":
        """The machine of this name, or the first of the text. Raises SourceError, UsageError."""
        from isa.language.checker import check
        from isa.language.variants import resolve

        if name is not None and name not in self.declarations:
            known = ", ".join(self.declarations)
            raise UsageError(f"{self.source.name} has no machine called `{name}`", f"it has: {known}")
        declaration = self.declarations[name] if name else next(iter(self.declarations.values()))
        resolved = resolve(declaration, self.find)
        try:
            return check(resolved.machine, resolved.parent, resolved.own)
        except SourceError as error:
            raise _in_variant(declaration, error) from None


def _in_variant(declaration: "syntax.Declaration", error: SourceError) -> SourceError:
    """The error, with a note where a variant makes something wrong that stands in its parent."""
    from isa.language import syntax

    if isinstance(declaration, syntax.Machine):
        return error
    note = (declaration.span, f"wrong in the variant `{declaration.name}`")
    here = declaration.span
    inherited = [d.span.source is not here.source or d.span.line < here.line for d in error.diagnostics]
    return SourceError(
        tuple(replace(d, notes=(*d.notes, note)) if i else d for d, i in zip(error.diagnostics, inherited, strict=True))
    )


@cache
def shipped_library(source: Source) -> Library:
    """What a shipped text describes, parsed once."""
    return Library.of(source)


def load_text(text: str, name: str | None = None, source: str = "<text>") -> "Isa":
    """The machine `name` of a text (its first, if None). `source` is what errors call the text.

    Raises SourceError for a text that is refused and UsageError for a name that it does not have.
    """
    return Library.of(Source(source, text)).load(name)


def load_file(path: str, name: str | None = None) -> "Isa":
    """The machine `name` of a file (its first, if None). Raises as `load_text`, and TraplineError if unreadable."""
    return Library.of(read_source(path)).load(name)
