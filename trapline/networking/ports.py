"""What a network's file says of ports that are joined to the host, each `[[ports]]`:

[[ports]]
name = "out"
tap = "tap0"                # a device of the host's kernel; with vlans, trunk, rate and burst as a guest's port

[[ports]]
name = "door"
gateway = "web:80"          # a guest, and its port of TCP
serve = 8080                # where on the host's loopback address it is served; 0: anywhere
station = 253               # its own number on the network; otherwise that, and less for those that follow

[[ports]]
name = "away"
tunnel = "192.0.2.7:4789"   # a switch on another host, by VXLAN
here = "192.0.2.1:4789"     # where we are
network = 42                # as both call it
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

from isa.files.tables import Table
from monitor.network.definition import read_port
from monitor.network.switch import Port

DEVICE = re.compile(r"[A-Za-z0-9_.-]{1,15}", re.ASCII)
MOST_STATION = (1 << 24) - 1
NETWORK, TOP = 256, 253  # stations of a network of IP (docs/stack.md), and the number of the first gateway in one
KINDS = ("tap", "gateway", "tunnel")
VXLAN = 4789  # the port that IANA gave it


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


@dataclass(frozen=True, slots=True)
class Tunnel:
    """Another switch, by VXLAN: an address of ours and its own, and the number of the network."""

    here: tuple[str, int]
    there: tuple[str, int]
    network: int


Joined = Tap | Gateway | Tunnel


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
    if found == ["gateway"]:
        return Outside(port, _gateway(table, port, guests, number))
    return Outside(port, _tunnel(table) if found == ["tunnel"] else _tap(table))


def _tunnel(table: Table) -> Tunnel:
    here, there = _address(table, "here", f"127.0.0.1:{VXLAN}"), _address(table, "tunnel")
    return Tunnel(here, there, table.number("network", 0, (1 << 24) - 1, 1))


def _address(table: Table, key: str, default: str | None = None) -> tuple[str, int]:
    """An address of IPv4 and a port."""
    text = table.text(key, default)
    host, _, port = text.partition(":")
    try:
        if not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) or not 0 < int(port) < 1 << 16:
            raise ValueError
        return str(IPv4Address(host)), int(port)
    except ValueError:
        table.wrong(key, f"`{text:.60}` is no address", f"write the four numbers and the port: `192.0.2.7:{VXLAN}`")
        return "127.0.0.1", VXLAN


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
