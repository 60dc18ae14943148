"""The files of the page in a folder, before a command, and what a command has made of them.

The page keeps them. What it does not show stays in the folder as long as that is there: what is no text, what is very
large, and counterexamples.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress

from isa.errors import UsageError
from trapline.labs.lab import COUNTEREXAMPLES

LARGEST = 1 << 20  # bytes of a file
MOST = 500  # files
_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,99}/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", re.ASCII)

Files = dict[str, str]


def checked(files: Mapping[str, object]) -> Files:
    """Names and texts as they may be. Raises UsageError, which names the file."""
    if len(files) > MOST:
        raise UsageError(f"there are {len(files):,} files; {MOST} are the most", "take some away")
    found: Files = {}
    for name, text in files.items():
        if not _NAME.fullmatch(name):
            help = "use letters, digits, dots, `-` and `_`, and `/` for folders"
            raise UsageError(f"{name!a:.80} is no name of a file here", help)
        if not isinstance(text, str):
            raise UsageError(f"{name} is not text", "load it as UTF-8")
        size = len(text.encode(errors="replace"))
        if size > LARGEST:
            raise UsageError(f"{name} has {size:,} bytes; {LARGEST:,} are the most", "take a part of it")
        found[name] = text
    return found


def lay(folder: str, files: Files) -> None:
    """Have the folder hold these texts, and no other ones that the page would show."""
    for name in [name for name in shown(folder) if name not in files]:
        os.unlink(os.path.join(folder, name))
    for name, text in files.items():
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            raise UsageError(f"{name} is a folder", "give the file another name")
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        except FileExistsError:
            raise UsageError(f"{os.path.dirname(name)} is a file", "give the folder another name") from None
        with open(path, "wb") as file:
            file.write(text.encode(errors="replace"))


def clear(folder: str) -> None:
    """Take away all that is in a folder, also what the page would not show."""
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def shown(folder: str) -> Files:
    """The texts in a folder that the page shows."""
    found: Files = {}
    for path in _paths(folder):
        with suppress(OSError, UnicodeDecodeError), open(os.path.join(folder, path), "rb") as file:
            data = file.read(LARGEST + 1)
            if _NAME.fullmatch(path) and len(data) <= LARGEST and b"\0" not in data:
                found[path] = data.decode()
    return found


def _paths(folder: str) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != COUNTEREXAMPLES)
        yield from (os.path.relpath(os.path.join(at, name), folder) for name in sorted(names))


def changed(before: Files, after: Files) -> dict[str, str | None]:
    """What is new or another text; None for what is gone."""
    new: dict[str, str | None] = {name: text for name, text in after.items() if before.get(name) != text}
    return new | {name: None for name in before if name not in after}
