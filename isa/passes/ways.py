"""The ways out of an instruction: where the pc goes after it, and on what that depends.

Whoever chains instructions reads it here: the blocks of the reference engine, the native interpreter, and regions.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from isa.ir.fold import add, const, negate, sext
from isa.ir.nodes import Apply, Const, Effect, Expr, Write, nodes


class Fork(NamedTuple):
    """A jump that chooses: `then` under the condition, `otherwise` without it."""

    condition: Expr
    then: Expr
    otherwise: Expr


def target(effects: Iterable[Effect], pc: str) -> Expr | None:
    """What the effects make of the pc; None if they leave it alone."""
    return next((e.value for e in effects if isinstance(e, Write) and e.state == pc), None)


def apart(effects: Iterable[Effect], pc: str) -> list[Effect]:
    """The effects without that on the pc."""
    return [e for e in effects if not (isinstance(e, Write) and e.state == pc)]


def fixed(place: Expr) -> bool:
    """Whether a place is one that is known before the instruction runs."""
    return isinstance(place, Const)


def fork(going: Expr, known: Callable[[Expr], bool] = fixed) -> Fork | None:
    """The choice at the head of a target, if one of its two ways is known. A choice between computed pcs counts as
    computed itself: it may be made of others, in more ways than could be told apart."""
    match going:
        case Apply(_, "select", (condition, then, otherwise)) if known(then) or known(otherwise):
            return Fork(condition, then, otherwise)
    return None


def branch(going: Expr, following: Expr) -> Fork | None:
    """The choice between a jump (`then`) and to go straight on, which is `otherwise`."""
    found = fork(going, lambda place: place is following)
    if found is None or found.otherwise is following:
        return found
    return Fork(negate(found.condition), found.otherwise, found.then)


def leaves(going: Expr) -> Iterator[Expr]:
    """Where a jump may go."""
    while (found := fork(going)) is not None:
        known, going = (found.then, found.otherwise) if fixed(found.then) else (found.otherwise, found.then)
        yield known
    yield going


def distance(going: Expr, pc: Expr) -> Expr | None:
    """How far a jump goes, if it is so much from the pc, wherever that is."""
    if going is pc:
        return const(pc.width, 0)
    if isinstance(going, Apply) and going.op == "add":
        for near, far in (going.args, going.args[::-1]):
            rest = distance(near, pc)
            if rest is not None and pc not in nodes(far):
                return add(rest, far)
    return None


def widened(number: Expr, width: int) -> Expr:
    """A signed number with more bits. A sum that cannot wrap is one of its parts with more bits."""
    match number:
        case Const(narrow, value):
            return const(width, value - (value >> narrow - 1 << narrow))
        case Apply(_, "sext", (part,)):
            return sext(part, width)
        case Apply(narrow, "add", (Apply(_, "sext", (part,)) as one, Const(_, value) as other)):
            near = (value + (1 << narrow - 2)) % (1 << narrow) < 1 << narrow - 1
            if near and part.width < narrow - 1:
                return add(widened(one, width), widened(other, width))
    return sext(number, width)
