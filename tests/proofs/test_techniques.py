"""Which techniques `verify` calls right: on small machines that differ by a line, and what a guest must keep to."""

from dataclasses import replace
from pathlib import Path

import pytest

from isa.encoding import decoder, spare_words
from isa.language import load_text
from isa.machines.catalogue import find, shipped
from monitor.techniques import TECHNIQUES
from proofs.terms.solving import Found
from proofs.verdict import techniques
from proofs.verdict.conditions import ALWAYS, IN_USER_MODE
from proofs.verdict.repair import repair
from proofs.verdict.techniques import PARAVIRTUAL, PATCH, judged, judgement
from proofs.verdict.theorems import Refusal, Verification
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.proofs.verdict_machines import SHORT, verified_once

MACHINES = Path(__file__).parents[1] / "machines"
SMALL = (MACHINES / "small.isa").read_text()
PLUS = 'instr plus   "d, a" F(1) { r[d] <- r[d] + r[a] }'
PEEK = 'instr peek "d, a" F(2) { r[d] <- r[a] + base }'
DOWN = 'instr down "d, a" F(3) { r[d] <- r[a]; mode <- user }'
CALL = 'instr call "d, a" F(4) { trap illegal(insn) }'
ASK = 'instr ask "d, a" F(5) { trap illegal(insn) when mode == user }'
FORMAT = 'operand reg : bits(2) "r%d"\nformat F(op) = op:8 d:reg a:reg 0:4\n'
WIDE = FORMAT, "operand number : bits(16)\nformat G() = n:number\n"
EVERY_WORD = 'instr all "n" G() { r[1] <- n + base }'
SILENT = "else trap illegal(insn)", "else { r[0] <- 0 }"
FORGETFUL = "storage[2] <- base; ", ""


def text_of(*instructions: str, change: tuple[str, str] = ("", "")) -> str:
    return SMALL.replace(PLUS, "\n".join(instructions)).replace(*change)


def machine(*instructions: str, change: tuple[str, str] = ("", "")) -> Verification:
    return verified_once(load_text(text_of(*instructions, change=change), "small"))


def answers(found: Verification) -> str:
    """Of trap, hybrid, interpret, patch and paravirtual."""
    return "".join(SHORT[j.right] for j in judged(found))


@pytest.mark.parametrize(
    ("instructions", "change", "expected"),
    [
        ([PEEK, CALL], ("", ""), "nnyyy"),
        ([DOWN, ASK], ("", ""), "nyyyn"),  # a privileged instruction is no call
        ([DOWN, CALL], SILENT, "nyyny"),  # no word is left that always traps
        ([EVERY_WORD], WIDE, "nnynn"),
        ([DOWN, CALL], FORGETFUL, "nnynn"),
        ([PLUS], ("", ""), "yyyyy"),
        ([PLUS, PEEK], ("", ""), "nnyyn"),
        ([DOWN, CALL], ("", ""), "nyyyy"),
        ([PLUS], FORGETFUL, "nnynn"),
    ],
)
def test_what_a_machine_has_decides(instructions: list[str], change: tuple[str, str], expected: str) -> None:
    assert answers(machine(*instructions, change=change)) == expected


def test_a_technique_says_what_it_takes_out_and_what_it_assumes() -> None:
    found = machine(PEEK, DOWN, CALL)
    trap, hybrid, interpret, patch, paravirtual = judged(found)
    assert (trap.culprits, hybrid.culprits, patch.culprits) == (("peek", "down"), ("peek",), ("peek", "down"))
    assert "not kept by peek down" in trap.why and "Theorem 3 fails: not kept by peek" in hybrid.why
    assert patch.assumes == TECHNIQUES[PATCH].assumes != () and not interpret.assumes
    assert "(0x0), which traps" in patch.instead and paravirtual.instead == "`call`, which traps in both modes"
    assert not judgement(verified_once(find(str(MACHINES / "small.isa"))), PATCH).assumes


def test_what_stayed_open_leaves_techniques_open() -> None:
    found = machine(PEEK, CALL)
    unassigned = found.finding("(unassigned)")
    assert unassigned.exact
    open_ = replace(unassigned, exact=replace(unassigned.exact, runs=Found.UNKNOWN))
    findings = (*found.findings[:-1], open_)
    assert judgement(replace(found, findings=findings), PATCH).right is Found.UNKNOWN
    refused = replace(found, refusal=Refusal("it is odd"))
    for technique in (PATCH, PARAVIRTUAL):
        assert judgement(refused, technique).right is Found.UNKNOWN
        assert "our monitor refuses it: it is odd" in judgement(refused, technique).why


def test_guards_for_a_hybrid_monitor_are_fewer() -> None:
    found, around = machine(PEEK, DOWN, CALL), text_of(PEEK, DOWN, CALL)
    both, one = (repair(found, around, workers=0, condition=c) for c in (ALWAYS, IN_USER_MODE))
    assert (both.guarded, one.guarded) == (("peek", "down"), ("peek",))
    assert one.verification and (one.holds, one.verification.theorem1) == (Found.YES, Found.NO)
    assert repair(machine(DOWN, ASK), "", condition=IN_USER_MODE).guarded == ()


def test_guards_mend_no_trap_entry_for_a_hybrid_monitor_either() -> None:
    broken = repair(machine(DOWN, CALL, change=FORGETFUL), "", condition=IN_USER_MODE)
    assert (broken.text, broken.holds) == ("", Found.NO)
    assert broken.obstacles[0].startswith("the trap entry, which no guard changes: base")


# ---- bugs


BUGS = Bugs()


def an_instruction_without_room_for_doubt() -> None:
    assert answers(machine(DOWN, ASK)) == "nyyyn"


def words_that_do_nothing() -> None:
    assert answers(machine(DOWN, CALL, change=SILENT)) == "nyyny"


def a_trap_that_loses_something() -> None:
    assert answers(machine(DOWN, CALL, change=FORGETFUL)) == "nnynn"


@BUGS.caught_by(an_instruction_without_room_for_doubt)
def whatever_traps_sometimes_is_a_call(patch: Patch) -> None:
    patch.setattr(techniques, "always_traps", lambda instruction: bool(instruction.behaviour.traps))


@BUGS.caught_by(words_that_do_nothing)
def any_word_that_is_no_instruction_traps(patch: Patch) -> None:
    patch.setattr(techniques, "_trapping_word", lambda v: (Found.YES, "a word"))


@BUGS.caught_by(a_trap_that_loses_something)
def culprits_are_all_that_is_wrong(patch: Patch) -> None:
    patch.setattr(Verification, "without_culprits", Found.YES)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_in_what_is_said_of_techniques_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


# ---- shipped machines


@pytest.mark.nightly
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_machine_has_its_techniques(name: str) -> None:
    """Where a theorem fails, culprits can be taken out: each has words that trap, and a call."""
    found = verified_once(find(name))
    assert decoder(found.isa).find(next(spare_words(found.isa))) is None
    expected = SHORT[found.theorem1] + SHORT[found.theorem3] + "yyy"
    assert answers(found) == expected and "?" not in expected
