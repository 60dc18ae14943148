"""Asking the solver. A question is a conjunction; the answer is a model, "there is none", or "unknown".

An unknown is never taken for an answer: it travels up to the report and fails the command. `answering` puts somebody
between those who ask and the solver: `proofs.certificates.questions` writes down what is asked, and answers from what
was written.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import z3

from proofs.terms.products import abstracted
from proofs.terms.symbolic import Term, is_true

LOGIC = "QF_UFBV"  # named, since the default solver takes longer or gives up
EASY = 200_000  # steps of the solver, some 20 milliseconds: what an easy question may take


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


def exists(conditions: Iterable[Term], timeout: float, like: Answer = UNASKED) -> Answer:
    """Whether all conditions can hold at once; `timeout` in seconds.

    Instructions of one machine ask many questions that are the same term for term; those are asked once. `like`: the
    answer to a question of fewer or other conditions; if its model happens to answer this one too, nothing is solved.
    """
    told = [c for c in conditions if not is_true(c)]
    solve = partial(_found, told, timeout, like)
    return _HEARING[-1](told, solve) if _HEARING else solve()


Hearing = Callable[[list[Term], Callable[[], Answer]], Answer]  # the question, and how the solver would answer it
_HEARING: list[Hearing] = []
_SUBJECT: list[str] = []


@contextmanager
def answering(hearing: Hearing) -> Iterator[None]:
    """Inside, questions are put to `hearing`."""
    _HEARING.append(hearing)
    try:
        yield
    finally:
        _HEARING.pop()


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Inside, questions are about this (and what stands around it); decorates functions too."""
    _SUBJECT.append(what)
    try:
        yield
    finally:
        _SUBJECT.pop()


def subject() -> tuple[str, ...]:
    """What is being asked about, the outermost first."""
    return tuple(_SUBJECT)


def _found(told: list[Term], timeout: float, like: Answer) -> Answer:
    asked = frozenset(c.get_id() for c in told)
    known = _ANSWERED.get(asked)
    if known is None and _satisfies(like.model, told):
        return Answer(Found.YES, like.model)
    if known is None or (known[1].found is Found.UNKNOWN and known[2] < timeout):  # more time may bring an answer
        answer = _answer(told, timeout)
        if len(_ANSWERED) >= REMEMBERED:
            _ANSWERED.pop(next(iter(_ANSWERED)))
        _ANSWERED[asked] = (told, answer, timeout)
    return _ANSWERED[asked][1]


REMEMBERED = 1000  # answers
# With the terms, so that their numbers stay theirs, and the seconds that there were.
_ANSWERED: dict[frozenset[int], tuple[list[Term], Answer, float]] = {}


def _answer(told: list[Term], timeout: float) -> Answer:
    """Most questions are easy, and before one of those the solver for the logic prepares itself longer than the plain
    one solves it; so that one goes first. It gives up by what it has done and not by the clock, or a model would
    depend on how busy the machine is."""
    answer = _solve(z3.SimpleSolver(), told, timeout, EASY)
    if answer.found is Found.UNKNOWN:
        answer = _impossible(told, timeout / 2)
    return _solve(z3.SolverFor(LOGIC), told, timeout) if answer.found is Found.UNKNOWN else answer


def _satisfies(model: Any, conditions: list[Term]) -> bool:
    return model is not None and all(is_true(model.eval(c, model_completion=True)) for c in conditions)


def _impossible(conditions: list[Term], timeout: float) -> Answer:
    """Whether the conditions contradict each other whatever products and quotients are; if not, nothing is known."""
    simpler = abstracted(conditions)
    found = _solve(z3.SolverFor(LOGIC), simpler, timeout).found if simpler else Found.UNKNOWN
    return Answer(Found.NO if found is Found.NO else Found.UNKNOWN)


def _solve(solver: Any, conditions: list[Term], timeout: float, steps: int = 0) -> Answer:
    """Asks within so many seconds and, unless 0, so many of the solver's own steps."""
    solver.set("timeout", max(1, int(timeout * 1000)))
    solver.set("rlimit", steps)
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
