"""What a policy is: functions over the accounts of *one* machine, its processor and the host.

Nothing here knows how many machines there are. Of those that `may` run, the one with the least `key` does, for as many
steps as are `allowed`; `pay` charges it. So what a policy promises can be proved of one arbitrary machine, or two.
"""

from collections.abc import Sequence
from typing import NamedTuple

from isa.ir.fold import add, both, select, sub, ule, ult
from isa.ir.nodes import TRUE, Behaviour, Expr, Param
from monitor.service.terms import Terms
from monitor.service.words import (
    ENDLESS,
    MOST_PRICE,
    MOST_QUANTUM,
    ONE,
    WIDTH,
    ZERO,
    everywhere,
    here,
    least,
    sets_here,
    steps,
    times,
    within,
)

NOTHING = Behaviour()


class Figures(NamedTuple):
    """Of a host, in steps: a turn, and the frame of a static partition."""

    quantum: int
    frame: int


class Policy:
    """All functions read the state before, as an instruction does. Subclasses say more."""

    name = ""
    summary = ""
    settled = False  # whether a machine stays where it was admitted; another one goes where a processor is idle
    words: tuple[str, ...] = ()  # of a machine's accounts

    # ---- decisions

    def may(self) -> Expr:
        """Whether a machine that is ready may run now."""
        return TRUE

    def key(self) -> Expr:
        """The least goes first; of several, whoever waits longest."""
        return ZERO

    def allowed(self) -> Expr:
        """The most that its turn may be charged; `here.horizon` steps from now something changes by itself."""
        return least(everywhere("quantum"), here("horizon"))

    def due(self) -> Expr:
        """How many steps from now something of this machine changes by itself (`renew`)."""
        return ENDLESS

    def admit(self) -> Expr:
        """Whether what a machine is promised can be kept beside `here.total`, what others were promised."""
        return TRUE

    def wait(self, its: Terms, others: Sequence[Terms], host: Figures) -> int | None:
        """The longest, in steps, that a machine which becomes ready, by an interrupt or as its turn has ended, waits
        for a turn beside these others; None if no bound is promised."""
        return None

    # ---- accounts

    def admitted(self) -> Behaviour:
        """What its admission writes down."""
        return NOTHING

    def chosen(self) -> Behaviour:
        """It was chosen."""
        return NOTHING

    def pay(self) -> Behaviour:
        """Its turn was charged `Param("charged")` steps."""
        return NOTHING

    def wake(self) -> Behaviour:
        """It is ready again: it waited for something."""
        return NOTHING

    def sleep(self) -> Behaviour:
        """It waits for something else than its turn."""
        return NOTHING

    def arrive(self) -> Behaviour:
        """It lives here from now on, and lived elsewhere."""
        return NOTHING

    def renew(self) -> Behaviour:
        """What was `due` happens."""
        return NOTHING

    def depart(self) -> Behaviour:
        """It leaves, with nothing left of what was promised until now."""
        return NOTHING

    def elapse(self) -> Behaviour:
        """`Param("steps")` steps of this processor have passed."""
        return sets_here(now=add(here("now"), steps))


def terms_of_host() -> Expr:
    """What is so of every host."""
    quantum, price = everywhere("quantum"), everywhere("price")
    return both(within(ONE, quantum, MOST_QUANTUM), ule(price, MOST_PRICE))


class Bill:
    """What a turn is charged: its steps, of whatever kind, and the price of its exits. What goes beyond what was
    allowed is a *debt*, which the machine's own next turns pay first: its neighbours never wait for it."""

    debt, ran, exits, allowed = (Param(WIDTH, name) for name in ("debt", "ran", "exits", "allowed"))

    def budget(self) -> Expr:
        """How many steps the machine itself may take."""
        return select(ult(self.debt, self.allowed), sub(self.allowed, self.debt), sub(ONE, ONE))

    def owed(self) -> Expr:
        return add(add(self.debt, self.ran), times(self.exits, everywhere("price")))

    def charged(self) -> Expr:
        return least(self.owed(), self.allowed)

    def rest(self) -> Expr:
        """The debt that is left."""
        return sub(self.owed(), self.charged())
