"""Bugs planted in the native code of a layer and in what Python does around it, each caught by a named check."""

from collections.abc import Callable, Iterator
from re import sub

import pytest

from isa.engines.native.exact import Body
from isa.engines.native.exits import NOTHING, Outcome
from isa.engines.native.frame import FIELD
from isa.engines.native.layer_code import layer_code
from isa.engines.native.layered import Layered
from monitor import Decision, native
from monitor.dispatcher import Dispatcher
from monitor.native import NativeLevel
from tests.engines.fresh import hasty
from tests.monitor import native_checks as checks
from tests.planting import Bugs, Planted, must_catch

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

Patch = pytest.MonkeyPatch

BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.fixture(autouse=True)
def fresh_code(monkeypatch: Patch) -> Iterator[None]:
    """Native code with a bug is made here, and kept nowhere."""
    hasty(monkeypatch)
    yield
    layer_code.cache_clear()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


def rewritten(patch: Patch, function: str, change: Callable[[str], str]) -> None:
    """Change the text of one native function."""
    right = getattr(Layered, function)

    def wrong(self: Layered) -> str:
        text: str = right(self)
        changed = change(text)
        assert changed != text
        return changed

    patch.setattr(Layered, function, wrong)
    layer_code.cache_clear()


def replaced(patch: Patch, function: str, old: str, new: str) -> None:
    rewritten(patch, function, lambda text: text.replace(old, new))


def not_counted(patch: Patch, field: str) -> None:
    right = Layered._add

    def add(text: Body, frame: str, name: str, steps: object) -> None:
        if name != field:
            right(text, frame, name, steps)  # type: ignore[arg-type]

    patch.setattr(Layered, "_add", staticmethod(add))
    layer_code.cache_clear()


# ---- direct runs


def without_audit(text: str) -> str:
    head = text[: text.index("entry:")]
    return f"{head}entry:\n  ret i1 0\n}}\n"


@caught_by(checks.a_breach_is_the_same, checks.a_breach_is_the_same_further_up)
def no_audit(patch: Patch) -> None:
    rewritten(patch, "breach", without_audit)


def saved_first(text: str) -> str:
    save = next(line for line in text.splitlines() if "@save(" in line)
    audit = next(line for line in text.splitlines() if "@breach(" in line)
    return text.replace(save, "").replace(audit, f"{save}\n{audit}")


@caught_by(checks.a_breach_is_the_same)
def saved_before_the_audit(patch: Patch) -> None:
    rewritten(patch, "layered", saved_first)


@caught_by(checks.a_channel_is_a_breach)
def channels_not_audited(patch: Patch) -> None:
    right = NativeLevel._begin

    def begin(self: NativeLevel, due: Outcome) -> None:
        right(self, due)
        self.lower.frame["used"] = 0

    patch.setattr(NativeLevel, "_begin", begin)


@caught_by(checks.a_channel_is_a_breach)
def begun_anew_after_python(patch: Patch) -> None:
    """A run in whose middle Python did something is taken for two."""
    right = NativeLevel._pass

    def over(self: NativeLevel, steps: int, stop: object) -> None:
        right(self, steps, stop)  # type: ignore[arg-type]
        self.frame["allowed"] = self.frame["partial"]

    patch.setattr(NativeLevel, "_pass", over)


@caught_by(checks.an_unknown_value_is_one_step)
def a_step_of_python_not_counted(patch: Patch) -> None:
    right = NativeLevel._pass
    patch.setattr(NativeLevel, "_pass", lambda self, steps, stop: right(self, 0, stop))


@caught_by(checks.an_unknown_value_is_one_step)
def another_source_of_unknown_values(patch: Patch) -> None:
    right = NativeLevel._begin

    def begin(self: NativeLevel, due: Outcome) -> None:
        before = self.dispatcher.below.random
        right(self, due)
        self.dispatcher.below.random = before

    patch.setattr(NativeLevel, "_begin", begin)


@caught_by(checks.the_same_came_of_it)
def horizon_not_asked(patch: Patch) -> None:
    replaced(patch, "layered", "call i64 @horizon(ptr %frame)", "add i64 0, -1")


@caught_by(checks.somebody_looks_between_exits)
def nobody_looks_before_a_million_steps(patch: Patch) -> None:
    rewritten(patch, "layered", lambda text: sub("%most = .*", "%most = add i64 0, 1000000", text))


@caught_by(checks.the_same_came_of_it)
def the_prologue_is_not_asked_before_a_single_step(patch: Patch) -> None:
    rewritten(patch, "layered", lambda text: sub("or i1 %v[0-9]+, (.*\n.*label %traps)", r"or i1 false, \1", text))


@caught_by(checks.the_same_came_of_it)
def time_stands_still_in_direct_runs(patch: Patch) -> None:
    rewritten(patch, "layered", lambda text: "\n".join(s for s in text.splitlines() if "@advance(" not in s))


@caught_by(checks.the_same_came_of_it)
def registers_not_taken_back(patch: Patch) -> None:
    rewritten(patch, "save", lambda text: "\n".join(s for s in text.splitlines() if "@llvm.memcpy" not in s))


# ---- accounts


@caught_by(checks.the_same_came_of_it)
def direct_steps_not_counted(patch: Patch) -> None:
    not_counted(patch, "direct")


@caught_by(checks.the_same_came_of_it)
def interpreted_steps_not_counted(patch: Patch) -> None:
    not_counted(patch, "interpreted")


@caught_by(checks.the_same_came_of_it)
def steps_between_exits_not_counted(patch: Patch) -> None:
    not_counted(patch, "since")


@caught_by(checks.the_same_came_of_it)
def trapped_steps_taken_for_retired(patch: Patch) -> None:
    not_counted(patch, "trapped")


@caught_by(checks.the_same_came_of_it, checks.the_same_came_of_it_further_up)
def steps_below_not_counted(patch: Patch) -> None:
    not_counted(patch, "steps")


@caught_by(checks.the_same_came_of_it)
def since_lost_between_two_runs(patch: Patch) -> None:
    right = NativeLevel._finish

    def finish(self: NativeLevel, ended: int) -> object:
        self.frame["since"] = 0
        return right(self, ended)

    patch.setattr(NativeLevel, "_finish", finish)


@caught_by(checks.the_same_came_of_it)
def injected_taken_for_reflected(patch: Patch) -> None:
    patch.setitem(native.DECISIONS, Outcome.INTERRUPTED, Decision.REFLECTED)


@caught_by(checks.the_same_came_of_it)
def an_older_cause(patch: Patch) -> None:
    """An emulated instruction is told with the cause of this machine's last trap, not of the trap below."""
    right = Layered._ended

    def ended(self: Layered, text: Body) -> None:
        right(self, text)
        at = next(i for i, line in enumerate(text.lines) if line.startswith("  %because"))
        text.lines[at] = f"  %because = load i64, ptr {text.at('%frame', FIELD['cause'])}"
        text.lines.insert(at, text.lines.pop())

    patch.setattr(Layered, "_ended", ended)
    layer_code.cache_clear()


@caught_by(checks.an_instruction_for_python_has_its_cause)
def the_cause_lost_on_the_way_to_python(patch: Patch) -> None:
    right = Dispatcher.interpret
    patch.setattr(Dispatcher, "interpret", lambda self, cause: right(self, None))


@caught_by(checks.devices_live_in_the_same_time)
def a_deadline_taken_for_a_quantum(patch: Patch) -> None:
    patch.setattr(NativeLevel, "_limit", lambda self, limit: Outcome.LIMIT)


@caught_by(checks.devices_live_in_the_same_time)
def devices_told_a_stale_time(patch: Patch) -> None:
    right = Dispatcher.interpret

    def interpret(self: Dispatcher, cause: int | None) -> object:
        done, self.done = self.done, 0
        stop = right(self, cause)
        self.done += done
        return stop

    patch.setattr(Dispatcher, "interpret", interpret)


@caught_by(checks.the_same_came_of_it)
def an_end_that_is_no_exit(patch: Patch) -> None:
    replaced(patch, "layered", "label %due, label %again", "label %done, label %again")


@caught_by(checks.the_same_came_of_it)
def kinds_told_apart_by_place_alone(patch: Patch) -> None:
    rewritten(patch, "count", by_place)


def by_place(text: str) -> str:
    """Take the comparisons of what happened and of its cause for true, and leave both out of the hash."""
    text = sub(r"icmp eq i64 %v\d+, %(what|cause)", "icmp eq i64 0, 0", text)
    return sub(r"or i64 %v\d+, %what", "or i64 0, 0", text)


@caught_by(checks.a_trap_in_the_fetch_has_no_place)
def a_place_beyond_the_bound(patch: Patch) -> None:
    rewritten(patch, "place", lambda text: sub(rf"i64 {NOTHING}, i64 (%v\d+)", r"i64 \1, i64 \1", text))
