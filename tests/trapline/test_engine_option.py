"""`--engine`: which engine ran is reported, what it did is not changed by it, and what cannot be had is explained."""

import json
from typing import Any

import pytest

from isa.engines import choice
from trapline import cli

ENGINES = pytest.mark.parametrize("engine", choice.ENGINES)


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict[str, Any], str]:
    """The report of a command, and what it said besides."""
    capfd.readouterr()
    assert cli.main([*arguments, "--json"]) == 0
    out = capfd.readouterr()
    return json.loads(out.out), out.err


@ENGINES
@pytest.mark.parametrize("monitor", ["none", "trap:2"])
def test_a_run_is_the_same_in_every_engine(capfd: pytest.CaptureFixture[str], engine: str, monitor: str) -> None:
    chosen, _ = said(capfd, "run", "crc", "--monitor", monitor, "--engine", engine)
    usual, _ = said(capfd, "run", "crc", "--monitor", monitor, "--engine", "reference")
    assert chosen.pop("engine") == engine and usual.pop("engine") == "reference"
    assert chosen == usual


@ENGINES
def test_a_comparison_says_which_engine_ran(capfd: pytest.CaptureFixture[str], engine: str) -> None:
    facts, _ = said(capfd, "compare", "hello", "--engine", engine)
    assert facts["equivalent"] and facts["engine"] == engine


def test_a_machine_saved_in_one_engine_goes_on_in_another(
    capfd: pytest.CaptureFixture[str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole, _ = said(capfd, "run", "crc", "--engine", "reference")
    assert cli.main(["run", "crc", "--engine", "reference", "--steps", "12000", "--save", "half", "--json"]) == 1
    rest, _ = said(capfd, "run", "--resume", "half", "--engine", "native")
    assert rest["total_steps"] == whole["total_steps"] and rest["verdict"] != whole["verdict"]
    assert whole["output"] == rest["output"]


def test_an_engine_that_does_not_exist_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "hello", "--engine", "fast"]) == 2
    assert "`fast` is not an engine: choose `auto`, `reference` or `native`" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "compare"])
def test_without_a_compiler_the_reference_engine_runs_and_says_so(
    command: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "_available", lambda: False)
    facts, notes = said(capfd, command, "hello", "--engine", "native")
    assert facts["engine"] == "reference"
    assert notes.count(choice.FALLBACK) == 1
    facts, notes = said(capfd, command, "hello", "--engine", "auto")
    assert facts["engine"] == "auto" and choice.FALLBACK not in notes
