"""Several guests: threads with their own stacks and scopes, and stops that name the thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.adapter.programs import LOOP, SOURCE, at, line
from tests.adapter.wire import Client, Refused, adapter
from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.adapter import movement
from trapline.adapter.session import Session

pytestmark = pytest.mark.every(2)

BUGS = Bugs()


@contextmanager
def beside(**options: Any) -> Iterator[Client]:
    """The program twice, before the first step."""
    with adapter() as client:
        usual = {"engine": "reference", "monitor": "trap", "quantum": 10, "stopOnEntry": True}
        client.begin("launch", programs=[str(LOOP), str(LOOP)], **{**usual, **options})
        client.ask("configurationDone")
        client.event("stopped")
        yield client


def check_threads() -> None:
    with beside() as client:
        names = [thread["name"] for thread in client.ask("threads")["threads"]]
        assert names == ["loop (g3)", "loop.2 (g3)", "real machine (g3)"]
        client.ask("setBreakpoints", source=SOURCE, breakpoints=[{"line": line("svc")}])
        seen = []
        for _ in range(4):
            stopped = client.move("continue")
            thread = stopped["threadId"]
            (frame, *_) = client.frames(thread)
            assert frame["line"] == line("svc") and stopped["allThreadsStopped"] is True
            scopes = client.scopes(frame["id"])
            seen.append((thread, int(scopes["registers"]["r1"]["value"], 0)))
            assert client.value("r1", frameId=frame["id"]) == seen[-1][1]
        assert seen == [(1, 66), (2, 66), (1, 67), (2, 67)]
        assert [client.move("reverseContinue")["threadId"] for _ in range(3)] == [1, 2, 1]


def test_stops_name_the_thread() -> None:
    check_threads()


def test_a_step_is_of_the_thread_that_is_named() -> None:
    with beside() as client:
        client.ask("next", threadId=2, granularity="instruction")
        stopped = client.event("stopped")
        assert (stopped["threadId"], stopped["description"]) == (2, "loop.2: step 1")
        assert [client.value("step", frameId=client.frames(thread)[0]["id"]) for thread in (1, 2)] == [10, 1]
        with pytest.raises(Refused, match="there is no thread 9"):
            client.ask("next", threadId=9)


def test_each_is_changed_by_itself() -> None:
    with beside() as client:
        client.go("step 12")
        first, second = (client.frames(thread)[0]["id"] for thread in (1, 2))
        before = client.value("r5", frameId=first)
        registers = next(s for s in client.ask("scopes", frameId=second)["scopes"] if s["name"] == "registers")
        client.ask("setVariable", variablesReference=registers["variablesReference"], name="r5", value="77")
        assert [client.value("r5", frameId=frame) for frame in (first, second)] == [before, 77]
        client.ask("writeMemory", memoryReference="2:[0x300]", data="AQIDBA==")
        assert [client.value("[0x300]", frameId=frame) for frame in (first, second)] == [0, 0x04030201]
        info = client.ask("dataBreakpointInfo", name="[0x300]", frameId=second)
        assert info["dataId"] == "2:[0x300]"
        (told,) = client.ask("setDataBreakpoints", breakpoints=[{"dataId": "2:[0x300]"}])["breakpoints"]
        assert told["verified"]


def test_a_guest_is_chosen_by_a_word_and_all_run_to_their_ends() -> None:
    with beside() as client:
        client.say("guest loop.2")
        assert client.event("stopped")["threadId"] == 2
        assert at(client) != ""
        client.move("continue")
        assert client.event("exited")["exitCode"] == 7
        assert sorted(client.console.splitlines()) == ["loop.2| BCDEF", "loop| BCDEF"]


def test_the_console_is_that_of_both_without_a_debugger() -> None:
    with adapter() as client:
        options = {"engine": "reference", "monitor": "trap", "noDebug": True}
        client.begin("launch", programs=["hello", "hello"], **options)
        client.ask("configurationDone")
        client.event("terminated")
        assert sorted(row.partition("|")[0] for row in client.console.splitlines()) == ["hello", "hello.2"]


@BUGS.caught_by(check_threads)
def every_stop_taken_for_the_first_thread(patch: Patch) -> None:
    patch.setattr(Session, "thread", property(lambda self: 1))


@BUGS.caught_by(check_threads)
def only_the_present_guest_stopped(patch: Patch) -> None:
    stops = movement._stops
    patch.setattr(movement, "_stops", lambda s, guest: stops(s, guest) if guest is s.debugger.guests[0] else [])


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
