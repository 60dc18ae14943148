"""What passes a switch, in the format pcapng, which tshark, tcpdump and Wireshark read.

An interface stands for each port, with its name; time stamps are steps, as nanoseconds. A frame's direction is seen
from the port: `inbound` came from the guest into the switch. One that was dropped has a comment that says why.
"""

import struct
from collections.abc import Iterable
from typing import BinaryIO

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
ETHERNET = 1
COMMENT, NAME, RESOLUTION, FLAGS = 1, 2, 9, 2
NANOSECONDS = 9
INBOUND, OUTBOUND = 1, 2


class Capture:
    """Writes to a file as frames come; `told` is for `Switch.told`. Raises OSError."""

    def __init__(self, file: BinaryIO, ports: list[str]) -> None:
        self.file = file
        file.write(begun(ports))

    def told(self, step: int, port: int, frame: bytes, inwards: bool, why: str) -> None:
        self.file.write(packet(step, port, frame, inwards, why))


def begun(ports: Iterable[str]) -> bytes:
    """What stands at the beginning of a file."""
    found = _block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    for name in ports:
        options = _option(NAME, name.encode()) + _option(RESOLUTION, bytes([NANOSECONDS])) + _option(0, b"")
        found += _block(INTERFACE, struct.pack("<HHI", ETHERNET, 0, 0) + options)
    return found


def packet(step: int, port: int, frame: bytes, inwards: bool, why: str) -> bytes:
    """A frame, which was dropped if there is a reason."""
    options = _option(FLAGS, struct.pack("<I", INBOUND if inwards else OUTBOUND))
    if why:
        options += _option(COMMENT, f"dropped: {why}".encode())
    head = struct.pack("<IIIII", port, step >> 32, step & 0xFFFFFFFF, len(frame), len(frame))
    return _block(PACKET, head + frame + bytes(-len(frame) % 4) + options + _option(0, b""))


def _block(kind: int, body: bytes) -> bytes:
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)
