"""A certificate is confirmed by either solver, and refused as soon as anything in it is not as it was.

The planted bugs: a forged answer, a forged verdict, a question left out, one added, another description, and a
definition that was changed since. Each is one change of a certificate or of the code, and each is found.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from subprocess import run
from sys import executable
from typing import Any

import pytest
import z3

from isa.description import Isa
from isa.machine.identity import meaning_digest
from isa.machines.catalogue import find, shipped
from proofs.certificates.certificate import (
    BadCertificate,
    Certificate,
    Claims,
    certificate,
    certified,
    questions,
    written,
)
from proofs.certificates.questions import MEANINGS, Claim, Question, exported, recorded
from proofs.certificates.recheck import Recheck, recheck
from proofs.certificates.scripts import digest
from proofs.certificates.second_solver import Judge, by_z3
from proofs.definitions.classification import Classifier
from proofs.terms.solving import Found
from proofs.verdict.theorems import Kind
from proofs.verdict.verification import TIMEOUT, jobs, verify
from tests.sizes import SECOND_OPINION

cvc5 = pytest.importorskip("cvc5", reason="the second solver is part of the test extra")
from proofs.certificates.second_solver import by_cvc5  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.long]

CORNERS = Path(__file__).parents[1] / "machines" / "corners.isa"
ROOT = Path(__file__).parents[2]
SPREAD = 8  # questions of each answer in the quick profile


def quiet() -> Isa:
    return find(f"{CORNERS}:corners_quiet")


def small() -> Isa:
    """As quickly asked as may be: a certificate is refused for what it is, not for how much it has."""
    return find(str(CORNERS.parent / "small.isa"))


@cache
def made(of: Callable[[], Isa] = small) -> tuple[Certificate, dict[str, Any]]:
    found, parts = certified(of(), TIMEOUT)
    return certificate(found, parts), dict(questions(parts))


def checked(claimed: Certificate, isa: Isa | None = None, judge: Judge = by_z3) -> Recheck:
    return recheck(claimed, isa or small(), judge, TIMEOUT)


def silent(script: str, timeout: float) -> str:
    """A solver that knows nothing: what is found all the same needs none."""
    return "unknown (TIMEOUT)"


def with_questions(about: str, change: Callable[[tuple[Claim, ...]], tuple[Claim, ...]]) -> Certificate:
    """The certificate with the questions of one part changed."""
    whole = made()[0]
    parts = (replace(p, questions=change(p.questions)) if p.about == about else p for p in whole.parts)
    return replace(whole, parts=tuple(parts))


@cache
def asked() -> list[Question]:
    """Questions of g3 and of the corners, each once."""
    some = ("(trap_entry)", "(fetch)", "(of_nesting)", "lw", "sw", "rpsw")
    parts = [recorded(job)() for about, job in jobs(find("g3"), 20.0).items() if about in some]
    listed = [*(part.questions for part in parts), *made(quiet)[1].values()]
    return list({q.script: q for part in listed for q in part}.values())


# ---- confirmed


def test_a_certificate_is_confirmed_and_gives_the_verdict_of_verify() -> None:
    found = checked(made(quiet)[0], quiet())
    assert found.holds is Found.YES and found.confirmed > 50 and not found.unclaimed
    same = verify(quiet(), workers=0)
    assert (found.found.theorem1, found.found.monitor) == (same.theorem1, same.monitor)
    assert found.found.letter == same.letter


def test_the_second_solver_confirms_a_spread_of_answers_of_both_kinds() -> None:
    for answer in (Found.YES, Found.NO):
        chosen = [q for q in asked() if q.answer is answer]
        told = {q.asks: by_cvc5(q.script, 5.0) for q in chosen[:: max(1, len(chosen) // SPREAD)][:SPREAD]}
        wrong = {"sat": Found.NO, "unsat": Found.YES}
        assert not {asks: said for asks, said in told.items() if wrong.get(said) is answer}
        assert len([said for said in told.values() if said in wrong]) >= len(told) - 2


@pytest.mark.nightly
@pytest.mark.parametrize("name", shipped())
def test_the_second_solver_contradicts_no_answer_of_a_shipped_machine(name: str) -> None:
    isa = find(name)
    found, parts = certified(isa, TIMEOUT)
    again = recheck(certificate(found, parts), isa, by_cvc5, SECOND_OPINION)
    assert not again.contradicted and not again.forged
    assert len(again.open) <= again.confirmed // 10, again.open


@pytest.mark.nightly
def test_a_certificate_is_the_same_whatever_was_asked_before() -> None:
    """Another process, one worker, another order of everything that hashes: the terms get other numbers."""
    text = (
        "from isa.machines.catalogue import find; from proofs.certificates.certificate import *\n"
        "from proofs.verdict.verification import verify\n"
        f"verify(find({str(CORNERS.parent / 'small.isa')!r}), workers=0); isa = find({f'{CORNERS}:corners_quiet'!r})\n"
        "print(written(certificate(*certified(isa, 120, 0))), end='')"
    )
    said = run([executable, "-c", text], capture_output=True, text=True, env={"PYTHONHASHSEED": "7"}, cwd=ROOT)
    assert said.stdout == written(made(quiet)[0]), said.stderr


def test_every_question_has_a_meaning_and_a_name_of_its_own() -> None:
    files = list(exported("quiet", made(quiet)[1]))
    distinct = {q.script for part in made(quiet)[1].values() for q in part}
    assert len({name for name, _ in files}) == len(distinct) == len(files)
    assert {q.asks.rpartition(": ")[2] for q in asked()} <= set(MEANINGS)
    for _, text in files:
        head, body = text.splitlines()[:5], text.split("\n", 5)[5]
        assert digest(body) in head[3] and head[4].startswith("(set-info :status ")


# ---- refused


def flipped(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """The last answer turned round, so that no other question depends on it."""
    opposite = Found.NO if claims[-1].answer is Found.YES else Found.YES
    return (*claims[:-1], replace(claims[-1], answer=opposite))


def test_a_forged_answer_is_contradicted() -> None:
    found = checked(with_questions("(trap_entry)", flipped))
    assert found.holds is Found.NO and len(found.contradicted) == 1
    assert found.contradicted[0].startswith("(trap_entry): ")


@pytest.mark.parametrize("key", ["theorem1", "monitor", "premises"])
def test_a_forged_verdict_does_not_follow(key: str) -> None:
    whole = made()[0]
    forged = {"theorem1": "no", "monitor": Kind.HYBRID.value, "premises": "unknown"}[key]
    forged = forged if whole.verdict[key] != forged else "yes"
    found = checked(replace(whole, verdict={**whole.verdict, key: forged}), judge=silent)
    assert found.holds is Found.NO and not found.contradicted
    assert found.forged.startswith(f"{key}: the certificate says {forged}")


def test_a_question_left_out_is_missed() -> None:
    with pytest.raises(BadCertificate, match=r"\(trap_entry\): the question .* is asked, and is not in the list"):
        checked(with_questions("(trap_entry)", lambda claims: claims[:-1]))


def test_a_question_in_another_place_is_named() -> None:
    with pytest.raises(BadCertificate, match="the list has"):
        checked(with_questions("(trap_entry)", lambda claims: claims[::-1]))


def test_a_question_added_is_noticed() -> None:
    added = Claim("location", "0" * 64, Found.NO)
    with pytest.raises(BadCertificate, match=r"the question `location` \(000000000000\) is not asked"):
        checked(with_questions("(trap_entry)", lambda claims: (*claims, added)))


def test_a_part_left_out_is_noticed() -> None:
    whole = made()[0]
    with pytest.raises(BadCertificate, match="nothing in one of the two"):
        checked(replace(whole, parts=whole.parts[:-1]))


def test_another_description_is_refused_even_under_a_forged_digest() -> None:
    tick = find(f"{CORNERS}:corners_tick")
    with pytest.raises(BadCertificate, match="not the one that this certificate speaks of"):
        checked(made()[0], tick)
    with pytest.raises(BadCertificate, match=r"the certificate is not one of|the questions are not those"):
        checked(replace(made()[0], description=meaning_digest(tick)), tick)


def test_a_definition_changed_since_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistakes: what is true of user mode is asked of every mode; the extent is not asked for."""
    claimed = made(quiet)[0]
    monkeypatch.setattr(import_module("proofs.definitions.classification"), "is_user", lambda state: z3.BoolVal(True))
    with pytest.raises(BadCertificate, match=r"where `.*` .* is asked"):
        checked(claimed, quiet())
    monkeypatch.undo()
    monkeypatch.setattr(Classifier, "_extent", lambda self, what, where: Found.NO)
    with pytest.raises(BadCertificate, match="`extent`"):
        checked(claimed, quiet())


def test_what_is_not_claimed_is_not_held_against_it() -> None:
    """A part that was lost leaves the verdict open; recheck says so."""
    whole = made()[0]
    parts = tuple(Claims(p.about, (), "no time") if p.about == "(fetch)" else p for p in whole.parts)
    found = checked(replace(whole, parts=parts), judge=silent)
    assert found.holds is Found.NO and found.forged  # the verdict claims more than is left
    assert found.unclaimed == ("(fetch): no time",) and not found.contradicted


def test_a_solver_without_an_answer_leaves_it_open() -> None:
    found = checked(made()[0], judge=silent)
    assert found.holds is Found.UNKNOWN and found.confirmed == 0 and "the solver says unknown" in found.open[0]
