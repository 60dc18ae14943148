"""The reference engine against the definition, and its shortcuts against single steps, on random programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.engines.choice import bare
from isa.engines.reference import engine as reference
from isa.engines.reference import steps
from isa.engines.reference.engine import ReferenceEngine
from isa.language import load_text
from isa.machine import Machine, Pause, Reason, Storage, Trap
from isa.machine.trace import each_line
from tests import ir_evaluation
from tests.machines_to_test import BY_DAY, EACH, MACHINES
from tests.program_strategies import Program, programs

pytestmark = pytest.mark.long

RUNNING = {Reason.BUDGET, Reason.TRAP}


class Stepping(ReferenceEngine):
    """The engine without its shortcuts: every step is `single`."""

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        return (0, Pause.HALT) if self.machine.halted else self._execute_singly(limit)


@contextmanager
def blocks(longest: int) -> Iterator[None]:
    """Translate at the first visit, in blocks so short that small budgets reach them."""
    with patch.multiple(reference, HOT=1, LONGEST=longest):
        yield


def outcome(machine: Machine) -> tuple[object, ...]:
    """All that a later step or a user could tell."""
    return machine.steps, machine.retired, machine.state.block.tolist(), bytes(machine.storage.cells), devices(machine)


def devices(machine: Machine) -> dict[str, Any]:
    return machine.ports.save()


def ran(machine: Machine, budgets: tuple[int, ...]) -> tuple[object, ...]:
    """How every piece of the run ended, and what came of all of them."""
    return [machine.run(budget) for budget in budgets], outcome(machine)


@EACH
@given(data=st.data())
def test_single_steps_are_what_the_definition_says(name: str, data: st.DataObject) -> None:
    program: Program = data.draw(programs(MACHINES[name], 60))
    machine, definition = program.bare(engine=Stepping), program.bare()
    end = machine.run(program.budget)
    ir_evaluation.run(definition, machine.steps)
    if end.reason is Reason.IDLE:
        definition._act()  # the end of input comes before a machine is found to wait for ever
    assert outcome(machine) == outcome(definition)
    if end.reason is Reason.IDLE:  # then nothing but counters would ever change
        ir_evaluation.run(definition, 200)
        assert still(definition) == still(machine)


STRANGE = """
variant strange of g3 "Unassigned words count the even ones among them, and look at the time." {
  override step {
    trap clock(0)      when psw.ie == 1 && timer == 1
    timer <- timer - 1 when timer >u 1
    pc <- pc + 1
    execute mem[pc] else { trap illegal(insn) when insn[0] == 1; x[1] <- x[1] + timer }
  }
}
"""


def test_words_that_are_no_instruction_take_a_whole_step_too() -> None:
    isa = load_text(STRANGE)
    machine, definition = (bare(isa, Storage(32, 64)) for _ in range(2))
    for each in (machine, definition):
        each.storage.write(0, [0xFF00_0000, 0xFF00_0002, 0xFF00_0000])
        each.state["timer"] = 30
    machine.run(3)
    ir_evaluation.run(definition, 3)
    assert outcome(machine) == outcome(definition)
    assert (machine.state["pc"], machine.state["x"][1]) == (3, 30 + 29 + 28)  # type: ignore[index]


def still(machine: Machine) -> tuple[object, ...]:
    """What does not move by itself."""
    counters = {m.place.state for m in steps.steps_of(machine.isa).time.moving}
    state = {s.name: machine.state[s.name] for s in machine.isa.scalars() if s.name not in counters}
    return state, bytes(machine.storage.cells), devices(machine)


@EACH
@given(data=st.data(), longest=st.sampled_from([1, 3, 32]))
def test_blocks_change_nothing_but_speed(name: str, data: st.DataObject, longest: int) -> None:
    program: Program = data.draw(programs(MACHINES[name]))
    with blocks(longest):
        assert ran(program.bare(), program.budgets) == ran(program.bare(engine=Stepping), program.budgets)


@BY_DAY
@given(data=st.data(), longest=st.sampled_from([1, 3, 32]))
def test_how_a_run_is_cut_up_changes_nothing(name: str, data: st.DataObject, longest: int) -> None:
    program: Program = data.draw(programs(MACHINES[name]))
    with blocks(longest):
        whole, pieces = program.bare(), program.bare()
        end = whole.run(program.budget)
        ends = [pieces.run(budget) for budget in program.budgets]
    assert outcome(pieces) == outcome(whole)
    assert (ends[-1].reason, ends[-1].detail) == (end.reason, end.detail)
    assert sum(e.steps for e in ends) == end.steps and sum(e.retired for e in ends) == end.retired


@BY_DAY
@given(data=st.data())
def test_a_trace_shows_the_run_it_does_not_change(name: str, data: st.DataObject) -> None:
    program: Program = data.draw(programs(MACHINES[name], 80))
    plain, traced, stepped = program.bare(), program.bare(), program.bare(engine=Stepping)
    lines: list[str] = []
    others: list[str] = []
    traced.trace = each_line(lambda line: lines.append(line.text(traced.isa)))
    stepped.trace = each_line(lambda line: others.append(line.text(traced.isa)))
    with blocks(2):
        ends = [plain.run(program.budget), traced.run(program.budget), stepped.run(program.budget)]
    assert ends[0] == ends[1] == ends[2]
    assert outcome(plain) == outcome(traced) == outcome(stepped)
    assert lines == others
    if plain.ports.deadline() is None and ends[0].reason is not Reason.IDLE:
        assert len(lines) <= ends[0].steps


@BY_DAY
@given(data=st.data(), most=st.integers(1, 5))
def test_small_caches_change_nothing(name: str, data: st.DataObject, most: int) -> None:
    """Against hostile programs the caches are bounded, and then forget everything."""
    program: Program = data.draw(programs(MACHINES[name]))
    limits = patch.multiple(reference, MOST_WORDS=4 * most, MOST_BLOCKS=most, MOST_CONTEXTS=most)
    with blocks(3), limits, patch.object(steps, "MOST_WORDS", most):
        small = ran(program.bare(), program.budgets)
    assert small == ran(program.bare(engine=Stepping), program.budgets)
