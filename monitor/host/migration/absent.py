"""Storage and disks of which blocks are absent: whoever touches one has it come first, and cannot tell.

The reference engine, the monitor and devices reach storage through its cells, so it is the cells that see to it. A
block is one of the contents that the machine was kept as (`monitor.host.contents`).
"""

from collections.abc import Callable, Iterator
from typing import Any

from isa.machine import Storage
from monitor.host.contents import BLOCK, Contents
from monitor.host.definition import DiskPart
from monitor.host.disks import Held


class Cells:
    """Cells of a storage, or a stretch of them from `first` on, as a memoryview has them."""

    __slots__ = ("_absent", "_cells", "_first", "format", "itemsize")

    def __init__(self, cells: "memoryview[int]", absent: "Absent", first: int = 0) -> None:
        self._cells, self._absent, self._first = cells, absent, first
        self.format, self.itemsize = cells.format, cells.itemsize

    def __len__(self) -> int:
        return len(self._cells)

    def __iter__(self) -> Iterator[int]:
        return iter(self._here())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return Cells(self._cells[key], self._absent, self._first + key.indices(len(self))[0])
        if self._absent.flags:
            self._absent.touched(self._first + key)
        return self._cells[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, slice):
            self[key]._here()
        elif self._absent.flags:
            self._absent.touched(self._first + key)
        self._cells[key] = value

    def _here(self) -> "memoryview[int]":
        """The same, all of it present."""
        if self._absent.flags and len(self):
            self._absent.come_all(self._first, self._first + len(self))
        return self._cells

    def tobytes(self) -> bytes:
        return self._here().tobytes()

    def tolist(self) -> list[int]:
        return self._here().tolist()

    def toreadonly(self) -> "memoryview[int]":
        return self._here().toreadonly()


class Absent:
    """Which blocks of a storage are absent, and how they come. `flags` has an entry for each, 1 for one that is absent;
    it is empty while none is."""

    def __init__(self) -> None:
        self.flags = bytearray()
        self._words = self._base = 0
        self._come: Callable[[int], object] = lambda number: None

    def all_of(self, storage: Storage, come: Callable[[int], object]) -> None:
        """From now on all blocks of a window are absent, until each has come: `come` puts it where it belongs."""
        self._words = BLOCK // storage.cells.itemsize
        self._base, self._come = storage.offset // self._words, come
        self.flags = bytearray(b"\1" * (-(-storage.size // self._words)))

    def touched(self, index: int) -> None:
        """The word at this index of the root is about to be read or written."""
        number = index // self._words - self._base
        if 0 <= number < len(self.flags) and self.flags[number]:
            self.flags[number] = 0
            self._come(number)

    def come_all(self, first: int, end: int) -> None:
        """As `touched`, of all words from `first` to `end`."""
        for number in range(first // self._words, -(-end // self._words)):
            self.touched(number * self._words)


class Lacking(Storage):
    """Storage of which some blocks may be absent. Native code cannot run in it."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__(width, size)
        self.absent, self.whole = Absent(), self.cells
        self.cells = Cells(self.cells, self.absent)  # type: ignore[assignment]


class LackingDisk(Held):
    """A disk whose blocks come when they are touched."""

    def __init__(self, contents: Contents, digest: str, part: DiskPart) -> None:
        super().__init__(bytes(contents.size(digest)), not part.read_only)
        self._contents, self._digest = contents, digest
        self._absent = bytearray(b"\1" * (-(-self.size // BLOCK)))

    def read(self, offset: int, count: int) -> bytes:
        self._touched(offset, count)
        return super().read(offset, count)

    def write(self, offset: int, data: bytes) -> None:
        self._touched(offset, len(data))
        super().write(offset, data)

    def _touched(self, offset: int, count: int) -> None:
        for number in range(offset // BLOCK, -(-(offset + count) // BLOCK)):
            if self._absent[number]:
                self._absent[number] = 0
                for _, block in self._contents.blocks(self._digest, range(number, number + 1)):
                    self.data[number * BLOCK : number * BLOCK + len(block)] = block
