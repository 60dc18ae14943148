"""Pools: room that several thin volumes share, each with a file of its own, at the same time and from any process.

A pool's file has a header, a table that says of each cluster which volume owns it (0: none), and the clusters. Whoever
takes or gives some has the file for himself while he does. A cluster is owned before anything points to it; so what a
kill or a loss of power leaves is at worst a cluster that is owned and not used, and whoever opens that volume next to
write gives it back.
"""

import os
import struct
from array import array
from sys import byteorder

from isa.errors import TraplineError
from monitor.volumes.file import HostFile
from monitor.volumes.thin import CLUSTER, ENTRY, HEADER, MOST_SIZE, full, lay_out

MAGIC, MEMBER = b"TPLPOOL1", b"TPLTHIN2"
NUMBER_AT, OWNERS_AT, OWNER = 16, 4096, 4  # of the header: the next volume's number; the table, and an entry of it
MOST = 1 << 20  # clusters
FIRST = -(-(OWNERS_AT + MOST * OWNER) // CLUSTER) * CLUSTER
LOOKED_AT = 4096  # owners at a time
NAME = 1023  # bytes of the pool's name, in a volume's header
BELONGS = struct.Struct(">QQH")  # behind magic and sizes of a volume: its number, its file's inode, the name's length


class Pool:
    """The room of the volume with a number, or of none (0), in a pool's file. Raises TraplineError."""

    first = FIRST

    def __init__(self, path: str, number: int = 0, writable: bool = True) -> None:
        self.file, self.number = HostFile(path, writable, shared=True), number
        try:
            magic, cluster = struct.unpack(">8sQ", self.file.peek(0, 16))
            if magic != MAGIC or cluster != CLUSTER or self.file.end < FIRST:
                raise TraplineError(f"{path} is no pool", "`trapline volume create FILE.pool BYTES` makes one")
        except BaseException:
            self.file.close()
            raise
        self._hint = 0

    @property
    def clusters(self) -> int:
        """How many there are; the pool may grow at any time."""
        return min(MOST, (self.file.end - FIRST) // CLUSTER)

    @property
    def free(self) -> int:
        return self._owners(0, self.clusters).count(0)

    def _owners(self, begin: int, end: int) -> "array[int]":
        found = array("I", self.file.peek(OWNERS_AT + begin * OWNER, (end - begin) * OWNER))
        if byteorder == "little":
            found.byteswap()
        return found

    def _own(self, cluster: int, number: int) -> None:
        self.file.write(OWNERS_AT + cluster * OWNER, number.to_bytes(OWNER, "big"))

    def begin(self, taken: set[int]) -> None:
        with self.file.alone():
            owned = {i + 1 for i, owner in enumerate(self._owners(0, self.clusters)) if owner == self.number}
            if taken - owned:
                rule = f"a cluster of volume {self.number} is another's in the pool {self.file.path}"
                raise TraplineError(rule, "use copies of both that are whole, and of the same moment")
            for entry in owned - taken if self.file.writable else ():
                self._own(entry - 1, 0)

    def take(self) -> tuple[int, bool]:
        """It is never safe to point to one before a flush: by then it is owned."""
        with self.file.alone():
            clusters = self.clusters
            for begin in [*range(self._hint, clusters, LOOKED_AT), *range(0, min(self._hint, clusters), LOOKED_AT)]:
                owners = self._owners(begin, min(begin + LOOKED_AT, clusters))
                if 0 in owners:
                    self._hint, found = begin, begin + owners.index(0)
                    self._own(found, self.number)
                    return found + 1, False
        raise full(self.file.path, clusters)

    def give(self, entries: list[int]) -> None:
        if entries:
            with self.file.alone():
                for entry in entries:
                    self._own(entry - 1, 0)

    def grow(self, size: int) -> None:
        """Have room for so many bytes. Raises TraplineError for less than there is."""
        with self.file.alone():
            there, wanted = self.clusters, -(-size // CLUSTER)
            if not there <= wanted <= MOST:
                rule = f"{self.file.path} has {there * CLUSTER} bytes already, and can have {MOST * CLUSTER}"
                raise TraplineError(rule, "give a larger size, or make another pool")
            self.file.resize(FIRST + wanted * CLUSTER)

    def join(self) -> int:
        """The number of a volume that is going to be in the pool."""
        with self.file.alone():
            number = int.from_bytes(self.file.read(NUMBER_AT, 8), "big")
            if number >= 1 << 8 * OWNER:
                raise TraplineError(f"{self.file.path} has had too many volumes", "make another pool")
            self.file.write(NUMBER_AT, (number + 1).to_bytes(8, "big"))
            self.file.flush()
        return number


def make_pool(path: str, size: int) -> None:
    """Make a pool with room for so many bytes. Raises TraplineError, OSError."""
    clusters = -(-size // CLUSTER)
    if not 0 < clusters <= MOST:
        raise TraplineError(f"a pool cannot have {size} bytes", f"give from 1 to {MOST * CLUSTER}")
    with open(path, "xb") as file:
        file.truncate(FIRST + clusters * CLUSTER)
        file.write(struct.pack(">8sQQ", MAGIC, CLUSTER, 1))
        file.flush()
        os.fsync(file.fileno())


def make_member(path: str, size: int, name: str, number: int) -> None:
    """Make an empty thin volume, which is the `number`th in the pool `name`, as named from the volume's own folder.
    Raises TraplineError, OSError."""
    encoded = name.encode()
    if not 0 < size <= MOST_SIZE or len(encoded) > NAME:
        raise TraplineError(f"a thin volume cannot have {size} bytes, or such a pool", "give a smaller size")
    with open(path, "xb") as made:
        made.truncate(HEADER + -(-size // CLUSTER) * ENTRY)
    file = HostFile(path)
    try:
        lay_out(file, MEMBER, size, BELONGS.pack(number, file.stamp()[0], len(encoded)) + encoded)
    finally:
        file.close()


def belongs(file: HostFile) -> tuple[str, int] | None:
    """The name of the pool in which the thin volume of a file is, and the volume's number; None if it is in none.
    Raises TraplineError for a copy: it has the same clusters as what it was copied from."""
    head = file.peek(0, HEADER)
    if head[:8] != MEMBER:
        return None
    number, inode, length = BELONGS.unpack_from(head, 24)
    if file.writable and file.stamp()[0] != inode:
        rule = f"{file.path} was copied, and has its clusters together with what it was copied from"
        raise TraplineError(rule, "`trapline volume convert` makes a copy that has its own")
    name = head[24 + BELONGS.size :][:length]
    return name.decode("utf-8", "replace"), number
