"""Bugs planted in the native engine's core: single steps, threaded code, the loop around both, what Python keeps.

The machine is small, so that its code is compiled anew for every bug. Regions have their own bugs in
`test_native_planted.py`, virtual machines in `tests/monitor/test_native_planted.py`.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from isa.engines.native import plan as plan_module
from isa.engines.native import translate
from isa.engines.native.convention import END
from isa.engines.native.exact import Body, Exact
from isa.engines.native.frame import Frame, Tables
from isa.engines.native.loop import Loop
from isa.engines.native.plan import Plan
from isa.engines.native.shapes import Access
from isa.engines.native.summaries import Summary
from isa.engines.native.text import Value, number
from isa.engines.native.threaded import Threaded
from isa.engines.native.translations import Translations
from isa.engines.native.values import Values
from isa.ir.nodes import TRUE, Behaviour, Expr
from tests.engines.core_checks import (
    CHECKS,
    SMALL,
    Patch,
    a_monitor_takes_the_step_that_it_meets,
    a_region_is_changed_from_elsewhere,
    a_trap_entry_writes_over_code,
    code_that_changes_in_regions,
    one_engine_changes_the_code_of_another,
    relocation_changes_on_the_way,
    single_steps_and_threaded_code,
    the_clock_goes_on_in_a_trap,
    the_clock_goes_on_in_another_context,
    the_clock_is_seen_as_it_is,
    the_clock_rings_in_time,
    the_clock_stands_still_in_another_context,
    the_first_trap_counts,
    the_machine_halts,
    the_same_words_at_another_address,
    the_trap_entry_looks_at_the_clock,
    the_window_ends_where_it_ends,
    the_window_is_that_of_the_context,
    waiting_is_left_at_once,
    what_may_have_been_stored_is_loaded,
)
from tests.planting import Bugs, Check, Planted

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_without_a_bug_all_is_well(check: Check) -> None:
    check()


BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    bug.plant(monkeypatch)
    with pytest.raises((AssertionError, IndexError)):
        bug.check()


def rewritten(patch: Patch, kind: type, function: str, change: Callable[[str], str]) -> None:
    """Change the text of one native function, or of some that are alike."""
    right = getattr(kind, function)

    def wrong(self: Any, *which: Any) -> str:
        text: str = right(self, *which)
        changed = change(text)
        assert changed != text
        return changed

    patch.setattr(kind, function, wrong)


def without(*parts: str) -> Callable[[str], str]:
    """The text without the lines that have one of these in them."""
    return lambda text: "".join(s for s in text.splitlines(True) if not any(part in s for part in parts))


# ---- time


@caught_by(the_clock_rings_in_time)
def time_stands_still_in_threaded_code(patch: Patch) -> None:
    right = Loop._settle

    def settle(self: Loop, text: Body, *rest: Value) -> None:
        right(self, text, *rest)
        text.lines[:] = [line for line in text.lines if "@advance(" not in line]

    patch.setattr(Loop, "_settle", settle)


@caught_by(the_clock_rings_in_time)
def the_horizon_is_late_by_one(patch: Patch) -> None:
    def later(text: str) -> str:
        return re.sub(r"(%\w+) = (call i64 @horizon.*)", r"\1.now = \2\n  \1 = add i64 \1.now, 1", text)

    rewritten(patch, Loop, "go", later)


@caught_by(the_clock_goes_on_in_another_context)
def the_counters_are_taken_to_be_true_in_another_context(patch: Patch) -> None:
    rewritten(patch, Loop, "go", lambda text: re.sub(r"(sub i64 %\w+), %lag", r"\1, 0", text))


@caught_by(the_clock_stands_still_in_another_context)
def what_the_clock_depends_on_changes_behind_its_back(patch: Patch) -> None:
    patch.setattr(Plan, "gates", frozenset())


@caught_by(a_trap_entry_writes_over_code)
def the_counters_are_taken_to_be_true_after_a_trap(patch: Patch) -> None:
    rewritten(
        patch,
        Loop,
        "trap",
        lambda text: text.replace("i64 %end", "i64 0").replace(
            "i64 0, i64 %zero, ptr %cells, ptr %table) {", "i64 %end, i64 %zero, ptr %cells, ptr %table) {"
        ),
    )


@caught_by(the_clock_goes_on_in_a_trap)
def the_counters_are_taken_to_be_true_after_a_trap_at_once(patch: Patch) -> None:
    right = Loop._surely
    patch.setattr(Loop, "_surely", lambda self, *rest: right(self, *rest[:-1], number(64, 0)))


@caught_by(a_trap_entry_writes_over_code)
def nobody_looks_what_a_trap_at_once_writes_over(patch: Patch) -> None:
    right = Loop._quietly

    def quietly(self: Loop, *rest: Any) -> bool:
        with Patch.context() as inner:
            inner.setattr(Exact, "looked", lambda self, text, line, indexes, on, touch: text.jump(on))
            return right(self, *rest)

    patch.setattr(Loop, "_quietly", quietly)


@caught_by(the_trap_entry_looks_at_the_clock)
def the_trap_entry_sees_the_clock_late(patch: Patch) -> None:
    patch.setattr(Plan, "traps", lambda self, instruction: any(t.guard is TRUE for t in instruction.behaviour.traps))


@caught_by(the_clock_is_seen_as_it_is)
def who_looks_at_the_clock_sees_it_late(patch: Patch) -> None:
    patch.setattr(Plan, "moving", frozenset())


@caught_by(waiting_is_left_at_once)
def a_spin_is_not_left(patch: Patch) -> None:
    right = Threaded._go
    patch.setattr(Threaded, "_go", lambda self, text, spins, *rest: right(self, text, False, *rest))


@caught_by(code_that_changes_in_regions)
def a_far_jump_goes_elsewhere(patch: Patch) -> None:
    rewritten(patch, Threaded, "far", lambda text: text.replace("sub i64 %ip, %zero", "sub i64 %ip, 0"))


@caught_by(single_steps_and_threaded_code)
def a_step_more_than_was_allowed_is_left(patch: Patch) -> None:
    right = Threaded._left
    patch.setattr(Threaded, "_left", lambda self, text, ip: text.add(right(self, text, ip), number(64, 1)))


# ---- steps


@caught_by(single_steps_and_threaded_code)
def effects_see_those_before_them(patch: Patch) -> None:
    """As a trap entry that saves what it has already loaded."""
    right = Values.effects

    def one_by_one(self: Values, effects: Any, store: Any) -> None:
        for effect in effects:
            self.values.clear()
            right(self, (effect,), store)

    patch.setattr(Values, "effects", one_by_one)


@caught_by(the_first_trap_counts)
def the_last_trap_counts(patch: Patch) -> None:
    right = Exact._perform

    def perform(self: Exact, text: Body, values: Values, behaviour: Behaviour) -> None:
        right(self, text, values, Behaviour(behaviour.traps[::-1], behaviour.effects))

    patch.setattr(Exact, "_perform", perform)


@caught_by(a_monitor_takes_the_step_that_it_meets)
def a_record_names_the_step_of_another_instruction(patch: Patch) -> None:
    look, write = (list(SMALL.instructions).index(name) for name in ("get", "set"))
    rewritten(patch, Exact, "steps", lambda text: text.replace(f"@step.{look}", f"@step.{write}"))


@caught_by(single_steps_and_threaded_code)
def a_trapped_step_retires(patch: Patch) -> None:
    right = Loop._count
    patch.setattr(Loop, "_count", lambda self, text, name: None if name == "trapped" else right(self, text, name))


@caught_by(single_steps_and_threaded_code)
def a_trap_is_said_to_come_from_elsewhere(patch: Patch) -> None:
    right = Plan.site
    patch.setattr(Plan, "site", lambda self, trap: (right(self, trap) + 1) % len(self.sites))


@caught_by(the_machine_halts)
def nobody_notices_the_halt(patch: Patch) -> None:
    patch.setattr(Plan, "halts", lambda self, behaviour: False)


@caught_by(single_steps_and_threaded_code)
def what_is_always_zero_is_written(patch: Patch) -> None:
    right = plan_module.truth
    patch.setattr(plan_module, "truth", lambda holds: right(not holds))


@caught_by(relocation_changes_on_the_way, the_window_is_that_of_the_context, the_clock_goes_on_in_another_context)
def what_depends_on_the_context_is_not_asked_anew(patch: Patch) -> None:
    patch.setattr(Plan, "crosses", lambda self, instruction: False)


# ---- code


@caught_by(single_steps_and_threaded_code)
def a_store_into_code_is_missed(patch: Patch) -> None:
    patch.setattr(Exact, "looked", lambda self, text, line, indexes, on, touch: text.jump(on))


@caught_by(single_steps_and_threaded_code)
def a_record_is_not_forgotten(patch: Patch) -> None:
    rewritten(patch, Exact, "touch", without("store i16 0"))


@caught_by(single_steps_and_threaded_code)
def a_record_is_not_forgotten_when_the_host_writes(patch: Patch) -> None:
    patch.setattr(Tables, "forget", lambda self, word: None)


@caught_by(single_steps_and_threaded_code)
def a_line_is_not_said_to_be_written(patch: Patch) -> None:
    rewritten(patch, Exact, "touch", without("atomicrmw or"))


@caught_by(one_engine_changes_the_code_of_another, a_region_is_changed_from_elsewhere)
def nobody_hears_of_code_that_changed(patch: Patch) -> None:
    right = Frame.take_rewritten
    patch.setattr(Frame, "take_rewritten", lambda self: list(right(self))[:0])


@caught_by(a_region_is_changed_from_elsewhere)
def a_region_is_not_forgotten(patch: Patch) -> None:
    patch.setattr(Translations, "forget", lambda self, word: None)


@caught_by(a_region_is_changed_from_elsewhere)
def the_words_of_a_region_are_not_marked(patch: Patch) -> None:
    patch.setattr(Tables, "mark", lambda self, word: None)


@caught_by(what_may_have_been_stored_is_loaded)
def a_store_that_may_not_happen_is_taken_for_granted(patch: Patch) -> None:
    right = Summary._keep
    patch.setattr(Summary, "_keep", lambda self, guard, access, value: right(self, TRUE, access, value))


@caught_by(what_may_have_been_stored_is_loaded)
def a_store_that_may_happen_is_passed_over(patch: Patch) -> None:
    right = Summary._keep

    def keep(self: Summary, guard: Expr, access: Access, value: Expr) -> None:
        if guard is TRUE:
            right(self, guard, access, value)

    patch.setattr(Summary, "_keep", keep)


# ---- the window, and regions in it


@caught_by(the_window_ends_where_it_ends)
def the_window_is_longer_by_one(patch: Patch) -> None:
    right = Body.set

    def longer(self: Body, name: str, value: Value) -> None:
        right(self, name, self.add(value, number(64, 1)) if name == "window" else value)

    patch.setattr(Body, "set", longer)


@caught_by(the_window_ends_where_it_ends)
def a_region_reaches_out_of_the_window(patch: Patch) -> None:
    rewritten(patch, Threaded, "region", lambda text: text.replace("icmp ult", "icmp ne"))


@caught_by(the_same_words_at_another_address)
def a_region_is_entered_at_another_address(patch: Patch) -> None:
    def always(text: str) -> str:
        return re.sub(r"icmp eq i64 (%\w+), %ip", r"icmp eq i64 \1, \1", text)

    rewritten(patch, Threaded, "region", always)


@caught_by(code_that_changes_in_regions)
def steps_of_regions_are_not_counted(patch: Patch) -> None:
    right = translate.tail_alone
    patch.setattr(translate, "tail_alone", lambda text, to, ip, end: right(text, to, ip, END))


@caught_by(code_that_changes_in_regions)
def who_comes_from_a_region_has_a_step_more(patch: Patch) -> None:
    def more(text: str) -> str:
        return text.replace("shl i64 %end", "shl i64 %more").replace("entry:", "entry:\n  %more = add i64 %end, 1")

    rewritten(patch, Threaded, "rejoin", more)


def test_there_are_bugs_of_every_kind() -> None:
    assert len({bug.plant for bug in BUGS}) >= 20
