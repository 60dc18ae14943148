"""Time: what many untrapped steps do at once, derived from the file's own prologue.

A *counter* is a scalar that the prologue moves by one each step, for ever or until a constant stops it. If counters
are all the prologue writes (besides the pc's default), and its guards look at nothing but scalars, and at counters only
by comparison, then

- `advance` says what n untrapped steps do to the counters, and
- `horizon` is the least number of steps after which a condition of the prologue would hold, or `NEVER`.

Both are IR, so that engines run them and proofs read them. A prologue of another shape has no `Time`: engines step it
singly and the monitor refuses it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from isa.description import Isa
from isa.fold import add, apply, const, rewriter, select, sub, ult, zext
from isa.ir import (
    TRUE,
    Apply,
    Behaviour,
    Const,
    Element,
    Expr,
    Load,
    Param,
    Read,
    Recv,
    TrapIf,
    Unknown,
    Write,
    nodes,
)
from isa.normal import bits_read, bits_written, next_values

COUNT_WIDTH = 64
NEVER = (1 << COUNT_WIDTH) - 1  # a horizon that no number of steps reaches
_COMPARISONS = {"eq", "ult", "ule", "slt", "sle"}


@dataclass(frozen=True, slots=True)
class Counter:
    """A scalar that moves by `step` (+1 or -1) each untrapped step, while it differs from `floor` (None: for ever).

    A counter that is already past its floor stands still, since the guard that moves it is an order.
    """

    state: str
    width: int
    step: int
    floor: int | None

    @property
    def now(self) -> Expr:
        return Read(self.width, self.state)

    def left(self) -> Expr:
        """How many moves remain before the floor stops it (0 if it stands still)."""
        assert self.floor is not None
        floor = const(self.width, self.floor)
        down = self.step < 0
        moving = ult(floor, self.now) if down else ult(self.now, floor)
        return select(moving, sub(self.now, floor) if down else sub(floor, self.now), const(self.width, 0))

    def after(self, n: Expr) -> Expr:
        """Its value after `n` (64 bits) untrapped steps."""
        moves = n if self.floor is None else _least([n, zext(self.left(), COUNT_WIDTH)])
        cut = apply("slice", moves, width=self.width, low=0)
        return add(self.now, cut) if self.step > 0 else sub(self.now, cut)

    def until(self, value: Expr) -> Expr:
        """After how many steps it has this value (64 bits), if it gets there; NEVER if the floor comes first."""
        distance = sub(value, self.now) if self.step > 0 else sub(self.now, value)
        wide = zext(distance, COUNT_WIDTH)
        if self.floor is None:
            return wide
        return select(ult(self.left(), distance), const(COUNT_WIDTH, NEVER), wide)


@dataclass(frozen=True, slots=True)
class Time:
    """The time law of one machine."""

    counters: tuple[Counter, ...]
    conditions: tuple[TrapIf, ...]

    def advance(self) -> Behaviour:
        """What `Param("steps")` untrapped steps do to the counters."""
        n = Param(COUNT_WIDTH, "steps")
        return Behaviour((), tuple(Write(TRUE, c.state, 0, c.after(n)) for c in self.counters))

    def horizon(self, further: Iterable[Expr] = ()) -> Expr | None:
        """The least n such that after n untrapped steps some prologue trap, or one of `further`, holds; 64 bits.

        None if a condition looks at a counter otherwise than by comparing it with something that stands still, or
        needs counters of different periods at once.
        """
        found: list[Expr] = [const(COUNT_WIDTH, NEVER)]
        for goal in _clauses((*(t.guard for t in self.conditions), *further)):
            moments = self._moments(goal)
            if moments is None:
                return None
            found += [self._moment(goal, n, at) for n, at in moments]
        return _least(found)

    def _moment(self, goal: Expr, n: Expr, known: tuple[Counter, Expr] | None) -> Expr:
        """`n` if the goal holds after n steps, else NEVER. `known` is a counter whose value is then sure."""

        def replace(node: Expr) -> Expr | None:
            for counter in self.counters:
                if node is counter.now:
                    return known[1] if known and known[0] == counter else counter.after(n)
            return None

        return select(rewriter(replace)(goal), n, const(COUNT_WIDTH, NEVER))

    def _moments(self, goal: Expr) -> list[tuple[Expr, tuple[Counter, Expr] | None]] | None:
        """The moments at which the goal can begin to hold: now, and where a counter passes something compared."""
        found: dict[Expr, tuple[Expr, tuple[Counter, Expr] | None]] = {}
        start = const(COUNT_WIDTH, 0)
        found[start] = (start, None)
        mine = {c.now: c for c in self.counters}
        if not _in_step([mine[n] for n in nodes(goal) if n in mine]):
            return None
        for node in nodes(goal):
            for operand in node.operands():
                if operand not in mine:
                    continue
                values = _critical(node, operand, frozenset(mine))
                if values is None:
                    return None
                for value in values:
                    moment = mine[operand].until(value)
                    found.setdefault(moment, (moment, (mine[operand], value)))
        return None if goal in mine else list(found.values())


def _clauses(goals: Iterable[Expr]) -> list[Expr]:
    """The goals, and in place of one that is an `either` its parts: the first of them to hold counts."""
    found: list[Expr] = []
    for goal in goals:
        found += _clauses(goal.operands()) if isinstance(goal, Apply) and goal.op == "either" else [goal]
    return found


def _in_step(counters: list[Counter]) -> bool:
    """Whether the first time at which each passes a value tells all that they ever do together: all come to a stop, or
    all run for ever with one period."""
    return len({counter.width if counter.floor is None else 0 for counter in counters}) <= 1


def _critical(node: Expr, counter: Expr, moving: frozenset[Expr]) -> list[Expr] | None:
    """Where the truth of a comparison with a counter may change: around the other side, and where the order wraps."""
    if not isinstance(node, Apply) or node.op not in _COMPARISONS:
        return None
    other = node.args[1] if node.args[0] is counter else node.args[0]
    if other is counter or any(n in moving for n in nodes(other)):
        return None
    one, half = const(counter.width, 1), 1 << (counter.width - 1)
    if node.op == "eq":
        return [other, add(other, one), sub(other, one)]
    edges = [const(counter.width, v) for v in (0, -1, half, half - 1)]
    return [other, add(other, one), sub(other, one), *edges]


def _least(values: list[Expr]) -> Expr:
    least = values[0]
    for value in values[1:]:
        least = select(ult(value, least), value, least)
    return least


def time_of(isa: Isa) -> Time | None:
    """The machine's time law, or None if its prologue has another shape."""
    counters = []
    for state, value in next_values(isa, isa.prologue).items():
        if state != isa.pc:
            counter = _counter(state, value)
            if counter is None:
                return None
            counters.append(counter)
    only_scalars = all(isinstance(e, Write) for e in isa.prologue.effects)
    written = {e.state for e in isa.prologue.effects if isinstance(e, Write)}
    if not only_scalars or not written <= {c.state for c in counters} | {isa.pc}:
        return None
    guards = nodes(*(t.guard for t in isa.prologue.traps))
    if any(isinstance(n, Element | Load | Recv | Unknown) for n in guards):
        return None  # instructions of all kinds change cells and words, and every step has unknowns of its own
    time = Time(tuple(counters), isa.prologue.traps)
    return time if time.horizon() is not None else None


def _counter(state: str, value: Expr) -> Counter | None:
    """The counter whose next value is this: `r + 1`, `r - 1`, or one of them while r is on one side of a constant."""
    read = Read(value.width, state)
    match value:
        case Apply(_, "add", (base, Const(width, by))) if base is read and by in (1, (1 << width) - 1):
            return Counter(state, width, 1 if by == 1 else -1, None)
        case Apply(_, "select", (Apply(_, op, (a, b)), moved, stay)) if stay is read:
            inner = _counter(state, moved)
            if inner is None or inner.floor is not None:
                return None
            return _stopped(inner, op, a, b, read)
    return None


def _stopped(counter: Counter, op: str, a: Expr, b: Expr, read: Expr) -> Counter | None:
    """A counter that moves only under a comparison with a constant."""
    match (op, a, b):
        case ("ult", Const(_, floor), node) if node is read and counter.step < 0:
            return Counter(counter.state, counter.width, -1, floor)
        case ("ult", node, Const(_, ceiling)) if node is read and counter.step > 0:
            return Counter(counter.state, counter.width, 1, ceiling)
        case ("ule", Const(_, above), node) if node is read and counter.step < 0 and above > 0:
            return Counter(counter.state, counter.width, -1, above - 1)
    return None


def time_bits(isa: Isa) -> frozenset[tuple[str, int]]:
    """The scalar bits that the prologue reads or writes, the pc apart: whoever touches them must see true time."""
    roots = [t.guard for t in isa.prologue.traps] + [t.info for t in isa.prologue.traps]
    roots += isa.prologue.expressions()
    bits = bits_read(roots) | bits_written(isa.prologue)
    return frozenset((s, b) for s, b in bits if s != isa.pc)
