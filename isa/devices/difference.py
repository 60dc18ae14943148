"""What two sets of devices do not have in common, in words short enough for a report."""

import base64
import binascii
from collections.abc import Iterator

from isa.devices.ports import Ports

BEFORE, AFTER, LONGEST = 8, 24, 60


def differences(ours: Ports, theirs: Ports) -> Iterator[tuple[str, str, str]]:
    """(name, ours, theirs) for each part of a device's saved state that differs, such as `console.output`: text from
    a little before the first byte that differs, numbers whole. Both must have the same devices at the same ports."""
    for port, device in ours.devices.items():
        saved, other = device.save(), theirs.devices[port].save()
        for key in saved | other:
            if saved.get(key) != other.get(key):
                yield f"{device.name}.{key}", *_shown(saved.get(key), other.get(key))
    if (ours.traffic, ours.fingerprint) != (theirs.traffic, theirs.fingerprint):
        yield "words sent and received", _traffic(ours), _traffic(theirs)


def _traffic(ports: Ports) -> str:
    return f"{ports.traffic}, CRC-32 {ports.fingerprint:08x}"


def _shown(ours: object, theirs: object) -> tuple[str, str]:
    a, b = _bytes(ours), _bytes(theirs)
    if a is None or b is None:
        return _cut(repr(ours)), _cut(repr(theirs))
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return _around(a, at), _around(b, at)


def _around(data: bytes, at: int) -> str:
    first = max(0, at - BEFORE)
    return f"{data[first : at + AFTER]!r} from byte {first} of {len(data)}"


def _bytes(value: object) -> bytes | None:
    """The bytes of a value made by `saved.packed`."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        return None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
