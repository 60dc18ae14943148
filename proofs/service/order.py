"""What a heap rests on: who of two goes first stays so as long as both wait, whatever happens to others and however
time passes. Then it is enough to compare them when one of them changes, and nobody need be asked at every turn.
"""

import z3

from monitor.service.policies.policy import Policy
from monitor.service.words import MOST_TURNS
from proofs.service.in_turn import waits
from proofs.service.promise import Claim, Promise
from proofs.service.sharing import behind
from proofs.service.standing import Standing, standing
from proofs.service.turns import accounted
from proofs.service.whole import Term


def waiting(policy: Policy, tag: str, beside: Standing | None = None) -> tuple[Standing, list[Term]]:
    """An arbitrary machine that waits for its turn, as its policy's other promises keep it."""
    it, words = standing(policy, tag, beside)
    given = [*words, *it.kept, *accounted(it), it.value(policy.may())]
    given += [waits(it)] if "ticket" in policy.words else []
    given += [behind(it, z3.IntVal(MOST_TURNS))] if "pass" in policy.words else []
    return it, given


def stays(policy: Policy) -> Claim:
    """Time passes, until something of one of them is due; or a third machine is chosen before both, or pays, wakes,
    moves here or is new."""
    one, given = waiting(policy, "1")
    other, further = waiting(policy, "2", one)
    third, beside = waiting(policy, "3", one)
    keys = [it.value(policy.key()) for it in (third, one, other)]
    steps, charged = z3.Int("steps"), z3.Int("charged")
    until = [steps >= 0, charged >= 0, *(steps <= it.value(policy.due()) for it in (one, other))]
    first = [keys[0] <= keys[1], keys[0] <= keys[2]]
    after = [one.does(policy.elapse(), steps=steps), third.does(policy.chosen())]
    after += [third.does(policy.pay(), charged=charged)]
    after += [third.does(happens) for happens in (policy.wake(), policy.arrive(), policy.admitted())]
    same = [
        (keys[1] < keys[2]) == (one.sees(then).value(policy.key()) < other.sees(then).value(policy.key()))
        for then in after
    ]
    return Claim([*given, *further, *beside, *until, *first], same)


ORDER = Promise(
    "order",
    "Who of two that wait goes first stays so, until one of them changes: they may be kept in order.",
    stays,
)
