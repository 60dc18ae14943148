"""What is kept of a machine on a host, and of a processor: the words of their accounts, and what was measured."""

from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.schedule import Share
from monitor.service.compiled import HERE_WORDS, Words
from monitor.service.terms import Terms
from monitor.virtual import Virtual

NOW, HORIZON, FRAME = (HERE_WORDS.index(word) for word in ("now", "horizon", "frame"))
MASK, FAR = (1 << 64) - 1, 1 << 63


class Processor:
    """One processor: its own `words`, the accounts of those that live on it, the `weight` that was
    admitted, and the steps for which it was `idle`."""

    def __init__(self, number: int, start: int, frame: int) -> None:
        self.number = number
        self.words: Words = [0] * len(HERE_WORDS)
        self.words[NOW], self.words[FRAME] = start & MASK, frame
        self.residents: list[Account] = []
        self.weight = self.idle = 0

    @property
    def now(self) -> int:
        return self.words[NOW]


@dataclass(eq=False, slots=True)
class Account:
    """A machine's account. `charged` is what its turns have cost in all, `debt` what of that is not yet paid;
    `waited` the longest that it has waited for a turn, in steps of the clock, and `since` the moment when it began to
    wait, or comes back; `leaving`, that it is here until its period ends, and no longer."""

    share: Share
    terms: Terms
    home: Processor
    words: Words
    debt: int = 0
    charged: int = 0
    turns: int = 0
    waited: int = 0
    since: int = 0
    leaving: bool = False
    taken: int = field(init=False)

    def __post_init__(self) -> None:
        self.taken = self.exits

    @property
    def exits(self) -> int:
        """The exits that it has had itself; a bare machine has none."""
        guest = self.share.guest
        return guest.statistics.taken if isinstance(guest, Virtual) else 0

    @property
    def ready(self) -> bool:
        return self.share.end is None

    def mark(self) -> "Marked":
        """What it is now."""
        return Marked(self.home, tuple(self.words), *(getattr(self, name) for name in MEASURED))

    def rewind(self, mark: "Marked") -> None:
        """Be again what was marked."""
        self.home, self.words[:] = mark.home, mark.words
        for name in MEASURED:
            setattr(self, name, getattr(mark, name))


class Marked(NamedTuple):
    """An account at a moment."""

    home: Processor
    words: tuple[int, ...]
    debt: int
    charged: int
    turns: int
    waited: int
    since: int
    leaving: bool
    taken: int


MEASURED = Marked._fields[2:]
