"""The recipe of an image, a TOML file. All that it names lies beside it or below.

base = "base"               # an image that this one stands on; without it there is nothing below
command = "web"             # the program that its first process runs; by default the base's
remove = ["motd"]           # files of the base that are hidden

[programs]                  # files of the image, and what they are assembled from
web = "web.s"

[define]                    # constants for the programs, as by `--define`
VISITS = 3

[files]                     # files of the image, and what is in them
motd = "motd.txt"

[limits]                    # by default the base's; see guests/contained.py
processes = 1
window = 1024
blocks = 8
files = 16
steps = 0
"""

import os
from dataclasses import dataclass

from guests.catalogue import DIRECTORY
from guests.contained import (
    MOST_BLOCKS,
    MOST_CONTENTS,
    MOST_FILES,
    MOST_PROCESSES,
    MOST_WINDOW,
    NAME,
    Limits,
)
from isa.devices import BLOCK
from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.files.tables import Table, read_table

LARGEST = 1 << 16
SHIPPED = os.path.join(DIRECTORY, "contained")


@dataclass(frozen=True, slots=True)
class Recipe:
    """`programs` and `files` are paths, by their names in the image; `command` and what `limits` leave out are the
    base's."""

    base: str | None
    command: str
    remove: tuple[str, ...]
    programs: dict[str, str]
    definitions: tuple[tuple[str, int], ...]
    files: dict[str, str]
    limits: dict[str, int]


def read_recipe(path: str) -> Recipe:
    """What a file says, or a shipped recipe of that name. Raises SourceError, TraplineError."""
    if not os.path.isfile(path) and path in shipped():
        path = os.path.join(SHIPPED, f"{path}.toml")
    table = read_table(path, read_from(path, LARGEST))
    folder = os.path.dirname(path)
    based = "base" in table
    base = _beside(table, "base", table.text("base"), folder) if based else None
    command = table.text("command", "" if based else None)
    remove = table.texts("remove")
    programs, files, defined = (table.table(key) for key in ("programs", "files", "define"))
    found = Recipe(
        base,
        command,
        remove,
        {name: _beside(programs, name, programs.text(name), folder) for name in _named(programs)},
        tuple((name, defined.number(name, -(1 << 31), 0xFFFFFFFF)) for name in defined.names()),
        {name: _beside(files, name, files.text(name), folder) for name in _named(files)},
        _limits(table.table("limits")),
    )
    for name in found.files:
        if name in found.programs:
            files.wrong(name, f"`{name}` is a program already")
    if remove and not based:
        table.wrong("remove", "there is no base whose files could be hidden")
    table.finish()
    return found


def shipped() -> list[str]:
    """The names of the recipes that are shipped."""
    return sorted(file.removesuffix(".toml") for file in os.listdir(SHIPPED) if file.endswith(".toml"))


def read_from(path: str, most: int = MOST_CONTENTS) -> bytes:
    """The contents of a file. Raises TraplineError."""
    try:
        return read_noted(path, most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read {path}: {reason}", "give the name of a readable file") from None


def _named(table: Table) -> list[str]:
    names = table.names()
    for name in names:
        parts = name.split("/")
        if not 0 < len(name.encode()) <= NAME or not name.isprintable() or {"", ".", ".."} & set(parts):
            table.wrong(name, f"`{name:.80}` is not a name of 1 to {NAME} characters", "such as `bin/web`")
        if parts[-1].startswith(".wh."):
            table.wrong(name, "a name that begins with `.wh.` hides another", "`remove = [...]` hides files")
    return names


def _beside(table: Table, key: str, written: str, folder: str) -> str:
    """A path beside the recipe or below."""
    here, found = os.path.realpath(folder), os.path.realpath(os.path.join(folder, written))
    if os.path.commonpath([here, found]) != here:
        table.wrong(key, f"`{written:.60}` does not lie beside this file or below")
    return os.path.join(folder, written)


def _limits(table: Table) -> dict[str, int]:
    ranges = {
        "processes": (1, MOST_PROCESSES),
        "window": (BLOCK, MOST_WINDOW),
        "blocks": (0, MOST_BLOCKS),
        "files": (0, MOST_FILES),
        "steps": (0, 0xFFFFFFFF),
    }
    usual = Limits()
    return {
        name: value
        for name, (least, most) in ranges.items()
        if (value := table.number(name, least, most, getattr(usual, name))) is not None and name in table
    }
