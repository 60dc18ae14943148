"""Static partition: each machine has a slot of a frame that comes again and again, whether it uses it or not.

What avionics does (ARINC 653): nobody can even learn from the time whether others have something to do.
"""

from collections.abc import Sequence

from isa.ir.fold import add, both, select, sub, ule, ult
from isa.ir.nodes import Behaviour, Expr
from monitor.service.policies.policy import Figures, Policy
from monitor.service.terms import Terms
from monitor.service.words import MOST_PERIOD, ONE, everywhere, here, least, me, sets, sets_here, steps, within


class Partition(Policy):
    """`begins` and `length` say where its slot lies in the frame; `here.into` is how far into it the processor is."""

    name = "partition"
    summary = "each has its slot of a frame, used or not"
    settled = True
    words = ("begins", "length")

    def into(self) -> Expr:
        """How far into this slot, if it is not before it; then it is far more."""
        return sub(here("into"), me("begins"))

    def may(self) -> Expr:
        return ult(self.into(), me("length"))

    def key(self) -> Expr:
        return me("begins")

    def allowed(self) -> Expr:
        return least(everywhere("quantum"), here("horizon"), sub(me("length"), self.into()))

    def due(self) -> Expr:
        """To the end of its slot, or to the next beginning of it."""
        begins, into, end = me("begins"), here("into"), add(me("begins"), me("length"))
        outside = select(ult(into, begins), sub(begins, into), add(sub(here("frame"), into), begins))
        return select(self.may(), sub(end, into), outside)

    def admit(self) -> Expr:
        frame, total = here("frame"), here("total")
        room = both(ule(total, frame), ule(me("length"), sub(frame, total)))
        return both(within(ONE, frame, MOST_PERIOD), within(ONE, me("length"), frame), room)

    def wait(self, its: Terms, others: Sequence[Terms], host: Figures) -> int | None:
        return host.frame - its.slot

    def admitted(self) -> Behaviour:
        return sets(begins=here("total")).then(sets_here(total=add(here("total"), me("length"))))

    def elapse(self) -> Behaviour:
        """No more than a frame passes at once."""
        into, frame = add(here("into"), steps), here("frame")
        return Policy.elapse(self).then(sets_here(into=select(ult(into, frame), into, sub(into, frame))))
