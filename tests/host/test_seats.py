"""The screens of a host that is served: whoever may sees what is in the machine's storage, and what he does arrives
there; noVNC and a viewer of VNC, which nobody here wrote, agree."""

import os
import socket
import stat
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from isa.devices.keys import WAITING
from isa.devices.screen import Picture
from monitor.host import Definition, Host
from monitor.screens import rfb
from monitor.screens.rfb import OURS, Pixels
from monitor.screens.shown import Shown
from tests.host.hosts import folder as host_folder
from tests.host.test_screened import ROOM, WORDS, on_bare_machine, paint
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.screens.test_screens import Viewer
from tests.sizes import sized
from trapline.hosting.daemon import doors as door
from trapline.hosting.daemon.doors import Doors
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
    with Host(folder, "reference") as host:
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
