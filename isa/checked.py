"""Checked descriptions, kept (see `isa.cache`), so that a description that did not change is not checked again.

A key covers all that a checked description depends on: its text and name, and what Trapline itself makes of it, which
is the text of the checker and of all shipped machines. So no file can put anything under the key of another, and
nothing ever has to be called out of date. What is refused is not kept: it is refused anew each time.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from isa import cache
from isa.errors import Source

if TYPE_CHECKING:
    from isa.description import Isa

KIND = "machines"

_HERE = os.path.dirname(__file__)
_STARTED = time.time()


def checked(source: Source, name: str | None, check: "Callable[[], Isa]") -> "Isa":
    """What `check` makes of the machine `name` of a text (its first, if None), or has made of it before.

    Raises what `check` raises.
    """
    from isa import flat

    program = program_digest()
    if program is None:
        return check()
    key = cache.digest(program, source.name, source.text, *(() if name is None else (name,)))
    data = cache.load(KIND, key)
    if data is not None:
        try:
            return flat.parse(data)
        except ValueError:
            pass  # its checksum is right, and yet this is not ours: check again
    isa = check()
    if program_digest() == program:
        cache.store(KIND, key, flat.dump(isa))
    return isa


def program_digest() -> str | None:
    """A digest of all of Trapline that takes part in checking. None if it cannot be read, or if it was changed while
    this process runs, since then nobody can say which of the two has been loaded."""
    parts: list[bytes | str] = [sys.version]
    try:
        for path in program_files():
            with open(path, "rb") as file:
                if os.fstat(file.fileno()).st_ctime > _STARTED:
                    return None
                parts += [os.path.relpath(path, _HERE), file.read()]
    except OSError:
        return None
    return cache.digest(*parts)


def program_files() -> Iterator[str]:
    """The files that take part: the language and what it is built on, the shipped machines, the parser generator."""
    yield from _inside(_HERE, deep=False)
    yield from _inside(os.path.join(_HERE, "language"))
    yield from _inside(os.path.join(_HERE, "machines"))
    lark = find_spec("lark")
    yield lark.origin if lark and lark.origin else "lark"  # tells the version


def _inside(folder: str, deep: bool = True) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.is_file() and entry.name.endswith((".py", ".lark", ".isa")):
            yield entry.path
        elif deep and entry.is_dir():
            yield from _inside(entry.path)
