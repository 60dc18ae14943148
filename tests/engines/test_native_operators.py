"""Python, native code and the solver mean the same by every operator: small widths whole, corners of others, random."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.engines.native import text as text_module
from isa.engines.native.text import Text
from isa.ir import operators
from isa.ir.operators import BOOL, OPERATORS
from tests.engines.native_operators import Case, all_values, corners, disagreements, shapes, table
from tests.planting import Bugs, Planted, must_catch

Patch = pytest.MonkeyPatch
SMALL = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3), (3, 2))
CORNERS = ((8, 5), (16, 4), (32, 6), (32, 64), (33, 32), (64, 64), (64, 7))


def test_small_widths_agree_on_all_values() -> None:
    cases = [case for op in OPERATORS for case in table(op, SMALL, all_values)]
    assert sum(len(case.rows) for case in cases) > 2500
    assert not list(disagreements(cases, solver=True))


def test_corners_of_larger_widths_agree() -> None:
    few: Callable[[int], list[int]] = lambda width: corners(width)[:: 1 if width < 9 else 2]  # noqa: E731
    assert not list(disagreements([case for op in OPERATORS for case in table(op, CORNERS, few)]))


@st.composite
def cases(draw: Any) -> Case:
    op = draw(st.sampled_from(sorted(OPERATORS)))
    width, other = draw(st.integers(1, 64)), draw(st.integers(1, 64))
    low = draw(st.integers(0, width - 1)) if op == "slice" else 0
    widths, result = draw(st.sampled_from(shapes(op, width, other, low) or shapes(op, 8, 8)))
    value = {w: st.sampled_from(corners(w)) | st.integers(0, (1 << (w or 1)) - 1) for w in widths}
    rows = draw(st.lists(st.tuples(*(value[w] for w in widths)), min_size=1, max_size=8))
    constant = draw(st.tuples(*[st.booleans()] * 3))
    return Case(op, widths, result, min(low, widths[0] - 1), tuple(rows), constant)


@given(found=st.lists(cases(), min_size=1, max_size=30), passes=st.booleans())
def test_random_operators_agree(found: list[Case], passes: bool) -> None:
    """Constant operands too, and also after optimization: what the host leaves undefined must not be reached."""
    assert not list(disagreements(found, passes, solver=True))


def test_the_cases_meet_every_operator_and_width() -> None:
    made = [case for op in OPERATORS for case in table(op, SMALL + CORNERS, corners)]
    assert {case.op for case in made} == set(OPERATORS)
    assert {BOOL, 1, 8, 16, 32, 64} <= {w for case in made for w in case.widths}
    amounts = [case for case in made if case.op in ("shl", "shru", "shrs")]
    assert {case.widths[0] < case.widths[1] for case in amounts} == {True, False}
    assert all(any(row[1] >= case.widths[0] for row in case.rows) for case in amounts if case.widths[1] > 7)


# ---- planted


def agree(*ops: str) -> None:
    """On what is most likely to differ: the corners of two widths, amounts narrower and wider than what is shifted."""
    made = [case for op in ops for case in table(op, ((1, 1), (2, 3), (32, 8), (8, 64)), corners)]
    assert next(disagreements(made), None) is None


def shifts_agree() -> None:
    agree("shl", "shru", "shrs")


def divisions_agree() -> None:
    agree("divu", "remu", "divs", "rems")


def orders_agree() -> None:
    agree("ult", "ule", "slt", "sle")


def extensions_agree() -> None:
    agree("zext", "sext", "slice", "concat")


BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    try:
        must_catch(bug, monkeypatch, (AssertionError,))
    finally:
        monkeypatch.undo()
        forget()


def forget() -> None:
    """What was compiled from the table."""
    operators.llvm_text.cache_clear()
    text_module._column.cache_clear()


def column(patch: Patch, op: str, meaning: str) -> None:
    patch.setitem(OPERATORS, op, replace(OPERATORS[op], llvm=meaning))
    forget()


@caught_by(shifts_agree)
def shift_with_the_wrong_sign(patch: Patch) -> None:
    column(patch, "shrs", OPERATORS["shrs"].llvm.replace("ashr", "lshr"))


@caught_by(shifts_agree)
def shift_by_the_width_left_to_the_host(patch: Patch) -> None:
    column(patch, "shl", "shl({0}, amount({1}, {w}))")


@caught_by(shifts_agree)
def wide_amount_cut_before_it_is_compared(patch: Patch) -> None:
    column(patch, "shru", OPERATORS["shru"].llvm.replace("below({1}", "below(amount({1}, {w})"))


@caught_by(shifts_agree)
def amount_compared_off_by_one(patch: Patch) -> None:
    right = Text.below
    patch.setattr(Text, "below", lambda self, amount, width: right(self, amount, width - 1))


@caught_by(divisions_agree)
def zero_divisor_not_selected(patch: Patch) -> None:
    column(patch, "divu", "udiv({0}, nonzero({1}))")


@caught_by(divisions_agree)
def remainder_by_zero_is_zero(patch: Patch) -> None:
    column(patch, "remu", "urem({0}, nonzero({1}))")


@caught_by(divisions_agree)
def overflow_of_division_is_not_the_dividend(patch: Patch) -> None:
    column(patch, "divs", "select(is_zero({1}), ones({1}), sdiv({0}, ordinary({1})))")


@caught_by(orders_agree)
def unsigned_order_for_a_signed_one(patch: Patch) -> None:
    column(patch, "slt", OPERATORS["slt"].llvm.replace("slt", "ult"))


@caught_by(extensions_agree)
def sign_not_extended(patch: Patch) -> None:
    patch.setattr(Text, "sext", Text.zext)


@caught_by(extensions_agree)
def halves_exchanged(patch: Patch) -> None:
    column(patch, "concat", "or_(shl(zext({1}, {v}), const({v}, {w1})), zext({0}, {v}))")


def test_there_are_bugs_enough() -> None:
    assert len({bug.plant for bug in BUGS}) >= 10
