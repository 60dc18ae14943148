"""`trapline run A B`: what each comes to is what it comes to alone, and a report shows whose turn it was when."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from signal import SIGINT, raise_signal
from typing import Any

import pytest

from isa.machine import Exit
from monitor.schedule import Schedule
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.trapline.test_report import data_of
from trapline.cli import main
from trapline.profiling.turns import _Seen

Capture = pytest.CaptureFixture[str]
BUGS = Bugs()
caught_by = BUGS.caught_by


def ran(capfd: Capture, *arguments: str) -> Any:
    assert main(["run", *arguments, "--json", "--engine", "reference"]) == 0
    return json.loads(capfd.readouterr().out)


@pytest.mark.parametrize("depth", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_each_comes_to_what_it_comes_to_alone(depth: int, capfd: Capture) -> None:
    monitor = ["--monitor", f"trap:{depth}"]
    both = ran(capfd, "hello", "dice", "--quantum", "50", *monitor)
    assert [guest["guest"] for guest in both["guests"]] == ["hello", "dice"]
    assert both["steps"] == sum(guest["steps"] for guest in both["guests"])
    for guest in both["guests"]:
        alone = ran(capfd, guest["guest"], *monitor)
        same = ("reason", "verdict", "exit_code", "steps", "retired", "output", "printed")
        assert [guest[key] for key in same] == [alone[key] for key in same]


def test_their_lines_have_their_names(capfd: Capture) -> None:
    assert main(["run", "hello", "hello", "--monitor", "trap", "--quantum", "40", "--exits"]) == 0
    told = capfd.readouterr()
    assert told.out.splitlines() == [f"{name}| Hello from the bare machine." for name in ("hello", "hello.2")]
    heads = [line for line in told.err.splitlines() if "halted after" in line]
    assert [line.partition(",")[0] for line in heads] == ["hello", "hello.2"]


def test_one_that_fails_is_the_exit_code(capfd: Capture) -> None:
    assert main(["run", "hello", "quicksort", "--monitor", "trap", "--steps", "500"]) == 1
    assert "quicksort, monitored on g3: not finished after 500 steps" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--report", "x.html", "--monitor", "trap:2"], "a report of several guests is of one monitor"),
        (["--monitor", "trap", "--save", "x"], "`--save` is about one guest, and these are several"),
        (["--monitor", "trap", "--break", "x"], "`--break` is about one guest, and these are several"),
        ([], "several guests need a monitor"),
    ],
)
def test_what_has_no_meaning_is_refused(options: list[str], message: str, capfd: Capture) -> None:
    assert main(["run", "hello", "hello", *options]) == 2
    assert message in capfd.readouterr().err


def test_a_report_that_cannot_be_written_is_refused_before_the_run(capfd: Capture) -> None:
    assert main(["run", "hello", "hello", "--monitor", "trap", "--report", "nowhere/at/all.html"]) == 3
    assert capfd.readouterr().out == ""


def test_ctrl_c_ends_those_that_have_not_ended(monkeypatch: Patch, capfd: Capture) -> None:
    run = Schedule.run

    def interrupted(self: Schedule, budget: int, *rest: Any) -> Exit:
        end = run(self, 400, *rest)
        raise_signal(SIGINT)
        return end

    monkeypatch.setattr(Schedule, "run", interrupted)
    assert main(["run", "hello", "quicksort", "--monitor", "trap", "--quantum", "100"]) == 130
    said = capfd.readouterr().err
    assert "hello, monitored on g3: halted after 149 steps" in said
    assert "quicksort, monitored on g3: interrupted after 251 steps" in said


def test_nobody_reads_what_they_print() -> None:
    command = [sys.executable, "-m", "trapline", "run", "hello", "hello", "--monitor", "trap"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 141)


# ---- the report


def series(data: Any, level: int, kind: str) -> dict[str, Counter[int]]:
    found = (s for s in data["timeline"]["series"] if s["level"] == level and s["kind"] == kind)
    return {s["name"]: Counter(dict(zip(s["at"], s["count"], strict=True))) for s in found}


def check_report(folder: Path) -> None:
    path = folder / "two.html"
    arguments = ["hello", "hello", "--monitor", "trap", "--quantum", "100", "--engine", "reference"]
    assert main(["run", *arguments, "--report", str(path)]) == 0
    data = data_of(path)
    assert data["machines"] == ["hello.2", "hello"] and data["timeline"]["width"] == 1
    wanted = [[*range(100), *range(200, 249)], [*range(100, 200), *range(249, 298)]]
    for level, steps in zip((1, 0), wanted, strict=True):
        (turns,) = series(data, level, "turn").values()
        modes = sum(series(data, level, "mode").values(), Counter[int]())
        assert sorted(turns.elements()) == sorted(modes.elements()) == steps
        exits = series(data, level, "exit")["emulated"]
        assert sum(exits.values()) == 30 and exits.keys() <= {step + 1 for step in steps}
        printed = series(data, level, "printed")["console"]
        assert sum(printed.values()) == 29
    said = data["run"]["output"]
    assert said == "hello| Hello from the bare machine.\nhello.2| Hello from the bare machine.\n"
    assert data["console"]["until"] == [36, 74, 74] and data["console"]["at"][1] > 248
    assert {row["routine"].partition(":")[0] for row in data["run"]["profile"]["lines"]} == {"hello", "hello.2"}
    assert data["run"]["statistics"]["decisions"]["emulated"] == 60


def test_the_timeline_shows_whose_turn_it_was(tmp_path: Path) -> None:
    check_report(tmp_path)


def a_report() -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        check_report(Path(folder))


@caught_by(a_report)
def steps_of_a_guest_taken_for_the_clock(patch: Patch) -> None:
    patch.setattr(_Seen, "_ahead", property(lambda self: 0))


@caught_by(a_report)
def modes_go_on_while_others_have_their_turns(patch: Patch) -> None:
    begin = _Seen.begin

    def wrong(self: _Seen) -> None:
        since = self._since
        begin(self)
        self._since = since

    patch.setattr(_Seen, "begin", wrong)


@caught_by(a_report)
def turns_taken_to_begin_where_the_last_one_did(patch: Patch) -> None:
    begin = _Seen.begin

    def wrong(self: _Seen) -> None:
        began = self._began
        begin(self)
        self._began = began

    patch.setattr(_Seen, "begin", wrong)


@caught_by(a_report)
def nobody_told_of_turns(patch: Patch) -> None:
    turn = Schedule.turn

    def wrong(self: Schedule, *rest: Any) -> Exit:
        told, self.told = self.told, None
        try:
            return turn(self, *rest)
        finally:
            self.told = told

    patch.setattr(Schedule, "turn", wrong)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, ValueError))
