"""A policy as Python: the generator that makes instructions makes these functions of its IR, and proofs read the same.

Accounts are lists of words. Every function takes three of them: the machine's, its processor's, and the host's.
"""

from collections.abc import Callable
from typing import Any

from isa.engines.reference.source import behaviour_function, compiled, values_function
from isa.ir.nodes import Behaviour, Expr
from isa.ir.operators import NAMES
from monitor.service.policies.policy import Bill, Policy
from monitor.service.words import EVERYWHERE, HERE, ME

HERE_WORDS = ("now", "horizon", "total", "virtual", "tickets", "into", "frame")
EVERYWHERE_WORDS = ("quantum", "price")
DECISIONS = ("may", "key", "allowed", "due", "admit")
ACCOUNTS = ("admitted", "chosen", "wake", "sleep", "arrive", "renew", "depart")  # of which none takes a number

Words = list[int]
Ask = Callable[[Words, Words, Words], int]
Do = Callable[[Words, Words, Words], None]
DoSteps = Callable[[Words, Words, Words, int], None]
_BLOCKS = ("a", "h", "g")


class CompiledPolicy:
    """`may(a, h, g)` and so on of a policy. `budget` and `bill` are those of `Bill`: the steps that a machine may take
    in its turn, and afterwards what it is charged and what it then owes."""

    may: Ask
    key: Ask
    allowed: Ask
    due: Ask
    admit: Ask
    admitted: Do
    chosen: Do
    wake: Do
    sleep: Do
    arrive: Do
    renew: Do
    depart: Do
    pay: DoSteps
    elapse: DoSteps

    def __init__(self, policy: Policy, bill: Bill | None = None) -> None:
        self.policy, self.words = policy, policy.words
        self._where = {ME + word: ("a", slot) for slot, word in enumerate(policy.words)}
        self._where |= {HERE + word: ("h", slot) for slot, word in enumerate(HERE_WORDS)}
        self._where |= {EVERYWHERE + word: ("g", slot) for slot, word in enumerate(EVERYWHERE_WORDS)}
        for name in DECISIONS:
            setattr(self, name, self._values(name, getattr(policy, name)()))
        for name in ACCOUNTS:
            setattr(self, name, self._behaviour(name, getattr(policy, name)()))
        self.pay = self._behaviour("pay", policy.pay(), "charged")
        self.elapse = self._behaviour("elapse", policy.elapse(), "steps")
        bill = bill or Bill()
        self.budget: Callable[..., int] = self._values("budget", bill.budget(), given=("debt", "allowed"))
        given = ("debt", "ran", "exits", "allowed")
        self.bill: Callable[..., tuple[int, int]] = self._values("bill", bill.charged(), bill.rest(), given=given)

    def _values(self, name: str, *values: Expr, given: tuple[str, ...] = ()) -> Callable[..., Any]:
        return compiled(values_function(name, values, self._where, (*_BLOCKS, *given)), name, NAMES)

    def _behaviour(self, name: str, behaviour: Behaviour, *given: str) -> Callable[..., Any]:
        return compiled(behaviour_function(name, behaviour, self._where, (*_BLOCKS, *given)), name, NAMES)
