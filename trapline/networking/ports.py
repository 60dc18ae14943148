"""What a network's file says of ports that are joined to the host, each `[[ports]]`:

[[ports]]
name = "out"
tap = "tap0"                # a device of the host's kernel; with vlans, trunk, rate and burst as a guest's port

[[ports]]
name = "door"
gateway = "web:80"          # a guest, and its port of TCP
serve = 8080                # where on the host's loopback address it is served; 0: anywhere
station = 253               # its own number on the network; otherwise that, and less for those that follow
"""

import re
from dataclasses import dataclass

from isa.files.tables import Table
from monitor.network.definition import read_port
from monitor.network.switch import Port

DEVICE = re.compile(r"[A-Za-z0-9_.-]{1,15}", re.ASCII)
MOST_STATION = (1 << 24) - 1
NETWORK, TOP = 256, 253  # stations of a network of IP (docs/stack.md), and the number of the first gateway in one
KINDS = ("tap", "gateway")


@dataclass(frozen=True, slots=True)
class Tap:
    """A TAP device, by its name."""

    device: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """A port of TCP of a guest, served on a port of the host's loopback address (0: any that is free). `station` is the
    number of the gateway's own, `to` the guest's."""

    station: int
    to: int
    guest: str
    port: int
    serve: int


Joined = Tap | Gateway


@dataclass(frozen=True, slots=True)
class Outside:
    """A port, and what it is joined to."""

    port: Port
    to: Joined


Guests = dict[str, tuple[Port, int]]


def read_outside(table: Table, guests: Guests, number: int) -> Outside:
    """What the table of this number says, in a network of these guests, each with its station."""
    port, found = read_port(table, table.text("name")), [kind for kind in KINDS if kind in table]
    if len(found) != 1:
        table.wrong("name", f"a port is joined to one thing: `{'`, `'.join(KINDS)}`")
    return Outside(port, _gateway(table, port, guests, number) if found == ["gateway"] else _tap(table))


def _tap(table: Table) -> Tap:
    device = table.text("tap")
    if not DEVICE.fullmatch(device):
        table.wrong(
            "tap", f"`{device:.60}` is no name of a device", "it has up to 15 letters, digits, `_`, `.` and `-`"
        )
    return Tap(device)


def _gateway(table: Table, port: Port, guests: Guests, number: int) -> Gateway:
    text = table.text("gateway")
    name, _, wanted = text.rpartition(":")
    if not re.fullmatch(r"[0-9]{1,5}", wanted, re.ASCII) or not 0 < int(wanted) < 1 << 16 or name not in guests:
        table.wrong("gateway", f"`{text:.60}` is no port of a guest", "write the guest's name and the port: `web:80`")
        name, wanted, guests = "", "0", {"": (port, 0)}
    guest, to = guests[name]
    if port.trunk or guest.trunk or port.vlans != guest.vlans:
        table.wrong("gateway", f"{name} is of another VLAN", "give the port the guest's `vlans`")
    station = table.number("station", 1, MOST_STATION, to - to % NETWORK + TOP - number)
    return Gateway(station, to, name, int(wanted), table.number("serve", 0, 65535, 0))
