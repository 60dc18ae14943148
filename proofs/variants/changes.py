"""The table of the kinds of change that a variant is made of, filled by `instruction_changes` and `machine_changes`.

A right change is meant to keep Theorem 1, a wrong one to break it. That is for the distribution alone: whether a
variant is right is for `verify` to say and for runs to confirm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from proofs.variants.draft import Draft

Apply = Callable[[Draft], None]


@dataclass(frozen=True)
class Change:
    """`weight`: how often it is chosen, beside others."""

    apply: Callable[[Draft], None]
    right: bool
    weight: int


CHANGES: dict[str, Change] = {}


def right(name: str, weight: int = 1) -> Callable[[Apply], Apply]:
    return _listed(name, True, weight)


def wrong(name: str, weight: int = 1) -> Callable[[Apply], Apply]:
    return _listed(name, False, weight)


def _listed(name: str, right: bool, weight: int) -> Callable[[Apply], Apply]:
    def note(apply: Apply) -> Apply:
        CHANGES[name] = Change(apply, right, weight)
        return apply

    return note


def chosen(random: Random, right: bool, count: int) -> list[str]:
    """The names of at most so many changes, of those meant to be right or of the others."""
    names = [name for name, change in CHANGES.items() if change.right is right for _ in range(change.weight)]
    return list(dict.fromkeys(random.sample(names, count)))
