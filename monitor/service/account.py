"""What is kept of a machine on a host, and of a processor: the words of their accounts, and what was measured."""

from dataclasses import dataclass
from typing import NamedTuple

from monitor.service.compiled import HERE_WORDS, CompiledPolicy, Words
from monitor.service.least import Least
from monitor.service.terms import Terms

NOW, HORIZON, FRAME = (HERE_WORDS.index(word) for word in ("now", "horizon", "frame"))
MASK, FAR = (1 << 64) - 1, 1 << 63


class Processor:
    """One processor: its own `words`, the accounts of those that live on it, the `weight` that was admitted, and the
    steps for which it was `idle`. Of its `residents`, in the order in which something of them is due, `waiting` has
    those that may run, in the order in which they do."""

    def __init__(self, number: int, start: int, frame: int, policy: CompiledPolicy, host: Words) -> None:
        self.number = number
        self.words: Words = [0] * len(HERE_WORDS)
        self.words[NOW], self.words[FRAME] = start & MASK, frame
        self.weight = self.idle = 0
        self.policy, self.host = policy, host
        self.residents: Least[Account] = Least(self._sooner)
        self.waiting: Least[Account] = Least(self._before)

    @property
    def now(self) -> int:
        return self.words[NOW]

    def _before(self, one: "Account", other: "Account") -> bool:
        """Whether one goes before the other: by the least key, and of several whoever came first."""
        mine = self.policy.key(one.words, self.words, self.host)
        its = self.policy.key(other.words, self.words, self.host)
        return mine < its if mine != its else one.number < other.number

    def _sooner(self, one: "Account", other: "Account") -> bool:
        apart = (one.due - other.due) & MASK
        return apart >= FAR if apart else one.number < other.number

    def until(self, account: "Account") -> int:
        """How many steps from now something of it changes by itself."""
        return (account.due - self.now) & MASK

    def unsettle(self, account: "Account") -> None:
        """Something of it is about to change."""
        self.waiting.take(account)

    def rank(self, account: "Account") -> int | None:
        """By what it waits for its turn; None if it may not run."""
        words = account.words, self.words, self.host
        return self.policy.key(*words) if account.ready and self.policy.may(*words) else None

    def settle(self, account: "Account") -> None:
        """Have an account where it belongs, after something of it has changed."""
        self.plan(account)
        if account.ready and self.policy.may(account.words, self.words, self.host):
            self.waiting.put(account)

    def plan(self, account: "Account") -> None:
        """The same, as to when something of it is due."""
        due = (self.now + self.policy.due(account.words, self.words, self.host)) & MASK
        if due != account.due or account not in self.residents:
            self.residents.take(account)
            account.due = due
            self.residents.put(account)

    def remove(self, account: "Account") -> None:
        """It lives here no longer."""
        self.waiting.take(account)
        self.residents.take(account)

    def clear(self) -> None:
        """Nobody lives here."""
        for account in [*self.residents]:
            self.remove(account)


@dataclass(eq=False, slots=True)
class Account:
    """A machine's account; `number` is its place in the order in which they came. `charged` is what its turns have cost
    in all, `debt` what of that is not yet paid; `waited` the longest that it has waited for a turn, in steps of the
    clock, and `since` the moment when it began to wait, or comes back; `begun` when it was admitted. It is `ready`
    unless it waits for something else than its turn; `leaving`, that it is here until its period ends, and no longer.
    `due` is the moment when something of it changes by itself."""

    number: int
    terms: Terms
    home: Processor
    words: Words
    since: int = 0
    begun: int = 0
    debt: int = 0
    charged: int = 0
    turns: int = 0
    waited: int = 0
    ready: bool = True
    leaving: bool = False
    due: int = 0

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
    since: int
    begun: int
    debt: int
    charged: int
    turns: int
    waited: int
    ready: bool
    leaving: bool


MEASURED = Marked._fields[2:]
