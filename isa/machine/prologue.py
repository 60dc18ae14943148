"""What a description's own prologue moves, found by what it does, however it is written.

What a step makes of a part of a scalar is a function of the part itself and of what stands still. It can change its
form only at the constants that the part is compared with. So one value stands for all between two of them: with every
such comparison decided there, what is left must be the part itself, or one more, or one less, under conditions on what
stands still. The ranges in which it stands still are the stops of a `Counter`. What does not count at all, but takes
over what stands still, is a `Latch`.

`moved` tells what moves, or raises MachineError with what it did not understand and what to write instead.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise

from isa.description import Isa, Place, Role
from isa.errors import MachineError
from isa.ir.fold import add, both, const, either, negate, rewriter, truth
from isa.ir.nodes import FALSE, TRUE, Apply, Const, Element, Expr, Load, Param, Recv, Size, Unknown, Write, nodes
from isa.machine.moving import Counter, Latch, Moving, Range
from isa.passes.normal import Bits, bits_read, next_parts

COMPARISONS = frozenset({"eq", "ult", "ule", "slt", "sle"})
MOST = 256  # constants that a part may be compared with, and cases in each range: a bound against hostile descriptions
SHAPES = (
    "let it move by one each step, up or down, while comparisons with constants hold (`t <- t - 1 when t != 0`), or "
    "copy what stands still (`psw.tp <- psw.t`); conditions on scalars that no step moves may be joined to that"
)
_DECIDES = {Role.MODE: "the mode", Role.BASE: "relocation", Role.BOUND: "relocation", Role.HALT: "the halt"}


def moved(isa: Isa) -> tuple[Moving, ...]:
    """The parts of the state that the prologue moves, the pc apart. Raises MachineError if they follow no law."""
    if not all(isinstance(e, Write) for e in isa.prologue.effects):
        raise no_law(isa, "it changes storage, a register file or a channel", "let it write scalars alone")
    parts = {p: v for p, v in next_parts(isa, isa.prologue).items() if v is not isa.read(p)}
    moving = bits_of(parts)
    return tuple(law for place, value in parts.items() if (law := _law(isa, place, value, moving)) is not None)


def _law(isa: Isa, place: Place, value: Expr, moving: Bits) -> Moving | None:
    """The law of one part; None for what has none of its own: the pc, and what stays as it is after all."""
    name, mine = named(isa, place), bits_of([place])
    if place.state == isa.pc:
        if bits_read([value]) & (moving - mine):
            raise no_law(isa, f"{name} depends on what it moves", "let instructions and traps decide about the pc")
        return None
    for role, what in _DECIDES.items():
        if mine & bits_of(isa.roles[role]):
            raise no_law(isa, f"it moves {name}, which decides {what}", "let instructions and traps move that")
    try:
        return _Part(isa, place, value, moving | bits_of(isa.roles[Role.PC])).law()
    except _Unknown:
        what = "is neither one more, nor one less, nor what stands still"
        raise no_law(isa, f"what it makes of {name} {what}", SHAPES) from None


def no_law(isa: Isa, why: str, fix: str) -> MachineError:
    return MachineError(f"the prologue of {isa.name} has a shape whose time law is not known: {why}", fix)


def named(isa: Isa, place: Place) -> str:
    """A part of a scalar as the description calls it."""
    state, high = isa.states[place.state], place.low + place.width - 1
    if place.width == state.width:
        return state.name
    fields = [f.name for f in state.fields if (f.low, f.width) == (place.low, place.width)]
    return f"{state.name}.{fields[0]}" if fields else f"{state.name}[{high}:{place.low}]"


def bits_of(places: Iterable[Place]) -> Bits:
    return frozenset((p.state, bit) for p in places for bit in range(p.low, p.low + p.width))


def stands(expr: Expr, moving: Bits) -> bool:
    """Whether it stays the same as long as nothing but these bits moves. It reads scalars alone: instructions of all
    kinds change cells and words, every step has unknowns of its own, and the size is another one below a monitor."""
    if any(isinstance(n, Element | Load | Recv | Unknown | Size | Param) for n in nodes(expr)):
        return False
    return not bits_read([expr]) & moving


class _Unknown(Exception):
    """A value of another form."""


class _Part:
    """A part of a scalar, and its next value as a function of `own`, the part itself."""

    def __init__(self, isa: Isa, place: Place, value: Expr, moving: Bits) -> None:
        self.place, self.whole, self.next, self.moving = place, isa.states[place.state].width, value, moving
        self.size, self.own = 1 << place.width, Param(place.width, "own")
        self.value = rewriter({isa.read(place): self.own}.get)(value)
        self.steps = {1, -1}  # the ways in which it may move, after all that was seen
        self.cases = 0

    def law(self) -> Moving | None:
        try:
            self._when(self.value, self._stands)
            return Latch(self.place, self.whole, self.next)
        except _Unknown:
            self.cases = 0
        gates = [(first, last, self._moves(first, last)) for first, last in self._ranges()]
        opening = {gate for _, _, gate in gates} - {FALSE}
        if not opening:
            return None
        if len(opening) > 1 or not self.steps:
            raise _Unknown
        stops = _joined([(first, last) for first, last, gate in gates if gate is FALSE], self.size)
        return Counter(self.place, self.whole, max(self.steps), stops, opening.pop())

    def _stands(self, value: Expr) -> bool | None:
        return False if value is self.own else True if stands(value, self.moving) else None

    def _moves(self, first: int, last: int) -> Expr:
        """The condition under which it moves by one where it lies in this range."""
        lowest: dict[Expr, Expr] = {self.own: const(self.place.width, first)}
        at = rewriter(lowest.get)
        alone = first == last
        stay: Expr = const(self.place.width, first) if alone else self.own
        ways = {step: add(stay, const(self.place.width, step)) for step in (1, -1)}

        def moves(value: Expr) -> bool | None:
            fitting = {step for step, way in ways.items() if value is way}
            self.steps &= fitting or self.steps
            return False if value is stay else True if fitting else None

        self.cases = 0
        decided = at if alone else rewriter(lambda node: at(node) if self._compared(node) else None)
        return self._when(decided(self.value), moves)

    def _when(self, value: Expr, verdict: Callable[[Expr], bool | None]) -> Expr:
        """When the verdict holds, taking apart the value by its conditions until each case has one."""
        found = verdict(value)
        if found is not None:
            return truth(found)
        choices = (n.args[0] for n in nodes(value) if isinstance(n, Apply) and n.op == "select")
        condition = next((c for c in choices if stands(c, self.moving)), None)
        self.cases += 1
        if condition is None or self.cases > MOST:
            raise _Unknown
        yes, no = (self._when(rewriter({condition: side}.get)(value), verdict) for side in (TRUE, FALSE))
        return yes if yes is no else either(both(condition, yes), both(negate(condition), no))

    # ---- ranges

    def _ranges(self) -> list[Range]:
        """The values in ranges, in each of which every comparison with a constant is decided alike."""
        half, found = self.size >> 1, set[int]()
        for compared in filter(None, map(self._compared, nodes(self.value))):
            offset, other = compared
            found |= {(edge - offset) % self.size for edge in (0, half, other, other + 1)}
        if len(found) > MOST:
            raise _Unknown
        edges = sorted(found) or [0]
        return [(a, (b - 1) % self.size) for a, b in pairwise([*edges, edges[0]])]

    def _compared(self, node: Expr) -> tuple[int, int] | None:
        """Of a comparison of the part, a constant maybe added, with a constant: both constants."""
        match node:
            case Apply(_, op, (Const(_, other), side) | (side, Const(_, other))) if op in COMPARISONS:
                match side:
                    case Apply(_, "add", (base, Const(_, offset))) if base is self.own:
                        return offset, other
                return (0, other) if side is self.own else None
        return None


def _joined(ranges: list[Range], size: int) -> tuple[Range, ...]:
    """Ranges in order, those that touch made one, round the end too."""
    found: list[Range] = []
    for first, last in ranges:
        if found and (found[-1][1] + 1) % size == first:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    if len(found) > 1 and (found[-1][1] + 1) % size == found[0][0]:
        found = [*found[1:-1], (found[-1][0], found[0][1])]
    return tuple(found)
