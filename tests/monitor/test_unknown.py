"""`unknown` is any value: a choice by seed, which is the machine's own however it is run and whoever runs beside it."""

from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import Ports
from isa.language import load_text
from isa.machine import Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from monitor import Monitor
from monitor.monitor import tower
from proofs.runs.compare import Setup, compare

SIZE = 1024
ISA = load_text(
    """
    variant unsure of g3 "Two instructions whose results the manual calls unpredictable." {
      add instr any "d" D(0x91) "Anybody's." { x[d] <- unknown }
      add instr own "d" D(0x92) "The supervisor's." { privileged(); x[d] <- unknown }
    }
    """
)
PROGRAMS = st.lists(st.sampled_from(["any r1", "own r1", "any r2", "add r3, r3, r1", "xor r4, r4, r2"]), max_size=30)


def source(lines: list[str]) -> str:
    return "\n ".join(["start: nop", *lines, "halt"])


@given(lines=PROGRAMS, seed=st.integers(0, 9), depth=st.integers(1, 3))
def test_choices_are_the_same_bare_and_monitored(lines: list[str], seed: int, depth: int) -> None:
    image = assemble(ISA, source(lines), "test")
    assert compare(Setup(ISA, image, SIZE, Ports, depth, seed), 100).equivalent


@given(programs=st.lists(PROGRAMS, min_size=2, max_size=3), quantum=st.integers(1, 9))
def test_machines_in_turn_do_not_take_each_others_choices(programs: list[list[str]], quantum: int) -> None:
    monitor = Monitor(Machine(ISA, Storage(32, 8 * SIZE)))
    for seed, lines in enumerate(programs):
        monitor.create(SIZE, seed=seed).load(assemble(ISA, source(lines), "test"))
    monitor.run(100, quantum)
    for seed, lines in enumerate(programs):
        bare = Machine(ISA, Storage(32, SIZE), seed=seed)
        bare.load(assemble(ISA, source(lines), "test"))
        assert bare.run(100).reason is Reason.HALT
        assert monitor.machines[seed].state.block == bare.state.block


@given(lines=PROGRAMS, steps=st.integers(0, 30))
def test_a_snapshot_keeps_the_choices_to_come(lines: list[str], steps: int) -> None:
    image = assemble(ISA, source(lines), "test")
    whole, half = tower(ISA, SIZE, 2, seed=3), tower(ISA, SIZE, 1, seed=3)
    for machine in (whole, half):
        machine.load(image)
    whole.run(100)
    half.run(steps)
    continued = Machine(ISA, Storage(32, SIZE), seed=8)
    Snapshot.take(half).apply(continued)
    continued.run(100)
    assert continued.state.block == whole.state.block


def test_another_seed_makes_other_choices() -> None:
    seen = set()
    for seed in range(5):
        machine = Machine(ISA, Storage(32, SIZE), seed=seed)
        machine.load(assemble(ISA, "start: any r1\n halt", "test"))
        machine.run(10)
        seen.add(tuple(machine.state.block))
    assert len(seen) == 5
