"""Proportional shares, by stride scheduling, with reservations and caps.

Waldspurger and Weihl (1995): each step adds to a machine's *pass*, the less the greater its weight, and whoever has the
least pass goes next. `here.virtual` is the pass of whoever was chosen last, below which nobody who is ready
falls: who comes back from waiting is not paid for it. What is reserved comes first, and is not charged to the pass:
shares divide what reservations leave.
"""

from collections.abc import Sequence

from isa.ir.fold import add, both, sub, ule, ult
from isa.ir.nodes import Behaviour, Expr
from monitor.service.policies.deadline import Deadline, reserved
from monitor.service.policies.policy import Figures
from monitor.service.terms import Terms
from monitor.service.words import (
    FAR,
    MOST_UNIT,
    ONE,
    PARTS,
    ZERO,
    charged,
    everywhere,
    here,
    later,
    least,
    me,
    sets,
    sets_here,
    times,
    within,
)


class Shares(Deadline):
    """`used` is what a machine has had since its period began; `cap` is the most that it may."""

    name = "shares"
    summary = "in proportion to weights, with so many steps reserved in every period, and a cap"
    settled = False  # but for those with a reservation
    words: tuple[str, ...] = (*Deadline.words, "pass", "unit", "cap", "used")

    def may(self) -> Expr:
        return ult(me("used"), me("cap"))

    def key(self) -> Expr:
        return reserved(self.due(), add(FAR, sub(me("pass"), here("virtual"))))

    def allowed(self) -> Expr:
        return least(everywhere("quantum"), here("horizon"), reserved(me("left"), sub(me("cap"), me("used"))))

    def admit(self) -> Expr:
        cap = both(within(ONE, me("cap"), me("period")), ule(me("reserve"), me("cap")))
        return both(Deadline.admit(self), cap, within(ONE, me("unit"), MOST_UNIT))

    def wait(self, its: Terms, others: Sequence[Terms], host: Figures) -> int | None:
        """As the band has it: others go before it until their passes are beyond its own. What is reserved comes before
        that, and where it has had its cap it waits for its next period."""
        bounds = [Deadline.wait(self, its, others, host)] if its.reserve else []
        free = PARTS - sum(other.share for other in others)
        if free > 0:
            mine = host.quantum * its.unit
            turns = sum(-(-(mine + host.quantum * other.unit) // other.unit) for other in others)
            before = turns + 2 * sum(other.reserve for other in others)
            bounds.append(its.period - its.most - (-before * PARTS // free))
        return min((bound for bound in bounds if bound is not None), default=None)

    def begins(self) -> Behaviour:
        return Deadline.begins(self).then(sets(**{"pass": here("virtual"), "used": ZERO}))

    def chosen(self) -> Behaviour:
        return sets_here(virtual=reserved(here("virtual"), me("pass")))

    def pay(self) -> Behaviour:
        left, passed = sub(me("left"), reserved(charged, ZERO)), times(charged, me("unit"))
        return sets(**{"left": left, "used": add(me("used"), charged), "pass": add(me("pass"), reserved(ZERO, passed))})

    def wake(self) -> Behaviour:
        return sets(**{"pass": later(me("pass"), here("virtual"))})

    def arrive(self) -> Behaviour:
        return sets(**{"pass": here("virtual")})

    def renew(self) -> Behaviour:
        return Deadline.renew(self).then(self.wake()).then(sets(used=ZERO))
