"""Stops and rows of code: what a row is called leads to that row, wherever the program is relocated to."""

from typing import NamedTuple

import pytest

from monitor.history.questions import seek
from tests.monitor.history_checks import guest_at, program
from tests.planting import Bugs, Planted, must_catch, passes
from trapline.debugging import breaking, spots
from trapline.debugging.asking import at_line
from trapline.debugging.code import code
from trapline.debugging.debugged import Debugged, Guest
from trapline.debugging.spots import called, stops_at

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by


def rows_are_called_by_what_leads_there() -> None:
    debugged = Debugged(Guest(guest_at("os", 0), program("os"), 10_000))
    for _ in range(2):  # in the kernel, then in a process that lies elsewhere
        seek(debugged.history, breaking.asked(debugged, "mode"))
        for row in code(debugged.machine, debugged.image, 0, 24):
            if row.place is None:
                continue
            list(breaking.add(debugged, called(debugged, row)))
            assert stops_at(debugged, row) == [1], row
            debugged.stops.clear()


def a_stop_is_on_the_rows_that_it_is_met_at() -> None:
    debugged = Debugged(Guest(guest_at("os", 0), program("os"), 10_000))
    list(breaking.add(debugged, "0x12")), list(breaking.add(debugged, "start")), list(breaking.add(debugged, "trap"))
    found = {row.pc: stops_at(debugged, row) for row in code(debugged.machine, debugged.image, 0x0F, 4)}
    assert found == {0x0F: [], 0x10: [2], 0x11: [], 0x12: [1]}


CHECKS = (rows_are_called_by_what_leads_there, a_stop_is_on_the_rows_that_it_is_met_at)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_spots(check) -> None:  # type: ignore[no-untyped-def]
    passes(check)


@caught_by(rows_are_called_by_what_leads_there)
def every_word_of_a_line_is_called_by_it(patch: Patch) -> None:
    patch.setattr(spots, "at_line", lambda *line: at_line(*line)._replace(places=range(1 << 20)))


@caught_by(a_stop_is_on_the_rows_that_it_is_met_at)
def places_are_taken_for_pcs(patch: Patch) -> None:
    class Never(NamedTuple):
        nothing: int

    patch.setattr(spots, "Executes", Never)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_found(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
