"""Proving that a host keeps its promises, or finding words for which it does not."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import z3

from isa.errors import UsageError
from monitor.service.policies.catalogue import POLICIES
from monitor.service.policies.policy import Policy
from proofs.service.in_turn import IN_TURN
from proofs.service.order import ORDER
from proofs.service.partitioning import PARTITIONING
from proofs.service.promise import Claim, Promise
from proofs.service.reserving import RESERVING
from proofs.service.sharing import SHARING
from proofs.service.turns import BILL, TURN, Billing
from proofs.service.whole import Term
from proofs.terms.solving import Found

TIMEOUT = 60.0  # seconds, of one promise

SUBJECTS: dict[str, type[Policy]] = {Billing.name: Billing, **POLICIES}
PROMISES: dict[str, list[Promise]] = {
    "bill": BILL,
    "round-robin": [TURN, ORDER, *IN_TURN],
    "shares": [TURN, ORDER, *SHARING, *RESERVING],
    "deadline": [TURN, ORDER, *RESERVING],
    "partition": [TURN, ORDER, *PARTITIONING],
}


@dataclass(frozen=True)
class Kept:
    """Whether a promise is kept in every state; `words` are those of a state in which it is not."""

    policy: str
    promise: Promise
    holds: Found
    seconds: float
    words: dict[str, int]


def prove(names: list[str] | None = None, timeout: float = TIMEOUT) -> Iterator[Kept]:
    """The promises of these subjects, or of all. Raises UsageError for a name that none has."""
    for name in names or SUBJECTS:
        made = subject(name)
        for promise in PROMISES[name]:
            yield kept(made, promise, timeout)


def subject(name: str) -> Policy:
    if name not in SUBJECTS:
        raise UsageError(f"nothing is promised of `{name:.40}`", f"name one of {', '.join(SUBJECTS)}")
    return SUBJECTS[name]()


def kept(policy: Policy, promise: Promise, timeout: float = TIMEOUT) -> Kept:
    began = time.monotonic()
    holds, words = decided(promise.claim(policy), timeout)
    return Kept(policy.name, promise, holds, time.monotonic() - began, words)


def decided(claim: Claim, timeout: float) -> tuple[Found, dict[str, int]]:
    """Each part of what is shown is a question of its own: a solver that reckons is quicker so."""
    open_ = False
    for part in claim.shown:
        solver = _solver(claim.given, timeout)
        solver.add(z3.Not(part))
        found = solver.check()
        if found == z3.sat:
            return Found.NO, _words(solver.model())
        open_ |= found == z3.unknown
    return (Found.UNKNOWN if open_ else Found.YES), {}


def possible(claim: Claim, timeout: float = TIMEOUT) -> Found:
    """Whether there is a state of which it says anything."""
    found = _solver(claim.given, timeout).check()
    return Found.YES if found == z3.sat else Found.NO if found == z3.unsat else Found.UNKNOWN


def _solver(given: list[Term], timeout: float) -> z3.Solver:
    solver = z3.Solver()
    solver.set("timeout", int(timeout * 1000))
    solver.add(*given)
    return solver


def _words(model: z3.ModelRef) -> dict[str, int]:
    values = {str(name): model[name] for name in model.decls() if name.arity() == 0}
    return {name: value.as_long() for name, value in sorted(values.items()) if z3.is_int_value(value)}
