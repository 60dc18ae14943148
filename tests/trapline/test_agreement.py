"""`trapline machines --published`: verdicts beside the literature's, and an exit code that says whether they agree."""

import json
from dataclasses import replace

import pytest

from proofs.terms.solving import Found
from proofs.verdict import published as publications
from proofs.verdict.published import Agreement, agreed, published
from proofs.verdict.theorems import Theorems
from tests.proofs.verdict_machines import share_verdicts, verified
from trapline.cli import main
from trapline.reports.agreement import _show, agreement_facts, exit_code

pytestmark = [pytest.mark.slow, pytest.mark.long]

Capture = pytest.CaptureFixture[str]
SMALL = "s360"


@pytest.fixture(autouse=True)
def one_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is verified is the same in all tests; only what is published of it differs."""
    share_verdicts(monkeypatch)


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if only one machine had been published."""
    monkeypatch.setattr(publications, "published", lambda: {SMALL: published()[SMALL]})


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the verdict had been published the other way round."""
    monkeypatch.setattr(publications, "published", lambda: {SMALL: replace(published()[SMALL], theorem3=False)})


@pytest.mark.usefixtures("one")
def test_a_table_with_sources_shows_agreement(capsys: Capture) -> None:
    assert main(["machines", "--published"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == [SMALL, *["holds"] * 6, "yes", "nobody"]
    assert any(line.startswith(f"{SMALL}: {published()[SMALL].source}") for line in lines)


@pytest.mark.usefixtures("wrong")
def test_a_difference_is_told_and_fails_the_command(capsys: Capture) -> None:
    assert main(["machines", "--published", "--json"]) == 1
    [row] = json.loads(capsys.readouterr().out)["machines"]
    assert (row["machine"], row["agrees"], row["found"]["theorem3"]) == (SMALL, False, "yes")
    assert row["exact"] == {"theorem1": "yes", "theorem3": "yes", "why": ""}
    assert row["differences"] == ["Theorem 3: published as failing, found yes"]


def row(machine: str, theorem1: Found, differences: tuple[str, ...] = ()) -> Agreement:
    letter, exact = Theorems(Found.YES, Found.YES), Theorems(theorem1, Found.YES)
    return Agreement(published()[machine], letter, exact, differences)


def test_what_stayed_unknown_is_no_agreement_and_no_difference() -> None:
    assert exit_code([row("s360", Found.YES), row("pdp10", Found.NO)]) == 0
    assert exit_code([row("s360", Found.YES), row("pdp10", Found.YES, ("Theorem 1: ...",))]) == 1
    assert exit_code([row("s360", Found.UNKNOWN, ("Theorem 1: ...",)), row("pdp10", Found.YES, ("...",))]) == 4


def test_the_json_names_those_responsible() -> None:
    facts = agreement_facts(row("arm", Found.NO))
    assert len(facts["responsible"]) == 20 and facts["silent"] == ["LDRBT", "LDRT", "STRBT", "STRT"]
    assert facts["published"] == {"theorem1": False, "theorem3": True}


def test_one_machine_of_the_published_is_wrong_usage(capsys: Capture) -> None:
    assert main(["machines", "pdp10", "--published"]) == 2
    assert "trapline verify MACHINE" in capsys.readouterr().err


@pytest.mark.nightly
def test_what_is_stated_of_the_exact_answer_must_be_so(capsys: Capture) -> None:
    found = verified("extents", "shows_bound")
    stated = replace(published()["s360"], exact=(False, False), why="A virtual machine is smaller.")
    told = "by the exact question expected as holding, found no"
    assert not any(told in line for line in agreed(stated, found).differences)
    assert f"Theorem 1: {told}" in agreed(replace(stated, exact=(True, False)), found).differences
    assert not any("published as failing" in line for line in agreed(stated, found).differences)
    _show([agreed(stated, found)])
    assert "the exact answer is another: A virtual machine is smaller." in " ".join(capsys.readouterr().out.split())
