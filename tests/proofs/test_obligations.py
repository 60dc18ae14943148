"""The monitor is proved for machines that satisfy Theorem 1, and for no others; and no proof is empty."""

from pathlib import Path

import pytest
import z3

from isa.description import Isa
from isa.errors import MachineError
from isa.language import load_text
from isa.machine.time import time_of
from isa.machines.catalogue import find
from monitor.core import Core
from monitor.techniques import TRAP
from proofs.definitions.assumptions import DEVICES, ENTRY, MONITOR, RESET
from proofs.definitions.pairs import fit_fact
from proofs.obligations.sampling import tried
from proofs.obligations.statements import MAP, NESTING, TIME, Obligation, difference_fact, obligations, topics
from proofs.terms.solving import Answer, Found
from proofs.verdict import proving
from proofs.verdict.proving import (
    Outcome,
    Proof,
    Refused,
    Undecided,
    decided,
    prove,
    require_admitted,
    required,
    smtlib,
)
from tests.machines_to_test import BY_DAY, G3, MACHINES, theorems_of
from tests.proofs import verdict_machines

pytestmark = [pytest.mark.slow, pytest.mark.long]

TIMEOUT = 60.0
X, Y = z3.BitVecs("x y", 8)
CULPRITS = {"g3_jrst": "jrst", "g3_sgdt": "rrel", "g3_popf": "setie"}


def outcomes_of(machine: str, topic: str) -> list[Outcome]:
    return outcomes_in(find(machine), topic)


def outcomes_in(isa: Isa, topic: str) -> list[Outcome]:
    law = time_of(isa)
    assert law is not None
    return [decided(o, TIMEOUT) for o in obligations(Core(isa), law, topic)]


@BY_DAY
def test_the_monitor_is_proved(name: str) -> None:
    proof = prove(MACHINES[name], 4 * TIMEOUT)
    assert [o for o in proof.outcomes if not o.proved] == []
    assert proof.holds and not proof.unknown
    assert {o.theorem for o in proof.outcomes} == theorems_of(MACHINES[name])
    assert {o.about for o in proof.of("direct")} == set(topics(MACHINES[name])) - {MAP, TIME, NESTING}


def test_what_is_assumed_is_proved_to_be_kept() -> None:
    """By everything that could break it, and that is all that is asked."""
    found = [o for topic in (MAP, "mret", "add") for o in outcomes_of("riscv_mu", topic)]
    assumed = [o for o in found if o.theorem == "assumption"]
    assert [o.about for o in assumed] == [RESET, ENTRY, DEVICES, MONITOR, "mret"]
    assert all(o.proved for o in assumed)


def test_an_instruction_may_be_guarded_for_some_operands_only() -> None:
    """Guarded unless its result is thrown away: it runs directly for that operand, and traps for all others."""
    guard = "trap privileged(insn) when psw.mode == user && d != 0"
    isa = load_text(f'variant some of g3 "d" {{ override instr rtim "d" D(0x84) "d" {{ {guard}; x[d] <- timer }} }}')
    assert [o.theorem for o in outcomes_in(isa, "rtim") if not o.proved] == []


@pytest.mark.parametrize(("machine", "name"), CULPRITS.items())
def test_a_culprit_refutes_the_direct_step_and_nothing_else_does(machine: str, name: str) -> None:
    isa = find(machine)
    suspects = {o.about: o for n in (name, "add", "lw") for o in outcomes_of(machine, n) if o.theorem == "direct"}
    assert {about for about, o in suspects.items() if o.refuted is not Found.NO} == {name}
    assert "psw" in dict(suspects[name].shown)
    law = time_of(isa)
    assert law is not None
    trials = [tried(o, 400) for o in obligations(Core(isa), law, name) if o.theorem == "direct"]
    assert trials[0].refuted, "the same is found on numbers"


def test_a_machine_that_fails_theorem_1_is_refused_with_the_culprit() -> None:
    with pytest.raises(Refused) as refusal:
        required(verdict_machines.machine("extents", "shows_size"), TIMEOUT, 0)
    assert "\n  qsz: " in refusal.value.message and refusal.value.exit_code == 1


def test_an_open_verdict_is_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    right = proving.verify
    monkeypatch.setattr(proving, "verify", lambda isa, timeout, *more: right(isa, 0.01, *more))
    with pytest.raises(Undecided) as refusal:
        required(G3, TIMEOUT)
    assert refusal.value.exit_code == 4


def test_whether_a_machine_is_admitted_has_a_limit_too() -> None:
    with pytest.raises(Undecided, match="stayed open"):
        require_admitted(G3, 0.001)
    require_admitted(G3, TIMEOUT)


def test_a_machine_that_no_monitor_takes_is_refused() -> None:
    step = "override step { timer <- timer - 2\n pc <- pc + 1\n execute mem[pc] else trap illegal(insn) }"
    with pytest.raises(MachineError, match="time law") as refusal:
        prove(load_text(f'variant fast of g3 "d" {{ {step} }}'), TIMEOUT)
    assert "by one each step" in refusal.value.help


# ---- no empty proofs


def test_an_obligation_with_impossible_hypotheses_is_not_proved() -> None:
    empty = Obligation("direct", "empty", (z3.ULT(X, Y), z3.ULT(Y, X)), X == Y)
    found = decided(empty, TIMEOUT)
    assert found.refuted is Found.NO and found.given is Found.NO and not found.proved


def test_an_obligation_that_should_be_empty_and_is_not_is_not_proved() -> None:
    claim = Obligation("direct", "full", (z3.ULT(X, Y),), X == Y, vacuous=True)
    assert decided(claim, TIMEOUT).refuted is Found.NO and not decided(claim, TIMEOUT).proved


def test_a_refuted_obligation_shows_its_state() -> None:
    found = decided(Obligation("direct", "wrong", (z3.ULT(X, 4),), X == 3), TIMEOUT)
    assert found.refuted is Found.YES and found.shown == (("x", "0x3"),)


def test_what_did_not_come_back_is_unknown() -> None:
    proof = prove(G3, 0.001, core=Core(G3))
    assert proof.unknown and not proof.holds
    assert all(o.why for o in proof.outcomes)


def test_an_undecided_obligation_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.obligations.deciding.exists", lambda conditions, timeout: Answer(Found.UNKNOWN))
    found = decided(Obligation("direct", "hard", (), X == Y), TIMEOUT)
    assert Proof(G3, TRAP, (found,)).unknown and not found.proved


# ---- hints and certificates


@pytest.mark.parametrize("width", [4, 16, 32])
def test_the_fact_about_differences_is_valid(width: int) -> None:
    solver = z3.SolverFor("QF_BV")
    solver.add(z3.Not(difference_fact(*z3.BitVecs("less more off taken", width))))
    assert solver.check() == z3.unsat


@pytest.mark.parametrize("width", [4, 16, 32])
def test_a_window_that_fits_admits_nothing_beyond_storage(width: int) -> None:
    solver = z3.SolverFor("QF_BV")
    solver.add(z3.Not(fit_fact(*z3.BitVecs("base bound size address", width))))
    assert solver.check() == z3.unsat


def test_a_certificate_is_a_script_of_its_own() -> None:
    text = smtlib(Obligation("quiet", "example", (z3.ULT(X, Y),), X == Y))
    assert text.startswith("; quiet: ") and "(set-logic QF_UFBV)" in text and text.rstrip().endswith("(check-sat)")
    assert len(z3.parse_smt2_string(text)) == 2


def test_an_export_writes_nothing_but_certificates(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    isa = verdict_machines.machine("leaks", "partly_guarded")
    assert proving.export(isa, folder) == len(list(folder.glob("*.smt2"))) == len(list(folder.iterdir())) > 0


def test_a_counter_that_stops_at_its_greatest_value_is_aged_rightly() -> None:
    """Parked below its limit it moves during a direct run, and the audit expects it there."""
    assert [o.about for o in outcomes_of("riscv", "addi") if not o.proved] == []
