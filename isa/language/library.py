"""Files of machines: reading them, finding a machine in them by name, and checking it.

A `Library` is one text and the machines it describes; a parent that it does not have is one of the shipped ones.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from isa.errors import Source, SourceError, TraplineError, UsageError
from isa.files.texts import decoded
from isa.language import limits

if TYPE_CHECKING:
    from isa.description import Isa
    from isa.language import syntax

# Whoever only asks for names, or finds a machine that was checked before, does not load the language.

_HEADER = re.compile(
    r"^[ \t]*(?:isa[ \t]+(?P<isa>[A-Za-z_]\w*)|variant[ \t]+(?P<variant>[A-Za-z_]\w*)\s+of\s+(?P<parent>[A-Za-z_]\w*))"
    r'(?:\s*"(?P<doc>[^"\n]*)")?\s*\{',
    re.MULTILINE | re.ASCII,
)


def names_in(text: str) -> list[tuple[str, str | None, str]]:
    """(name, parent or None, doc) of every machine and variant that starts a line of the text, without checking it."""
    return [(m["isa"] or m["variant"], m["parent"], m["doc"] or "") for m in _HEADER.finditer(text)]


def read_source(path: str, name: str = "") -> Source:
    """A text file as a source. Raises TraplineError if it cannot be read or is not text."""
    most = 4 * limits.FILE_CHARACTERS  # beyond that it is refused, whatever is cut off
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise TraplineError(f"cannot read `{path}`: {os.strerror(error.errno or 0)}") from None
    return decoded(name or path, data.decode(errors="ignore").encode() if len(data) > most else data)


@dataclass(frozen=True)
class Library:
    """The machines of one text. `shipped` finds those that it does not have."""

    source: Source
    declarations: "dict[str, syntax.Declaration]"
    shipped: "Callable[[str], syntax.Declaration | None]"

    @classmethod
    def of(cls, source: Source) -> "Library":
        """Parse a text. Raises SourceError."""
        from isa.language.parser import parse
        from isa.language.report import Report, refuse
        from isa.machines.catalogue import shipped_declaration

        report = Report()
        found: dict[str, syntax.Declaration] = {}
        for declaration in parse(source):
            if declaration.name in found:
                with report.collecting():
                    note = (found[declaration.name].span, "the first")
                    raise refuse(declaration.span, f"machine `{declaration.name}` stands twice", "rename one", note)
            found.setdefault(declaration.name, declaration)
        report.finish_phase()
        return cls(source, found, shipped_declaration)

    def find(self, name: str) -> "syntax.Declaration | None":
        return self.declarations.get(name) or self.shipped(name)

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


def load_text(text: str, name: str | None = None, source: str = "<text>") -> "Isa":
    """The machine `name` of a text (its first, if None). `source` is what errors call the text.

    Raises SourceError for a text that is refused and UsageError for a name that it does not have.
    """
    return Library.of(Source(source, text)).load(name)


def load_file(path: str, name: str | None = None) -> "Isa":
    """The machine `name` of a file (its first, if None). Raises as `load_text`, and TraplineError if unreadable."""
    return Library.of(read_source(path)).load(name)
