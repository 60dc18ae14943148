"""Every exit from direct execution, counted and explained; and the events that tools may subscribe to."""

from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, Protocol


class Decision(Enum):
    """What the monitor did at an exit. There is no other bucket."""

    EMULATED = "emulated"  # a privileged instruction of the virtual supervisor was done for it
    REFLECTED = "reflected"  # the trap is the guest's own and goes to its trap entry
    INJECTED = "injected"  # an interrupt of the virtual machine was due
    IDLED = "idled"  # the guest waits; virtual time passes at once
    SCHEDULED = "scheduled"  # quantum, budget or a device's deadline ended the direct run
    FAILED = "failed"  # the host failed a device; the step can be tried again
    INTERPRETED = "interpreted"  # a stretch that the technique has interpreted is over: from here on it runs directly
    KILLED = "killed"  # the audit found a breach of resource control

    __hash__ = object.__hash__  # each exit is counted by it, and that of Enum is written in Python


class Named(Protocol):
    """What an event knows of the virtual machine that it speaks of; whoever subscribed knows more."""

    @property
    def name(self) -> str: ...


class ExitEvent(NamedTuple):
    """One exit. `step` counts the virtual machine's own steps; `pc` is virtual, `place` is where that lies in its
    storage (None if its fetch would trap); `since` is how many steps ran since the last exit."""

    vm: Named
    step: int
    decision: Decision
    cause: str
    pc: int
    place: int | None
    since: int


SCHEDULED = Decision.SCHEDULED  # an Enum is slow to ask
Kind = tuple[Decision, str, int, int | None]
Exits = Counter[Kind]
MOST_PLACES = 1 << 16  # a hostile guest may trap at every address there is
ELSEWHERE = -1  # the pc that stands for all places after that many


class Accounts(NamedTuple):
    """What `Statistics` had counted at a moment."""

    counts: dict[Kind, tuple[int, int]]
    direct: int
    interpreted: int


class Statistics:
    """Exits of one virtual machine by (decision, cause, pc, place), with the steps before them. Beyond `MOST_PLACES`
    places, new ones are counted together for each decision and cause, as pc `ELSEWHERE`.

    `direct` counts steps executed directly by the machine below, `interpreted` those taken by interpretation, trapped
    ones included. `pending`, if set, adds what was counted elsewhere, before anything is counted or read here.
    """

    def __init__(self) -> None:
        self.pending: Callable[[Statistics], None] | None = None
        self._counts: dict[Kind, list[int]] = {}  # how many exits of a kind, and how many steps before them
        self._direct = self._interpreted = self._taken = 0

    @property
    def taken(self) -> int:
        """How many exits the virtual machine has had itself: those that ended its turns are not its own."""
        self.settle()
        return self._taken

    @property
    def exits(self) -> Exits:
        self.settle()
        return Counter({kind: count for kind, (count, _) in self._counts.items()})

    @property
    def since(self) -> Exits:
        self.settle()
        return Counter({kind: since for kind, (_, since) in self._counts.items()})

    @property
    def direct(self) -> int:
        self.settle()
        return self._direct

    @property
    def interpreted(self) -> int:
        self.settle()
        return self._interpreted

    def settle(self) -> None:
        """Count what is pending."""
        if self.pending is not None:
            self.pending(self)

    def count_steps(self, direct: int, interpreted: int) -> None:
        """Count steps of either kind."""
        self._direct += direct
        self._interpreted += interpreted

    def add(
        self, decision: Decision, cause: str, pc: int, place: int | None, count: int, since: int, interpreted: int = 0
    ) -> None:
        """Count so many exits of a kind, `since` steps after those before them, and steps `interpreted` for them. What
        is pending came before."""
        self._interpreted += interpreted
        if decision is not SCHEDULED:
            self._taken += count
        counts = self._counts.get((decision, cause, pc, place)) or self._begin(decision, cause, pc, place)
        counts[0] += count
        counts[1] += since

    def _begin(self, decision: Decision, cause: str, pc: int, place: int | None) -> list[int]:
        """The counts of a kind that is new."""
        full = len(self._counts) >= MOST_PLACES
        kind = (decision, cause, ELSEWHERE, None) if full else (decision, cause, pc, place)
        return self._counts.setdefault(kind, [0, 0])

    def mark(self) -> "Accounts":
        """All that is counted now, for `rewind`."""
        self.settle()
        counts = {kind: (count, since) for kind, (count, since) in self._counts.items()}
        return Accounts(counts, self._direct, self._interpreted)

    def rewind(self, mark: "Accounts") -> None:
        """Count on from there."""
        self.settle()
        self._counts = {kind: [*counts] for kind, counts in mark.counts.items()}
        self._direct, self._interpreted = mark.direct, mark.interpreted
        self._taken = sum(count for kind, (count, _) in mark.counts.items() if kind[0] is not SCHEDULED)

    def by_decision(self) -> dict[Decision, int]:
        """How many exits ended in each decision; decisions that did not occur are there with 0."""
        found = dict.fromkeys(Decision, 0)
        for (decision, _, _, _), count in self.exits.items():
            found[decision] += count
        return found

    def by_cause(self) -> dict[tuple[Decision, str], int]:
        """How many exits for each decision and cause."""
        found: Counter[tuple[Decision, str]] = Counter()
        for (decision, cause, _, _), count in self.exits.items():
            found[decision, cause] += count
        return dict(found)

    @property
    def share_direct(self) -> float:
        """The share of executed steps that ran directly, 0 to 1 (1 if there were none)."""
        executed = self.direct + self.interpreted
        return self.direct / executed if executed else 1.0
