"""Volumes that fail as they are told to, and what is left of a file when the power fails: for tests, and to see what a
level is worth."""

import errno
from random import Random

from monitor.volumes.volume import Volume

SECTOR = 512  # bytes that a disk of the host writes whole or not at all


class Faulty:
    """`inner`, but that reads or writes fail, or writes vanish as if they had been done."""

    def __init__(self, inner: Volume) -> None:
        self.inner = inner
        self.reads_fail = self.writes_fail = self.writes_vanish = False

    @property
    def path(self) -> str:
        return self.inner.path

    @property
    def size(self) -> int:
        return self.inner.size

    @property
    def writable(self) -> bool:
        return self.inner.writable

    def read(self, offset: int, count: int) -> bytes:
        if self.reads_fail:
            raise OSError(errno.EIO, "it cannot be read")
        return self.inner.read(offset, count)

    def write(self, offset: int, data: bytes) -> None:
        if self.writes_fail:
            raise OSError(errno.EIO, "it cannot be written")
        if not self.writes_vanish:
            self.inner.write(offset, data)

    def zero(self, offset: int, count: int) -> None:
        self.write(offset, bytes(count))

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        return [(count, False)]

    def flush(self) -> None:
        self.inner.flush()

    def close(self) -> None:
        self.inner.close()


class Unflushed:
    """A file as the host's disk has it: of what was written since the last flush each sector may be there or not,
    whatever the order, so that a write may be there by pieces and a later one without an earlier."""

    def __init__(self, data: bytes) -> None:
        self.safe = bytearray(data)
        self._later: dict[int, list[bytes]] = {}  # what was written to a sector since, oldest first

    def write(self, offset: int, data: bytes) -> None:
        for number in range(offset // SECTOR, -(-(offset + len(data)) // SECTOR)):
            first = number * SECTOR
            known = self._later.setdefault(number, [])
            before = known[-1] if known else bytes(self.safe[first : first + SECTOR]).ljust(SECTOR, b"\0")
            start, end = max(offset, first), min(offset + len(data), first + SECTOR)
            part = data[start - offset : end - offset]
            known.append(before[: start - first] + part + before[end - first :])

    def flush(self) -> None:
        """All of it is safe."""
        for number, known in self._later.items():
            _put(self.safe, number, known[-1])
        self._later.clear()

    def cut(self, random: Random) -> bytes:
        """What might be left if the power failed now."""
        left, likely = bytearray(self.safe), random.choice((0.1, 0.5, 0.9))
        for number, known in self._later.items():
            if random.random() < likely:
                _put(left, number, random.choice(known))
        return bytes(left)


def _put(data: bytearray, sector: int, value: bytes) -> None:
    """A file becomes as long as it must."""
    data.extend(bytes(max(0, (sector + 1) * SECTOR - len(data))))
    data[sector * SECTOR : (sector + 1) * SECTOR] = value
