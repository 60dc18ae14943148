"""Accesses as windows: the checks of a relocated access become one comparison with a limit, and its place a sum.

A view says when it refuses an address, in as many comparisons as it likes. Of most only where they begin to refuse
matters, and that does not depend on the address: so it can be computed once, long before the access (`hoisted`).
Everything here follows from the shape of the guards, by one rule for each shape; nothing knows a machine.
`tests/isa/test_windows.py` tries each rule, `tests/proofs/test_windows_proved.py` asks a solver.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce

from isa.classes import dataclass, replace
from isa.description import Isa
from isa.ir.fold import add, apply, both, const, either, eq, negate, rewrite_behaviour, rewriter, select, ule, ult, zext
from isa.ir.nodes import FALSE, TRUE, Apply, Behaviour, Const, Expr, Load, Read, Size, Store, TrapIf, nodes

# A description may nest and join without sense; what is beyond these stays as it is.
NESTED = 30  # levels of conditions in conditions
ADDRESSES = 4  # that one condition compares
SPLITS = 3  # conditions that a proof distinguishes: each doubles its work


@dataclass(frozen=True, slots=True)
class Window:
    """An access at `address` is refused exactly when `limit <=u address`; admitted, it goes to the storage word
    `origin + address` (mod 2^w). Neither mentions the address. `inside`: it is proved that this sum does not wrap and
    is less than `size(storage)` for every admitted address."""

    limit: Expr
    origin: Expr
    inside: bool


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A behaviour that does what it did, with fewer comparisons. `inside` has the indexes of loads and stores that are
    proved to be less than `size(storage)` wherever the behaviour needs them: after the traps before were false."""

    behaviour: Behaviour
    inside: frozenset[Expr]

    def rewritten(self, rewrite: Callable[[Expr], Expr]) -> "Narrowed":
        """The same where `rewrite` gives expressions that are equal, such as for known operands. What is proved stays
        so, but for an index that becomes one with another that is not proved."""
        open_ = {rewrite(index) for index in _indexes(self.behaviour) if index not in self.inside}
        inside = frozenset(rewrite(index) for index in self.inside)
        return Narrowed(rewrite_behaviour(self.behaviour, rewrite), inside - open_)


def window(guards: Iterable[Expr], index: Expr, address: Expr, conservative: bool = False) -> Window | None:
    """The window of an access that any of the guards refuses; None if it has none that `w` bits can express.

    A conservative window may refuse the last address, all-ones, which the guards admit."""
    refused = either(*guards)
    limit, origin = _Limits(address).of(refused), _origin(index, address)
    if limit is None or origin is None or not (limit.exact or conservative):
        return None
    return Window(limit.value, origin, _inside(index, _parts("either", refused)))


def fetch_window(isa: Isa) -> Window | None:
    """The window of the fetch at the pc, conservative: beyond its limit the fetch itself must be asked. The last pc of
    all, all-ones, is beyond it, so inside it one more is never less."""
    width = isa.states[isa.pc].width
    if not isinstance(isa.fetch.word, Load) or width > isa.word:
        return None
    pc = zext(Read(width, isa.pc), isa.word)
    found = window((t.guard for t in isa.fetch.traps), isa.fetch.word.index, pc, conservative=True)
    if found is None or width == isa.word:
        return found
    return replace(found, limit=least(found.limit, const(isa.word, (1 << width) - 1)))


def narrowed(isa: Isa, behaviour: Behaviour) -> Narrowed:
    """The behaviour in which all checks that a view makes of one address against scalars are one comparison."""
    traps: list[TrapIf] = []
    refuted: list[Expr] = []
    inside: dict[Expr, bool] = {}

    def need(part: Behaviour) -> None:
        for index in _indexes(part):
            inside[index] = inside.get(index, True) and _inside(index, refuted)

    for trap in behaviour.traps:
        need(Behaviour((trap,)))
        traps.append(replace(trap, guard=_narrowed(isa, trap.guard)) if trap.view else trap)
        refuted += _parts("either", trap.guard)
    need(Behaviour((), behaviour.effects))
    return Narrowed(replace(behaviour, traps=tuple(traps)), frozenset(i for i, proved in inside.items() if proved))


def hoisted(roots: Iterable[Expr], constant: Callable[[Expr], bool]) -> list[Expr]:
    """The largest operations below the roots that depend on nothing but scalars, constants and the size of storage of
    which `constant` holds; each once, operands before users."""
    roots = tuple(roots)
    steady: set[Expr] = set()
    used = set(roots)
    for node in nodes(*roots):
        fixed = steady.issuperset(node.args) if isinstance(node, Apply) else _is_scalar(node) and constant(node)
        if fixed:
            steady.add(node)
        else:
            used.update(node.operands())
    return [node for node in nodes(*roots) if isinstance(node, Apply) and node in steady and node in used]


def _is_scalar(leaf: Expr) -> bool:
    return isinstance(leaf, Read | Size | Const)


def _indexes(behaviour: Behaviour) -> Iterator[Expr]:
    """Where the behaviour loads and stores."""
    yield from (node.index for node in nodes(*behaviour.expressions()) if isinstance(node, Load))
    yield from (effect.index for effect in behaviour.effects if isinstance(effect, Store))


# ---- conditions, taken apart

_DUAL = {"either": "both", "both": "either", "ult": "ule", "ule": "ult"}


def _positive(condition: Expr) -> Expr:
    """The same condition; one that denies a comparison, a choice, or conditions that are joined is written as such."""
    match condition:
        case Apply(_, "negate", (Apply(_, "ult" | "ule" as op, (a, b)),)):
            return apply(_DUAL[op], b, a)
        case Apply(_, "negate", (Apply(_, "either" | "both" as op, (a, b)),)):
            return apply(_DUAL[op], negate(a), negate(b))
        case Apply(_, "negate", (Apply(_, "select", (c, a, b)),)):
            return select(c, negate(a), negate(b))
    return condition


def _parts(op: str, condition: Expr) -> list[Expr]:
    """The conditions that `op` (either, both) joins in this one, each once."""
    found: dict[Expr, None] = {}
    seen: set[Expr] = set()
    stack = [condition]
    while stack:
        part = _positive(stack.pop())
        if part in seen:
            continue
        seen.add(part)
        if isinstance(part, Apply) and part.op == op:
            stack.extend(reversed(part.args))
        else:
            found[part] = None
    return list(found)


# ---- limits


@dataclass(frozen=True, slots=True)
class _Limit:
    """A condition holds from the address `value` on. If it is not `exact`, it may not hold at all-ones, the last
    address: so "nowhere" has a limit too."""

    value: Expr
    exact: bool


def least(a: Expr, b: Expr) -> Expr:
    """The smaller limit; where one is all-ones, the other."""
    return b if a is const(a.width, -1) else select(ult(a, b), a, b)


def after(last: Expr) -> Expr:
    """The limit of what is refused beyond `last`: the next address, if there is one."""
    ones = const(last.width, -1)
    return select(eq(last, ones), ones, add(last, const(last.width, 1)))


class _Limits:
    """Where conditions on one address begin to hold. There is a rule for each shape of condition."""

    def __init__(self, address: Expr) -> None:
        self.address = address
        self.nowhere: Expr = const(address.width, -1)
        self.everywhere: Expr = const(address.width, 0)
        self._known: dict[Expr, _Limit | None] = {}
        self._level = 0

    def of(self, condition: Expr) -> _Limit | None:
        """The limit, which does not mention the address; None if no rule gives one."""
        if condition not in self._known:
            self._level += 1
            self._known[condition] = self._found(condition) if self._level <= NESTED else None
            self._level -= 1
        return self._known[condition]

    def _found(self, condition: Expr) -> _Limit | None:
        if self._free(condition):
            return _Limit(select(condition, self.everywhere, self.nowhere), condition is TRUE)
        parts = _parts("either", condition)
        return self._any(parts) if len(parts) > 1 else self._one(parts[0])

    def _free(self, expr: Expr) -> bool:
        return self.address not in nodes(expr)

    def _any(self, conditions: list[Expr]) -> _Limit | None:
        """Some hold or do not hold for all addresses; where one of the others begins, all do."""
        always = either(*(c for c in conditions if self._free(c)))
        limits = [self.of(c) for c in conditions if not self._free(c)]
        found = [limit for limit in limits if limit is not None]
        if len(found) < len(limits):
            return None
        first = reduce(least, (limit.value for limit in found), self.nowhere)
        return _Limit(select(always, self.everywhere, first), always is TRUE or any(limit.exact for limit in found))

    def _one(self, condition: Expr) -> _Limit | None:
        match condition:
            case Apply(_, "ule", (limit, address)) if address is self.address and self._free(limit):
                return _Limit(limit, exact=True)
            case Apply(_, "ult", (last, address)) if address is self.address and self._free(last):
                return _Limit(after(last), exact=False)
            case Apply(_, "both", (a, b)) if self._free(a):
                return self._chosen(a, b, FALSE)
            case Apply(_, "both", (a, b)) if self._free(b):
                return self._chosen(b, a, FALSE)
            case Apply(_, "select", (c, a, b)) if self._free(c):
                return self._chosen(c, a, b)
        return None

    def _chosen(self, condition: Expr, then: Expr, otherwise: Expr) -> _Limit | None:
        a, b = self.of(then), self.of(otherwise)
        if a is None or b is None:
            return None
        return _Limit(select(condition, a.value, b.value), a.exact and b.exact)


def _narrowed(isa: Isa, guard: Expr) -> Expr:
    """The guard with one comparison for each address in place of those that its limits may stand for."""
    return both(*(_one_for_each_address(isa, part) for part in _parts("both", guard)))


def _one_for_each_address(isa: Isa, condition: Expr) -> Expr:
    rest, made = _parts("either", condition), []
    for address in _addresses(isa, condition):
        if not rest:
            break
        limits = _Limits(address)
        taken = [p for p in rest if (one := limits.of(p)) is not None and _steady(isa, one.value)]
        limit = limits.of(either(*taken))
        if limit is not None and limit.exact:
            made.append(ule(limit.value, address))
            rest = [p for p in rest if p not in taken]
    return either(*rest, *made)


def _addresses(isa: Isa, condition: Expr) -> list[Expr]:
    """What is compared: first what more than scalars decide, and what is compared most often."""
    compared = (n.args for n in nodes(condition) if isinstance(n, Apply) and n.op in ("ult", "ule"))
    counts = Counter(operand for operands in compared for operand in operands)
    return sorted(counts, key=lambda operand: (_steady(isa, operand), -counts[operand]))[:ADDRESSES]


def _steady(isa: Isa, expr: Expr) -> bool:
    """Whether only scalars decide the value, and not the pc: then it outlives most instructions."""
    leaves = (n for n in nodes(expr) if not isinstance(n, Apply))
    return all(_is_scalar(n) and not (isinstance(n, Read) and n.state == isa.pc) for n in leaves)


# ---- places


def _origin(index: Expr, address: Expr) -> Expr | None:
    """`index - address`, if it can be written without the address."""
    origins: dict[Expr, Expr] = {address: const(address.width, 0)}
    bound = {address}
    for node in nodes(index):
        if not bound.isdisjoint(node.operands()):
            bound.add(node)
        match node:
            case Apply(_, "add", (a, b)) if a in origins and b not in bound:
                origins[node] = add(origins[a], b)
            case Apply(_, "add", (a, b)) if b in origins and a not in bound:
                origins[node] = add(a, origins[b])
            case Apply(_, "select", (c, a, b)) if a in origins and b in origins and c not in bound:
                origins[node] = select(c, origins[a], origins[b])
    return origins.get(index)


def _inside(index: Expr, refuted: Sequence[Expr], splits: int = SPLITS) -> bool:
    """Whether an index is less than `size(storage)`, and a sum that does not wrap, wherever none of the conditions
    holds: one of them bounds it, or in each case of a choice one does."""
    if any(_bounds(condition, index, refuted) for condition in refuted):
        return True
    choices = (n.args[0] for n in (*reversed([*nodes(index)]), *refuted) if isinstance(n, Apply) and n.op == "select")
    choice = next(choices, None)
    return choice is not None and splits > 0 and all(_inside_if(choice, t, index, refuted, splits) for t in _TRUTHS)


_TRUTHS = (TRUE, FALSE)


def _inside_if(choice: Expr, truth: Expr, index: Expr, refuted: Sequence[Expr], splits: int) -> bool:
    known = rewriter({choice: truth}.get)
    return _inside(known(index), [part for c in refuted for part in _parts("either", known(c))], splits - 1)


def _bounds(condition: Expr, index: Expr, refuted: Sequence[Expr]) -> bool:
    """Whether the index is `origin + address`, where `address < size - origin` since the condition is false, and
    `origin <= size` since another is."""
    match condition:
        case Apply(_, "ule", (room, address)) if (origin := _origin_of(room)) is not None:
            size = Size(room.width)
            beyond = ult(size, origin)
            fits = beyond is FALSE or beyond in refuted or ule(size, origin) in refuted
            return fits and index in (add(origin, address), add(address, origin))
    return False


def _origin_of(room: Expr) -> Expr | None:
    """What `room` is the size of storage without."""
    match room:
        case Size(width):
            return const(width, 0)
        case Apply(width, "add", (Size(), Const(_, value))):
            return const(width, -value)
        case Apply(_, "sub", (Size(), origin)):
            return origin
    return None
