"""Labs from their folders: the shipped ones by name, and whoever has a `lab.toml`. Every mistake in that file is told
with its line."""

import os
import re
from collections.abc import Container

from guests.catalogue import DIRECTORY
from isa.errors import TraplineError, UsageError
from isa.files.sources_read import read_noted
from isa.files.tables import LARGEST, Table, read_table
from trapline.labs.checks.catalogue import KINDS
from trapline.labs.lab import Check, Lab, Limits
from trapline.labs.making import MADE

LABS = os.path.join(DIRECTORY, "labs")
_NAME = re.compile(r"\d\d-[a-z0-9-]+")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def names() -> list[str]:
    """The shipped labs, in order."""
    found = os.listdir(LABS) if os.path.isdir(LABS) else []
    return sorted(name for name in found if _NAME.fullmatch(name))


def find(name: str) -> Lab:
    """A shipped lab by its name, its number, or what follows the number; or a folder with a `lab.toml`. Raises
    UsageError for none, SourceError for mistakes in the file."""
    shipped = [known for known in names() if name in (known, known[:2], known[1:2], known[3:])]
    if shipped:
        return read_lab(os.path.join(LABS, shipped[0]))
    if os.path.isfile(os.path.join(name, "lab.toml")):
        return read_lab(name)
    raise UsageError(f"there is no lab `{name:.60}`", f"labs are {', '.join(names())}, or a folder with a lab.toml")


def read_lab(folder: str) -> Lab:
    """The lab in a folder."""
    path = os.path.join(folder, "lab.toml")
    try:
        data = read_noted(path, LARGEST)
    except OSError as error:
        raise TraplineError(f"cannot read {path}: {error.strerror or error}") from None
    table = read_table(path, data)
    lab = Lab(
        os.path.basename(os.path.abspath(folder)),
        folder,
        table.text("title"),
        table.text("about"),
        table.text("time", ""),
        table.text("machine", "g3"),
        _files(table),
        _limits(table.table("limits")),
        _checks(table),
        table.text("made", "", MADE),
    )
    table.finish()
    return lab


def _files(table: Table) -> tuple[str, ...]:
    files = table.texts("files", None)
    for name in files:
        if not _FILE.fullmatch(name):
            table.wrong("files", f"`{name:.60}` is no name of a file", "use letters, digits, dots, `-` and `_`")
    return files


def _limits(table: Table) -> Limits:
    return Limits(
        table.number("steps", 1, 10**9, 1_000_000),
        table.number("storage", 16, 1 << 20, 1 << 14),
        table.number("bytes", 1, 1 << 20, 1 << 16),
        table.number("output", 1, 1 << 20, 1 << 16),
    )


def _checks(table: Table) -> tuple[Check, ...]:
    known: dict[str, None] = {}
    found = []
    for part in table.tables("checks"):
        found.append(_check(part, known))
        known[found[-1].name] = None
    if not found:
        table.wrong("checks", "a lab has at least one check", "write `[[checks]]`")
    return tuple(found)


def _check(part: Table, known: Container[str]) -> Check:
    name, kind = part.text("name"), part.text("kind", choices=KINDS)
    if name in known:
        part.wrong("name", f"there are two checks called `{name:.60}`")
    needs = part.texts("needs")
    for need in needs:
        if need not in known:
            part.wrong("needs", f"there is no check `{need:.60}` above this one", "checks need those before them")
    parameters = KINDS[kind].parameters if kind in KINDS else {}
    numbers = {n: part.number(n, least, most, usual) for n, (least, most, usual) in parameters.items()}
    return Check(
        name,
        kind,
        part.number("points", 0, 1000),
        needs,
        part.number("seeds", 1, 1000, 1),
        part.number("hidden", 0, 100_000, 0),
        part.number("steps", 0, 10**9, 0),
        part.text("file", ""),
        part.text("hint", ""),
        part.text("machine", ""),
        numbers,
    )
