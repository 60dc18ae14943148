"""`trapline prove --properties`: what it says, its JSON and its exit codes."""

import json
from pathlib import Path

import pytest

from isa.machines.catalogue import find
from proofs.terms.workers import Lost
from trapline.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.long]

Capture = pytest.CaptureFixture[str]
FEW = str(Path(__file__).parents[2] / "proofs" / "variants" / "machines" / "few.isa")  # G3 with six instructions


def test_it_shows_properties_shares_and_coverage(capsys: Capture) -> None:
    assert main(["prove", FEW, "--properties", "--guests", "24"]) == 0
    text = capsys.readouterr().out
    assert "24 generated guests at depths 1, 2, 3" in text
    for name in ("efficiency", "resource control", "equivalence"):
        assert any(line.split(" ")[0] == name.split(" ")[0] and " none " in line for line in text.splitlines())
    assert "direct share per guest" in text and " 0 missed, 0 unknown" in text
    rows = {line.split(" ")[0] for line in text.splitlines()}
    assert {*find(FEW).instructions, "(unassigned)", "(fetch)", "(interrupt)"} <= rows


def test_json_has_every_guest_and_every_cell(capsys: Capture) -> None:
    assert main(["prove", FEW, "--properties", "--guests", "12", "--seed", "5", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    isa = find(FEW)
    assert facts["holds"] and set(facts["properties"].values()) == {True} and facts["failures"] == []
    assert sorted(guest["guest"] for guest in facts["guests"]) == list(range(5, 17))
    assert all(0 <= guest["direct"] <= guest["retired"] <= guest["steps"] for guest in facts["guests"])
    assert {cell["status"] for cell in facts["coverage"]} == {"reached", "impossible"}
    assert all(bool(cell["proof"]) == (cell["status"] == "impossible") for cell in facts["coverage"])
    assert {cell["instruction"] for cell in facts["coverage"]} > set(isa.instructions)


def test_a_failure_is_shown_as_assembly_and_fails_the_command(capsys: Capture) -> None:
    assert main(["prove", "g3_popf", "--properties", "--guests", "48"]) == 1
    text = capsys.readouterr().out
    assert "BROKEN: equivalence, guest " in text and " setie " in text and ".org" in text


def test_what_was_not_run_is_said_and_is_unknown(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofs.runs.properties.answers", lambda jobs, limits, progress: [Lost("no time")] * len(jobs))
    assert main(["prove", FEW, "--properties", "--guests", "3"]) == 4
    assert "NOT RUN: no time" in capsys.readouterr().out


@pytest.mark.parametrize("other", [["--sample", "3"], ["--export", "x"], ["--mutants"]])
def test_it_goes_with_nothing_else(capsys: Capture, other: list[str]) -> None:
    assert main(["prove", "g3", "--properties", *other]) == 2
    assert "--properties runs guests" in capsys.readouterr().err


def test_a_machine_that_no_monitor_admits_is_refused(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "plain.isa"
    text = (Path(__file__).parents[2] / "isa" / "machines" / "g3.isa").read_text()
    path.write_text(text.replace("return storage[base + va]", "return storage[va]"))
    assert main(["prove", f"{path}:g3", "--properties"]) != 0
    assert "does not compose" in capsys.readouterr().err
