"""What is dear to make, kept from one process to the next: checked machines, images, native code.

Whatever lies here can be made again, so nothing here may do harm. An entry that is damaged, cut short, of somebody
else or writable by others is as good as none; a place that cannot be written keeps nothing; neither is an error.
What is loaded was stored by this user's own processes under the same key, or it is not loaded.

The place is `$TRAPLINE_CACHE` (`off` for none at all), else `trapline` in `$XDG_CACHE_HOME` or `~/.cache`.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b as blake2b
    from hashlib import sha256 as sha256
    from pathlib import Path
else:
    try:  # hashlib would bring all of OpenSSL, ten times as slow to import
        from _blake2 import blake2b
        from _sha256 import sha256 as sha256
    except ImportError:
        from hashlib import blake2b
        from hashlib import sha256 as sha256

VARIABLE = "TRAPLINE_CACHE"
TROUBLE = (OSError, ValueError, MemoryError)  # ValueError: a path that no host takes
LIMIT = 64 << 20  # bytes of all entries of one kind
OFTEN = 64  # stores between two looks at how much there is

_MAGIC = b"trapline cache 2\n"
_BYTES = 32  # of a digest: BLAKE2b, three times as fast as SHA-256 without OpenSSL
_HEADER = len(_MAGIC) + _BYTES
_ABANDONED = 3600  # seconds after which nobody is still writing a partial file
_stored: dict[str, int] = {}


def digest(*parts: bytes | str) -> str:
    """A key for what depends on these parts and on nothing else. Parts do not run into each other."""
    whole = blake2b(digest_size=_BYTES)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(b"%c%d:" % (b"s" if isinstance(part, str) else b"b", len(data)))
        whole.update(data)
    return whole.hexdigest()


def directory() -> "Path | None":
    """Where entries are kept, whether or not it is there yet; None if nothing is to be kept."""
    from pathlib import Path

    place = _place()
    return None if place is None else Path(place)


def load(kind: str, key: str) -> bytes | None:
    """The bytes that were stored under this key, exactly; None if there are none that can be trusted.

    `kind` is a short word, the name of a folder; `key` is a hexadecimal digest of everything the bytes depend on.
    """
    name = _checked(key)
    try:
        with _folder(kind, create=False) as folder:
            data = _read(name, folder)
    except TROUBLE:
        return None
    content = data[_HEADER:]
    return content if data[:_HEADER] == _header(kind, key, content) else None


def store(kind: str, key: str, data: bytes) -> None:
    """Keep the bytes for a later `load`; at once or not at all, whoever else is storing. Trouble of the host is
    nobody's concern: then they are not kept. Of too many bytes, those that were not used for longest are dropped."""
    if len(data) > LIMIT:
        return
    name = _checked(key)
    with suppress(*TROUBLE), _folder(kind, create=True) as folder:
        _write(name, folder, _header(kind, key, data) + data)
        if _stored.setdefault(kind, 0) % OFTEN == 0:
            _drop_oldest(folder)
        _stored[kind] += 1


def _place() -> str | None:
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return None if chosen == "off" else os.path.abspath(chosen)
    caches = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(caches):  # the standard says to take no notice of it
        caches = os.path.expanduser("~/.cache")
    return os.path.join(caches, "trapline") if os.path.isabs(caches) else None


@contextmanager
def _folder(kind: str, create: bool) -> Iterator[int]:
    """The folder of a kind, open. It is checked once it is open, so nobody can exchange it. Raises OSError."""
    place = _place()
    if place is None:
        raise FileNotFoundError
    if create:
        _make(place)
    with _opened(place, os.O_DIRECTORY) as whole:
        _check_ours(os.fstat(whole))
        if create:
            with suppress(FileExistsError):
                os.mkdir(kind, 0o700, dir_fd=whole)
        with _opened(kind, os.O_DIRECTORY | os.O_NOFOLLOW, whole) as folder:
            _check_ours(os.fstat(folder))
            yield folder


def _make(place: str) -> None:
    """Make a folder and those above it that are missing. `os.makedirs` would recurse, as deep as the path is."""
    missing = []
    while not os.path.lexists(place):
        missing.append(place)
        place = os.path.dirname(place)
    for folder in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)


@contextmanager
def _opened(name: str, flags: int, folder: int | None = None, mode: int = 0o600) -> Iterator[int]:
    number = os.open(name, flags, mode, dir_fd=folder)
    try:
        yield number
    finally:
        os.close(number)


def _check_ours(status: os.stat_result) -> None:
    """Raise OSError for what somebody else could have put there."""
    if status.st_uid != _user() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError


def _user() -> int:
    """Who this process is. In a browser Python knows no effective users."""
    return os.geteuid() if hasattr(os, "geteuid") else os.getuid()


def _checked(key: str) -> str:
    if not key or key.strip("0123456789abcdef"):
        raise ValueError(f"{key!r} is not a hexadecimal digest")
    return key


def _header(kind: str, key: str, data: bytes) -> bytes:
    """What stands before the data. It names the entry too: renamed, it is nobody's."""
    return _MAGIC + blake2b(b"%s/%s\n" % (kind.encode(), key.encode()) + data, digest_size=_BYTES).digest()


def _read(name: str, folder: int) -> bytes:
    with _opened(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, folder) as number:
        status = os.fstat(number)
        _check_ours(status)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _HEADER + LIMIT:
            raise PermissionError
        with open(number, "rb", closefd=False) as file:
            data = file.read(status.st_size)
        with suppress(OSError):
            os.utime(number)  # it was used just now
        return data


def _write(name: str, folder: int, data: bytes) -> None:
    partial = f"{name}.{os.urandom(6).hex()}.partial"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with _opened(partial, flags, folder) as number, open(number, "wb", closefd=False) as file:
            file.write(data)
        os.replace(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial, dir_fd=folder)
        raise


def _drop_oldest(folder: int) -> None:
    """Keep within the limit, and take away what a process that was killed had begun."""
    entries = [(s.st_mtime, s.st_size, name) for name in os.listdir(folder) if (s := _status(name, folder)) is not None]
    newest = max((used for used, _, _ in entries), default=0.0)
    room = LIMIT
    for used, size, name in sorted(entries, reverse=True):
        room -= size
        if room < 0 or (name.endswith(".partial") and used < newest - _ABANDONED):
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)


def _status(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None  # another process has dropped it
