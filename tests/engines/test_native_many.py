"""Many machines on one storage, each with code of its own: what is done for one turn does not grow with them, and what
one of them has earned is for all."""

from collections import Counter
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from isa.assembler import assemble
from isa.engines.native import translations
from isa.engines.native.code import native_code
from isa.engines.native.compiler import Tier
from isa.engines.native.engine import NativeEngine
from isa.engines.native.fused import Run
from isa.engines.native.fusing import Fusing
from isa.engines.native.options import Options
from isa.engines.native.translations import APART, LOOK, Translations
from isa.machine import Machine, Storage
from tests.machines_to_test import G3
from tests.planting import Patch


def looks(count: int, times: int, steps: int = LOOK * APART) -> list[list[int]]:
    """Which of so many regions are looked at, each time, so many steps later."""
    found: Any = object.__new__(Translations)
    found._young, found._steps = dict.fromkeys(range(count)), 0
    seen = []
    for _ in range(times):
        found._steps += steps
        seen.append(found._looked_at())
    return seen


def test_a_turn_looks_at_a_few_regions_and_several_at_all() -> None:
    several = looks(3 * LOOK, 3)
    assert {len(some) for some in several} == {LOOK}
    assert {region for some in several for region in some} == {*range(3 * LOOK)}
    assert looks(3, 2) == [[0, 1, 2]] * 2
    assert len(looks(3 * LOOK, 1, 1 << 40)[0]) == LOOK


def test_short_turns_look_no_more_often_than_long_ones() -> None:
    short = looks(5, 40, APART // 4)
    assert [len(some) for some in short] == [0, 0, 0, 1] * 10
    assert [region for some in short for region in some] == [*range(5)] * 2


def runs_are_looked_for_as_steps_outside_of_regions_double() -> None:
    found: Any = object.__new__(Fusing)
    found._making, found._steps, found._next, found._outside, found._looked = None, 0, 0, 0, 0
    found.dispatch, found._fuse, regions, asked = SimpleNamespace(room=1), Counter[Run], 0, list[int]()

    def taken() -> int:
        asked.append(found._steps)
        return regions

    looked = []
    for steps, inside in [(10, 0)] * 40 + [(1000, 1000)] * 1000 + [(1000, 0)] * 70:
        regions += inside
        found.took(steps)
        if found.due(100, taken):
            found.look(lambda work: None)
            looked.append(found._steps - regions)
    assert looked[:3] == [100, 200, 400] and 3 < len(looked) < 6
    assert len(asked) < 200


def test_runs_are_looked_for_as_steps_outside_of_regions_double(monkeypatch: Patch) -> None:
    runs_are_looked_for_as_steps_outside_of_regions_double()
    right = Fusing.look

    def look(self: Fusing, begin: Any) -> None:
        right(self, begin)
        self._looked, self._next = 0, 2 * self._steps

    monkeypatch.setattr(Fusing, "look", look)
    with pytest.raises(AssertionError):
        runs_are_looked_for_as_steps_outside_of_regions_double()


class Meanwhile:
    """A region while whose steps are asked for another thread puts one in."""

    def __init__(self, found: Translations) -> None:
        self._found = found
        self.putting = Thread(target=self._put)

    def _put(self) -> None:
        with self._found.alone():
            self._found.installed[7] = self  # type: ignore[assignment]

    @property
    def steps(self) -> int:
        self.putting.start()
        self.putting.join(0.1)
        return 5


def steps_are_summed_while_nothing_changes() -> None:
    root = Storage(32, 1024)
    found = Translations(G3, root, native_code(G3).tables(root))
    region = found.installed[3] = Meanwhile(found)  # type: ignore[assignment]
    try:
        assert found.steps == 5
    finally:
        region.putting.join()
    assert len(found.installed) == 2


def test_steps_are_summed_while_nothing_changes(monkeypatch: Patch) -> None:
    steps_are_summed_while_nothing_changes()
    monkeypatch.setattr(Translations, "steps", property(lambda self: sum(one.steps for one in self.installed.values())))
    with pytest.raises(RuntimeError, match="changed size"):
        steps_are_summed_while_nothing_changes()


def tiers(count: int) -> list[set[Tier]]:
    """What becomes of one loop in so many machines, each of which runs it for 12,000 steps."""
    loop = f"1: xori r6, r6, {count}\n addi r5, r5, -1\n bnez r5, 1b"  # of their own, so that nobody else has earned
    image = assemble(G3, f".org 16\nstart: set r5, 4000\n{loop}\n b start\n")
    options = Options(hot=20, background=False)
    machines = [Machine(G3, Storage(32, 1024), engine=lambda made: NativeEngine(made, options)) for _ in range(count)]
    for machine in machines:
        machine.load(image)
    for _ in range(3):
        for machine in machines:
            machine.run(4000)
    found = [machine.engine for machine in machines]
    assert all(isinstance(engine, NativeEngine) for engine in found)
    return [{one.tier for one in engine.translations.installed.values()} for engine in found]  # type: ignore[attr-defined]


def test_machines_with_one_image_earn_better_code_together(monkeypatch: Patch) -> None:
    monkeypatch.setenv("TRAPLINE_CACHE", "off")
    monkeypatch.setattr(translations, "APART", 1)
    monkeypatch.setattr(translations, "FULL_AFTER", 30_000)
    assert tiers(2) == [{Tier.QUICK}] * 2
    assert {Tier.FULL} in tiers(8)
