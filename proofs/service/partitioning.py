"""What a static partition promises: to each its slot, and to nobody anyone else's."""

import z3

from monitor.service.policies.policy import Policy
from proofs.service.promise import Claim, Promise
from proofs.service.standing import Standing, standing
from proofs.service.turns import accounted
from proofs.service.whole import Term


def end(it: Standing) -> Term:
    return it.me("begins") + it.me("length")


def slotted(policy: Policy, tag: str = "", beside: Standing | None = None) -> tuple[Standing, list[Term]]:
    it, words = standing(policy, tag, beside)
    return it, [*words, *it.kept, *accounted(it)]


def apart(policy: Policy) -> Claim:
    one, words = standing(policy, "1")
    other, given = slotted(policy, "2", one)
    new = one.does(policy.admitted())
    before = [end(other) <= one.here("total"), one.value(policy.admit())]
    shown = [new.me("begins") >= end(other), end(new) <= new.here("total"), new.here("total") <= new.here("frame")]
    return Claim([*words, *given, *before], shown)


def alone(policy: Policy) -> Claim:
    one, given = slotted(policy, "1")
    other, further = slotted(policy, "2", one)
    both = z3.And(one.value(policy.may()), other.value(policy.may()))
    return Claim([*given, *further, end(one) <= other.me("begins")], [z3.Not(both)])


def inside(policy: Policy) -> Claim:
    it, given = slotted(policy)
    into, allowed = it.here("into"), it.value(policy.allowed())
    return Claim([*given, it.value(policy.may())], [it.me("begins") <= into, into + allowed <= end(it)])


def round_again(policy: Policy) -> Claim:
    it, given = slotted(policy)
    steps = z3.Int("steps")
    then = it.does(policy.elapse(), steps=steps)
    into, frame = it.here("into") + steps, it.here("frame")
    shown = [then.here("into") < frame, z3.Or(then.here("into") == into, then.here("into") == into - frame)]
    return Claim([*given, steps >= 0, steps <= frame], shown)


def comes(policy: Policy) -> Claim:
    it, given = slotted(policy)
    due = it.value(policy.due())
    then = it.does(policy.elapse(), steps=due)
    waits = z3.Not(it.value(policy.may()))
    return Claim([*given, waits], [due >= 1, due + it.me("length") <= it.here("frame"), then.value(policy.may())])


PARTITIONING = [
    Promise("slots", "A slot is given once, and lies in the frame.", apart),
    Promise("alone", "No two machines may run at the same time.", alone),
    Promise("inside", "A turn ends where its slot ends.", inside),
    Promise("round", "The frame comes again and again.", round_again),
    Promise("comes", "Who may not run may when its slot comes, and that is within a frame less the slot.", comes),
]
