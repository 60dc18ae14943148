"""Messages between two hosts: a header in JSON, and bytes behind it. Lengths stand before both, and are limited.

Nothing that comes is believed: what is no message, or none that is expected, ends the connection, which is what a host
has to survive anyway.
"""

import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, TypeVar

from isa.errors import TraplineError

G = TypeVar("G")
T = TypeVar("T")

VERSION = 2
PULSE = 0.2  # seconds
PATIENCE = 30.0  # seconds that the other side may take for a message
MOST_HEADER, MOST_DATA = 1 << 20, 1 << 26  # bytes


class Lost(TraplineError):
    """The other side is not there any more, or says what makes no sense."""


class Channel:
    """One side of a connection, which is closed with it."""

    def __init__(self, connection: socket.socket, patience: float = PATIENCE) -> None:
        self.connection, self.patience = connection, patience
        self.pulse: Callable[[], object] = lambda: None  # is called now and then by who waits here, and may raise
        self._until = 0.0

    def say(self, kind: str, data: bytes = b"", **values: Any) -> None:
        """Send a message. Raises Lost."""
        header = json.dumps({"kind": kind, **values}).encode()
        try:
            self._until = time.monotonic() + self.patience
            rest = memoryview(struct.pack(">II", len(header), len(data)) + header + data)
            while rest:
                rest = rest[self._waiting(self.connection.send, rest) :]
        except OSError as error:
            raise _lost(error) from None

    def hear(self, *kinds: str) -> tuple[dict[str, Any], bytes]:
        """The next message, of one of these kinds. Raises Lost, and TraplineError for what the other side refuses."""
        self._until = time.monotonic() + self.patience
        try:
            lengths = struct.unpack(">II", self._bytes(8))
            if lengths[0] > MOST_HEADER or lengths[1] > MOST_DATA:
                raise Lost("the other side sends more than was agreed", "see that it is a host")
            header = json.loads(self._bytes(lengths[0]))
            data = self._bytes(lengths[1])
        except OSError as error:
            raise _lost(error) from None
        except (ValueError, RecursionError):
            raise Lost("the other side does not speak as a host does", "see that it is one") from None
        if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
            raise Lost("the other side does not speak as a host does", "see that it is one")
        if header["kind"] == "refused":
            raise TraplineError(f"the other host: {header.get('why', '')!s:.300}", str(header.get("help", ""))[:300])
        if header["kind"] not in kinds:
            raise Lost(f"the other side says {header['kind']:.40}, and should say {' or '.join(kinds)}")
        return header, data

    def _bytes(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = self._waiting(self.connection.recv, min(count - len(data), 1 << 20))
            if not part:
                raise ConnectionError("it has hung up")
            data += part
        return bytes(data)

    def _waiting(self, does: Callable[[G], T], given: G) -> T:
        """Do what may have to wait. Raises TimeoutError, and what the pulse does."""
        while True:
            left = self._until - time.monotonic()
            self.connection.settimeout(max(min(left, PULSE), 0.001))
            try:
                return does(given)
            except TimeoutError:
                self.pulse()
                if left <= 0:
                    raise

    def close(self) -> None:
        self.connection.close()


def _lost(error: OSError) -> Lost:
    reason = error.strerror or str(error) or "it takes too long"
    return Lost(f"the other host is lost: {reason.lower()}", "ask both what they have, and migrate again")
