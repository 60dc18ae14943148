"""A program that is run symbolically does what the machine does: every path, on numbers, against bare runs."""

import random

import pytest
import z3

from isa.assembler import assemble
from isa.engines.choice import bare
from isa.machine import Storage
from proofs.programs.code import Code
from proofs.programs.joining import Going
from proofs.programs.paths import Ending, Path, Paths
from proofs.programs.ranges import Ranges
from proofs.programs.state import Setting, State
from proofs.programs.values import lifted
from proofs.terms.symbolic import Memory, cells
from tests.machines_to_test import G3
from tests.planting import Bugs, Patch, Planted, must_catch

pytestmark = pytest.mark.every(2)

BUGS = Bugs()
IN, OUT = range(100, 103), range(104, 108)  # words that the program reads and writes
# Choices that meet again, one of them of the other kind of jump; a table; a loop; a timer, read and set on one way.
PROGRAM = """
        .org 16
start:  lw   r1, 100(r0)
        lw   r2, 101(r0)
        rtim r8
        bltu r1, r2, 1f
        sub  r1, r2, r1
        add  r2, r2, r2
1:      sw   r1, 104(r0)
        andi r3, r2, 3
        lw   r4, table(r3)
        jr   r4
one:    addi r2, r2, 7
two:    sw   r2, 105(r0)
        stim r1
        j    3f
three:  slli r2, r2, 2
3:      set  r5, 3
2:      add  r6, r6, r2
        addi r5, r5, -1
        bnez r5, 2b
        andi r7, r1, 3
        sw   r6, 104(r7)
        rtim r9
        add  r8, r8, r9
        sw   r8, 107(r0)
stop:   halt
table:  .word one, two, three, three
"""


def image_words() -> tuple[dict[int, int], int]:
    image = assemble(G3, PROGRAM)
    return dict(image.words()), image.symbols["stop"]


def paths() -> list[Path]:
    words, stop = image_words()
    symbols = {"window": (200, 2**32 - 1), "size": (12, 2**32 - 1), "whole": (200, 2**32 - 1)}
    start, size, whole = (z3.BitVec(name, 32) for name in symbols)
    given = [z3.ULE(start, whole), z3.ULE(size, whole - start), z3.UGE(start, 200), z3.UGE(whole, 200)]
    run = Paths(Code(G3), Setting(G3, 200, start, size, whole, Ranges(symbols)), given)
    scalars: dict[str, object] = dict.fromkeys((s.name for s in G3.scalars()), 0)
    scalars |= {"pc": 16, "bound": 2**32 - 1, "timer": z3.BitVec("timer", 32)}

    def initial(address: int) -> object:
        return z3.BitVec(f"word{address}", 32) if address in IN else words.get(address, 0)

    begin = State(scalars, {"x": [0] * 16}, initial, Memory(cells("guest", 32, 32)))
    return list(run.until(begin, frozenset({stop})))


def agree() -> None:
    """On random numbers, exactly one path is taken, and it leaves in storage what the machine does."""
    found, draw = paths(), random.Random(1)
    assert found and all(path.ending is Ending.THERE for path in found)
    assert len(found) < 4  # of 2 * 3 * 4 ways, which meet again
    for _ in range(12):
        words = [draw.choice((draw.getrandbits(32), draw.getrandbits(3))) for _ in IN]
        timer = draw.choice((0, 1, 5, 12, 20, 100, 2**31))
        numbers = [(z3.BitVec(f"word{a}", 32), z3.BitVecVal(w, 32)) for a, w in zip(IN, words, strict=True)]
        numbers.append((z3.BitVec("timer", 32), z3.BitVecVal(timer, 32)))
        taken = [p for p in found if all(z3.is_true(_number(c, numbers)) for c in p.conditions)]
        assert len(taken) == 1
        ours = [_number(lifted(taken[0].state.word(a), 32), numbers).as_long() for a in OUT]
        assert ours == _run(words, timer)


def _number(term: z3.ExprRef, numbers: list[tuple[z3.ExprRef, z3.ExprRef]]) -> z3.ExprRef:
    return z3.simplify(z3.substitute(term, *numbers))


def _run(words: list[int], timer: int) -> list[int]:
    on = bare(G3, Storage(32, 256))
    on.load(assemble(G3, PROGRAM))
    on.storage.write(IN[0], words)
    on.state["timer"] = timer
    on.run(100)
    return [on.storage.load(a) for a in OUT]


def test_paths_are_what_the_machine_does() -> None:
    agree()


@BUGS.caught_by(agree)
def joins_take_one_side(patch: Patch) -> None:
    patch.setattr("proofs.programs.joining.either", lambda guard, then, otherwise, width: then)


@BUGS.caught_by(agree)
def paths_are_not_joined(patch: Patch) -> None:
    patch.setattr("proofs.programs.paths.joined", lambda isa, one, other, apart: None)


@BUGS.caught_by(agree)
def time_stands_still(patch: Patch) -> None:
    patch.setattr(Paths, "age", lambda self, state: None)


@BUGS.caught_by(agree)
def a_way_is_forgotten(patch: Patch) -> None:
    whole = Paths._forked
    patch.setattr(Paths, "_forked", lambda self, one, pc: _first(whole(self, one, pc)))


def _first(went: Path | list[Going]) -> Path | list[Going]:
    return went if isinstance(went, Path) else went[:1]


@pytest.mark.parametrize("bug", [pytest.param(bug, id=bug.name) for bug in BUGS])
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
