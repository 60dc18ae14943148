"""What a disk's blocks are kept in: memory, or a file of the host.

A file is opened anew for every block moved. So a file that has been removed, cut or made unwritable meanwhile is
noticed at once, one that has been put back is used again, and there is nothing to close. A write has reached the
kernel when `write` returns, and survives the death of this process from then on.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from isa.devices.saved import Saved, packed
from isa.errors import MachineError, TraplineError
from isa.files.sources_read import noted


class Backing(Protocol):
    """`size` bytes; `read` and `write` move bytes inside it and raise OSError for the host's trouble. `path` is of the
    host's file, empty if there is none."""

    @property
    def path(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def writable(self) -> bool: ...

    def read(self, offset: int, count: int) -> bytes: ...

    def write(self, offset: int, data: bytes) -> None: ...

    def flush(self) -> None:
        """When this returns, what was written before survives a loss of power."""
        ...

    def save(self) -> dict[str, object]: ...

    def restore(self, saved: Saved) -> None: ...

    def stamp(self) -> object:
        """Another value after somebody else has written there. Raises OSError."""
        ...


class MemoryBacking:
    """Bytes in memory. They are part of a saved state."""

    path = ""

    def __init__(self, data: bytes, writable: bool = True) -> None:
        self.data = bytearray(data)
        self.writable = writable

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        return bytes(self.data[offset : offset + count])

    def write(self, offset: int, data: bytes) -> None:
        self.data[offset : offset + len(data)] = data

    def flush(self) -> None:
        pass

    def stamp(self) -> None:
        return None

    def save(self) -> dict[str, object]:
        return {"kind": "memory", "data": packed(self.data), "writable": int(self.writable)}

    def restore(self, saved: Saved) -> None:
        data = bytearray(saved.data("data")) if saved.text("kind") == "memory" else None
        if data is None or len(data) != self.size:
            raise MachineError("the state was saved with another disk", f"attach a disk in memory of {self.size} bytes")
        self.data, self.writable = data, saved.flag("writable")


class FileBacking:
    """A file whose size does not change. Its content is not part of a saved state: the file keeps it.

    Raises TraplineError if there is no such file, it is no regular file, or may not be read (or written).
    """

    def __init__(self, path: str, writable: bool = True) -> None:
        self.path = os.path.abspath(path)
        self.writable = writable
        self.size = 0
        try:
            with self._opened(os.O_RDWR if writable else os.O_RDONLY, check=False) as fd:
                noted(fd, path)
                self.size = os.fstat(fd).st_size
        except (OSError, ValueError) as error:
            raise _refusal(path, error) from None

    @contextmanager
    def _opened(self, flags: int, check: bool = True) -> Iterator[int]:
        """The file, if it is still a regular file of the same size; OSError otherwise."""
        # O_NONBLOCK: opening a pipe by mistake would wait for ever.
        fd = os.open(self.path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            if check and found.st_size != self.size:
                raise OSError(errno.EIO, f"it has {found.st_size} bytes now, and had {self.size}")
            yield fd
        finally:
            os.close(fd)

    def read(self, offset: int, count: int) -> bytes:
        data = b""
        with self._opened(os.O_RDONLY) as fd:
            while len(data) < count:
                part = os.pread(fd, count - len(data), offset + len(data))
                if not part:
                    raise OSError(errno.EIO, "it ends before the block does")
                data += part
        return data

    def write(self, offset: int, data: bytes) -> None:
        with self._opened(os.O_WRONLY) as fd:
            while data:
                count = os.pwrite(fd, data, offset)
                if count <= 0:
                    raise OSError(errno.EIO, "nothing could be written")
                data, offset = data[count:], offset + count

    def flush(self) -> None:
        with self._opened(os.O_WRONLY if self.writable else os.O_RDONLY) as fd:
            os.fdatasync(fd)

    def stamp(self) -> tuple[int, int]:
        with self._opened(os.O_RDONLY) as fd:
            found = os.fstat(fd)
            return found.st_ino, found.st_mtime_ns

    def save(self) -> dict[str, object]:
        return {"kind": "file", "path": self.path, "size": self.size, "writable": int(self.writable)}

    def restore(self, saved: Saved) -> None:
        """A disk that was read-only stays so, however it is attached now."""
        if saved.text("kind") != "file" or saved.number("size") != self.size:
            raise MachineError("the state was saved with another disk", "attach the file that was attached then")
        if saved.flag("writable") and not self.writable:
            raise MachineError("the state was saved with a disk that could be written", "do not attach it read-only")
        self.writable = saved.flag("writable")


LARGEST_COPY = 1 << 28


def copied(path: str) -> MemoryBacking:
    """The bytes of a file in memory, so that runs can be compared that write the same disk. Raises TraplineError as
    `FileBacking` does, and for a file of more than 256 MiB."""
    file = FileBacking(path, writable=False)
    if file.size > LARGEST_COPY:
        raise TraplineError(f"the disk {path} is too large to be copied: {file.size} bytes", "use a smaller disk")
    try:
        return MemoryBacking(file.read(0, file.size))
    except OSError as error:
        raise _refusal(path, error) from None


def _refusal(path: str, error: OSError | ValueError) -> TraplineError:
    match error:
        case FileNotFoundError():
            help = "check the name; `truncate -s SIZE FILE` makes an empty disk"
        case IsADirectoryError():
            help = "give the name of a file"
        case PermissionError() | OSError(errno=errno.EROFS):
            help = "change its permissions, or attach it read-only"
        case _:
            help = "give the name of an ordinary file"
    reason = getattr(error, "strerror", None) or str(error)
    return TraplineError(f"cannot open the disk {path}: {reason}", help)
