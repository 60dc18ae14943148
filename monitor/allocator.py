"""The allocator: who owns which words of the real storage. Nobody else gives storage to a virtual machine."""

from isa.errors import MachineError
from isa.machine import Storage


class Allocator:
    """Hands out page-aligned windows of one storage, first fit. Page 0 is never given out: it holds the trap area of
    the machine below, and a guest that could see its base would otherwise see nothing wrong."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._pages = -(-storage.size // storage.page_words)
        self._taken: list[tuple[int, int]] = [(0, 1)]  # (first page, pages), in order

    def allocate(self, size: int) -> Storage:
        """A zeroed window of `size` words. Raises MachineError if no run of free pages is long enough."""
        if size < 1:
            raise MachineError(f"a virtual machine of {size} words is not possible", "give it some storage")
        wanted = -(-size // self.storage.page_words)
        first = self._fit(wanted, size)
        self._taken = sorted([*self._taken, (first, wanted)])
        window = self.storage.window(first * self.storage.page_words, size)
        for page in window.nonzero_pages():
            window.write(page * window.page_words, [0] * len(window.page(page)))
        return window

    def release(self, window: Storage) -> None:
        """Take a window back. Raises MachineError for one that was not given out."""
        first = (window.offset - self.storage.offset) // self.storage.page_words
        entry = (first, -(-window.size // self.storage.page_words))
        if entry not in self._taken or first == 0:
            raise MachineError("this window was not allocated here")
        self._taken.remove(entry)

    def _fit(self, wanted: int, size: int) -> int:
        end = 0
        for first, pages in [*self._taken, (self._pages, 0)]:
            if first - end >= wanted and end * self.storage.page_words + size <= self.storage.size:
                return end
            end = first + pages
        end, words = sum(self._taken[-1]), self.storage.page_words
        raise MachineError(
            f"no room for a virtual machine of {size} words in a storage of {self.storage.size}",
            f"the machine below needs {(end + wanted) * words} words: page 0 and whole pages of {words} are set aside",
        )
