"""Folding never changes a value: each rewrite rule, and random expressions folded against the same unfolded."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.ir.fold import (
    add,
    apply,
    both,
    const,
    either,
    eq,
    insert,
    negate,
    rewrite_behaviour,
    rewriter,
    select,
    sext,
    slice_,
    sub,
    ule,
    ult,
    zext,
)
from isa.ir.nodes import (
    FALSE,
    TRUE,
    Apply,
    Behaviour,
    Const,
    Element,
    Expr,
    Load,
    Origin,
    Param,
    Read,
    Recv,
    Send,
    SetElement,
    Store,
    TrapIf,
    Write,
    nodes,
)
from isa.ir.operators import BOOL, OPERATORS, python_meaning

A, B, C = (Param(8, n) for n in "abc")
P, Q = Param(BOOL, "p"), Param(BOOL, "q")
ZERO, ONE, ONES = const(8, 0), const(8, 1), const(8, 255)
HIGH = apply("shl", zext(Param(4, "d"), 8), const(8, 4))

Values = dict[str, int]


def evaluate(root: Expr, values: Values) -> int:
    """The value of an expression over parameters, by the operator table alone."""
    found: dict[Expr, int] = {}
    for node in nodes(root):
        match node:
            case Const(width, value):
                found[node] = bool(value) if width == BOOL else value
            case Param(_, name):
                found[node] = values[name]
            case Apply(width, op, args, low):
                meaning = python_meaning(op, tuple(a.width for a in args), width, low)
                found[node] = meaning(*(found[a] for a in args))
            case _:
                raise AssertionError(node)
    return int(found[root])


RULES: list[tuple[Expr, Expr]] = [
    (add(A, ZERO), A),
    (add(ZERO, A), A),
    (add(ONE, A), add(A, ONE)),
    (add(add(A, ONE), ONE), add(A, const(8, 2))),
    (add(add(A, ONE), ONES), A),
    (sub(A, A), ZERO),
    (sub(A, ONE), add(A, ONES)),
    (apply("and", A, ZERO), ZERO),
    (apply("and", ONES, A), A),
    (apply("and", A, A), A),
    (apply("and", HIGH, const(8, 0xF0)), HIGH),
    (apply("and", const(8, 0xF8), HIGH), HIGH),
    (apply("and", HIGH, const(8, 0x0F)), ZERO),
    (apply("and", apply("or", HIGH, ONE), const(8, 0x07)), ONE),
    (apply("and", apply("or", A, ONE), const(8, 0x07)), apply("or", apply("and", A, const(8, 0x07)), ONE)),
    (apply("or", ZERO, A), A),
    (apply("or", A, ONES), ONES),
    (apply("or", A, A), A),
    (apply("shl", A, ZERO), A),
    (apply("shru", ZERO, A), ZERO),
    (apply("shrs", ZERO, A), ZERO),
    (eq(A, A), TRUE),
    (apply("ne", A, A), FALSE),
    (apply("ne", A, B), negate(eq(A, B))),
    (ult(A, A), FALSE),
    (ult(A, ZERO), FALSE),
    (ult(ONES, A), FALSE),
    (ult(A, ONE), eq(A, ZERO)),
    (ule(A, A), TRUE),
    (ule(ZERO, A), TRUE),
    (ule(A, ONES), TRUE),
    (both(P, FALSE), FALSE),
    (both(TRUE, P), P),
    (both(P, P), P),
    (either(P, TRUE), TRUE),
    (either(FALSE, P), P),
    (either(P, P), P),
    (either(ule(const(8, 3), A), ule(const(8, 9), A)), ule(const(8, 3), A)),
    (either(ule(const(8, 9), A), ule(const(8, 3), A)), ule(const(8, 3), A)),
    (negate(negate(P)), P),
    (select(TRUE, A, B), A),
    (select(FALSE, A, B), B),
    (select(P, A, A), A),
    (select(P, TRUE, FALSE), P),
    (select(ult(ZERO, A), ZERO, A), ZERO),
    (zext(A, 8), A),
    (sext(A, 8), A),
    (slice_(A, 0, 8), A),
    (slice_(slice_(A, 2, 5), 1, 3), slice_(A, 3, 3)),
    (slice_(zext(A, 16), 8, 4), const(4, 0)),
    (slice_(zext(A, 16), 2, 4), slice_(A, 2, 4)),
    (slice_(zext(A, 16), 0, 8), A),
]


@pytest.mark.parametrize(("folded", "expected"), RULES)
def test_rule(folded: Expr, expected: Expr) -> None:
    assert folded is expected


# The same left sides unfolded. A rule is right if this gives the value that the folded form gives.
def raw(op: str, *args: Expr, width: int | None = None, low: int = 0) -> Expr:
    typed = OPERATORS[op].typing(tuple(a.width for a in args))
    result = width if typed is None else typed
    assert result is not None and result >= 0
    return Apply(result, op, args, low)


Build = Callable[..., Expr]
_ARITHMETIC = ["add", "sub", "mul", "divu", "remu", "divs", "rems", "and", "or", "xor"]


@st.composite
def expressions(draw: st.DrawFn, width: int = 8, depth: int = 4) -> tuple[Expr, Expr]:
    """An expression, folded and unfolded, over a, b, c of 8 bits and p, q. Small constants, so that rules apply."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(leaves(width))
    if width == BOOL:
        return draw(conditions(depth))
    sub_expression = expressions(width, depth - 1)
    kind = draw(st.sampled_from([*_ARITHMETIC, "shl", "shru", "shrs", "not", "neg", "select", "slice", "zext", "sext"]))
    if kind == "select":
        parts = [draw(expressions(BOOL, depth - 1)), draw(sub_expression), draw(sub_expression)]
    elif kind == "slice":
        wide = draw(st.sampled_from([w for w in (8, 12, 16) if w >= width]))
        low, part = draw(st.integers(0, wide - width)), draw(expressions(wide, depth - 1))
        return slice_(part[0], low, width), raw("slice", part[1], width=width, low=low)
    elif kind in ("zext", "sext"):
        part = draw(expressions(draw(st.sampled_from([w for w in (3, 5, 8, 12, 16) if w <= width])), depth - 1))
        return apply(kind, part[0], width=width), raw(kind, part[1], width=width)
    else:
        parts = [draw(sub_expression) for _ in range(OPERATORS[kind].arity)]
    return apply(kind, *(p[0] for p in parts)), raw(kind, *(p[1] for p in parts))


@st.composite
def leaves(draw: st.DrawFn, width: int) -> tuple[Expr, Expr]:
    if width == BOOL:
        leaf: Expr = draw(st.sampled_from([P, Q, TRUE, FALSE]))
    elif width == 8 and draw(st.booleans()):
        leaf = draw(st.sampled_from([A, B, C]))
    else:
        leaf = const(width, draw(st.sampled_from([0, 1, 2, -1, -2, 1 << (width - 1)])))
    return leaf, leaf


@st.composite
def conditions(draw: st.DrawFn, depth: int) -> tuple[Expr, Expr]:
    op = draw(st.sampled_from(["eq", "ne", "ult", "ule", "slt", "sle", "both", "either", "negate", "select"]))
    width = BOOL if op in ("both", "either", "negate", "select") else 8
    parts = [draw(expressions(width, depth - 1)) for _ in range(OPERATORS[op].arity)]
    return apply(op, *(p[0] for p in parts)), raw(op, *(p[1] for p in parts))


values = st.fixed_dictionaries(
    {n: st.sampled_from([0, 1, 2, 127, 128, 254, 255]) | st.integers(0, 255) for n in "abc"}
    | {n: st.booleans() for n in "pq"}
)


@given(expressions(), st.lists(values, min_size=8, max_size=8))
def test_folding_keeps_values(pair: tuple[Expr, Expr], samples: list[Values]) -> None:
    for sample in samples:
        assert evaluate(pair[0], sample) == evaluate(pair[1], sample)


@given(expressions(BOOL), st.lists(values, min_size=8, max_size=8))
def test_folding_keeps_truth(pair: tuple[Expr, Expr], samples: list[Values]) -> None:
    for sample in samples:
        assert evaluate(pair[0], sample) == evaluate(pair[1], sample)


@given(expressions(), expressions(), values)
def test_rewriting_is_substitution(pair: tuple[Expr, Expr], other: tuple[Expr, Expr], sample: Values) -> None:
    put = Param(8, "put")
    inside = rewriter({A: put}.get)(pair[0])
    assert A not in set(nodes(inside)) or inside is pair[0]
    replaced = rewriter({put: other[0]}.get)(inside)
    value = evaluate(other[0], sample)
    assert evaluate(replaced, sample) == evaluate(pair[0], sample | {"a": value})


@given(expressions(), expressions(), values)
def test_a_leaf_may_be_replaced_by_what_contains_it(
    pair: tuple[Expr, Expr], other: tuple[Expr, Expr], sample: Values
) -> None:
    replaced = rewriter({A: other[0]}.get)(pair[0])
    assert evaluate(replaced, sample) == evaluate(pair[0], sample | {"a": evaluate(other[0], sample)})


def test_what_folding_uncovers_is_not_replaced_again() -> None:
    one = const(8, 1)
    assert rewriter({A: add(A, one)}.get)(sub(A, one)) is A


@given(st.integers(0, 7), st.integers(1, 8), values)
def test_insert_replaces_exactly_its_bits(low: int, width: int, sample: Values) -> None:
    width = min(width, 8 - low)
    whole = insert(A, low, slice_(B, 0, width))
    mask = ((1 << width) - 1) << low
    assert evaluate(whole, sample) == (sample["a"] & ~mask) | (sample["b"] << low & mask)


@given(st.integers(0, 7), st.integers(1, 8), st.integers(0, 255), st.integers(0, 255), values)
def test_a_mask_leaves_of_an_inserted_part_what_it_takes(
    low: int, width: int, base: int, mask: int, sample: Values
) -> None:
    width = min(width, 8 - low)
    whole = insert(const(8, base), low, slice_(B, 0, width))
    masked = apply("and", whole, const(8, mask))
    assert evaluate(masked, sample) == evaluate(whole, sample) & mask


def test_operands_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="add does not take operands of widths"):
        apply("add", A, const(4, 0))
    with pytest.raises(ValueError, match="zext does not take"):
        apply("zext", A)


def test_rewriting_a_behaviour_drops_what_can_no_longer_happen() -> None:
    index = Param(2, "i")
    behaviour = Behaviour(
        (TrapIf(P, 1, A, Origin.BODY), TrapIf(Q, 2, A, Origin.FETCH, "mem")),
        (
            Write(P, "pc", 0, A),
            SetElement(Q, "x", index, Element(8, "x", index)),
            Store(Q, A, Load(8, A)),
            Send(Q, "port", index, Read(8, "pc")),
            Write(Q, "pc", 0, Recv(8, "port", index)),
        ),
    )
    after = rewrite_behaviour(behaviour, rewriter({P: FALSE, index: const(2, 3), A: B}.get))
    three = const(2, 3)
    assert after == Behaviour(
        (TrapIf(Q, 2, B, Origin.FETCH, "mem"),),
        (
            SetElement(Q, "x", three, Element(8, "x", three)),
            Store(Q, B, Load(8, B)),
            Send(Q, "port", three, Read(8, "pc")),
            Write(Q, "pc", 0, Recv(8, "port", three)),
        ),
    )


def test_a_dag_is_walked_once() -> None:
    e: Expr = A
    for _ in range(2000):
        e = apply("xor", add(e, B), e)
    assert sum(1 for _ in nodes(rewriter({B: C}.get)(e))) == 2 * 2000 + 2
