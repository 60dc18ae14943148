"""How a session begins and ends: launch, attach, restart, terminate, what is printed, and what cannot be launched."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from tests.adapter.programs import EXIT_CODE, LOOP, PRINTS, STEPS, at, looping
from tests.adapter.wire import Refused, adapter
from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.adapter import breakpoints, movement
from trapline.adapter.heard import Heard
from trapline.adapter.lifecycle import OPTIONS, OWN
from trapline.adapter.session import Session
from trapline.cli import main


def test_what_it_can_do_is_said_at_once_and_for_the_machine_that_is_launched() -> None:
    with adapter() as client:
        able = client.ask("initialize", adapterID="trapline")
        assert able["supportsStepBack"] and able["supportsDisassembleRequest"]
        names = [f["filter"] for f in able["exceptionBreakpointFilters"]]
        assert {"trap", "trap svc", "trap privileged", "exit emulated", "exit reflected"} <= set(names)
        client.ask("launch", program=str(LOOP))
        again = client.event("capabilities")["capabilities"]
        assert able == again
        assert client.event("process")["startMethod"] == "launch"
        client.event("initialized")


@pytest.mark.parametrize("options", [{}, {"monitor": "trap"}, {"monitor": "trap:2", "engine": "reference"}])
def test_it_stops_before_the_first_step_and_at_the_end(options: dict[str, Any]) -> None:
    with adapter() as client:
        assert client.launch(str(LOOP), **options)["reason"] == "entry"
        assert client.step == 0 and at(client) == "set   r1, 65"
        assert client.move("continue")["description"] == "halted"
        assert client.event("exited") == {"exitCode": EXIT_CODE}
        assert client.step == STEPS and client.console == PRINTS


def check_that_nothing_is_printed_twice() -> None:
    with looping() as client:
        client.move("continue")
        assert client.move("reverseContinue")["description"] == "the history begins at step 0"
        assert client.step == 0
        client.move("continue")
        assert client.console == PRINTS
        assert not [event for event in client.events if event["event"] == "exited"][1:]


def check_that_a_branch_prints_anew() -> None:
    with looping() as client:
        client.move("continue")
        client.go("first r3 == 68")
        client.ask("setExpression", expression="r3", value="'!'")
        assert "a branch begins at step" in client.said
        client.move("continue")
        assert client.console == PRINTS + "!EF"


def test_nothing_is_printed_twice() -> None:
    check_that_nothing_is_printed_twice()


def test_a_branch_prints_anew() -> None:
    check_that_a_branch_prints_anew()


def test_without_debugging_it_runs_to_its_end() -> None:
    with adapter() as client:
        client.begin("launch", program=str(LOOP), noDebug=True)
        client.ask("setBreakpoints", source={"path": str(LOOP)}, breakpoints=[{"line": 6}])
        client.ask("configurationDone")
        assert client.event("exited") == {"exitCode": EXIT_CODE}
        client.event("terminated")
        assert client.console == PRINTS
        assert not [event for event in client.events if event["event"] == "stopped"]


def test_what_does_not_end_is_stopped_where_it_may_not_go_on() -> None:
    with looping(steps=30) as client:
        assert client.move("continue")["description"] == "not finished after 30 steps"
        assert client.step == 30 and not [event for event in client.events if event["event"] == "exited"]


def test_one_attaches_to_a_machine_that_was_saved(tmp_path: Path) -> None:
    saved = str(tmp_path / "saved")
    main(["run", str(LOOP), "--steps", "20", "--save", saved])
    with adapter() as client:
        client.begin("attach", saved=saved, stopOnEntry=True)
        client.ask("configurationDone")
        client.event("stopped")
        assert client.step == 20 and client.event("process")["startMethod"] == "attach"
        assert client.move("stepBack", granularity="instruction")["description"].endswith("begins at step 20")
        assert client.move("continue")["description"] == "halted" and client.step == STEPS


def test_it_begins_again_with_what_the_program_is_now(tmp_path: Path) -> None:
    program = tmp_path / "mine.s"
    program.write_text(LOOP.read_text())
    with adapter() as client:
        client.launch(str(program))
        client.move("continue")
        program.write_text(LOOP.read_text().replace("r1, 65", "r1, 'a'"))
        client.ask("restart")
        assert client.event("stopped")["reason"] == "entry"
        assert client.step == 0
        client.move("continue")
        assert client.console == PRINTS + "b"
        client.ask("restart", arguments={"program": str(LOOP)})
        client.event("stopped")
        client.move("continue")
        assert client.console == PRINTS + "b" + PRINTS


def test_it_ends_as_it_is_asked_to() -> None:
    with looping() as client:
        client.ask("terminate")
        client.event("terminated")
        with pytest.raises(Refused, match="nothing is being debugged"):
            client.frames()
        client.ask("disconnect")
    assert client.codes == [0]


def test_the_word_that_ends_a_debugger_ends_the_session() -> None:
    with looping() as client:
        client.say("quit")
        client.event("terminated")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"program": "helo"}, "there is no guest and no file `helo`\ndid you mean hello?"),
        ({"program": "no.s"}, "cannot read no.s"),
        ({}, "`launch` needs `program`"),
        ({"program": 3}, "`program` of `launch` is not a text"),
        ({"program": "hello", "monitor": "trip"}, "`trip` is not `none`, `trap`, `hybrid`, "),
        ({"program": "hello", "storage": "many"}, "`many` is not a whole number"),
        ({"program": "hello", "storage": {"words": 3}}, "`storage` of `launch` is not a text"),
        ({"program": "hello", "engine": "fast"}, "`fast` is not an engine"),
        ({"program": "hello", "define": {"A": 1, "B": "x"}}, "`B=x` is not NAME=VALUE"),
        ({"program": "hello", "disk": "/nowhere"}, "/nowhere"),
        ({"program": "hello", "stopOnEntry": 1}, "`stopOnEntry` of `launch` is not true or false"),
        ({"program": "bad\ud800.s"}, "`program` of `launch` is not a text"),
    ],
)
def test_what_cannot_be_launched_is_told(options: dict[str, Any], message: str) -> None:
    with adapter() as client:
        client.ask("initialize", adapterID="trapline")
        with pytest.raises(Refused) as caught:
            client.ask("launch", **options)
        assert message in str(caught.value)
        with pytest.raises(Refused, match="nothing is being debugged"):
            client.ask("configurationDone")
        client.ask("launch", program="hello")
        client.event("initialized")


def test_a_mistake_in_the_program_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.s").write_text("        adi r1, r1, 1\n")
    with adapter() as client:
        client.ask("initialize", adapterID="trapline")
        with pytest.raises(Refused, match=r"bad\.s:1:9: error: .*\n.*adi r1, r1, 1"):
            client.ask("launch", program=str(tmp_path / "bad.s"))


def test_an_option_that_was_mistyped_is_told() -> None:
    with adapter() as client:
        client.begin("launch", program="hello", monitr="trap", type="trapline", request="launch")
        assert client.said == "`launch` has no `monitr`: did you mean `monitor`?\n"


def test_the_manual_has_every_option_and_every_request_that_moves_or_stops() -> None:
    manual = (LOOP.parents[2] / "docs" / "debug-adapter.md").read_text()
    names = [*OPTIONS, *OWN, *movement.REQUESTS, *(name for name in breakpoints.REQUESTS if name.startswith("set"))]
    assert [name for name in names if f"`{name}`" not in manual] == ["pause"]


def test_a_character_may_be_printed_in_parts() -> None:
    with adapter() as client, NamedTemporaryFile("w", suffix=".s") as file:
        file.write(
            "        .org 16\n        set r1, 0xc3\n        out r1, r0\n"
            "        set r1, 0xbc\n        out r1, r0\n        halt\n"
        )
        file.flush()
        client.launch(file.name)
        client.go("step 2")
        client.move("continue")
        assert client.console == "\u00fc"


BUGS = Bugs()


@BUGS.caught_by(check_that_nothing_is_printed_twice)
def what_was_printed_is_forgotten(patch: Patch) -> None:
    right = Heard.new

    def wrong(self: Heard) -> str:
        text = right(self)
        self._printed = self._one.printed
        return text

    patch.setattr(Heard, "new", wrong)


@BUGS.caught_by(check_that_a_branch_prints_anew)
def branches_are_forgotten(patch: Patch) -> None:
    right = Session.flush

    def wrong(self: Session) -> None:
        self._branches = len(self.debugger.history.branches)
        right(self)

    patch.setattr(Session, "flush", wrong)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
