"""Asking the solver. A question is a conjunction; the answer is a model, "there is none", or "unknown".

An unknown is never taken for an answer: it travels up to the report and fails the command.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import z3

from proofs.products import abstracted
from proofs.symbolic import Term, is_true

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


UNASKED = Answer(Found.UNKNOWN)


def exists(conditions: Iterable[Term], timeout: float, quick: bool = False, like: Answer = UNASKED) -> Answer:
    """Whether all conditions can hold at once; `timeout` in seconds.

    Instructions of one machine ask many questions that are the same term for term; those are asked once. `quick`:
    most such questions are easy, so try the general solver first, which never dawdles over one. `like`: the answer to
    a question of fewer or other conditions; if its model happens to answer this one too, nothing is solved.
    """
    told = [c for c in conditions if not is_true(c)]
    asked = frozenset(c.get_id() for c in told)
    if asked not in _ANSWERED and _satisfies(like.model, told):
        return Answer(Found.YES, like.model)
    if asked not in _ANSWERED:
        answer = _solve(z3.Solver(), told, min(QUICK, timeout)) if quick else Answer(Found.UNKNOWN)
        if answer.found is Found.UNKNOWN:
            answer = _impossible(told, timeout / 2)
        if answer.found is Found.UNKNOWN:
            answer = _solve(z3.SolverFor(LOGIC), told, timeout)
        if answer.found is Found.UNKNOWN:  # more time may bring an answer
            return answer
        if len(_ANSWERED) >= REMEMBERED:
            _ANSWERED.pop(next(iter(_ANSWERED)))
        _ANSWERED[asked] = (told, answer)
    return _ANSWERED[asked][1]


QUICK = 1.0  # seconds for the first attempt
REMEMBERED = 1000  # answers
_ANSWERED: dict[frozenset[int], tuple[list[Term], Answer]] = {}  # with the terms, so that their numbers stay theirs


def _satisfies(model: Any, conditions: list[Term]) -> bool:
    return model is not None and all(is_true(model.eval(c, model_completion=True)) for c in conditions)


def _impossible(conditions: list[Term], timeout: float) -> Answer:
    """Whether the conditions contradict each other whatever products and quotients are; if not, nothing is known."""
    simpler = abstracted(conditions)
    found = _solve(z3.SolverFor(LOGIC), simpler, timeout).found if simpler else Found.UNKNOWN
    return Answer(Found.NO if found is Found.NO else Found.UNKNOWN)


def _solve(solver: Any, conditions: list[Term], timeout: float) -> Answer:
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
