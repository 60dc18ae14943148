"""Where the paper's letter and the exact answer differ, where a verdict does not wait for every answer, and keys.

The machines are those of extents.isa, stores.isa and keys.isa in tests/machines/.
"""

from pathlib import Path

import pytest

from proofs.definitions.classification import subjects
from proofs.definitions.exact import BRIEF, exact
from proofs.terms.solving import Found
from proofs.verdict.movement import moves
from proofs.verdict.repair import repair
from proofs.verdict.theorems import Kind
from proofs.verdict.verification import core_of
from tests.proofs.verdict_machines import Expected, machine, observed, share_verdicts, small_text, verified
from trapline.cli import main
from trapline.reports.verification_page import page

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

Capture = pytest.CaptureFixture[str]
EXPECTED = {
    ("extents", "shows_bound"): Expected("nn", "yy", Kind.NEITHER, ("rbnd",)),
    ("extents", "shows_size"): Expected("nn", "yy", Kind.NEITHER, ("qsz",)),
    ("keys", "compared_keys"): Expected("nn", "nn", Kind.NEITHER, ("wkey", "cmpk")),
    ("keys", "shown_key"): Expected("nn", "nn", Kind.NEITHER, ("rkey",)),
}
SLOW = {
    ("stores", "unchecked_store"): Expected("nn", "nn", Kind.NEITHER, ("sw",)),
    ("stores", "absolute_supervisor"): Expected("ny", "nn", Kind.HYBRID, ("lw", "sw"), ("fetch",), "does not compose"),
}


@pytest.mark.parametrize(
    ("file", "name"), [pytest.param(*g, marks=pytest.mark.nightly if n % 2 else ()) for n, g in enumerate(EXPECTED)]
)
def test_a_machine_has_its_verdict(file: str, name: str) -> None:
    assert observed(verified(file, name), EXPECTED[file, name]) == EXPECTED[file, name]


@pytest.mark.nightly
@pytest.mark.parametrize(("file", "name"), EXPECTED | SLOW)
def test_the_same_with_all_instructions(file: str, name: str) -> None:
    expected = (EXPECTED | SLOW)[file, name]
    assert observed(verified(file, name, small=False), expected) == expected


# ---- two answers


def test_both_answers_are_given_and_the_exit_code_is_that_of_the_one_asked_for(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_verdicts(monkeypatch)
    path = tmp_path / "extents.isa"
    path.write_text(small_text("extents"))
    assert main(["verify", f"{path}:shows_bound"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "Theorem 1 FAILS (by the letter: holds): not kept by rbnd" in said
    assert "admits neither a trap-and-emulate nor a hybrid monitor. Theorem 1 is broken by rbnd." in said
    assert "By the paper's letter it admits a trap-and-emulate monitor." in said
    assert main(["verify", f"{path}:shows_bound", "--letter"]) == 0


@pytest.mark.parametrize(
    ("name", "culprit"), [("shows_bound", "rbnd"), pytest.param("shows_size", "qsz", marks=pytest.mark.nightly)]
)
def test_a_guard_mends_what_the_letter_lets_pass(name: str, culprit: str) -> None:
    mended = repair(verified("extents", name), small_text("extents"), workers=0)
    assert (mended.guarded, mended.holds, mended.obstacles) == ((culprit,), Found.YES, ())


def test_a_page_and_a_difference_give_both_answers() -> None:
    bound, size = (verified("extents", name) for name in ("shows_bound", "shows_size"))
    assert "</a> neither (by the letter: trap-and-emulate)" in page([bound, size])
    mended = repair(bound, small_text("extents"), workers=0).verification
    assert mended is not None
    moved = {m.name: (m.before, m.after) for m in moves(bound, mended)}
    assert moved["Theorem 1"] == ("no", "yes") and moved["monitor"] == ("neither", "trap-and-emulate")
    assert "Theorem 1 by the letter" not in moved


# ---- what a verdict does not wait for


@pytest.mark.nightly
def test_one_property_that_fails_is_enough() -> None:
    """Solvers give up on whether the states differ after a store that is not checked; that it escapes, they see."""
    isa = machine("stores", "unchecked_store")
    store = next(s for s in subjects(isa) if s.name == "sw")
    core = core_of(isa)
    assert core is not None
    found = exact(core, store, BRIEF)
    assert (found.control, found.control_user, found.fails, found.fails_user) == (Found.YES,) * 4
