"""Thin volumes: more bytes are promised than there are, and room is taken when something is written.

A pool is a volume: a header, a table with an entry for each cluster of the thin volume (0: nowhere, else which cluster
of the pool, from 1), and the clusters. A cluster is filled before its entry is written. A pool that is full refuses to
write, which pauses a guest with the reason; when the pool has grown, the same write is done again, and nothing is lost.
"""

import errno
import struct
from array import array
from sys import byteorder

from isa.errors import TraplineError
from monitor.volumes.volume import Kept, Volume

MAGIC = b"TPLTHIN1"
HEADER, ENTRY = 4096, 8
CLUSTER = 65536
MOST_SIZE = 1 << 44


class Thin(Kept):
    """The thin volume in a pool. Raises TraplineError if there is none, or it makes no sense."""

    def __init__(self, pool: Volume) -> None:
        self.pool, self.path, self.writable = pool, pool.path, pool.writable
        magic, self.size, cluster = struct.unpack(">8sQQ", pool.read(0, 24))
        self.cluster = int(cluster)
        entries = -(-self.size // self.cluster) if self.cluster else 0
        self._first = _first(entries, self.cluster or 1)
        if magic != MAGIC or self.cluster != CLUSTER or self.size > MOST_SIZE or self._first > pool.size:
            raise TraplineError(
                f"{pool.path} is no thin volume, or was cut", "`trapline volume create FILE.thin SIZE --pool BYTES`"
            )
        self._table = array("Q", pool.read(HEADER, entries * ENTRY))
        if byteorder == "little":
            self._table.byteswap()
        taken = [entry for entry in self._table if entry]
        if len(set(taken)) < len(taken) or any(entry > self.clusters for entry in taken):
            raise TraplineError(f"the table of {pool.path} makes no sense", "use a copy that is whole")
        self._free = sorted(set(range(1, self.clusters + 1)) - set(taken), reverse=True)

    @property
    def clusters(self) -> int:
        """How many the pool has."""
        return (self.pool.size - self._first) // self.cluster

    @property
    def free(self) -> int:
        """Bytes that can be taken."""
        return len(self._free) * self.cluster

    def _place(self, entry: int) -> int:
        return self._first + (entry - 1) * self.cluster

    def read(self, offset: int, count: int) -> bytes:
        self.within(offset, count)
        parts = []
        while count:
            index, start = divmod(offset, self.cluster)
            length = min(count, self.cluster - start)
            entry = self._table[index]
            parts.append(self.pool.read(self._place(entry) + start, length) if entry else bytes(length))
            offset, count = offset + length, count - length
        return b"".join(parts)

    def write(self, offset: int, data: bytes) -> None:
        self.within(offset, len(data))
        view = memoryview(data)
        while view:
            index, start = divmod(offset, self.cluster)
            part = bytes(view[: self.cluster - start])
            entry = self._table[index]
            if entry:
                self.pool.write(self._place(entry) + start, part)
            else:
                self._take(index, part.rjust(start + len(part), b"\0").ljust(self.cluster, b"\0"))
            offset, view = offset + len(part), view[len(part) :]

    def _take(self, index: int, data: bytes) -> None:
        if not self._free:
            reason = f"the pool {self.path} is full: {self.clusters} clusters of {self.cluster} bytes"
            raise OSError(errno.ENOSPC, reason)
        entry = self._free[-1]
        self.pool.write(self._place(entry), data)
        self.pool.write(HEADER + index * ENTRY, entry.to_bytes(ENTRY, "big"))
        self._free.pop()
        self._table[index] = entry

    def zero(self, offset: int, count: int) -> None:
        """Whole clusters are given back."""
        while count:
            index, start = divmod(offset, self.cluster)
            length = min(count, self.cluster - start)
            entry = self._table[index]
            if entry and length == self.cluster:
                self.pool.write(HEADER + index * ENTRY, bytes(ENTRY))
                self._table[index] = 0
                self._free.append(entry)
            elif entry:
                self.pool.write(self._place(entry) + start, bytes(length))
            offset, count = offset + length, count - length

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        found: list[tuple[int, bool]] = []
        while count:
            index, start = divmod(offset, self.cluster)
            length = piece = min(count, self.cluster - start)
            zero = not self._table[index]
            if found and found[-1][1] == zero:
                length += found.pop()[0]
            found.append((length, zero))
            offset, count = offset + piece, count - piece
        return found

    def grown(self) -> None:
        """The pool has more room than before."""
        taken = {entry for entry in self._table if entry}
        self._free = sorted(set(range(1, self.clusters + 1)) - taken, reverse=True)

    def flush(self) -> None:
        self.pool.flush()

    def stamp(self) -> object:
        return self.pool.stamp()

    def close(self) -> None:
        self.pool.close()


def _first(entries: int, cluster: int) -> int:
    """Where the clusters begin."""
    return -(-(HEADER + entries * ENTRY) // cluster) * cluster


def make_thin(pool: Volume, size: int) -> None:
    """Make an empty thin volume of so many bytes in a pool. Raises TraplineError, OSError."""
    entries = -(-size // CLUSTER)
    if not 0 < size <= MOST_SIZE or _first(entries, CLUSTER) + CLUSTER > pool.size:
        least = _first(entries, CLUSTER) + CLUSTER
        raise TraplineError(
            f"a thin volume of {size} bytes needs a pool of {least} bytes at least", "give a larger pool"
        )
    for at in range(HEADER, HEADER + entries * ENTRY, CLUSTER):
        pool.write(at, bytes(min(CLUSTER, HEADER + entries * ENTRY - at)))
    pool.write(0, struct.pack(">8sQQ", MAGIC, size, CLUSTER))
