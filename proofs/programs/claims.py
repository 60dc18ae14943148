"""What a monitor's own words keep between one guest's exit and the next: found, and then proved with the rest.

A monitor must know how long its guest ran, so one of its words says what the real timer was; nothing tells which. Small
claims of a few shapes are taken from where a path ends, assumed where all begin, and shown again where all end. One
that is not kept is dropped, and everything is proved again without it: what is left is an invariant.
"""

from dataclasses import dataclass

import z3

from proofs.programs.values import Value, lifted, lowered
from proofs.terms.symbolic import Term


@dataclass(frozen=True, order=True)
class Fixed:
    """A real scalar has this value whenever the guest is entered."""

    scalar: str
    value: int


@dataclass(frozen=True, order=True)
class Tied:
    """An own word is a real scalar that moves by itself, and so much more, whenever the guest is entered."""

    address: int
    scalar: str
    more: int


@dataclass(frozen=True, order=True)
class Small:
    """An own word is less than half of what a word holds: a number that never wraps."""

    address: int


@dataclass(frozen=True, order=True)
class Running:
    """A real scalar that moves by itself is not 0 when the guest is entered."""

    scalar: str


Claim = Fixed | Tied | Small | Running


def worded(claim: Claim, name: str) -> str:
    """A claim in words; `name` is that of its own word, if it has one."""
    match claim:
        case Fixed(scalar, value):
            return f"the real {scalar} is {value:#x}"
        case Tied(_, scalar, more):
            return f"{name} is the real {scalar}{f' plus {more}' if more else ''}"
        case Small(_):
            return f"{name} is less than half of what a word holds"
        case Running(scalar):
            return f"the real {scalar} is not 0"


def broken(claim: Claim, entered: dict[str, Value], word: Value, width: int) -> Term:
    """When a claim does not hold: `entered` are the real scalars as the guest finds them, `word` its own word."""
    match claim:
        case Fixed(scalar, value):
            found = lowered(lifted(entered[scalar], width) != value)
        case Tied(_, scalar, more):
            found = lowered(lifted(word, width) != lifted(entered[scalar], width) + more)
        case Small(_):
            found = lowered(z3.Extract(width - 1, width - 1, lifted(word, width)) == 1)
        case Running(scalar):
            found = lowered(lifted(entered[scalar], width) == 0)
    return lifted(found, 0)
