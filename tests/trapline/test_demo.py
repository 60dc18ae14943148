"""The demo tells the whole story, is right about it, and is plain text in a pipe."""

import io
import json
from contextlib import redirect_stdout

import pytest

from guests.catalogue import find as guest
from trapline.cli import main
from trapline.demo.acts import OTHERS, QUANTUM, SYSTEM, Findings, perform, verdict
from trapline.demo.panels import panels, plain, printable
from trapline.demo.stage import Stage
from trapline.demo.story import Story
from trapline.running.programs import find

pytestmark = pytest.mark.slow

Performance = tuple[Findings, str]


@pytest.fixture(scope="module")
def performance() -> Performance:
    """What came out, and what was told."""
    with redirect_stdout(io.StringIO()) as told:
        story = Story()
        found = perform(story, fast=True)
        story.verdict(verdict(found))
    return found, told.getvalue()


def test_the_story_in_a_pipe(performance: Performance) -> None:
    found, told = performance
    assert found.good
    assert "\x1b" not in told
    for name in (SYSTEM, *OTHERS):
        assert all(line in told for line in guest(name).prints.splitlines())
    assert "NOT equivalent" in told and "rrel" in told and "\nVerdict: as far as these guests can tell, g3" in told


def test_as_json(performance: Performance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("trapline.demo.acts.perform", lambda story, fast, engine: performance[0])
    assert main(["demo", "--json", "--engine", "reference"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["engine"] == "reference"
    assert found["good"] and found["noticed"] and all(found["equivalent"].values())
    for name, facts in found["guests"].items():
        assert facts["output"] == guest(name).prints
        assert (facts["virtual"]["psw.mode"], facts["real"]["psw.mode"]) == ("supervisor", "user")


def test_a_finding_against_the_theory_is_said_and_is_exit_code_1(
    performance: Performance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The comparison that must differ stands in for one that must not."""
    good = performance[0]
    wrong = {**good.comparisons, SYSTEM: good.variant}
    bad = Findings(good.system, good.stage, wrong, good.variant, good.traitor)
    monkeypatch.setattr("trapline.demo.acts.perform", lambda story, fast, engine: bad)
    assert main(["demo"]) == 1
    assert "not as the theory says" in capsys.readouterr().out


def test_guests_under_one_monitor_take_turns_and_do_not_share_storage() -> None:
    stage = Stage(find("hello", None).isa, [find("hello", None), find("fib", None)])
    first, second = stage.actors
    stage.turn(QUANTUM)
    assert (first.status, second.status) == ("halt", "running")
    assert first.real["base"] != second.real["base"]
    assert first.virtual["base"] == second.virtual["base"] == "0x0"
    while stage.turn(QUANTUM):
        pass
    assert (first.output, second.output) == (guest("hello").prints, guest("fib").prints)


def test_what_a_guest_prints_cannot_command_the_terminal() -> None:
    assert printable("a\x1b[2Jb\n") == "a.[2Jb\n"


def test_both_views_show_the_same() -> None:
    from rich.console import Console

    stage = Stage(find("hello", None).isa, [find("hello", None)])
    stage.turn(QUANTUM)
    out = Console(width=100)
    with out.capture() as captured:
        out.print(panels(stage))
    text = "\n".join(plain(stage))
    for part in ("Hello from the bare machine.", "psw.mode", "supervisor", "user", "emulated"):
        assert part in text and part in captured.get()
