"""What machines can be promised together: each finds a processor on which the policy admits it, or is refused; and how
long each of them waits for a turn at most."""

from collections.abc import Sequence
from dataclasses import dataclass

from isa.errors import MachineError
from monitor.schedule import QUANTUM
from monitor.service.account import Processor
from monitor.service.compiled import CompiledPolicy, Words
from monitor.service.policies.policy import Figures, Policy
from monitor.service.terms import Terms

PRICE = 20  # steps that an exit costs
FRAME = 100_000  # steps of a static partition
MOST_QUANTUM, MOST_PRICE, MOST_PROCESSORS = 1 << 16, 1 << 12, 64


class Room:
    """A host's processors, and a policy that admits machines to them. `words` are those that are the host's. Raises
    MachineError for figures that no host has."""

    def __init__(self, policy: Policy, processors: int, quantum: int, price: int, frame: int, start: int = 0) -> None:
        _check("quantum", quantum, 1, MOST_QUANTUM)
        _check("price", price, 0, MOST_PRICE)
        _check("number of processors", processors, 1, MOST_PROCESSORS)
        _check("frame", frame, 1, 1 << 20)
        self.policy = CompiledPolicy(policy)
        self.words, self.figures = [quantum, price], Figures(quantum, frame)
        self.processors = [Processor(n, start, frame, self.policy, self.words) for n in range(processors)]
        self.admitted = 0  # in all, and so the number of the next

    def admit(self, terms: Terms, name: str = "") -> tuple[Processor, Words]:
        """Where a machine lives, on whatever processor has least weight of those that can keep what it is promised;
        and its accounts."""
        for home in sorted(self.processors, key=lambda processor: (processor.weight, processor.number)):
            given = terms.words()
            words = [given.get(word, 0) for word in self.policy.words]
            if (not terms.pins or home.number in terms.pins) and self.policy.admit(words, home.words, self.words):
                self.policy.admitted(words, home.words, self.words)
                home.weight += terms.weight
                self.admitted += 1
                return home, words
        who = name or f"machine {self.admitted}"
        raise MachineError(
            f"{who} is not admitted: what it is promised cannot be kept beside the others",
            "promise less, or give the host another processor",
        )

    def free(self, terms: Terms) -> bool:
        """Whether a machine may be taken over by another processor."""
        return not self.policy.policy.settled and not terms.reserve

    def wait(self, its: Terms, home: Processor, others: Sequence[tuple[Terms, Processor]]) -> int | None:
        """The longest that a machine waits for its turn, in steps; None if there is no bound. Whoever may come to live
        beside it counts."""
        beside = [terms for terms, place in others if place is home or self.free(terms)]
        return self.policy.policy.wait(its, beside, self.figures)


@dataclass(frozen=True, slots=True)
class Promised:
    """A machine, where it lives, and the longest that it waits."""

    terms: Terms
    processor: int
    wait: int | None


def promised(
    policy: Policy,
    terms: Sequence[Terms],
    processors: int = 1,
    quantum: int = QUANTUM,
    price: int = PRICE,
    frame: int = FRAME,
) -> list[Promised]:
    """Raises MachineError if all of it cannot be kept."""
    room = Room(policy, processors, quantum, price, frame)
    homes = [(its, room.admit(its)[0]) for its in terms]
    return [
        Promised(its, home.number, room.wait(its, home, homes[:place] + homes[place + 1 :]))
        for place, (its, home) in enumerate(homes)
    ]


def _check(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise MachineError(f"a host has no {what} of {value}", f"give one from {low} to {high:,}")
