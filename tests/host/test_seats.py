"""The screens of a host that is served: whoever may sees what is in the machine's storage, and what he does arrives
there; noVNC and a viewer of VNC, which nobody here wrote, agree."""

import base64
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from isa.devices.keys import WAITING
from isa.devices.screen import Picture
from monitor.host import Definition, Host
from monitor.screens import rfb
from monitor.screens.png import png
from monitor.screens.rfb import OURS, Pixels
from monitor.screens.shown import Shown
from tests.clients import client, module
from tests.host.hosts import folder as host_folder
from tests.host.test_screened import ROOM, WORDS, on_bare_machine, paint
from tests.host.test_served import served
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.screens.test_screens import Viewer, unpacked
from tests.sizes import sized
from trapline.cli import main
from trapline.hosting.daemon import doors as door
from trapline.hosting.daemon.client import asked, serving
from trapline.hosting.daemon.doors import Doors, answered
from trapline.hosting.daemon.owning import Owning
from trapline.hosting.daemon.screens import Screens, Seat

VNCDO = [sys.executable, "-m", "vncdotool.command"]
PATIENCE = 20.0  # seconds
Capture = pytest.CaptureFixture[str]
SEATS: list[Seat] = []
SCREENS: list[Screens] = []


def with_easel(path: Path) -> str:
    """A host with a machine that paints, and one that has no screen."""
    folder = host_folder(path / "s", storage=ROOM)
    with Host(folder) as host:
        for name in ("easel", "blind"):
            host.define(Definition(name, "paint", storage=WORDS, screen=name == "easel"), paint())
        host.start("easel")
    return folder


@contextmanager
def owned() -> Iterator[tuple[Owning, str]]:
    """The host in this process, and the folder of its screens."""
    with TemporaryDirectory() as path:
        owning = Owning(with_easel(Path(path)), "reference")
        owning.begin()
        screens = Screens(owning, path)
        SCREENS.append(screens)
        owning.follow = screens.follow
        owning.ask(lambda host: None).result(10)
        try:
            yield owning, path
        finally:
            owning.end()
            screens.close()


def seen(owning: Owning) -> Picture | None:
    return owning.ask(lambda host: host.picture("easel")).result(10)


def until_seen(viewer: Viewer, picture: Picture) -> None:
    """The viewer sees this in the end."""
    table = Pixels(OURS, picture.palette).table
    wanted = [table[pixel] for pixel in picture.pixels]
    viewer.connection.settimeout(PATIENCE)
    for _ in range(100):
        viewer.update(incremental=viewer.pixels[0] != b"")
        if viewer.pixels == wanted:
            return
    raise AssertionError("the viewer sees something else")


def what_one_does_all_see() -> None:
    with owned() as (owning, home), closing(Viewer(f"{home}/easel.vnc")) as one:
        one.click(100, 50)
        one.key(ord("A"))
        with closing(Viewer(f"{home}/easel.vnc", zrle=True)) as other:
            painted = on_bare_machine(["100,50", "A"])
            until_seen(one, painted)
            until_seen(other, painted)
            assert seen(owning) == painted


def test_what_one_does_all_see() -> None:
    what_one_does_all_see()


def test_screens_come_and_go_with_their_machines(monkeypatch: Patch) -> None:
    with owned() as (owning, home):
        assert sorted(name for name in os.listdir(home) if name != "s") == ["easel.vnc"]
        assert stat.S_IMODE(os.stat(f"{home}/easel.vnc").st_mode) == 0o600
        owning.ask(lambda host: host.clone("easel", "copy")).result(10)
        with closing(Viewer(f"{home}/copy.vnc")) as viewer:
            until_seen(viewer, on_bare_machine([]))
            owning.ask(lambda host: (host.kill("copy"), host.undefine("copy"))).result(10)
            with pytest.raises((EOFError, OSError)):
                while True:
                    viewer.update(incremental=False)
        assert not os.path.exists(f"{home}/copy.vnc")


def test_a_machine_that_is_off_is_dark_and_a_new_size_is_told() -> None:
    with owned() as (owning, home), closing(Viewer(f"{home}/easel.vnc")) as viewer:
        owning.ask(lambda host: host.kill("easel")).result(10)
        until_seen(viewer, Picture(320, 200, bytes(64000), bytes(768)))
        viewer.key(ord("A"))
        viewer.say(struct.pack(">BxHii", 2, 2, 0, rfb.SIZE))
        wide = Picture(640, 480, b"\5" * (640 * 480), b"\7" * 768)
        owning.follow = lambda host, records: None
        seat = next(seat for seat in SEATS if seat.viewers)
        viewer.say(struct.pack(">BBHHHH", 3, 1, 0, 0, 320, 200))
        seat.show(wide)
        assert viewer.hear(16) == struct.pack(">BxHHHHHi", 0, 1, 0, 0, 640, 480, rfb.SIZE)
        viewer.width, viewer.height, viewer.pixels = 640, 480, [b""] * (640 * 480)
        until_seen(viewer, wide)


@pytest.fixture(autouse=True)
def noted(monkeypatch: Patch) -> None:
    """All seats that are made."""
    right = Seat.__init__

    def made(seat: Seat, owning: Owning, name: str) -> None:
        right(seat, owning, name)
        SEATS.append(seat)

    SEATS.clear()
    monkeypatch.setattr(Seat, "__init__", made)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: Patch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with_easel(tmp_path)
    return tmp_path / "s"


def test_who_may_see(place: Path) -> None:
    """One check guards the WebSocket too; behind it RFB is spoken."""
    with served(place, "--http", "0") as (_, said):
        url = urlsplit(said[1].strip())
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
        assert seat["page"] != f"{said[1].strip()}screens/easel/" and seat["vnc"] == seat["password"] == ""
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
            assert fetched(said[1].strip() + page) == status


def fetched(url: str) -> int:
    """The status of an answer to this, as it stands there."""
    words = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", url]
    return int(subprocess.run(words, capture_output=True, text=True).stdout)


def seat_of(place: Path) -> dict[str, str]:
    connection = serving(str(place))
    assert connection is not None
    found: dict[str, str] = asked(connection, "GET", "/v1/machines/easel/seat")
    return found


def test_a_password_says_which_machine(place: Path) -> None:
    """To a library that nobody here wrote, which also comes by the socket that needs none."""
    with served(place, "--vnc", "0") as (_, said):
        seat = seat_of(place)
        assert said[1] == f"screens at {seat['vnc']}\n" and len(seat["password"]) == 8
        at, wanted = seat["vnc"].replace(":", "::"), on_bare_machine(["40,30", "A"])
        do = ["move", "40", "30", "click", "1", "key", "A", "pause", "1", "capture"]
        for words in (["-s", at, "-p", seat["password"]], ["-s", seat["socket"]])[: sized(1, 2)]:
            done = subprocess.run([*VNCDO, *words, *do, "seen.png"], capture_output=True, text=True, timeout=60)
            assert not done.returncode, done.stderr
            colours = [wanted.palette[3 * pixel : 3 * pixel + 3] for pixel in wanted.pixels]
            assert unpacked(Path("seen.png").read_bytes()) == b"".join(colours)
        Path("seen.png").unlink()
        wrong = [*VNCDO, "-s", at, "-p", "password", "capture", "seen.png"]
        assert subprocess.run(wrong, capture_output=True, timeout=60).returncode and not Path("seen.png").exists()


def test_passwords_are_answered_as_des_says() -> None:
    """By the vector of the standard's publication 500-20: keys have the lowest bit of an octet first here."""
    key = bytes(int(f"{octet:08b}"[::-1], 2) for octet in bytes.fromhex("1046913489980131"))
    assert answered(bytes(8), key) == bytes.fromhex("88d55e54f54c97b4")


def test_novnc_shows_what_the_guest_does(place: Path, capfd: Capture) -> None:
    from playwright.sync_api import sync_playwright

    chromium, novnc = client("chromium", "chromium"), module("@novnc/novnc")
    with served(place, "--http", "0", "--novnc", str(novnc)) as (_, said), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 400, "height": 400})
        page.goto(f"{said[1].strip()}screens/easel/")
        page.locator("#said", has_text="easel").wait_for(timeout=20_000)
        page.locator("canvas").click(position={"x": 40, "y": 30})
        page.keyboard.press("A")
        size = page.locator("canvas").bounding_box()
        assert size is not None
        column, row = int(40 * 320 / size["width"]), int(30 * 200 / size["height"])
        wanted = on_bare_machine([f"{column},{row}", "A"])
        colours = b"".join(wanted.palette[3 * pixel :][:3] + b"\xff" for pixel in wanted.pixels)
        read = """() => { const c = document.querySelector("canvas");
            const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            let s = ""; for (let i = 0; i < d.length; i += 8192) s += String.fromCharCode(...d.subarray(i, i + 8192));
            return btoa(s); }"""
        for _ in range(100):
            shown = base64.b64decode(page.evaluate(read))
            if shown == colours:
                break
            time.sleep(0.1)
        browser.close()
        assert shown == colours
        assert main(["host", "shot", str(place), "easel", "-o", "seen.png"]) == 0
        assert Path("seen.png").read_bytes() == png(wanted)


@pytest.mark.nightly
def test_a_viewer_of_vnc_shows_what_the_guest_does(place: Path) -> None:
    for command, package in (("xvfb-run", "xvfb"), ("xdotool", "xdotool")):
        client(command, package)
    viewer = client("xtigervncviewer", "tigervnc-viewer")
    display = f":{60 + os.getpid() % 900}"
    environment = {**os.environ, "DISPLAY": display}

    def done(*words: str) -> str:
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60).stdout

    with served(place), TemporaryDirectory() as frames:
        words = ["Xvfb", display, "-screen", "0", "800x600x24", "-fbdir", frames]
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as screen:
            window = ""
            with subprocess.Popen([viewer, str(place / "run/easel.vnc")], env=environment, stderr=-3) as process:
                for _ in range(200):
                    if window := done("xdotool", "search", "--sync", "--name", "easel").strip():
                        break
                    time.sleep(0.1)
                done("xdotool", "mousemove", "--window", window, "40", "30", "click", "1")
                done("xdotool", "key", "--window", window, "A")
                at = dict(line.split("=") for line in done("xdotool", "getwindowgeometry", "--shell", window).split())
                wanted = on_bare_machine(["40,30", "A"])
                colours = [wanted.palette[3 * pixel :][:3][::-1] for pixel in wanted.pixels]
                place_of = int(at["X"]), int(at["Y"])
                for _ in range(100):
                    found = window_of(Path(frames) / "Xvfb_screen0", *place_of)
                    near = sum(a != b for a, b in zip(found, colours, strict=True))
                    if near <= 32 * 32:  # the pointer is drawn over it
                        break
                    time.sleep(0.1)
                process.terminate()
            screen.terminate()
    assert near <= 32 * 32 and len(set(found)) > 100


def window_of(dump: Path, x: int, y: int) -> list[bytes]:
    """320 by 200 pixels of a screen in the format of xwd, the blue of each first."""
    data = dump.read_bytes()
    fields = struct.unpack(">25I", data[:100])
    start, line = fields[0] + 12 * fields[19], fields[12]
    rows = (data[start + (y + row) * line + 4 * x :][: 4 * 320] for row in range(200))
    return [row[at : at + 3] for row in rows for at in range(0, 4 * 320, 4)]


@pytest.mark.parametrize("seed", range(sized(2, 300)))
def test_viewers_that_go_in_the_middle_hurt_nobody(seed: int) -> None:
    with owned() as (_, home):
        for at in range(20):
            viewer = Viewer(f"{home}/easel.vnc", zrle=bool(at % 2))
            viewer.say((b"\x03\0\0\0\0\0\1\x40\0\xc8" * 3)[: seed + at])
            viewer.close()
        with closing(Viewer(f"{home}/easel.vnc")) as viewer:
            until_seen(viewer, on_bare_machine([]))


def a_flood_leaves_room() -> None:
    """However much somebody does, the host is asked once about all of it."""
    with owned() as (owning, home), closing(Viewer(f"{home}/easel.vnc")) as viewer:
        viewer.update(incremental=False)
        gate = threading.Event()
        owning.ask(lambda host: gate.wait(PATIENCE))
        try:
            viewer.say(b"".join(struct.pack(">BBHH", 5, at % 2, at % 320, 7) for at in range(5000)))
            viewer.say(struct.pack(">BBHHHH", 3, 0, 0, 0, 320, 200))
            for _ in range(10):
                viewer.hear(1000)  # what was said before it was heard
            assert owning._asked.qsize() <= 2
        finally:
            gate.set()
        assert len(owning.ask(lambda host: host.machine("easel").keyed).result(10)) <= 8 * WAITING


def test_a_flood_leaves_room() -> None:
    a_flood_leaves_room()


@pytest.mark.parametrize("seed", range(sized(1, 500)))
def test_nonsense_at_the_door_opens_nothing(seed: int, monkeypatch: Patch) -> None:
    random = Random(seed)
    monkeypatch.setattr(door, "WRONG", 0)
    with owned(), socket.create_server(("127.0.0.1", 0)) as listener:
        doors = Doors(listener, SCREENS[-1])
        threading.Thread(target=doors.serve, daemon=True).start()
        for _ in range(20):
            said = random.choice((b"RFB 003.003\n", b"RFB 003.008\n", b"RFB 003.889\n", random.randbytes(12)))
            said += random.choice((b"", b"\1", b"\2")) + random.randbytes(16)
            assert b"easel" not in told(listener.getsockname()[1], said)
        doors.close()
        assert not any(seat.viewers for seat in SCREENS[-1].seats())


def told(port: int, said: bytes) -> bytes:
    """What a stranger hears who says this and no more."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), 10) as stranger, suppress(OSError):
        stranger.sendall(said)
        stranger.shutdown(socket.SHUT_WR)
        while part := stranger.recv(4096):
            heard += part
    assert b"RFB 003.008\n".startswith(heard[:12]) and len(heard) < 100
    return heard


bugs = Bugs()


@bugs.caught_by(a_flood_leaves_room)
def the_host_is_asked_about_every_event(patch: Patch) -> None:
    patch.setattr(Shown, "type", lambda seat, event: seat._typed.append(event) is None)


@bugs.caught_by(what_one_does_all_see)
def a_click_is_lost(patch: Patch) -> None:
    patch.setitem(globals(), "PATIENCE", 1.0)
    patch.setattr(Host, "press", lambda host, name, events: None)


@bugs.caught_by(what_one_does_all_see)
def the_first_picture_is_all_that_is_shown(patch: Patch) -> None:
    patch.setitem(globals(), "PATIENCE", 1.0)
    right = Seat.look

    def look(seat: Seat, host: Host, record: object) -> None:
        if not seat.viewers or not seat.seen()[0]:
            right(seat, host, record)  # type: ignore[arg-type]

    patch.setattr(Seat, "look", look)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, TimeoutError))
