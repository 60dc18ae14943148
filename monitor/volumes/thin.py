"""Thin volumes: more bytes are promised than there are, and room is taken when something is written.

A thin volume's file has a header and a table with an entry for each of its clusters (0: nowhere, and so zeros; else
which cluster of its *room*, from 1). The room is the rest of the same file, or a pool that several volumes share
(`pool.py`). A cluster is filled before its entry is written, and one that was given back rests until the next flush; so
after a kill or a loss of power no entry leads to what is not the volume's. Where there is no room left a write is
refused, which pauses a guest with the reason; when there is more, the same write is done again, and nothing is lost.
"""

import errno
import struct
from array import array
from sys import byteorder
from typing import Protocol

from isa.errors import TraplineError
from monitor.volumes.volume import Kept, Volume

MAGIC = b"TPLTHIN1"
HEADER, ENTRY = 4096, 8
CLUSTER = 65536
MOST_SIZE = 1 << 44


class Room(Protocol):
    """Where the clusters of a volume lie. They are numbered from 1. All raise OSError."""

    @property
    def file(self) -> Volume: ...

    @property
    def first(self) -> int:
        """Where number 1 begins in the file."""
        ...

    @property
    def free(self) -> int:
        """How many clusters can be taken."""
        ...

    def begin(self, taken: set[int]) -> None:
        """These are the volume's, and no others. Raises TraplineError if that cannot be."""
        ...

    def take(self) -> tuple[int, bool]:
        """A cluster that nobody has, and whether it is safe to point to it before anything is written there."""
        ...

    def give(self, entries: list[int]) -> None:
        """Clusters that nothing safe points to any more."""
        ...


class Rest:
    """The rest of a volume's own file, behind its table."""

    def __init__(self, file: Volume, first: int) -> None:
        self.file, self.first = file, first
        self._free: list[int] = []

    @property
    def clusters(self) -> int:
        """How many there are."""
        return (self.file.size - self.first) // CLUSTER

    @property
    def free(self) -> int:
        return len(self._free)

    def begin(self, taken: set[int]) -> None:
        if any(entry > self.clusters for entry in taken):
            raise TraplineError(f"the table of {self.file.path} makes no sense", "use a copy that is whole")
        self._free = sorted(set(range(1, self.clusters + 1)) - taken, reverse=True)

    def take(self) -> tuple[int, bool]:
        if not self._free:
            raise full(self.file.path, self.clusters)
        entry = self._free.pop()
        place = self.first + (entry - 1) * CLUSTER
        return entry, all(zero for _, zero in self.file.extents(place, CLUSTER))

    def give(self, entries: list[int]) -> None:
        self._free += entries


def full(path: str, clusters: int) -> OSError:
    return OSError(errno.ENOSPC, f"the pool {path} is full: {clusters} clusters of {CLUSTER} bytes")


class Thin(Kept):
    """The thin volume whose table is in a file, in a room or in the rest of that file. Raises TraplineError if there is
    none, or it makes no sense."""

    def __init__(self, file: Volume, room: Room | None = None, magic: bytes = MAGIC) -> None:
        self.file, self.path, self.writable = file, file.path, file.writable
        found, self.size, cluster = struct.unpack(">8sQQ", file.read(0, 24))
        entries = -(-self.size // CLUSTER)
        first = table_end(entries)
        if found != magic or cluster != CLUSTER or self.size > MOST_SIZE or HEADER + entries * ENTRY > file.size:
            raise TraplineError(
                f"{file.path} is no thin volume, or was cut", "`trapline volume create FILE.thin SIZE --pool BYTES`"
            )
        self._table = array("Q", file.read(HEADER, entries * ENTRY))
        if byteorder == "little":
            self._table.byteswap()
        taken = [entry for entry in self._table if entry]
        if len(set(taken)) < len(taken):
            raise TraplineError(f"the table of {file.path} makes no sense", "use a copy that is whole")
        self.room = room or Rest(file, first)
        self.room.begin(set(taken))
        self._resting: list[int] = []

    @property
    def free(self) -> int:
        """Bytes that can be taken."""
        return self.room.free * CLUSTER

    @property
    def taken(self) -> int:
        """Bytes that the volume has taken."""
        return sum(map(bool, self._table)) * CLUSTER

    def _place(self, entry: int) -> int:
        return self.room.first + (entry - 1) * CLUSTER

    def read(self, offset: int, count: int) -> bytes:
        self.within(offset, count)
        parts = []
        while count:
            index, start = divmod(offset, CLUSTER)
            length = min(count, CLUSTER - start)
            entry = self._table[index]
            parts.append(self.room.file.read(self._place(entry) + start, length) if entry else bytes(length))
            offset, count = offset + length, count - length
        return b"".join(parts)

    def write(self, offset: int, data: bytes) -> None:
        self.within(offset, len(data))
        view = memoryview(data)
        while view:
            index, start = divmod(offset, CLUSTER)
            part = bytes(view[: CLUSTER - start])
            entry = self._table[index]
            if entry:
                self.room.file.write(self._place(entry) + start, part)
            else:
                self._take(index, part.rjust(start + len(part), b"\0").ljust(CLUSTER, b"\0"))
            offset, view = offset + len(part), view[len(part) :]

    def _take(self, index: int, data: bytes) -> None:
        if not self.room.free and self._resting:
            self.flush()
        entry, safe = self.room.take()
        self.room.file.write(self._place(entry), data)
        if not safe:
            self.room.file.flush()
        self._point(index, entry)

    def _point(self, index: int, entry: int) -> None:
        self.file.write(HEADER + index * ENTRY, entry.to_bytes(ENTRY, "big"))
        self._table[index] = entry

    def zero(self, offset: int, count: int) -> None:
        """Whole clusters are given back."""
        while count:
            index, start = divmod(offset, CLUSTER)
            length = min(count, CLUSTER - start)
            entry = self._table[index]
            if entry and length in (CLUSTER, self.size - index * CLUSTER):
                self._point(index, 0)
                self._resting.append(entry)
            elif entry:
                self.room.file.write(self._place(entry) + start, bytes(length))
            offset, count = offset + length, count - length

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        found: list[tuple[int, bool]] = []
        while count:
            index, start = divmod(offset, CLUSTER)
            length = piece = min(count, CLUSTER - start)
            zero = not self._table[index]
            if found and found[-1][1] == zero:
                length += found.pop()[0]
            found.append((length, zero))
            offset, count = offset + piece, count - piece
        return found

    def flush(self) -> None:
        self.room.file.flush()
        if self.file is not self.room.file:
            self.file.flush()
        self.room.give(self._resting)
        self._resting = []

    def stamp(self) -> object:
        return self.file.stamp()

    def close(self) -> None:
        try:
            if self._resting:
                self.flush()
        finally:
            self._resting = []
            self.file.close()
            self.room.file.close()


def table_end(entries: int) -> int:
    """Where the clusters begin behind a table of so many entries."""
    return -(-(HEADER + entries * ENTRY) // CLUSTER) * CLUSTER


def make_thin(pool: Volume, size: int) -> None:
    """Make an empty thin volume of so many bytes in a file. Raises TraplineError, OSError."""
    entries = -(-size // CLUSTER)
    least = table_end(entries) + CLUSTER
    if not 0 < size <= MOST_SIZE or least > pool.size:
        raise TraplineError(
            f"a thin volume of {size} bytes needs a pool of {least} bytes at least", "give a larger pool"
        )
    lay_out(pool, MAGIC, size)


def lay_out(file: Volume, magic: bytes, size: int, rest: bytes = b"") -> None:
    """Write an empty table, and the header, of which `rest` comes behind magic and sizes."""
    end = HEADER + -(-size // CLUSTER) * ENTRY
    for at in range(HEADER, end, CLUSTER):
        file.write(at, bytes(min(CLUSTER, end - at)))
    file.flush()
    file.write(0, struct.pack(">8sQQ", magic, size, CLUSTER) + rest)
    file.flush()
