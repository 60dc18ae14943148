"""Packets of gdb's remote protocol: `$data#checksum`, acknowledged by `+` until both sides agree to leave that away.

A client may send anything and may be gone at any time: what is no packet is passed over, and `Gone` is raised once. The
byte 3 between packets is Ctrl-C.
"""

import os
import select
import socket
from contextlib import suppress

LONGEST = 1 << 14  # bytes of a packet
INTERRUPT = b"\x03"
SPECIAL = b"#$*}"
OPENING = b"+-$\x03"  # how a client of this protocol begins, and no page of a browser
BUSY = b"E.another gdb has this machine: there is one at a time"


class Gone(Exception):
    """The client has left, or died."""


def framed(data: bytes) -> bytes:
    """A packet with this data, of which nothing needs an escape."""
    return b"$%b#%02x" % (data, sum(data) & 0xFF)


def escaped(data: bytes) -> bytes:
    """Any bytes as they may stand in a packet."""
    return b"".join(b"}%c" % (byte ^ 0x20) if byte in SPECIAL else b"%c" % byte for byte in data)


def unescaped(data: bytes) -> bytes:
    first, *rest = data.split(b"}")
    return first + b"".join(b"%c" % (part[0] ^ 0x20) + part[1:] for part in rest if part)


class Wire:
    """A client at two descriptors. Whoever else comes to the `listener` meanwhile is sent away."""

    def __init__(self, inward: int, outward: int, listener: socket.socket | None = None) -> None:
        self.inward, self.outward, self.listener = inward, outward, listener
        self.acknowledged = True
        self._came, self._sent = b"", b""

    def packet(self) -> bytes:
        """The data of the next packet. Raises Gone."""
        while True:
            found = self._cut()
            if found is not None:
                return found
            self._listen(None)

    def send(self, data: bytes) -> None:
        """Raises Gone."""
        self._sent = framed(data)
        self._write(self._sent)

    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed meanwhile. Raises Gone."""
        while self._listen(0):
            pass
        before, found, after = self._came.partition(INTERRUPT)
        if not found or b"$" in before:
            return False
        self._came = after
        return True

    def _cut(self) -> bytes | None:
        """Take a whole packet out of what came, if there is one."""
        while True:
            noise, begun, rest = self._came.partition(b"$")
            if b"-" in noise and self.acknowledged:
                self._write(self._sent)
            data, ended, after = rest.partition(b"#")
            self._came = begun + rest if len(data) <= LONGEST else b""
            if not ended or len(after) < 2:
                return None
            data = data.rpartition(b"$")[2]  # one that broke off before it
            sound = framed(data)[-2:] == after[:2].lower()
            self._came = after[2:] if sound else after
            if self.acknowledged:
                self._write(b"+" if sound else b"-")
            if sound:
                return unescaped(data)

    def _listen(self, patience: float | None) -> bool:
        """Take in what the client has sent; whether that was anything. Raises Gone."""
        both = [self.inward, self.listener.fileno()] if self.listener else [self.inward]
        ready = select.select(both, [], [], patience)[0]
        if self.inward in ready:
            self._take()
        if self.listener and self.listener.fileno() in ready:
            _turn_away(self.listener)
        return self.inward in ready

    def _take(self) -> None:
        try:
            came = os.read(self.inward, LONGEST)
        except OSError:
            came = b""
        if not came or (self.listener and not self._sent and came[:1] not in OPENING):
            raise Gone
        self._came += came

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self.outward, data) :]
        except OSError:
            raise Gone from None


def _turn_away(listener: socket.socket) -> None:
    """Say why to whoever comes second, and hang up."""
    with suppress(OSError):
        other, _ = listener.accept()
        with other:
            other.send(b"+" + framed(BUSY))
