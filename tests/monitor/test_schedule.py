"""A schedule in slices does what it does in one go, wherever the slices end, and what was marked comes again."""

from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.devices import Ports
from isa.engines.choice import bare
from isa.errors import TraplineError
from isa.machine import Exit, Reason, Storage
from monitor.monitor import Monitor, depth_storage
from monitor.schedule import ENDLESS, Mark, Schedule, Share
from tests.isa.alarm import Alarm
from tests.isa.test_engine_programs import outcome
from tests.machines_to_test import G3
from tests.monitor.test_scheduling import DEAF, GREEDY, GUESTS, HALTS, SIZE, load
from tests.planting import Bugs, Planted, must_catch
from tests.sizes import sized

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by


def scheduled(sources: list[str], quantum: int, depth: int = 1, share: int = ENDLESS) -> Schedule:
    """These guests, each with an alarm, under the uppermost of so many monitors."""
    sizes = depth_storage(G3, 8 * SIZE, depth)
    monitor = Monitor(bare(G3, Storage(32, sizes[0])))
    for size in sizes[1:]:
        monitor = Monitor(monitor.create(size))
    for source in sources:
        load(source)(monitor.create(SIZE, Ports({1: Alarm([100, 333])})))
    return Schedule(monitor.machines, quantum, share)


def seen(schedule: Schedule) -> object:
    mark = schedule.mark()
    ends = [share.end and share.end.reason for share in schedule.shares]
    return mark.waiting, [share[:3] for share in mark.shares], ends, list(map(outcome, schedule.guests))


def check_slices(sources: list[str], quantum: int, slices: list[int], depth: int = 1) -> None:
    """Raises AssertionError if slices come to anything else than one run of as many steps."""
    ours, theirs = (scheduled(sources, quantum, depth) for _ in range(2))
    for budget in slices:
        end = ours.run(budget)
        assert end.steps == budget or not ours.waiting
    theirs.run(sum(slices))
    assert seen(ours) == seen(theirs)


@settings(max_examples=sized(15, 300))
@given(
    names=st.lists(st.sampled_from(sorted(GUESTS)), min_size=1, max_size=4),
    quantum=st.integers(1, 300),
    slices=st.lists(st.integers(0, 700), max_size=8),
    depth=st.integers(1, 2),
)
def test_slices_are_one_run(names: list[str], quantum: int, slices: list[int], depth: int) -> None:
    check_slices([GUESTS[name] for name in names], quantum, slices, depth)


@pytest.mark.parametrize("quantum", [1, 7, 40])
def test_a_goal_is_where_a_guest_is_about_to_take_its_step(quantum: int) -> None:
    schedule = scheduled([DEAF, GREEDY, HALTS], quantum)
    first, second, third = schedule.guests
    for guest, step in ((second, 3), (first, 50), (second, 80), (first, 200)):
        end = schedule.run(10_000, guest, step)
        assert (end.reason, guest.steps, schedule.present) == (Reason.BUDGET, step, guest)
    end = schedule.run(10_000, third, 9)
    assert (end.reason, third.steps) == (Reason.HALT, 2)
    assert abs(first.steps - second.steps) <= quantum


def test_a_schedule_ends_when_all_have_stopped_and_goes_on_when_woken() -> None:
    schedule = scheduled([HALTS, HALTS], 1)
    assert schedule.run(100).reason is Reason.HALT
    assert (schedule.steps, schedule.present, schedule.run(5).steps) == (4, None, 0)
    schedule.guests[1].state["pc"] = 0
    schedule.guests[1].state["halted"] = 0
    schedule.wake()
    schedule.run(100)
    assert [guest.steps for guest in schedule.guests] == [2, 4]


def test_a_breakpoint_keeps_the_turn() -> None:
    schedule = scheduled([DEAF, DEAF], 10)
    schedule.guests[1].breakpoints = {1}
    assert schedule.run(100).reason is Reason.BREAKPOINT
    assert (schedule.steps, schedule.present) == (11, schedule.guests[1])
    assert schedule.run(4).reason is Reason.BREAKPOINT
    assert schedule.steps == 13


# ---- bugs


def slices_of_two() -> None:
    check_slices([DEAF, GREEDY], 10, [3, 9, 26, 4])


def a_moment_comes_again() -> None:
    schedule = scheduled([DEAF, GREEDY, HALTS], 10)
    schedule.run(21)
    mark, before = schedule.mark(), schedule.mark()
    schedule.run(31)
    assert schedule.mark() != before
    schedule.rewind(mark)
    assert schedule.mark() == before and schedule.present is schedule.guests[2]


@caught_by(slices_of_two)
def rest_of_a_turn_forgotten(patch: Patch) -> None:
    turn = Schedule.turn

    def wrong(self: Schedule, share: Share, most: int) -> Exit:
        share.rest = self.quantum
        return turn(self, share, most)

    patch.setattr(Schedule, "turn", wrong)


@caught_by(slices_of_two)
def turn_given_away_at_the_end_of_a_slice(patch: Patch) -> None:
    run = Schedule.run

    def wrong(self: Schedule, *rest: Any) -> Exit:
        end = run(self, *rest)
        self.waiting.rotate(-1)
        return end

    patch.setattr(Schedule, "run", wrong)


@caught_by(a_moment_comes_again)
def queue_not_restored(patch: Patch) -> None:
    rewind = Schedule.rewind

    def wrong(self: Schedule, mark: Mark) -> None:
        waiting = deque(self.waiting)
        rewind(self, mark)
        self.waiting = waiting

    patch.setattr(Schedule, "rewind", wrong)


@caught_by(a_moment_comes_again)
def rests_not_restored(patch: Patch) -> None:
    def wrong(self: Schedule, mark: Mark) -> None:
        self.waiting = deque(self.shares[number] for number in mark.waiting)

    patch.setattr(Schedule, "rewind", wrong)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError, TraplineError))
