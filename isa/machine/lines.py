"""What storage held at several moments of a run: of each moment only the lines that were written since the one before.

Storage is at one of the moments, or has been run on from there; `put` brings it to another. That takes as long as lines
were written between the two, however large storage is. Next: `isa.machine.moment`, for all the rest of a machine.
"""

from collections.abc import Iterator, KeysView

from isa.machine.storage import LINE_SHIFT, Storage

ENTRY_BYTES = 150  # what the host takes for a line beside its words


class Lines:
    """The moments of a storage's root, in order; the first is when this was made. `present` is the number of the one
    that storage came from."""

    def __init__(self, storage: Storage) -> None:
        root = storage.root
        self.storage = root.window(0, root.size)  # nobody else takes its marks
        self.storage.take_dirty()
        per_page = root.page_words >> LINE_SHIFT
        lines = [page * per_page + n for page in root.nonzero_pages() for n in range(per_page)]
        self.moments = [{n: self._now(n) for n in lines if any(self.storage.line(n))}]
        self.present = 0

    def insert(self) -> int:
        """Make what storage holds a moment, behind the present one; returns its number, which is then the present."""
        written = {n: self._now(n) for n in self.storage.take_dirty()}
        for after in self.moments[self.present + 1 : self.present + 2]:  # it may not have been run to from here
            after.update(self._held(written.keys() - after.keys(), self.present))
        self.present += 1
        self.moments.insert(self.present, written)
        return self.present

    def put(self, moment: int) -> None:
        """Make storage hold what it held then."""
        low, high = sorted((self.present, moment))
        left = set(self.storage.take_dirty()).union(*self.moments[low + 1 : high + 1])
        for n, words in self._held(left, moment):
            self.storage.put_line(n, words)
        self.storage.take_dirty()
        self.present = moment

    def drop(self, moment: int) -> None:
        """Forget a moment that is neither the first, nor the last, nor the present."""
        dropped = self.moments.pop(moment)
        for n, words in dropped.items():
            self.moments[moment].setdefault(n, words)
        self.present -= self.present > moment

    def cut(self) -> None:
        """Forget all moments behind the present one."""
        del self.moments[self.present + 1 :]

    def written(self, moment: int) -> KeysView[int]:
        """The lines written between a moment and the one before."""
        return self.moments[moment].keys()

    @property
    def size(self) -> int:
        """How many bytes the moments take, about."""
        return sum(map(len, self.moments)) * (ENTRY_BYTES + (self.storage.cells.itemsize << LINE_SHIFT))

    def _held(self, numbers: set[int], moment: int) -> Iterator[tuple[int, bytes]]:
        """What these lines held at a moment."""
        left = set(numbers)
        for lines in reversed(self.moments[: moment + 1]):
            found = left.intersection(lines)
            yield from ((n, lines[n]) for n in found)
            left -= found
            if not left:
                return
        yield from ((n, bytes(len(self.storage.line(n)) * self.storage.cells.itemsize)) for n in left)

    def _now(self, number: int) -> bytes:
        return self.storage.line(number).tobytes()
