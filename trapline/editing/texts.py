"""The texts that are open in an editor, which count in place of their files, and what the user has set.

A text that somebody has opened may come from anywhere: it reads what `trapline asm` would let it read, and nothing that
lies outside of its folder.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import isa
from guests.catalogue import LIBRARY
from isa.assembler.includes import Directory
from isa.errors import Source
from isa.files.texts import plain
from isa.language.shipped import sources

MARK = "\ufeff"


@dataclass(frozen=True)
class Settings:
    """`machine` is that of programs whose header names none; `definitions` are constants for all programs."""

    machine: str | None = None
    definitions: Mapping[str, int] = field(default_factory=dict)


class Texts(dict[str, str]):
    """By path, the texts that are open, read as files are: without a mark, and with one kind of line ends."""

    def __setitem__(self, path: str, text: str) -> None:
        super().__setitem__(path, plain(text.removeprefix(MARK)))

    def source(self, path: str) -> Source:
        """A text that is open."""
        return Source(path, self[path])

    def over(self, found: Source) -> Source:
        """A file that was read, or the text that is open in its place."""
        return self.source(found.name) if found.name in self else found


@dataclass
class Folder:
    """What a text may read: files in its folder and below, and shipped ones. `read` are those that it did read."""

    path: str
    texts: Texts
    read: dict[str, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._directory = Directory(os.path.dirname(self.path), LIBRARY)

    def __call__(self, path: str, includer: str) -> Source:
        """The source of an include. Raises TraplineError."""
        found = self.texts.over(self._directory(path, includer))
        self.read[found.name] = found
        return found


def path_of(name: str) -> str:
    """Where the source of this name lies, if it is one that Trapline brings: an include in brackets, a description."""
    if name.startswith("<") and name.endswith(">"):
        return os.path.join(LIBRARY, name[1:-1])
    return os.path.join(os.path.dirname(os.path.dirname(isa.__file__)), name) if name in _shipped() else name


@cache
def _shipped() -> frozenset[str]:
    return frozenset(source.name for source in sources().values())
