"""Screens: viewers see what lies in the guest's storage, in whatever pixels they ask for; keys arrive; replays show the
same; and a viewer that talks nonsense hurts nobody."""

import socket
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from guests import catalogue
from isa.assembler.assembled import assembled
from isa.devices import standard
from isa.devices.arrivals import Arrivals
from isa.devices.keys import Keys
from isa.devices.screen import Picture, Screen
from isa.engines.choice import bare
from isa.machine import Storage
from isa.machines.catalogue import find
from monitor.screens import rfb
from monitor.screens.png import png
from monitor.screens.rfb import FORMAT, OURS, Pixels, Server, changed, tile
from monitor.screens.showing import Showing
from tests.clients import client
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import sized
from trapline.cli import main

pytestmark = pytest.mark.long

STEPS = 300_000


def painted() -> Showing:
    isa = find("g3")
    image = assembled(isa, catalogue.find("paint").file, catalogue.DIRECTORY, catalogue.LIBRARY)
    ports = standard(isa, others=(Screen(32), Keys(Arrivals())))
    machine = bare(isa, Storage(32, 20480), ports)
    machine.load(image)
    return Showing(machine)


@contextmanager
def shown(showing: Showing, runs: bool = True) -> Iterator[int]:
    """A server on a port, and a guest that runs meanwhile."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener, showing, "paint", patience=0.5)
    threads = [threading.Thread(target=server.serve)]
    if runs:
        threads.append(threading.Thread(target=showing.run, args=(1 << 40,)))
    for thread in threads:
        thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.close()
        showing.type(b"\x10\x00\xff\x1b")  # Escape
        for thread in threads:
            thread.join()


class Viewer:
    """As much of a viewer as it takes to know what one sees."""

    def __init__(self, at: int | str, version: int = 8, form: tuple[int, ...] = OURS, zrle: bool = False) -> None:
        if isinstance(at, int):
            self.connection = socket.create_connection(("127.0.0.1", at), 10)
        else:
            self.connection = socket.socket(socket.AF_UNIX)
            self.connection.settimeout(10)
            self.connection.connect(at)
        assert self.hear(12) == b"RFB 003.008\n"
        self.say(b"RFB 003.00%d\n" % version)
        if version == 3:
            assert self.hear(4) == b"\0\0\0\1"
        else:
            assert self.hear(2) == b"\1\1"
            self.say(b"\1")
            assert version < 8 or self.hear(4) == bytes(4)
        self.say(b"\1")
        self.width, self.height = struct.unpack(">HH", self.hear(4))
        self.hear(16)
        self.hear(struct.unpack(">I", self.hear(4))[0])
        self.bits, self.form = form[0] // 8, form
        self.say(b"\0\0\0\0" + FORMAT.pack(*form))
        self.say(struct.pack(">BxHi", 2, 1, 16 if zrle else 0))
        self.pixels = [b""] * (self.width * self.height)
        self._inflater = zlib.decompressobj()

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hear(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.connection.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def update(self, incremental: bool) -> int:
        """Ask for one, and take it: how many tiles came."""
        self.say(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))
        kind, tiles = struct.unpack(">BxH", self.hear(4))
        assert kind == 0
        for _ in range(tiles):
            x, y, width, height, encoding = struct.unpack(">HHHHi", self.hear(12))
            self._take(x, y, width, height, encoding)
        return int(tiles)

    def _take(self, x: int, y: int, width: int, height: int, encoding: int) -> None:
        size, count = self.bits, width * height
        if encoding == 0:
            data = self.hear(count * size)
        else:
            data = self._inflater.decompress(self.hear(struct.unpack(">I", self.hear(4))[0]))
            size = 3 if size == 4 else size
            data = data[1:] if data[0] == 0 else data[1:] * count
        assert len(data) == count * size
        for at in range(count):
            place = (y + at // width) * self.width + x + at % width
            self.pixels[place] = data[at * size : (at + 1) * size].ljust(self.bits, b"\0")

    def key(self, symbol: int) -> None:
        for down in (1, 0):
            self.say(struct.pack(">BBxxI", 4, down, symbol))

    def click(self, column: int, row: int) -> None:
        for buttons in (1, 0):
            self.say(struct.pack(">BBHH", 5, buttons, column, row))

    def close(self) -> None:
        self.connection.close()


FORMS = {
    "ours": OURS,
    "red first": (32, 24, 0, 1, 255, 255, 255, 0, 8, 16),
    "16 bits": (16, 16, 0, 1, 31, 63, 31, 11, 5, 0),
    "16 bits, the other way round": (16, 16, 1, 1, 31, 63, 31, 11, 5, 0),
    "8 bits": (8, 8, 0, 1, 7, 7, 3, 0, 3, 6),
}


def viewers_see_the_same(form: tuple[int, ...], version: int, zrle: bool) -> None:
    showing = painted()
    showing.run(STEPS, alone=True)
    with shown(showing, runs=False) as port:
        viewer = Viewer(port, version, form, zrle)
        viewer.update(incremental=False)
        viewer.close()
    _, picture = showing.seen()
    table = Pixels(form, picture.palette).table
    assert viewer.pixels == [table[pixel] for pixel in picture.pixels]
    assert len(set(viewer.pixels)) > 100 or form[0] == 8


@pytest.mark.parametrize("version", [3, 7, 8])
@pytest.mark.parametrize("zrle", [False, True])
def test_every_version_sees_the_same(version: int, zrle: bool) -> None:
    viewers_see_the_same(OURS, version, zrle)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_kind_of_pixel_is_obeyed(form: tuple[int, ...]) -> None:
    viewers_see_the_same(form, 8, False)


def only_what_changed_is_sent() -> None:
    """A key changes one row: one row of tiles comes, and nothing comes before that."""
    showing = painted()
    showing.run(STEPS, alone=True)
    with shown(showing) as port, closing(Viewer(port)) as viewer:
        assert viewer.update(incremental=False) == 5 * 4
        viewer.say(struct.pack(">BBHHHH", 3, 1, 0, 0, 320, 200))
        viewer.connection.settimeout(0.7)  # longer than a server waits within a message
        with pytest.raises(TimeoutError):
            viewer.hear(1)
        viewer.connection.settimeout(10)
        viewer.key(199)
        kind, tiles = struct.unpack(">BxH", viewer.hear(4))
        assert (kind, tiles) == (0, 5)


def test_only_what_changed_is_sent() -> None:
    only_what_changed_is_sent()


def test_what_one_types_and_clicks_another_sees() -> None:
    with shown(showing := painted()) as port:
        one, other = Viewer(port), Viewer(port, zrle=True)
        one.click(100, 50)
        for viewer in (one, other):
            white = struct.pack("<I", 0xFFFFFF)
            for _ in range(200):
                viewer.update(incremental=False)
                if viewer.pixels[50 * 320 + 100] == white:
                    break
            assert viewer.pixels[50 * 320 + 100] == white != viewer.pixels[50 * 320 + 99]
            viewer.close()
    assert showing.ended


def test_a_real_viewer_captures_the_picture(tmp_path: Path) -> None:
    tool = client("gvnccapture", "gvncviewer")
    showing = painted()
    showing.run(STEPS, alone=True)
    with shown(showing, runs=False) as port:
        words = [tool, f"127.0.0.1:{port - 5900}", str(tmp_path / "seen.png")]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
    _, picture = showing.seen()
    colours = [picture.palette[3 * pixel : 3 * pixel + 3] for pixel in picture.pixels]
    assert unpacked((tmp_path / "seen.png").read_bytes()) == b"".join(colours)


def unpacked(data: bytes) -> bytes:
    """The red, green and blue of a PNG of eight bits each, with or without alpha, which some other program made."""
    at, parts, size = 8, b"", 0
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] == b"IHDR":
            width, height, bits, kind = struct.unpack_from(">IIBB", data, at + 8)
            assert bits == 8 and kind in (2, 6)
            size = 3 if kind == 2 else 4
        elif data[at + 4 : at + 8] == b"IDAT":
            parts += data[at + 8 : at + 8 + length]
        at += 12 + length
    raw, out, row, before = zlib.decompress(parts), b"", size * width, bytes(size * width)
    for y in range(height):
        how, line = raw[y * (row + 1)], bytearray(raw[y * (row + 1) + 1 : (y + 1) * (row + 1)])
        for i in range(row):
            left, up, corner = (line[i - size] if i >= size else 0), before[i], (before[i - size] if i >= size else 0)
            guess = left + up - corner
            near = min((left, up, corner), key=lambda part: abs(guess - part))
            line[i] = line[i] + (0, left, up, (left + up) // 2, near)[how] & 255
        before = bytes(line)
        out += b"".join(before[at : at + 3] for at in range(0, row, size))
    return out


@pytest.mark.parametrize("monitor", ["none", "trap", "trap:2", "hybrid"])
def test_a_replay_shows_the_same_whatever_runs_it(monitor: str, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [(200_001, 0x10000041), (200_500, 0x31032064), (210_000, 0x100000C7)]
    Path("events").write_text("".join(f'{{"step": {step}, "event": {event}}}\n' for step, event in lines))
    words = ["screen", "paint", "--steps", "300000", "--shot", "seen.png", "--record", "again", "--replay", "events"]
    for engine in ("native", "reference") if monitor == "none" else ("native",):
        assert main([*words, "--monitor", monitor, "--engine", engine]) == 0
        assert Path("again").read_text() == Path("events").read_text()
        assert main(["screen", "paint", "--steps", "300000", "--shot", "plain.png", "--replay", "events"]) == 0
        assert Path("seen.png").read_bytes() == Path("plain.png").read_bytes()
    assert main(["screen", "paint", "--steps", "300000", "--shot", "untouched.png"]) == 0
    assert Path("seen.png").read_bytes() != Path("untouched.png").read_bytes()


@pytest.mark.parametrize("seed", range(sized(10, 1000)))
def test_nonsense_ends_its_own_connection_alone(seed: int) -> None:
    random, showing = Random(seed), painted()
    showing.run(STEPS, alone=True)
    with shown(showing, runs=False) as port:
        with suppress(OSError, EOFError):
            bad = Viewer(port)
            odd = (b"\x02\0\xff\xff", b"\0\0\0\0" + bytes(16), b"\x06\0\0\0\xff\xff\xff\xff")
            kinds = (*odd, random.randbytes(30), b"\x63")
            bad.say(random.choice(kinds))
            bad.close()
        good = Viewer(port)
        good.update(incremental=False)
        good.close()


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ("paint", 2, "where shall it be seen?"),
        ("paint --shot a.png", 2, "give `--steps N`"),
        ("paint --shot a.png --steps 9 --replay none", 3, "cannot read none"),
        ("paint --socket no/s", 3, "cannot listen at no/s"),
        ("none --port 0", 2, "none"),
    ],
)
def test_what_cannot_be_is_told(words: str, code: int, why: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["screen", *words.split()]) == code
    assert why in capfd.readouterr().err


def test_a_png_is_what_it_was_made_of() -> None:
    random = Random(3)
    picture = Picture(64, 5, random.randbytes(320), random.randbytes(768))
    data = png(picture)
    raw = zlib.decompress(data[data.index(b"IDAT") + 4 : data.index(b"IEND") - 8])
    assert b"".join(raw[65 * y + 1 : 65 * y + 65] for y in range(5)) == picture.pixels and picture.palette in data


bugs = Bugs()


def check_pixels() -> None:
    viewers_see_the_same(FORMS["red first"], 8, True)


@bugs.caught_by(check_pixels)
def formats_are_not_obeyed(patch: Patch) -> None:
    patch.setattr(rfb.Session, "form", property(lambda self: OURS, lambda self, value: None), raising=False)


@bugs.caught_by(check_pixels)
def a_tile_of_two_colours_is_one(patch: Patch) -> None:
    patch.setattr(rfb, "tile", lambda data, pixels: tile(data[:1] * len(data), pixels))


@bugs.caught_by(only_what_changed_is_sent)
def everything_is_sent_always(patch: Patch) -> None:
    patch.setattr(rfb, "changed", lambda picture, had, size: changed(picture, None, size))


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
