"""What round robin promises: whoever waits is passed once by each of the others, at most."""

import z3

from monitor.service.policies.policy import Policy
from proofs.service.promise import Claim, Promise, distance
from proofs.service.standing import Standing, standing
from proofs.service.whole import Term

MOST_AGE = 1 << 62  # tickets: nothing waits for so many turns


def age(it: Standing) -> Term:
    """How many tickets ago a machine has drawn its own."""
    return distance(it.here("tickets"), it.me("ticket"))


def waits(it: Standing) -> Term:
    return z3.And(age(it) >= 1, age(it) < MOST_AGE)


def oldest(policy: Policy) -> Claim:
    one, words = standing(policy, "1")
    other, further = standing(policy, "2", one)
    first = one.value(policy.key()) < other.value(policy.key())
    return Claim([*words, *further, waits(one), waits(other)], [first == (age(one) > age(other))])


def behind(policy: Policy) -> Claim:
    one, words = standing(policy, "1")
    other, further = standing(policy, "2", one)
    paid = one.does(policy.pay(), charged=z3.Int("charged"))
    last = paid.value(policy.key()) > other.sees(paid).value(policy.key())
    return Claim([*words, *further, waits(other)], [last, age(other.sees(paid)) == age(other) + 1, age(paid) == 1])


def woken(policy: Policy) -> Claim:
    one, words = standing(policy, "1")
    other, further = standing(policy, "2", one)
    shown = []
    for joins in (policy.wake(), policy.arrive(), policy.admitted()):
        joined = one.does(joins)
        shown.append(joined.value(policy.key()) > other.sees(joined).value(policy.key()))
    return Claim([*words, *further, waits(other)], shown)


IN_TURN = [
    Promise("oldest", "Whoever has waited longest goes next, wherever tickets wrap.", oldest),
    Promise(
        "behind",
        "Who has had a turn is behind everybody who waits: nobody is passed twice by anyone, and so nobody starves.",
        behind,
    ),
    Promise("joins", "So is whoever wakes, comes from another processor, or is new.", woken),
]
