"""All engines do the same, step for step: hot random guests, bare and monitored, engines exchanged on the way."""

from copy import copy
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from isa.engines.native import translations
from isa.engines.reference.engine import ReferenceEngine
from isa.machine import Machine, Pause, Trap
from isa.machine.storage import DIRTY
from isa.machines.catalogue import find, shipped
from tests.engines.differential import agree, deepest, difference, shrunk
from tests.engines.engines import ENGINES, native
from tests.engines.hot_programs import HotGuest, hot_generator
from tests.isa.test_engine_programs import blocks
from tests.machines_to_test import G3, M16, W64

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

CLOSELY = {"g3": G3, "m16": M16, "w64": W64}  # looked at with more guests
ALWAYS = {*CLOSELY, "s360"}
MACHINES = [*CLOSELY, *(name for name in shipped() if name != "g3")]
EACH = pytest.mark.parametrize(
    "name", [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.nightly) for name in MACHINES]
)
FEW = settings(max_examples=settings().max_examples * 3 // 20, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def hot_guest(name: str, seed: int, steps: int = 800) -> HotGuest:
    """The guest of a seed, for a machine by name."""
    return hot_generator(CLOSELY.get(name) or find(name)).hot_guest(Random(seed), steps)


SEEDS = st.integers(0, 1 << 40)
PLANS = st.lists(st.sampled_from(sorted(ENGINES)), min_size=1, max_size=5)


@EACH
@FEW
@given(seed=SEEDS, plan=PLANS)
def test_engines_agree_on_a_bare_machine(name: str, seed: int, plan: list[str]) -> None:
    agree(hot_guest(name, seed), 0, plan)


@EACH
@FEW
@given(seed=SEEDS, plan=PLANS, depth=st.integers(1, 3))
def test_engines_agree_below_monitors(name: str, seed: int, plan: list[str], depth: int) -> None:
    hot = hot_guest(name, seed, 500)
    agree(hot, min(depth, deepest(hot.guest.isa)), plan)


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("name", ["g3", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("m16", "w64"))])
@FEW
@given(seed=SEEDS)
def test_each_engine_alone_agrees(name: str, engine: str, seed: int) -> None:
    agree(hot_guest(name, seed), 0, [engine])


@pytest.mark.parametrize("name", ["g3", "m16", pytest.param("w64", marks=pytest.mark.nightly)])
@FEW
@given(seed=SEEDS, most=st.integers(1, 4), depth=st.integers(0, 1))
def test_small_limits_change_nothing(name: str, seed: int, most: int, depth: int) -> None:
    """Few regions at a time, compiled again after a few steps, and given up where code is rewritten twice."""
    limits = patch.multiple(translations, MOST=most, FULL_AFTER=20, STUBBORN=2)
    engines = {**ENGINES, "again": native(hot=1)}
    with limits:
        agree(hot_guest(name, seed), depth, ["again", "again", "background", "again"], engines)


# ---- what the comparison can see


class OneTooFew(ReferenceEngine):
    """Ends its allowance a step early, and counts it all the same."""

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        ran, why = super().execute(max(1, limit - 1))
        return (ran + 1, why) if why is Pause.LIMIT and limit > 1 else (ran, why)


class Forgetful(ReferenceEngine):
    """Does not hear of code that changed."""

    def _forget(self, word: int) -> None:
        pass


class Careless(ReferenceEngine):
    """Stores past the map of what was written."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.lines = memoryview(bytes([DIRTY]) * len(self.storage.lines))


class Late(ReferenceEngine):
    """Notices interrupts a step late where it runs in blocks."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        right, self.steps = self.steps.horizon, copy(self.steps)
        self.steps.__dict__["horizon"] = lambda *a: right(*a) + 1


class Unaware(ReferenceEngine):
    """Counts a trap that it delivers as retired."""

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        ran, _, why = super().deliver(limit)
        return ran, 0, why


BROKEN = {engine.__name__: engine for engine in (OneTooFew, Forgetful, Careless, Late, Unaware)}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_engine_is_seen(name: str) -> None:
    """Within forty guests."""
    with blocks(3):
        found = (difference(hot_guest("g3", seed), 0, ("broken",), {"broken": BROKEN[name]}) for seed in range(40))
        assert any(found)


def test_engines_that_differ_in_time_alone_are_seen_below_a_monitor() -> None:
    found = (difference(hot_guest("g3", seed), 1, ("broken",), {"broken": OneTooFew}) for seed in range(5))
    assert any(found)


def test_what_is_shown_of_a_failure_is_small() -> None:
    hot = next(h for h in (hot_guest("g3", s) for s in range(20)) if difference(h, 0, ["x"], {"x": Unaware}))
    small = shrunk(hot, 0, ("x",), {"x": Unaware})
    assert len(small.guest.words) < 3 and len(small.turns) == 1
    with pytest.raises(AssertionError, match=r"retired: \d+ became \d+"):
        agree(hot, 0, ("x",), {"x": Unaware})
