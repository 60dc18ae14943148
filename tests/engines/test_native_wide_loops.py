"""Counted loops of a machine with words of 64 bits: numbers that are not small are taken round by round."""

import pytest
from hypothesis import given

from isa.assembler import assemble
from isa.engines.native.engine import NativeEngine
from isa.engines.native.options import Options
from isa.engines.native.rounds import Rounds
from isa.engines.native.translate import Translation
from isa.files.cache import VARIABLE
from isa.machine import Machine, Storage
from tests.engines.test_native_loops import CODE, SIZE, State, alike, loops
from tests.planting import Patch, Planted, must_catch
from trapline.bench.kernels import WIDE
from trapline.bench.kernels import machine as described

pytestmark = pytest.mark.long

ISA = described(WIDE)
LARGE: dict[str, tuple[str, dict[int, int]]] = {  # each of them would wrap in 64 bits
    "a step": ("add r1, r1, r9\n bltu r1, r4, 1b", {1: 5, 4: 1 << 39, 9: 1 << 62}),
    "a signed number": ("add r1, r1, r9\n blt r1, r4, 1b", {1: -(1 << 63), 4: (1 << 63) - 60, 9: 1 << 59}),
    "an unsigned number": ("addi r1, r1, 100\n bltu r1, r4, 1b", {1: -3000, 4: -60}),
    "an address": ("lw r6, 0(r1)\n add r1, r1, r9\n addi r5, r5, -1\n bnez r5, 1b", {1: 600, 5: 1 << 12, 9: 1 << 52}),
    "a count": ("addi r6, r6, 1\n addi r5, r5, -1\n bnez r5, 1b", {5: -1}),
}
SMALL = {
    "until": ("addi r6, r6, 3\n addi r5, r5, -1\n bnez r5, 1b", {5: 2000}),
    "unsigned": ("sw r1, 0(r1)\n add r1, r1, r9\n bltu r1, r4, 1b", {1: 600, 4: 4000, 9: 3}),
    "signed": ("add r6, r6, r1\n addi r1, r1, 1\n blt r1, r4, 1b", {1: -900, 4: 900}),
}


def program(body: str) -> str:
    return f".org 8\n.word stop, 0, 0, {SIZE}\n.org {CODE}\nstart:\n1: {body}\nstop: halt\n"


@given(program=loops(64))
def test_counted_loops_change_nothing_but_speed(program: tuple[str, State, tuple[int, ...]]) -> None:
    alike(ISA, program)


def large_numbers() -> None:
    for body, x in LARGE.values():
        state: State = {"x": [x.get(n, 0) for n in range(16)], "base": 0, "bound": SIZE, "pc": CODE}
        alike(ISA, (program(body), state, (400, 7, 3000)))


def test_what_is_not_small_is_taken_round_by_round() -> None:
    large_numbers()


def test_a_planted_bug_is_caught(monkeypatch: Patch) -> None:
    monkeypatch.setenv(VARIABLE, "off")

    def plant(patch: Patch) -> None:
        patch.setattr(Rounds, "_small", lambda self, value, signed: None)

    must_catch(Planted("every number is small", plant, large_numbers), monkeypatch, (AssertionError,))


@pytest.mark.parametrize("kind", SMALL)
def test_small_numbers_are_counted(kind: str, monkeypatch: Patch) -> None:
    """In rounds, all of them together: the first version of a loop takes few steps."""
    body, x = SMALL[kind]
    options = Options(hot=5, background=False)
    native = Machine(ISA, Storage(64, SIZE), engine=lambda machine: NativeEngine(machine, options))
    native.load(assemble(ISA, program(body)))
    native.state["x"] = [x.get(n, 0) for n in range(16)]
    native.run(100_000)
    engine = native.engine
    assert native.halted and isinstance(engine, NativeEngine)
    (installed,) = engine.translations.installed.values()
    translation = Translation(installed.region)
    assert [translation._counted(pc, tree) is not None for pc, tree in translation.trees.items()] == [True]
    assert sum(entry[5] for entry in installed.entries) == 1
