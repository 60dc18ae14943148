"""Networks as the files of a host and of its machines say: switches, and who is at which port. Next: `wires.py`.

[[networks]]                # in host.toml: a switch
name = "lan"
vlans = [1]                 # of which its ports may be
ports = 64                  # machines that may be defined with a port of it
rate = 0                    # octets that may leave at a port in 1024 steps; 0: any number
burst = 1514                # octets at once
delay = 1000                # steps: a frame arrives when the host's clock next comes to a multiple of it

[[networks]]                # in the file of a machine: its port, one at most
name = "lan"
station = 1                 # its address ends in this; by default the least that is free
vlans = [1]                 # one, or with `trunk = true` several
rate = 0                    # by default, and at most, what the network's ports have
burst = 1514
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from isa.description import Isa
from isa.devices.card import Card
from isa.devices.catalogue import misfit
from isa.errors import TraplineError
from isa.files.tables import Table
from monitor.network.definition import MOST_VLAN, read_limits, read_port
from monitor.network.forwarding import MOST_VLANS
from monitor.network.switch import Port

MOST_NETWORKS, MOST_PORTS = 64, 1024
MOST_JOINED = 1  # there is one place for a card (`isa.devices.catalogue`)
MOST_STATION = (1 << 32) - 1
DELAY, MOST_DELAY = 1000, 1 << 20  # steps
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
RULE = "a name has 1 to 63 of a-z, 0-9, `-` and `_`, and begins with a letter or digit"


@dataclass(frozen=True, slots=True)
class Net:
    """A switch of a host."""

    name: str
    vlans: tuple[int, ...] = (1,)
    ports: int = 64
    rate: int = 0
    burst: int = 1514
    delay: int = DELAY


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """A machine's port of a network. A `station` of 0 is the least that is free; a `rate` of 0 is the network's."""

    name: str
    station: int = 0
    vlans: tuple[int, ...] = (1,)
    trunk: bool = False
    rate: int = 0
    burst: int = 1514

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> "NetworkPart":
        return cls(**{**values, "vlans": tuple(values["vlans"])})

    def port(self, machine: str, net: Net, up: bool) -> Port:
        """The same at a switch."""
        rate, burst = (self.rate, self.burst) if self.rate else (net.rate, net.burst)
        return Port(machine, self.vlans, self.trunk, rate, burst, up)


def read_nets(table: Table) -> tuple[Net, ...]:
    """The networks of `host.toml`."""
    parts = table.tables("networks")
    found = tuple(_net(part) for part in parts)
    names = [net.name for net in found]
    for part, name in zip(parts, names, strict=True):
        if names.count(name) > 1:
            part.wrong("name", f"two networks are called `{name}`", "give one another name")
    if len(found) > MOST_NETWORKS:
        table.wrong("networks", f"a host has {MOST_NETWORKS} networks at most", "use VLANs")
    return found


def _net(table: Table) -> Net:
    name, vlans = _name(table), table.numbers("vlans", 1, MOST_VLAN, (1,))
    if len(set(vlans)) > MOST_VLANS:
        table.wrong("vlans", f"a switch has {MOST_VLANS} VLANs at most", "make two networks")
    ports, (rate, burst) = table.number("ports", 1, MOST_PORTS, 64), read_limits(table)
    return Net(name, vlans, ports, rate, burst, table.number("delay", 1, MOST_DELAY, DELAY))


def read_joined(table: Table) -> tuple[NetworkPart, ...]:
    """The port that a machine's file asks for."""
    parts = table.tables("networks")
    if len(parts) > MOST_JOINED:
        rule = f"there is room for {MOST_JOINED} card, and these are {len(parts)}"
        table.wrong("networks", rule, "use VLANs: `trunk = true`")
    return tuple(_joined(part) for part in parts)


def _joined(table: Table) -> NetworkPart:
    name, station = _name(table), table.number("station", 0, MOST_STATION, 0)
    port = read_port(table, name)
    if "burst" in table and not port.rate:
        table.wrong("burst", "`burst` is for a port with a `rate`", "write a `rate`, or leave it away")
    return NetworkPart(name, station, port.vlans, port.trunk, port.rate, port.burst)


def _name(table: Table) -> str:
    name = table.text("name")
    if name and not NAME.fullmatch(name):
        table.wrong("name", f"{name!r:.80} is no name", RULE)
    return name


# ---- whether a machine can have a port


def joined(
    isa: Isa, nets: Iterable[Net], machine: str, parts: Sequence[NetworkPart], others: Iterable[NetworkPart]
) -> tuple[NetworkPart, ...]:
    """The ports that a machine asks for, with their stations. `others` are those of all other machines. Raises
    TraplineError for what the host's networks have not."""
    if not parts:
        return ()
    if why := misfit(isa, Card.name, Card.ports):
        raise TraplineError(f"{machine}: {isa.name} has no room for a card: {why}", "leave `networks` away")
    known, taken = {net.name: net for net in nets}, list(others)
    return tuple(_station(machine, part, _of(known, machine, part), taken) for part in parts)


def _of(known: dict[str, Net], machine: str, part: NetworkPart) -> Net:
    """The network of a port, which allows it."""
    net = known.get(part.name)
    if net is None:
        rule = f"{machine} is to be on a network `{part.name}`, which its host has not"
        raise TraplineError(rule, f"it has {', '.join(known)}" if known else "write `[[networks]]` in host.toml")
    if strange := sorted(set(part.vlans) - set(net.vlans)):
        rule = f"{machine} is to be of VLAN {strange[0]}, and `{net.name}` has {', '.join(map(str, net.vlans))}"
        raise TraplineError(rule, "choose one of these, or add it in host.toml")
    for key in ("rate", "burst"):
        asked, most = getattr(part, key), getattr(net, key)
        if part.rate and net.rate and asked > most:
            rule = f"{machine} is to have a {key} of {asked:,}, and ports of `{net.name}` have {most:,} at most"
            raise TraplineError(rule, "say less, or leave it away")
    return net


def _station(machine: str, part: NetworkPart, net: Net, others: list[NetworkPart]) -> NetworkPart:
    """The port with a station that no other has there."""
    taken = {other.station for other in others if other.name == net.name}
    if len(taken) >= net.ports:
        raise TraplineError(f"`{net.name}` has {net.ports} ports, and all are taken", "undefine a machine that has one")
    if part.station in taken:
        rule = f"{machine} is to be station {part.station} of `{net.name}`, and another machine is"
        raise TraplineError(rule, "leave `station` away, and it gets a free one")
    free = part.station or next(number for number in range(1, len(taken) + 2) if number not in taken)
    return replace(part, station=free)
