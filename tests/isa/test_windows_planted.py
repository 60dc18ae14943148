"""Wrong rules for windows, each caught by a named check that the right ones pass."""

from collections.abc import Container
from random import Random
from typing import Any

import pytest

from isa.ir.fold import add, const, rewriter, select, ult
from isa.ir.nodes import FALSE, Behaviour, Expr, Read
from isa.passes import windows
from isa.passes.windows import Narrowed
from tests.isa.test_narrowed import a_place_that_meets_another, accessed, known, placed, steps, tried, whole
from tests.isa.test_windows import in_every_state
from tests.isa.view_machines import small
from tests.planting import Bugs, Patch, Planted, must_catch

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

BUGS = Bugs()
caught_by = BUGS.caught_by


def relocation_and_bound() -> None:
    in_every_state("usual")


def a_check_of_what_is_admitted() -> None:
    in_every_state("admitting")


def the_last_address_admitted() -> None:
    in_every_state("at_most")


def another_relocation_for_each_mode() -> None:
    in_every_state("by_case")


def a_bound_for_one_mode() -> None:
    in_every_state("fixed")


def what_is_proved_of_views() -> None:
    for view in ("unfit", "one_more", "elsewhere", "unchecked"):
        in_every_state(view)


def _often(view: str, *instructions: str, times: int = 15) -> None:
    isa, draw = small(view, 3), Random(7)
    for _ in range(times):
        for instruction in instructions:
            for way in (whole, placed, known):
                tried(isa, draw, steps(isa)[instruction], way)


def several_accesses() -> None:
    _often("usual", "enter", "chase")


def an_unmapped_supervisor() -> None:
    _often("open", "get", "put")


def a_bound_that_admits_all() -> None:
    _often("above", "get", "put")


def a_load_before_its_check() -> None:
    _often("usual", "before", "get")


def an_access_now_and_then() -> None:
    _often("usual", "maybe", times=100)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_wrong_rule_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


# ---- limits


@caught_by(relocation_and_bound, several_accesses)
def greatest_for_least(patch: Patch) -> None:
    patch.setattr(windows, "least", lambda a, b: select(ult(a, b), b, a))


@caught_by(relocation_and_bound, several_accesses)
def check_of_the_base_forgotten(patch: Patch) -> None:
    right = windows._Limits._any

    def some(self: Any, conditions: list[Expr]) -> Any:
        return right(self, [c for c in conditions if not self._free(c)])

    patch.setattr(windows._Limits, "_any", some)


def _limits_off_by(patch: Patch, by: int) -> None:
    right = windows._Limits._one

    def one(self: Any, condition: Expr) -> Any:
        found = right(self, condition)
        if found is not None and getattr(condition, "op", "") == "ule":
            return windows._Limit(add(found.value, const(found.value.width, by)), found.exact)
        return found

    patch.setattr(windows._Limits, "_one", one)


@caught_by(relocation_and_bound, several_accesses)
def limit_one_too_high(patch: Patch) -> None:
    _limits_off_by(patch, 1)


@caught_by(relocation_and_bound, several_accesses)
def limit_one_too_low(patch: Patch) -> None:
    _limits_off_by(patch, -1)


@caught_by(the_last_address_admitted)
def last_address_taken_for_the_limit(patch: Patch) -> None:
    patch.setattr(windows, "after", lambda last: last)


@caught_by(the_last_address_admitted)
def limit_that_wraps(patch: Patch) -> None:
    patch.setattr(windows, "after", lambda last: add(last, const(last.width, 1)))


@caught_by(a_bound_that_admits_all)
def no_limit_taken_for_all_ones(patch: Patch) -> None:
    right = windows._Limit
    patch.setattr(windows, "_Limit", lambda value, exact: right(value, True))


@caught_by(another_relocation_for_each_mode)
def modes_taken_for_each_other(patch: Patch) -> None:
    right = windows._Limits._chosen
    patch.setattr(windows._Limits, "_chosen", lambda self, c, a, b: right(self, c, b, a))


@caught_by(a_bound_for_one_mode, an_unmapped_supervisor)
def condition_of_a_check_forgotten(patch: Patch) -> None:
    right = windows._Limits._chosen
    patch.setattr(windows._Limits, "_chosen", lambda self, c, a, b: self.of(a) if b is FALSE else right(self, c, a, b))
    patch.setattr(windows, "_parts", _parts_of_both_too(windows._parts))


def _parts_of_both_too(right: Any) -> Any:
    """Also a guard loses its condition."""

    def parts(op: str, condition: Expr) -> list[Expr]:
        found = right(op, condition)
        return found[1:] if op == "both" and len(found) > 1 else found

    return parts


@caught_by(a_check_of_what_is_admitted)
def denied_comparison_that_is_not_turned(patch: Patch) -> None:
    patch.setitem(windows._DUAL, "ult", "ult")


@caught_by(a_check_of_what_is_admitted)
def denied_conditions_joined_as_they_were(patch: Patch) -> None:
    patch.setitem(windows._DUAL, "both", "both")


# ---- places


@caught_by(relocation_and_bound)
def origin_forgotten(patch: Patch) -> None:
    patch.setattr(windows, "_origin", lambda index, address: const(index.width, 0))


class Anything(Container[Expr]):
    def __contains__(self, condition: object) -> bool:
        return True


@caught_by(what_is_proved_of_views)
def base_beyond_storage_taken_for_inside(patch: Patch) -> None:
    right = windows._bounds
    patch.setattr(windows, "_bounds", lambda condition, index, refuted: right(condition, index, Anything()))


@caught_by(what_is_proved_of_views)
def room_that_is_more_than_there_is(patch: Patch) -> None:
    """`size - base + 1` taken for `size - base`."""
    right = windows._origin_of

    def origin_of(room: Expr) -> Expr | None:
        return right(room) or right(add(room, const(room.width, -1)))

    patch.setattr(windows, "_origin_of", origin_of)


@caught_by(what_is_proved_of_views)
def place_that_is_not_looked_at(patch: Patch) -> None:
    """Storage at `bound + va` taken for checked where `base + va` is."""
    right = windows._bounds
    base, bound = Read(3, "base"), Read(3, "bound")
    patch.setattr(windows, "_bounds", lambda c, index, refuted: right(c, rewriter({bound: base}.get)(index), refuted))


@caught_by(a_load_before_its_check, an_access_now_and_then)
def proof_from_what_comes_later(patch: Patch) -> None:
    right = windows.narrowed

    def narrowed(isa: Any, behaviour: Behaviour) -> Narrowed:
        found = right(isa, behaviour)
        checks = [check for trap in behaviour.traps for check in windows._parts("both", trap.guard)]
        parts = [part for check in checks for part in windows._parts("either", check)]
        return Narrowed(found.behaviour, frozenset(i for i in accessed(behaviour) if windows._inside(i, parts)))

    patch.setattr(windows, "narrowed", narrowed)


@caught_by(a_place_that_meets_another)
def places_that_meet_taken_for_proved(patch: Patch) -> None:
    right = Narrowed.rewritten
    closed = lambda self, rewrite: Narrowed(  # noqa: E731
        right(self, rewrite).behaviour, frozenset(rewrite(index) for index in self.inside)
    )
    patch.setattr(Narrowed, "rewritten", closed)


def test_there_are_bugs_of_every_kind() -> None:
    assert len({bug.plant for bug in BUGS}) >= 17
