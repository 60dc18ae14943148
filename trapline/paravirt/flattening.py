"""One text of a source and of all that it includes, each line with the place where its author wrote it.

A guest that is rewritten is one file: the files that it includes are often shared, and are other programs' too. Where
an `.include` stood, the line stays as a comment and the statements follow.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from isa.assembler.layout import Include
from isa.assembler.syntax import Syntax
from isa.assembler.tokens import Fault, Kind, SourceLine, Tokens
from isa.errors import Source


class Written(NamedTuple):
    """A line, and where its author wrote it: the source's name, and the number there. `included` stands where an
    `.include` stood."""

    source: str
    number: int
    text: str
    included: bool = False


@dataclass(slots=True)
class Included:
    """What a program includes, noted while it is assembled. `find` is how it is found."""

    find: Include
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)  # by path as written, and includer

    def __call__(self, path: str, includer: str) -> Source:
        found = self.sources[path, includer] = self.find(path, includer)
        return found


def flattened(syntax: Syntax, source: Source, included: Included, changed: Container[str]) -> Iterator[Written]:
    """The lines of a source, with those of what it includes in their places. What was not included when it was
    assembled, since a condition left it out, is not included here; nor is a shipped file, which can be included from
    anywhere, if no source that is `changed`, by name, is in it."""
    for number, text in enumerate(source.text.removesuffix("\n").split("\n"), 1):
        path = _path(tokens_of(syntax, source, number, text))
        inner = included.sources.get((path, source.name))
        lines = list(flattened(syntax, inner, included, changed)) if inner else []
        if inner is None or (inner.name.startswith("<") and not any(line.source in changed for line in lines)):
            yield Written(source.name, number, text.rstrip("\r"))
        else:
            yield Written(source.name, number, f"{syntax.lexer.comment} {text.strip()}", True)
            yield from lines


def tokens_of(syntax: Syntax, source: Source, number: int, text: str) -> Tokens:
    """The tokens of a line; none of one that is no assembly, in a part that is left out."""
    try:
        return syntax.lexer.line(SourceLine(source, number, text))
    except Fault:
        return ()


def _path(tokens: Tokens) -> str:
    """What a line includes, as it is written."""
    if len(tokens) < 2 or tokens[0].text != ".include":
        return ""
    if tokens[1].kind is Kind.STRING:
        return str(tokens[1].value)
    return "".join(token.text for token in tokens[1:])
