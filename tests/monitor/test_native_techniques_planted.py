"""Bugs planted in native code that interprets, and in what Python does around it, each caught by a named check."""

import pytest

from isa.engines.native.alone import Alone
from isa.engines.native.exact import Body
from isa.engines.native.exits import Outcome
from isa.engines.native.layer_code import layer_code
from isa.engines.native.text import Value, number
from monitor.native import NativeLevel
from tests.monitor import native_checks as checks
from tests.monitor.test_native_planted import fresh_code, not_counted, replaced
from tests.planting import Bugs, Patch, Planted, must_catch

BUGS = Bugs()
caught_by = BUGS.caught_by
__all__ = ["fresh_code"]  # for every test here


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


@caught_by(checks.they_take_turns)
def what_is_interpreted_is_not_counted(patch: Patch) -> None:
    not_counted(patch, "interpreted")


@caught_by(checks.they_take_turns)
def the_end_of_a_stretch_is_no_exit(patch: Patch) -> None:
    replaced(
        patch, "layered", f"@count(ptr %frame, i64 {int(Outcome.OVER)},", f"@count(ptr %frame, i64 {int(Outcome.DONE)},"
    )


@caught_by(checks.they_take_turns)
def waiting_is_interpretation(patch: Patch) -> None:
    right = Alone.run

    def run(self: Alone, text: Body, left: Value) -> tuple[Value, Value, Value]:
        return (*right(self, text, left)[:2], number(64, 0))

    patch.setattr(Alone, "run", run)
    layer_code.cache_clear()


@caught_by(checks.they_take_turns)
def the_mode_is_never_asked(patch: Patch) -> None:
    """All runs directly, and is emulated where it traps: right on this machine, but for the accounts."""
    patch.setattr(Alone, "may_not", staticmethod(lambda text: Value(0, "false")))
    layer_code.cache_clear()


@caught_by(checks.they_take_turns)
def it_does_not_stop_where_the_mode_changes(patch: Patch) -> None:
    right = NativeLevel._begin

    def begin(self: NativeLevel, due: object) -> None:
        right(self, due)  # type: ignore[arg-type]
        if self.alone is not None:
            self.alone.frame["attentive"] = 0

    patch.setattr(NativeLevel, "_begin", begin)


@caught_by(checks.they_take_turns_with_devices)
def a_step_for_python_is_an_emulation(patch: Patch) -> None:
    """Native code asks Python for a step, which takes it for one that trapped."""
    patch.setattr("monitor.dispatcher.Dispatcher.may_run_directly", lambda self: True)
