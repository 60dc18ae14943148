"""Breakpoints of every kind, in both directions: each is come to at the same steps forwards and backwards."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.adapter.programs import LOOP, SOURCE, at, line, looping
from tests.adapter.wire import Client, Message, Refused, adapter
from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.adapter import breakpoints, movement
from trapline.debugging.asking import at_pc

pytestmark = pytest.mark.every(2)

Set = Callable[[Client], Message]


def all_stops(client: Client, command: str = "continue") -> list[tuple[int, str]]:
    """The step and the reason of each stop that comes, up to the end of the run or of the history."""
    found = []
    while (stopped := client.move(command))["reason"] != "pause":
        found.append((client.step, stopped["reason"]))
    return found


def in_source(text: str, **more: Any) -> Set:
    return lambda client: client.ask("setBreakpoints", source=SOURCE, breakpoints=[{"line": line(text), **more}])


def exceptions(*filters: str, **more: Any) -> Set:
    if more:
        return lambda c: c.ask("setExceptionBreakpoints", filters=[], filterOptions=[{"filterId": filters[0], **more}])
    return lambda client: client.ask("setExceptionBreakpoints", filters=list(filters))


def on_data(name: str, **more: Any) -> Set:
    def set_it(client: Client) -> Message:
        info = client.ask("dataBreakpointInfo", name=name)
        return client.ask("setDataBreakpoints", breakpoints=[{"dataId": info["dataId"], "accessType": "write", **more}])

    return set_it


def at_label(name: str) -> Set:
    return lambda client: client.ask("setFunctionBreakpoints", breakpoints=[{"name": name}])


def at_address(reference: str, **more: Any) -> Set:
    return lambda client: client.ask(
        "setInstructionBreakpoints", breakpoints=[{"instructionReference": reference, **more}]
    )


KINDS: dict[str, tuple[Set, str, str, int]] = {
    "a line": (in_source("b     loop"), "breakpoint", "b     loop", 4),
    "a line with a condition": (in_source("svc", condition="r1 > 68"), "breakpoint", "svc   3", 2),
    "a line by hits": (in_source("svc", hitCondition="% 2"), "breakpoint", "svc   3", 2),
    "a label": (at_label("say"), "function breakpoint", "out   r3, r0", 5),
    "an address": (at_address("0x18", offset=2), "instruction breakpoint", "svc   3", 5),
    "a place": (at_address("[0x1a]"), "instruction breakpoint", "svc   3", 5),
    "a word": (on_data("counter"), "data breakpoint", "sw    r1, counter(r0)", 6),
    "a word by its place": (on_data("[counter]", condition="r1 == 67"), "data breakpoint", "sw    r1, counter(r0)", 1),
    "a register": (on_data("r3"), "data breakpoint", "lw   r3, counter(r0)", 5),
    "a field": (on_data("psw.mode"), "data breakpoint", "", 10),
    "every trap": (exceptions("trap"), "exception", "svc   3", 5),
    "a cause": (exceptions("trap svc", condition="r1 == 68"), "exception", "svc   3", 1),
    "a decision": (exceptions("exit reflected"), "exception", "svc   3", 5),
}


@pytest.mark.parametrize("monitor", ["trap", pytest.param("none", marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", KINDS)
def test_a_breakpoint_is_met_at_the_same_steps_in_both_directions(name: str, monitor: str) -> None:
    check_both_directions(name, monitor)


def check_both_directions(name: str, monitor: str = "trap") -> None:
    set_it, reason, where, count = KINDS[name]
    with looping(monitor=monitor) as client:
        (told,) = set_it(client)["breakpoints"]
        if name == "a decision" and monitor == "none":
            return
        assert told["verified"] and told["id"]
        stopped = client.move("continue")
        assert stopped["reason"] == reason and stopped["hitBreakpointIds"] == [told["id"]]
        assert where in ("", at(client))
        first = client.step
        ahead = [(first, reason), *all_stops(client)]
        assert len(ahead) == count and {reason} == {why for _, why in ahead}
        assert all_stops(client, "reverseContinue") == ahead[::-1]
        set_nothing(client)
        assert all_stops(client) == []


def set_nothing(client: Client) -> None:
    client.ask("setBreakpoints", source=SOURCE, breakpoints=[])
    for command in ("setFunctionBreakpoints", "setInstructionBreakpoints", "setDataBreakpoints"):
        client.ask(command, breakpoints=[])
    client.ask("setExceptionBreakpoints", filters=[])


def check_conditions() -> None:
    check_both_directions("a line with a condition")


def check_registers() -> None:
    check_both_directions("a register")


def check_that_the_very_first_step_is_stopped_at() -> None:
    with adapter() as client:
        client.begin("launch", program=str(LOOP))
        client.ask("setBreakpoints", source=SOURCE, breakpoints=[{"line": line("start:")}])
        client.ask("configurationDone")
        assert client.event("stopped")["reason"] == "breakpoint" and client.step == 0
        assert client.move("continue")["description"] == "halted"


def test_the_very_first_step_is_stopped_at() -> None:
    check_that_the_very_first_step_is_stopped_at()


def test_what_is_set_before_there_is_a_program_is_settled_then() -> None:
    with adapter() as client:
        client.ask("initialize", adapterID="trapline")
        (told,) = client.ask("setBreakpoints", source=SOURCE, breakpoints=[{"line": line("svc")}])["breakpoints"]
        assert not told["verified"]
        client.ask("launch", program=str(LOOP))
        settled = {"id": told["id"], "verified": True, "line": line("svc"), "source": SOURCE}
        assert client.event("breakpoint")["breakpoint"] == settled
        client.ask("configurationDone")
        assert client.event("stopped")["hitBreakpointIds"] == [told["id"]]


def test_a_line_without_words_moves_to_the_next_that_has_some() -> None:
    with looping() as client:
        (told,) = in_source("# Counts")(client)["breakpoints"]
        assert told["verified"] and told["line"] == 3


def test_counts_begin_where_the_client_says() -> None:
    with adapter() as client:
        client.ask("initialize", adapterID="trapline", linesStartAt1=False, columnsStartAt1=False)
        client.ask("launch", program=str(LOOP), stopOnEntry=True)
        (told,) = client.ask("setBreakpoints", source=SOURCE, breakpoints=[{"line": line("svc") - 1}])["breakpoints"]
        assert told["line"] == line("svc") - 1
        client.ask("configurationDone")
        client.event("stopped")
        client.move("continue")
        frame = client.frames()[0]
        assert (frame["line"], frame["column"]) == (line("svc") - 1, 0)


def test_a_log_point_says_something_and_does_not_stop() -> None:
    with looping() as client:
        in_source("svc", logMessage="r1 is {r1}, and {[counter] - 65} of {nothing}", condition="r1 < 68")(client)
        assert client.move("continue")["description"] == "halted"
        problem = "(`nothing` is no symbol, register, state or field)"
        assert client.said.splitlines() == [f"r1 is {66 + n}, and {1 + n} of {problem}" for n in (0, 1)]
        assert client.move("reverseContinue")["reason"] == "pause"


def test_a_log_point_is_not_in_the_way_of_anything_else() -> None:
    with looping() as client:
        client.go("at handler")
        at_label("say")(client)
        client.ask("setBreakpoints", source=SOURCE, breakpoints=[{"line": line("say:"), "logMessage": "here"}])
        assert client.move("continue")["reason"] == "function breakpoint"
        client.go("at handler")
        client.ask("setFunctionBreakpoints", breakpoints=[])
        client.move("next")
        assert client.move("next")["reason"] == "step" and at(client) == "set   r2, 70"


def test_what_a_trap_was_can_be_asked() -> None:
    with looping() as client:
        exceptions("trap svc")(client)
        assert client.move("continue")["text"] == "svc"
        assert client.ask("exceptionInfo", threadId=1)["exceptionId"] == "svc"
        client.go("step")
        with pytest.raises(Refused, match="has not stopped at a trap"):
            client.ask("exceptionInfo", threadId=1)


@pytest.mark.parametrize(
    ("set_it", "message"),
    [
        (in_source("svc", condition="r1 =="), "a value is missing after `==`"),
        (in_source("svc", hitCondition="often"), "`often` is no count of hits"),
        (at_label("sya"), "the program has no label `sya`; did you mean say"),
        (at_address("[0x99999]"), "there is no word"),
        (at_address("2:0x10"), "the machines under a monitor"),
        (at_address("there"), "`there` is no reference"),
        (exceptions("trap nothing"), "there is no cause `nothing`"),
        (exceptions("exit nothing"), "there is no decision `nothing`"),
        (exceptions("else"), "there is no filter `else`"),
    ],
)
def test_what_cannot_be_stopped_at_is_told_and_stops_nothing(set_it: Set, message: str) -> None:
    with looping(monitor="trap") as client:
        (told,) = set_it(client)["breakpoints"]
        assert not told["verified"] and message in told["message"]
        assert client.move("continue")["description"] == "halted"


def test_a_bare_machine_has_no_exits() -> None:
    with looping() as client:
        (told,) = exceptions("exit emulated")(client)["breakpoints"]
        assert not told["verified"] and "under no monitor has no exits" in told["message"]


def test_a_file_that_is_not_the_programs_has_no_breakpoints() -> None:
    with looping() as client:
        asked = {"source": {"path": "/etc/passwd"}, "breakpoints": [{"line": 1}]}
        (told,) = client.ask("setBreakpoints", **asked)["breakpoints"]
        assert not told["verified"] and "no word of the program comes from `/etc/passwd`" in told["message"]


def test_what_data_can_be_watched() -> None:
    with looping(monitor="trap") as client:
        scopes = client.ask("scopes", frameId=client.frames()[0]["id"])["scopes"]
        own, real = (next(s for s in scopes if s["name"] == name) for name in ("registers", "real registers"))
        info = client.ask("dataBreakpointInfo", variablesReference=own["variablesReference"], name="r1")
        assert info["dataId"] == "r1" and info["accessTypes"] == ["write"]
        info = client.ask("dataBreakpointInfo", variablesReference=real["variablesReference"], name="r1")
        assert info["dataId"] is None and "under a monitor" in info["description"]
        assert client.ask("dataBreakpointInfo", name="pc")["dataId"] is None
        assert client.ask("dataBreakpointInfo", name="nothing")["dataId"] is None
        with pytest.raises(Refused, match="only what is written can be watched"):
            client.ask("setDataBreakpoints", breakpoints=[{"dataId": "r1", "accessType": "read"}])


BUGS = Bugs()


@BUGS.caught_by(check_that_the_very_first_step_is_stopped_at)
def the_first_step_is_passed(patch: Patch) -> None:
    patch.setattr(movement, "_begin", movement._onwards)


@BUGS.caught_by(check_conditions)
def conditions_are_forgotten(patch: Patch) -> None:
    right = movement._stops

    def wrong(session: Any, guest: Any) -> list[Any]:
        for stop in right(session, guest):
            stop.condition = None
        return right(session, guest)

    patch.setattr(movement, "_stops", wrong)


@BUGS.caught_by(check_registers)
def what_is_watched_is_another(patch: Patch) -> None:
    patch.setattr(breakpoints, "on_change", lambda debugger, name: at_pc(debugger, 16))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
