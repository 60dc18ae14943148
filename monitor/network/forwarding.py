"""What a switch decides about a frame, as IR: `proofs.network` reads it for all states, and `switch.py` runs it.

All are words of 64 bits. A port's `members` has a bit for each VLAN of which it is, and `vlan` is the number of such a
bit, below 64. A port is a number as well. `known` says that the table has the frame's destination, at the port `where`;
`group` that it is for many.

A bucket of tokens limits what leaves a port: in 1024ths of an octet, `rate` octets for each 1024 steps.
"""

from collections.abc import Callable
from typing import Any

from isa.engines.reference.source import compiled, values_function
from isa.ir.fold import add, apply, both, const, either, eq, negate, select, sub, ule, ult
from isa.ir.nodes import Expr, Param
from isa.ir.operators import NAMES

WIDTH, PARTS = 64, 10
MOST_VLANS = 64
MOST_RATE, MOST_BURST, MOST_STEPS = 1 << 20, 1 << 20, 1 << 30  # octets, octets, steps that a bucket fills
ZERO, ONE = const(WIDTH, 0), const(WIDTH, 1)


def word(name: str) -> Expr:
    return Param(WIDTH, name)


def least(a: Expr, b: Expr) -> Expr:
    return select(ult(a, b), a, b)


def member(members: Expr, vlan: Expr) -> Expr:
    """Whether a port is of a VLAN."""
    return both(ult(vlan, const(WIDTH, MOST_VLANS)), eq(apply("and", apply("shru", members, vlan), ONE), ONE))


class Forwarding:
    """The decisions. A mistake in one is a class that has another method in its place."""

    def accepted(self) -> Expr:
        """Whether a frame of a VLAN may come in at a port."""
        return member(word("members"), word("vlan"))

    def sent(self) -> Expr:
        """Whether a frame that came in at the port `origin` leaves at the port `port`."""
        known = negate(eq(word("known"), ZERO))
        many = either(negate(eq(word("group"), ZERO)), negate(known))
        other = negate(eq(word("port"), word("origin")))
        return both(other, member(word("members"), word("vlan")), either(many, eq(word("where"), word("port"))))

    def fresh(self) -> Expr:
        """Whether what was seen at the step `seen` still counts at the step `now`."""
        return both(ule(word("seen"), word("now")), ule(sub(word("now"), word("seen")), word("age")))

    def filled(self) -> Expr:
        """What is in a bucket now, that held `tokens` at the step `last`."""
        passed = least(sub(word("now"), word("last")), const(WIDTH, MOST_STEPS))
        return least(add(word("tokens"), apply("mul", word("rate"), passed)), whole(word("burst")))

    def passes(self) -> Expr:
        """Whether a frame of `size` octets may leave."""
        return ule(whole(word("size")), word("tokens"))

    def left(self) -> Expr:
        """What is in the bucket when it has."""
        return sub(word("tokens"), whole(word("size")))


def whole(octets: Expr) -> Expr:
    """As many in 1024ths."""
    return apply("shl", octets, const(WIDTH, PARTS))


ARGUMENTS = {
    "accepted": ("members", "vlan"),
    "sent": ("members", "vlan", "port", "origin", "known", "where", "group"),
    "fresh": ("seen", "now", "age"),
    "filled": ("tokens", "last", "now", "rate", "burst"),
    "passes": ("tokens", "size"),
    "left": ("tokens", "size"),
}


class Decisions:
    """The same as functions of numbers, by their names."""

    accepted: Callable[..., bool]
    sent: Callable[..., bool]
    fresh: Callable[..., bool]
    filled: Callable[..., int]
    passes: Callable[..., bool]
    left: Callable[..., int]

    def __init__(self, forwarding: Forwarding) -> None:
        for name, arguments in ARGUMENTS.items():
            expression: Expr = getattr(forwarding, name)()
            source = values_function(name, (expression,), {}, arguments)
            made: Any = compiled(source, name, NAMES)
            setattr(self, name, made)
