"""Hosts that are served: machines move between them while both serve on, asked by the command line, in JSON and in QMP;
progress is told as events, and a move can be cancelled, or cut off by the end of either."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from qemu.qmp import QMPClient

from monitor.host.life import State
from monitor.host.looking import looked_at
from tests.host.hosts import define, opened
from tests.host.test_served import Lookup, served, until
from tests.planting import Patch
from trapline.cli import main
from trapline.hosting.daemon.client import asked, serving

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def two(tmp_path: Path, monkeypatch: Patch) -> Iterator[tuple[Path, Path]]:
    """Two served hosts; the first has two machines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with opened(tmp_path / "first") as host:
        for name in ("web", "stays"):
            define(host, name)
            host.start(name)
        host.send("web", b"ab")
    opened(tmp_path / "second").close()
    with ExitStack() as stack:
        for name in ("first", "second"):
            stack.enter_context(served(tmp_path / name))
        yield tmp_path / "first", tmp_path / "second"


def ask(folder: Path, path: str, words: list[str] | None = None) -> dict[str, Any]:
    connection = serving(str(folder))
    assert connection is not None
    return asked(connection, "GET" if words is None else "POST", f"/v1/{path}", words)


def ended(folder: Path, name: str = "web") -> dict[str, Any]:
    """What is known of a move when it has ended."""
    for _ in range(500):
        move = next(move for move in ask(folder, "migrations")["migrations"] if move["name"] == name)
        if move["status"] != "active":
            return dict(move)
        time.sleep(0.02)
    raise AssertionError("it goes on for ever")


def test_by_the_command_line_and_back_in_json(two: tuple[Path, Path], capfd: Capture) -> None:
    first, second = two
    assert main(["host", "receive", "second", "--listen", "./second.sock"]) == 0
    assert capfd.readouterr().out.startswith(f"{second} receives at ")
    assert main(["host", "migrate", "first", "web", "./second.sock"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert said[0].startswith("round 1: ") and said[-1].startswith("web has arrived; it stood still for")
    with Lookup(first) as here, Lookup(second) as there:
        assert list(here) == ["stays"] and list(there) == ["web"]
    told = [event for event in ask(first, "events")["events"] if event["machine"] == "web"]
    kinds = [event.get("status") or event["event"] for event in told]
    assert kinds[kinds.index("active") :][0] == "active" and "round" in kinds and kinds[-1] == "completed"
    assert {"objects", "bytes", "downtime"} <= set(next(event for event in told if event["event"] == "round"))

    assert ask(first, "receive", ["--listen", "./first.sock", "--times", "1"])["address"].endswith("first.sock")
    begun = ask(second, "migrate", ["web", str(first / "first.sock"), "--policy", "post-copy", "--rounds", "0"])
    assert begun["migration"]["status"] == "active"
    move = ended(second)
    assert move["status"] == "completed" and move["outcome"]["arrived"]
    until(first, "web", State.IDLE)
    assert main(["host", "console", "first", "web"]) == 0 and capfd.readouterr().out == "ab"


def test_by_a_client_of_qemus(two: tuple[Path, Path]) -> None:
    first, second = two
    until(first, "web", State.IDLE)
    ask(second, "receive", ["--listen", "./second.sock"])

    async def talk() -> list[dict[str, Any]]:
        client = QMPClient("test")
        await client.connect(str(first / "run" / "qmp.sock"))
        try:
            await client.execute("x-select", {"name": "web"})
            found = [await client.execute("query-migrate")]
            await client.execute("migrate", {"uri": f"unix:{second / 'second.sock'}"})
            names = []
            while not names or names[-1] != ("MIGRATION", "completed"):
                event = await asyncio.wait_for(client.events.get(), 20)
                names.append((event["event"], event["data"].get("status")))
            assert ("MIGRATION", "active") in names and ("MIGRATION_PASS", None) in names
            return [*map(dict, found), dict(await client.execute("query-migrate"))]
        finally:
            await client.disconnect()

    before, after = asyncio.run(talk())
    assert before == {} and after["status"] == "completed" and after["ram"]["transferred"] > 0


def test_it_is_cancelled_while_the_host_serves_on(two: tuple[Path, Path], capfd: Capture) -> None:
    first, _ = two
    with closing(socket.socket(socket.AF_UNIX)) as silent:
        silent.bind(str(first / "silent.sock"))
        silent.listen()
        ask(first, "migrate", ["web", "./silent.sock"])
        with closing(silent.accept()[0]):
            until(first, "web", State.MIGRATING)
            assert main(["host", "send", "first", "stays", "x"]) == 0  # others go on
            assert main(["host", "migrate", "first", "web", "./first/silent.sock"]) == 3
            assert "web is on its way" in capfd.readouterr().err
            assert main(["host", "cancel", "first", "web"]) == 0
            assert ended(first)["status"] == "cancelled"
            with Lookup(first) as known:
                assert known["web"] in ("running", "idle")
            assert main(["host", "cancel", "first", "web"]) == 1


def test_a_host_that_ends_keeps_what_is_on_its_way(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    first = tmp_path / "first"
    with opened(first) as host:
        define(host)
        host.start("web")
    with served(first) as (process, _), closing(socket.socket(socket.AF_UNIX)) as silent:
        silent.bind(str(first / "silent.sock"))
        silent.listen()
        ask(first, "migrate", ["web", "./silent.sock"])
        with closing(silent.accept()[0]):
            until(first, "web", State.MIGRATING)
            process.terminate()
            assert process.wait(20) == 0
    with closing(looked_at(str(first))) as ledger:
        assert ledger.machine("web").state in (State.RUNNING, State.IDLE)


def test_who_is_not_trusted_says_nothing_of_other_places(tmp_path: Path, monkeypatch: Patch) -> None:
    import http.client

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with opened(tmp_path / "first") as host:
        define(host)
        host.start("web")
    with served(tmp_path / "first", "--http", "0") as (_, said):
        port, token = int(said[1].split(":")[2].split("/")[0]), said[1].strip().rstrip("/").rsplit("/", 1)[1]
        for verb, words in (("migrate", ["web", "/tmp/x.sock"]), ("receive", ["--listen", "../x.sock"])):
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                connection.request("POST", f"/{token}/v1/{verb}", json.dumps({"words": words}))
                answer = json.loads(connection.getresponse().read())
            assert "does not lie in the host's folder" in answer["error"]["message"]
