"""The machines that Trapline ships, and how a command's `--isa MACHINE` is understood.

A machine is a shipped name (of an `isa` or a `variant` in `isa/machines/`), or `PATH[:NAME]`.
"""

import os
from functools import cache
from typing import TYPE_CHECKING

from isa.errors import Source, UsageError
from isa.language.library import Library, read_source, shipped_library
from isa.language.shipped import files, names_in, shipped, sources
from isa.machines.checked import checked

if TYPE_CHECKING:
    from isa.description import Isa

__all__ = ["describe", "described", "files", "find", "shipped", "unknown"]


@cache
def _shipped_isa(name: str) -> "Isa":
    source = sources()[name]
    return checked(source, name, lambda: shipped_library(source).load(name))


def _read_isa(path: str, name: str | None = None) -> "Isa":
    return described(read_source(path), name)


def described(source: Source, name: str | None = None) -> "Isa":
    """The machine of this name in a text, or its only one. Raises SourceError, or UsageError for another name."""

    def check() -> "Isa":
        library = Library.of(source)
        return library.only() if name is None else library.load(name)

    return checked(source, name, check)


def describe() -> list[tuple[str, str | None, str]]:
    """(name, parent or None, doc) of every shipped machine, without checking any."""
    texts = dict.fromkeys(source.text for source in sources().values())
    return [entry for text in texts for entry in names_in(text)]


def find(machine: str) -> "Isa":
    """The machine that a user names: a shipped one, or `PATH[:NAME]`.

    Raises UsageError for a name that means nothing, SourceError for a file that is refused.
    """
    if machine in sources():
        return _shipped_isa(machine)
    path, _, name = machine.rpartition(":")
    if os.path.exists(machine) or machine.endswith(".isa"):
        return _read_isa(machine)
    if path and (os.path.exists(path) or path.endswith(".isa")):
        return _read_isa(path, name)
    raise unknown(machine)


def unknown(machine: str) -> UsageError:
    """What is said of a name that means nothing."""
    from difflib import get_close_matches

    near = get_close_matches(machine, shipped(), 1)
    help = f"did you mean `{near[0]}`?" if near else f"shipped: {', '.join(shipped())}; or give PATH[:NAME]"
    return UsageError(f"there is no machine called `{machine}`", help)
