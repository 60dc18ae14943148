"""Turns: whether a virtual machine goes on directly, asked between any two of its steps, and what Theorem 3 wants.

The dispatcher asks `Core.direct` and the horizon, of the state in which the virtual machine then is: after a step that
it interpreted, a trap or an interrupt that it delivered, an event of a device. To ask of an earlier state, or to ask
less, are the mistakes that can be made there (`proofs.mutants.turns`). `proofs.obligations.statements` says what must
be shown.
"""

from dataclasses import dataclass

import z3

from isa.ir.nodes import Behaviour
from isa.machine.time import COUNT_WIDTH, Time
from monitor.core import Core
from proofs.definitions.mapping import paired
from proofs.definitions.pairs import is_user
from proofs.terms.symbolic import Symbolic, SymbolicState, Term, attempt, conjunction, negation


@dataclass(frozen=True)
class Turn:
    """What the dispatcher asks, over the IR that it runs."""

    core: Core
    time: Time

    def directly(self, before: SymbolicState, after: SymbolicState) -> Term:
        """Whether the virtual machine goes on directly from `after`; `before` is where it was before what happened
        last."""
        return conjunction(self.may(after), self.free(after))

    def may(self, state: SymbolicState) -> Term:
        return Symbolic(paired(state, state)).value(self.core.direct)

    def free(self, state: SymbolicState) -> Term:
        """Whether there is a step to go before something of its own is due."""
        horizon = self.time.horizon()
        assert horizon is not None  # admission checks it
        return negation(Symbolic(state).value(horizon) == z3.BitVecVal(0, COUNT_WIDTH))


def wanted(state: SymbolicState) -> Term:
    """A hybrid monitor runs virtual user mode directly, unless an interrupt is due, and nothing else."""
    due = attempt(Behaviour(state.isa.prologue.traps), state).trapped
    return conjunction(is_user(state), negation(due))
