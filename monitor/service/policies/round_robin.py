"""Round robin: whoever waits longest."""

from collections.abc import Sequence

from isa.ir.fold import add, sub
from isa.ir.nodes import Behaviour, Expr
from monitor.service.policies.policy import Figures, Policy
from monitor.service.terms import Terms
from monitor.service.words import ONE, here, me, sets, sets_here


class RoundRobin(Policy):
    """A machine that has had its turn draws a ticket and goes behind all others. Tickets wrap: they are compared by
    their distance from the next one."""

    name = "round-robin"
    summary = "each in turn, a quantum each"
    words = ("ticket",)

    def key(self) -> Expr:
        return sub(me("ticket"), here("tickets"))

    def wait(self, its: Terms, others: Sequence[Terms], host: Figures) -> int | None:
        return len(others) * host.quantum

    def draws(self) -> Behaviour:
        """The next ticket."""
        return sets(ticket=here("tickets")).then(sets_here(tickets=add(here("tickets"), ONE)))

    admitted = pay = wake = arrive = draws
