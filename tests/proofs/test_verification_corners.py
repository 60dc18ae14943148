"""Each of the fourteen traps of the definitions has an instruction or a machine here, with the verdict it must have."""

from functools import cache
from pathlib import Path

import pytest

from isa.description import Isa
from isa.machines.catalogue import find
from proofs.definitions.classification import UNASSIGNED, subjects
from proofs.definitions.machine_facts import CONTAINMENT, FETCH_FACT, STEADY_VIEW
from proofs.terms.solving import Found
from proofs.verdict.theorems import Finding, Kind, Verification
from proofs.verdict.verification import study
from tests.proofs.corner_verdicts import EXPECTED, observed
from tests.proofs.verdict_machines import verified_once

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

CORNERS = Path(__file__).parents[1] / "machines" / "corners.isa"


@cache
def machine(name: str) -> Isa:
    return find(f"{CORNERS}:{name}")


def verified(name: str) -> Verification:
    return verified_once(machine(name))


def studied(machine_name: str, name: str) -> Finding:
    return study(next(s for s in subjects(machine(machine_name)) if s.name == name), 20.0)


def facts(verification: Verification) -> dict[str, Found]:
    return {f.name: f.holds for f in verification.facts}


def test_every_corner_has_an_expected_verdict() -> None:
    assert list(EXPECTED) == [f.name for f in verified("corners").findings]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_corner_has_its_verdict(name: str) -> None:
    assert observed(verified("corners").finding(name)) == EXPECTED[name]


def test_culprits_are_those_that_break_theorem_1() -> None:
    found = verified("corners")
    assert [c.name for c in found.culprits] == [n for n, e in EXPECTED.items() if e.exact[0]]
    assert all(c.reason for c in found.culprits)
    assert (found.theorem1, found.theorem2, found.theorem3) == (Found.NO,) * 3
    assert (found.monitor, found.unknown) == (Kind.NEITHER, [])


def test_letter_and_exact_answer_are_compared_in_words() -> None:
    found = verified("corners")
    told = {f.name: f.difference for f in found.findings if f.difference}
    assert list(told) == ["rbound", "rsize", "early"]
    assert "shows the bound or the size" in told["rbound"] and "innocuous by the letter" in told["rsize"]
    assert "under a monitor it always traps" in told["early"]


def test_a_direct_step_that_goes_wrong_is_told() -> None:
    found = verified("corners")
    wrong = [n for n, e in EXPECTED.items() if e.exact[0]]
    assert [f.name for f in found.findings if f.exhibit] == wrong
    assert "bare it traps (odd)" in str(found.finding("hole").exhibit)
    assert "psw.mode becomes user bare, supervisor run directly" in str(found.finding("down").exhibit)


def test_an_access_outside_the_window_breaks_a_premise() -> None:
    found = next(f for f in verified("corners").facts if f.name == CONTAINMENT)
    assert (found.holds, found.where) == (Found.NO, ("around",))


# ---- machines in which one thing is different


def test_without_its_culprits_the_machine_is_virtualizable() -> None:
    found = verified("corners_quiet")
    assert (found.theorem1, found.theorem2, found.theorem3) == (Found.YES,) * 3
    assert (found.monitor, found.culprits, found.refused) == (Kind.TRAP_AND_EMULATE, [], "")
    assert set(facts(found).values()) == {Found.YES}


def test_unassigned_words_that_do_something_break_the_theorem() -> None:
    finding = studied("corners_open", UNASSIGNED)
    assert finding.verdict.virtualizable is Found.NO and finding.verdict.hybrid is Found.NO
    assert finding.verdict.sensitivity.resource is Found.YES


@pytest.mark.nightly
def test_relocation_that_differs_by_mode_breaks_it_though_every_class_is_fine() -> None:
    found = verified("corners_split")
    assert [name for name, holds in facts(found).items() if holds is Found.NO] == [STEADY_VIEW, FETCH_FACT]
    assert found.theorem1 is Found.NO and found.theorem3 is Found.YES  # a hybrid monitor needs the user's view alone
    assert "does not compose" in found.refused


def test_a_standing_assumption_fixes_a_bit_that_grants_privilege() -> None:
    free, fixed = studied("corners", "say").verdict, studied("corners_iopl", "say").verdict
    assert (free.privileged, free.partly, free.virtualizable) == (Found.NO, Found.YES, Found.NO)
    assert (fixed.privileged, fixed.virtualizable) == (Found.YES, Found.YES)


def test_the_partition_decides_what_a_read_of_the_enable_bit_is() -> None:
    assert studied("corners", "rie").verdict.sensitivity.resource is Found.YES
    assert studied("corners_plain", "rie").verdict.innocuous is Found.YES
    assert studied("corners_plain", "wie").verdict.innocuous is Found.YES
    assert studied("corners_plain", "quiet").verdict.sensitivity.mode is Found.YES  # now its silence shows
