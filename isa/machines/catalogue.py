"""The machines that Trapline ships, and how a command's `--isa MACHINE` is understood.

A machine is a shipped name (of an `isa` or a `variant` in `isa/machines/`), or `PATH[:NAME]`.
"""

import os
from functools import cache
from typing import TYPE_CHECKING

from isa.errors import Source, UsageError

if TYPE_CHECKING:
    from isa.description import Isa
    from isa.language.library import Library
    from isa.language.syntax import Declaration


@cache
def _sources() -> dict[str, Source]:
    """Which shipped file describes each shipped machine; in the order of files and of machines in them."""
    from isa.language.library import names_in

    found: dict[str, Source] = {}
    for name, path in _isa_files(os.path.join(os.path.dirname(__file__), "machines"), "isa/machines"):
        with open(path, encoding="utf-8") as file:
            source = Source(name, file.read())
        found.update((machine, source) for machine, _, _ in names_in(source.text) if machine not in found)
    return found


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


@cache
def _library(source: Source) -> "Library":
    from isa.language.library import Library

    return Library.of(source)


@cache
def _shipped_isa(name: str) -> "Isa":
    from isa.machines.checked import checked

    source = _sources()[name]
    return checked(source, name, lambda: _library(source).load(name))


def _read_isa(path: str, name: str | None = None) -> "Isa":
    from isa.language.library import Library, read_source
    from isa.machines.checked import checked

    source = read_source(path)
    return checked(source, name, lambda: Library.of(source).load(name))


def shipped() -> list[str]:
    """The names of all shipped machines."""
    return list(_sources())


def describe() -> list[tuple[str, str | None, str]]:
    """(name, parent or None, doc) of every shipped machine, without checking any."""
    from isa.language.library import names_in

    texts = dict.fromkeys(source.text for source in _sources().values())
    return [entry for text in texts for entry in names_in(text)]


def shipped_declaration(name: str) -> "Declaration | None":
    """The syntax of a shipped machine, for a variant of it; None if no machine of this name is shipped."""
    source = _sources().get(name)
    return _library(source).declarations.get(name) if source else None


def find(machine: str) -> "Isa":
    """The machine that a user names: a shipped one, or `PATH[:NAME]`.

    Raises UsageError for a name that means nothing, SourceError for a file that is refused.
    """
    if machine in _sources():
        return _shipped_isa(machine)
    path, _, name = machine.rpartition(":")
    if os.path.exists(machine) or machine.endswith(".isa"):
        return _read_isa(machine)
    if path and (os.path.exists(path) or path.endswith(".isa")):
        return _read_isa(path, name)
    from difflib import get_close_matches

    near = get_close_matches(machine, shipped(), 1)
    help = f"did you mean `{near[0]}`?" if near else f"shipped: {', '.join(shipped())}; or give PATH[:NAME]"
    raise UsageError(f"there is no machine called `{machine}`", help)
