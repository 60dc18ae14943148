"""Exams: a seed draws the machine and nothing else; of no instruction of it are the definitions ambiguous; and what an
answer is shown by was run."""

import pytest

from proofs.runs.compare import compare
from proofs.terms.solving import Found
from proofs.verdict.verification import verify
from proofs.witness.finding import Witness, Witnesses
from tests.sizes import NIGHTLY
from trapline.labs.questions import exam as exams
from trapline.labs.questions.bodies import BODIES, BREAKS, HYBRID, KEEPS
from trapline.labs.questions.exam import drawn, exam, finding, is_plain, sensitive
from trapline.labs.questions.witness import of_culprit, of_privilege

STANDS = {KEEPS: (Found.YES, Found.YES), HYBRID: (Found.NO, Found.YES), BREAKS: (Found.NO, Found.NO)}
ALL = [(kind, body) for kinds in BODIES.values() for kind, bodies in kinds.items() for body in bodies]
FEW = ALL if NIGHTLY else ALL[::13]


@pytest.mark.parametrize(("kind", "body"), FEW)
def test_no_body_is_ambiguous_by_the_letter(kind: str, body: str) -> None:
    found = finding(body)
    assert is_plain(found)
    assert (found.theorem1, found.theorem3) == STANDS[kind]


@pytest.mark.parametrize(
    "body",
    [
        "x[d] <- bound",  # shows the extent alone: beyond the paper's letter
        "trap illegal(insn) when psw.mode == supervisor; x[d] <- x[a]",  # traps in the wrong mode
    ],
)
def test_what_is_ambiguous_is_known_to_be(body: str) -> None:
    assert not is_plain(finding(body))


def test_the_same_seed_draws_the_same_exam_and_another_another() -> None:
    assert drawn("alice", 2, 8) == drawn("alice", 2, 8)
    assert len({drawn(f"student {number}", 2, 8).text for number in range(20)}) == 20


@pytest.mark.nightly
def test_what_is_said_of_one_instruction_holds_in_the_whole_machine() -> None:
    for seed in ("alice", "bob"):
        whole = drawn(seed, 3, 8)
        verdict = verify(whole.isa, 300.0, 2)
        assert (verdict.theorem1, verdict.theorem3) == (whole.verdict.theorem1, whole.verdict.theorem3)
        for name, body in whole.bodies.items():
            alone, among = finding(body), verdict.finding(name)
            assert sensitive(alone.verdict) == sensitive(among.verdict), body
            assert (alone.verdict.privileged, alone.theorem1) == (among.verdict.privileged, among.theorem1), body


@pytest.mark.nightly
@pytest.mark.parametrize("body", [body for kind, body in ALL if kind != KEEPS])
def test_a_witness_differs_when_it_is_run_again(body: str) -> None:
    isa = exam({"q1": body}).isa
    found = Witnesses(isa, "exam", 20.0).against("q1")
    if isinstance(found, Witness):
        assert of_culprit(body) and not compare(found.setup(isa), 1000).equivalent
    else:
        assert of_culprit(body) == ""


def test_a_guest_in_user_mode_shows_privilege_and_the_lack_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "traps in user mode" in of_privilege("privileged(); timer <- x[a]")
    assert "does not trap" in of_privilege("x[d] <- base")
    planted = exams.finding("x[d] <- timer")  # a prover that takes the one for the other
    monkeypatch.setattr("trapline.labs.questions.witness.finding", lambda body: planted)
    assert of_privilege("privileged(); halted <- x[a][0]", "q2") == ""
