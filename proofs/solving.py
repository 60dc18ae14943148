"""Asking the solver. A question is a conjunction; the answer is a model, "there is none", or "unknown".

An unknown is never taken for an answer: it travels up to the report and fails the command.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import z3

from proofs.symbolic import Term

LOGIC = "QF_UFBV"  # named, since the default solver takes longer or gives up


class Found(Enum):
    """Whether something exists."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an answer of a solver has three values; compare it with `is`")


@dataclass(frozen=True)
class Answer:
    """`model` is given exactly when something was found."""

    found: Found
    model: Any = None


def exists(conditions: Iterable[Term], timeout: float) -> Answer:
    """Whether all conditions can hold at once; `timeout` in seconds."""
    solver = z3.SolverFor(LOGIC)
    solver.set("timeout", max(1, int(timeout * 1000)))
    for condition in conditions:
        solver.add(condition)
    result = solver.check()
    if result == z3.sat:
        return Answer(Found.YES, solver.model())
    return Answer(Found.NO if result == z3.unsat else Found.UNKNOWN)


def either(*answers: Found) -> Found:
    """YES if any is, else UNKNOWN if any is, else NO."""
    if Found.YES in answers:
        return Found.YES
    return Found.UNKNOWN if Found.UNKNOWN in answers else Found.NO


def both(*answers: Found) -> Found:
    """NO if any is, else UNKNOWN if any is, else YES."""
    if Found.NO in answers:
        return Found.NO
    return Found.UNKNOWN if Found.UNKNOWN in answers else Found.YES


def opposite(answer: Found) -> Found:
    return {Found.YES: Found.NO, Found.NO: Found.YES, Found.UNKNOWN: Found.UNKNOWN}[answer]
