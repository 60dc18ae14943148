"""Counted loops of a machine that compares in one step and jumps in the next, by a flag: against single steps."""

from itertools import product

import pytest

from isa.assembler import assemble
from isa.engines.native import loops
from isa.engines.native.engine import NativeEngine
from isa.engines.native.options import Options
from isa.engines.native.shapes import compared
from isa.engines.native.translate import Translation
from isa.files.cache import VARIABLE
from isa.ir.fold import negate
from isa.ir.nodes import Apply, Expr
from isa.machine import Machine, Storage
from tests.isa.test_engine_programs import Stepping, ran
from tests.machines_to_test import M16
from tests.planting import Bugs, Check, Patch, Planted, must_catch

pytestmark = pytest.mark.long

SIZE = 3000
PROGRAM = """
        .org 32
start:  word g0, {first}
        word g1, {last}
        put  g2, 5
1:      stow g0[3], g2
        bump g0, {step}
        {test}
        {jump} 1b
        plus g2, g0
        put  g1, 0
        stop
"""
UP, DOWN = (600, 900, 1), (900, 600, -1)
TESTS = {  # each with a loop that it ends after many rounds
    ("same g0, g1", "else"): UP,
    ("below g0, g1", "then"): UP,
    ("below g1, g0", "else"): UP,
    ("below g0, g1", "else"): DOWN,
}
ENDS = [UP, DOWN, (600, 900, 3), (2900, 2999, 1), (600, 65535, 7), (40, 900, -1)]
BUDGETS = (1, 17, 400, 2, 3000)
BUGS = Bugs()


def made(test: str, jump: str, end: tuple[int, int, int], engine: type[Stepping] | None) -> Machine:
    first, last, step = end
    source = PROGRAM.format(first=first, last=last, step=step, test=test, jump=jump)
    options = Options(hot=5, background=False, full=False)
    machine = Machine(M16, Storage(16, SIZE), engine=engine or (lambda machine: NativeEngine(machine, options)))
    machine.load(assemble(M16, source))
    return machine


def the_same_as_single_steps() -> None:
    for (test, jump), end in product(TESTS, ENDS):
        assert ran(made(test, jump, end, None), BUDGETS) == ran(made(test, jump, end, Stepping), BUDGETS)


def counted() -> None:
    for (test, jump), end in TESTS.items():
        machine = made(test, jump, end, None)
        machine.run(1000)
        assert isinstance(machine.engine, NativeEngine)
        regions = [Translation(found.region) for found in machine.engine.translations.installed.values()]
        assert any(region._counted(pc, tree) for region in regions for pc, tree in region.trees.items()), test


@pytest.mark.parametrize("check", [the_same_as_single_steps, counted], ids=lambda check: check.__name__)
def test_loops_by_a_flag(check: Check) -> None:
    check()


@BUGS.caught_by(counted)
def a_flag_that_is_clear_is_taken_for_one_that_is_set(patch: Patch) -> None:
    def wrong(condition: Expr) -> Expr:
        right = compared(condition)
        found = isinstance(right, Apply) and right.op == "negate" and right is not condition
        return negate(right) if found else right

    patch.setattr(loops, "compared", wrong)


@BUGS.caught_by(counted)
def nobody_looks_behind_a_flag(patch: Patch) -> None:
    patch.setattr(loops, "compared", lambda condition: condition)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    must_catch(bug, monkeypatch, (AssertionError,))
