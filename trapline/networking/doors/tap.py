"""A TAP device of Linux: what the host's kernel sends there comes in at a port, and what leaves the port reaches it.

The kernel gives and takes frames of Ethernet without checksum, one in each call (Documentation/networking/tuntap.rst).
A device that is down takes nothing, as a cable that is not plugged in.
"""

import os
import struct
from contextlib import suppress
from selectors import EVENT_READ, BaseSelector

from isa.errors import TraplineError
from trapline.networking.doors.door import AT_ONCE, Enter

PLACE = "/dev/net/tun"
SET_DEVICE = 0x400454CA  # TUNSETIFF
IS_TAP, PLAIN = 0x0002, 0x1000  # IFF_TAP, IFF_NO_PI
MOST = 1518  # octets of a frame with a tag


class Tap:
    def __init__(self, device: str) -> None:
        self.device = device
        self._file = -1

    def open(self, selector: BaseSelector, enter: Enter) -> str:
        try:
            from fcntl import ioctl

            self._file = os.open(PLACE, os.O_RDWR | os.O_NONBLOCK)
            ioctl(self._file, SET_DEVICE, struct.pack("16sH22x", self.device.encode(), IS_TAP | PLAIN))
        except ImportError:
            raise TraplineError("only Linux has TAP devices", "join the port to something else") from None
        except OSError as error:
            self.close()
            help = f"`sudo ip tuntap add dev {self.device} mode tap user $USER` makes one that you may use"
            raise TraplineError(f"cannot use the TAP device {self.device}: {error.strerror}", help) from None
        selector.register(self._file, EVENT_READ, lambda: self._arrived(enter))
        return f"{self.device} is joined"

    def _arrived(self, enter: Enter) -> None:
        for _ in range(AT_ONCE):
            try:
                enter(os.read(self._file, MOST))
            except BlockingIOError:
                return
            except OSError as error:
                message = f"the TAP device {self.device} fails: {error.strerror}"
                raise TraplineError(message, "somebody may have removed it") from None

    def leave(self, frame: bytes) -> None:
        with suppress(OSError):
            os.write(self._file, frame)

    def due(self) -> float | None:
        return None

    def look(self) -> None:
        pass

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
