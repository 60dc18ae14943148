"""Where results are put. Complaints come before the work, not after it, and nothing precious is overwritten."""

import os
from typing import TYPE_CHECKING

from isa.errors import TraplineError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def check_place(path: str | None) -> None:
    """Raises TraplineError if there can be no such file."""
    if path is not None and not os.access(os.path.dirname(path) or ".", os.W_OK):
        raise TraplineError(f"cannot write {path}", "give a file in a folder that can be written")


def check_own(path: str, begins: str) -> None:
    """A place for a file that begins so. Raises UsageError if something else is there."""
    check_place(path)
    if os.path.lexists(path) and not (os.path.isfile(path) and _begins(path, begins.encode())):
        raise UsageError(f"`{path}` is there, and is another kind of file", "give a new name; nothing is overwritten")


def _begins(path: str, begins: bytes) -> bool:
    with open(path, "rb") as file:
        return file.read(len(begins)) in (begins, b"")


def new_folder(path: str) -> "Path":
    """A folder that is empty or not there yet, so that nothing is overwritten."""
    from pathlib import Path  # which most commands do without

    folder = Path(path)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is not a folder"
        raise UsageError(f"`{path}` {what}", "give a new or an empty folder; nothing is overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
