"""A history goes to any step in either direction, and is there exactly what a fresh run to that step is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.engines.choice import AUTO, NATIVE, REFERENCE
from monitor.history import cuts
from monitor.techniques import HYBRID, INTERPRET, TRAP, Technique
from tests.machines_to_test import EACH, MACHINES
from tests.monitor.history_checks import check_goes
from tests.program_strategies import programs
from tests.sizes import sized

STEPS = st.lists(st.integers(0, 320), min_size=2, max_size=8)


CASES = [(name, depth) for name in MACHINES for depth in range(4)]
OFTEN = {("g3", 0), ("m16", 1), ("m16", 2), ("g3", 3)}


@pytest.mark.parametrize(
    ("name", "depth"), [case if case in OFTEN else pytest.param(*case, marks=pytest.mark.nightly) for case in CASES]
)
@settings(max_examples=sized(6, 100))
@given(data=st.data(), steps=STEPS)
def test_every_step_is_as_in_a_fresh_run(name: str, depth: int, data: st.DataObject, steps: list[int]) -> None:
    check_goes(data.draw(programs(MACHINES[name])), depth, REFERENCE, steps)


@EACH
@pytest.mark.parametrize("depth", [0, pytest.param(1, marks=pytest.mark.nightly), 3])
@pytest.mark.parametrize("engine", [NATIVE, AUTO])
@settings(max_examples=sized(3, 100))
@given(data=st.data(), steps=STEPS)
def test_every_engine_has_a_history(engine: str, name: str, depth: int, data: st.DataObject, steps: list[int]) -> None:
    check_goes(data.draw(programs(MACHINES[name])), depth, engine, steps)


@pytest.mark.nightly
@EACH
@pytest.mark.parametrize("engine", [REFERENCE, NATIVE])
@settings(max_examples=sized(15, 100))
@given(data=st.data(), tower=st.lists(st.sampled_from((TRAP, HYBRID, INTERPRET)), min_size=1, max_size=3), steps=STEPS)
def test_every_technique_has_a_history(
    engine: str, name: str, data: st.DataObject, tower: list[Technique], steps: list[int]
) -> None:
    check_goes(data.draw(programs(MACHINES[name])), tower, engine, steps)


@pytest.mark.nightly
@EACH
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("engine", [REFERENCE, NATIVE, AUTO])
@settings(max_examples=100)
@given(data=st.data(), steps=st.lists(st.integers(0, 1_050), min_size=2, max_size=12))
def test_every_step_of_longer_runs(engine: str, name: str, depth: int, data: st.DataObject, steps: list[int]) -> None:
    check_goes(data.draw(programs(MACHINES[name], 1_000)), depth, engine, steps)


@given(st.integers(0, 1 << 40))
def test_a_cut_is_a_cut_from_wherever_it_is_looked_for(step: int) -> None:
    before, after = cuts.cut_before(step), cuts.cut_after(step)
    assert before <= step < after
    assert cuts.cut_before(before) == before and cuts.cut_before(after) == after
    assert cuts.cut_after(before) == after and cuts.cut_before(after - 1) == before
