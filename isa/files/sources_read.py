"""Which files were read, each by what it is and not by what it is called.

Whoever opens a file that a user names, or that such a file names in turn, says so here with `noted`. Inside `noting`
all of them are known, so that no result is written over one of them (see `trapline.running.claims`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

Identity = tuple[int, int]  # device and number, the same by every name of a file

_files: ContextVar[dict[Identity, str] | None] = ContextVar("files", default=None)


@contextmanager
def noting() -> Iterator[dict[Identity, str]]:
    """Inside, every file that is read is an entry: what it is, and what it was called."""
    files: dict[Identity, str] = {}
    token = _files.set(files)
    try:
        yield files
    finally:
        _files.reset(token)


def noted(file: int | str, name: str) -> None:
    """Say that an open file, or the file at a path, is read under this name."""
    files = _files.get()
    if files is not None:
        with suppress(OSError, ValueError):
            found = os.stat(file)
            files.setdefault((found.st_dev, found.st_ino), name)


def read_noted(path: str, most: int) -> bytes:
    """The bytes of a file that a user names; one more than `most`, if it is larger. Raises OSError, ValueError."""
    with open(path, "rb") as file:
        noted(file.fileno(), path)
        return file.read(most + 1)


def files_read() -> dict[Identity, str]:
    """Every file that was read so far, inside the `noting` that is open; none outside of any."""
    return dict(_files.get() or {})
