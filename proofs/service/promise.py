"""What a promise is: a sentence, and what it claims of the functions of a policy."""

from collections.abc import Callable
from dataclasses import dataclass

import z3

from monitor.service.policies.policy import Policy
from proofs.service.whole import Term


@dataclass(frozen=True)
class Claim:
    """Whatever the words are: where all is so that is `given`, all is so that is `shown`."""

    given: list[Term]
    shown: list[Term]


@dataclass(frozen=True)
class Promise:
    """`key` names it; `statement` says it in words."""

    key: str
    statement: str
    claim: Callable[[Policy], Claim]


def positive(value: Term) -> Term:
    """The value, or nothing where it is less than that."""
    return z3.If(value > 0, value, 0)


def distance(later: Term, earlier: Term) -> Term:
    """From one moment to another, as words have it."""
    return z3.If(earlier <= later, later - earlier, later - earlier + (1 << 64))
