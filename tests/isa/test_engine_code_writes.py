"""Code that changes under the engine, whoever writes it: the program, a device, a monitor, another machine's window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import BLOCK, Disk, MemoryBacking, Ports
from isa.engines.choice import bare
from isa.machine import Machine, Reason, Storage
from monitor import Monitor
from tests.isa.test_engine_programs import blocks, outcome
from tests.machines_to_test import BY_DAY, G3, MACHINES, W64
from tests.program_pairs import setup_of
from tests.program_strategies import FIRST, LENGTH, Program, programs, words
from tests.rewriting import READING

SIZE = 1024
DEPTHS = pytest.mark.parametrize("depth", [0, 1, 2])

ADDING = """
        .org 16
start:  set  r5, {rounds}
loop:   addi r1, r1, 1
step:   addi r2, r2, 1
        addi r3, r3, 1
        blt  r1, r5, loop
        halt
"""
BY_100 = "start: addi r2, r2, 100"


def word(source: str) -> int:
    return assemble(G3, source, "word").segments[0].words[0]


def adding(rounds: int, ports: Ports | None = None, storage: Storage | None = None) -> Machine:
    machine = bare(G3, storage or Storage(32, SIZE), ports)
    machine.load(assemble(G3, ADDING.format(rounds=rounds), "test"))
    return machine


def cell(machine: Machine, number: int, file: str = "x") -> int:
    cells = machine.state[file]
    assert isinstance(cells, list)
    return cells[number]


STEP = 18  # where `step` is


@given(before=st.integers(1, 60), through_window=st.booleans())
def test_a_write_from_outside_between_two_runs_counts(before: int, through_window: bool) -> None:
    with blocks(4):
        storage = Storage(32, 3 * SIZE)
        machine = adding(40, storage=storage.window(SIZE, SIZE))
        machine.run(before)
        pending = machine.state["pc"] == STEP
        done = cell(machine, 1) - pending
        if through_window:
            machine.storage.write(STEP, [word(BY_100)])
        else:
            storage.write(SIZE + STEP, [word(BY_100)])
        assert machine.run(10_000).reason is Reason.HALT
    assert cell(machine, 2) == done + (40 - done) * 100
    assert cell(machine, 3) == 40


def test_it_counts_though_there_were_breakpoints_before_there_was_a_block() -> None:
    with blocks(4):
        machine = adding(400)
        machine.breakpoints = {0}
        machine.run(1)
        machine.breakpoints = set()
        machine.run(1000)
        pending, done = machine.state["pc"] == STEP, cell(machine, 1)
        machine.storage.write(STEP, [word(BY_100)])
        assert machine.run(10_000).reason is Reason.HALT
    assert cell(machine, 2) == done - pending + (400 - done + pending) * 100


@DEPTHS
def test_a_disk_that_reads_over_running_code_changes_it_at_its_step(depth: int) -> None:
    """The block has the same loop with another `step`. However it is run, the change comes at the same step."""
    code = assemble(G3, READING.format(by=100), "test")
    image = {s.address + i: w for s in code.segments for i, w in enumerate(s.words)}
    block = b"".join(image.get(128 + i, 0).to_bytes(4, "little") for i in range(BLOCK))
    results = []
    for longest in (1, 4, 32):
        with blocks(longest):
            ports = Ports({2: Disk(MemoryBacking(block), 32)})
            machine = on(depth, ports)
            machine.load(assemble(G3, READING.format(by=1), "test"))
            assert machine.run(10_000).reason is Reason.HALT
            results.append(outcome(machine))
            assert 300 < cell(machine, 8) < 30_000 and cell(machine, 9) == 300
    reference = bare(G3, Storage(32, SIZE), Ports({2: Disk(MemoryBacking(block), 32)}))
    reference.load(assemble(G3, READING.format(by=1), "test"))
    while reference.run(1).reason is Reason.BUDGET:
        pass
    assert all(result == outcome(reference) for result in results)


def on(depth: int, ports: Ports | None = None) -> Machine:
    from monitor.monitor import tower

    return tower(G3, SIZE, depth, ports) if depth else bare(G3, Storage(32, SIZE), ports)


def test_two_machines_with_the_same_code_do_not_share_what_becomes_of_it() -> None:
    """The same virtual addresses hold the same program; one of the two rewrites its own."""
    rewriting = """
        .org 16
start:  set  r5, 60
loop:   addi r1, r1, 1
step:   addi r2, r2, 1
        addi r3, r3, 1
        lw   r6, new(r0)
        sw   r6, step(r0)
        blt  r1, r5, loop
        halt
new:    addi r2, r2, 100
    """
    with blocks(4):
        monitor = Monitor(bare(G3, Storage(32, 8 * SIZE)))
        plain, other = monitor.create(SIZE), monitor.create(SIZE)
        plain.load(assemble(G3, ADDING.format(rounds=60), "test"))
        other.load(assemble(G3, rewriting, "test"))
        monitor.run(2000, 13)
    assert (cell(plain, 2), cell(other, 2)) == (60, 1 + 59 * 100)


def test_an_image_loaded_over_code_that_ran_is_what_runs() -> None:
    with blocks(4):
        machine = adding(50)
        assert machine.run(10_000).reason is Reason.HALT
        machine.state["halted"] = 0
        machine.load(assemble(G3, ADDING.format(rounds=90).replace("r2, 1", "r2, 7"), "test"))
        machine.state["x"] = [0] * 16
        assert machine.run(10_000).reason is Reason.HALT
    assert (cell(machine, 1), cell(machine, 2)) == (90, 630)


def test_code_may_be_entered_in_its_middle_and_rewritten_there() -> None:
    """Several blocks over the same words are all forgotten."""
    with blocks(8):
        machine = adding(1000)
        for start in (16, 17, 18, 19):
            machine.state["pc"] = start
            machine.run(60)
        machine.storage.write(19, [word("start: addi r3, r3, 50")])
        machine.state["x"] = [0] * 16
        for start in (16, 17, 18, 19):
            before, machine.state["pc"] = cell(machine, 3), start
            machine.run(5)
            assert cell(machine, 3) - before in (50, 100)


def test_every_store_of_an_instruction_is_noted() -> None:
    """Two words of code at once, in two blocks: neither of them is run again as it was."""
    source = """
        .org 16
start:  set   r7, 200
        set   r5, 30
        set   r6, other + 2
loop:   push2 r2, r3            # the last time over the two words of `other`
        call  other
        addi  r7, r7, 1
        loop  r5, loop
        ld    r2, new(r1)
        ld    r3, new(r1)
        swap  r6, r7
        push2 r2, r3
        set   r7, 100
        call  other
        call  other + 1
        stop
new:    addi  r4, r4, 100
        ret
        .org  128
other:  addi  r4, r4, 1
        addi  r4, r4, 1
        ret
"""
    results = []
    for longest in (1, 8):
        with blocks(longest):
            machine = bare(W64, Storage(64, SIZE))
            machine.load(assemble(W64, source, "test"))
            assert machine.run(10_000).reason is Reason.HALT
            results.append(outcome(machine))
            assert cell(machine, 4, "r") == 2 * 30 + 300
    assert results[0] == results[1]


@BY_DAY
@given(data=st.data(), depth=st.integers(0, 2))
def test_random_writes_from_outside_between_runs(name: str, data: st.DataObject, depth: int) -> None:
    """Whatever is written over a program between two runs, blocks see it as single steps do."""
    isa = MACHINES[name]
    program: Program = data.draw(programs(isa, 120))
    setup = setup_of(program, max(depth, 1))
    stepped = setup.bare()
    with blocks(data.draw(st.sampled_from([2, 8]))):
        machine = setup.monitored() if depth else setup.bare()
        for budget in program.budgets:
            ends = machine.run(budget), stepwise(stepped, budget)
            assert ends[0].reason is ends[1]
            at, new = data.draw(st.integers(FIRST, FIRST + LENGTH - 1)), data.draw(words(isa))
            for written in (machine, stepped):
                written.storage.write(at, [new])
    assert outcome(machine) == outcome(stepped)


def stepwise(machine: Machine, budget: int) -> Reason:
    """The same budget in pieces that are too short for blocks."""
    stop = machine.steps + budget
    while machine.steps < stop:
        end = machine.run(min(2, stop - machine.steps))
        if end.reason is not Reason.BUDGET:
            return end.reason
    return machine.run(0).reason
