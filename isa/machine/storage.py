"""Storage: words that a root owns and windows share.

A root holds the cells and two maps: `lines`, a byte for each *line* of 64 words, and `code`, a byte for each word. A
window is (root, offset, size) with a page-aligned offset and shares all three, so a virtual machine's storage is never
a copy. Every write goes through `store` (or repeats its fast path, as compiled code does), which keeps the maps true:
engines learn of stores into code they translated, comparisons of the lines that changed. Lines are smaller than pages
because small programs keep code and data in one page. What nobody has touched takes no memory.
"""

import gc
import mmap
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple
from weakref import WeakMethod, WeakSet

from isa.errors import MachineError

PAGE_BYTES = 4096
LINE_SHIFT = 6  # a line has 64 words
DIRTY, CODE = 1, 2  # bits of a line's entry in `lines`; a store takes the fast path exactly when the entry is DIRTY
REFERENCE, RECORD, REGION = 1, 2, 4  # bits of a word's entry in `code`: who made something of the word
_FORMATS: dict[int, Literal["B", "H", "I", "Q"]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
SEVERAL = 8  # words that are sooner written together than each by itself
MANY = 32  # pages: as much as a core has at hand
WIDEST = 8 * max(_FORMATS)
LARGEST = 1 << 30  # words; keeps a typing error from asking the host for the impossible


def most_words(width: int) -> int:
    """The largest storage that there may be, for words of `width` bits."""
    return min(LARGEST, (1 << width) - 1)


def cell_bytes(width: int) -> int:
    """The bytes of one cell for words of `width` bits: 1, 2, 4 or 8."""
    return next(n for n in _FORMATS if 8 * n >= width)


def page_shift(width: int) -> int:
    """A page has `1 << page_shift(width)` words."""
    return (PAGE_BYTES // cell_bytes(width)).bit_length() - 1


class Addresses(NamedTuple):
    """Where the host has a window's first cell, the entry of its first line and the entry of its first word of code."""

    cells: int
    lines: int
    code: int


class Storage:
    """`size` words of `width` bits, addressed from 0.

    `cells` is the writable view for engines; everybody else uses `read` and `write`. `lines` and `code` are the maps.
    """

    def __init__(self, width: int, size: int) -> None:
        if not 1 <= width <= WIDEST:
            help = f"a word has 1 to {WIDEST} bits; the width comes first: Storage(width, size)"
            raise MachineError(f"storage with words of {width} bits is not possible", help)
        if not 1 <= size <= LARGEST:
            raise MachineError(f"storage of {size} words is not possible", f"ask for 1 to {most_words(width)} words")
        if size > most_words(width):
            raise MachineError(
                f"a size of {size} does not fit in a word of {width} bits", f"at most {most_words(width)}"
            )
        bytes_each = cell_bytes(width)
        self.root = self
        self.width, self.offset, self.size = width, 0, size
        self.page_words = 1 << page_shift(width)
        pages = -(-size // self.page_words)
        words = pages * self.page_words
        self.cells: memoryview[int] = lazy(words * bytes_each).cast(_FORMATS[bytes_each])[:size]
        self.lines = lazy((words >> LINE_SHIFT) + 1)[:-1]  # native code looks at two at a time
        self.code = lazy(words)
        self._listeners: list[WeakMethod[Callable[[int], None]]] = []
        self._takers: WeakSet[Storage] = WeakSet()  # windows that asked for the lines written
        self._taken: set[int] = set()

    def __repr__(self) -> str:
        return f"<storage: {self.size} words of {self.width} bits>"

    def window(self, offset: int, size: int) -> "Storage":
        """The words [offset, offset + size) of this storage, shared. `offset` must be a multiple of `page_words`."""
        if offset % self.page_words or offset < 0 or size < 1 or offset + size > self.size:
            raise MachineError(f"no window of {size} words at {offset} in a storage of {self.size} words")
        window = object.__new__(Storage)
        window.root, window.width, window.page_words = self.root, self.width, self.page_words
        window.offset, window.size = self.offset + offset, size
        window.cells = self.cells[offset : offset + size]
        window.lines = self.lines[offset >> LINE_SHIFT : -(-(offset + size) >> LINE_SHIFT)]
        window.code = self.code[offset : offset + size]
        window._taken = set()
        return window

    @property
    def addresses(self) -> Addresses:
        """For native code. They hold as long as this storage, or any window of its root, is kept."""
        from ctypes import addressof, c_char

        return Addresses(*(addressof(c_char.from_buffer(part)) for part in (self.cells, self.lines, self.code)))

    def read(self, index: int, count: int = 1) -> list[int]:
        """`count` words from `index` on. Raises IndexError outside storage."""
        self._check(index, count)
        return self.cells[index : index + count].tolist()

    def write(self, index: int, words: Sequence[int]) -> None:
        """Put words at `index`. Raises IndexError outside storage, with nothing written."""
        self._check(index, len(words))
        touched = range(index >> LINE_SHIFT, (index + len(words) - 1 >> LINE_SHIFT) + 1)
        if len(words) < SEVERAL or any(self.lines[line] & CODE for line in touched):
            for i, word in enumerate(words, index):
                self.store(i, word)
        else:
            self.cells[index : index + len(words)] = memoryview(array(self.cells.format, words))
            for line in touched:
                self.lines[line] = DIRTY

    def copied(self, index: int, count: int) -> "memoryview[int]":
        """Those words again, in memory of their own."""
        cells = self.cells[index : index + count]
        return memoryview(bytearray(cells.tobytes())).cast(_FORMATS[cells.itemsize])

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
        """Note a write to a line that was not simply dirty. True if code had been made of the word."""
        self.lines[index >> LINE_SHIFT] |= DIRTY
        if not self.code[index]:
            return False
        self.code[index] = 0
        self.tell(index)
        return True

    def tell(self, index: int) -> None:
        """Let every listener know that a word of which code had been made was written."""
        for listener in list(self.root._listeners):
            method = listener()
            if method is not None:
                method(self.offset + index)

    def mark_code(self, index: int, bit: int = REFERENCE) -> int:
        """Note that code was made of a word, by whom `bit` says; returns the word's number in the root."""
        self.lines[index >> LINE_SHIFT] |= CODE
        self.code[index] |= bit
        return self.offset + index

    def on_code_write(self, listener: Callable[[int], None]) -> None:
        """Call `listener(word)`, counted from the root's first, whenever a word marked as code is written. It is a
        method, and is forgotten with its object."""
        listeners = self.root._listeners
        listeners.append(WeakMethod(listener, listeners.remove))

    def take_dirty(self) -> list[int]:
        """The lines of this window written since the last call, in order. What one window takes is not lost to others
        that have asked before; whoever wants to share with nobody makes a window of their own."""
        entries = self.lines.tobytes()
        marked = [line for kind in (DIRTY, DIRTY | CODE) for line in _occurrences(entries, kind)]
        for line in marked:
            self.lines[line] &= ~DIRTY
        first = self.offset >> LINE_SHIFT
        for taker in self.root._takers:
            if taker is not self and marked:
                taker._note(first - (taker.offset >> LINE_SHIFT), marked)
        self.root._takers.add(self)
        found, self._taken = self._taken.union(marked), set()
        return sorted(found)

    def _note(self, ahead: int, lines: list[int]) -> None:
        """Another window took the marks of these lines, which are numbered `ahead` higher here."""
        self._taken.update(line + ahead for line in lines if 0 <= line + ahead < len(self.lines))

    def put_line(self, number: int, words: bytes) -> None:
        """Make a line hold these words, as bytes of its cells. Words that stay the same are not written."""
        first = number << LINE_SHIFT
        there = self.cells[first : first + (1 << LINE_SHIFT)]
        if there.tobytes() == words:
            return
        wanted = memoryview(words).cast(_FORMATS[there.itemsize])
        if self.lines[number] & CODE:
            for index, (word, present) in enumerate(zip(wanted, there, strict=True), first):
                if word != present:
                    self.store(index, word)
        else:
            there[:] = wanted
            self.lines[number] |= DIRTY

    def line(self, number: int) -> "memoryview[int]":
        """The words of one line, read-only; the last line of a window may be short."""
        first = number << LINE_SHIFT
        return self.cells[first : first + (1 << LINE_SHIFT)].toreadonly()

    def page(self, number: int) -> "memoryview[int]":
        """The words of one page, read-only; the last page of a window may be short."""
        first = number * self.page_words
        return self.cells[first : first + self.page_words].toreadonly()

    def nonzero_pages(self) -> list[int]:
        """The pages that hold a word other than zero. Most of a large storage is zero, and so is looked at in large."""
        pages = -(-self.size // self.page_words)
        return [p for many in range(0, pages, MANY) for p in self._nonzero(many, min(many + MANY, pages))]

    def _nonzero(self, first: int, end: int) -> list[int]:
        data = self.cells[first * self.page_words : end * self.page_words].tobytes()
        if data == bytes(len(data)):
            return []
        size, nothing = self.page_words * self.cells.itemsize, bytes(PAGE_BYTES)
        pages = [data[at : at + size] for at in range(0, len(data), size)]
        return [number for number, page in enumerate(pages, first) if page != nothing[: len(page)]]

    def _check(self, index: int, count: int) -> None:
        if index < 0 or count < 0 or index + count > self.size:
            raise IndexError(f"words {index} to {index + count - 1} of a storage of {self.size} words")


def _occurrences(entries: bytes, kind: int) -> Iterator[int]:
    """Where an entry stands, found as fast as the host looks through memory: nearly all lines are not written."""
    at = entries.find(kind)
    while at >= 0:
        yield at
        at = entries.find(kind, at + 1)


def lazy(size: int) -> "memoryview[int]":
    """That many zero bytes at an address that stays, which take no memory until they are written."""
    try:
        return memoryview(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    except OSError:  # the host gives a process only so many mappings, and machines that are garbage may have them still
        gc.collect()
        return memoryview(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
