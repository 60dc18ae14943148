"""What moves by itself: the parts of scalars that a prologue writes, and what many steps make of each.

A *counter* moves by one each step, until it comes to a value at which it stops, or for ever. A *latch* takes over, each
step, something that stands still. Both may do so under a condition that stands still too. `isa.machine.prologue` finds
them in a description, and `isa.machine.time` makes of them when a condition comes to hold.
"""

from isa.classes import dataclass
from isa.description import Place
from isa.ir.fold import add, apply, both, const, either, eq, negate, select, slice_, sub, ult, zext
from isa.ir.nodes import TRUE, Expr, Read

COUNT_WIDTH = 64
NEVER = (1 << COUNT_WIDTH) - 1  # a horizon that no number of steps reaches

Range = tuple[int, int]  # from the first value up to the last, which may lie round the end


@dataclass(frozen=True, slots=True)
class Counter:
    """A part of a scalar that moves by `step` (+1 or -1) each untrapped step, as long as `gate` holds, which time does
    not move, until it meets one of `stops`. They do not touch one another, and there it stands still.

    `whole` is the width of the scalar in which it lies.
    """

    place: Place
    whole: int
    step: int
    stops: tuple[Range, ...]
    gate: Expr = TRUE

    @property
    def width(self) -> int:
        return self.place.width

    @property
    def now(self) -> Expr:
        return _read(self.place, self.whole)

    def left(self) -> Expr:
        """How many moves remain before it stops (0 if it stands still)."""
        assert self.stops
        nothing = const(self.width, 0)
        stands = either(*(ult(sub(self.now, self._const(a)), self._const(b - a + 1)) for a, b in self.stops))
        return select(both(self.gate, negate(stands)), least(list(map(self._distance, self.stops))), nothing)

    def after(self, n: Expr) -> Expr:
        """Its value after `n` (64 bits) untrapped steps."""
        moves = least([n, zext(self.left(), COUNT_WIDTH)]) if self.stops else self._if_open(n)
        cut = apply("slice", moves, width=self.width, low=0)
        return add(self.now, cut) if self.step > 0 else sub(self.now, cut)

    def until(self, value: Expr) -> Expr:
        """After how many steps it has this value (64 bits), if it gets there; NEVER if it stands still before."""
        distance = sub(value, self.now) if self.step > 0 else sub(self.now, value)
        wide, never = zext(distance, COUNT_WIDTH), const(COUNT_WIDTH, NEVER)
        if self.stops:
            return select(ult(self.left(), distance), never, wide)
        return select(either(self.gate, eq(distance, const(self.width, 0))), wide, never)

    def _distance(self, stop: Range) -> Expr:
        first, last = map(self._const, stop)
        return sub(first, self.now) if self.step > 0 else sub(self.now, last)

    def _if_open(self, n: Expr) -> Expr:
        return select(self.gate, n, const(COUNT_WIDTH, 0))

    def _const(self, value: int) -> Expr:
        return const(self.width, value)


@dataclass(frozen=True, slots=True)
class Latch:
    """A part of a scalar that is `value` after one untrapped step and stays so: `value` reads nothing that moves but,
    maybe, the part itself where it is kept."""

    place: Place
    whole: int
    value: Expr

    @property
    def now(self) -> Expr:
        return _read(self.place, self.whole)

    def after(self, n: Expr) -> Expr:
        return select(eq(n, const(COUNT_WIDTH, 0)), self.now, self.value)


Moving = Counter | Latch


def _read(place: Place, whole: int) -> Expr:
    return slice_(Read(whole, place.state), place.low, place.width)


def least(values: list[Expr]) -> Expr:
    """The least of some numbers; 0 if one of them is 0."""
    nothing, most = const(values[0].width, 0), const(values[0].width, -1)
    if nothing in values:
        return nothing
    found, *others = [value for value in values if value is not most] or [most]
    for value in others:
        found = select(ult(value, found), value, found)
    return found
