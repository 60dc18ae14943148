"""A folder as an archive that a guest reads from its disk, block by block: what `tar` calls ustar (POSIX.1-2001).

The same files give the same bytes: they are in the order of their names, and nothing is said of whose they are and when
they were written.
"""

import io
import os
import tarfile
from collections.abc import Callable, Iterator

from isa.errors import TraplineError

MOST_FILES = 4096


def archived(folder: str, read: Callable[[str, int], bytes], most: int) -> bytes:
    """All files of a folder and below, `most` bytes at most; `read` reads one of at most so many. Raises TraplineError
    for what is no file, or leads elsewhere."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for number, path in enumerate(_files(folder)):
            if number >= MOST_FILES:
                raise TraplineError(f"{folder} has more than {MOST_FILES:,} files", "use a smaller folder")
            data = read(path, most)
            entry = tarfile.TarInfo(os.path.relpath(path, folder))
            entry.size, entry.mode = len(data), 0o444
            try:
                archive.addfile(entry, io.BytesIO(data))
            except (ValueError, UnicodeError) as error:
                raise TraplineError(f"{path} cannot be in an archive: {error}", "give it a shorter name") from None
            if made.tell() > most:
                raise TraplineError(f"{folder} is larger than {most:,} bytes", "use a smaller folder")
    return made.getvalue()


def _files(folder: str) -> Iterator[str]:
    """In the order of their names. Raises TraplineError."""
    todo = _inside(folder)
    while todo:
        path = todo.pop()
        if os.path.islink(path) or not (os.path.isdir(path) or os.path.isfile(path)):
            raise TraplineError(f"{path} is a link, or no file", "have files alone in the folder")
        if os.path.isdir(path):
            todo += _inside(path)
        else:
            yield path


def _inside(folder: str) -> list[str]:
    """What is in a folder, the last first."""
    try:
        return sorted((os.path.join(folder, name) for name in os.listdir(folder)), reverse=True)
    except OSError as error:
        raise TraplineError(f"cannot read {folder}: {error.strerror or error}", "let it be read") from None
