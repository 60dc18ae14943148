"""How often each word of a storage was executed: counted by engines as they run, for whoever asks for a profile.

Engines count where a run of words, one behind the other, begins and where it ends, so that what goes straight on costs
nothing: `steps` has the differences from each word to the one before. Engines that count are in
`isa.engines.reference.counted` and `isa.engines.native.counted`.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from isa.machine.storage import Storage, lazy

SHEET = 1 << 12  # entries that are looked at together: where nothing ran, memory stays untouched
_EMPTY = bytes(8 * SHEET)


class Count(NamedTuple):
    """Of a word, how many steps executed it or tried to, and how many of them trapped. `place` is None for all whose
    fetch trapped."""

    place: int | None
    steps: int
    trapped: int


class Counts:
    """Of all words of a root storage. Behind the last word stands what could not be fetched. `listener`, if set, is
    told steps of a bare machine before which the mode may have changed."""

    def __init__(self, words: int) -> None:
        self.words = words
        self.listener: Callable[[int], None] | None = None
        self._room = -(-(words + 2) // SHEET) * SHEET
        self._memory = lazy(16 * self._room)
        both = self._memory.cast("q")
        self.steps, self.traps = both[: self._room], both[self._room :]

    def add(self, place: int, trapped: bool = False) -> None:
        """Count a step that took place at this word."""
        self.steps[place] += 1
        self.steps[place + 1] -= 1
        self.traps[place] += trapped

    def of(self, storage: Storage) -> list[Count]:
        """The counts of the words of a window that ran at all, by their places in it, and last what was not fetched."""
        found: list[Count] = []
        for word, steps, trapped in self._counted():
            place = word - storage.offset
            if 0 <= place < storage.size:
                found.append(Count(place, steps, trapped))
            elif word == self.words:
                found.append(Count(None, steps, trapped))
        return found

    def _counted(self) -> Iterator[tuple[int, int, int]]:
        """(word, steps, trapped) for each that has any."""
        running = 0
        for first in range(0, self._room, SHEET):
            steps = self.steps[first : first + SHEET]
            if not running and steps.tobytes() == _EMPTY:
                continue
            counts = [*accumulate(steps.tolist(), initial=running)][1:]
            running = counts[-1]
            for word, (count, trapped) in enumerate(zip(counts, self.traps[first : first + SHEET], strict=True), first):
                if count:
                    yield word, count, trapped


_MAKING = Lock()
_COUNTS: "WeakKeyDictionary[Storage, dict[bool, Counts]]" = WeakKeyDictionary()


def counts_of(storage: Storage, virtual: bool = False) -> Counts:
    """The counts of a storage's root, which all engines that count there share: those of the real machine, or those
    that have a virtual machine run alone, and not on the real one."""
    with _MAKING:
        found = _COUNTS.setdefault(storage.root, {})
        if virtual not in found:
            found[virtual] = Counts(storage.root.size)
        return found[virtual]
