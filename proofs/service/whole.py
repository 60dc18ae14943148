"""The IR over whole numbers: words of 64 bits as integers, and what wraps wraps.

Service is sums and products of small numbers in large words. A solver that takes words apart into bits is lost in
them; one that reckons is not. Each operator says exactly what the table of operators says, which a test holds against
it; a policy that needs another one is refused.
"""

from collections.abc import Callable, Mapping
from typing import Any

import z3

from isa.ir.nodes import Apply, Behaviour, Element, Load, Write
from isa.ir.operators import BOOL
from isa.ir.reading import Reading

Term = Any  # z3 has no types of its own
State = Mapping[str, Term]  # the words of accounts, by their names in IR


def _add(a: Term, b: Term, size: int) -> Term:
    return z3.If(a + b < size, a + b, a + b - size)


def _sub(a: Term, b: Term, size: int) -> Term:
    return z3.If(b <= a, a - b, a - b + size)


def _mul(a: Term, b: Term, size: int) -> Term:
    return z3.If(a * b < size, a * b, (a * b) % size)


_MEANINGS: dict[str, Callable[[Term, Term, int], Term]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "eq": lambda a, b, size: a == b,
    "ult": lambda a, b, size: a < b,
    "ule": lambda a, b, size: a <= b,
    "both": lambda a, b, size: z3.And(a, b),
    "either": lambda a, b, size: z3.Or(a, b),
}


class Whole(Reading[Term]):
    """Reads expressions over the words of a state, and these parameters."""

    def __init__(self, state: State, given: State | None = None) -> None:
        super().__init__()
        self.state, self.given = state, given or {}

    def const(self, width: int, value: int) -> Term:
        return z3.BoolVal(bool(value)) if width == BOOL else z3.IntVal(value)

    def apply(self, node: Apply, args: tuple[Term, ...]) -> Term:
        match node.op:
            case "select":
                return z3.If(*args)
            case "negate":
                return z3.Not(args[0])
            case op if op in _MEANINGS:
                first, second = args
                return _MEANINGS[op](first, second, 1 << node.args[0].width)
        raise _unreadable(f"`{node.op}`")

    def read(self, state: str, width: int) -> Term:
        return self.state[state]

    def param(self, name: str, width: int) -> Term:
        return self.given[name]

    def element(self, state: str, index: Term, node: Element) -> Term:
        raise _unreadable(f"register {state}")

    def load(self, index: Term, node: Load) -> Term:
        raise _unreadable("storage")

    def size(self, width: int) -> Term:
        raise _unreadable("the size of storage")

    def recv(self, channel: str, index: Term, width: int) -> Term:
        raise _unreadable(f"channel {channel}")

    def unknown(self, serial: int, width: int) -> Term:
        raise _unreadable("an unknown value")


def _unreadable(what: str) -> TypeError:
    """For a policy that looks at more than the words of its accounts, or needs an operator that has no meaning here."""
    return TypeError(f"{what} is not read over whole numbers")


def after(behaviour: Behaviour, state: State, given: State | None = None) -> dict[str, Term]:
    """The words after a behaviour, all of whose values are of the state before."""
    reading, found = Whole(state, given), dict(state)
    for effect in behaviour.effects:
        assert isinstance(effect, Write) and effect.low == 0
        value = reading.value(effect.value)
        found[effect.state] = z3.If(reading.value(effect.guard), value, found[effect.state])
    return found
