"""Random programs do the same bare and monitored, at every depth, step for step and word for word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.engines.choice import NATIVE, REFERENCE
from isa.machine import Machine, Reason
from isa.machine.trace import each_line
from tests.isa.test_engine_programs import blocks, outcome
from tests.machines_to_test import BY_DAY, EACH, G3, MACHINES
from tests.program_pairs import compared, setup_of
from tests.program_strategies import FIRST, SIZE, Program, programs

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

DEPTHS = st.integers(1, 3)


@EACH
@settings(max_examples=2 * settings().max_examples)
@given(data=st.data(), depth=DEPTHS, longest=st.sampled_from([1, 3, 32]))
def test_a_random_program_is_equivalent(name: str, data: st.DataObject, depth: int, longest: int) -> None:
    program: Program = data.draw(programs(MACHINES[name]))
    with blocks(longest):
        found = compared(program, depth)
    assert found.equivalent, found.divergence


@pytest.mark.parametrize("budget", range(1, 8))
def test_a_budget_that_ends_with_a_trap_is_an_end_like_any_other(budget: int) -> None:
    """An unassigned word at the trap's entry traps for ever."""
    program = Program(G3, {8: FIRST, 11: SIZE}, {"pc": FIRST}, budgets=(budget,))
    assert compared(program).equivalent


@BY_DAY
@given(data=st.data(), depth=DEPTHS)
def test_pieces_of_a_run_end_alike(name: str, data: st.DataObject, depth: int) -> None:
    """Each piece has the same reason, steps and retired steps, and leaves the same machine."""
    program: Program = data.draw(programs(MACHINES[name]))
    setup = setup_of(program, depth)
    bare, virtual = setup.bare(), setup.monitored()
    for budget in program.budgets:
        assert bare.run(budget) == virtual.run(budget)
        assert outcome(bare) == outcome(virtual)


@BY_DAY
@given(data=st.data(), depth=DEPTHS)
def test_traps_are_the_same_before_they_are_taken(name: str, data: st.DataObject, depth: int) -> None:
    """As a monitor sees it that sits on either: cause, info, origin and view, with the state before."""
    program: Program = data.draw(programs(MACHINES[name], 60))
    setup = setup_of(program, depth)
    bare, virtual = setup.bare(), setup.monitored()
    for _ in range(8):
        ends = bare.run_to_trap(program.budget), virtual.run_to_trap(program.budget)
        assert ends[0] == ends[1] and outcome(bare) == outcome(virtual)
        if ends[0].trap is None:
            break
        bare.enter(ends[0].trap)
        virtual.enter(ends[0].trap)


@BY_DAY
@given(data=st.data(), depth=DEPTHS, engine=st.sampled_from((REFERENCE, NATIVE)))
def test_traces_are_equal_word_for_word(name: str, data: st.DataObject, depth: int, engine: str) -> None:
    program: Program = data.draw(programs(MACHINES[name], 80))
    ends = []
    lines = [traced(m) for m in (setup_of(program).bare(), setup_of(program, depth, engine=engine).monitored())]
    for machine, _ in lines:
        ends.append(machine.run(program.budget))
    assert lines[0][1] == lines[1][1] and ends[0] == ends[1]
    if ends[0].reason is Reason.HALT and not program.text:
        assert lines[0][1]


def traced(machine: Machine) -> tuple[Machine, list[str]]:
    lines: list[str] = []
    machine.trace = each_line(lambda line: lines.append(line.text(machine.isa)))
    return machine, lines
