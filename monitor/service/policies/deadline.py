"""Real time: so many steps in every period, the earliest deadline first, and nobody is admitted whose promise could not
be kept.

Liu and Layland (1973): as long as the shares of all sum to no more than the processor, no deadline is missed. Machines
whose steps are reserved stay on one processor, for which that holds.
"""

from collections.abc import Sequence

from isa.ir.fold import add, both, select, sub, ule, ult
from isa.ir.nodes import Behaviour, Expr
from monitor.service.policies.policy import Figures, Policy
from monitor.service.terms import Terms
from monitor.service.words import (
    MOST_PERIOD,
    ONE,
    WHOLE,
    ZERO,
    charged,
    everywhere,
    here,
    least,
    me,
    sets,
    sets_here,
    some,
    times,
    within,
)


class Deadline(Policy):
    """`left` is what a machine may still have before its period `ends`. A machine that stops to wait forfeits the rest
    of its period: to keep it would be a promise that nobody has reckoned with."""

    name = "deadline"
    summary = "so many steps in every period, the earliest deadline first, no more than that"
    settled = True
    words: tuple[str, ...] = ("reserve", "share", "period", "ends", "left")

    def may(self) -> Expr:
        return some(me("left"))

    def key(self) -> Expr:
        return self.due()

    def allowed(self) -> Expr:
        return least(everywhere("quantum"), here("horizon"), me("left"))

    def due(self) -> Expr:
        return sub(me("ends"), here("now"))

    def admit(self) -> Expr:
        share, period = me("share"), me("period")
        promised = ule(times(me("reserve"), WHOLE), times(share, period))
        room = both(ule(here("total"), WHOLE), ule(share, WHOLE), ule(share, sub(WHOLE, here("total"))))
        return both(within(ONE, period, MOST_PERIOD), ule(me("reserve"), period), promised, room)

    def wait(self, its: Terms, others: Sequence[Terms], host: Figures) -> int | None:
        """It may wake when its period has just begun, and in the next one come last."""
        return 2 * its.period - its.reserve if its.reserve else None

    def admitted(self) -> Behaviour:
        return self.begins().then(sets_here(total=add(here("total"), me("share"))))

    def begins(self) -> Behaviour:
        """Its first period."""
        return sets(left=me("reserve"), ends=add(here("now"), me("period")))

    def pay(self) -> Behaviour:
        return sets(left=sub(me("left"), charged))

    def sleep(self) -> Behaviour:
        return sets(left=ZERO)

    def renew(self) -> Behaviour:
        return sets(left=me("reserve"), ends=add(me("ends"), me("period")))

    def depart(self) -> Behaviour:
        return sets_here(total=sub(here("total"), me("share")))


def reserved(then: Expr, otherwise: Expr) -> Expr:
    """One or the other, as a machine has reserved steps left or has none."""
    return select(ult(ZERO, me("left")), then, otherwise)
