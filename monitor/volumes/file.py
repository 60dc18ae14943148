"""The volume at the bottom: a file of the host, open as long as the volume is, and in the hands of one process.

Two who write one image destroy it. So who opens a file to write has it for himself (`flock`), and who reads keeps
others from writing; the lock goes with the process, however it ends. The next one is told whom to ask.
"""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from isa.errors import TraplineError
from monitor.volumes.volume import Kept


class InUse(TraplineError):
    """Somebody else has the file."""


class HostFile(Kept):
    """A regular file. Its `size` changes by `resize` alone. Raises TraplineError if it cannot be used, or is in use."""

    def __init__(self, path: str, writable: bool = True, shared: bool = False) -> None:
        self.path, self.writable = os.path.abspath(path), writable
        flags = os.O_RDWR if writable else os.O_RDONLY
        try:
            # O_NONBLOCK: opening a pipe by mistake would wait for ever.
            self._fd = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
        except (OSError, ValueError) as error:
            raise _refusal(path, error) from None
        try:
            found = os.fstat(self._fd)
            if not stat.S_ISREG(found.st_mode):
                raise _refusal(path, OSError(errno.EINVAL, "it is not a regular file"))
            if not shared:
                self._lock(path)
        except BaseException:
            os.close(self._fd)
            raise
        self.size = found.st_size

    def _lock(self, path: str) -> None:
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_EX if self.writable else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"{path} is in use by {_holders(self._fd)}", "end that first, or read a copy") from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else who asks has a shared file meanwhile."""
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def read(self, offset: int, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = os.pread(self._fd, count - len(data), offset + len(data))
            if not part:
                raise OSError(errno.EIO, f"{self.path} ends before byte {offset + count}")
            data += part
        return data

    def peek(self, offset: int, count: int) -> bytes:
        """As `read`, with zeros for what lies behind the end of the file."""
        there = min(count, max(0, self.end - offset))
        return self.read(offset, there) + bytes(count - there)

    @property
    def end(self) -> int:
        """How many bytes the file has now, of which those behind `size` were written since it was opened."""
        return os.fstat(self._fd).st_size

    def write(self, offset: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            count = os.pwrite(self._fd, view, offset)
            view, offset = view[count:], offset + count

    def resize(self, size: int) -> None:
        os.ftruncate(self._fd, size)
        self.size = size

    def flush(self) -> None:
        os.fdatasync(self._fd)

    def zero(self, offset: int, count: int) -> None:
        self.within(offset, count)
        while count:
            part = min(count, 1 << 20)
            self.write(offset, bytes(part))
            offset, count = offset + part, count - part

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        """Holes of the file are zeros."""
        found, end = [], offset + count
        while offset < end:
            try:
                data = min(os.lseek(self._fd, offset, os.SEEK_DATA), end)
            except OSError:  # no data from here on (ENXIO), or a file system that does not tell
                data = end
            if data > offset:
                found.append((data - offset, True))
            if data < end:
                hole = min(os.lseek(self._fd, data, os.SEEK_HOLE), end)
                found.append((hole - data, False))
                data = hole
            offset = data
        return found

    def stamp(self) -> tuple[int, int]:
        found = os.fstat(self._fd)
        return found.st_ino, found.st_mtime_ns

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _holders(fd: int) -> str:
    """Who has a lock on a file, as Linux tells it."""
    found = os.fstat(fd)
    inode = f":{found.st_ino} "
    try:
        with open("/proc/locks", encoding="ascii") as locks:
            pids = sorted({int(line.split()[4]) for line in locks if inode in line and "->" not in line})
    except (OSError, ValueError):
        return "another process"
    return ", ".join(f"process {pid}{_named(pid)}" for pid in pids) or "another process"


def _named(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(300).replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""
    return f" ({words:.80})" if words else ""


def _refusal(path: str, error: OSError | ValueError) -> TraplineError:
    match error:
        case FileNotFoundError():
            help = "check the name; `trapline volume create FILE SIZE` makes one"
        case IsADirectoryError():
            help = "give the name of a file"
        case PermissionError() | OSError(errno=errno.EROFS):
            help = "change its permissions, or use it read-only"
        case _:
            help = "give the name of an ordinary file"
    reason = getattr(error, "strerror", None) or str(error)
    return TraplineError(f"cannot open the volume {path}: {reason}", help)
