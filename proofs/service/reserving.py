"""What a reservation promises: so many steps in every period, for anyone who was admitted and does not wait.

Fix any moment that is D steps from now. What a machine *demands* until then is what it has left, if its period ends
until then, and its share of the time behind that end; in parts of a step. All together never demand more
than their shares of D: each obligation is one way in which an arbitrary machine, or time, goes on, and keeps it so. At
the end of a period D is 0, and so nothing is left. It is the argument of Liu and Layland (1973) with an invariant.
"""

import z3

from monitor.service.policies.policy import Policy
from monitor.service.words import PARTS
from proofs.service.promise import Claim, Promise, positive
from proofs.service.standing import Standing, standing
from proofs.service.turns import accounted
from proofs.service.whole import Term

ALL = PARTS
SHORT = 1 << 40  # steps: how far ahead one need look


def due(it: Standing) -> Term:
    return it.value(it.policy.due())


def demand(it: Standing, until: Term) -> Term:
    """What a machine demands until so many steps from now, in parts of a step."""
    return demanded(it, until, due(it))


def demanded(it: Standing, until: Term, end: Term) -> Term:
    return z3.If(end <= until, ALL * it.me("left"), 0) + it.me("share") * positive(until - end)


def admitted(policy: Policy) -> tuple[Standing, list[Term], Term]:
    """An arbitrary machine that was admitted, and how many steps from now one looks."""
    it, words = standing(policy)
    until = z3.Int("until")
    return it, [*words, *it.kept, *accounted(it), until >= 0, until < SHORT], until


def after_turn(it: Standing, charged: Term) -> Standing:
    return it.does(it.policy.pay(), charged=charged).does(it.policy.elapse(), steps=charged)


def served(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    charged = z3.Int("charged")
    turn = [it.me("left") > 0, charged >= 1, charged <= it.value(policy.allowed()), it.here("horizon") <= due(it)]
    then = after_turn(it, charged)
    less = demand(then, until - charged) == demand(it, until) - ALL * charged
    others, total = z3.Ints("demanded total_share")
    together = [others >= 0, total >= 0, total <= ALL, demand(it, until) + others <= total * until]
    still = demand(then, until - charged) + others <= total * (until - charged)
    return Claim([*given, *turn, *together, due(it) <= until], [less, due(then) == due(it) - charged, still])


def waiting(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    steps = z3.Int("steps")
    passes = [steps >= 0, steps <= it.here("horizon"), it.here("horizon") <= due(it), steps <= until]
    then = it.does(policy.elapse(), steps=steps)
    return Claim([*given, *passes], [demand(then, until - steps) == demand(it, until), due(then) == due(it) - steps])


def unserved(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    steps = z3.Int("steps")
    nothing = z3.Or(it.me("left") == 0, due(it) > until)
    waits = [nothing, steps >= 1, steps <= it.here("horizon"), it.here("horizon") <= due(it), steps <= until]
    then = it.does(policy.elapse(), steps=steps)
    return Claim([*given, *waits], [demand(then, until - steps) <= it.me("share") * (until - steps)])


def renewed(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    then = it.does(policy.renew())
    shown = [
        demand(then, until) <= demand(it, until),
        then.me("left") == it.me("reserve"),
        due(then) == it.me("period"),
    ]
    return Claim([*given, due(it) == 0, it.me("left") == 0], shown)


def joins(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    new = it.does(policy.admitted())
    total, whole = new.here("total"), it.value(policy.admit())
    shown = [total == it.here("total") + it.me("share"), total <= ALL, demand(new, until) <= it.me("share") * until]
    return Claim([*given, whole], [*shown, due(new) == it.me("period"), new.me("left") == it.me("reserve")])


def forfeits(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    then = it.does(policy.sleep())
    return Claim(given, [then.me("left") == 0, demand(then, until) <= demand(it, until)])


def departs(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    others, total = z3.Int("demanded"), it.here("total")
    together = [others >= 0, it.me("share") <= total, total <= ALL, demand(it, until) + others <= total * until]
    then = it.does(policy.depart()).here("total")
    ended = [due(it) == 0, it.me("left") == 0]
    return Claim([*given, *together, *ended], [then == total - it.me("share"), others <= then * until])


def met(policy: Policy) -> Claim:
    it, given, until = admitted(policy)
    others, total = z3.Ints("demanded total_share")
    together = [others >= 0, total <= ALL, demand(it, until) + others <= total * until]
    return Claim([*given, *together, until == due(it), due(it) == 0], [it.me("left") == 0])


def earliest(policy: Policy) -> Claim:
    it, words = standing(policy, "1")
    other, further = standing(policy, "2", it)
    given = [*words, *it.kept, *accounted(it), *further, *other.kept, *accounted(other), it.me("left") > 0]
    given.append(it.value(policy.key()) <= other.value(policy.key()))
    first = z3.Implies(other.me("left") > 0, due(it) <= due(other))
    return Claim([*given, other.value(policy.may())], [first, it.value(policy.may())])


RESERVING = [
    Promise(
        "served",
        "A turn lowers what its machine demands by all of its length: whoever has the earliest deadline, time costs "
        "the others nothing that they need until then.",
        served,
    ),
    Promise("waiting", "Meanwhile what others demand stays as it is.", waiting),
    Promise(
        "unserved",
        "Who has nothing left, or a later deadline, demands no more than its share of the time that is left.",
        unserved,
    ),
    Promise("renewed", "A new period demands no more than its share, and begins where the last one ended.", renewed),
    Promise("admitted", "Who is admitted demands no more than its share, and all shares are no more than all.", joins),
    Promise("forfeits", "Who stops to wait demands less, and takes nothing from later periods.", forfeits),
    Promise("departs", "Who leaves as its period ends takes its share along, and those who stay keep theirs.", departs),
    Promise("met", "At the end of a period nothing of what was reserved is left: it was had, to the step.", met),
    Promise("earliest", "Of those with reserved steps left, the earliest deadline goes first, and may go.", earliest),
]
