"""Time: what many untrapped steps do at once, derived from the file's own prologue.

If what the prologue writes moves by a known law (`isa.machine.moving`), and its guards look at nothing but scalars, and
at counters only by comparison, then

- `advance` says what n untrapped steps do, and
- `horizon` is the least number of steps after which a condition of the prologue would hold, or `NEVER`.

Both are IR, so that engines run them and proofs read them. A prologue of another shape has no `Time`: engines step it
singly and the monitor refuses it, with the reason that `law_of` gives.
"""

from collections.abc import Iterable

from isa.classes import dataclass
from isa.description import Isa
from isa.errors import MachineError
from isa.ir.fold import add, const, rewriter, select, sub
from isa.ir.nodes import TRUE, Apply, Behaviour, Expr, Param, Read, TrapIf, Write, nodes
from isa.machine.moving import COUNT_WIDTH, NEVER, Counter, Latch, Moving, least
from isa.machine.prologue import COMPARISONS, moved, no_law, stands
from isa.passes.normal import bits_read, bits_written

__all__ = ["COUNT_WIDTH", "NEVER", "Counter", "Latch", "Time", "law_of", "time_bits", "time_of"]

LOOKS = (
    "let it look at a counter only by comparing the whole of it with what stands still, at latches as it likes, and in "
    "one condition (the parts of an `or` are two) only at counters that stop or at ones of one width that never do"
)

Moment = tuple[Expr, tuple[Counter, Expr] | None]  # after how many steps, and which counter then has which value


@dataclass(frozen=True, slots=True)
class Time:
    """The time law of one machine: what moves, and the traps of the prologue."""

    moving: tuple[Moving, ...]
    conditions: tuple[TrapIf, ...]

    def advance(self) -> Behaviour:
        """What `Param("steps")` untrapped steps do to what moves."""
        n = Param(COUNT_WIDTH, "steps")
        return Behaviour((), tuple(Write(TRUE, m.place.state, m.place.low, m.after(n)) for m in self.moving))

    def horizon(self, further: Iterable[Expr] = ()) -> Expr | None:
        """The least n such that after n untrapped steps some prologue trap, or one of `further`, holds; 64 bits.

        None if a condition looks at what moves otherwise than `_moments` understands.
        """
        found: list[Expr] = [const(COUNT_WIDTH, NEVER)]
        for goal in _clauses((*(t.guard for t in self.conditions), *further)):
            moments = self._moments(goal)
            if moments is None:
                return None
            found += [self._moment(goal, n, at) for n, at in moments]
        return least(found)

    def tells(self, goal: Expr) -> bool:
        """Whether it is known when a condition comes to hold."""
        return all(self._moments(clause) is not None for clause in _clauses([goal]))

    def moves(self, expr: Expr) -> bool:
        """Whether time moves anything that an expression reads."""
        mine = {(m.place.state, m.place.low + bit) for m in self.moving for bit in range(m.place.width)}
        return bool(bits_read([expr]) & mine)

    def _moment(self, goal: Expr, n: Expr, known: tuple[Counter, Expr] | None) -> Expr:
        """`n` if the goal holds after n steps, else NEVER. `known` is a counter whose value is then sure."""
        after = {m.now: m.after(n) for m in self.moving}
        if known:
            after[known[0].now] = known[1]
        return select(rewriter(after.get)(goal), n, const(COUNT_WIDTH, NEVER))

    def _moments(self, goal: Expr) -> list[Moment] | None:
        """The moments at which the goal can begin to hold: now, a step later if it looks at a latch, and where a
        counter passes something that it is compared with. None if it looks at counters otherwise, or at such of which
        the first time that each passes a value does not tell all that they ever do together."""
        found: dict[Expr, Moment] = {}
        seen = _Looks(self.moving)
        if not seen.look(goal) or not _in_step([m for m in self.moving if m in seen.at]):
            return None
        for n in range(2 if any(isinstance(m, Latch) for m in seen.at) else 1):
            found[const(COUNT_WIDTH, n)] = const(COUNT_WIDTH, n), None
        for counter, node, other in seen.comparisons:
            for value in _critical(counter, node, other):
                moment = counter.until(value)
                found.setdefault(moment, (moment, (counter, value)))
        return list(found.values())


class _Looks:
    """How a condition looks at what moves."""

    def __init__(self, moving: tuple[Moving, ...]) -> None:
        self.mine = {m.now: m for m in moving}
        self.parts = {m.place.state: [n for n in moving if n.place.state == m.place.state] for m in moving}
        self.under: dict[Expr, frozenset[Moving] | None] = {}  # what lies under a node; None: a piece of some part
        self.at: set[Moving] = set()
        self.comparisons: list[tuple[Counter, Apply, Expr]] = []

    def look(self, goal: Expr) -> bool:
        """Note what the condition looks at. False if it looks at a counter, or a piece of anything, otherwise than by
        comparing the whole of it with what stands still."""
        for node in nodes(goal):
            self.under[node] = self._under(node)
        seen, left = set[Expr](), [goal]
        while left:
            node = left.pop()
            under = self.under[node]
            if node in seen or under == frozenset():
                continue
            seen.add(node)
            if under is None:
                return False
            self.at |= under
            if all(isinstance(m, Latch) for m in under) or self._compares(node):
                continue
            if node in self.mine:
                return False
            left += node.operands()
        return True

    def _compares(self, node: Expr) -> bool:
        if not isinstance(node, Apply) or node.op not in COMPARISONS:
            return False
        for one, other in (node.args, node.args[::-1]):
            counter = self.mine.get(one)
            if isinstance(counter, Counter) and self.under[other] == frozenset():
                self.comparisons.append((counter, node, other))
                return True
        return False

    def _under(self, node: Expr) -> frozenset[Moving] | None:
        if node in self.mine:
            return frozenset({self.mine[node]})
        match node:
            case Read(_, state) if state in self.parts:
                return None
            case Apply(width, "slice", (Read(_, state),), low):
                parts = (m.place for m in self.parts.get(state, ()))
                touched = any(p.low < low + width and low < p.low + p.width for p in parts)
                return None if touched else frozenset()
        found = [self.under[operand] for operand in node.operands()]
        known = [under for under in found if under is not None]
        return frozenset().union(*known) if len(known) == len(found) else None


def _clauses(goals: Iterable[Expr]) -> list[Expr]:
    """The goals, and in place of one that is an `either` its parts: the first of them to hold counts."""
    found: list[Expr] = []
    for goal in goals:
        found += _clauses(goal.operands()) if isinstance(goal, Apply) and goal.op == "either" else [goal]
    return found


def _in_step(moving: list[Moving]) -> bool:
    """Whether the first time at which each passes a value tells all that they ever do together: all come to a stop, or
    all run for ever with one period."""
    return len({m.place.width if isinstance(m, Counter) and not m.stops else 0 for m in moving}) <= 1


def _critical(counter: Counter, node: Apply, other: Expr) -> list[Expr]:
    """Where the truth of a comparison with a counter may change: around the other side, and where the order wraps."""
    one, half = const(counter.width, 1), 1 << (counter.width - 1)
    near = [other, add(other, one), sub(other, one)]
    return near if node.op == "eq" else [*near, *(const(counter.width, v) for v in (0, -1, half, half - 1))]


def law_of(isa: Isa) -> Time:
    """The machine's time law. Raises MachineError, with the reason, if its prologue has none."""
    time = Time(moved(isa), isa.prologue.traps)
    for trap in isa.prologue.traps:
        cause = next((name for name, number in isa.cause.members.items() if number == trap.cause), str(trap.cause))
        if not stands(trap.guard, frozenset((isa.pc, bit) for bit in range(isa.states[isa.pc].width))):
            why = f"its trap {cause} looks at the pc or at what is not a scalar"
            raise no_law(isa, why, "let a trap of the prologue look at scalars, the pc apart")
        if not time.tells(trap.guard):
            why = f"when its trap {cause} is next due cannot be told"
            raise no_law(isa, why, LOOKS)
    return time


def time_of(isa: Isa) -> Time | None:
    """The machine's time law, or None if its prologue has another shape."""
    try:
        return law_of(isa)
    except MachineError:
        return None


def time_bits(isa: Isa) -> frozenset[tuple[str, int]]:
    """The scalar bits that the prologue reads or writes, the pc apart: whoever touches them must see true time."""
    roots = [t.guard for t in isa.prologue.traps] + [t.info for t in isa.prologue.traps]
    roots += isa.prologue.expressions()
    bits = bits_read(roots) | bits_written(isa.prologue)
    return frozenset((s, b) for s, b in bits if s != isa.pc)
