"""A guest's screen for viewers of VNC: RFB, the remote framebuffer protocol (RFC 6143), versions 3.3, 3.7 and 3.8.

What a viewer has is remembered for it, and only tiles that changed are sent, raw or as ZRLE, in the pixels that it asks
for. An update is sent when something has changed, not when it is asked for. Security is what the socket gives, or a
password (`guarded`), which keeps other users of this machine out, and nobody who can listen.

A viewer is a stranger: it is given up when it says nonsense, leaves a message half-said, or takes nothing for a
minute.
"""

import os
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from isa.devices.keys import pointed, pressed
from isa.devices.screen import Picture
from monitor.clients import PATIENCE, Clients, Connection, Gone
from monitor.screens.shown import Shown

T = TypeVar("T")
TILE = 64
NONE, PASSWORD = 1, 2  # kinds of security
RAW, ZRLE, SIZE = 0, 16, -223  # of the last, DesktopSize
MOST_ENCODINGS, MOST_TEXT = 1024, 1 << 20
FORMAT = struct.Struct(">BBBBHHHBBBxxx")  # bits, depth, big-endian, true colour, three maxima, three shifts
OURS = (32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


class Pixels:
    """How a viewer wants its pixels: a table of colours as it has them. Raises Gone for a format that is none."""

    def __init__(self, form: tuple[int, ...], palette: bytes) -> None:
        bits, _, big, true, *rest = form
        maxima, shifts = rest[:3], rest[3:]
        if bits not in (8, 16, 32) or not true or any(shift >= bits for shift in shifts):
            raise Gone
        self.table = []
        for at in range(0, 768, 3):
            parts = zip(palette[at : at + 3], maxima, shifts, strict=True)
            value = sum(part * most // 255 << shift for part, most, shift in parts) & (1 << bits) - 1
            self.table.append(value.to_bytes(bits // 8, "big" if big else "little"))
        used = sum(most << shift for most, shift in zip(maxima, shifts, strict=True))
        self.short = self.table  # of ZRLE: without the octet of 32 bits that says nothing
        if bits == 32 and used < 1 << 24:
            self.short = [entry[1:] if big else entry[:3] for entry in self.table]
        elif bits == 32 and not used & 0xFF:
            self.short = [entry[:3] if big else entry[1:] for entry in self.table]
        self._planes, self._short = _planes(self.table), _planes(self.short)

    def raw(self, data: bytes) -> bytes:
        """Colours by their numbers, as the viewer has them."""
        return _spread(data, self._planes)

    def packed(self, data: bytes) -> bytes:
        """The same as ZRLE has them."""
        return _spread(data, self._short)


@lru_cache(16)
def _pixels(form: tuple[int, ...], palette: bytes) -> Pixels:
    return Pixels(form, palette)


def _planes(table: list[bytes]) -> list[bytes]:
    """Of all colours the first octets, the second, and so on."""
    return [bytes(entry[at] for entry in table) for at in range(len(table[0]))]


def _spread(data: bytes, planes: list[bytes]) -> bytes:
    out = bytearray(len(planes) * len(data))
    for at, plane in enumerate(planes):
        out[at :: len(planes)] = data.translate(plane)
    return bytes(out)


def unguarded(connection: Connection) -> None:
    """Let a viewer in, with no security but the socket's. Raises Gone, OSError."""
    minor = _version(connection)
    if minor == 3:
        connection.say(struct.pack(">I", NONE))
        return
    connection.say(bytes((1, NONE)))
    if connection.take(1)[0] != NONE:
        raise Gone
    if minor == 8:
        connection.say(bytes(4))


def guarded(connection: Connection, admit: Callable[[bytes, bytes], T | None]) -> T:
    """Let a viewer in that answers a challenge, whose answer means something to `admit`: what it means. Raises Gone,
    OSError."""
    minor = _version(connection)
    connection.say(struct.pack(">I", PASSWORD) if minor == 3 else bytes((1, PASSWORD)))
    if minor > 3 and connection.take(1)[0] != PASSWORD:
        raise Gone
    challenge = os.urandom(16)
    connection.say(challenge)
    found = admit(challenge, connection.take(16))
    if found is None:
        reason = b"this is the password of nothing here"
        connection.say(struct.pack(">I", 1) + (struct.pack(">I", len(reason)) + reason) * (minor == 8))
        raise Gone
    connection.say(bytes(4))
    return found


def _version(connection: Connection) -> int:
    """The minor version that a viewer speaks: 3, 7 or 8."""
    connection.say(b"RFB 003.008\n")
    said = connection.take(12)
    if not said.startswith(b"RFB 003."):
        raise Gone
    return {b"RFB 003.007\n": 7, b"RFB 003.008\n": 8}.get(said, 3)


class Session:
    """One viewer, on a connected socket."""

    def __init__(self, connection: Connection, showing: Shown, name: str) -> None:
        self.connection, self.showing, self.name = connection, showing, name
        self.form: tuple[int, ...] = OURS
        self.encoding, self.resizes = RAW, False
        self._deflater = zlib.compressobj(6)
        self._has: Picture | None = None
        self._number = -1
        self._asked: bool | None = None  # whether for all of it; None if it has what it asked for
        self._wanted = threading.Event()
        self._over = False
        self._lock = threading.Lock()

    def serve(self, admitted: bool = False) -> None:
        """All of it, until the viewer goes; one that is not `admitted` yet needs no password. Raises Gone, OSError."""
        if not admitted:
            unguarded(self.connection)
        with self.showing.watched():
            self._begin()
            threading.Thread(target=self._send, daemon=True).start()
            try:
                while True:
                    self._message()
            finally:
                self._over = True
                self._wanted.set()

    def _begin(self) -> None:
        self.connection.take(1)  # whether others may look as well: they may
        _, picture = self.showing.seen()
        name = self.name.encode()[:200]
        size = struct.pack(">HH", picture.width, picture.height)
        self.connection.say(size + FORMAT.pack(*OURS) + struct.pack(">I", len(name)) + name)
        self._size = picture.width, picture.height

    def _message(self) -> None:
        self.connection.wait()
        kind = self.connection.take(1)[0]
        if kind == 0:
            self.connection.take(3)
            form = FORMAT.unpack(self.connection.take(16))
            Pixels(form, bytes(768))
            with self._lock:
                self.form, self._has = form, None
        elif kind == 2:
            (count,) = struct.unpack(">xH", self.connection.take(3))
            if count > MOST_ENCODINGS:
                raise Gone
            named = struct.unpack(f">{count}i", self.connection.take(4 * count))
            self.encoding, self.resizes = ZRLE if ZRLE in named else RAW, SIZE in named
        elif kind == 3:
            whole = not self.connection.take(9)[0]
            with self._lock:
                self._asked = whole or bool(self._asked)
                self._wanted.set()
        elif kind == 4:
            down, symbol = struct.unpack(">BxxI", self.connection.take(7))
            self.showing.type(pressed(symbol, bool(down)))
        elif kind == 5:
            buttons, column, row = struct.unpack(">BHH", self.connection.take(5))
            self.showing.type(pointed(column, row, buttons))
        elif kind == 6:
            (length,) = struct.unpack(">3xI", self.connection.take(7))
            if length > MOST_TEXT:
                raise Gone
            self.connection.take(length)
        else:
            raise Gone

    # -- updates --

    def _send(self) -> None:
        """Send what was asked for, whenever there is something to send. A viewer that does not take it is left."""
        try:
            while not self._over:
                self._wanted.wait()
                self.showing.changed(self._number, 0.05)
                with self._lock:
                    asked, form = self._asked, self.form
                    number, picture = self.showing.seen()
                    if asked is None or (number == self._number and self._has is not None and not asked):
                        continue
                    had = None if asked else self._has
                    self._asked, self._number, self._has = None, number, picture
                    self._wanted.clear()
                    resized = self.resizes and (picture.width, picture.height) != self._size
                    if resized:
                        self._size, self._has = (picture.width, picture.height), None
                if resized:
                    self.connection.say(struct.pack(">BxHHHHHi", 0, 1, 0, 0, *self._size, SIZE))
                else:
                    self._update(picture, had, _pixels(form, picture.palette))
        except (OSError, Gone):
            self.connection.leave()

    def _update(self, picture: Picture, had: Picture | None, pixels: Pixels) -> None:
        tiles = list(changed(picture, had, self._size))
        parts = [struct.pack(">BxH", 0, len(tiles))]
        for x, y, width, height in tiles:
            rows = [picture.pixels[(y + row) * picture.width + x :][:width] for row in range(height)]
            head = struct.pack(">HHHHi", x, y, width, height, self.encoding)
            if self.encoding == RAW:
                parts.append(head + pixels.raw(b"".join(rows)))
            else:
                data = self._deflater.compress(tile(b"".join(rows), pixels)) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
                parts.append(head + struct.pack(">I", len(data)) + data)
        self.connection.say(b"".join(parts))


def changed(picture: Picture, had: Picture | None, size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """The tiles of a picture that are others than before, as far as the viewer's screen goes: x, y, width, height. If
    none is, the first, since an update that has nothing in it would keep some viewers waiting for ever."""
    width, height = min(size[0], picture.width), min(size[1], picture.height)
    same = had is not None and (had.width, had.palette) == (picture.width, picture.palette)
    found = False
    for y in range(0, height, TILE):
        band = slice(y * picture.width, (y + TILE) * picture.width)
        if same and had and picture.pixels[band] == had.pixels[band]:
            continue
        for x in range(0, width, TILE):
            wide, high = min(TILE, width - x), min(TILE, height - y)
            spans = ((y + row) * picture.width + x for row in range(high))
            if same and had and all(picture.pixels[at : at + wide] == had.pixels[at : at + wide] for at in spans):
                continue
            found = True
            yield x, y, wide, high
    if not found:
        yield 0, 0, min(TILE, width), min(TILE, height)


def tile(data: bytes, pixels: Pixels) -> bytes:
    """A tile of ZRLE: one colour, or all of its pixels."""
    if data.count(data[:1]) == len(data):
        return b"\x01" + pixels.short[data[0]]
    return b"\x00" + pixels.packed(data)


class Server(Clients):
    """Shows a guest to whoever connects to a listening socket, until it is closed."""

    def __init__(self, listener: socket.socket, showing: Shown, name: str, patience: float = PATIENCE) -> None:
        super().__init__(listener, patience)
        self.showing, self.name = showing, name

    def converse(self, connection: Connection) -> None:
        Session(connection, self.showing, self.name).serve()
