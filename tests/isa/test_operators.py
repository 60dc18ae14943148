"""Corners of the operator table: where Python, LLVM and z3 each differ from what the design settles on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.ir.operators import BOOL, OPERATORS, python_meaning, python_text, quotient, remainder

ONES = 0xFFFFFFFF
LEAST = 0x80000000


def meaning(op: str, *values: int, width: int = 32) -> int:
    return int(
        python_meaning(op, (width,) * len(values), OPERATORS[op].typing((width,) * len(values)) or width)(*values)
    )


@pytest.mark.parametrize(
    ("op", "a", "b", "result"),
    [
        ("shl", 1, 31, LEAST),
        ("shl", 1, 32, 0),
        ("shl", ONES, ONES, 0),
        ("shru", LEAST, 31, 1),
        ("shru", ONES, 32, 0),
        ("shru", ONES, ONES, 0),
        ("shrs", LEAST, 31, ONES),
        ("shrs", LEAST, 32, ONES),
        ("shrs", LEAST, ONES, ONES),
        ("shrs", 0x7FFFFFFF, ONES, 0),
        ("divu", 7, 0, ONES),
        ("divu", 0, 0, ONES),
        ("remu", 7, 0, 7),
        ("divs", 7, 0, ONES),
        ("divs", LEAST, 0, ONES),
        ("rems", LEAST, 0, LEAST),
        ("divs", LEAST, ONES, LEAST),
        ("rems", LEAST, ONES, 0),
        ("divs", ONES - 6, 2, ONES - 2),
        ("rems", ONES - 6, 2, ONES),
        ("divs", 7, ONES - 1, ONES - 2),
        ("rems", 7, ONES - 1, 1),
        ("add", ONES, 1, 0),
        ("sub", 0, 1, ONES),
        ("mul", 0x10000, 0x10000, 0),
        ("slt", LEAST, 0, True),
        ("ult", LEAST, 0, False),
        ("sle", LEAST, LEAST, True),
    ],
)
def test_corner(op: str, a: int, b: int, result: int) -> None:
    assert meaning(op, a, b) == result


@pytest.mark.parametrize("width", [1, 2, 31, 63, 64])
def test_the_one_overflow_wraps_at_every_width(width: int) -> None:
    least, ones = 1 << (width - 1), (1 << width) - 1
    assert meaning("divs", least, ones, width=width) == least
    assert meaning("rems", least, ones, width=width) == 0
    assert meaning("neg", least, width=width) == least


def test_shift_amounts_may_have_another_width() -> None:
    assert python_meaning("shl", (8, 64), 8)(1, 1 << 63) == 0
    assert python_meaning("shrs", (8, 64), 8)(0x80, 1 << 63) == 0xFF
    assert python_meaning("shl", (64, 3), 64)(1, 7) == 128


def test_extensions_slices_and_concatenation() -> None:
    assert python_meaning("sext", (4,), 8)(0x8) == 0xF8
    assert python_meaning("zext", (4,), 8)(0x8) == 0x08
    assert python_meaning("slice", (16,), 4, 8)(0xABCD) == 0xB
    assert python_meaning("concat", (4, 12), 16)(0xA, 0xBCD) == 0xABCD


@given(st.integers(-(2**63), 2**63), st.integers(-(2**63), 2**63))
def test_division_truncates_and_leaves_the_rest(a: int, b: int) -> None:
    if b:
        assert quotient(a, b) * b + remainder(a, b) == a
        assert abs(remainder(a, b)) < abs(b)
        assert remainder(a, b) == 0 or (remainder(a, b) < 0) == (a < 0)


@given(st.sampled_from(sorted(OPERATORS)), st.integers(1, 64), st.data())
def test_every_meaning_stays_in_its_width(op: str, width: int, data: st.DataObject) -> None:
    operator = OPERATORS[op]
    widths = (width,) * operator.arity
    widths = (BOOL, *widths[1:]) if op == "select" else widths
    if op in ("both", "either", "negate"):
        widths = (BOOL,) * operator.arity
    typed = operator.typing(widths)
    result = data.draw(st.integers(1, width) if op == "slice" else st.integers(width, 64)) if typed is None else typed
    values = [data.draw(st.booleans() if w == BOOL else st.integers(0, 2**w - 1)) for w in widths]
    value = python_meaning(op, widths, result)(*values)
    assert 0 <= int(value) < 2 ** max(result, 1)
    assert (result == BOOL) == isinstance(value, bool)


def test_typing_refuses_what_does_not_fit() -> None:
    assert OPERATORS["add"].typing((32, 16)) == -1
    assert OPERATORS["add"].typing((BOOL, BOOL)) == -1
    assert OPERATORS["eq"].typing((BOOL, BOOL)) == -1
    assert OPERATORS["both"].typing((1, 1)) == -1
    assert OPERATORS["select"].typing((1, 8, 8)) == -1
    assert OPERATORS["select"].typing((BOOL, 8, 9)) == -1
    assert OPERATORS["shl"].typing((8, BOOL)) == -1
    assert OPERATORS["concat"].typing((8, BOOL)) == -1


def test_a_meaning_is_an_expression_over_its_operands_alone() -> None:
    for name, operator in OPERATORS.items():
        text = python_text(name, ("a", "b", "c")[: operator.arity], (8,) * operator.arity, 8)
        compile(text, name, "eval")
        assert operator.manual
