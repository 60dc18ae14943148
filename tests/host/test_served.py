"""A host that runs by itself: verbs through it are the verbs without it, real clients speak to it, and nobody who talks
nonsense gets in or hurts others."""

import asyncio
import doctest
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random

import pytest
from qemu.qmp import ExecuteError, QMPClient

from monitor.host import Host
from monitor.host.events import MOST, Events, read
from monitor.host.life import State
from tests.planting import Patch
from trapline.cli import main
from trapline.hosting.daemon.client import Connection, asked, serving
from trapline.hosting.daemon.qmp import Messages, Refusal

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Patch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "host.toml").write_text('machine = "g3"\n')
    (tmp_path / "web.toml").write_text('guest = "echo"\n')
    return tmp_path / "s"


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A process that serves a host, and what it says at first."""
    words = [sys.executable, "-m", "trapline", "host", "serve", str(folder), *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        said = [process.stdout.readline() for _ in range(2 if options else 1)]
        assert said[0], process.stderr.read()
        try:
            yield process, said
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            process.wait(30)


def until(folder: Path, name: str, state: State) -> None:
    for _ in range(500):
        with Lookup(folder) as known:
            if known[name] == state.value:
                return
        time.sleep(0.02)
    raise AssertionError(f"{name} never became {state.value}")


class Lookup:
    """States by name, asked of whoever serves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> dict[str, str]:
        connection = serving(str(self.folder))
        assert connection is not None
        return {one["name"]: one["state"] for one in asked(connection, "GET", "/v1/machines")["machines"]}

    def __exit__(self, *_: object) -> None:
        pass


STORY = (
    "define s web.toml",
    "define s web.toml",
    "define s none.toml",
    "run s",
    "run s --steps 5",
    "pause s web",
    "snapshot s web one",
    "snapshot s web one",
    "clone s web two",
    "resize s two 8192",
    "resize s two 0",
    "revert s web one",
    "revert s web two",
    "send s web x",
    "start s none",
    "undefine s web",
    "undefine s web --all",
    "list s",
    "show s two --json",
    "clone s two three --json",
)


def told(capfd: Capture) -> list[tuple[int, str, str]]:
    found = []
    for line in STORY:
        code = main(["host", *line.split()])
        out, err = capfd.readouterr()
        found.append((code, out, err.replace(f"{os.getcwd()}/", "")))  # whoever is asked has another folder
    return found


def test_verbs_through_it_are_the_verbs_without_it(folder: Path, capfd: Capture) -> None:
    with served(folder):
        through = told(capfd)
    (folder / "host.db").unlink()
    for name in ("host.db-wal", "host.db-shm", "events.jsonl"):
        (folder / name).unlink(missing_ok=True)
    assert told(capfd) == through


def test_machines_run_by_themselves_and_hear_what_is_typed(folder: Path, capfd: Capture) -> None:
    with served(folder) as (process, _):
        assert main(["host", "define", "s", "web.toml"]) == main(["host", "start", "s", "web"]) == 0
        until(folder, "web", State.IDLE)
        assert main(["host", "send", "s", "web", "abc\n"]) == 0
        capfd.readouterr()
        for _ in range(200):
            main(["host", "console", "s", "web"])
            if capfd.readouterr().out == "cba\n":
                break
            time.sleep(0.02)
        else:
            raise AssertionError("it did not answer")
        process.terminate()
        assert process.wait(20) == 0
    assert not list((folder / "run").iterdir())
    events = list(read(str(folder)))
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert [event["event"] for event in events][:3] == ["defined", "running", "idle"]
    assert main(["host", "events", "s", "--since", "2"]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[0])["event"] == "idle"


def test_the_manuals_examples_are_true(folder: Path) -> None:
    with served(folder):
        assert main(["host", "define", "s", "web.toml"]) == 0
        page = (ROOT / "docs" / "host-interface.md").read_text().replace("```", "")
        example = doctest.DocTestParser().get_doctest(page, {"folder": str(folder)}, "page", None, 0)
        assert example.examples and not doctest.DocTestRunner().run(example).failed


def test_a_client_of_qemus(folder: Path) -> None:
    async def talk() -> list[object]:
        client = QMPClient("test")
        await client.connect(str(folder / "run" / "qmp.sock"))
        try:
            found = [await client.execute("query-status"), await client.execute("stop")]
            event = await asyncio.wait_for(client.events.get(), 10)
            found += [event["event"], await client.execute("query-status")]
            for command, arguments in (("stop", None), ("none", None), ("x-select", {"name": "no"})):
                with pytest.raises(ExecuteError):
                    await client.execute(command, arguments)
            await client.execute("x-verb", {"verb": "clone", "words": ["web", "two"]})
            await client.execute("x-select", {"name": "two"})
            await client.execute("cont")
            return [*found, await client.execute("query-name")]
        finally:
            await client.disconnect()

    with served(folder):
        main(["host", "define", "s", "web.toml"])
        main(["host", "start", "s", "web"])
        until(folder, "web", State.IDLE)
        first, *rest = asyncio.run(talk())
    assert first == {"status": "running", "running": True, "x-state": "idle"}
    assert rest == [{}, "STOP", {"status": "paused", "running": False, "x-state": "paused"}, {"name": "two"}]


def test_messages_come_as_they_like() -> None:
    text = '{"execute": "stop"}{"a": [1, 2]}\r\n {"b": "}"} '
    whole = Messages().feed(text.encode())
    for size in (1, 3, 7):
        messages, found = Messages(), []
        for at in range(0, len(text), size):
            found += messages.feed(text[at : at + size].encode())
        assert found == whole == [{"execute": "stop"}, {"a": [1, 2]}, {"b": "}"}]
    for bad in (b"}", b'{"a" 1}', b"x" * 100, b'"' + b"x" * 100_000, b"[" * 5000 + b"]"):
        with pytest.raises(Refusal):
            Messages().feed(bad)


def test_nobody_gets_in_without_the_token_or_from_elsewhere(folder: Path) -> None:
    with served(folder, "--http", "0") as (_, said):
        address = said[1].strip()
        port, token = int(address.split(":")[2].split("/")[0]), address.rstrip("/").rsplit("/", 1)[1]
        assert stat.S_IMODE((folder / "run").stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / "run").iterdir()} == {0o600}

        def status(path: str, method: str = "GET", body: str = "", **given: str) -> int:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                connection.request(method, path, body, {name.title(): value for name, value in given.items()})
                found = connection.getresponse()
                assert found.read() is not None
                return found.status

        assert status(f"/{token}/v1/machines") == status("/v1/machines", authorization=f"Bearer {token}") == 200
        for path in ("/v1/machines", f"/{token[:-1]}/v1/machines", f"/{token}x/v1/machines", "/", "//v1/machines"):
            assert status(path) == 403
        assert status(f"/{token}/v1/machines", host="evil.example") == 403
        assert status(f"/{token}/v1/machines", origin="http://evil.example") == 403
        assert status(f"/{token}/v1/machines", origin=f"http://127.0.0.1:{port}") == 200
        web = json.dumps({"words": [str(folder.parent / "web.toml")]})
        assert status(f"/{token}/v1/define", "POST", web) == 404
        assert status(f"/{token}/v1/define", "POST", json.dumps({"words": ["../web.toml"]})) == 404
        for body in ("", "[]", "{", '{"words": 7}', '{"words": [7]}', '{"words": ["a", "--b"]}', "[" * 100_000):
            assert status(f"/{token}/v1/start", "POST", body) in (400, 404, 500)
        assert status(f"/{token}/v1/start", "POST", " " * 200_000) == 400
        assert status(f"/{token}/v1/nonsense", "POST", "{}") == 404


def test_nonsense_on_any_socket_hurts_nobody_else(folder: Path) -> None:
    random = Random(4)
    with served(folder, "--http", "0") as (process, said):
        port = int(said[1].split(":")[2].split("/")[0])
        held = []
        for i in range(60):
            where = (folder / "run" / "api.sock", folder / "run" / "qmp.sock", None)[i % 3]
            other = socket.socket(socket.AF_UNIX if where else socket.AF_INET)
            other.settimeout(10)
            other.connect(str(where) if where else ("127.0.0.1", port))
            kinds = (
                random.randbytes(200),
                b"POST /v1/start HTTP/1.1\r\nContent-Length: 9999\r\n\r\n{",
                b'{"execute": ',
            )
            with suppress(OSError):
                other.sendall(random.choice(kinds))
            held.append(other)  # and says nothing more
        connection = serving(str(folder))
        assert connection is not None and asked(connection, "GET", "/v1/machines") == {"machines": []}
        for other in held:
            other.close()
        assert process.poll() is None


def test_a_second_one_is_refused_and_one_that_was_killed_is_followed(folder: Path) -> None:
    with served(folder) as (process, _):
        with pytest.raises(AssertionError, match="is in use by process"), served(folder):
            pass
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        with served(folder):
            connection = serving(str(folder))
            assert connection is not None
            connection.close()


def test_the_events_do_not_fill_the_disk(folder: Path) -> None:
    main(["host", "define", "s", "web.toml"])
    with Host(str(folder)) as host:
        one = host.machine("web")
    events = Events(str(folder))
    first = len(list(read(str(folder))))
    for _ in range(2 * MOST // 60):
        events.note([], [one])
    sizes = [path.stat().st_size for path in folder.glob("events*.jsonl")]
    assert len(sizes) == 2 and sum(sizes) < 2 * MOST + 1000
    kept = [event["number"] for event in read(str(folder))]
    assert kept == list(range(kept[0], first + 2 * MOST // 60 + 1))


def test_a_path_that_is_no_socket_is_not_spoken_to(folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "api.sock").write_text("no")
    assert serving(str(folder)) is None
    assert isinstance(Connection(str(folder)), http.client.HTTPConnection)
    assert main(["host", "define", "s", "web.toml"]) == 0
