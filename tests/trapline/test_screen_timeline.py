"""The line of time: marks where things happened, and one can go anywhere on it by keys and by the mouse."""

import pytest

from tests.planting import Bugs, Planted, must_catch, passes
from tests.trapline.screens import Session, debugger, driven
from trapline.screen.panes.timeline import NAMES, Timeline, fitting

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
ROOMY = 140, 45


def one_can_go_anywhere() -> None:
    async def drive(session: Session) -> None:
        await session.say("run")
        end, timeline = session.step, session.application.timeline
        await session.press("escape", "shift+tab")
        assert session.application.focused is timeline and timeline.shift == 3
        await session.press("left", "left", "enter")
        assert session.step == (end >> 3) - 2 << 3
        await session.press("home", "enter")
        assert session.step == 0
        await session.press("right_square_bracket", "enter")
        marked = session.step
        await session.press("t")
        assert 0 < marked <= session.step < marked + 8
        await session.pilot.click("#timeline", offset=(NAMES + 20, 1))
        await session.settle()
        assert session.step == 20 * 8
        await session.press("plus", "plus", "plus", "right", "enter")
        assert session.step == 161 and timeline.shift == 0
        await session.press("right_square_bracket", "enter")
        here = session.step
        await session.press("escape", "t", "T")
        assert session.step == here and here > 161
        await session.press("minus", "minus", "minus", "end", "enter")
        assert session.step == end and timeline.low == 0

    driven(drive, debugger())


def test_one_can_go_anywhere() -> None:
    passes(one_can_go_anywhere)


def test_where_there_is_room_all_is_in_view() -> None:
    async def drive(session: Session) -> None:
        await session.say("until r3 == 67")
        lanes = {line[:NAMES].strip(): line[NAMES:] for line in session.lines[2:8]}
        assert lanes["trap"].count("t") == 2 and lanes["exit"].count("x") == 5 and "^" in lanes["step"]
        for pane in session.application.side:
            assert f"─{pane.heading}─" in session.text
        assert "monitor 1 (emulated), runs" in session.text and "emulated  privileged" in session.text

    driven(drive, debugger(1), ROOMY)


def columns_are_enough() -> None:
    for first in (0, 1, 7, 100):
        for steps in (0, 1, 9, 10, 11, 79, 80, 81, 12345):
            shift = fitting(first, first + steps, 10)
            assert (first + steps >> shift) - (first >> shift) < 10
            assert not shift or (first + steps >> shift - 1) - (first >> shift - 1) >= 10


def test_columns_are_enough() -> None:
    passes(columns_are_enough)


@caught_by(one_can_go_anywhere)
def a_step_is_taken_for_a_column(patch: Patch) -> None:
    patch.setattr(Timeline, "_put", lambda self, column: self._choose(self.low + column))


@caught_by(one_can_go_anywhere)
def zoom_loses_its_step(patch: Patch) -> None:
    patch.setattr(Timeline, "_bring_into_view", lambda self: None)


@pytest.mark.nightly
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_found(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
