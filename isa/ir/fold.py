"""Building expressions. Every constructor folds constants and applies the few rewrite rules that later passes rely on.

A rule may only replace an expression by one that is equal for every state; `tests/isa/test_fold.py` checks each on
random values. Constants fold by the operator table's own meaning, so folding cannot disagree with running.
"""

from collections.abc import Callable

from isa.ir.nodes import (
    FALSE,
    TRUE,
    Apply,
    Behaviour,
    Const,
    Element,
    Expr,
    Load,
    Recv,
    Send,
    SetElement,
    Store,
    TrapIf,
    Write,
    nodes,
)
from isa.ir.operators import BOOL, OPERATORS, python_meaning


def const(width: int, value: int) -> Const:
    """The low `width` bits of `value`."""
    return Const(width, value & ((1 << width) - 1))


def truth(value: bool) -> Const:
    return TRUE if value else FALSE


def apply(op: str, *args: Expr, width: int | None = None, low: int = 0) -> Expr:
    """`op` on `args`. `width` is needed for zext, sext and slice. Raises ValueError for operands that do not fit."""
    operator, widths = OPERATORS[op], tuple([a.width for a in args])
    typed = operator.typing(widths)
    if typed is None:
        typed = width
    if typed is None or typed < 0 or len(args) != operator.arity:
        raise ValueError(f"{op} does not take operands of widths {widths}")
    if all([isinstance(a, Const) for a in args]):
        values = tuple(bool(a.value) if a.width == BOOL else a.value for a in args if isinstance(a, Const))
        return Const(typed, int(python_meaning(op, widths, typed, low)(*values)))
    rule = _RULES.get(op)
    simpler = rule(args, typed, low) if rule else None
    return simpler if simpler is not None else Apply(typed, op, args, low)


def add(a: Expr, b: Expr) -> Expr:
    return apply("add", a, b)


def sub(a: Expr, b: Expr) -> Expr:
    return apply("sub", a, b)


def eq(a: Expr, b: Expr) -> Expr:
    return apply("eq", a, b)


def ult(a: Expr, b: Expr) -> Expr:
    return apply("ult", a, b)


def ule(a: Expr, b: Expr) -> Expr:
    return apply("ule", a, b)


def both(*conditions: Expr) -> Expr:
    result: Expr = TRUE
    for condition in conditions:
        result = apply("both", result, condition)
    return result


def either(*conditions: Expr) -> Expr:
    result: Expr = FALSE
    for condition in conditions:
        result = apply("either", result, condition)
    return result


def negate(condition: Expr) -> Expr:
    return apply("negate", condition)


def select(condition: Expr, then: Expr, otherwise: Expr) -> Expr:
    return apply("select", condition, then, otherwise)


def slice_(value: Expr, low: int, width: int) -> Expr:
    """Bits [low, low + width) of `value`."""
    return apply("slice", value, width=width, low=low)


def zext(value: Expr, width: int) -> Expr:
    return apply("zext", value, width=width)


def sext(value: Expr, width: int) -> Expr:
    return apply("sext", value, width=width)


def insert(whole: Expr, low: int, part: Expr) -> Expr:
    """`whole` with bits [low, low + part.width) replaced."""
    if part.width == whole.width:
        return part
    mask = const(whole.width, ~(((1 << part.width) - 1) << low))
    moved = apply("shl", zext(part, whole.width), const(whole.width, low))
    return apply("or", apply("and", whole, mask), moved)


# ---- rewrite rules: (operands, width, low) -> a simpler expression, or None

_Rule = Callable[[tuple[Expr, ...], int, int], Expr | None]


def _zero(e: Expr) -> bool:
    return isinstance(e, Const) and e.value == 0


def _ones(e: Expr) -> bool:
    return isinstance(e, Const) and e.value == (1 << e.width) - 1


def _add(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    a, b = args
    if isinstance(a, Const):
        a, b = b, a
    if _zero(b):
        return a
    if isinstance(b, Const) and isinstance(a, Apply) and a.op == "add" and isinstance(a.args[1], Const):
        return apply("add", a.args[0], const(width, a.args[1].value + b.value))
    return Apply(width, "add", (a, b)) if a is not args[0] else None


def _sub(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    a, b = args
    if a is b:
        return const(width, 0)
    return apply("add", a, const(width, -b.value)) if isinstance(b, Const) else None


def _and(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    for a, b in (args, args[::-1]):
        if _zero(a) or a is b:
            return a
        if _ones(a):
            return b
        if isinstance(a, Const):
            return _masked(b, a)
    return None


def _masked(value: Expr, mask: Const) -> Expr | None:
    """A value, of which some bits are known, under a mask that takes all of the others, or none."""
    match value:
        case Apply(width, "shl", (Apply(_, "zext", (part,)), Const(_, low))):
            there = const(width, (1 << part.width) - 1 << low)
            return value if not there.value & ~mask.value else const(width, 0) if not there.value & mask.value else None
        case Apply(_, "or", (a, b)):
            parts = apply("and", a, mask), apply("and", b, mask)
            return apply("or", *parts) if any(isinstance(part, Const) for part in parts) else None
    return None


def _or(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    for a, b in (args, args[::-1]):
        if _zero(a):
            return b
        if _ones(a) or a is b:
            return a
    return None


def _shift(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    return args[0] if _zero(args[1]) or _zero(args[0]) else None


def _eq(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    return TRUE if args[0] is args[1] else None


def _ne(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    return negate(apply("eq", *args))


def _ult(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    a, b = args
    if a is b or _zero(b) or _ones(a):
        return FALSE
    if isinstance(b, Const) and b.value == 1:
        return eq(a, const(a.width, 0))
    return None


def _ule(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    a, b = args
    return TRUE if a is b or _zero(a) or _ones(b) else None


def _both(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    for a, b in (args, args[::-1]):
        if a is FALSE or a is b:
            return a
        if a is TRUE:
            return b
    return None


def _either(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    for a, b in (args, args[::-1]):
        if a is TRUE or a is b:
            return a
        if a is FALSE:
            return b
    return _one_limit(*args)


def _one_limit(a: Expr, b: Expr) -> Expr | None:
    """`c1 <= v || c2 <= v` is `min(c1, c2) <= v`: two bounds on one address become one comparison."""
    if isinstance(a, Apply) and isinstance(b, Apply) and a.op == b.op == "ule" and a.args[1] is b.args[1]:
        c1, c2 = a.args[0], b.args[0]
        if isinstance(c1, Const) and isinstance(c2, Const):
            return a if c1.value <= c2.value else b
    return None


def _negate(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    (a,) = args
    return a.args[0] if isinstance(a, Apply) and a.op == "negate" else None


def _select(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    condition, then, otherwise = args
    if isinstance(condition, Const):
        return then if condition.value else otherwise
    if then is otherwise:
        return then
    if width == BOOL and then is TRUE and otherwise is FALSE:
        return condition
    if _zero(then) and isinstance(condition, Apply) and condition.op == "ult" and condition.args == (then, otherwise):
        return then  # the less of the two
    return None


def _extend(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    return args[0] if width == args[0].width else None


def _slice(args: tuple[Expr, ...], width: int, low: int) -> Expr | None:
    (a,) = args
    if width == a.width:
        return a
    if isinstance(a, Apply) and a.op == "slice":
        return apply("slice", a.args[0], width=width, low=a.low + low)
    if isinstance(a, Apply) and a.op == "zext":
        inner = a.args[0]
        if low >= inner.width:
            return const(width, 0)
        if low + width <= inner.width:
            return apply("slice", inner, width=width, low=low)
    return None


_RULES: dict[str, _Rule] = {
    "add": _add,
    "sub": _sub,
    "and": _and,
    "or": _or,
    "shl": _shift,
    "shru": _shift,
    "shrs": _shift,
    "eq": _eq,
    "ne": _ne,
    "ult": _ult,
    "ule": _ule,
    "both": _both,
    "either": _either,
    "negate": _negate,
    "select": _select,
    "zext": _extend,
    "sext": _extend,
    "slice": _slice,
}


# ---- rewriting whole expressions and behaviours

Leaf = Callable[[Expr], Expr | None]


def rewriter(replace: Leaf) -> Callable[[Expr], Expr]:
    """A function that rebuilds expressions, bottom-up and folding, with `replace(node)` wherever it is not None.

    `replace` sees each node after its operands were rebuilt, but not what an operator folds to that is none: that came
    out of an operand, where it was seen. So a leaf may be replaced by something that contains it. Results are
    remembered across calls.
    """
    done: dict[Expr, Expr] = {}

    def rewrite(root: Expr) -> Expr:
        for node in nodes(root, known=done):
            rebuilt = _rebuild(node, done)
            replaced = replace(rebuilt) if type(rebuilt) is type(node) else None
            done[node] = rebuilt if replaced is None else replaced
        return done[root]

    return rewrite


def _rebuild(node: Expr, done: dict[Expr, Expr]) -> Expr:
    match node:
        case Apply(width, op, args, low):
            return apply(op, *(done[a] for a in args), width=width, low=low)
        case Element(width, state, index):
            return Element(width, state, done[index])
        case Load(width, index):
            return Load(width, done[index])
        case Recv(width, channel, index):
            return Recv(width, channel, done[index])
        case _:
            return node


def rewrite_behaviour(behaviour: Behaviour, rewrite: Callable[[Expr], Expr]) -> Behaviour:
    """The behaviour with every expression rewritten; traps and effects that can no longer happen are dropped."""
    traps = (TrapIf(rewrite(t.guard), t.cause, rewrite(t.info), t.origin, t.view) for t in behaviour.traps)
    effects: list[Write | SetElement | Store | Send] = []
    for e in behaviour.effects:
        guard = rewrite(e.guard)
        if guard is FALSE:
            continue
        match e:
            case Write(_, state, low, value):
                effects.append(Write(guard, state, low, rewrite(value)))
            case SetElement(_, state, index, value):
                effects.append(SetElement(guard, state, rewrite(index), rewrite(value)))
            case Store(_, index, value):
                effects.append(Store(guard, rewrite(index), rewrite(value)))
            case Send(_, channel, index, value):
                effects.append(Send(guard, channel, rewrite(index), rewrite(value)))
    return Behaviour(tuple(t for t in traps if t.guard is not FALSE), tuple(effects))
