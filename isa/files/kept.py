"""What was made of a text once, kept (see `isa.files.cache`), so that it is not made again of the same text.

A key covers everything that the result depends on: the texts, and the program that makes it of them, Trapline itself.
So nothing can get under the key of anything else, and nothing ever has to be called out of date.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache as once
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from isa.files import cache

if TYPE_CHECKING:
    from isa.files.flat import Form

T = TypeVar("T")

_HERE = os.path.dirname(__file__)
STARTED = time.time()  # nearly: this is among the first modules to be loaded


def _always(value: object) -> bool:
    return True


def kept(
    kind: str, texts: tuple[str, ...], form: "Form[T]", make: Callable[[], T], holds: Callable[[T], bool] = _always
) -> T:
    """What `make` makes, or has made before of the same texts; if that still `holds`. Raises what `make` raises."""
    program = _program()
    if program is None:
        return make()
    key = cache.digest(program, *texts)
    found = _loaded(kind, key, form)
    if found is not None and holds(found):
        return found
    made = make()
    if program_digest() == program:
        cache.store(kind, key, form.dump(made))
    return made


def _loaded(kind: str, key: str, form: "Form[T]") -> T | None:
    data = cache.load(kind, key)
    try:
        return None if data is None else form.parse(data)
    except ValueError:
        return None  # its checksum is right, and yet this is not ours


@once
def _program() -> str | None:
    return program_digest()


def program_digest() -> str | None:
    """A digest of all of Trapline that reads texts. None if it cannot be read, or if it was changed while this process
    runs, since then nobody can say which of the two has been loaded."""
    parts: list[bytes | str] = [sys.version]
    try:
        for path in program_files():
            with open(path, "rb") as file:
                if os.fstat(file.fileno()).st_ctime > STARTED:
                    return None
                parts += [path.removeprefix(_HERE), file.read()]
    except OSError:
        return None
    return cache.digest(*parts)


def program_files() -> Iterator[str]:
    """Those files: the language, what it is built on, the shipped machines, the parser generator, the assembler."""
    yield from _inside(_HERE, deep=False)
    for folder in ("language", "machines", "assembler"):
        yield from _inside(os.path.join(_HERE, folder))
    lark = find_spec("lark")
    if lark and lark.origin:
        yield lark.origin  # says which version it is


def _inside(folder: str, deep: bool = True) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if entry.is_file() and entry.name.endswith((".py", ".lark", ".isa")):
            yield entry.path
        elif deep and entry.is_dir():
            yield from _inside(entry.path)
