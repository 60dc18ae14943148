"""Storage: words that a root owns and windows share.

A root holds the cells and a map with one byte for each *line* of 64 words; a window is (root, offset, size) with a
page-aligned offset and shares both, so a virtual machine's storage is never a copy. Every write goes through `store`
(or repeats its fast path, as compiled blocks do), which keeps the map true: engines learn of stores into code they
translated, comparisons of the lines that changed. Lines are smaller than pages because small programs keep code and
data in one page.
"""

import mmap
from collections.abc import Callable, Sequence
from typing import Literal

from isa.errors import MachineError

PAGE_BYTES = 4096
LINE_SHIFT = 6  # a line has 64 words
DIRTY, CODE = 1, 2  # bits of a line's entry in the map; a store takes the fast path exactly when the entry is DIRTY
_FORMATS: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
LARGEST = 1 << 30  # words; keeps a typing error from asking the host for the impossible


def cell_bytes(width: int) -> int:
    """The bytes of one cell for words of `width` bits: 1, 2, 4 or 8."""
    return next(n for n in _FORMATS if 8 * n >= width)


def page_shift(width: int) -> int:
    """A page has `1 << page_shift(width)` words."""
    return (PAGE_BYTES // cell_bytes(width)).bit_length() - 1


class Storage:
    """`size` words of `width` bits, addressed from 0.

    `cells` is the writable view for engines; everybody else uses `read` and `write`. `lines` is the map.
    """

    def __init__(self, width: int, size: int) -> None:
        if not 1 <= size <= LARGEST:
            raise MachineError(f"storage of {size} words is not possible", f"ask for 1 to {LARGEST} words")
        if size >= 1 << width:
            raise MachineError(
                f"a size of {size} does not fit in a word of {width} bits", f"at most {(1 << width) - 1}"
            )
        bytes_each = cell_bytes(width)
        self.root = self
        self.width, self.offset, self.size = width, 0, size
        self.page_words = 1 << page_shift(width)
        pages = -(-size // self.page_words)
        self._bytes = mmap.mmap(-1, pages * PAGE_BYTES)
        self.cells: memoryview[int] = memoryview(self._bytes).cast(_FORMATS[bytes_each])[:size]
        self.lines = memoryview(bytearray(pages * self.page_words >> LINE_SHIFT))
        self._code: set[int] = set()  # the words of the root from which code was translated
        self._code_listeners: list[Callable[[int], None]] = []

    def window(self, offset: int, size: int) -> "Storage":
        """The words [offset, offset + size) of this storage, shared. `offset` must be a multiple of `page_words`."""
        if offset % self.page_words or offset < 0 or size < 1 or offset + size > self.size:
            raise MachineError(f"no window of {size} words at {offset} in a storage of {self.size} words")
        window = object.__new__(Storage)
        window.root, window.width, window.page_words = self.root, self.width, self.page_words
        window.offset, window.size = self.offset + offset, size
        window.cells = self.cells[offset : offset + size]
        window.lines = self.lines[offset >> LINE_SHIFT : -(-(offset + size) >> LINE_SHIFT)]
        return window

    def read(self, index: int, count: int = 1) -> list[int]:
        """`count` words from `index` on. Raises IndexError outside storage."""
        self._check(index, count)
        return self.cells[index : index + count].tolist()

    def write(self, index: int, words: Sequence[int]) -> None:
        """Put words at `index`. Raises IndexError outside storage, with nothing written."""
        self._check(index, len(words))
        for i, word in enumerate(words, index):
            self.store(i, word)

    def load(self, index: int) -> int:
        """The word at `index`, zero outside storage: the meaning of `ir.Load`."""
        return self.cells[index] if index < self.size else 0

    def store(self, index: int, word: int) -> bool:
        """Write one word, nothing outside storage: the meaning of `ir.Store`. True if code was overwritten."""
        if index >= self.size:
            return False
        self.cells[index] = word
        return self.lines[index >> LINE_SHIFT] != DIRTY and self.touch(index)

    def touch(self, index: int) -> bool:
        """Note a write to a line that was not simply dirty. True if code had been translated from the word."""
        line = index >> LINE_SHIFT
        self.lines[line] |= DIRTY
        word = self.offset + index
        if word not in self.root._code:
            return False
        self.root._code.discard(word)
        for listener in list(self.root._code_listeners):
            listener(word)
        return True

    def mark_code(self, index: int) -> int:
        """Note that code was translated from a word; returns its number in the root."""
        self.lines[index >> LINE_SHIFT] |= CODE
        self.root._code.add(self.offset + index)
        return self.offset + index

    def on_code_write(self, listener: Callable[[int], None]) -> None:
        """Call `listener(word)`, counted from the root's first, whenever a word marked as code is written."""
        self.root._code_listeners.append(listener)

    def take_dirty(self) -> list[int]:
        """The lines of this window written since the last call."""
        entries = self.lines.tobytes()
        found = [i for i, entry in enumerate(entries) if entry & DIRTY] if entries.strip(b"\0\2") else []
        for line in found:
            self.lines[line] &= ~DIRTY
        return found

    def line(self, number: int) -> "memoryview[int]":
        """The words of one line, read-only; the last line of a window may be short."""
        first = number << LINE_SHIFT
        return self.cells[first : first + (1 << LINE_SHIFT)].toreadonly()

    def page(self, number: int) -> "memoryview[int]":
        """The words of one page, read-only; the last page of a window may be short."""
        first = number * self.page_words
        return self.cells[first : first + self.page_words].toreadonly()

    def nonzero_pages(self) -> list[int]:
        """The pages that hold a word other than zero."""
        pages = -(-self.size // self.page_words)
        return [p for p in range(pages) if any(self.page(p))]

    def _check(self, index: int, count: int) -> None:
        if index < 0 or count < 0 or index + count > self.size:
            raise IndexError(f"words {index} to {index + count - 1} of a storage of {self.size} words")
