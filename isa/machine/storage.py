"""Storage: words that a root owns and windows share.

A root holds the cells and a page map; a window is (root, offset, size) with a page-aligned offset and shares both,
so a virtual machine's storage is never a copy. Every write goes through `store` (or repeats its fast path, as
compiled blocks do), which keeps the page map true: engines learn of stores into code, comparisons of changed pages.
"""

import mmap
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from isa.errors import MachineError

PAGE_BYTES = 4096
CLEAN, DIRTY, CODE = 0, 1, 2  # a page's entry in the map: bits; stores take the fast path exactly when it is DIRTY
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

    `cells` is the writable view for engines; everybody else uses `read` and `write`. `pages` is the page map, one
    byte for each page of `page_words` words (`1 << page_shift`).
    """

    def __init__(self, width: int, size: int) -> None:
        if not 1 <= size <= LARGEST:
            raise MachineError(f"storage of {size} words is not possible", f"ask for 1 to {LARGEST} words")
        if size >= 1 << width:
            raise MachineError(
                f"a size of {size} does not fit in a word of {width} bits", f"at most {(1 << width) - 1}"
            )
        bytes_each = cell_bytes(width)
        self.page_shift = page_shift(width)
        count = -(-size >> self.page_shift)
        self.root = self
        self.width, self.offset, self.size = width, 0, size
        self._bytes = mmap.mmap(-1, max(1, count) * PAGE_BYTES)
        self.cells: memoryview[int] = memoryview(self._bytes).cast(_FORMATS[bytes_each])[:size]
        self.pages = memoryview(bytearray(count))
        self._code_listeners: list[Callable[[int], None]] = []

    @property
    def page_words(self) -> int:
        return 1 << self.page_shift

    def window(self, offset: int, size: int) -> "Storage":
        """The words [offset, offset + size) of this storage, shared. `offset` must be a multiple of `page_words`."""
        if offset % self.page_words or offset < 0 or size < 1 or offset + size > self.size:
            raise MachineError(f"no window of {size} words at {offset} in a storage of {self.size} words")
        window = object.__new__(Storage)
        window.root, window.width, window.page_shift = self.root, self.width, self.page_shift
        window.offset, window.size = self.offset + offset, size
        window.cells = self.cells[offset : offset + size]
        first = offset >> self.page_shift
        window.pages = self.pages[first : first + (-(-size >> self.page_shift))]
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
        page = index >> self.page_shift
        return self.pages[page] != DIRTY and self.touch(page)

    def touch(self, page: int) -> bool:
        """Note a write to a page that was not simply dirty. True if code had been translated from it."""
        code = bool(self.pages[page] & CODE)
        self.pages[page] = DIRTY
        if code:
            for listener in list(self.root._code_listeners):
                listener(self.root_page(page))
        return code

    def root_page(self, page: int) -> int:
        """The number of a page of this window, counted from the root's first."""
        return (self.offset >> self.page_shift) + page

    def mark_code(self, page: int) -> None:
        """Note that code was translated from a page."""
        self.pages[page] |= CODE

    def on_code_write(self, listener: Callable[[int], None]) -> None:
        """Call `listener(page)`, page counted from the root's first, whenever a page marked as code is written."""
        self.root._code_listeners.append(listener)

    def take_dirty(self) -> list[int]:
        """The pages of this window written since the last call."""
        found = [p for p, flags in enumerate(self.pages) if flags & DIRTY]
        for page in found:
            self.pages[page] &= ~DIRTY
        return found

    def page(self, number: int) -> "memoryview[int]":
        """The words of one page, read-only; the last page of a window may be short."""
        first = number << self.page_shift
        return self.cells[first : first + self.page_words].toreadonly()

    def nonzero_pages(self) -> Iterable[int]:
        return (p for p in range(len(self.pages)) if any(self.page(p)))

    def _check(self, index: int, count: int) -> None:
        if index < 0 or count < 0 or index + count > self.size:
            raise IndexError(f"words {index} to {index + count - 1} of a storage of {self.size} words")
