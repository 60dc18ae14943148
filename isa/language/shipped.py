"""The texts of the machines that Trapline ships, and the names of the machines in a text, before anything is parsed."""

import os
import re
from functools import cache

from isa.errors import Source

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "machines")
_HEADER = re.compile(
    r"^[ \t]*(?:isa[ \t]+(?P<isa>[A-Za-z_]\w*)|variant[ \t]+(?P<variant>[A-Za-z_]\w*)\s+of\s+(?P<parent>[A-Za-z_]\w*))"
    r'(?:\s*"(?P<doc>[^"\n]*)")?\s*\{',
    re.MULTILINE | re.ASCII,
)


def names_in(text: str) -> list[tuple[str, str | None, str]]:
    """(name, parent or None, doc) of every machine and variant that starts a line of the text, without checking it."""
    return [(m["isa"] or m["variant"], m["parent"], m["doc"] or "") for m in _HEADER.finditer(text)]


@cache
def sources() -> dict[str, Source]:
    """Which shipped file describes each shipped machine; in the order of files and of machines in them."""
    found: dict[str, Source] = {}
    for name, path in _isa_files(_FOLDER, "isa/machines"):
        with open(path, encoding="utf-8") as file:
            source = Source(name, file.read())
        found.update((machine, source) for machine, _, _ in names_in(source.text) if machine not in found)
    return found


def files() -> list[str]:
    """Where the shipped descriptions are, each of which may be read for any machine."""
    return [path for _, path in _isa_files(_FOLDER, "")]


def _isa_files(folder: str, shown: str) -> list[tuple[str, str]]:
    """(name to show, path) of every description in a folder and those in it."""
    found: list[tuple[str, str]] = []
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        name = f"{shown}/{entry.name}"
        if entry.is_dir():
            found += _isa_files(entry.path, name)
        elif entry.name.endswith(".isa"):
            found.append((name, entry.path))
    return found


def shipped() -> list[str]:
    """The names of all shipped machines."""
    return list(sources())
