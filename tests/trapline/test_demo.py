"""The demo tells the whole story, is right about it, and is plain text in a pipe."""

import json

import pytest

from guests.catalogue import find as guest
from trapline.cli import main
from trapline.demonstration import OTHERS, QUANTUM, SYSTEM
from trapline.panels import panels, plain, printable
from trapline.programs import find
from trapline.stage import Stage

Capture = pytest.CaptureFixture[str]


def test_the_story_in_a_pipe(capsys: Capture) -> None:
    assert main(["demo"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    for text in (guest(SYSTEM).prints, *(guest(name).prints for name in OTHERS)):
        assert all(line in out for line in text.splitlines())
    assert "NOT equivalent" in out and "rrel" in out and "\nVerdict: " in out


def test_as_json(capsys: Capture) -> None:
    assert main(["demo", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["good"] and found["noticed"] and all(found["equivalent"].values())
    for name, facts in found["guests"].items():
        assert facts["output"] == guest(name).prints
        assert (facts["virtual"]["psw.mode"], facts["real"]["psw.mode"]) == ("supervisor", "user")


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
