"""The guests of the differential property get where engines go wrong: into regions, and out of them in every way."""

from collections.abc import Sequence
from random import Random

import pytest

from isa.description import Isa
from isa.engines.native.engine import NativeEngine
from tests.engines.differential import machine_of, move, run, run_by_traps
from tests.engines.engines import ENGINES, Switch
from tests.engines.fresh import Events, anew, watched
from tests.engines.hot_programs import hot_generator
from tests.machines_to_test import G3, W64
from tests.sizes import NIGHTLY

pytestmark = [pytest.mark.slow, pytest.mark.long]

Patch = pytest.MonkeyPatch
GUESTS = 16


def played(isa: Isa, depth: int, plan: Sequence[str]) -> tuple[Events, int, int]:
    """What happened while some guests ran, how many steps that were, and how many of them ran in regions that were
    there at the end."""
    steps = inside = 0
    with watched() as events:
        for seed in range(GUESTS):
            hot = hot_generator(isa).hot_guest(Random(seed))
            machine = machine_of(hot, depth)
            switch = Switch(machine, ENGINES)
            for number, turn in enumerate(hot.turns):
                switch.to(plan[number % len(plan)])
                move(machine, turn)
                for _ in run(machine, turn.steps) if turn.whole else run_by_traps(machine, turn.steps):
                    pass
            engine = switch.made[plan[0]]
            assert isinstance(engine, NativeEngine)
            steps += machine.steps
            inside += sum(installed.steps for installed in engine.translations.installed.values())
            events["made"] += engine.translations.made
    return events, steps, inside


def test_bare_guests_run_in_regions_and_leave_them_in_every_way(monkeypatch: Patch) -> None:
    events = Events()
    for known in (G3, W64) if NIGHTLY else (G3,):
        found, steps, inside = played(anew(monkeypatch, known), 0, ["quick"])
        assert inside > steps / 4 and found["made"] > 3 * GUESTS
        events.update(found)
    for way in ("away", "middle", "done", "elsewhere", "note"):  # at a block's head, inside, behind; unwritten lines
        assert events[way] > 2, way
    for code in ("LIMIT", "TRAP", "SPIN", "HALT", "ASK", "HOT", "REWRITTEN"):
        assert events[code], code
    assert events["rounds"] > 2


def test_monitored_guests_do_too(monkeypatch: Patch) -> None:
    events, steps, inside = played(anew(monkeypatch, G3), 2, ["quick", "interpreter"])
    assert events["level"] > GUESTS
    assert events["made"] > 2 * GUESTS and inside > steps / 20
