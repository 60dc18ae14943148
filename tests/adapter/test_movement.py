"""Steps of every granularity in both directions, ways in time, and how a long way is paused, cancelled and shown."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from tests.adapter.programs import SOURCE, STEPS, at, line, looping
from tests.adapter.wire import Client, Refused, adapter
from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.adapter import dispatch, movement, progress
from trapline.debugging import statements

MACROS = """
        .macro count register
        addi  \\register, \\register, 1
        addi  \\register, \\register, 2
        .endm
        .org  16
start:  count r1
        count r2
        jal   r5, inside
        count r3
        halt
inside: count r4
        jr    r5
"""
ECHO = """
        .org  16
start:  idle
        rpnd  r4
        cpnd  r4
more:   in    r1, r0
        beqz  r1, start
        out   r1, r0
        b     more
"""
ENDLESS = "        .org 16\nstart:  addi r1, r1, 1\n        b start\n"


def stepped(client: Client, *commands: str, **arguments: Any) -> list[str]:
    """The lines to which these lead."""
    found = []
    for command in commands:
        assert client.move(command, **arguments)["reason"] == "step"
        found.append(at(client))
    return found


# ---- steps


def test_a_step_goes_over_a_call_and_back_over_it() -> None:
    check_steps_over_a_call()


def check_steps_over_a_call() -> None:
    with looping() as client:
        client.go("at handler")
        there = ["jal   r5, say", "set   r2, 70"]
        assert stepped(client, "next", "next") == there
        assert stepped(client, "stepBack", "stepBack") == [there[0], "lw   r3, counter(r0)"]
        assert stepped(client, "stepIn", "stepIn", "stepOut") == [there[0], "out   r3, r0", there[1]]
        assert stepped(client, "stepBack", "stepBack", granularity="instruction") == ["jr    r5", "out   r3, r0"]


def test_a_step_goes_over_a_trap() -> None:
    with looping() as client:
        client.go("trap svc")
        assert stepped(client, "next", "stepBack") == ["b     loop", "svc   3"]
        assert stepped(client, "stepIn") == ["lw   r3, counter(r0)"]


@pytest.mark.parametrize("granularity", ["line", "statement", None])
def test_a_statement_is_all_words_of_its_line(granularity: str | None) -> None:
    check_statements(granularity)


def check_statements(granularity: str | None = None) -> None:
    more = {"granularity": granularity} if granularity else {}
    with NamedTemporaryFile("w", suffix=".s") as file, adapter() as client:
        file.write(MACROS)
        file.flush()
        client.launch(file.name)
        steps = [client.step]
        for _ in range(4):
            client.move("next", **more)
            steps.append(client.step)
        assert steps == [0, 2, 4, 8, 10]
        for step in (8, 4, 2, 0):
            client.move("stepBack", **more)
            assert client.step == step
        client.move("stepIn", **more)
        client.move("stepIn", granularity="instruction")
        assert client.step == 3
        client.move("stepBack", **more)
        assert client.step == 2
        client.move("stepIn", granularity="instruction")
        client.move("stepBack", granularity="instruction")
        assert client.step == 2


def test_the_beginning_and_the_end_are_stops_and_no_mistakes() -> None:
    with looping() as client:
        for granularity in ("instruction", "line"):
            stopped = client.move("stepBack", granularity=granularity)
            assert stopped == {
                "reason": "step",
                "description": "the history begins at step 0",
                "threadId": 1,
                "allThreadsStopped": True,
            }
        assert client.move("reverseContinue")["description"] == "the history begins at step 0"
        client.move("continue")
        for command in ("next", "stepIn", "continue"):
            assert client.move(command)["description"] == "halted" and client.step == STEPS
        assert client.said == ""


def test_a_step_over_a_call_stops_at_a_breakpoint_inside() -> None:
    with looping() as client:
        client.go("at handler")
        client.move("next")
        client.ask("setBreakpoints", source=SOURCE, breakpoints=[{"line": line("jr")}])
        assert client.move("next")["reason"] == "breakpoint" and at(client) == "jr    r5"
        assert stepped(client, "next") == ["set   r2, 70"]
        assert client.move("stepBack")["reason"] == "breakpoint" and at(client) == "jr    r5"


def test_a_call_that_does_not_come_back_ends_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "gone.s").write_text("        .org 16\nstart:  jal r5, gone\n        nop\ngone:   nop\n        halt\n")
    with adapter() as client:
        client.launch(str(tmp_path / "gone.s"))
        assert client.move("next")["description"] == "halted"


# ---- in time


def targets(client: Client, text: str) -> dict[str, int]:
    found = client.ask("gotoTargets", source=SOURCE, line=line(text))["targets"]
    return {target["label"].partition(":")[0]: target["id"] for target in found}


def test_a_line_is_gone_to_in_time_or_jumped_to() -> None:
    with looping() as client:
        client.go("at say")
        here = client.step
        assert client.move("goto", targetId=targets(client, "svc")["on to the next time"])["reason"] == "goto"
        ahead = client.step
        client.move("goto", targetId=targets(client, "svc")["back to the last time"])
        assert client.step < here < ahead and at(client) == "svc   3"
        stopped = client.move("goto", targetId=targets(client, "start")["on to the next time"])
        assert "there is no such step" in stopped["description"]
        number = targets(client, "start")["jump there"]
        client.move("goto", targetId=number)
        assert at(client) == "set   r1, 65" and "a branch begins" in client.said
        with pytest.raises(Refused, match="points to nothing any more"):
            client.move("goto", targetId=number)
        with pytest.raises(Refused, match="no word of the program comes from line 1"):
            client.ask("gotoTargets", source=SOURCE, line=1)


# ---- a long way


@pytest.fixture
def endless(tmp_path: Path) -> str:
    (tmp_path / "endless.s").write_text(ENDLESS)
    return str(tmp_path / "endless.s")


def check_pausing(program: str) -> None:
    with adapter() as client:
        client.launch(program, steps=1 << 60)
        client.ask("continue", threadId=1)
        client.ask("pause", threadId=1)
        stopped = client.event("stopped")
        assert stopped["reason"] == "pause" and stopped["description"].startswith("paused at step")
        assert client.value("r1") == (client.step + 1) // 2


def test_a_way_can_be_paused_where_it_has_come_to(endless: str) -> None:
    check_pausing(endless)


def test_breakpoints_may_be_set_meanwhile(endless: str) -> None:
    with adapter() as client:
        client.launch(endless, steps=1 << 60)
        client.ask("continue", threadId=1)
        assert client.ask("threads")["threads"]
        client.ask("setInstructionBreakpoints", breakpoints=[{"instructionReference": "0x10"}])
        assert client.event("stopped")["reason"] == "instruction breakpoint"


@pytest.mark.parametrize("how", ["request", "progress"])
def test_words_that_take_long_can_be_cancelled(endless: str, how: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(progress, "QUIET", 0.0)
    with adapter() as client:
        client.launch(endless, steps=1 << 60)
        number = client.send("evaluate", expression="run", context="repl")
        if how == "request":
            client.ask("cancel", requestId=number)
        else:
            began = client.event("progressStart")
            assert began["title"] == "run" and began["cancellable"] and began["requestId"] == number
            assert client.event("progressUpdate")["message"].startswith("step ")
            client.ask("cancel", progressId=began["progressId"])
        with pytest.raises(Refused, match=r"^cancelled$"):
            client.answer(number)
        if how == "progress":
            assert client.event("progressEnd")["progressId"] == began["progressId"]
        assert client.event("stopped")["description"].startswith("paused at step ")
        assert client.value("r1") == (client.step + 1) // 2 % (1 << 32)  # a register has 32 bits


def test_what_waits_can_be_cancelled(endless: str) -> None:
    with adapter() as client:
        client.launch(endless, steps=1 << 60)
        client.ask("continue", threadId=1)
        waiting = client.send("stackTrace", threadId=1)
        client.ask("cancel", requestId=waiting)
        with pytest.raises(Refused, match="cancelled"):
            client.answer(waiting)
        client.ask("pause", threadId=1)
        client.event("stopped")


@pytest.mark.parametrize("command", ["disconnect", "terminate", "restart"])
def test_what_ends_it_breaks_it_off(endless: str, command: str) -> None:
    with adapter() as client:
        client.launch(endless, steps=1 << 60)
        client.ask("continue", threadId=1)
        client.ask(command)
        if command != "restart":
            return
        client.event("stopped")
        client.event("stopped")
        assert client.step == 0


def test_a_client_that_goes_away_breaks_it_off(endless: str) -> None:
    with adapter() as client:
        client.launch(endless, steps=1 << 60)
        client.ask("continue", threadId=1)
    assert client.codes == [0]


# ---- what is typed


def test_somebody_types_for_the_guest(tmp_path: Path) -> None:
    (tmp_path / "echo.s").write_text(ECHO)
    with adapter() as client:
        client.launch(str(tmp_path / "echo.s"))
        waits = client.move("continue")["description"]
        assert waits.startswith("waits for ever: `type TEXT` in the console")
        client.say('type "ab"')
        client.move("continue")
        assert client.console == "ab"
        client.move("reverseContinue")
        assert client.say("type c") == "a branch begins at step 0: what came after it is given up"
        client.move("continue")
        assert client.console == "abc\n"


def test_stops_that_were_set_by_words_count_too() -> None:
    with looping() as client:
        client.say("break say if r3 == 68")
        stopped = client.move("continue")
        assert stopped["reason"] == "breakpoint" and "say" in stopped["description"] and client.value("r3") == 68


BUGS = Bugs()


@BUGS.caught_by(check_steps_over_a_call)
def back_into_the_call(patch: Patch) -> None:
    patch.setattr(movement, "over", statements.single)


@BUGS.caught_by(check_statements)
def every_word_is_a_line(patch: Patch) -> None:
    patch.setattr(statements, "_line", lambda debugged: None)


@BUGS.caught_by(check_statements)
def the_granularity_is_forgotten(patch: Patch) -> None:
    patch.setitem(dispatch.REQUESTS, "stepBack", dispatch.REQUESTS["reverseContinue"])


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
