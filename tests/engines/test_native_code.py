"""ROUGH code of a description, and its exchange for better code while machines run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from isa.description import Isa
from isa.engines.choice import NATIVE, bare
from isa.engines.native import code as native
from isa.engines.native.code import PROVED, SYMBOLS, NativeCode, native_code
from isa.engines.native.compiler import Linked
from isa.engines.native.engine import NativeEngine
from isa.engines.native.module import TIER
from isa.engines.native.plan import plan_of
from isa.files.cache import VARIABLE
from isa.machine import Storage
from monitor.monitor import tower
from monitor.native import MAKING
from tests.engines.differential import agree, difference
from tests.engines.engines import native as engine
from tests.engines.fresh import Patch, anew
from tests.engines.hot_programs import HotGuest, hot_generator
from tests.machines_to_test import G3, M16, W64

pytestmark = pytest.mark.long

MIXED = {"interpreter": engine(regions=False), "quick": engine(hot=2, full=False)}
PLAN = ["interpreter", "quick"]


def guests(isa: Isa, count: int) -> Iterator[HotGuest]:
    for seed in range(count):
        yield hot_generator(isa).hot_guest(Random(seed), 500)


@contextmanager
def exchanged(patch: Patch, code: NativeCode, better: Linked) -> Iterator[list[int]]:
    """Each time native code is entered the other of two codes is in use. How often that was."""
    both, times, begin = [better, code._linked[0]], [0], NativeEngine.begin

    def begun(self: NativeEngine) -> None:
        if self.code is code:
            code._take(both[times[0] % 2])
            del code._linked[2:]
            times[0] += 1
        begin(self)

    with patch.context() as inner:
        inner.setattr(NativeEngine, "begin", begun)
        yield times


def rough(patch: Patch, isa: Isa) -> NativeCode:
    """The code of a description for which somebody waits, and of which nothing is kept."""
    patch.setattr(native, "workers", lambda: 1)
    found = native_code(isa, soon=True)
    assert found.rough
    return found


@pytest.mark.parametrize("isa", [G3, M16, W64], ids=["g3", "m16", "w64"])
def test_an_exchange_at_any_time_changes_nothing(isa: Isa, monkeypatch: Patch) -> None:
    fresh = anew(monkeypatch, isa)
    code = rough(monkeypatch, fresh)
    with exchanged(monkeypatch, code, code._load(TIER)) as times:
        for number, hot in enumerate(guests(fresh, 6)):
            agree(hot, number % 3, PLAN, MIXED)
    assert times[0] > 100


def test_code_that_numbers_its_handlers_in_another_way_is_found(monkeypatch: Patch) -> None:
    fresh = anew(monkeypatch, G3)
    code, plan = rough(monkeypatch, fresh), plan_of(fresh)
    names = [handler.instruction.name for handler in plan.handlers]
    order, add, sub = list(plan.handlers), names.index("add"), names.index("sub")
    order[add], order[sub] = order[sub], order[add]
    plan.__dict__["handlers"] = tuple(order)
    with exchanged(monkeypatch, code, code._load(TIER)):
        assert any(difference(hot, 0, PLAN, MIXED) for hot in guests(fresh, 6))


def test_all_frames_lead_to_the_better_code(monkeypatch: Patch) -> None:
    fresh = anew(monkeypatch, G3)
    code = rough(monkeypatch, fresh)
    one = bare(fresh, Storage(fresh.word, 1024), engine=NATIVE)
    guest = tower(fresh, 1024, 1, engine=NATIVE)
    for machine in (one, guest):
        machine.run(100)
    MAKING[guest.dispatcher.core].result()
    level = guest.engine.level()  # type: ignore[attr-defined]
    layer, before = level.frame["run"], one.engine.frame["run"]  # type: ignore[attr-defined]
    code.improve()
    assert not code.rough and len(code._linked) == 2
    for frame in (one.engine.frame, level.lower.frame, level.frame):  # type: ignore[attr-defined]
        for name in SYMBOLS[1:]:
            assert frame[name] == code._linked[1].address(name) != code._linked[0].address(name)
    assert before != one.engine.frame["run"] == code._addresses["run"]  # type: ignore[attr-defined]
    assert level.frame["run"] == layer  # which is of another module
    assert one.run(100).steps == guest.run(100).steps == 100


def test_rough_code_is_for_whom_it_saves_time(monkeypatch: Patch, tmp_path: Path) -> None:
    fresh = anew(monkeypatch, M16)
    monkeypatch.setattr(native, "workers", lambda: 0)
    assert not NativeCode(fresh, soon=True).rough  # nobody would make it better meanwhile
    monkeypatch.setattr(native, "workers", lambda: 1)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert NativeCode(fresh, soon=True).rough and not NativeCode(fresh).rough
    assert not NativeCode(fresh, soon=True).rough  # the one before was kept


def test_rough_code_is_made_better_once_it_has_cost_more_than_regions_would(monkeypatch: Patch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(native, "aside", lambda work: asked.append(work) or object())
    code = rough(monkeypatch, anew(monkeypatch, M16))
    code.ran(10**10, PROVED)  # in regions: a step takes so little nowhere else
    code.ran(1000, PROVED / 2)
    assert not asked
    code.ran(1000, PROVED)
    code.ran(1000, PROVED)
    assert asked == [code.improve]
