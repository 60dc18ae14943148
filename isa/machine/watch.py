"""What a program does with words that it had better leave alone: seen by an engine that looks at every step
(`isa.engines.reference.watching`), and by storage itself where a device writes. For whoever runs programs under
assumptions, and wants to know whether they hold.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from weakref import WeakKeyDictionary

from isa.machine.storage import Storage


class Touch(Enum):
    """What was done."""

    READ = "read"  # a word that is watched, as data
    WRITTEN = "written"
    RUN = "run"  # an instruction of a name that is watched


@dataclass(slots=True, weakref_slot=True)
class Watch:
    """The words of a root storage that are watched, and instructions by name. `first` has for each kind of touch where
    it happened first, as `now` said, and the word. `begun` counts steps of the run of an engine under way."""

    words: set[int] = field(default_factory=set)
    names: frozenset[str] = frozenset()
    now: Callable[[int], int] = lambda begun: begun
    first: dict[Touch, tuple[int, int]] = field(default_factory=dict)
    begun: int = 0

    def note(self, touch: Touch, word: int) -> None:
        if touch not in self.first:
            self.first[touch] = self.now(self.begun), word

    def written(self, word: int) -> None:
        """For `Storage.on_code_write`."""
        if word in self.words:
            self.note(Touch.WRITTEN, word)


_WATCHES: "WeakKeyDictionary[Storage, Watch]" = WeakKeyDictionary()


def watch_of(storage: Storage) -> Watch:
    """That of a storage and all its windows."""
    return _WATCHES.setdefault(storage.root, Watch())
