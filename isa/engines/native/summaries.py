"""Instructions that follow on each other as one act: what they do to the state as expressions over the state before.

Registers are followed, so an address is known as what it was at the beginning plus a constant, and a constant as a
constant. A word that was stored before is known too. What cannot be followed is loaded from storage: each such word is
a parameter.
"""

from collections.abc import Iterator, Mapping

from isa.classes import dataclass, field
from isa.engines.native.shapes import Access, Place, Placed, Room
from isa.ir.fold import const, rewriter, select
from isa.ir.nodes import TRUE, Apply, Const, Element, Expr, Param, Read, nodes

State = Mapping[Place, Expr]  # places that changed, and their values


@dataclass(frozen=True, slots=True)
class Check:
    """Leave before instruction `number` of the line if the condition holds; `state` is how it is then."""

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
Stored = tuple[Room, Expr, int]  # where a word was stored: an address as `split` has it


@dataclass
class Summary:
    """A part of a tree (see `trees`): `line` is all from the tree's head to the part's end, `first` says where in it
    the part begins, and `before` is the state there. `events` are in order, `state` has the places that have changed
    since the head, and `ways` the parts that the jump leads to, by their pcs. `charge`: the steps of the longest way
    through the tree. All expressions are over the state at the head."""

    line: tuple[Placed, ...] = ()
    before: State = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    state: dict[Place, Expr] = field(default_factory=dict)
    target: Expr = TRUE
    ways: "dict[int, Summary]" = field(default_factory=dict)
    charge: int = 0
    stored: dict[Stored, Expr] = field(default_factory=dict)
    first: int = 0

    def child(self) -> "Summary":
        """The beginning of a part that follows."""
        return Summary(
            self.line, dict(self.state), state=dict(self.state), stored=dict(self.stored), first=len(self.line)
        )

    def parts(self) -> "Iterator[Summary]":
        """It and all that follow."""
        yield self
        for part in self.ways.values():
            yield from part.parts()

    @property
    def own(self) -> tuple[Placed, ...]:
        """The instructions of this part."""
        return self.line[self.first :]

    def follow(self, placed: Placed) -> None:
        """Add an instruction. All of it sees the state before."""
        number, before = len(self.line), dict(self.state)
        self.line += (placed,)
        loaded: dict[Expr, Expr] = {}

        def replace(node: Expr) -> Expr | None:
            place = place_of(node)
            return before.get(place) if place is not None else loaded.get(node)

        rewrite = rewriter(replace)
        for param, access in placed.shape.loads:
            here = access.rewritten(rewrite)
            known = self.stored.get((here.room, *split(here.address)))
            if known is None:
                known = Param(param.width, f"{param.name} of {number}")
                self.events.append(Fetch(number, before, known, here))
            loaded[param] = known
        shape = placed.shape.rewritten(rewrite)
        self.events += (Check(number, before, condition) for condition in shape.checks)
        for guard, access, value in shape.stores:
            self.events.append(Put(number, before, guard, access, value))
            self._keep(guard, access, value)
        for guard, state, index, value in shape.sets:
            was = Read(value.width, state) if index is None else Element(value.width, state, index)
            place = place_of(was)
            assert place is not None
            self.state[place] = select(guard, value, self.state.get(place, was))
            if self.state[place] is was:
                del self.state[place]  # as at the head: what a routine saves and takes back
        self.target = shape.target

    def _keep(self, guard: Expr, access: Access, value: Expr) -> None:
        """Know what was stored, and forget what it may have been stored over."""
        room, (root, offset) = access.room, split(access.address)
        kept = {k: v for k, v in self.stored.items() if k[:2] == (room, root) and k[2] != offset}
        self.stored = {**kept, (room, root, offset): value} if guard is TRUE and access.sure else kept

    def states(self) -> Iterator[State]:
        """The states with which it may be left: at its end, and before what may not happen. What has changed there may
        be as at the head again at the end."""
        yield self.state
        for event in self.events:
            yield event.state

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


def as_signed(value: Const) -> int:
    """The number that a constant is in two's complement."""
    return value.value - (value.value >> (value.width - 1) << value.width)


def split(address: Expr) -> tuple[Expr, int]:
    """An address as a root and a signed constant."""
    match address:
        case Const(width, offset):
            return const(width, 0), offset
        case Apply(_, "add", (root, Const() as offset)):
            return root, as_signed(offset)
    return address, 0
