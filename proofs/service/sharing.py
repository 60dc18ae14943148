"""What shares promise: service within one quantum of what weights say, caps, and nothing for having waited.

The *band* is `virtual <= pass <= virtual + quantum * unit`. Every ready machine is in it, whoever is chosen, charged,
woken or moved; so what two of them have had, each in its own measure, never differs by more than a quantum of each.
Distances are those of words that wrap: `gap` shows that nobody falls so far behind that it would seem ahead.
"""

import z3

from monitor.service.policies.policy import Policy
from monitor.service.words import MOST_QUANTUM, MOST_TURNS, MOST_UNIT
from proofs.service.promise import Claim, Promise, distance
from proofs.service.standing import Standing, standing
from proofs.service.turns import accounted
from proofs.service.whole import Term

STRIDE: int = MOST_QUANTUM.value * MOST_UNIT.value


def lead(it: Standing) -> Term:
    """How far its pass is ahead of the virtual one."""
    return distance(it.me("pass"), it.here("virtual"))


def band(it: Standing) -> Term:
    return lead(it) <= it.everywhere("quantum") * it.me("unit")


def behind(it: Standing, turns: Term) -> Term:
    """In the band, or behind it by no more than so many turns can make."""
    return z3.Or(band(it), distance(it.here("virtual"), it.me("pass")) <= turns * STRIDE)


def ready(policy: Policy, tag: str = "", beside: Standing | None = None) -> tuple[Standing, list[Term]]:
    it, words = standing(policy, tag, beside)
    return it, [*words, *it.kept, *accounted(it)]


def two(policy: Policy) -> tuple[Standing, Standing, list[Term]]:
    """One who is chosen and has nothing reserved, and somebody else."""
    one, given = ready(policy, "1")
    other, further = ready(policy, "2", one)
    return one, other, [*given, *further, band(one), one.me("left") == 0]


def least(policy: Policy) -> Claim:
    one, other, given = two(policy)
    chosen = one.does(policy.chosen())
    given += [band(other), other.me("left") == 0, one.value(policy.key()) <= other.value(policy.key())]
    return Claim(given, [band(other.sees(chosen)), lead(chosen) == 0])


def pays(policy: Policy) -> Claim:
    one, given = ready(policy)
    charged = z3.Int("charged")
    turn = [band(one), one.me("left") == 0, one.value(policy.may())]
    turn += [charged >= 1, charged <= one.value(policy.allowed())]
    then = one.does(policy.chosen()).does(policy.pay(), charged=charged)
    same = then.here("virtual") == one.me("pass")
    return Claim([*given, *turn], [lead(then) == charged * one.me("unit"), band(then), same])


def apart(policy: Policy) -> Claim:
    one, given = ready(policy)
    charged = z3.Int("charged")
    turn = [one.me("left") > 0, charged >= 1, charged <= one.value(policy.allowed())]
    then = one.does(policy.chosen()).does(policy.pay(), charged=charged)
    return Claim([*given, *turn], [lead(then) == lead(one), then.here("virtual") == one.here("virtual")])


def wakes(policy: Policy) -> Claim:
    one, given = ready(policy)
    turns = z3.Int("turns")
    shown = []
    for then in (one.does(policy.wake()), one.does(policy.renew())):
        shown += [band(then), z3.Or(lead(then) == 0, lead(then) == lead(one))]
        shown.append(z3.Implies(band(one), lead(then) == lead(one)))
    return Claim([*given, turns >= 0, turns <= MOST_TURNS, behind(one, turns)], shown)


def moves(policy: Policy) -> Claim:
    one, given = ready(policy)
    return Claim(given, [lead(one.does(policy.arrive())) == 0, lead(one.does(policy.admitted())) == 0])


def gap(policy: Policy) -> Claim:
    one, other, given = two(policy)
    turns = z3.Int("turns")
    chosen = one.does(policy.chosen())
    given += [turns >= 0, turns < MOST_TURNS, behind(other, turns)]
    return Claim(given, [behind(other.sees(chosen), turns + 1)])


def lag(policy: Policy) -> Claim:
    """Between two moments at which it was in the band, over passes that do not wrap."""
    virtual, later, service, before, after = z3.Ints("virtual later service pass_before pass_after")
    one, given = ready(policy)
    unit, stride = one.me("unit"), one.everywhere("quantum") * one.me("unit")
    inside = [before - virtual >= 0, before - virtual <= stride, after - later >= 0, after - later <= stride]
    had = unit * service
    ideal = later - virtual
    return Claim([*given, *inside, had == after - before], [had - ideal <= stride, ideal - had <= stride])


def capped(policy: Policy) -> Claim:
    one, given = ready(policy)
    charged = z3.Int("charged")
    turn = [one.value(policy.may()), charged >= 0, charged <= one.value(policy.allowed())]
    then = one.does(policy.chosen()).does(policy.pay(), charged=charged)
    room = z3.Implies(then.me("left") > 0, then.me("used") + then.me("left") <= then.me("cap"))
    counted = then.me("used") == one.me("used") + charged
    return Claim([*given, *turn], [then.me("used") <= then.me("cap"), counted, room, then.me("left") <= one.me("left")])


def uncounted(policy: Policy) -> Claim:
    one, given = ready(policy)
    others = (policy.wake(), policy.sleep(), policy.arrive(), policy.chosen(), policy.elapse())
    then = [one.does(what, steps=z3.Int("steps")) for what in others]
    return Claim(given, [after.me("used") == one.me("used") for after in then])


def again(policy: Policy) -> Claim:
    one, given = ready(policy)
    then = one.does(policy.renew())
    due = one.value(policy.due())
    return Claim([*given, due == 0], [then.value(policy.may()), then.me("used") == 0, *accounted(then)])


def comes_first(policy: Policy) -> Claim:
    one, given = ready(policy, "1")
    other, further = ready(policy, "2", one)
    given += [*further, one.me("left") > 0, other.value(policy.may()), other.me("left") == 0, band(other)]
    return Claim(given, [one.value(policy.key()) < other.value(policy.key())])


SHARING = [
    Promise("least", "Charging whoever has the least pass leaves every other one in the band.", least),
    Promise("pays", "It pays its unit for every step, and stays in the band.", pays),
    Promise("apart", "What is reserved does not count: it moves nobody in the band.", apart),
    Promise("first", "Who has reserved steps left goes before everybody who has none.", comes_first),
    Promise("wakes", "Who waited, or was capped, comes back into the band, and is not paid for having waited.", wakes),
    Promise("moves", "Who is new on a processor begins where the virtual pass stands.", moves),
    Promise("gap", "Nobody falls so far behind that its pass, a word that wraps, would seem ahead.", gap),
    Promise("lag", "So service is within one quantum of what the weights say, for any number of machines.", lag),
    Promise("cap", "Nobody has more than its cap in a period.", capped),
    Promise("counted", "What was had is forgotten only when the period ends.", uncounted),
    Promise("again", "Who was capped may run when its period ends: nobody starves.", again),
]
