"""The file of a network: who is at which port, what goes wrong on the way, and who is outside.

monitor = "trap"            # or none, hybrid, interpret
seed = 0                    # of what goes wrong, and of the guests' random sources
quantum = 1000              # steps of a guest's turn

[[guests]]
name = "a"                  # of its port
guest = "ping"              # a shipped guest, or a file beside this one or below
input = "hello\\n"           # what its console reads; otherwise what its header says
station = 1                 # its number, and so its address; otherwise its place in the file
vlans = [1]                 # one, or with `trunk = true` several
rate = 0                    # octets that may leave for it in 1024 steps; 0: any number
burst = 1514                # octets at once

[[ports]]                   # see ports.py

[impairments]
loss = 10000                # of a million frames
duplicate = 0               # of a million
delay = 0                   # steps
jitter = 0                  # steps more, at most

[[partitions]]
start = 1000                # steps of the clock
end = 2000
ports = ["a"]               # which are cut off from all others
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.files.tables import Table, read_table
from monitor.network.definition import read_port
from monitor.network.forwarding import MOST_VLANS
from monitor.network.impairments import MILLION, Impairments, Partition
from monitor.network.switch import Port
from monitor.techniques.catalogue import TECHNIQUES
from trapline.networking.ports import MOST_STATION, Gateway, Outside, read_outside

LARGEST = 1 << 16
MOST_PORTS = 64
MOST_STEPS = 1 << 40
QUANTUM = 1000
SPEED, MOST_SPEED = 2_000_000, 1 << 40
NONE = "none"


@dataclass(frozen=True, slots=True)
class Guest:
    """`program` is a shipped guest's name, or a path; `input` is None where its header says what it reads."""

    port: Port
    program: str
    input: bytes | None
    storage: int
    station: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The ports of the switch are those of the guests, and then those of `outside`."""

    monitor: str
    seed: int
    quantum: int
    speed: int
    guests: tuple[Guest, ...]
    outside: tuple[Outside, ...]
    impairments: Impairments

    @property
    def ports(self) -> list[Port]:
        return [*(guest.port for guest in self.guests), *(out.port for out in self.outside)]

    @property
    def doors(self) -> dict[str, int]:
        """Where the network leads out, by the names of the ports."""
        return {out.port.name: number for number, out in enumerate(self.outside, len(self.guests))}


def read_plan(path: str) -> Plan:
    """What a file says. Raises SourceError, TraplineError."""
    try:
        table = read_table(path, read_noted(path, LARGEST))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read the network {path}: {reason}", "give the name of a readable file") from None
    monitors = [NONE, *(name for name, technique in TECHNIQUES.items() if not technique.replaces)]
    monitor = table.text("monitor", "trap", monitors)
    seed, quantum = table.number("seed", 0, 1 << 63, 0), table.number("quantum", 1, 1 << 24, QUANTUM)
    speed = table.number("speed", 1, MOST_SPEED, SPEED)
    parts, others = table.tables("guests"), table.tables("ports")
    guests = tuple(_guest(part, os.path.dirname(path), number) for number, part in enumerate(parts, 1))
    known = {guest.port.name: (guest.port, guest.station) for guest in guests}
    outside = tuple(read_outside(part, known, number) for number, part in enumerate(others))
    if not guests or len(guests) + len(outside) > MOST_PORTS:
        table.wrong("guests", f"a switch has from 1 to {MOST_PORTS} ports, and a guest at one: `[[guests]]`")
    ports = [*(guest.port for guest in guests), *(out.port for out in outside)]
    names = [port.name for port in ports]
    _once("name", [*parts, *others], names, "two ports are called `{}`")
    gateways = [
        (part, out.to.station) for part, out in zip(others, outside, strict=True) if isinstance(out.to, Gateway)
    ]
    stations = [*((part, guest.station) for part, guest in zip(parts, guests, strict=True)), *gateways]
    _once("station", [part for part, _ in stations], [station for _, station in stations], "two are station {}")
    if len({vlan for port in ports for vlan in port.vlans}) > MOST_VLANS:
        table.wrong("guests", f"a switch has {MOST_VLANS} VLANs at most")
    partitions = tuple(_partition(part, names) for part in table.tables("partitions"))
    impairments = _impairments(table.table("impairments"), partitions)
    table.finish()
    return Plan(monitor, seed, quantum, speed, guests, outside, impairments)


def _once(key: str, parts: Sequence[Table], values: Sequence[object], message: str) -> None:
    for part, value in zip(parts, values, strict=True):
        if values.count(value) > 1:
            part.wrong(key, message.format(value))


def _guest(table: Table, folder: str, number: int) -> Guest:
    port, program = read_port(table, table.text("name")), table.text("guest")
    if "/" in program or "." in program:
        here, found = os.path.realpath(folder), os.path.realpath(os.path.join(folder, program))
        if os.path.commonpath([here, found]) != here:
            table.wrong("guest", f"`{program:.60}` does not lie beside this file or below")
        program = os.path.join(folder, program)
    given = table.text("input", "").encode() if "input" in table else None
    station = table.number("station", 1, MOST_STATION, number)
    return Guest(port, program, given, table.number("storage", 0, 1 << 26, 0), station)


def _partition(table: Table, names: list[str]) -> Partition:
    start, ports = table.number("start", 0, MOST_STEPS), table.texts("ports", None)
    for port in ports:
        if port not in names:
            table.wrong("ports", f"there is no port `{port:.60}`")
    return Partition(start, table.number("end", start, MOST_STEPS), frozenset(ports))


def _impairments(table: Table, partitions: tuple[Partition, ...]) -> Impairments:
    loss, duplicate = table.number("loss", 0, MILLION, 0), table.number("duplicate", 0, MILLION, 0)
    return Impairments(
        loss, duplicate, table.number("delay", 0, MOST_STEPS, 0), table.number("jitter", 0, MOST_STEPS, 0), partitions
    )
