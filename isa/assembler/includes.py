"""Reading source files: the top file, and `.include`, confined to the directory of the top file.

A path is walked one name at a time from an open directory, and no symbolic link is followed, so that nothing outside
that directory can be read, whatever the source says and whatever happens to the directory meanwhile.
"""

import os
import stat
from contextlib import ExitStack

from isa.errors import Source, TraplineError
from isa.files.texts import decoded

MAX_BYTES = 16 << 20


def read_source(path: str) -> Source:
    """The file that the user named. Raises TraplineError."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise TraplineError(f"cannot read {path}: {_reason(error)}") from None
    return _read(file, path)


class Directory:
    """A directory from which sources may include each other. Calling it gives the source of an include."""

    def __init__(self, root: str) -> None:
        self.root = root or "."

    def __call__(self, path: str, includer: str) -> Source:
        """`path` as written in the source called `includer`, relative to it. Raises TraplineError."""
        names = self._names(path, includer)
        shown = os.path.join(self.root, *names)
        with ExitStack() as opened:
            try:
                directory = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
                opened.callback(os.close, directory)
                for name in names[:-1]:
                    directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
                    opened.callback(os.close, directory)
                file = os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
            except (OSError, ValueError) as error:
                raise TraplineError(f"cannot include {path!r}: {_reason(error)}", _CONFINED) from None
        return _read(file, shown)

    def _names(self, path: str, includer: str) -> list[str]:
        if path.startswith("/"):
            raise TraplineError(f"cannot include {path!r}: it is an absolute path", _CONFINED)
        base = os.path.relpath(os.path.dirname(includer) or ".", self.root)
        if base.startswith(".."):  # a text that does not come from a file here, such as one typed in
            base = "."
        names: list[str] = []
        for part in f"{base}/{path}".split("/"):
            if part in ("", "."):
                continue
            if part == ".." and not names:
                raise TraplineError(f"cannot include {path!r}: it leads out of the directory of the program", _CONFINED)
            if part == "..":
                names.pop()
            else:
                names.append(part)
        if not names:
            raise TraplineError(f"cannot include {path!r}: it is not a file", _CONFINED)
        return names


_CONFINED = "only regular files in or below the directory of the program can be included, without symbolic links"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "not a path"


def _read(file: int, name: str) -> Source:
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise TraplineError(f"cannot read {name}: it is not a regular file")
    try:
        with os.fdopen(file, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise TraplineError(f"cannot read {name}: {_reason(error)}") from None
    if len(data) > MAX_BYTES:
        raise TraplineError(f"cannot read {name}: it is larger than {MAX_BYTES} bytes")
    return decoded(name, data)
