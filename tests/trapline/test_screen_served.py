"""`trapline debug --web`: a browser of the system has the application; nobody else has anything."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from tests.clients import client
from tests.planting import Bugs, Planted, must_catch, passes
from trapline import guard as guards
from trapline.cli import main
from trapline.guard import Guard
from trapline.screen.served.server import Served

pytestmark = [pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).parents[2]
BUGS = Bugs()
caught_by = BUGS.caught_by
Patch = pytest.MonkeyPatch

# ---- who is let in

OURS = Guard(8000, "token")
HERE = {"Host": "127.0.0.1:8000"}
SAME = {**HERE, "Origin": "http://127.0.0.1:8000"}


def the_page_itself_is_let_in() -> None:
    assert OURS.refusal("token", HERE) == OURS.refusal("token", SAME) == OURS.refusal("token", SAME, True) == ""
    named = {"Host": "localhost:8000", "Origin": "http://localhost:8000"}
    assert OURS.refusal("token", named, True) == ""


def nobody_without_the_token_is() -> None:
    assert all("token" in OURS.refusal(token, SAME) for token in ("", "tokem", "token ", "tökén"))
    assert len({Guard(1).token for _ in range(9)}) == 9 and len(OURS.token) < 32 <= len(Guard(1).token)


def nobody_who_calls_us_otherwise_is() -> None:
    """Such as a page whose name leads to this machine."""
    hosts = ("elsewhere.example", "elsewhere.example:8000", "127.0.0.1", "127.0.0.1:80", "")
    assert all("another name" in OURS.refusal("token", {"Host": host}) for host in hosts)


def no_page_from_elsewhere_is() -> None:
    for origin in ("http://elsewhere.example", "null", "https://127.0.0.1:8000", "http://127.0.0.1:9", ""):
        for opens in (False, True):
            assert "elsewhere" in OURS.refusal("token", {**HERE, "Origin": origin}, opens)
    assert "elsewhere" in OURS.refusal("token", HERE, socket=True)


CHECKS = (
    the_page_itself_is_let_in,
    nobody_without_the_token_is,
    nobody_who_calls_us_otherwise_is,
    no_page_from_elsewhere_is,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_who_is_let_in(check) -> None:  # type: ignore[no-untyped-def]
    passes(check)


@caught_by(no_page_from_elsewhere_is)
def sockets_need_no_origin(patch: Patch) -> None:
    original = Guard.refusal
    patch.setattr(Guard, "refusal", lambda self, token, headers, socket=False: original(self, token, headers))


@caught_by(no_page_from_elsewhere_is)
def origins_are_not_looked_at(patch: Patch) -> None:
    original = Guard.refusal

    def refusal(self: Guard, token: str, headers: dict[str, str], socket: bool = False) -> str:
        return original(self, token, {"Host": headers["Host"]})

    patch.setattr(Guard, "refusal", refusal)


@caught_by(nobody_who_calls_us_otherwise_is)
def any_host_will_do(patch: Patch) -> None:
    class Anything(tuple[str, ...]):
        def __contains__(self, name: object) -> bool:
            return True

    patch.setattr(Guard, "hosts", Anything())


@caught_by(nobody_without_the_token_is)
def any_token_will_do(patch: Patch) -> None:
    patch.setattr(guards.secrets, "compare_digest", lambda a, b: True)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_found(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


# ---- the server


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`trapline debug --web` and the address that it prints."""
    command = [sys.executable, "-m", "trapline", "debug", *arguments, "--web"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def answer(address: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """What is answered to a request: its status and headers."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, dict(response.headers)


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def test_a_browser_has_the_application_and_fetches_nothing_from_elsewhere(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    chromium = client("chromium", package="chromium")
    with served("hello", "--monitor", "trap") as (process, address):
        token = urlsplit(address).path
        assert answer(address, "/")[0] == answer(address, "/static/")[0] == answer(address, "/x/ws")[0] == 403
        elsewhere = {**UPGRADE, "Origin": "http://elsewhere.example"}
        assert answer(address, f"{token}ws", **elsewhere)[0] == answer(address, f"{token}ws", **UPGRADE)[0] == 403
        assert answer(address, f"{token}page.html")[0] == 404 and answer(address, f"{token}download/x")[0] == 403
        status, headers = answer(address, token)
        assert status == 200 and "default-src 'none'" in headers["Content-Security-Policy"]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 800, "height": 480})
            asked: list[str] = []
            drawn: list[bytes | str] = []
            errors: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: drawn.append(frame)))

            def until(text: str) -> None:
                while text.encode() not in b"".join(f if isinstance(f, bytes) else f.encode() for f in drawn):
                    page.wait_for_timeout(20)

            page.goto(address)
            until("step 0")
            page.wait_for_function("document.activeElement.tagName == 'TEXTAREA'")
            page.keyboard.press("s")
            until("step 1: ")
            own = {**UPGRADE, "Origin": f"http://{urlsplit(address).netloc}"}
            assert answer(address, f"{token}ws", **own)[0] == 409  # there is one browser
            page.screenshot(path=tmp_path / "screen.png")
            assert (tmp_path / "screen.png").stat().st_size > 10_000
            page.keyboard.press("q")
            page.wait_for_selector("#ended")
            browser.close()
        assert process.wait(30) == 0
        assert asked and [url for url in asked if not url.startswith(address)] == [] and errors == []


def test_all_of_it_ends_with_an_application_that_does_not_start() -> None:
    async def talk() -> int:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            guard = Guard(listening.getsockname()[1])
            serving = asyncio.create_task(Served(guard, "exit 1").run(listening))
            origin = {"Origin": f"http://{urlsplit(guard.address).netloc}"}
            async with ClientSession() as session, session.ws_connect(f"{guard.address}ws", headers=origin) as browser:
                assert [message async for message in browser] == []
            return await serving

    assert asyncio.run(talk()) == 0


def test_nonsense_ends_nothing_and_the_application_ends_with_its_server() -> None:
    def children(pid: int) -> list[int]:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def runs(pid: int) -> bool:
        stat = Path(f"/proc/{pid}/stat")
        return stat.exists() and " Z " not in stat.read_text()

    async def talk(process: "subprocess.Popen[str]", address: str) -> None:
        origin = {"Origin": f"http://{urlsplit(address).netloc}"}
        async with ClientSession() as session, session.ws_connect(f"{address}ws", headers=origin) as socket:
            negative = json.dumps(["resize", {"width": -1, "height": "x"}])
            for nonsense in ("", "{", "[]", negative, json.dumps(["stdin", 3])):
                await socket.send_str(nonsense)
            await socket.send_bytes(b"\xff\0")
            await socket.send_json(["ping", "1"])
            while (await socket.receive()).data != '["pong", "1"]':
                pass
            (application,) = children(process.pid)
            process.kill()
            while runs(application):
                await asyncio.sleep(0)

    with served("hello") as (process, address):
        asyncio.run(talk(process, address))
        assert process.stderr is not None and process.stderr.read() == ""


def test_ctrl_c_ends_the_server() -> None:
    with served("hello") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--web", "--plain"], 2, "`--web` draws, and plain words were asked for"),
        (["--web", "--json"], 2, "`--web` draws"),
        (["--port", "8000"], 2, "`--port` is that of a browser's page"),
        (["--web", "--port", "1000000"], 2, "is not a port"),
        (["--web", "--machine"], 2, "there is no option `--machine`"),
    ],
)
def test_what_has_no_meaning_is_refused(
    arguments: list[str], code: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["debug", "hello", *arguments]) == code
    assert message in capfd.readouterr().err
