"""Several virtual machines in turn: none can tell that there are others, whatever they do."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import Console, Ports, Script, attach
from isa.engines.choice import bare
from isa.errors import MachineError
from isa.machine import Machine, Reason, Storage
from monitor import Monitor, VirtualMachine
from tests.isa.alarm import Alarm
from tests.isa.test_engine_programs import outcome
from tests.machines_to_test import BY_DAY, G3, MACHINES
from tests.monitor.planted_checks import CLOCK, PROCESSES, VECTORS
from tests.program_strategies import programs

pytestmark = pytest.mark.slow

SIZE, BUDGET = 1024, 4000

HALTS = "start: set r1, 5\n halt"
DEAF = "start: setie 0\nloop: addi r1, r1, 1\n b loop"
DESTROYS = f"""{VECTORS}
        set  r2, -1
        set  r3, 12
wipe:   addi r3, r3, -1
        sw   r2, 0(r3)
        bnez r3, wipe
        svc  9                  # into the trap area that is no more
handler: halt
"""
WAITS = "start: idle\n b start"
GREEDY = f"""{VECTORS}
loop:   addi r1, r1, 1
        rpsw r2                 # an exit in every round
        b    loop
handler: halt
"""

GUESTS = {
    "clock": CLOCK,
    "processes": PROCESSES,
    "halts": HALTS,
    "deaf": DEAF,
    "destroys": DESTROYS,
    "waits": WAITS,
    "greedy": GREEDY,
}


def alone(build: Callable[[Machine], None], ports: Ports) -> Machine:
    """On a bare machine of its own."""
    machine = bare(G3, Storage(32, SIZE), ports)
    build(machine)
    machine.run(BUDGET)
    return machine


def load(source: str) -> Callable[[Machine], None]:
    return lambda machine: machine.load(assemble(G3, source, "test"))


@settings(max_examples=settings().max_examples // 2)
@given(names=st.lists(st.sampled_from(sorted(GUESTS)), min_size=1, max_size=5), quantum=st.integers(1, 500))
def test_each_guest_ends_as_it_does_alone(names: list[str], quantum: int) -> None:
    monitor = Monitor(bare(G3, Storage(32, 8 * SIZE)))
    vms = []
    for name in names:
        vm = monitor.create(SIZE, Ports({1: Alarm([100, 333])}))
        load(GUESTS[name])(vm)
        vms.append(vm)
    ends = monitor.run(BUDGET, quantum)
    for vm, name in zip(vms, names, strict=True):
        real = alone(load(GUESTS[name]), Ports({1: Alarm([100, 333])}))
        assert outcome(vm) == outcome(real)
        assert ends[vm.name].reason is real.run(BUDGET - real.steps).reason
    assert len(ends) == len(names)


@BY_DAY
@given(data=st.data(), quantum=st.integers(1, 60))
def test_random_programs_do_not_meet(name: str, data: st.DataObject, quantum: int) -> None:
    isa = MACHINES[name]
    page = Storage(isa.word, 1).page_words
    monitor = Monitor(bare(isa, Storage(isa.word, 4 * page)))
    found = data.draw(st.lists(programs(isa, 100), min_size=2, max_size=3))
    vms = [monitor.create(p.size, p.ports(), p.seed) for p in found]
    for vm, program in zip(vms, found, strict=True):
        program.start(vm)
    monitor.run(100, quantum)
    for vm, program in zip(vms, found, strict=True):
        real = program.bare()
        real.run(100)
        assert outcome(vm) == outcome(real)


def one(source: str = HALTS, words: int = SIZE, pages: int = 8) -> tuple[Monitor, VirtualMachine]:
    monitor = Monitor(bare(G3, Storage(32, pages * SIZE)))
    vm = monitor.create(words)
    load(source)(vm)
    return monitor, vm


def test_a_machine_that_has_ended_is_not_run_again() -> None:
    monitor, vm = one()
    other = monitor.create(SIZE)
    load(DEAF)(other)
    first = monitor.run(10, 3)
    assert (first[vm.name].reason, first[other.name].reason) == (Reason.HALT, Reason.BUDGET)
    again = monitor.run(10, 3)
    assert again[vm.name] is vm.exit and vm.steps == 2
    assert other.steps == 20


def test_turns_are_as_long_as_the_quantum() -> None:
    monitor, vm = one(DEAF)
    other = monitor.create(SIZE)
    load(GREEDY)(other)
    seen: list[tuple[str, int]] = []
    monitor.subscribe(lambda event: seen.append((event.vm.name, event.step)) if event.step % 7 == 0 else None)
    monitor.run(21, 7)
    turns = [name for name, step in seen if step in (7, 14, 21)]
    assert turns == [vm.name, other.name] * 3


def test_every_machine_has_a_name_of_its_own() -> None:
    monitor, vm = one()
    second = monitor.create(SIZE)
    monitor.destroy(vm)
    third = monitor.create(SIZE)
    assert second.name != third.name
    for machine in (second, third):
        load(HALTS)(machine)
    assert set(monitor.run(10)) == {second.name, third.name}


def test_a_name_that_is_taken_is_refused_and_never_made_up() -> None:
    monitor = Monitor(bare(G3, Storage(32, 8 * SIZE)))
    monitor.create(SIZE, name="vm0")
    with pytest.raises(MachineError, match="there is a virtual machine called 'vm0' already"):
        monitor.create(SIZE, name="vm0")
    assert monitor.create(SIZE).name == "vm1"


@pytest.mark.parametrize("quantum", [0, -1])
def test_a_quantum_of_nothing_hangs_nothing(quantum: int) -> None:
    monitor, vm = one(DEAF)
    assert monitor.run(5, quantum)[vm.name].reason is Reason.BUDGET
    assert vm.steps == 5


def test_a_released_window_shows_the_next_owner_nothing() -> None:
    monitor, vm = one(CLOCK, pages=2)
    vm.run(BUDGET)
    assert any(vm.storage.cells)
    monitor.destroy(vm)
    after = monitor.create(SIZE)
    assert after.storage.offset == vm.storage.offset
    load(PROCESSES)(after)
    after.run(BUDGET)
    assert outcome(after) == outcome(alone(load(PROCESSES), Ports()))


def test_consoles_are_not_mixed_up() -> None:
    say = "start: set r1, {}\n set r2, 0\nloop: out r1, r2\n addi r3, r3, 1\n slti r4, r3, 9\n bnez r4, loop\n halt"
    monitor = Monitor(bare(G3, Storage(32, 8 * SIZE)))
    consoles = [Console(Script()) for _ in range(3)]
    for number, console in enumerate(consoles):
        load(say.format(65 + number))(monitor.create(SIZE, attach(G3, console)))
    monitor.run(BUDGET, 2)
    assert [console.output for console in consoles] == [b"A" * 9, b"B" * 9, b"C" * 9]
