"""What every step does, judged: each machine of tests/machines/prologues.isa has its verdict.

A prologue that shows or moves what is parked fails every theorem that it bears on. One that our monitor cannot time is
refused, and the theorem left open, since that is no failure of the theorem.
"""

import re

import pytest

from proofs.terms.solving import Found
from proofs.verdict.repair import repair
from proofs.verdict.theorems import Kind
from tests.proofs.verdict_machines import Expected, detail, observed, small_text, verified

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(3)]

NO_LAW = "has a shape whose time law is not known"
UNTIMED = Expected("nn", "nn", Kind.NEITHER, (), ("prologue",), NO_LAW)
EXPECTED = {
    "lost_tick": Expected("nn", "nn", Kind.NEITHER, ("tl",)),
    "set_or_keep": Expected("nn", "nn", Kind.NEITHER, ("sk",)),
    "step_count": Expected("yy", "yy", Kind.TRAP_AND_EMULATE),
    "step_base": UNTIMED,
    "step_timer": UNTIMED,
    "step_size": UNTIMED,
    "step_up": UNTIMED,
    "step_enable": Expected("nn", "nn", Kind.NEITHER, (), ("prologue",)),
    "step_status": Expected("ny", "ny", Kind.HYBRID, (), ("prologue",)),
    "step_mode": Expected("??", "yy", Kind.UNKNOWN, (), (), "it moves psw.mode, which decides the mode"),
    "step_trap": Expected("ny", "yy", Kind.HYBRID, ("wl",)),
}
LIKE = {"set_or_keep", "step_timer", "step_size"}  # others here


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.nightly if n in LIKE else ()) for n in EXPECTED])
def test_what_every_step_does_has_its_verdict(name: str) -> None:
    assert observed(verified("prologues", name), EXPECTED[name]) == EXPECTED[name]


@pytest.mark.nightly
@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_with_all_instructions(name: str) -> None:
    assert observed(verified("prologues", name, small=False), EXPECTED[name]) == EXPECTED[name]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("step_base", "last becomes "),
        ("step_enable", "last becomes 1 bare, 0 run directly"),
        ("step_status", "last becomes 0 bare, 1 run directly"),
        ("step_up", "the audit finds something changed"),
    ],
)
def test_a_prologue_that_goes_wrong_is_shown(name: str, said: str) -> None:
    assert detail(verified("prologues", name), "prologue").startswith(said)


def test_an_instruction_answers_for_its_step_and_not_for_what_every_step_does() -> None:
    found = verified("prologues", "lost_tick").finding("tl")
    assert found.verdict.sensitivity.resource is Found.YES
    shown = r"the next interrupt comes at another step|timer becomes \w+ bare, \w+ run directly"
    assert re.search(shown, str(found.exhibit))  # by the state that the solver chooses
    assert all(f.theorem1 is Found.YES for f in verified("prologues", "step_enable").findings)


def test_a_guard_mends_what_undoes_the_tick_and_none_mends_a_prologue() -> None:
    mended, not_mended = (
        repair(verified("prologues", name), small_text("prologues"), workers=0) for name in ("lost_tick", "step_base")
    )
    assert (mended.guarded, mended.holds) == (("tl",), Found.YES)
    assert (not_mended.guarded, not_mended.holds) == ((), Found.NO)
    assert not_mended.obstacles[0].startswith("our monitor refuses it: the prologue of step_base has a shape")
    assert not_mended.obstacles[1].startswith("the prologue, which no guard changes: last becomes ")
