"""What the description calls `unknown` is any value, and no witness of anything by itself."""

import pytest

from isa.language import load_text
from isa.machines.catalogue import find
from proofs.definitions.classification import Classifier, Verdict, subject
from proofs.terms.solving import Found

G3 = find("g3")


def verdict(meaning: str) -> Verdict:
    isa = load_text(f'variant odd of g3 "One more." {{ add instr odd "d" D(0x90) {{ {meaning} }} }}', "odd")
    return Classifier(isa).verdict(subject(isa, "odd", isa.instructions["odd"].behaviour))


@pytest.mark.parametrize("meaning", ["x[d] <- unknown", "pc <- unknown; x[d] <- unknown + pc", "mem[5] <- unknown"])
def test_a_value_that_may_be_anything_is_innocuous(meaning: str) -> None:
    found = verdict(meaning)
    assert found.innocuous is Found.YES and found.sensitivity.extent is Found.NO
    assert found.privileged is Found.NO


def test_a_value_that_may_be_anything_in_one_mode_only_shows_the_mode() -> None:
    found = verdict("x[d] <- if psw.mode == user then unknown else 7")
    assert found.sensitivity.mode is Found.YES
    assert {found.sensitivity.location, found.sensitivity.resource, found.sensitivity.user} == {Found.NO}
    assert found.privileged is Found.NO and found.hybrid is Found.YES


@pytest.mark.parametrize("meaning", ["x[d] <- base | (unknown & 1)", "x[d] <- if unknown == timer then 1 else 2"])
def test_what_stays_visible_beside_it_is_found(meaning: str) -> None:
    assert verdict(meaning).sensitivity.user is Found.YES


def test_a_trap_that_may_come_is_no_guard() -> None:
    found = verdict(
        "let maybe : bits(1) = unknown; trap privileged(insn) when psw.mode == user && maybe == 1; x[d] <- psw"
    )
    assert found.privileged is Found.NO and found.virtualizable is Found.NO
