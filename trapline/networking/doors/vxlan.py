"""A tunnel to a switch on another host: each frame in a datagram of UDP, as VXLAN (RFC 7348) has it.

A datagram begins with eight octets: a flag that says that the network has a number, and the number. What comes from
elsewhere than the other end, or is of another network, is dropped; nothing protects it on its way.
"""

import socket
import struct
from contextlib import suppress
from selectors import EVENT_READ, BaseSelector

from isa.devices.card import HEADER
from isa.errors import TraplineError
from trapline.networking.doors.door import AT_ONCE, Enter

HEAD = struct.Struct(">II")
NUMBERED = 0x08000000  # the flag I
MOST = HEAD.size + 1518  # octets of a datagram

Address = tuple[str, int]


class Vxlan:
    """Between an address of ours and that of the other end, each with its port."""

    def __init__(self, here: Address, there: Address, network: int) -> None:
        self.here, self.there, self.network = here, there, network
        self._head = HEAD.pack(NUMBERED, network << 8)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def open(self, selector: BaseSelector, enter: Enter) -> str:
        try:
            self._socket.bind(self.here)
        except OSError as error:
            where = f"{self.here[0]}:{self.here[1]}"
            raise TraplineError(f"cannot use {where}: {error.strerror or error}", "give another `here`") from None
        self._socket.setblocking(False)
        selector.register(self._socket, EVENT_READ, lambda: self._arrived(enter))
        self.here = self._socket.getsockname()
        there = f"{self.there[0]}:{self.there[1]}"
        return f"{self.here[0]}:{self.here[1]} is joined to {there}, network {self.network}"

    def _arrived(self, enter: Enter) -> None:
        for _ in range(AT_ONCE):
            try:
                datagram, (host, _) = self._socket.recvfrom(MOST + 1)
            except BlockingIOError:
                return
            except OSError:  # what we have sent did not arrive: nobody listens there
                continue
            frame = self._frame(datagram, host)
            if frame:
                enter(frame)

    def _frame(self, datagram: bytes, host: str) -> bytes:
        """The frame in a datagram from a host; nothing if it is none of this network."""
        if host != self.there[0] or not HEAD.size + HEADER <= len(datagram) <= MOST:
            return b""
        flags, number = HEAD.unpack_from(datagram)
        return datagram[HEAD.size :] if flags & NUMBERED and number >> 8 == self.network else b""

    def leave(self, frame: bytes) -> None:
        with suppress(OSError):
            self._socket.sendto(self._head + frame, self.there)

    def due(self) -> float | None:
        return None

    def look(self) -> None:
        pass

    def close(self) -> None:
        self._socket.close()
