"""The core of the monitor: what passes to the real machine, what is parked, and how relocation is composed.

These are functions over IR expressions, run once for each machine description. What they give is straight-line IR over
a *composite state*, in which `virtual.x` is the state x of the virtual machine and `real.x` that of the machine below
it. Engines run this IR as they run any instruction, and proofs read the same. Roles decide everything, names nothing.

- `resume`: the virtual machine map. Ordinary state passes, the mode is that of guests, relocation is composed, and
  every resource is parked at the value it has after reset.
- `horizon`: how long the virtual machine may run directly until something of its own is due.
- `save`: its inverse: what passed is copied back.
- `advance`: what the direct run's time does to the virtual machine's own state after that, over `Param("steps")`, the
  length of the run. What passed has lived through it; what was parked has not.
- `breach`: the audit, over `Param("steps")` as well. Whatever did not pass must still be as `resume` left it, apart
  from what time itself moves.
- `direct`: whether the virtual machine may run directly at all, which is what its technique says
  (`monitor.techniques`). All the rest is asked only where that holds.

Popek and Goldberg (1974), sections 4 and 5: the map f, and the allocator's resource control.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from isa.description import Isa, Kind, Place, Role, State
from isa.errors import MachineError
from isa.ir.fold import add, const, either, eq, insert, negate, rewriter, select, slice_, sub, ult
from isa.ir.nodes import FALSE, TRUE, Apply, Behaviour, Effect, Element, Expr, Param, Read, SetElement, Write, nodes
from isa.machine.time import law_of, time_of
from isa.passes.normal import next_values
from isa.passes.partition import ORDINARY, ordinary_bits, owned_bits
from monitor.techniques import TRAP, Technique

VIRTUAL, REAL = "virtual.", "real."


@dataclass(frozen=True, slots=True)
class Allocation:
    """The window a virtual machine has in the storage below it, in words, as expressions of the word's width."""

    offset: Expr
    size: Expr


def compose(base: Expr, bound: Expr, allocation: Allocation) -> tuple[Expr, Expr]:
    """The real relocation of a virtual one. It admits the same addresses and leads to the same words.

    `room` is how much of the window lies above the virtual base; without its select a base beyond the window would
    give a room that wraps.
    """
    inside = ult(base, allocation.size)
    room = select(inside, sub(allocation.size, base), const(base.width, 0))
    return add(allocation.offset, base), select(ult(bound, room), bound, room)


class Core:
    """The traced core for one description and technique.

    Raises MachineError, with the reason, for a machine whose roles do not tell the monitor enough.
    """

    def __init__(self, isa: Isa, technique: Technique = TRAP) -> None:
        self.isa, self.technique = isa, technique
        self.condition = technique.direct(isa)  # over the states of one machine, without a prefix
        self.direct = _of(VIRTUAL, self.condition)
        if self.direct is FALSE:
            return
        for role in (Role.MODE, Role.BASE, Role.BOUND):
            if len(isa.roles[role]) != 1:
                raise MachineError(
                    f"{isa.name} has {len(isa.roles[role])} places with the role @{role.value}; a monitor needs one",
                    "give the role to the state that has this part in the relocation",
                )
        width = isa.word
        self.allocation = Allocation(Param(width, "offset"), Param(width, "size"))
        self._reset = next_values(isa, isa.reset)
        self._guest = isa.modes.guest

    # ---- the map and its inverse

    @cached_property
    def resume(self) -> Behaviour:
        """real := f(virtual), over `Param("offset")` and `Param("size")`."""
        scalars: list[Effect] = [Write(TRUE, REAL + s.name, 0, self.mapped(s)) for s in self.isa.scalars()]
        return Behaviour((), (*scalars, *self._cells(VIRTUAL, REAL)))

    @cached_property
    def save(self) -> Behaviour:
        """virtual := what passed, from real; the rest of the virtual state stays."""
        scalars: list[Effect] = []
        for state in self.isa.scalars():
            kept = read(VIRTUAL, state)
            for low, width in ordinary_bits(state):
                kept = insert(kept, low, slice_(read(REAL, state), low, width))
            if kept is not read(VIRTUAL, state):
                scalars.append(Write(TRUE, VIRTUAL + state.name, 0, kept))
        return Behaviour((), (*scalars, *self._cells(REAL, VIRTUAL)))

    @cached_property
    def horizon(self) -> Expr:
        """After how many untrapped steps the virtual machine's own prologue would trap; 64 bits."""
        horizon = law_of(self.isa).horizon()
        assert horizon is not None
        return _of(VIRTUAL, horizon)

    @cached_property
    def advance(self) -> Behaviour:
        """The virtual machine's resources := what `Param("steps")` untrapped steps make of them. Over the states of one
        machine, without a prefix: asked of the real one, it tells how what was parked there ages."""
        time = time_of(self.isa)
        return owned(self.isa, time.advance()) if time else Behaviour()

    @cached_property
    def breach(self) -> Expr:
        """Whether the guest changed, without a trap, something that did not pass."""
        return either(*(changed for _, changed in self.audits()))

    def audits(self) -> Iterator[tuple[str, Expr]]:
        """For every piece of state that does not pass whole: its name, and whether it differs from what was loaded."""
        for state in self.isa.scalars():
            expected, found = self.aged(state, self.mapped(state)), read(REAL, state)
            for low, width in ordinary_bits(state):
                hole = const(width, 0)
                expected, found = insert(expected, low, hole), insert(found, low, hole)
            if ordinary_bits(state) != [(0, state.width)]:
                yield state.name, negate_eq(expected, found)
        for state in self._arrays():
            if state.role not in ORDINARY:
                cells = ((cell(REAL, state, i), const(state.width, 0)) for i in range(state.count))
                yield state.name, either(*(negate_eq(a, b) for a, b in cells))

    def mapped(self, state: State) -> Expr:
        """The real value of a scalar for a virtual state: the state under f."""
        value = self.parked(state)
        for low, part in self._loaded(state):
            value = insert(value, low, part)
        return value

    def real(self, expr: Expr) -> Expr:
        """What an expression over one machine's state is for the real machine as `resume` leaves it."""

        def part(node: Expr) -> Expr | None:
            match node:
                case Apply(width, "slice", (Read(_, name),), low) if name in self.isa.states:
                    return self._mapped_part(self.isa.states[name], low, width)
            return None

        def whole(node: Expr) -> Expr | None:
            return self.mapped(self.isa.states[node.state]) if isinstance(node, Read) and node.state in names else None

        names = self.isa.states
        return rewriter(whole)(rewriter(part)(expr))

    # ---- parts

    def _loaded(self, state: State) -> Iterator[tuple[int, Expr]]:
        """The parts of a real scalar that are not as after reset: each with its lowest bit. Later ones count."""
        for low, width in ordinary_bits(state):
            yield low, slice_(read(VIRTUAL, state), low, width)
        for place, part in self.set_places():
            if place.state == state.name:
                yield place.low, part

    def _mapped_part(self, state: State, low: int, width: int) -> Expr:
        """Bits of a real scalar: of one of its parts alone where that is all there is."""
        parts = [(at, part) for at, part in self._loaded(state) if at < low + width and low < at + part.width]
        match parts:
            case []:
                return slice_(self.parked(state), low, width)
            case [(at, part)] if at <= low and low + width <= at + part.width:
                return slice_(part, low - at, width)
        return slice_(self.mapped(state), low, width)

    def set_places(self) -> Iterator[tuple[Place, Expr]]:
        """The places that the monitor sets to a value of its own: mode, base and bound."""
        mode, base, bound = (self.isa.the(r) for r in (Role.MODE, Role.BASE, Role.BOUND))
        yield mode, const(mode.width, self._guest)
        composed = compose(self.virtual(base), self.virtual(bound), self.allocation)
        yield base, composed[0]
        yield bound, composed[1]

    def virtual(self, place: Place) -> Expr:
        return slice_(read(VIRTUAL, self.isa.states[place.state]), place.low, place.width)

    def parked(self, state: State) -> Expr:
        """The value after reset, at which a resource is quiet."""
        quiet = self._reset.get(state.name, const(state.width, 0))
        quiet = rewriter(lambda n: const(n.width, 0) if isinstance(n, Read) else None)(quiet)
        owned = state.role not in ORDINARY | {Role.MODE, Role.BASE, Role.BOUND}
        if owned and any(not n.operands() and not hasattr(n, "value") for n in nodes(quiet)):
            raise MachineError(
                f"the monitor cannot park {state.name}: its value after reset is not a constant",
                "set it to a constant in `on reset`",
            )
        return quiet

    def aged(self, state: State, value: Expr) -> Expr:
        """What the prologue makes of a real scalar that was parked so in as many steps as the direct run took."""
        for effect in self.advance.effects:
            if isinstance(effect, Write) and effect.state == state.name:
                parked = slice_(value, effect.low, effect.value.width)
                aged = self.real(effect.value)
                if aged is not parked:
                    value = insert(value, effect.low, aged)
        return value

    def _arrays(self) -> Iterator[State]:
        return (s for s in self.isa.states.values() if s.kind is Kind.ARRAY)

    def _cells(self, source: str, target: str) -> Iterator[Effect]:
        """The effects that copy ordinary register files, and park the others when they go to the real machine."""
        for state in self._arrays():
            for i in range(state.count):
                index = const(max(1, (state.count - 1).bit_length()), i)
                if state.role in ORDINARY:
                    yield SetElement(TRUE, target + state.name, index, cell(source, state, i))
                elif target == REAL:
                    yield SetElement(TRUE, target + state.name, index, const(state.width, 0))


def _of(space: str, expr: Expr) -> Expr:
    """An expression over one machine's state as one over the composite state."""

    def there(node: Expr) -> Expr | None:
        match node:
            case Read(width, state):
                return Read(width, space + state)
            case Element(width, state, index):
                return Element(width, space + state, index)
        return None

    return rewriter(there)(expr)


def owned(isa: Isa, behaviour: Behaviour) -> Behaviour:
    """As much of what a behaviour writes to scalars as does not pass to whoever runs."""
    found: list[Effect] = []
    for effect in behaviour.effects:
        if isinstance(effect, Write):
            end = effect.low + effect.value.width
            for low, width in owned_bits(isa.states[effect.state]):
                first, last = max(low, effect.low), min(low + width, end)
                if first < last:
                    part = slice_(effect.value, first - effect.low, last - first)
                    found.append(Write(effect.guard, effect.state, first, part))
    return Behaviour(behaviour.traps, tuple(found))


def read(space: str, state: State) -> Expr:
    return Read(state.width, space + state.name)


def cell(space: str, state: State, index: int) -> Expr:
    return Element(state.width, space + state.name, const(max(1, (state.count - 1).bit_length()), index))


def negate_eq(a: Expr, b: Expr) -> Expr:
    return negate(eq(a, b)) if a is not b else FALSE
