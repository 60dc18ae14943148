"""One guest under every kind of monitor: what is found of each is true, and what cannot be had says why."""

import json
from pathlib import Path
from time import sleep
from xml.etree import ElementTree

import pytest

from isa.errors import TraplineError
from trapline.cli import main
from trapline.kinds import catalogue
from trapline.kinds.kind import Kind, Tried, timed

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def without_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = tuple(k for k in catalogue.KINDS if k.name not in ("patch", "paravirtual", "repaired"))
    monkeypatch.setattr(catalogue, "KINDS", kinds)


@pytest.mark.usefixtures("without_solver")
def test_a_leak_shows_under_the_kinds_that_have_it(tmp_path: Path, capsys: Capture) -> None:
    chart = tmp_path / "chart.svg"
    assert main(["techniques", "popf", "--json", "--chart", str(chart)]) == 0
    told = json.loads(capsys.readouterr().out)
    found = {row["monitor"]: row for row in told["monitors"]}
    assert told["machine"] == "g3_popf"
    assert {name: found[name]["alike"] for name in ("bare", "trap", "hybrid", "interpret")} == {
        "bare": True,
        "trap": False,
        "hybrid": True,
        "interpret": True,
    }
    assert "setie 1: psw differs" in found["trap"]["why"] and found["trap"]["time"] is None
    assert found["bare"]["time"] is None and found["interpret"]["direct"] == 0  # it is too short to be timed
    assert "not alike" in {text.text for text in ElementTree.parse(chart).iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.usefixtures("without_solver")
def test_people_get_a_table_a_reason_and_a_chart(capsys: Capture) -> None:
    assert main(["techniques", "sgdt", "--steps", "300"]) == 0
    text = capsys.readouterr().out
    assert "sgdt on g3_sgdt:" in text and "trap: step 1, pc 0x16: rrel r8, r9: x[8] differs" in text
    assert "exits for 1,000 steps:" in text and any("###" in line for line in text.splitlines())


def test_a_kind_that_cannot_be_had_says_why() -> None:
    def refused(case: object) -> Tried:
        raise TraplineError("it does not fit", "ask for less")

    assert Kind("never", "", refused).tried(None) == Tried("never", None, "it does not fit")  # type: ignore[arg-type]


def test_times_are_multiples_of_the_first_and_only_of_what_ran() -> None:
    found = timed([Tried("a", True, ready=lambda: lambda: sleep(0.02)), Tried("b", None)])
    assert found[0].time == 1.0 and found[1].time is None
    assert timed([Tried("a", True, ready=lambda: lambda: None)])[0].time is None  # as good as nothing


@pytest.mark.usefixtures("without_solver")
def test_monitors_that_are_programs_are_told_from_outside(capsys: Capture) -> None:
    """They do as `trap` does, right and wrong, and it can be counted what that takes."""
    found = {}
    for guest in ("dice", "popf"):
        assert main(["techniques", guest, "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)["monitors"]
        found |= {(guest, row["monitor"]): row for row in rows}
    derived, first, second = (found["dice", kind] for kind in ("trap", "type 1", "type 2"))
    assert derived["alike"] and first["alike"] and second["alike"]
    assert first["exits"]["emulated"] == second["exits"]["emulated"] == derived["exits"]["emulated"]
    assert first["direct"] == second["direct"] == pytest.approx(derived["direct"])
    assert 1 < first["overhead"] < second["overhead"] and derived["overhead"] is None
    whys = {found["popf", kind]["why"] for kind in ("trap", "type 1", "type 2")}
    assert len(whys) == 1 and "setie 1: psw differs" in whys.pop()


@pytest.mark.nightly
def test_the_mended_machine_keeps_the_guest_from_the_leak(capsys: Capture) -> None:
    assert main(["techniques", "sgdt", "--json"]) == 0
    found = {row["monitor"]: row for row in json.loads(capsys.readouterr().out)["monitors"]}
    assert found["repaired"]["alike"] and found["repaired"]["why"] == "guarded: rrel"


@pytest.mark.nightly
def test_a_guest_whose_culprits_give_way_cannot_tell(capsys: Capture) -> None:
    assert main(["techniques", "sgdt", "--json"]) == 0
    found = {row["monitor"]: row for row in json.loads(capsys.readouterr().out)["monitors"]}
    assert found["patch"]["alike"] and found["paravirtual"]["alike"]
    assert found["paravirtual"]["why"] == "2 words replaced by calls"
    assert found["patch"]["exits"] == found["paravirtual"]["exits"]
