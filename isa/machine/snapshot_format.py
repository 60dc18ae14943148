"""The file of a saved machine: versioned, checked, written whole or not at all. `snapshot` says what is in it.

Little-endian: 8 bytes `TRAPSNAP`; the version, 4 bytes; the lengths of header and pages, 8 bytes each; the header, a
JSON object; the words of the pages that it lists, 8 bytes each; the SHA-256 of everything before, 32 bytes.
"""

import json
import os
import stat
import struct
from hashlib import sha256

from isa.errors import TraplineError
from isa.files.writing import write_whole

MAGIC, VERSION = b"TRAPSNAP", 1
_PREFIX = struct.Struct("<8sIQQ")
_DIGEST = 32
LARGEST = 1 << 33  # bytes of a whole file


class SnapshotError(TraplineError):
    """A snapshot that cannot be written, read or used."""


def pack(header: dict[str, object], pages: bytes) -> bytes:
    """The bytes of a snapshot file."""
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    whole = _PREFIX.pack(MAGIC, VERSION, len(text), len(pages)) + text + pages
    return whole + sha256(whole).digest()


def unpack(data: bytes, name: str) -> tuple[dict[str, object], bytes]:
    """Header and pages. Raises SnapshotError for what is no snapshot, truncated, damaged, or of another version."""
    size = _lengths(data[: _PREFIX.size], len(data), name)
    if sha256(data[:-_DIGEST]).digest() != data[-_DIGEST:]:
        raise _refusal(name, "is damaged: its checksum is wrong")
    end = _PREFIX.size + size
    try:
        header = json.loads(data[_PREFIX.size : end])
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise _refusal(name, "is damaged: its header cannot be read")
    return header, data[end:-_DIGEST]


def _lengths(prefix: bytes, total: int, name: str) -> int:
    """The length of the header, once the lengths are known to be those of the file."""
    if prefix[: len(MAGIC)] != MAGIC[: len(prefix)] or not prefix:
        raise _refusal(name, "is not a snapshot", "give a file that was saved as one")
    if len(prefix) < _PREFIX.size:
        raise _refusal(name, "is truncated")
    _, version, header, pages = _PREFIX.unpack(prefix)
    if version != VERSION:
        raise _refusal(name, f"has version {version}, not {VERSION}", "save the machine again with this release")
    expected = _PREFIX.size + header + pages + _DIGEST
    if total != expected:
        raise _refusal(name, f"is {'truncated' if total < expected else 'damaged'}: {total} of {expected} bytes")
    return int(header)


def write(path: str, data: bytes) -> None:
    """Put the bytes into a file, at once: a former snapshot of that name stays whole if this one cannot be written.
    Raises SnapshotError."""
    try:
        write_whole(path, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SnapshotError(f"cannot save the machine to {path}: {reason}", "save it elsewhere") from None


def read(path: str) -> bytes:
    """The bytes of a file, of which only the size has been looked at. Raises SnapshotError."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise OSError(0, "it is not a regular file")
            if found.st_size > LARGEST:
                raise _refusal(path, f"is larger than {LARGEST} bytes")
            return file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SnapshotError(f"cannot read the snapshot {path}: {reason}", "give the name of a snapshot") from None


def _refusal(name: str, what: str, help: str = "use another copy of it, or start from the beginning") -> SnapshotError:
    return SnapshotError(f"the snapshot {name} {what}", help)
