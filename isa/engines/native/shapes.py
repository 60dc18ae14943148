"""Instructions as the translator takes them: accesses to storage apart from what is computed, operands and pc constant.

A region is left *before* a step that it does not take. So it may leave whenever it likes, and asks less than a trap
does: an access is let through if its address is below its *room*, which is computed once, when the region is entered.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from isa.classes import dataclass, replace
from isa.description import Instruction, Isa
from isa.engines.native.plan import plan_of
from isa.ir.fold import const, eq, negate, rewriter, select, ule
from isa.ir.nodes import (
    FALSE,
    TRUE,
    Apply,
    Behaviour,
    Const,
    Element,
    Expr,
    Load,
    Param,
    Read,
    SetElement,
    Store,
    Write,
    nodes,
)
from isa.passes import ways
from isa.passes.normal import merge, specialiser
from isa.passes.windows import narrowed, window

Place = tuple[str, int | None]  # a scalar, or a cell of a register file
Rewrite = Callable[[Expr], Expr]
MOST = 1 << 13  # instructions that are kept at their places: loops in loops are in several regions


class Room(NamedTuple):
    """Addresses below `limit` may be used if `origin` plus the address also lies in storage. Both depend on the context
    alone. No limit: storage is all that bounds them."""

    origin: Expr
    limit: Expr | None


@dataclass(frozen=True, slots=True)
class Access:
    """A word of storage: `room.origin + address`. If it is not `sure` that every step needs it, an address outside
    the room is no reason to leave."""

    room: Room
    address: Expr
    sure: bool

    def expressions(self) -> Iterator[Expr]:
        yield from (self.address, self.room.origin)
        if self.room.limit is not None:
            yield self.room.limit

    def rewritten(self, rewrite: Rewrite) -> "Access":
        return Access(self.room, rewrite(self.address), self.sure)


@dataclass(frozen=True, slots=True)
class Shape:
    """An instruction. Words that it loads are parameters in everything else, in the order in which they are needed.

    `checks` are conditions under which the region is left before it. `sets` are scalars and cells with their guards
    and values, `stores` the words of storage. `target` is the next pc, `following` what that is where nothing jumps."""

    loads: tuple[tuple[Param, Access], ...]
    checks: tuple[Expr, ...]
    sets: tuple[tuple[Expr, str, Expr | None, Expr], ...]
    stores: tuple[tuple[Expr, Access, Expr], ...]
    target: Expr
    following: Expr

    def rewritten(self, rewrite: Rewrite) -> "Shape":
        """The same with every expression rewritten, without what cannot happen any more."""
        rewrite = _but_constants(rewrite)
        checks = (rewrite(check) for check in self.checks)
        sets = ((rewrite(g), s, i and rewrite(i), rewrite(v)) for g, s, i, v in self.sets)
        stores = ((rewrite(g), a.rewritten(rewrite), rewrite(v)) for g, a, v in self.stores)
        return Shape(
            tuple((p, a.rewritten(rewrite)) for p, a in self.loads),
            tuple(c for c in checks if c is not FALSE),
            tuple(s for s in sets if s[0] is not FALSE),
            tuple(s for s in stores if s[0] is not FALSE),
            rewrite(self.target),
            rewrite(self.following),
        )

    def expressions(self) -> Iterator[Expr]:
        yield from (a.address for _, a in self.loads)
        yield from self.checks
        for guard, _, index, value in self.sets:
            yield from (guard, value) if index is None else (guard, index, value)
        for guard, access, value in self.stores:
            yield from (guard, access.address, value)
        yield self.target


@dataclass(frozen=True, slots=True)
class Placed:
    """An instruction at its place, every operand known. `goals` are the constant pcs it may go to; `computed`: it may
    also go elsewhere. `back`: where a routine that it calls will return to."""

    pc: int
    word: int
    shape: Shape
    goals: tuple[int, ...]
    computed: bool
    back: int | None

    @property
    def on(self) -> int | None:
        """The next pc, if there is but one."""
        return self.goals[0] if len(self.goals) == 1 and not self.computed else None


class Shapes:
    """The shapes of one description's instructions. Knows roles and bits, never an instruction."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.plan = plan_of(isa)
        self.decoder = self.plan.steps.decoder
        self._made: dict[str, Shape | None] = {}
        self._placed: dict[tuple[int, int], Placed | None] = {}

    def placed(self, pc: int, word: int) -> Placed | None:
        """The instruction that this word is at this pc; None if it cannot be in a region."""
        if (pc, word) not in self._placed:
            if len(self._placed) >= MOST:
                self._placed.clear()
            self._placed[pc, word] = self._place(pc, word)
        return self._placed[pc, word]

    def _place(self, pc: int, word: int) -> Placed | None:
        found = self.decoder.decode(word)
        shape = found and self.shape(found[0])
        if not found or not shape:
            return None
        rewrite = specialiser(self.isa, {**found[1], "insn": word}, {self.isa.pc: pc})
        made = shape.rewritten(rewrite)
        made = replace(made, checks=tuple(c for c in map(compared, made.checks) if c is not FALSE))
        indexes = [n.index for n in nodes(*made.expressions()) if isinstance(n, Element)]
        indexes += [i for _, _, i, _ in made.sets if i is not None]
        if TRUE in made.checks or not all(isinstance(i, Const) for i in indexes):
            return None
        goals = tuple(leaf.value for leaf in ways.leaves(made.target) if isinstance(leaf, Const))
        computed = any(not isinstance(leaf, Const) for leaf in ways.leaves(made.target))
        return Placed(pc, word, made, goals, computed, _back(made))

    def shape(self, instruction: Instruction) -> Shape | None:
        """An instruction's shape; None if a region may not take it."""
        name = instruction.name
        if name not in self._made:
            self._made[name] = self._shape(instruction) if self.plan.translator.plain(name) else None
        return self._made[name]

    def steady(self, expr: Expr) -> bool:
        """Whether an expression keeps its value as long as the context does."""
        return all(isinstance(n, Apply) or self.plan.constant(n) for n in nodes(expr))

    def _shape(self, instruction: Instruction) -> Shape | None:
        default = self.plan.translator.default
        found = narrowed(self.isa, merge(self.isa, default.then(instruction.behaviour))).behaviour
        guards = [part for trap in found.traps for part in _disjuncts(trap.guard)]
        roots = [*guards, *Behaviour((), found.effects).expressions()]
        indexes = [n.index for n in nodes(*roots) if isinstance(n, Load)]
        stored = [e.index for e in found.effects if isinstance(e, Store)]
        accesses = {index: self._access(index, guards) for index in (*indexes, *stored)}
        windows = {ule(a.room.limit, a.address) for a in accesses.values() if a.room.limit is not None}
        word = self.isa.word
        params: dict[Expr, Param] = {Load(word, i): Param(word, f"load {n}") for n, i in enumerate(indexes)}
        spin = self.plan.steps.spin_condition(instruction)
        checks = [g for g in guards if g not in windows] + ([] if spin is None else [spin])
        pc = Read(self.plan.pc_width, self.isa.pc)
        after = next((e.value for e in default.effects if isinstance(e, Write)), pc)
        made = Shape(
            tuple((param, accesses[index]) for param, index in zip(params.values(), indexes, strict=True)),
            tuple(checks),
            tuple(_set(e) for e in found.effects if isinstance(e, Write | SetElement) and e.state != self.isa.pc),
            tuple((e.guard, accesses[e.index], e.value) for e in found.effects if isinstance(e, Store)),
            ways.target(found.effects, self.isa.pc) or pc,
            after,
        )
        return made.rewritten(_without_loads(params))

    def _access(self, index: Expr, guards: list[Expr]) -> Access:
        """The access to an index: by the guard that bounds it, if there is one."""
        for guard in guards:
            match guard:
                case Apply(_, "ule", (limit, address)) if self.steady(limit):
                    found = window([guard], index, address)
                    if found is not None and self.steady(found.origin):
                        return Access(Room(found.origin, limit), address, True)
        return Access(Room(const(index.width, 0), None), index, False)


def _but_constants(rewrite: Rewrite) -> Rewrite:
    """The rewriting; constants, of which there are many, stay as they are."""
    return lambda expr: expr if isinstance(expr, Const) else rewrite(expr)


def _without_loads(params: Mapping[Expr, Param]) -> Rewrite:
    """A rewriting of loads to their parameters. `params` has inner loads before outer ones."""
    by_index: dict[Expr, Expr] = {}
    rewrite = rewriter(lambda node: by_index.get(node.index) if isinstance(node, Load) else None)
    for load, param in params.items():
        assert isinstance(load, Load)
        by_index[rewrite(load.index)] = param
    return rewrite


def _set(effect: Write | SetElement) -> tuple[Expr, str, Expr | None, Expr]:
    return effect.guard, effect.state, effect.index if isinstance(effect, SetElement) else None, effect.value


def _disjuncts(condition: Expr) -> list[Expr]:
    """Conditions one of which holds exactly when this one does."""
    if isinstance(condition, Apply) and condition.op == "either":
        return [part for operand in condition.args for part in _disjuncts(operand)]
    return [condition]


def compared(condition: Expr) -> Expr:
    """The same condition, where a choice between constants is compared with one: that a jump comes back to itself, or
    that a flag is set which says how a comparison came out."""
    match condition:
        case Apply(_, "eq", (Apply(_, "select", (c, a, b)), Const() as k)):
            then, otherwise = compared(eq(a, k)), compared(eq(b, k))
            return negate(c) if then is FALSE and otherwise is TRUE else select(c, then, otherwise)
    return condition


def _back(shape: Shape) -> int | None:
    """Where a jump comes back to that keeps the address behind it."""
    following = shape.following
    if not isinstance(following, Const) or tuple(ways.leaves(shape.target)) == (following,):
        return None
    kept = [*(value for *_, value in shape.sets), *(value for *_, value in shape.stores)]
    return following.value if any(isinstance(v, Const) and v.value == following.value for v in kept) else None


@lru_cache(maxsize=64)
def shapes_of(isa: Isa) -> Shapes:
    """The shapes of a description, made once."""
    return Shapes(isa)
