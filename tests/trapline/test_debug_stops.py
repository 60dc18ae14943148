"""Several stops at once, with conditions and counts of hits: the same step is the same hit from wherever one comes."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.errors import TraplineError
from tests.monitor.history_checks import guest_at, program
from tests.planting import Bugs, Planted, must_catch, passes
from tests.sizes import sized
from tests.trapline.counting import IMAGE
from tests.trapline.counting import debugger as fresh
from trapline.debugging import lasts, stops
from trapline.debugging.asking import (
    at_line,
    at_pc,
    at_place,
    on_change,
    on_device,
    on_exit,
    on_mode,
    on_trap,
    on_write,
)
from trapline.debugging.breakpoints import HitCount, Stop
from trapline.debugging.debugged import Debugged, Guest
from trapline.debugging.lasts import DECISIONS
from trapline.debugging.stops import travel
from trapline.debugging.words import Debugger

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
LOOP, COUNTER = IMAGE.symbols["loop"], IMAGE.symbols["counter"]


def debugger(depth: int = 0, to: int = 400) -> Debugger:
    made = fresh(depth)
    made.history.go(to)
    return made


def found(made: Debugged, stop: Stop, backwards: bool = False) -> list[int]:
    """All steps at which it stops, from where the machine is to the end of what is known."""
    steps: list[int] = []
    while travel(made, [stop], backwards) is stop:
        steps.append(made.machine.steps)
    return steps


def every_step(made: Debugged, holds: Callable[[Debugged], bool]) -> list[int]:
    steps = []
    for step in range(made.history.newest):
        made.history.go(step)
        steps += [step] * holds(made)
    return steps


def hits_are_the_same_from_either_side() -> None:
    made = debugger()
    loops = every_step(made, lambda made: made.machine.engine.place() == LOOP)
    assert len(loops) > 20
    since = loops[8] + 1
    for text, wanted in {
        "3": lambda n: n == 3,
        "% 4": lambda n: n % 4 == 0,
    }.items():
        hits = {step: n - 8 if n > 8 else 9 - n for n, step in enumerate(loops)}
        stop = Stop("loop", at_place(made, LOOP), hits=HitCount.parsed(text), since=since)
        right = [step for step in loops if wanted(hits[step])]
        for start in (0, since, made.history.newest):
            for backwards in (False, True):
                made.history.go(start)
                there = sorted(s for s in right if (s < start if backwards else s > start))
                assert found(made, stop, backwards) == (there[::-1] if backwards else there), (text, start)


def test_hits_are_the_same_from_either_side() -> None:
    passes(hits_are_the_same_from_either_side)


@pytest.mark.parametrize("depth", [0, 1])
@settings(max_examples=sized(3, 200))
@given(data=st.data())
def test_the_nearest_of_several_is_found(depth: int, data: st.DataObject) -> None:
    made = debugger(depth, 300)
    makers: list[Callable[[], Stop]] = [
        lambda: Stop("loop", at_place(made, LOOP), made.condition("r1 % 3 == 1")),
        lambda: Stop("pc", at_pc(made, 2)),
        lambda: Stop("trap", on_trap(made, "svc"), hits=HitCount.parsed("% 2")),
        lambda: Stop("write", on_write(made, COUNTER), made.condition("[counter] > 70")),
        lambda: Stop("change", on_change(made, "r3")),
        lambda: Stop("mode", on_mode(made)),
    ]
    chosen = [make() for make in data.draw(st.lists(st.sampled_from(makers), min_size=1, max_size=4))]
    start, backwards = data.draw(st.integers(0, 299)), data.draw(st.booleans())
    alone: dict[int, Stop] = {}
    for stop in reversed(chosen):
        made.history.go(start)
        if travel(made, [stop], backwards) is stop:
            alone[made.machine.steps] = stop
    made.history.go(start)
    here = made.machine.steps
    there = travel(made, chosen, backwards)
    if alone:
        nearest = max(alone) if backwards else min(alone)
        assert made.machine.steps == nearest and there is not None
        assert there.question == alone[nearest].question
    else:
        assert there is None and (made.machine.steps <= here if backwards else made.machine.halted or made.limit)


def conditions_know_the_last_trap_and_exit() -> None:
    """Held against what happened, written down on the way."""
    made = Debugged(Guest(guest_at("os", 1), program("os"), 1 << 30))
    made.history.go(4_300)
    causes = {
        step: cause for cause, number in made.machine.isa.cause.members.items() for step in _trapped(made, number)
    }
    exits = {step: name for name in DECISIONS if name != "scheduled" for step in _exited(made, name)}
    assert len(set(causes.values())) >= 2 and len(set(exits.values())) >= 2
    for step in [*sorted(step for step in causes if step > 3_200)[:4], 4_200]:
        made.history.go(step)
        cause = causes.get(max((s for s in causes if s < step), default=-1))
        assert made.number(f"cause == Cause.{cause}" if cause else "cause == -1") == 1, step
        decision = exits.get(max((s for s in exits if s < step), default=-1))
        assert made.number(f"decision == Decision.{decision}" if decision else "decision == -1") == 1, step
        assert made.machine.steps == step
    stop = Stop("svc", at_pc(made, 0x42), made.condition("cause == Cause.svc && decision == Decision.reflected"))
    made.history.go(3_200)
    made.limit = 4_300
    entries = [step for step in range(3_201, 4_300) if causes.get(step - 1) == "svc" and exits[step - 1] == "reflected"]
    assert entries and found(made, stop) == entries
    assert found(made, stop, backwards=True) == entries[::-1]


def _trapped(made: Debugged, cause: int) -> list[int]:
    name = made.machine.isa.cause.name_of(cause) or ""
    return on_trap(made, name).steps(made.history, 0, 4_300)


def _exited(made: Debugged, name: str) -> list[int]:
    return on_exit(made, name).steps(made.history, 0, 4_300)


def test_conditions_know_the_last_trap_and_exit() -> None:
    passes(conditions_know_the_last_trap_and_exit)


def test_the_clock_and_the_devices_are_found() -> None:
    made = Debugged(Guest(guest_at("os", 0), program("os"), 9_000))
    acts: dict[str, list[int]] = {}
    for name in ("", "clock", "console", "disk"):
        acts[name] = steps = found(made, Stop(name, on_device(made, name)))
        back = found(made, Stop(name, on_device(made, name)), backwards=True)
        assert [step for step in back if step] == steps[::-1]
        made.history.go(0)
    assert all(acts[name] for name in ("clock", "disk"))
    assert acts[""] == sorted({*acts["clock"], *acts["console"], *acts["disk"]} - {0})


def test_a_line_is_where_it_has_words() -> None:
    made = debugger(to=0)
    assert at_line(made, "loop.s", 1)[1:] == (3, (8,))
    there = at_line(made, "loop.s", 10)
    assert there.line == 10 and there.places == (LOOP,)
    assert travel(made, [Stop("line", there.question)]) is not None and made.machine.engine.place() == LOOP


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda made: at_line(made, "loop.s", 99), "no word comes from `loop.s` at line 99"),
        (lambda made: at_line(made, "other.s", 1), "no word of the program comes from `other.s`"),
        (lambda made: at_place(made, 1 << 20), "there is no word 0x100000"),
        (lambda made: on_trap(made, "sv"), "there is no cause `sv`"),
        (lambda made: on_exit(made, "done"), "there is no decision `done`"),
        (lambda made: on_exit(made, "emulated"), "has no exits"),
        (lambda made: on_change(made, "pc"), "changes by itself"),
        (lambda made: on_device(made, "disk"), "there is no device `disk`"),
        (lambda made: HitCount.parsed("% 0"), "`% 0` is no count of hits"),
        (lambda made: HitCount.parsed("often"), "`often` is no count of hits"),
    ],
)
def test_what_does_not_exist_is_told(ask: Callable[[Debugged], object], message: str) -> None:
    with pytest.raises(TraplineError) as caught:
        ask(debugger(to=0))
    assert message in caught.value.message


def a_change_counts_anew() -> None:
    """Hits that were counted in what was given up are not counted on."""
    made = debugger()
    stop = Stop("loop", at_place(made, LOOP), made.condition("r1 < 75"), HitCount.parsed("12"))
    made.history.go(200)
    assert travel(made, [stop]) is None  # there are nine, all of them before
    made.history.go(30)
    list(made.do("set [counter] = 0"))
    list(made.do("set r1 = 60"))
    assert travel(made, [stop]) is stop


def test_a_change_counts_anew() -> None:
    passes(a_change_counts_anew)


# ---- words


def test_stops_are_set_and_gone_to_by_words() -> None:
    made = debugger(1, 0)
    lines = [
        [*made.do(line)] for line in ("break loop if r1 > 68", "watch [counter] hits 2", "break trap svc", "breaks")
    ]
    assert lines[3] == ["1: loop if r1 > 68", "2: [counter] hits == 2", "3: trap svc"]
    told = [next(iter(made.do(line))) for line in ("continue", "continue", "continue")]
    assert told == ["stopped by 2: [counter]", "stopped by 3: trap svc", "stopped by 3: trap svc"]
    assert [next(iter(made.do("back continue"))) for _ in range(2)] == told[1::-1]
    assert [*made.do("delete 3")] == lines[3][:2]
    assert next(iter(made.do("continue"))) == "stopped by 1: loop" and made.number("r1") == 69
    assert [*made.do("delete 1"), *made.do("delete 1")] == ["1: [counter] hits == 2"]
    assert next(iter(made.do("continue"))) == "halted"


def test_who_would_begin_a_branch_is_told_so() -> None:
    made = debugger()
    said = ("set r1 = 1", "type x", "step", "back 3", "nothing", "")
    assert not any(made.branches(line) for line in said)
    made.history.go(3)
    assert [made.branches(line) for line in said] == [True, True, False, False, False, False]


# ---- planted


@caught_by(hits_are_the_same_from_either_side)
def hits_counted_from_where_one_is(patch: Patch) -> None:
    patch.setattr(stops, "hits_before", lambda debugged, stop, step: 0)


@caught_by(hits_are_the_same_from_either_side)
def hits_counted_in_the_order_in_which_they_come(patch: Patch) -> None:
    patch.setattr(stops._Asked, "_backwards", lambda self, *rest: list(self._stopping(*rest))[::-1])


@caught_by(a_change_counts_anew)
def counts_kept_over_a_branch(patch: Patch) -> None:
    before = stops.hits_before

    def kept(debugged: Debugged, stop: Stop, step: int) -> int:
        stop.counted = stop.counted and (len(debugged.history.branches), stop.counted[1], stop.counted[2])
        return before(debugged, stop, step)

    patch.setattr(stops, "hits_before", kept)


@caught_by(conditions_know_the_last_trap_and_exit)
def the_trap_to_come_taken_for_the_last(patch: Patch) -> None:
    before = lasts.Lasts.before
    patch.setattr(lasts.Lasts, "before", lambda self, steps: before(self, [step + 1 for step in steps]))


@caught_by(conditions_know_the_last_trap_and_exit)
def nothing_known_of_stretches_before(patch: Patch) -> None:
    patch.setattr(lasts.Lasts, "_before", lambda self, step: lasts.NOTHING)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
