"""Code that changes under the engines, whoever writes it, is seen by the next instruction: translated, predecoded or
neither, by the program itself, another machine, a device, or the host."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import BLOCK, Disk, MemoryBacking, Ports
from isa.engines.choice import bare
from isa.machine import Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from monitor import Monitor
from monitor.monitor import tower
from tests.engines.differential import Shown, shown
from tests.engines.engines import ENGINES, STEPPING, Factory, at_the_bottom
from tests.machines_to_test import G3, W64
from tests.rewriting import READING

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

SIZE = 1024
NAMES = sorted(ENGINES)
FAST = pytest.mark.parametrize("engine", NAMES)
DEPTHS = pytest.mark.parametrize("depth", [0, pytest.param(1, marks=pytest.mark.nightly), 2])

ADDING = """
        .org 16
start:  set  r5, 600
loop:   addi r1, r1, 1
step:   addi r2, r2, 1
        addi r3, r3, 1
        blt  r1, r5, loop
        halt
"""
STEP = 18  # where `step` is


def word(source: str) -> int:
    return assemble(G3, f"start: {source}", "word").segments[0].words[0]


def machine_at(depth: int, factory: Factory, source: str, ports: Ports | None = None) -> Machine:
    if depth:
        machine: Machine = tower(G3, SIZE, depth, ports)
        bottom = at_the_bottom(machine)
        bottom.engine = factory(bottom)
    else:
        machine = Machine(G3, Storage(32, SIZE), ports, engine=factory)
    machine.load(assemble(G3, source, "test"))
    return machine


def cell(machine: Machine, number: int) -> int:
    cells = machine.state["x"]
    assert isinstance(cells, list)
    return cells[number]


def same(run: Callable[[Factory], Iterator[Machine]], engine: str) -> None:
    """All machines that a run yields show the same as single steps show."""
    found, right = ([shown(m) for m in run(factory)] for factory in (ENGINES[engine], STEPPING))
    assert [unmarked(f, r) for f, r in zip(found, right, strict=True)] == right


def unmarked(found: Shown, right: Shown) -> Shown:
    return found | {"written": right["written"]} if right["written"] <= found["written"] else found


# ---- by the host


@FAST
@settings(max_examples=settings().max_examples // 5)
@given(before=st.integers(1, 400), through=st.sampled_from(["window", "root", "load", "snapshot"]))
def test_a_write_between_two_runs(engine: str, before: int, through: str) -> None:
    def run(factory: Factory) -> Iterator[Machine]:
        storage = Storage(32, 3 * SIZE)
        machine = Machine(G3, storage.window(SIZE, SIZE), engine=factory)
        machine.load(assemble(G3, ADDING, "test"))
        machine.run(before)
        changed = word("addi r2, r2, 100")
        match through:
            case "window":
                machine.storage.write(STEP, [changed])
            case "root":
                storage.write(SIZE + STEP, [changed])
            case "load":
                pc = machine.state["pc"]
                machine.load(assemble(G3, ADDING.replace("r2, 1", "r2, 100"), "test"))
                machine.state["pc"] = pc
            case "snapshot":
                other = bare(G3, Storage(32, SIZE))
                Snapshot.take(machine).apply(other)
                other.storage.write(STEP, [changed])
                Snapshot.take(other).apply(machine)
        assert machine.run(10_000).reason is Reason.HALT
        assert cell(machine, 3) == 600 and cell(machine, 2) > 600
        yield machine

    same(run, engine)


# ---- by a device


@FAST
@DEPTHS
def test_a_disk_reads_over_running_code(engine: str, depth: int) -> None:
    """However it runs, the change comes at the same step."""
    code = assemble(G3, READING.format(by=100), "test")
    image = {s.address + i: w for s in code.segments for i, w in enumerate(s.words)}
    block = b"".join(image.get(128 + i, 0).to_bytes(4, "little") for i in range(BLOCK))

    def run(factory: Factory) -> Iterator[Machine]:
        ports = Ports({2: Disk(MemoryBacking(block), 32)})
        machine = machine_at(depth, factory, READING.format(by=1), ports)
        assert machine.run(10_000).reason is Reason.HALT
        assert 300 < cell(machine, 8) < 30_000 and cell(machine, 9) == 300
        yield machine

    same(run, engine)


# ---- by another machine

WRITING = f"""
        .org 16
start:  set  r1, {SIZE + STEP}  # in the window of the other one
        lw   r2, new(r0)
        sw   r2, 0(r1)
        set  r3, {SIZE + STEP + 1}
        sw   r2, 0(r3)
        halt
new:    addi r2, r2, 100
"""


@pytest.mark.parametrize("writer", NAMES)
@FAST
def test_another_machine_writes_through_its_own_storage(engine: str, writer: str) -> None:
    """The writer has all of the storage, the other one a part of it."""

    def run(factory: Factory) -> Iterator[Machine]:
        single = factory is STEPPING
        storage = Storage(32, 3 * SIZE)
        machine = Machine(G3, storage.window(SIZE, SIZE), engine=factory)
        other = Machine(G3, storage, engine=factory if single else ENGINES[writer])
        machine.load(assemble(G3, ADDING, "test"))
        other.load(assemble(G3, WRITING, "test"))
        machine.run(500)
        assert other.run(100).reason is Reason.HALT
        assert machine.run(10_000).reason is Reason.HALT
        assert cell(machine, 2) > 10_000 and cell(machine, 3) < 600
        yield machine

    same(run, engine)


REWRITING = """
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


@FAST
@DEPTHS
def test_two_guests_with_the_same_code_do_not_share_what_becomes_of_it(engine: str, depth: int) -> None:
    """One of them rewrites its own while they take turns."""

    def run(factory: Factory) -> Iterator[Machine]:
        below = Machine(G3, Storage(32, 32 * SIZE), engine=factory)
        monitor = Monitor(below)
        for _ in range(depth):
            monitor = Monitor(monitor.create(monitor.below.storage.size - 8 * SIZE))
        plain, other = monitor.create(SIZE), monitor.create(SIZE)
        plain.load(assemble(G3, ADDING, "test"))
        other.load(assemble(G3, REWRITING, "test"))
        monitor.run(4000, 13)
        assert (cell(plain, 2), cell(other, 2)) == (600, 1 + 59 * 100)
        yield plain
        yield other

    same(run, engine)


# ---- by itself


@FAST
def test_a_store_into_the_very_next_instruction(engine: str) -> None:
    """Each time round another word, so that it is never right for long."""
    source = """
        .org 16
start:  set  r7, 0
        set  r5, 50
        lw   r6, first(r0)
        lw   r8, second(r0)
loop:   xor  r9, r6, r8         # exchange the two
        xor  r6, r6, r9
        xor  r8, r8, r9
        sw   r6, next(r0)
next:   addi r1, r1, 1
        addi r7, r7, 1
        blt  r7, r5, loop
        halt
first:  addi r1, r1, 10
second: addi r2, r2, 1000
    """

    def run(factory: Factory) -> Iterator[Machine]:
        machine = machine_at(0, factory, source)
        assert machine.run(10_000).reason is Reason.HALT
        assert (cell(machine, 1), cell(machine, 2)) == (250, 25_000)
        yield machine

    same(run, engine)


@FAST
def test_a_loop_that_overwrites_what_follows_it_and_then_itself(engine: str) -> None:
    """A counted loop of stores runs down through storage until it meets its own words."""
    source = """
        .org 16
start:  lw   r2, what(r0)
        set  r1, 200
        set  r3, 0
loop:   sw   r2, 0(r1)
        addi r1, r1, -1
        addi r3, r3, 1
        bne  r1, r0, loop
        halt
what:   halt
    """

    def run(factory: Factory) -> Iterator[Machine]:
        machine = machine_at(0, factory, source)
        assert machine.run(10_000).reason is Reason.HALT
        assert machine.state["pc"] == 23
        yield machine

    same(run, engine)


PUSHING = """
        .org 16
start:  set   r6, places
        set   r5, 40
        set   r3, 22
loop:   ld    r7, 0(r6)         # where to is not known before it is loaded
        push2 r2, r3
        addi  r6, r6, 1
        addi  r2, r2, 1
        loop  r5, loop
last:   stop
        .space 1
places: {places}
"""


@FAST
@pytest.mark.parametrize("strange", ["1", "last + 2"], ids=["trap", "code"])
def test_an_instruction_with_two_stores_happens_whole_or_not_at_all(engine: str, strange: str) -> None:
    """The second one traps, or goes to the last word of the program; the first would not."""
    places = [str(300 + 3 * i) for i in range(20)] + [strange] + ["400"] * 30
    source = PUSHING.format(places="\n".join(f".word {place}" for place in places))

    def run(factory: Factory) -> Iterator[Machine]:
        machine = Machine(W64, Storage(64, SIZE), engine=factory)
        machine.load(assemble(W64, source, "test"))
        machine.run(90)
        machine.run(400)
        yield machine

    same(run, engine)
