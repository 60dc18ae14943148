"""Reading source files: the top file, and `.include`, confined to the directory of the top file.

A path is walked one name at a time from an open directory, and no symbolic link is followed, so that nothing outside
that directory can be read, whatever the source says and whatever happens to the directory meanwhile.
"""

import os
import stat
from contextlib import ExitStack

from isa.errors import Source, TraplineError
from isa.files.sources_read import noted
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
    """A directory from which sources may include each other. Calling it gives the source of an include.

    `<NAME>` is a file in the directory `shipped`; such a source is called `<NAME>` too, and includes its neighbours.
    """

    def __init__(self, root: str, shipped: str = "") -> None:
        self.root = root or "."
        self.shipped = shipped
        self._found: set[str] = set()  # the names of shipped sources

    def __call__(self, path: str, includer: str) -> Source:
        """`path` as written in the source called `includer`, relative to it. Raises TraplineError."""
        if path.startswith("<") and path.endswith(">"):
            return self._shipped(path[1:-1], ".", path)
        if includer in self._found:
            return self._shipped(path, os.path.dirname(includer[1:-1]) or ".", path)
        names = _names(self._base(includer), path)
        return _read(_opened(self.root, names, path), os.path.join(self.root, *names))

    def _shipped(self, path: str, base: str, written: str) -> Source:
        names = _names(base, path)
        if not os.path.isfile(os.path.join(self.shipped, *names)) or not self.shipped:
            raise TraplineError(f"cannot include {written}: no such file is shipped", self._list())
        name = f"<{'/'.join(names)}>"
        self._found.add(name)
        return _read(_opened(self.shipped, names, written), name)

    def _list(self) -> str:
        found = sorted(os.listdir(self.shipped)) if self.shipped else []
        return f"shipped files are {', '.join(f'<{name}>' for name in found)}" if found else "there are none here"

    def _base(self, includer: str) -> str:
        """The folder of a source as seen from the root."""
        base = os.path.relpath(os.path.dirname(includer) or ".", self.root)
        # A text that does not come from a file here, such as one typed in, is taken to lie in the root.
        return "." if base.startswith("..") else base


def _opened(root: str, names: list[str], written: str) -> int:
    """The file under these names, each looked up in the folder before it."""
    with ExitStack() as opened:
        try:
            directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
            opened.callback(os.close, directory)
            for name in names[:-1]:
                directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
                opened.callback(os.close, directory)
            return os.open(names[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
        except (OSError, ValueError) as error:
            raise TraplineError(f"cannot include {written!r}: {_reason(error)}", _CONFINED) from None


def _names(base: str, path: str) -> list[str]:
    """The folders to walk through, and the file."""
    if path.startswith("/"):
        raise TraplineError(f"cannot include {path!r}: it is an absolute path", _CONFINED)
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
    noted(file, name)
    try:
        with os.fdopen(file, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise TraplineError(f"cannot read {name}: {_reason(error)}") from None
    if len(data) > MAX_BYTES:
        raise TraplineError(f"cannot read {name}: it is larger than {MAX_BYTES} bytes")
    return decoded(name, data)
