"""What `prove` says of machines whose verdict was once wrong: an obligation is about the monitor, efficiency about what
is innocuous."""

from pathlib import Path

import pytest

from isa.language import load_text
from isa.machine.time import time_of
from monitor.core import Core
from monitor.techniques import TRAP
from proofs.obligations.deciding import decided
from proofs.obligations.statements import obligations
from proofs.terms.solving import Found
from proofs.verdict.proving import Proof, Refused, certificates, prove, required
from tests.proofs.verdict_machines import machine
from trapline.reports.proof import OUTSIDE, proof_facts, show_proof

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

CORNERS = Path(__file__).parents[1] / "machines" / "corners.isa"
EARLY = """variant early of corners_quiet "Traps while the timer is off, as a monitor always has it." {
  add instr early "d" D(0x27) { trap odd(insn) when timer == 0; r[d] <- 1 }
}
"""


def test_an_instruction_that_is_guarded_where_it_matters_is_proved_whole() -> None:
    proof = prove(machine("leaks", "partly_guarded"), workers=0)
    assert proof.holds and [o.about for o in proof.of("efficiency")].count("pa") == 1
    assert {o.theorem for o in proof.outcomes if o.about == "pa"} >= {
        "direct",
        "timely",
        "frame",
        "audit",
        "efficiency",
    }


def test_efficiency_is_not_claimed_of_what_is_sensitive_and_always_traps(capsys: pytest.CaptureFixture[str]) -> None:
    isa = load_text(CORNERS.read_text() + EARLY, "early")
    scope = required(isa, 60.0, 0)
    assert scope.unclaimed == {"early"}
    proof = prove(isa, workers=0, scope=scope)
    assert proof.holds and "early" not in [o.about for o in proof.of("efficiency")]
    assert not any("efficiency-early" in name for name, _ in certificates(isa, scope))
    show_proof(proof, 0.0)
    assert "so that efficiency is not claimed of them: early" in " ".join(capsys.readouterr().out.split())
    assert proof_facts(proof)["efficiency_not_claimed"] == ["early"]


def test_claimed_of_it_efficiency_would_be_refuted() -> None:
    isa = load_text(CORNERS.read_text() + EARLY, "early")
    time = time_of(isa)
    assert time is not None
    asked = [o for o in obligations(Core(isa), time, "early") if o.theorem == "efficiency"]
    assert [decided(o, 20.0).refuted for o in asked] == [Found.YES]


def test_what_a_trap_loses_is_no_obligation_and_the_report_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    isa = machine("leaks", "clobber")
    with pytest.raises(Refused, match=r"trap entry fails: x: x\[1\] is lost"):
        required(isa, 60.0, 0)
    show_proof(Proof(isa, TRAP, ()), 0.0)
    assert OUTSIDE in " ".join(capsys.readouterr().out.split())
