"""Bugs planted in the translator of regions, each caught by a small program of G3 that is after it."""

from dataclasses import replace
from typing import Any

import pytest

from isa.assembler import assemble
from isa.engines.native import loops, rounds, translate
from isa.engines.native.accesses import Accesses
from isa.engines.native.rounds import Rounds
from isa.engines.native.shapes import Place, Shapes
from isa.engines.native.summaries import Summary
from isa.engines.native.text import TRUE, number
from isa.engines.native.translate import Translation
from isa.engines.reference.blocks import Translator
from isa.engines.reference.steps import Steps
from isa.ir.nodes import Expr
from isa.machine import Machine, Storage
from tests.engines.test_native_regions import Regions, dirty
from tests.isa.test_engine_programs import Stepping, ran
from tests.machines_to_test import G3
from tests.planting import Bugs, Check, Patch, Planted

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

SIZE, FIRST = 5000, 300
BUGS = Bugs()


class Eager(Regions):
    heat, most = 1, 4


def agree(
    source: str,
    budgets: tuple[int, ...] = (3000,),
    bound: int = SIZE,
    engine: type[Regions] = Eager,
    **registers: int,
) -> None:
    """Run a program from `FIRST` on in both engines, twice: where it is, and 1000 words further on. A trap ends it."""
    whole = f".org 8\n.word stop, 0, 0, {SIZE}\n.org {FIRST}\n{source}\nstop: halt\n"
    image = assemble(G3, whole)
    for base in (0, 1000):
        native, stepped = (Machine(G3, Storage(32, SIZE), engine=each) for each in (engine, Stepping))
        for machine in (native, stepped):
            machine.load(image)
            for at in range(FIRST, FIRST + 200):
                machine.storage.store(at + 1000, machine.storage.load(at))
            machine.state["x"] = [registers.get(f"r{n}", 0) for n in range(16)]
            machine.state["base"], machine.state["bound"] = base, bound
            machine.state["pc"], machine.state["timer"] = FIRST, 2000
        assert ran(native, budgets) == ran(stepped, budgets)
        assert dirty(native) == dirty(stepped)
        assert isinstance(native.engine, engine) and native.engine.taken > 10


# ---- what is checked


def budgets() -> None:
    """A loop that counts nothing, stopped after every number of steps."""
    source = "1: lw r6, 0(r1)\n addi r1, r1, 1\n add r7, r7, r6\n bne r6, r5, 1b\n"
    agree(source, (*range(1, 30), 3000), r1=200, r5=1)


def traps() -> None:
    """An address that is loaded is refused in the middle of a block."""
    source = "la r1, 2f\n1: addi r7, r7, 1\n lw r2, 0(r1)\n xori r5, r7, 20\n lw r3, 0(r2)\n addi r1, r1, 1\n"
    agree(source + "bne r5, r0, 1b\n b stop\n2: .word 1, 2, 3, 4, 5, 6, 7, 70000, 8\n")


def bounds() -> None:
    """Accesses side by side run into the bound, into the end of storage, and down through zero."""
    source = "1: lw r6, 2(r1)\n add r7, r7, r6\n lw r5, 5(r1)\n add r1, r1, r9\n add r7, r7, r5\n beq r0, r0, 1b\n"
    for bound in (FIRST + 300, SIZE - 1000, SIZE - 1, SIZE, 0xFFFFFFFF):
        agree(source, bound=bound, r1=min(bound, SIZE - 1000) - 40, r9=1)
    agree(source, r1=20, r9=-1)


def relocation() -> None:
    source = "1: lw r6, 0(r1)\n sw r7, 40(r1)\n addi r1, r1, 1\n addi r7, r7, 3\n blt r6, r5, 1b\n"
    agree(source, (40, 3000), bound=2000, r1=600, r5=1)


def code() -> None:
    """A loop changes an instruction of its own; a counted one runs over what comes behind it."""
    source = "la r1, 3f\n lw r2, 1(r1)\n1: addi r8, r8, -1\n xori r3, r8, 8\n bne r3, r0, 2f\n sw r2, 0(r1)\n"
    agree(source + "2: nop\n3: addi r7, r7, 1\n addi r7, r7, 100\n bne r8, r0, 1b\n", r8=20)
    source = "1: addi r8, r8, 1\n la r1, 3f\n sub r1, r1, r9\n set r5, 20\n2: sw r2, 0(r1)\n addi r1, r1, 1\n"
    source += "addi r5, r5, -1\n bne r5, r0, 2b\n b 3f\n .space 30\n3: addi r7, r7, 1\n addi r7, r7, 2\n"
    agree(source + "addi r9, r9, -2\n bne r9, r0, 1b\n", r9=30, r2=0x01000000)


def beside_code() -> None:
    """A loop stores two words at a time, up to one of code in the same line, and changes that each time."""
    source = "1: la r1, 3f\n lw r2, 0(r1)\n addi r2, r2, 1\n addi r1, r1, -9\n set r5, 8\n"
    source += "2: sw r2, 0(r1)\n sw r2, 2(r1)\n addi r1, r1, 1\n xori r3, r5, 4\n bne r3, r0, 4f\n"
    source += "addi r7, r7, 5\n4: addi r5, r5, -1\n bne r5, r0, 2b\n b 3f\n .space 12\n"
    agree(source + "3: addi r7, r7, 1\n addi r8, r8, -1\n bne r8, r0, 1b\n", r8=20)


def lines() -> None:
    """Counted loops that store into few lines and into many."""
    source = "1: sw r5, 0(r1)\n add r1, r1, r9\n addi r5, r5, -1\n bne r5, r0, 1b\n"
    for stride in (1, 64, 100, -30):
        agree(source.replace("add r1, r1, r9", f"addi r1, r1, {stride}"), r1=2500, r5=24)
        agree(source, r1=2500, r5=24, r9=stride)


def rounds_of_all_tests() -> None:
    """Counted loops, of every kind of test, in pieces and up to the bound."""
    for test in ("bltu r1, r5", "blt r1, r5", "bgeu r5, r1", "bge r5, r1", "bne r1, r5"):
        source = f"set r8, 4\n1: mov r1, r2\n2: lw r6, 0(r1)\n add r7, r7, r6\n addi r1, r1, 1\n {test}, 2b\n"
        source += "addi r8, r8, -1\n bne r8, r0, 1b\n"
        agree(source, (50, 7, 60, 3000), r2=400, r5=460)
        for end in (SIZE - 1000, SIZE - 997):
            agree(source, (50, 200, 3000), r2=SIZE - 1040, r5=end)


def wrapped() -> None:
    """Counters that jump over the end of all numbers."""
    source = "set r8, 4\n1: mov r1, r2\n2: addi r7, r7, 5\n addi r1, r1, 7\n bltu r1, r5, 2b\n"
    source += "addi r8, r8, -1\n bne r8, r0, 1b\n"
    agree(source, r2=0xFFFFFF00, r5=0xFFFFFFFE)
    agree(source.replace("bltu", "blt"), r2=0x7FFFFF00, r5=0x7FFFFFFE)
    agree(source.replace("bltu", "blt"), r2=0xFFFFFF80, r5=90)
    agree(source.replace("bltu", "blt"), r2=90, r5=0xFFFFFF80)
    agree(source.replace("addi r1, r1, 7", "addi r1, r1, -7").replace("bltu r1, r5", "blt r5, r1"), r2=90, r5=-50)


def constant_rounds() -> None:
    """A number of rounds that would be constant but for a jump past where it is set."""
    source = "1: set r5, 20\n bne r9, r0, 2f\n set r5, 30\n2: add r7, r7, r5\n addi r5, r5, -1\n bne r5, r0, 2b\n"
    agree(source + "xori r9, r9, 1\n addi r8, r8, -1\n bne r8, r0, 1b\n", (400, 3, 3000), r8=9)


def time() -> None:
    """An instruction that sees the timer."""
    agree("1: add r7, r7, r6\n rtim r6\n addi r8, r8, -1\n bne r8, r0, 1b\n", r8=60)


def spinning() -> None:
    """An instruction that comes back to itself in the end."""
    agree("1: addi r5, r5, -1\n sltu r6, r5, r9\n2: bne r6, r0, 2b\n beq r0, r0, 1b\n", (40, 9, 3000), r5=60, r9=9)


def doubling() -> None:
    """An address that is a sum of itself a hundred times over: more ways through it than could ever be gone."""
    agree("1: " + "add r1, r1, r1\n" * 100 + "lw r6, 0(r1)\n addi r5, r5, -1\n bne r5, r0, 1b\n", r5=20)


CHECKS = (
    doubling,
    budgets,
    traps,
    bounds,
    relocation,
    code,
    lines,
    rounds_of_all_tests,
    wrapped,
    constant_rounds,
    time,
    spinning,
    beside_code,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_programs_agree(check: Check) -> None:
    check()


# ---- planted


@BUGS.caught_by(budgets)
def a_tree_asks_for_a_step_too_few(patch: Patch) -> None:
    made = Translation._needed
    patch.setattr(Translation, "_needed", staticmethod(lambda tree: made(tree) - 1))


@BUGS.caught_by(traps)
def a_step_too_many_is_given_back(patch: Patch) -> None:
    made = Translation._charged
    patch.setattr(
        Translation, "_charged", staticmethod(lambda part, taken: made(part, taken) - (taken < len(part.line)))
    )


@BUGS.caught_by(traps, budgets)
def a_register_is_not_written_back(patch: Patch) -> None:
    made = Translation.__init__

    def forgetful(self: Translation, region: Any) -> None:
        made(self, region)
        self.changed.remove(("x", 7))

    patch.setattr(Translation, "__init__", forgetful)


@BUGS.caught_by(traps)
def what_changed_in_the_block_is_lost_in_the_middle(patch: Patch) -> None:
    made = Translation._middle
    patch.setattr(
        Translation, "_middle", lambda self, of, event, known: made(self, of, replace(event, state={}), known)
    )


@BUGS.caught_by(relocation)
def a_base_is_left_out(patch: Patch) -> None:
    patch.setattr(Accesses, "origin", lambda self, room: number(64, 0))


@BUGS.caught_by(bounds)
def a_bound_is_off_by_one(patch: Patch) -> None:
    made = Accesses._limit
    patch.setattr(Accesses, "_limit", lambda self, *a: self.text.add(made(self, *a), number(32, 1)))


@BUGS.caught_by(bounds)
def neighbours_are_not_counted(patch: Patch) -> None:
    patch.setattr(Accesses, "_shortened", lambda self, limit, span: limit)


@BUGS.caught_by(code)
def stores_into_code_are_missed(patch: Patch) -> None:
    patch.setattr(Accesses, "note", lambda self, index, away: None)


@BUGS.caught_by(code, lines)
def loops_claim_whatever_they_like(patch: Patch) -> None:
    patch.setattr(rounds, "claimed", lambda *a: TRUE)


@BUGS.caught_by(rounds_of_all_tests)
def a_loop_goes_round_once_too_often(patch: Patch) -> None:
    made = Rounds._wanted
    patch.setattr(Rounds, "_wanted", lambda self: self.text.add(made(self), number(64, 1)))


@BUGS.caught_by(rounds_of_all_tests)
def a_loop_does_not_look_at_its_steps(patch: Patch) -> None:
    patch.setattr(Rounds, "_granted", lambda self, wanted, left: wanted)


@BUGS.caught_by(rounds_of_all_tests)
def only_the_first_round_is_let_through(patch: Patch) -> None:
    made = Rounds._let_through
    patch.setattr(Rounds, "_let_through", lambda self, found: made(self, number(64, 1)))


@BUGS.caught_by(wrapped)
def nothing_ever_wraps(patch: Patch) -> None:
    patch.setattr(Rounds, "_within", lambda self, last, test: None)


@BUGS.caught_by(wrapped)
def signed_numbers_are_compared_without_their_sign(patch: Patch) -> None:
    made = loops._order
    patch.setattr(loops, "_order", lambda op, *a: replace(found, signed=False) if (found := made(op, *a)) else None)


@BUGS.caught_by(rounds_of_all_tests)
def at_most_is_taken_for_less(patch: Patch) -> None:
    made = loops._order
    patch.setattr(loops, "_order", lambda op, *a: replace(found, equal=False) if (found := made(op, *a)) else None)


@BUGS.caught_by(constant_rounds)
def the_first_way_in_decides_what_is_constant(patch: Patch) -> None:
    made = loops.known_before

    def first(trees: dict[int, Summary], pc: int) -> dict[Place, Expr]:
        parts = (replace(part, ways={}) for at, tree in trees.items() if at != pc for part in tree.parts())
        return next(filter(None, (made({-1: part, pc: trees[pc]}, pc) for part in parts)), {})

    patch.setattr(translate, "known_before", first)


@BUGS.caught_by(time)
def every_instruction_is_plain(patch: Patch) -> None:
    patch.setattr(Translator, "plain", lambda self, name: True)
    patch.setattr(Shapes, "shape", Shapes._shape)
    patch.setattr(Shapes, "placed", Shapes._place)


@BUGS.caught_by(spinning)
def nothing_spins(patch: Patch) -> None:
    patch.setattr(Steps, "spin_condition", lambda self, instruction: None)
    patch.setattr(Shapes, "shape", Shapes._shape)
    patch.setattr(Shapes, "placed", Shapes._place)


@BUGS.caught_by(beside_code)
def stores_side_by_side_into_code_are_missed(patch: Patch) -> None:
    patch.setattr(Accesses, "_made", lambda self, first, group: number(8, 0))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    bug.plant(monkeypatch)
    with pytest.raises(AssertionError):
        bug.check()
