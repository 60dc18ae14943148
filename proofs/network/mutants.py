"""Mistakes in a switch, each of which the promise named for it must refute."""

from collections.abc import Callable
from dataclasses import dataclass

from isa.ir.fold import add, apply, both, const, either, eq, negate, sub, ule, ult
from isa.ir.nodes import Expr
from monitor.network.forwarding import MOST_VLANS, ONE, WIDTH, ZERO, Forwarding, member, whole, word


@dataclass(frozen=True)
class Mutant:
    name: str
    promise: str
    forwarding: Forwarding


def mutant(name: str, promise: str, **parts: Callable[[], Expr]) -> Mutant:
    planted = type("Planted", (Forwarding,), {part: staticmethod(made) for part, made in parts.items()})
    return Mutant(name, promise, planted())


RIGHT = Forwarding()
OF, OTHER = member(word("members"), word("vlan")), negate(eq(word("port"), word("origin")))
MANY = either(negate(eq(word("group"), ZERO)), eq(word("known"), ZERO))
THERE = eq(word("where"), word("port"))
SIZE = whole(word("size"))
WRAPPED = apply("shru", word("members"), apply("and", word("vlan"), const(WIDTH, MOST_VLANS - 1)))
WIDE = eq(apply("and", WRAPPED, ONE), ONE)


MUTANTS = [
    mutant("any port", "isolated", sent=lambda: both(OTHER, either(MANY, THERE))),
    mutant("any who asks", "isolated", accepted=lambda: eq(word("vlan"), word("vlan"))),
    mutant("the next VLAN", "isolated", accepted=lambda: member(word("members"), add(word("vlan"), ONE))),
    mutant("a VLAN that is none", "isolated", accepted=lambda: WIDE,
           sent=lambda: both(OTHER, WIDE, either(MANY, THERE))),
    mutant("floods those who are not of it", "isolated", sent=lambda: both(OTHER, either(MANY, both(OF, THERE)))),
    mutant("back again", "not back", sent=lambda: both(OF, either(MANY, THERE))),
    mutant("floods what is known", "one place", sent=lambda: both(OTHER, OF)),
    mutant("groups are not flooded", "reached", sent=lambda: both(OTHER, OF, THERE)),
    mutant("unknown is dropped", "reached",
           sent=lambda: both(OTHER, OF, either(negate(eq(word("group"), ZERO)), THERE))),
    mutant("takes nothing", "let in", accepted=lambda: both(OF, negate(eq(word("vlan"), ZERO)))),
    mutant("never forgets", "forgotten", fresh=lambda: ule(word("seen"), word("now"))),
    mutant("one step too long", "forgotten",
           fresh=lambda: ule(sub(word("now"), word("seen")), add(word("age"), ONE))),
    mutant("overflows", "never more",
           filled=lambda: add(word("tokens"), apply("mul", word("rate"), sub(word("now"), word("last"))))),
    mutant("for nothing", "paid", left=lambda: word("tokens")),
    mutant("a thousandth", "paid", left=lambda: sub(word("tokens"), word("size"))),
    mutant("on credit", "never more", passes=lambda: eq(ZERO, ZERO)),
    mutant("one is not enough", "never stuck", passes=lambda: ult(SIZE, word("tokens"))),
]  # fmt: skip
