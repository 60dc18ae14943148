"""The tutorial of the README, through the adapter: a register that the trap handler forgot, found in four words."""

import re
from pathlib import Path

from tests.adapter.wire import adapter

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_mistake_is_found_by_the_words_of_the_readme() -> None:
    tutorial = README.partition("## A mistake, found backwards")[2]
    words = re.findall(r"```text\n(.*?)```", tutorial, re.DOTALL)[0].splitlines()
    assert len(words) == 4
    with adapter() as client:
        client.launch("os", define=["FORGET_R8"], steps=60_000)
        shown = []
        for line in words:
            shown.append(client.say(line))
            if line != words[-1]:
                client.event("stopped")
        assert client.console.count("ticker: nap 1\n") > 2
        assert "ticker.s:5: addi r9, r1, NAP" in shown[1] and "lw   r8, P_R + 8(r12)" in shown[2]
        assert shown[3] == "nothing has changed [r12 + P_R + 8] since step 0"


def test_it_is_found_with_the_buttons_of_an_editor_too() -> None:
    """A breakpoint where the symptom is, and two data breakpoints, backwards."""
    with adapter() as client:
        client.launch("os", define={"FORGET_R8": 1}, steps=60_000)
        ticker = next(s for s in client.ask("loadedSources")["sources"] if s["name"] == "ticker.s")
        client.ask("setBreakpoints", source=ticker, breakpoints=[{"line": 5, "condition": "r8 == 0"}])
        client.move("continue")
        client.move("continue")
        assert client.frames()[0]["line"] == 5
        client.ask("setBreakpoints", source=ticker, breakpoints=[])
        scope = client.ask("scopes", frameId=client.frames()[0]["id"])["scopes"][0]["variablesReference"]
        for asked in ({"variablesReference": scope, "name": "r8"}, {"name": "[r12 + P_R + 8]"}):
            data = client.ask("dataBreakpointInfo", **asked)["dataId"]
            client.ask("setDataBreakpoints", breakpoints=[{"dataId": data}])
            stopped = client.move("reverseContinue")
            if asked["name"] == "r8":
                assert stopped["reason"] == "data breakpoint" and client.frames()[0]["source"]["name"] == "os.s"
        assert stopped["description"] == "the history begins at step 0"
