"""What is kept of a machine on a host, and of a processor: the words of their accounts, and what was measured."""

from dataclasses import dataclass, field

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
    wait, or comes back."""

    share: Share
    terms: Terms
    home: Processor
    words: Words
    debt: int = 0
    charged: int = 0
    turns: int = 0
    waited: int = 0
    since: int = 0
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
