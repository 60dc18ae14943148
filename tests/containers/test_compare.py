"""`trapline container compare` counts both, and says of the folklore only what was counted."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from isa.errors import MachineError
from trapline.bench.contained import report as report_of_contained
from trapline.bench.contained.counts import SYSTEMS, ended, instances, printed, started
from trapline.bench.contained.report import counted, facts, rows
from trapline.bench.contained.sayings import SAYINGS, Found
from trapline.bench.contained.systems import CONTAINERS, MACHINES, task
from trapline.cli import main

Capture = pytest.CaptureFixture[str]


@cache
def found() -> Found:
    return counted("auto")


@pytest.mark.nightly
def test_a_start_is_counted_to_the_step() -> None:
    steps = started(CONTAINERS, "auto", 2)
    machine = CONTAINERS.boot("auto", instances(2))
    machine.run(steps - 1)
    before = printed(machine)
    machine.run(1)
    assert (before.count("| ready\n"), printed(machine).count("| ready\n")) == (1, 2)


@pytest.mark.nightly
def test_what_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trapline.bench.contained.counts.BUDGET", 20_000)
    with pytest.raises(MachineError, match="have not ended after 20,000 steps"):
        ended(CONTAINERS, "auto", [task((("ROUNDS", 100_000),))])
    with pytest.raises(MachineError, match="not all have begun"):
        started(MACHINES, "auto", 8)


@pytest.mark.nightly
def test_the_folklore_is_held_against_the_counts() -> None:
    """Were the two exchanged, most of it would be found to be otherwise."""
    one, other = (found()[system.name] for system in SYSTEMS)
    exchanged = {CONTAINERS.name: replace(other, hundred=one.hundred), MACHINES.name: replace(one, hundred=None)}
    held = [saying.confirmed(found()) for saying in SAYINGS]
    assert {*held} == {True, False}
    assert sum(a is not saying.confirmed(exchanged) for a, saying in zip(held, SAYINGS, strict=True)) >= 7


@pytest.mark.nightly
def test_what_is_printed_is_what_was_counted(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_of_contained, "counted", lambda engine, show: found())
    assert main(["container", "compare"]) == 0
    out = capsys.readouterr().out
    assert main(["container", "compare", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data == json.loads(json.dumps(facts(found())))
    for counts in data["systems"].values():
        assert f"{counts['first']:,}" in out and f"{counts['storage']['100']:,}" in out
    assert [f["confirmed"] for f in data["folklore"]] == [not no for no in re.findall(r"(NOT )?confirmed", out)]


@pytest.mark.nightly
def test_the_manual_shows_what_it_counts() -> None:
    """Within a tenth: a line more in either moves every number a little."""
    manual = (Path(__file__).parents[2] / "docs" / "containers.md").read_text("utf-8")
    shown = manual.partition("## Containers against virtual machines")[2].partition("```text\n")[2].partition("```")[0]
    numbers = re.findall(r"^ *(\S.*?)  +([\d,]+) +([\d,]+|-)$", shown, re.MULTILINE)
    counts = [(row[0].strip(), row[1:]) for row in rows(found())]
    assert [what for what, _, _ in numbers] == [what for what, _ in counts]
    for (what, *theirs), (_, mine) in zip(numbers, counts, strict=True):
        assert [*map(_number, theirs)] == pytest.approx([*map(_number, mine)], rel=0.1), what
    verdicts = re.findall(r"(NOT )?confirmed", shown)
    assert [not verdict for verdict in verdicts] == [saying.confirmed(found()) for saying in SAYINGS]


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("-", "0"))
