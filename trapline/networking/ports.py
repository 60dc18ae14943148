"""What a network's file says of ports that are joined to the host, each `[[ports]]`:

[[ports]]
name = "out"
tap = "tap0"                # a device of the host's kernel; with vlans, trunk, rate and burst as a guest's port
"""

import re
from dataclasses import dataclass

from isa.files.tables import Table
from monitor.network.definition import read_port
from monitor.network.switch import Port

DEVICE = re.compile(r"[A-Za-z0-9_.-]{1,15}", re.ASCII)
KINDS = ("tap",)


@dataclass(frozen=True, slots=True)
class Tap:
    """A TAP device, by its name."""

    device: str


Joined = Tap


@dataclass(frozen=True, slots=True)
class Outside:
    """A port, and what it is joined to."""

    port: Port
    to: Joined


def read_outside(table: Table) -> Outside:
    port, found = read_port(table, table.text("name")), [kind for kind in KINDS if kind in table]
    if len(found) != 1:
        table.wrong("name", f"a port is joined to one thing: `{'`, `'.join(KINDS)}`")
    return Outside(port, _tap(table))


def _tap(table: Table) -> Tap:
    device = table.text("tap")
    if not DEVICE.fullmatch(device):
        table.wrong(
            "tap", f"`{device:.60}` is no name of a device", "it has up to 15 letters, digits, `_`, `.` and `-`"
        )
    return Tap(device)
