"""A volume that fails as it is told to: for tests, and to see what a level is worth."""

import errno

from monitor.volumes.volume import Volume


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
