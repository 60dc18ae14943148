"""The text of a program's source files, for a listing with counts: all of a file if it is still what was assembled, and
otherwise the lines that made words."""

import os
from collections.abc import Iterable
from typing import Any

from guests.catalogue import DIRECTORY, LIBRARY
from isa.assembler import Image
from isa.assembler.image import Line, printable
from isa.assembler.includes import read_source
from isa.errors import TraplineError

MOST_LINES = 20_000  # of all files: bounds a page


def sources(image: Image | None, shipped: bool) -> list[dict[str, Any]]:
    """Each file that words of the image come from, with its numbered lines. `shipped`: it is a shipped guest's."""
    files: dict[str, dict[int, Line]] = {}
    room = MOST_LINES
    for _, line in sorted(image.lines.items()) if image is not None else ():
        files.setdefault(line.file, {})[line.line] = line
    found: list[dict[str, Any]] = []
    for file, known in files.items():
        lines = _lines(file, known, shipped)
        rest = [[len(lines) - room, "lines more"]] if lines[room:] else []
        found.append({"file": file, "lines": [*lines[:room], *rest]})
        room -= len(lines[:room])
    return found


def _lines(file: str, known: dict[int, Line], shipped: bool) -> list[list[int | str]]:
    text = _text(_path(file, shipped))
    whole = dict(enumerate(map(printable, text), 1))
    if all(whole.get(number, "").strip() == line.text.strip() for number, line in known.items()):
        return _listed(whole.items())
    return _listed((number, line.text) for number, line in sorted(known.items()))


def _listed(lines: Iterable[tuple[int, str]]) -> list[list[int | str]]:
    return [[number, text.expandtabs()] for number, text in lines]


def _path(file: str, shipped: bool) -> str:
    if file.startswith("<"):
        return os.path.join(LIBRARY, file[1:-1])
    return os.path.join(DIRECTORY, file) if shipped else file


def _text(path: str) -> list[str]:
    try:
        return read_source(path).text.splitlines()
    except TraplineError:
        return []
