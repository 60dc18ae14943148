"""What a client sees and changes: threads, the chain of traps, scopes, expressions, storage, instructions, sources."""

from base64 import b64decode, b64encode

import pytest

from tests.adapter.programs import LINES, LOOP, SOURCE, at, line, looping
from tests.adapter.wire import Client, Refused
from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.adapter import storage
from trapline.adapter.framing import Message

COUNTER = 23  # the place of that word


def memory(client: Client, reference: str, offset: int, count: int) -> tuple[bytes, Message]:
    body = client.ask("readMemory", memoryReference=reference, offset=offset, count=count)
    return b64decode(body.get("data", "")), body


# ---- threads and frames


def test_each_level_is_a_thread() -> None:
    with looping(monitor="trap:2") as client:
        names = [thread["name"] for thread in client.ask("threads")["threads"]]
        assert names == ["guest (g3)", "machine of monitor 1 (g3)", "real machine (g3)"]
        client.go("until r1 == 67")
        assert at(client) == "sw    r1, counter(r0)"
        (real,) = client.frames(3)
        assert real["line"] == 0 and real["instructionPointerReference"].startswith("3:0x")
        with pytest.raises(Refused, match="there is no thread 4"):
            client.frames(4)


def test_the_chain_of_traps_is_the_stack() -> None:
    with looping() as client:
        client.go("at say")
        kernel, user = client.frames()
        assert kernel["name"] == "supervisor" and kernel["line"] == line("say:")
        assert user["name"] == "user, trapped: svc" and user["line"] == line("svc")
        assert kernel["source"]["path"] == str(LOOP)
        part = client.ask("stackTrace", threadId=1, startFrame=1, levels=5)
        assert part["totalFrames"] == 2 and [f["name"] for f in part["stackFrames"]] == [user["name"]]


def test_a_monitor_stands_on_top_of_what_it_decides_about() -> None:
    with looping(monitor="trap") as client:
        client.go("exit emulated")
        names = [frame["name"] for frame in client.frames()]
        assert names == ["monitor 1: emulated", "supervisor, trapped: privileged"]


def test_a_frame_that_was_left_is_shown_as_it_was() -> None:
    with looping() as client:
        client.go("at say")
        kernel, user = (frame["id"] for frame in client.frames())
        now, then = client.scopes(kernel), client.scopes(user)
        assert now["status"]["psw.mode"]["value"] == "supervisor" and then["status"]["psw.mode"]["value"] == "user"
        assert client.value("r3", frameId=kernel) == 66 and client.value("r3", frameId=user) == 0
        assert client.value("step", frameId=user) < client.step
        scope = next(s for s in client.ask("scopes", frameId=user)["scopes"] if s["name"] == "registers")
        with pytest.raises(Refused, match="this frame is in the past: go there first, with `go"):
            client.ask("setVariable", variablesReference=scope["variablesReference"], name="r1", value="1")


# ---- scopes and variables


def test_scopes_of_both_sides() -> None:
    with looping(monitor="trap") as client:
        client.go("until r1 == 67")
        found = client.scopes(client.frames()[0]["id"])
        assert list(found)[:5] == ["registers", "status", "relocation", "resources", "devices"]
        assert found["registers"]["r1"]["value"] == "0x43" and found["registers"]["r1"]["type"] == "32 bits"
        assert found["relocation"]["base"]["value"] == "0x0" != found["real relocation"]["base"]["value"]
        assert found["real relocation"]["base"]["evaluateName"] == "real.base"
        assert client.value("real.base") == int(found["real relocation"]["base"]["value"], 0)
        assert "console.printed" in found["devices"]


def test_variables_come_in_pages() -> None:
    with looping() as client:
        scope = client.ask("scopes", frameId=client.frames()[0]["id"])["scopes"][0]
        number = scope["variablesReference"]
        page = client.ask("variables", variablesReference=number, start=3, count=2)["variables"]
        assert [v["name"] for v in page] == ["r3", "r4"]
        assert scope["namedVariables"] == len(client.ask("variables", variablesReference=number)["variables"])


def test_what_pointed_into_another_moment_is_void() -> None:
    with looping() as client:
        frame = client.frames()[0]["id"]
        client.go("step")
        with pytest.raises(Refused, match="points to nothing any more"):
            client.ask("scopes", frameId=frame)


# ---- expressions and changes


def test_a_change_in_the_past_is_a_branch() -> None:
    with looping() as client:
        client.go("run")
        client.go("first r1 == 67")
        scope = client.ask("scopes", frameId=client.frames()[0]["id"])["scopes"][0]
        changed = client.ask("setVariable", variablesReference=scope["variablesReference"], name="r7", value="r1 + 1")
        assert changed["value"] == "0x44" and client.value("r7") == 68
        assert client.said == f"a branch begins at step {client.step}: what came after it is given up\n"
        assert client.event("invalidated") and client.event("memory")


def test_what_is_set_has_its_width() -> None:
    with looping() as client:
        assert client.ask("setExpression", expression="[counter]", value="-1")["value"] == "0xffffffff"
        assert client.ask("setExpression", expression="psw.mode", value="user")["value"] == "0x1"
        assert client.said == ""


@pytest.mark.parametrize("context", ["watch", "hover", "clipboard", "variables", "repl"])
def test_expressions_in_every_context(context: str) -> None:
    with looping() as client:
        asked = client.ask("evaluate", expression="[program] + 1", context=context)
        assert asked["result"] == "0x19 (25)" and asked["memoryReference"] == "0x19"


def test_words_only_in_the_console() -> None:
    with looping() as client:
        assert client.say("where").startswith("step 0: stands at pc 0x10")
        assert "to the next trap" in client.say("help trap")
        with pytest.raises(Refused, match="`where` is no symbol"):
            client.ask("evaluate", expression="where", context="watch")
        with pytest.raises(Refused, match="there is no cause `sv`\none of: "):
            client.say("trap sv")
        with pytest.raises(Refused, match="error: `nothing` is no symbol"):
            client.say("nothing")


def test_completions() -> None:
    with looping() as client:

        def labels(text: str, column: int | None = None) -> list[str]:
            found = client.ask("completions", text=text, column=column or len(text) + 1)["targets"]
            return [target["label"] for target in found]

        assert "back" in labels("b") and "base" in labels("b")
        assert labels("print cou") == ["counter"]
        assert "trap" in labels("back tr")
        assert labels("last [coun", 9) == ["counter"]
        assert "step" not in labels("print st")


# ---- storage


def check_that_bytes_are_of_words() -> None:
    with looping() as client:
        data, body = memory(client, "[0x8]", 0, 16)
        assert data[:4] == client.value("[8]").to_bytes(4, "little") and body["address"] == "0x8"
        for offset, count in ((1, 2), (3, 6), (-2, 4), (13, 0)):
            assert memory(client, "[0x8]", offset, count)[0] == memory(client, "[0x0]", 32 + offset, count)[0]
        assert memory(client, "[0x8]", 3, 6)[0] == data[3:9]


def test_bytes_are_of_words() -> None:
    check_that_bytes_are_of_words()


def test_what_is_not_there_cannot_be_read() -> None:
    with looping(storage=4096) as client:
        data, body = memory(client, "[0xffe]", 0, 16)
        assert len(data) == 8 and body["unreadableBytes"] == 8
        data, body = memory(client, "[0x0]", -4, 8)
        assert not data and body["unreadableBytes"] == 8
        with pytest.raises(Refused, match="`count` is not from 0"):
            memory(client, "[0x0]", 0, 1 << 40)
        with pytest.raises(Refused, match="`here` is no reference"):
            memory(client, "here", 0, 1)


def test_addresses_are_as_the_machine_sees_them_and_places_as_they_are() -> None:
    with looping(monitor="trap") as client:
        client.go("step 2")
        base = client.value("real.base")
        own, _ = memory(client, "[0x10]", 0, 8)
        real, _ = memory(client, f"2:[{0x10 + base:#x}]", 0, 8)
        assert own == real == memory(client, "0x10", 0, 8)[0]
        with pytest.raises(Refused, match="the machines under a monitor are its own"):
            client.ask("writeMemory", memoryReference="2:[0x10]", data="")


def test_bytes_are_written() -> None:
    with looping(storage=4096) as client:
        client.go("step")
        asked = client.ask("writeMemory", memoryReference=f"[{COUNTER:#x}]", offset=2, data=b64encode(b"abcd").decode())
        assert asked["bytesWritten"] == 4
        assert client.value("[counter]") == 0x6261_0000 and client.value("[counter + 1]") & 0xFFFF == 0x6463
        client.go("back")
        client.ask("writeMemory", memoryReference="[0xfff]", data=b64encode(b"abcdef").decode(), allowPartial=True)
        assert client.value("[0xfff]") == int.from_bytes(b"abcd", "little")
        assert "a branch begins at step 0" in client.said
        with pytest.raises(Refused, match="not all of that is in the storage"):
            client.ask("writeMemory", memoryReference="[0xfff]", data=b64encode(b"abcdef").decode())
        with pytest.raises(Refused, match="`data` is not base64"):
            client.ask("writeMemory", memoryReference="[0x0]", data="a")


# ---- instructions


def rows(client: Client, reference: str, ahead: int, count: int) -> list[Message]:
    found: list[Message] = client.ask(
        "disassemble", memoryReference=reference, instructionOffset=ahead, instructionCount=count
    )["instructions"]
    return found


@pytest.mark.parametrize("ahead", [-1200, -50, -17, 0, 5, 4080, 1 << 33])
def test_as_many_instructions_as_were_asked_for(ahead: int) -> None:
    with looping(storage=4096) as client:
        found = rows(client, "0x10", ahead, 60)
        assert len(found) == 60
        addresses = [int(row["address"], 0) for row in found]
        assert addresses == list(range(16 + ahead, 76 + ahead))
        invalid = [row.get("presentationHint") == "invalid" for row in found]
        assert invalid == [not 0 <= address < 4096 for address in addresses]
        assert rows(client, "0x10", ahead, 0) == []


def test_instructions_have_their_lines_and_labels() -> None:
    with looping() as client:
        (row,) = rows(client, client.frames()[0]["instructionPointerReference"], 8, 1)
        assert row["instruction"] == "addi r1, r1, 1" and row["symbol"] == "loop" and row["line"] == line("loop:")
        assert int(row["instructionBytes"], 16) == client.value("[loop]")
        assert row["location"]["path"] == str(LOOP)


def test_a_program_that_was_moved_is_disassembled_where_it_sees_itself() -> None:
    with looping() as client:
        client.go("at loop")
        client.ask("setExpression", expression="base", value="16")
        client.ask("setExpression", expression="pc", value="loop - 16")
        (row,) = rows(client, client.frames()[0]["instructionPointerReference"], 0, 1)
        assert row["symbol"] == "loop" and row["address"] == "0x8"
        (placed,) = rows(client, "[0x18]", 0, 1)
        assert placed["symbol"] == "loop"


# ---- sources


def test_a_file_of_the_users_is_known_by_its_path() -> None:
    with looping() as client:
        assert client.ask("loadedSources")["sources"] == [{"name": "loop.s", "path": str(LOOP)}]
        with pytest.raises(Refused, match=r"is a file of yours\nopen it by its path"):
            client.ask("source", source=SOURCE, sourceReference=0)
        places = client.ask("breakpointLocations", source=SOURCE, line=1, endLine=len(LINES))["breakpoints"]
        assert line("loop:") in [place["line"] for place in places] and 1 not in [place["line"] for place in places]


def test_a_file_that_is_shipped_is_sent() -> None:
    with looping() as client:
        client.ask("restart", arguments={"program": "os"})
        client.event("stopped")
        sources = {s["path"]: s for s in client.ask("loadedSources")["sources"]}
        ticker = sources["os/ticker.s"]
        text = client.ask("source", source=ticker, sourceReference=ticker["sourceReference"])["content"]
        assert text == (LOOP.parents[2] / "guests" / "os" / "ticker.s").read_text()
        with pytest.raises(Refused, match="no word of the program comes from `/etc/passwd`"):
            client.ask("source", source={"path": "/etc/passwd"}, sourceReference=0)
        with pytest.raises(Refused, match="there is no source 99"):
            client.ask("source", sourceReference=99)


BUGS = Bugs()


@BUGS.caught_by(check_that_bytes_are_of_words)
def an_offset_in_words(patch: Patch) -> None:
    patch.setattr(storage, "bytes_of_word", lambda machine: 8)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
