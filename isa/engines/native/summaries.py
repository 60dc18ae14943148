"""A block of instructions as one act: what it does to the state as expressions over the state before it.

Registers are followed through the block, so an address is known as what it was at the beginning plus a constant, and a
constant as a constant. What cannot be followed is loaded from storage: each such word is a parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from isa.engines.native.regions import Block
from isa.engines.native.shapes import Access, Place, Shape
from isa.ir.fold import rewriter, select
from isa.ir.nodes import TRUE, Const, Element, Expr, Param, Read, nodes

State = Mapping[Place, Expr]  # places that changed, and their values


@dataclass(frozen=True, slots=True)
class Check:
    """Leave before instruction `number` of the block if the condition holds; `state` is how it is then."""

    number: int
    state: State
    condition: Expr


@dataclass(frozen=True, slots=True)
class Fetch:
    """Load the parameter from storage, for instruction `number`."""

    number: int
    state: State
    param: Param
    access: Access


@dataclass(frozen=True, slots=True)
class Put:
    """Store a word under a condition, by instruction `number`."""

    number: int
    state: State
    guard: Expr
    access: Access
    value: Expr


Event = Check | Fetch | Put


@dataclass
class Summary:
    """`events` in order, then the places that changed, then the jump. Made by `summary`."""

    block: Block
    events: list[Event] = field(default_factory=list)
    state: dict[Place, Expr] = field(default_factory=dict)
    target: Expr = TRUE

    def reads(self) -> dict[Place, Expr]:
        """The places that are read, and the expressions that read them."""
        roots = [*self.state.values(), self.target]
        for event in self.events:
            roots += event.state.values()
            match event:
                case Check(_, _, condition):
                    roots.append(condition)
                case Fetch(_, _, _, access):
                    roots += access.expressions()
                case Put(_, _, guard, access, value):
                    roots += (guard, *access.expressions(), value)
        found = ((place_of(node), node) for node in nodes(*roots))
        return {place: node for place, node in found if place is not None}


def place_of(node: Expr) -> Place | None:
    """The place that an expression reads."""
    match node:
        case Read(_, state):
            return state, None
        case Element(_, state, Const(_, cell)):
            return state, cell
    return None


def is_free(expr: Expr) -> bool:
    """Whether an expression is known when the block begins: it needs no word from storage."""
    return not any(isinstance(n, Param) for n in nodes(expr))


def summary(block: Block) -> Summary:
    """Follow the block."""
    made = Summary(block)
    for number, placed in enumerate(block.line):
        _follow(made, number, placed.shape)
    return made


def _follow(made: Summary, number: int, shape: Shape) -> None:
    """Add one instruction. All of it sees the state before."""
    before = dict(made.state)
    params: dict[Expr, Param] = {p: Param(p.width, f"{p.name} of {number}") for p, _ in shape.loads}

    def replace(node: Expr) -> Expr | None:
        place = place_of(node)
        return before.get(place) if place is not None else params.get(node)

    here = shape.rewritten(rewriter(replace))
    made.events += (Fetch(number, before, params[p], access) for p, access in here.loads)
    made.events += (Check(number, before, condition) for condition in here.checks)
    made.events += (Put(number, before, guard, access, value) for guard, access, value in here.stores)
    for guard, state, index, value in here.sets:
        was = Read(value.width, state) if index is None else Element(value.width, state, index)
        place = place_of(was)
        assert place is not None
        made.state[place] = select(guard, value, made.state.get(place, was))
    made.target = here.target
