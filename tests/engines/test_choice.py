"""Engines by name, and the engine that changes from one to the other: whatever runs the steps, they are the same."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from threading import Event
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.description import Isa
from isa.engines import auto, choice
from isa.engines.auto import EARNED, SLICE, AutoEngine
from isa.engines.native import background
from isa.engines.reference.engine import ReferenceEngine
from isa.errors import TraplineError, UsageError
from isa.machine import Machine, Storage
from isa.machine.machine import Engine
from monitor.monitor import tower
from tests.isa.test_engine_programs import Stepping, outcome, ran
from tests.machines_to_test import EACH, G3, MACHINES
from tests.planting import Bugs, Planted, must_catch
from tests.program_pairs import setup_of
from tests.program_strategies import Program, programs

DEPTHS = pytest.mark.parametrize("depth", [0, 1, 2])
FEW = settings(max_examples=settings().max_examples // 3)
FOREVER = "start: addi r1, r1, 1\n xor r2, r2, r1\n beq r0, r0, start"


class StandIn(Stepping):
    """Another engine, in the place of the native one."""


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(choice._FACTORIES, choice.NATIVE, StandIn)
    monkeypatch.setattr(choice, "prepare", lambda isa: True)
    monkeypatch.setattr(background, "workers", lambda: 0)
    monkeypatch.setattr(auto, "WORTH", 0)
    yield


def forever(engine: str) -> Machine:
    machine = Machine(G3, Storage(32, 1024), engine=choice.choose(engine))
    machine.load(assemble(G3, FOREVER, "test"))
    return machine


def inner(machine: Machine) -> Engine:
    assert isinstance(machine.engine, AutoEngine)
    return machine.engine.inner


# ---- a guest that only traps


def test_a_guest_that_only_traps_earns_the_native_engine_too() -> None:
    """Monitored, each of its steps ends a run of the machine below before that has made a step of its own."""
    guest = tower(G3, 4096, 1, engine=choice.AUTO)
    guest.load(assemble(G3, "start: set r1, 0", "test"))  # into words that are zero, by a trap vector that is zero
    guest.run(EARNED // 2)
    assert isinstance(inner(guest.dispatcher.below), ReferenceEngine)
    guest.run(EARNED + 2 * SLICE)
    assert isinstance(inner(guest.dispatcher.below), StandIn)


# ---- by name


def test_a_name_that_is_no_engines_is_explained() -> None:
    with pytest.raises(UsageError) as complaint:
        choice.choose("quick")
    assert complaint.value.render() == (
        "error: there is no engine called 'quick'\nhelp: choose one of: auto, reference, native"
    )


@pytest.mark.parametrize("name", choice.ENGINES)
def test_every_engine_runs_the_same(name: str) -> None:
    machine, reference = forever(name), forever("reference")
    assert machine.run(3 * EARNED + 1) == reference.run(3 * EARNED + 1)
    assert outcome(machine) == outcome(reference)


@pytest.mark.parametrize("name", ["native", "interpreter"])
def test_without_a_compiler_the_reference_engine_takes_over_and_it_can_be_told(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(choice._FACTORIES, choice.NATIVE, choice._native)
    monkeypatch.setattr(choice, "_available", lambda: False)
    assert type(forever(name).engine) is ReferenceEngine
    assert choice.actual(name) == "reference"
    assert choice.actual("auto") == "auto" and choice.actual("reference") == "reference"


def test_a_short_program_loads_nothing_heavy() -> None:
    code = (
        "import sys; from isa.machines.catalogue import find; from isa.machine import Machine, Storage; "
        "from isa.engines.choice import choose; g3 = find('g3'); "
        "m = Machine(g3, Storage(32, 1024), engine=choose('auto')); m.run(10); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "isa.engines.auto" in loaded
    assert not {name for name in loaded if name.startswith(("llvmlite", "isa.engines.native"))}


# ---- the change


def test_the_other_engine_takes_over_once_it_is_earned() -> None:
    machine = forever("auto")
    machine.run(EARNED)
    assert type(inner(machine)) is ReferenceEngine
    assert machine.run(1).steps == 1
    assert type(inner(machine)) is StandIn


def test_steps_that_take_little_time_do_not_earn_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run between two looks takes a second here."""
    monkeypatch.setattr(auto, "WORTH", 5)
    monkeypatch.setattr(auto, "perf_counter", count().__next__)
    machine = forever("auto")
    machine.run(EARNED + 4 * SLICE)
    assert type(inner(machine)) is ReferenceEngine
    machine.run(1)
    assert type(inner(machine)) is StandIn


def test_a_program_goes_on_while_the_other_engine_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, asked = Event(), []

    def prepare(isa: Isa) -> bool:
        asked.append(isa)
        return loaded.wait(60)

    monkeypatch.setattr(background, "workers", lambda: 1)
    monkeypatch.setattr(choice, "prepare", prepare)
    machine, reference = forever("auto"), forever("reference")
    machine.run(5 * EARNED)
    assert type(inner(machine)) is ReferenceEngine
    loaded.set()
    while type(inner(machine)) is ReferenceEngine:
        machine.run(1000)
    machine.run(1000)
    reference.run(machine.steps)
    assert outcome(machine) == outcome(reference) and asked == [G3]


def test_a_machine_whose_engine_cannot_be_loaded_goes_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "prepare", lambda isa: False)
    machine = forever("auto")
    assert machine.run(3 * EARNED).steps == 3 * EARNED
    assert type(inner(machine)) is ReferenceEngine


def test_an_engine_that_fails_to_load_is_heard_of_once_and_no_step_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(isa: Isa) -> bool:
        raise TraplineError("a defect")

    monkeypatch.setattr(choice, "prepare", prepare)
    machine, reference = forever("auto"), forever("reference")
    with pytest.raises(TraplineError, match="a defect"):
        machine.run(3 * EARNED)
    machine.run(3 * EARNED - machine.steps)
    reference.run(3 * EARNED)
    assert outcome(machine) == outcome(reference)


# ---- on random programs


def changes_nothing(program: Program, depth: int, earned: int, slice: int) -> None:
    def build(engine: str) -> Machine:
        setup = setup_of(program, max(depth, 1), engine=engine)
        return setup.monitored() if depth else setup.bare()

    with patch.multiple(auto, EARNED=earned, SLICE=slice, LOADED=WeakKeyDictionary()):
        assert ran(build("auto"), program.budgets) == ran(build("reference"), program.budgets)


@EACH
@DEPTHS
@FEW
@given(data=st.data(), earned=st.integers(1, 60), slice=st.integers(1, 20), loading=st.integers(0, 3))
def test_a_change_at_any_step_changes_nothing(
    name: str, depth: int, data: st.DataObject, earned: int, slice: int, loading: int
) -> None:
    """Bare, and for the machine under one or two monitors; loading takes some slices."""
    program: Program = data.draw(programs(MACHINES[name], 100))
    with patch.object(background, "submit", lambda work, priority: Slow(loading)):
        changes_nothing(program, depth, earned, slice)


class Slow:
    """A job that is done when asked for the n-th time."""

    def __init__(self, asked: int) -> None:
        self._left = asked

    def wait(self, seconds: float) -> bool:
        self._left -= 1
        return self._left < 0

    def result(self) -> bool:
        return True


@EACH
@FEW
@given(data=st.data())
def test_engines_can_be_exchanged_between_any_two_runs(name: str, data: st.DataObject) -> None:
    program: Program = data.draw(programs(MACHINES[name], 100))
    machine, reference = program.bare(), program.bare()
    for budget in program.budgets:
        assert machine.run(budget) == reference.run(budget)
        machine.engine = choice.choose(data.draw(st.sampled_from(choice.ENGINES)))(machine)
    assert outcome(machine) == outcome(reference)


# ---- planted bugs


def a_change_in_a_loop() -> None:
    """Wherever in the loop it comes, and in whatever kind of run."""
    for later in range(3):
        with patch.multiple(auto, EARNED=EARNED + later, LOADED=WeakKeyDictionary()):
            machine, reference = forever("auto"), forever("reference")
            for budget in (EARNED, 7, 2 * SLICE):
                assert machine.run(budget).steps == budget
                reference.run(budget)
                assert outcome(machine) == outcome(reference)


def what_is_loaded_need_not_be_earned() -> None:
    with patch.object(auto, "LOADED", WeakKeyDictionary()):
        first, second = forever("auto"), forever("auto")
        first.run(EARNED + 1)
        assert type(inner(first)) is StandIn
        third = forever("auto")
        third.run(1)
        assert type(inner(third)) is StandIn
        second.run(EARNED + 1)
        assert type(inner(second)) is StandIn and outcome(second) == outcome(first)


BUGS = Bugs()
caught_by = BUGS.caught_by


@caught_by(a_change_in_a_loop)
def the_new_engine_starts_at_the_beginning(patch: pytest.MonkeyPatch) -> None:
    right = AutoEngine._look

    def look(self: AutoEngine) -> None:
        right(self)
        self.machine.state["pc"] = 0

    patch.setattr(AutoEngine, "_look", look)


@caught_by(a_change_in_a_loop)
def a_slice_is_run_to_its_end_whatever_the_budget(patch: pytest.MonkeyPatch) -> None:
    def deliver(self: AutoEngine, limit: int) -> tuple[int, int, object]:
        return self.inner.deliver(self._allowed(1 << 60))

    patch.setattr(AutoEngine, "deliver", deliver)


@caught_by(a_change_in_a_loop)
def a_step_at_the_change_is_not_told(patch: pytest.MonkeyPatch) -> None:
    right = AutoEngine.deliver

    def deliver(self: AutoEngine, limit: int) -> tuple[int, int, object]:
        before = self.inner
        ran, trapped, why = right(self, limit)
        return ran if self.inner is before else ran - 1, trapped, why

    patch.setattr(AutoEngine, "deliver", deliver)


@caught_by(what_is_loaded_need_not_be_earned)
def every_machine_earns_its_engine(patch: pytest.MonkeyPatch) -> None:
    right = AutoEngine.__init__

    def init(self: AutoEngine, *arguments: Any) -> None:
        right(self, *arguments)
        self._left = EARNED

    patch.setattr(AutoEngine, "__init__", init)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
