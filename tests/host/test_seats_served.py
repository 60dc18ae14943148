"""A host's screens to those that nobody here wrote: noVNC in a browser, a library, and a viewer of VNC, each at a
machine of its own; and who is let in by what.
"""

import base64
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from monitor.host import Host
from monitor.screens.png import png
from tests.clients import MODULES, client, module
from tests.host.test_screened import on_bare_machine
from tests.host.test_seats import with_easel
from tests.host.test_served import served
from tests.screens.test_screens import unpacked
from tests.sizes import sized
from trapline.cli import main
from trapline.hosting.daemon.client import asked, serving
from trapline.hosting.daemon.doors import answered

pytestmark = pytest.mark.long

VNCDO = [sys.executable, "-m", "vncdotool.command"]
NOVNC = "@novnc/novnc"
CLICKED = ["40,30", "a"]  # a key that needs no Shift, which would paint too


class Place(NamedTuple):
    """A host that is served: its folder, its address with the token, and that of screens with a password."""

    folder: Path
    address: str
    vnc: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    path = tmp_path_factory.mktemp("place")
    folder = with_easel(path)
    with Host(folder, "reference") as host:
        host.run(100_000)
        for name in ("library", "browser", "viewer"):
            host.clone("easel", name)
    novnc = MODULES / NOVNC
    options = ["--novnc", str(novnc)] if novnc.is_dir() else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        with served(path / "s", "--http", "0", "--vnc", "0", "--engine", "reference", *options) as (process, said):
            assert process.stdout is not None
            yield Place(path / "s", said[1].strip(), process.stdout.readline().removeprefix("screens at ").strip())


def test_who_may_see(place: Place) -> None:
    """One check guards the WebSocket too; behind it RFB is spoken."""
    url = urlsplit(place.address)
    at, origin = f"ws://{url.netloc}{url.path}screens/", f"http://{url.netloc}"
    wrong = [(at.replace(url.path, "/token/"), origin), (at, None), (at, "http://elsewhere.example")]
    for address, whose in wrong:
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{address}easel/socket", origin=whose)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
    for name in ("blind", "none", "..", "api.sock"):
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            connect(f"{at}{name}/socket", origin=origin).recv(5)  # type: ignore[arg-type]
    with connect(f"{at}easel/socket", origin=origin) as one:  # type: ignore[arg-type]
        assert one.recv(5) == b"RFB 003.008\n"
        one.send("text")
        with pytest.raises(ConnectionClosed):
            one.recv(5)
    seat = seat_of(place)
    assert seat["page"] != f"{place.address}screens/easel/" and len(seat["password"]) == 8
    own = seat["page"].removesuffix("screens/easel/")
    with connect(f"ws{own[4:]}screens/easel/socket", origin=origin) as one:  # type: ignore[arg-type]
        assert one.recv(5) == b"RFB 003.008\n"
    for page, status in (("screens/easel/", 200), ("screens/blind/", 403), ("", 403), ("v1/machines", 403)):
        assert fetched(own + page) == status
    for page, status in (
        ("screens/easel/", 200),
        ("screens/easel/screen.js", 200),
        ("screens/easel/novnc/../../../host.db", 404),
    ):
        assert fetched(place.address + page) == status


def fetched(url: str) -> int:
    """The status of an answer to this, as it stands there."""
    words = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", url]
    return int(subprocess.run(words, capture_output=True, text=True).stdout)


def seat_of(place: Place, name: str = "easel") -> dict[str, str]:
    connection = serving(str(place.folder))
    assert connection is not None
    found: dict[str, str] = asked(connection, "GET", f"/v1/machines/{name}/seat")
    return found


def colours(words: list[str], octets: int = 3) -> list[bytes]:
    """The red, green and blue, and what else there is, of the pixels that all this paints."""
    wanted = on_bare_machine(words)
    return [(wanted.palette[3 * pixel :][:3] + b"\xff")[:octets] for pixel in wanted.pixels]


def test_a_password_says_which_machine(place: Place, tmp_path: Path) -> None:
    """To a library, which also comes by the socket that needs none."""
    seat, seen = seat_of(place, "library"), tmp_path / "seen.png"
    assert place.vnc == seat["vnc"]
    at = seat["vnc"].replace(":", "::")
    do = ["move", "40", "30", "click", "1", "key", "a", "pause", "1", "capture", str(seen)]
    for words in (["-s", at, "-p", seat["password"]], ["-s", seat["socket"]])[: sized(1, 2)]:
        done = subprocess.run([*VNCDO, *words, *do], capture_output=True, text=True, timeout=60)
        assert not done.returncode, done.stderr
        assert unpacked(seen.read_bytes()) == b"".join(colours(CLICKED))


def test_another_password_opens_nothing(place: Place) -> None:
    host, port = place.vnc.split(":")
    for password, code in ((seat_of(place)["password"], 0), ("password", 1)):
        with socket.create_connection((host, int(port)), 20) as viewer, viewer.makefile("rwb", buffering=0) as talk:
            assert talk.read(12) == b"RFB 003.008\n"
            talk.write(b"RFB 003.008\n")
            assert talk.read(2) == b"\1\2"
            talk.write(b"\2")
            talk.write(answered(talk.read(16), password.encode()))
            assert talk.read(4) == struct.pack(">I", code)


def test_passwords_are_answered_as_des_says() -> None:
    """By the vector of the standard's publication 500-20: keys have the lowest bit of an octet first here."""
    key = bytes(int(f"{octet:08b}"[::-1], 2) for octet in bytes.fromhex("1046913489980131"))
    assert answered(bytes(8), key) == bytes.fromhex("88d55e54f54c97b4")


def test_novnc_shows_what_the_guest_does(place: Place, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    chromium, _ = client("chromium", "chromium"), module(NOVNC)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 400, "height": 400})
        page.goto(place.address)
        page.get_by_role("button", name="browser").click()
        assert page.get_by_role("link", name="its screen").get_attribute("href") == "screens/browser/"
        page.goto(seat_of(place, "browser")["page"])
        page.locator("#said", has_text="browser").wait_for(timeout=20_000)
        size = page.locator("canvas").bounding_box()
        assert size is not None
        page.locator("canvas").click(position={"x": 40, "y": 30})
        clicked = [f"{int(40 * 320 / size['width'])},{int(30 * 200 / size['height'])}", "a"]
        page.keyboard.press("a")
        read = """() => { const c = document.querySelector("canvas");
            const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            let s = ""; for (let i = 0; i < d.length; i += 8192) s += String.fromCharCode(...d.subarray(i, i + 8192));
            return btoa(s); }"""
        wanted = b"".join(colours(clicked, 4))
        for _ in range(100):
            if (shown := base64.b64decode(page.evaluate(read))) == wanted:
                break
            time.sleep(0.1)
        browser.close()
    assert [at // 4 for at in range(0, len(wanted), 4) if shown[at : at + 4] != wanted[at : at + 4]] == []
    assert main(["host", "shot", str(place.folder), "browser", "-o", str(tmp_path / "seen.png")]) == 0
    assert (tmp_path / "seen.png").read_bytes() == png(on_bare_machine(clicked))


def test_a_viewer_of_vnc_shows_what_the_guest_does(place: Place, tmp_path: Path) -> None:
    viewer, frames = client("xtigervncviewer", "tigervnc-viewer"), tmp_path / "Xvfb_screen0"
    client("Xvfb", "xvfb"), client("xdotool", "xdotool")
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-fbdir", str(tmp_path)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL, pass_fds=[writing]) as screen:
        os.close(writing)
        with open(reading, "rb", buffering=0) as told:
            environment = {**os.environ, "DISPLAY": f":{told.readline().decode().strip()}"}
        words = [viewer, seat_of(place, "viewer")["socket"]]
        with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                away = used(environment, frames)
            finally:
                process.terminate()
                process.wait(20)
                screen.terminate()
    assert away == []
    assert main(["host", "shot", str(place.folder), "viewer", "-o", str(tmp_path / "seen.png")]) == 0
    assert (tmp_path / "seen.png").read_bytes() == png(on_bare_machine(CLICKED))


def used(environment: dict[str, str], frames: Path) -> list[int]:
    """Click and type in the viewer's window: the pixels that it shows in other colours then, away from the pointer."""

    def done(*words: str) -> str:
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60).stdout

    window = done("xdotool", "search", "--sync", "--name", "viewer").strip()
    done(
        "xdotool",
        "mousemove",
        "--window",
        window,
        "40",
        "30",
        "click",
        "1",
        "windowfocus",
        "--sync",
        window,
        "key",
        "a",
    )
    at = dict(line.split("=") for line in done("xdotool", "getwindowgeometry", "--shell", window).split())
    wanted = [colour[::-1] for colour in colours(CLICKED)]
    for _ in range(100):
        found = window_of(frames, int(at["X"]), int(at["Y"]))
        pairs = enumerate(zip(found, wanted, strict=True))
        away = [place for place, (a, b) in pairs if a != b and not (place % 320 < 72 and 14 < place // 320 < 62)]
        if not away:
            break
        time.sleep(0.1)
    return away


def window_of(dump: Path, x: int, y: int) -> list[bytes]:
    """320 by 200 pixels of a screen in the format of xwd, the blue of each first."""
    data = dump.read_bytes()
    fields = struct.unpack(">25I", data[:100])
    start, line = fields[0] + 12 * fields[19], fields[12]
    rows = (data[start + (y + row) * line + 4 * x :][: 4 * 320] for row in range(200))
    return [row[at : at + 3] for row in rows for at in range(0, 4 * 320, 4)]
