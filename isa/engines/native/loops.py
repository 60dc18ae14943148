"""Counted loops: blocks that jump back to themselves a number of times that is known when they begin.

A *straight* expression changes by the same amount each time round, as long as nothing wraps. If that holds for what
the loop compares and for every address, then budget, bounds and stores into code can be asked once for all rounds.
Numbers of 32 bits do not wrap in 64; wider ones are let through while they are small (`isa.engines.native.rounds`).
"""

from collections.abc import Iterator, Mapping

from isa.classes import dataclass
from isa.engines.native.shapes import Access, Place, compared
from isa.engines.native.summaries import Check, Event, Put, Summary, as_signed, place_of
from isa.ir.fold import apply, const, negate, rewriter, sub
from isa.ir.nodes import TRUE, Apply, Const, Expr, Param, nodes
from isa.passes.ways import leaves

WIDEST = 64
MOST = 1 << 31  # rounds that are taken together


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


class Straight:
    """Which expressions over the beginning of a round are straight. `places` has the places that are, with their steps;
    `changed` are all places that change."""

    def __init__(self, made: Summary) -> None:
        self.changed = set(made.state)
        self._steps: dict[Expr, Expr | None] = {}
        self.places: dict[Place, Expr] = {}
        self.places = dict(self._moved(made))
        self._steps.clear()

    def step(self, expr: Expr) -> Expr | None:
        """By how much a value changes each round, modulo its width; None if not by the same each time."""
        for node in nodes(expr):
            if node not in self._steps:
                self._steps[node] = self._step(node)
        return self._steps[expr]

    def still(self, expr: Expr) -> bool:
        step = self.step(expr)
        return isinstance(step, Const) and step.value == 0

    def _moved(self, made: Summary) -> Iterator[tuple[Place, Expr]]:
        """The places that something is added to which stands still."""
        for place, value in made.state.items():
            match value:
                case Apply(_, "add", (a, b)) if place_of(a) == place and self.still(b):
                    yield place, b
                case Apply(_, "add", (a, b)) if place_of(b) == place and self.still(a):
                    yield place, a
                case Apply(width, "sub", (a, b)) if place_of(a) == place and self.still(b):
                    yield place, sub(const(width, 0), b)

    def _step(self, node: Expr) -> Expr | None:
        """The step of a node whose operands have theirs."""
        place, zero = place_of(node), const(node.width, 0)
        if place is not None:
            return self.places.get(place) if place in self.changed else zero
        if isinstance(node, Param):
            return None
        steps = [self._steps[operand] for operand in node.operands()]
        if all(isinstance(step, Const) and step.value == 0 for step in steps):
            return zero
        match node, steps:
            case Apply(_, "add" | "sub" as op), (Expr() as one, Expr() as other):
                return apply(op, one, other)
            case Apply(_, "mul" | "shl" as op, (_, by)), (Expr() as one, Const(_, 0)):
                return apply(op, one, by)
        return None


@dataclass(frozen=True, slots=True)
class Loop:
    """A block that jumps to itself under `test`, else to `exit`. The places that change and are not straight are
    carried from round to round. All of it is over the state at the beginning of a round. `rounds` is how many there
    are, if that is known."""

    made: Summary
    straight: Straight
    test: Until | While
    exit: Const
    rounds: int | None

    @property
    def stores(self) -> bool:
        return any(isinstance(event, Put) for event in self.made.events)

    @property
    def steps(self) -> dict[Place, Expr]:
        """The straight places and their steps."""
        return self.straight.places

    def step(self, expr: Expr) -> Expr:
        """By how much a straight expression changes each round."""
        found = self.straight.step(expr)
        assert found is not None
        return found


def counted(pc: int, made: Summary, known: Mapping[Place, Expr]) -> Loop | None:
    """The counted loop that a block is, if it is one. `known` are places that are constant where it begins."""
    match made.target:
        case Apply(_, "select", (condition, Const(_, to), Const() as leave)) if to == pc != leave.value:
            goes_on = compared(condition)
        case Apply(_, "select", (condition, Const() as leave, Const(_, to))) if to == pc != leave.value:
            goes_on = negate(compared(condition))
        case _:
            return None
    straight = Straight(made)
    test = _test(goes_on, straight)
    if test is None or not all(_fits(event, straight) for event in made.events):
        return None
    return Loop(made, straight, test, leave, _rounds(test, known))


def _rounds(test: Until | While, known: Mapping[Place, Expr]) -> int | None:
    """How many rounds there are, of a loop that counts down or up to 0 from a known value."""

    def replace(node: Expr) -> Expr | None:
        place = place_of(node)
        return None if place is None else known.get(place)

    start = rewriter(replace)(test.value) if isinstance(test, Until) else None
    if not isinstance(start, Const) or not isinstance(test, Until):
        return None
    distance = (start.value if test.step < 0 else -start.value) % (1 << start.width)
    rounds, beyond = divmod(distance, abs(test.step))
    return rounds + 1 if not beyond and rounds < MOST else None


def known_before(trees: Mapping[int, Summary], pc: int) -> dict[Place, Expr]:
    """The places that have the same constant wherever another tree jumps to this one."""
    here = const(next(iter(leaves(trees[pc].target))).width, pc)
    parts = [part for at, tree in trees.items() if at != pc for part in tree.parts()]
    found = [part.state for part in parts if pc not in part.ways and here in leaves(part.target)]
    first = {p: v for p, v in found[0].items() if isinstance(v, Const)} if found else {}
    return {p: v for p, v in first.items() if all(state.get(p) is v for state in found)}


def _fits(event: Event, straight: Straight) -> bool:
    """Whether what is done in a round can be let through for all rounds."""
    match event:
        case Check():
            return False
        case Put(_, _, guard, _, _) if guard is not TRUE:
            return False
    access: Access = event.access
    return access.sure and access.address.width <= WIDEST and straight.step(access.address) is not None


def _test(goes_on: Expr, straight: Straight) -> Until | While | None:
    match goes_on:
        case Apply(_, "negate", (Apply(_, "eq", (a, b)),)) if a.width <= WIDEST:
            value = sub(a, b)
            step = straight.step(value)
            if isinstance(step, Const) and step.value:
                return Until(value, as_signed(step))
        case Apply(_, "ult" | "slt" | "ule" | "sle" as op, (a, b)):
            return _order(op, a, b, straight)
        case Apply(_, "negate", (Apply(_, "ult" | "slt" | "ule" | "sle" as op, (a, b)),)):
            return _order(_DENIED[op], b, a, straight)
    return None


_DENIED = {"ult": "ule", "ule": "ult", "slt": "sle", "sle": "slt"}


def _order(op: str, low: Expr, high: Expr, straight: Straight) -> While | None:
    up, down = straight.step(low), straight.step(high)
    if low.width > WIDEST or up is None or down is None or straight.still(low) == straight.still(high):
        return None
    return While(low, high, up, down, op[0] == "s", op[2] == "e")
