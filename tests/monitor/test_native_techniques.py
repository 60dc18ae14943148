"""Techniques in native code: the same as in Python at every level, whatever is interpreted."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.engines.choice import AUTO
from isa.machines.catalogue import find, shipped
from monitor.monitor import tower
from monitor.native import NativeLevel
from monitor.techniques import HYBRID, INTERPRET, TRAP, Monitors
from tests.engines.differential import difference, play
from tests.engines.engines import ENGINES, STEPPING
from tests.engines.hot_programs import hot_generator
from tests.machines_to_test import G3, M16, W64
from tests.monitor import native_checks as checks
from tests.sizes import NIGHTLY

TALL = {"g3": G3, "m16": M16, "w64": W64}
NAMES = [*TALL, *(name for name in shipped() if name != "g3")]
TOWERS = st.lists(st.sampled_from((TRAP, HYBRID, INTERPRET)), min_size=1, max_size=3)
SIDES = {**checks.SIDES, **ENGINES, "oracle": STEPPING}  # the last one: single steps, in Python
PLANS = st.lists(st.sampled_from(sorted(SIDES if NIGHTLY else ("native", "silent"))), min_size=1, max_size=4)


@given(name=st.sampled_from(NAMES if NIGHTLY else ["g3"]), seed=st.integers(0, 1 << 40), tower=TOWERS, plan=PLANS)
@settings(max_examples=settings().max_examples // 5)
def test_engines_agree_under_every_technique(name: str, seed: int, tower: Monitors, plan: list[str]) -> None:
    hot = hot_generator(TALL.get(name) or find(name)).hot_guest(Random(seed), 400 if NIGHTLY else 150)
    assert difference(hot, tower, plan, SIDES) is None


@pytest.mark.nightly
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 1 << 40), depth=st.integers(1, 3), plan=PLANS)
def test_what_is_interpreted_is_what_a_bare_machine_does(name: str, seed: int, depth: int, plan: list[str]) -> None:
    """On every machine, whatever it fails."""
    hot = hot_generator(TALL.get(name) or find(name)).hot_guest(Random(seed), 400)
    bare, alone = play(hot, 0, ["oracle"], SIDES), play(hot, (INTERPRET,) * depth, plan, SIDES)
    for right, found in zip(bare, alone, strict=True):
        assert {**{key: found[key] for key in right}, "written": None} == {**right, "written": None}


def test_an_engine_that_is_earned_by_interpretation_is_there_for_all() -> None:
    """The machine below takes no step of its own, and is native all the same."""
    vm = tower(G3, 4096, (INTERPRET,), engine=AUTO)
    vm.state["pc"] = 100
    for _ in range(200):
        vm.run(2000)
        if isinstance(vm.engine.level(), NativeLevel):
            break
    assert isinstance(vm.engine.level(), NativeLevel) and not vm.monitor.below.steps


def test_they_take_turns() -> None:
    checks.they_take_turns()
    checks.they_take_turns_with_devices()
