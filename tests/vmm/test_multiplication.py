"""What a step costs under monitors on monitors: measured, predicted from one level, and written down."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from proofs.under import multiplication
from trapline.bench.multiplication import count
from trapline.cli import main

Capture = pytest.CaptureFixture[str]
PAGE = Path(__file__).parents[2] / "docs" / "under.md"
NEAR = 0.02  # by so much what is predicted may be wrong
CONSOLE = "print"  # costs another thing than the prediction takes


def near(depths: int) -> list[str]:
    """The kinds of steps for which one level does not predict the others."""
    wrong = []
    for row in count("auto", depths):
        assert row.measured[:2] == row.predicted[:2], row.name
        pairs = zip(row.measured[2:], row.predicted[2:], strict=True)
        wrong += [row.name for a, b in pairs if row.name != CONSOLE and abs(a - b) > NEAR * b]
    return wrong


def test_one_level_predicts_the_next() -> None:
    assert near(2) == []


def test_a_prediction_without_the_monitors_own_traps_is_far_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiplication, "_cost", lambda path, costs: path.plain + path.privileged.total())
    assert len(near(2)) > 10


@pytest.mark.nightly
def test_one_level_predicts_two_more() -> None:
    assert near(3) == []


@pytest.mark.nightly
def test_the_page_has_the_table(capsys: Capture) -> None:
    assert main(["bench", "--multiplication"]) == 0
    table = re.search(r"```text\n(step .*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert table is not None
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [*map(str.split, table[1].splitlines())]


def test_the_command_says_how_much(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    assert main(["bench", "--multiplication", "--quick", "--json", "--output", str(path)]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found == json.loads(path.read_text())
    steps = {row["step"]: row["measured"] for row in found["steps"]}
    assert {len(measured) for measured in steps.values()} == {3}
    assert all(row[0] == 1 and row[1] > 100 and row[2] > 4 * row[1] for row in steps.values())
    assert main(["bench", "--multiplication", "--only", "os"]) == 2
    assert "`--only` is not for what is counted in steps of one run" in capsys.readouterr().err
