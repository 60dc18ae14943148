"""Where a proof stands: one arbitrary machine on an arbitrary processor of an arbitrary host, and others beside it.

Any word may be anything. What is assumed of it, `kept`, is what its admission has checked and what the obligations
themselves show to be kept.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import z3

from isa.ir.nodes import Behaviour, Expr
from monitor.service.compiled import EVERYWHERE_WORDS, HERE_WORDS
from monitor.service.policies.policy import Policy, terms_of_host
from monitor.service.words import EVERYWHERE, HERE, ME
from proofs.service.whole import State, Term, Whole, after

SIZE = 1 << 64


@dataclass(frozen=True)
class Standing:
    """A machine's point of view: `words` of its own, of the processor and of the host."""

    policy: Policy
    words: State

    def me(self, word: str) -> Term:
        return self.words[ME + word]

    def here(self, word: str) -> Term:
        return self.words[HERE + word]

    def everywhere(self, word: str) -> Term:
        return self.words[EVERYWHERE + word]

    def value(self, expression: Expr, **given: Term) -> Term:
        return (self._reading if not given else Whole(self.words, given)).value(expression)

    @cached_property
    def _reading(self) -> Whole:
        return Whole(self.words)

    def does(self, behaviour: Behaviour, **given: Term) -> "Standing":
        """The same machine after it."""
        return replace(self, words=after(behaviour, self.words, given))

    def sees(self, other: "Standing") -> "Standing":
        """The same machine after something that happened to another one of its processor."""
        shared = {name: word for name, word in other.words.items() if not name.startswith(ME)}
        return replace(self, words={**self.words, **shared})

    @property
    def kept(self) -> list[Term]:
        """It was admitted, beside whatever others were promised."""
        total = z3.Int("others")
        admitted = Whole({**self.words, HERE + "total": total}).value(self.policy.admit())
        return [total >= 0, admitted, self.value(terms_of_host())]


def standing(policy: Policy, tag: str = "", beside: Standing | None = None) -> tuple[Standing, list[Term]]:
    """An arbitrary machine, and that its words are words; on the same processor as another one, or on any."""
    mine = {ME + word: z3.Int(f"{word}{tag}") for word in policy.words}
    shared = {HERE + word: z3.Int(word) for word in HERE_WORDS} | {EVERYWHERE + w: z3.Int(w) for w in EVERYWHERE_WORDS}
    words = mine | shared
    found = Standing(policy, words)
    return (found.sees(beside) if beside else found), [z3.And(word >= 0, word < SIZE) for word in words.values()]
