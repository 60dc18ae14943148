"""Counted loops in regions against single steps: loops of G3 that run into limits, code, budgets and wrapped addresses.

Random programs hardly ever count. Here each loop does, or nearly: pointers that begin around whatever hurts move by
steps of every size and sign, and something compares.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.description import Isa
from isa.machine import Machine, Storage
from tests.engines.test_native_regions import Regions, dirty
from tests.isa.test_engine_programs import Stepping, ran
from tests.machines_to_test import G3
from tests.program_strategies import Draw

pytestmark = pytest.mark.slow

SIZE = 5000  # words: more lines than are looked at together
CODE = 300
POINTERS, STEPS = ("r1", "r2", "r3"), ("r8", "r9")
State = dict[str, int | list[int]]


class Loops(Regions):
    heat, most = 1, 4


OFFSETS = st.sampled_from([0, 0, 1, 2, 3, -1, 40, 70, 200])
NUMBERS = st.sampled_from(("add r7, r7, r6", "xori r7, r7, 5", "add r6, r1, r4", "sw r7, 80(r0)"))
MOVES = (
    *(f"addi {p}, {p}, {k}" for p in POINTERS for k in (1, 1, 2, -1, 7, 64, 100, -65)),
    *(f"{op} {p}, {p}, {r}" for p in POINTERS for op in ("add", "sub") for r in STEPS),
    *("addi r5, r5, -1", "addi r5, r5, -1", "addi r5, r5, 1", "addi r5, r5, -3", "slli r5, r5, 1") * 4,
)
TESTS = st.builds(
    "{} {}, {},".format,
    st.sampled_from(("bne", "bltu", "blt", "bge", "bgeu", "beq")),
    st.sampled_from(("r5", "r1", "r2", "r0", "r4")),
    st.sampled_from(("r0", "r4", "r1", "r5")),
)


def lines(draw: Draw) -> list[str]:
    """The body of a loop: accesses by pointers, arithmetic, pointers and counters that move, a test."""
    pointer = st.sampled_from(POINTERS)
    loads = st.builds("lw r6, {}({})".format, OFFSETS, pointer)
    stores = st.builds("sw r{}, {}({})".format, st.integers(4, 7), OFFSETS, pointer)
    moves = st.lists(st.sampled_from(MOVES), min_size=1, max_size=3, unique_by=lambda move: move.split()[1])
    parts = [part for some in (loads, stores, NUMBERS) for part in draw(st.lists(some, max_size=2))]
    return [*draw(st.permutations([*parts, *draw(moves)])), f"{draw(TESTS)} 1b"]


@st.composite
def loops(draw: Draw, word: int = 32) -> tuple[str, State, tuple[int, ...]]:
    """A program in assembly, the state that it begins in, and budgets. Any trap ends it. For wide words there are
    numbers around the largest for which loops are counted."""
    first = draw(st.sampled_from(["", "set r5, 8", "set r5, -20", "set r5, 14\n set r1, 400", "set r4, 600"]))
    body = "\n ".join(lines(draw))
    again = f"addi r10, r10, -1\n bne r10, r0, {CODE}"
    source = f".org 8\n.word stop, 0, 0, {SIZE}\n.org {CODE}\n{first}\n1: {body}\n {again}\nstop: halt\n"
    near = [0, 1, 5, 30, 100, CODE - 3, CODE + 40, 400, 640, 1000, SIZE - 90, SIZE - 1, SIZE, -1, -60, 1 << 31]
    steps = [1, 2, 3, 5, 17, 63, 64, 65, 700, 2100, -1, -2, 0, 1 << 31]
    if word > 32:
        near += [
            (1 << 31) - 60,
            -(1 << 31),
            (1 << 32) - 60,
            1 << 40,
            (1 << 40) - 60,
            -(1 << 40),
            1 << 63,
            (1 << 63) - 60,
        ]
        steps += [-(1 << 31), (1 << 31) - 1, 1 << 32, 1 << 40, 1 << 62, 1 << 63]
    small = st.sampled_from(steps)
    x = [
        0,
        *(draw(st.sampled_from(near)) for _ in range(7)),
        draw(small),
        draw(small),
        draw(st.integers(1, 4)),
        *[7] * 5,
    ]
    x[5] = draw(st.sampled_from([1, 3, 8, 20, 40, 100, 300, 0, -1, -30]))
    bound = draw(st.sampled_from([SIZE, SIZE, SIZE, SIZE - 64, CODE + 30, 700, 0xFFFFFFFF]))
    budgets = draw(st.lists(st.sampled_from([1, 2, 7, 40, 300, 3000]), max_size=3))
    return source, {"x": x, "base": 0, "bound": bound, "pc": CODE}, (*budgets, 3000)


def alike(isa: Isa, program: tuple[str, State, tuple[int, ...]]) -> None:
    source, state, budgets = program
    native, stepped = (Machine(isa, Storage(isa.word, SIZE), engine=engine) for engine in (Loops, Stepping))
    for machine in (native, stepped):
        machine.load(assemble(isa, source))
        for name, value in state.items():
            machine.state[name] = value
    assert ran(native, budgets) == ran(stepped, budgets)
    assert dirty(native) == dirty(stepped)


@given(program=loops())
def test_counted_loops_change_nothing_but_speed(program: tuple[str, State, tuple[int, ...]]) -> None:
    alike(G3, program)
