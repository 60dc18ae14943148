"""Counted loops: blocks that jump back to themselves a number of times that is known when they begin.

A *straight* expression changes by the same amount each time round, as long as nothing wraps. If that holds for what
the loop compares and for every address, then budget, bounds and stores into code can be asked once for all rounds.
Widths are at most 32 bits here, so that in 64 bits nothing wraps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from isa.engines.native.shapes import Access, Place, leaves
from isa.engines.native.summaries import Check, Fetch, Put, Summary, is_free, place_of
from isa.fold import apply, const, negate, rewriter, sub
from isa.ir import TRUE, Apply, Const, Expr, nodes

WIDEST = 32


@dataclass(frozen=True, slots=True)
class Until:
    """Goes on until `value`, which changes by `step` (not 0) each round, is 0 behind a round."""

    value: Expr
    step: int


@dataclass(frozen=True, slots=True)
class While:
    """Goes on while `low` is less than `high` behind a round (or equal, if `equal`). One of them stands still, and
    their steps bring them together if they have the right sign."""

    low: Expr
    high: Expr
    low_step: Expr
    high_step: Expr
    signed: bool
    equal: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """A block that jumps to itself under `test`, else to `exit`. `steps` has the places that are straight; the others
    that change are carried from round to round. All of it is over the state at the beginning of a round. `rounds` is
    how many there are, if that is known."""

    made: Summary
    steps: dict[Place, Expr]
    test: Until | While
    exit: Const
    rounds: int | None

    @property
    def stores(self) -> bool:
        return any(isinstance(event, Put) for event in self.made.events)

    def step(self, expr: Expr) -> Expr:
        """By how much a straight expression changes each round."""
        found = _step(expr, self.steps, set(self.made.state))
        assert found is not None
        return found


def counted(pc: int, made: Summary, known: Mapping[Place, Expr]) -> Loop | None:
    """The counted loop that a block is, if it is one. `known` are places that are constant where it begins."""
    match made.target:
        case Apply(_, "select", (condition, Const(_, to), Const() as leave)) if to == pc != leave.value:
            goes_on = condition
        case Apply(_, "select", (condition, Const() as leave, Const(_, to))) if to == pc != leave.value:
            goes_on = negate(condition)
        case _:
            return None
    steps = dict(_straight_places(made))
    changed = set(made.state)
    test = _test(goes_on, steps, changed)
    if test is None or not all(_fits(event, steps, changed) for event in made.events):
        return None
    return Loop(made, steps, test, leave, _rounds(test, known))


def _rounds(test: Until | While, known: Mapping[Place, Expr]) -> int | None:
    """How many rounds there are, of a loop that counts down or up to 0 from a known value."""

    def replace(node: Expr) -> Expr | None:
        place = place_of(node)
        return None if place is None else known.get(place)

    start = rewriter(replace)(test.value) if isinstance(test, Until) else None
    if not isinstance(start, Const) or not isinstance(test, Until):
        return None
    distance = (start.value if test.step < 0 else -start.value) % (1 << start.width)
    return distance // abs(test.step) + 1 if distance % abs(test.step) == 0 else None


def known_before(summaries: Mapping[int, Summary], pc: int) -> dict[Place, Expr]:
    """The places that have the same constant wherever another block jumps to this one."""
    here = const(next(iter(leaves(summaries[pc].target))).width, pc)
    found = [made.state for at, made in summaries.items() if at != pc and here in leaves(made.target)]
    first = {p: v for p, v in found[0].items() if isinstance(v, Const)} if found else {}
    return {p: v for p, v in first.items() if all(state.get(p) is v for state in found)}


def as_signed(value: Const) -> int:
    return value.value - (value.value >> (value.width - 1) << value.width)


def _fits(event: Check | Fetch | Put, steps: dict[Place, Expr], changed: set[Place]) -> bool:
    match event:
        case Check():
            return False
        case Put(_, _, guard, _, _) if guard is not TRUE:
            return False
    access: Access = event.access
    straight = is_free(access.address) and _step(access.address, steps, changed) is not None
    return access.sure and access.address.width <= WIDEST and straight


def _straight_places(made: Summary) -> Iterator[tuple[Place, Expr]]:
    """The places that something is added to which stands still."""
    changed = set(made.state)
    for place, value in made.state.items():
        match value:
            case Apply(_, "add", (a, b)) if place_of(a) == place and _still(b, changed):
                yield place, b
            case Apply(_, "add", (a, b)) if place_of(b) == place and _still(a, changed):
                yield place, a
            case Apply(width, "sub", (a, b)) if place_of(a) == place and _still(b, changed):
                yield place, sub(const(width, 0), b)


def _still(expr: Expr, changed: set[Place]) -> bool:
    return is_free(expr) and not any(place_of(n) in changed for n in nodes(expr))


def _step(expr: Expr, steps: dict[Place, Expr], changed: set[Place]) -> Expr | None:
    """By how much a value changes each round, modulo its width; None if not by the same each time."""
    if _still(expr, changed):
        return const(expr.width, 0)
    place = place_of(expr)
    if place is not None:
        return steps.get(place)
    match expr:
        case Apply(_, "add" | "sub" as op, (a, b)):
            one, other = _step(a, steps, changed), _step(b, steps, changed)
            return None if one is None or other is None else apply(op, one, other)
        case Apply(_, "mul", (a, b)) if _still(b, changed):
            one = _step(a, steps, changed)
            return one and apply("mul", one, b)
        case Apply(_, "shl", (a, Const() as by)):
            one = _step(a, steps, changed)
            return one and apply("shl", one, by)
    return None


def _test(goes_on: Expr, steps: dict[Place, Expr], changed: set[Place]) -> Until | While | None:
    match goes_on:
        case Apply(_, "negate", (Apply(_, "eq", (a, b)),)) if a.width <= WIDEST:
            value = sub(a, b)
            step = _step(value, steps, changed)
            if isinstance(step, Const) and step.value:
                return Until(value, as_signed(step))
        case Apply(_, "ult" | "slt" | "ule" | "sle" as op, (a, b)):
            return _order(op, a, b, steps, changed)
        case Apply(_, "negate", (Apply(_, "ult" | "slt" | "ule" | "sle" as op, (a, b)),)):
            return _order(_DENIED[op], b, a, steps, changed)
    return None


_DENIED = {"ult": "ule", "ule": "ult", "slt": "sle", "sle": "slt"}


def _order(op: str, low: Expr, high: Expr, steps: dict[Place, Expr], changed: set[Place]) -> While | None:
    up, down = _step(low, steps, changed), _step(high, steps, changed)
    if low.width > WIDEST or up is None or down is None:
        return None
    zeros = [isinstance(s, Const) and s.value == 0 for s in (up, down)]
    return While(low, high, up, down, op[0] == "s", op[2] == "e") if sum(zeros) == 1 else None
