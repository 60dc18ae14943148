"""What every policy promises, and what the bill does."""

import z3

from monitor.service.policies.policy import Bill, Policy
from monitor.service.words import MOST_PERIOD
from proofs.service.promise import Claim, Promise
from proofs.service.standing import Standing, standing
from proofs.service.whole import Term

MOST_DEBT, MOST_EXITS = 1 << 50, 1 << 32  # of a turn


def turn(policy: Policy) -> Claim:
    it, words = standing(policy)
    allowed = it.value(policy.allowed())
    able = [*words, *it.kept, *accounted(it), it.value(policy.may()), it.here("horizon") >= 1]
    return Claim(able, [allowed >= 1, allowed <= it.everywhere("quantum"), allowed <= it.here("horizon")])


def accounted(it: Standing) -> list[Term]:
    """What the accounts of a machine keep to at all times, as the promises of those show that have such accounts."""
    found = []
    if "left" in it.policy.words:
        due = it.value(it.policy.due())
        since = it.me("period") + z3.If(it.me("left") > 0, 0, it.everywhere("quantum"))  # who moved: clocks differ
        found += [it.me("left") <= it.me("reserve"), due <= since]
    if "used" in it.policy.words:
        room = it.me("used") + it.me("left") <= it.me("cap")
        found += [it.me("used") <= it.me("cap"), z3.Implies(it.me("left") > 0, room)]
    if "begins" in it.policy.words:
        inside = it.me("begins") + it.me("length") <= it.here("frame")
        found += [inside, it.here("into") < it.here("frame"), it.here("frame") <= MOST_PERIOD.value]
    return found


TURN = Promise(
    "turn",
    "Whoever may run is allowed a step at least, a quantum at most, and none beyond the horizon: no processor is idle "
    "while somebody who may run waits, and nobody is kept from what is due.",
    turn,
)


# ---- the bill, which is the same for all


class Billing(Policy):
    """The bill alone, as if it were a policy."""

    name = "bill"
    summary = "what a turn is charged, whatever the policy"
    bill = Bill


class Billed:
    """A turn that was allowed so much, and what the bill makes of it."""

    def __init__(self, policy: Policy) -> None:
        assert isinstance(policy, Billing)
        bill = policy.bill()
        self.it, words = standing(policy)
        names = ("debt", "ran", "exits", "allowed")
        self.debt, self.ran, self.exits, self.allowed = numbers = [z3.Int(name) for name in names]
        given = dict(zip(names, numbers, strict=True))
        self.budget, self.charged, self.rest = (
            self.it.value(part, **given) for part in (bill.budget(), bill.charged(), bill.rest())
        )
        self.fee = self.exits * self.it.everywhere("price")
        fits = [self.debt < MOST_DEBT, self.exits < MOST_EXITS, self.allowed <= self.it.everywhere("quantum")]
        self.given = [*words, *self.it.kept, *fits, *(number >= 0 for number in numbers), self.ran <= self.budget]


def paid(policy: Policy) -> Claim:
    b = Billed(policy)
    return Claim(b.given, [b.charged <= b.allowed, b.charged + b.rest == b.debt + b.ran + b.fee])


def debt(policy: Policy) -> Claim:
    b = Billed(policy)
    new, old = b.rest <= b.fee, b.rest == b.debt - b.allowed
    still = z3.And(b.ran == 0, b.exits == 0)
    return Claim([*b.given, z3.Implies(b.budget == 0, still)], [z3.If(b.debt < b.allowed, new, old)])


def progress(policy: Policy) -> Claim:
    b = Billed(policy)
    return Claim([*b.given, b.allowed >= 1, z3.Or(b.debt >= 1, b.ran >= 1)], [b.charged >= 1])


def whole(policy: Policy) -> Claim:
    b = Billed(policy)
    return Claim([*b.given, b.debt == 0], [b.budget == b.allowed])


BILL = [
    Promise(
        "paid",
        "A turn is never charged more than it was allowed, and every step and every exit's price is charged, then or "
        "later: who does nothing but trap pays for it, and its neighbours never wait for more than its turn.",
        paid,
    ),
    Promise("debt", "A debt is no more than the price of one turn's exits, and each turn pays it first.", debt),
    Promise("progress", "A turn in which anything was done, or any debt paid, is charged a step at least.", progress),
    Promise("whole", "Who owes nothing may take every step of its turn.", whole),
]
