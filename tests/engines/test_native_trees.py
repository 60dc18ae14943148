"""Trees: what of a region is in them, and bugs planted in what one part of a tree tells those that follow."""

from dataclasses import replace
from typing import Any

import pytest

from isa.assembler import assemble
from isa.engines.native import accesses
from isa.engines.native.groups import Group
from isa.engines.native.loops import counted
from isa.engines.native.regions import Region, discover
from isa.engines.native.registers import RegionValues
from isa.engines.native.summaries import Fetch, Summary
from isa.engines.native.text import TRUE
from isa.engines.native.translate import Translation
from isa.engines.native.trees import COPIES, LARGEST, Trees
from tests.engines.test_native_planted import FIRST, SIZE, agree
from tests.engines.test_native_regions import Regions
from tests.machines_to_test import G3
from tests.planting import Bugs, Check, Patch, Planted

pytestmark = pytest.mark.long

BUGS = Bugs()


class Later(Regions):
    """Regions of what has run a few times: both ways of each choice are in them."""

    heat, most = 6, 2


def region(source: str, hot: int = FIRST) -> Region:
    """The region at a pc of a program that begins at `FIRST`; all of it has run."""
    image = assemble(G3, f".org {FIRST}\n{source}\nstop: halt\n")
    words = {segment.address + n: word for segment in image.segments for n, word in enumerate(segment.words)}
    found = discover(G3, words.get, hot, words.__contains__, cap=1 << 10)
    assert found is not None
    return found


CALL = "1: call 2f\n addi r8, r8, -1\n bnez r8, 1b\n b stop\n"
LEAF = "2: add r7, r7, r8\n ret\n"
FRAME = "2: addi sp, sp, -2\n sw ra, 1(sp)\n sw r8, 0(sp)\n add r7, r7, r8\n lw ra, 1(sp)\n lw r8, 0(sp)\n"


@pytest.mark.parametrize("routine", (LEAF, FRAME + "addi sp, sp, 2\n ret\n"))
def test_a_routine_that_a_loop_calls_is_part_of_it_and_the_loop_is_counted(routine: str) -> None:
    tree = Trees(region(CALL + routine)).heads[FIRST]
    assert {FIRST + 1, FIRST + 4} < {placed.pc for placed in tree.line}
    assert not any(isinstance(event, Fetch) for event in tree.events)
    assert counted(FIRST, tree, {}) is not None


def test_what_comes_behind_a_loop_is_not_in_its_tree() -> None:
    found = region("set r5, 3\n1: lw r6, 0(r1)\n addi r1, r1, 1\n bne r6, r5, 1b\n add r7, r7, r1\n b stop\n")
    trees = Trees(found).heads
    assert {placed.pc for placed in trees[FIRST + 1].line} == {FIRST + 1, FIRST + 2, FIRST + 3}
    assert not trees[FIRST + 1].ways


def test_choices_one_after_the_other_are_not_in_trees_without_end() -> None:
    source = "".join(f"andi r2, r1, {n}\n beqz r2, 1f\n add r7, r7, r2\n1: addi r1, r1, 1\n" for n in range(1, 60))
    found = region(source + "b stop\n")
    parts = [part for tree in Trees(found).heads.values() for part in tree.parts()]
    assert len(found.code) < sum(len(part.own) for part in parts) <= (COPIES + 1) * len(found.code) + LARGEST


# ---- what is checked


def calls() -> None:
    """A recursive routine with a frame, in budgets that end everywhere."""
    source = "la sp, 9f\n set r1, 8\n call 2f\n b stop\n2: sltiu r2, r1, 2\n bnez r2, 3f\n addi sp, sp, -3\n"
    source += "sw ra, 2(sp)\n sw r8, 1(sp)\n sw r9, 0(sp)\n mov r8, r1\n addi r1, r1, -1\n call 2b\n mov r9, r1\n"
    source += "addi r1, r8, -2\n call 2b\n add r1, r1, r9\n lw ra, 2(sp)\n lw r8, 1(sp)\n lw r9, 0(sp)\n"
    agree(source + "addi sp, sp, 3\n3: ret\n .space 40\n9: nop\n", (200, *range(1, 40, 4), 3000), engine=Later)


def overwritten() -> None:
    """A routine stores over its return address, by another register, now and then."""
    source = "la r10, 4f\n la r11, 900\n1: call 2f\n addi r7, r7, 1\n4: addi r7, r7, 16\n addi r8, r8, -1\n"
    source += "bnez r8, 1b\n b stop\n2: sw ra, 0(r11)\n sw r10, 0(r9)\n xori r9, r9, 1\n lw ra, 0(r11)\n ret\n"
    agree(source, engine=Later, r8=40, r9=900)


def guarded_ways() -> None:
    """Only one of the ways from a choice goes further than the words that were let through, up to the bound."""
    source = "1: lw r6, 0(r1)\n add r7, r7, r6\n addi r1, r1, 1\n andi r2, r1, 3\n bnez r2, 2f\n lw r6, 4(r1)\n"
    source += "add r7, r7, r6\n2: lw r6, -2(r1)\n add r7, r7, r6\n b 1b\n"
    for bound in (SIZE - 1000, SIZE - 1001):
        agree(source, bound=bound, engine=Later, r1=bound - 60)


def code_on_a_way() -> None:
    """One of two ways stores into code, the other one beside it."""
    source = "la r1, 3f\n lw r2, 1(r1)\n lw r4, 0(r1)\n xor r4, r4, r2\n1: sw r8, -60(r1)\n andi r3, r8, 3\n"
    source += "bnez r3, 2f\n sw r2, 0(r1)\n xor r2, r2, r4\n2: addi r8, r8, -1\n3: addi r7, r7, 1\n addi r7, r7, 100\n"
    agree(source + "bnez r8, 1b\n", engine=Later, r8=40)


def neighbours() -> None:
    """Pairs of words, some of them in two lines, are stored where one of the lines is clean, or code."""
    source = "la r1, 3f\n1: addi r8, r8, -1\n add r2, r1, r8\n sw r7, 150(r2)\n sw r8, 152(r2)\n addi r7, r7, 5\n"
    source += "bnez r8, 1b\n add r2, r1, r9\n lw r3, 2(r1)\n lw r4, 0(r1)\n2: sw r4, 0(r2)\n sw r3, 2(r2)\n"
    source += "addi r2, r2, -1\n addi r9, r9, -1\n bnez r9, 2b\n sw r4, 0(r1)\n sw r3, 2(r1)\n set r8, 12\n"
    agree(source + "b 1b\n.space 9\n3: addi r7, r7, 1\n addi r7, r7, 2\n addi r7, r7, 3\n", engine=Later, r8=140, r9=70)


def taken_back() -> None:
    """A register is changed and taken back, and in between is a store that traps in the end."""
    source = "la r1, 2f\n1: addi r5, r5, 7\n lw r3, 0(r1)\n sw r8, 0(r3)\n addi r5, r5, -7\n addi r1, r1, 1\n b 1b\n"
    agree(source + "2: " + ".word 700\n" * 30 + ".word -1\n", engine=Later)


CHECKS = (calls, overwritten, guarded_ways, code_on_a_way, neighbours, taken_back)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_programs_agree(check: Check) -> None:
    check()


# ---- planted


@BUGS.caught_by(overwritten)
def a_word_stays_known_whatever_is_stored(patch: Patch) -> None:
    made = Summary._keep

    def keep(self: Summary, *stored: Any) -> None:
        before = self.stored
        made(self, *stored)
        self.stored = {**before, **self.stored}

    patch.setattr(Summary, "_keep", keep)


@BUGS.caught_by(guarded_ways)
def what_lies_on_one_root_is_let_through_together(patch: Patch) -> None:
    made = Group.has
    patch.setattr(Group, "has", lambda self, access: made(self, replace(access, address=self.first)))


@BUGS.caught_by(code_on_a_way)
def one_store_is_noted_for_all(patch: Patch) -> None:
    class Noted(set[Any]):
        def __contains__(self, access: object) -> bool:
            return len(self) > 0

    made = RegionValues.copy

    def copy(self: RegionValues) -> RegionValues:
        copied = made(self)
        copied.noted = Noted(self.noted)
        return copied

    patch.setattr(RegionValues, "copy", copy)


@BUGS.caught_by(neighbours)
def neighbours_are_stored_without_a_look(patch: Patch) -> None:
    patch.setattr(accesses, "claimed", lambda *a: TRUE)


@BUGS.caught_by(calls)
def what_follows_is_charged_a_step_too_few(patch: Patch) -> None:
    made = Translation._charged
    patch.setattr(Translation, "_charged", staticmethod(lambda part, taken: made(part, taken) - (part.first > 0)))


@BUGS.caught_by(taken_back)
def only_what_is_changed_in_the_end_is_written(patch: Patch) -> None:
    patch.setattr(Summary, "states", lambda self: iter((self.state,)))


@BUGS.caught_by(calls)
def the_steps_are_asked_for_one_part_alone(patch: Patch) -> None:
    patch.setattr(Translation, "_needed", staticmethod(lambda tree: len(tree.line)))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    bug.plant(monkeypatch)
    with pytest.raises(AssertionError):
        bug.check()
