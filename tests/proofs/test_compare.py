"""What a comparison reports: the first instruction that differs, with the state before it and the difference."""

from typing import Any

import pytest

from isa.assembler import assemble
from isa.devices import Console, Ports, Script, attach
from isa.machine import Machine, Reason, Storage
from monitor import Monitor, VirtualMachine
from monitor.dispatcher import Dispatcher
from proofs.runs.compare import Comparison, Setup, compare
from tests.machines_to_test import G3
from tests.monitor.planted_checks import CLOCK, PROCESSES, REAL, SIZE, g3

LOOP = """
        .org 16
start:  addi r1, r1, 1
        addi r2, r2, 3
        xor  r3, r3, r2
        slti r4, r1, 100
        bnez r4, start
        halt
"""


def compared(source: str, isa: Any = None, build: Any = None, budget: int = 3000) -> Comparison:
    isa = isa or g3()
    return compare(Setup(isa, assemble(isa, source, "test"), SIZE, Ports, build=build), budget)


def test_an_equivalent_run_reports_how_it_went() -> None:
    found = compared(CLOCK)
    assert found.equivalent and found.divergence is None
    assert found.bare is not None and found.monitored is not None
    assert found.bare == found.monitored and found.bare.reason is Reason.HALT
    assert found.steps == found.bare.steps and found.machine is not None
    assert found.exits == sum(found.machine.statistics.exits.values())
    assert found.compared > found.exits / 2


def test_progress_is_told() -> None:
    told: list[int] = []
    compare(Setup(G3, assemble(G3, PROCESSES, "test"), SIZE, Ports), 3000, told.append)
    assert told == sorted(told) and len(told) >= 3


def test_a_budget_in_the_middle_is_an_end() -> None:
    for budget in range(1, 60):
        found = compared(PROCESSES, G3, budget=budget)
        assert found.equivalent and found.bare is not None and found.steps == min(budget, found.bare.steps)


def test_a_difference_of_one_step_is_found_at_that_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register changes in one direct step."""
    right = Dispatcher._direct

    def direct(self: Dispatcher, allowed: int) -> Any:
        first = self.vm.steps + self.done
        end = right(self, allowed)
        if first <= 203 < self.vm.steps + self.done:
            self.vm.state.block[9] += 1
        return end

    monkeypatch.setattr(Dispatcher, "_direct", direct)
    divergence = compared(LOOP).divergence
    assert divergence is not None
    assert (divergence.step, divergence.pc, divergence.place) == (203, 19, 19)
    assert [(d.name, d.bare, d.monitored) for d in divergence.differences] == [("x[9]", "0x0", "0x1")]
    assert divergence.before["x[1]"] == 41 and divergence.before["pc"] == 19
    assert divergence.word == assemble(G3, LOOP, "test").segments[0].words[3]


@pytest.mark.parametrize("length", [2, 3, 40])
def test_a_difference_that_single_steps_do_not_show_is_found_and_ends(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """Only direct runs of some length go wrong: the report says after how many steps."""
    right = Dispatcher._direct

    def direct(self: Dispatcher, allowed: int) -> Any:
        first = self.done
        end = right(self, allowed)
        if self.done - first >= length:
            self.vm.state.block[9] += 1
        return end

    monkeypatch.setattr(Dispatcher, "_direct", direct)
    divergence = compared(LOOP, budget=10**9).divergence
    assert divergence is not None
    assert divergence.step == length - 1
    assert [d.name for d in divergence.differences] == ["x[9]"]
    assert divergence.before["x[9]"] == 0


def test_a_difference_in_storage_is_named() -> None:
    def build(setup: Setup) -> VirtualMachine:
        vm = Monitor(Machine(setup.isa, Storage(32, REAL))).create(setup.words, setup.ports())
        vm.storage.write(500, [77])
        return vm

    divergence = compared(LOOP, build=build).divergence
    assert divergence is not None and divergence.step == 0
    assert [(d.name, d.bare, d.monitored) for d in divergence.differences] == [("storage[0x1f4]", "0x0", "0x4d")]


def test_machines_of_different_devices_differ() -> None:
    say = "start: set r1, 65\n out r1, r0\n halt"
    texts = [b"a", b"b"]

    def ports() -> Ports:
        return attach(G3, Console(Script(texts.pop(0))))

    setup = Setup(G3, assemble(G3, say, "test"), SIZE, ports)
    texts *= 20
    assert not compare(setup, 1000).equivalent


def test_an_end_that_differs_is_a_difference() -> None:
    """The virtual machine never halts."""

    def build(setup: Setup) -> VirtualMachine:
        vm = Monitor(Machine(setup.isa, Storage(32, REAL))).create(setup.words, setup.ports())
        vm._halt = []
        return vm

    divergence = compared("start: addi r1, r1, 1\n halt\nloop: beq r0, r0, loop", build=build, budget=50).divergence
    assert divergence is not None
    assert any(d.name in ("end", "steps") for d in divergence.differences)


@pytest.mark.parametrize("before", range(34, 40))
def test_a_guest_that_waits_where_input_ends_is_equivalent(before: int) -> None:
    """The end of input raises an interrupt at step 40; a machine that waits there has let the console act already."""
    source = "start: set r2, -1\n cpnd r2\n" + " nop\n" * before + "loop: beq r0, r0, loop"

    def ports() -> Ports:
        return attach(G3, Console(Script(b"x", 40)))

    found = compare(Setup(G3, assemble(G3, source, "test"), SIZE, ports), 1000)
    assert found.equivalent and found.monitored is not None and found.monitored.reason is Reason.IDLE
