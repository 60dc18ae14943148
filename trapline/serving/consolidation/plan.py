"""What is to be consolidated: the servers, what they are asked, and the hosts, as a file of TOML says
(docs/consolidate.md).

policy = "shares"
[host]
storage = 16384                 # words
[[servers]]
name = "shop"
within = 20000                  # steps, for `percent` of a hundred requests
percent = 95
trace = "shop.trace"            # lines `STEP LINE`; or, and as well:
[[servers.requests]]
at = 100
send = "w 40"
every = 5000
times = 20
"""

import os
from dataclasses import dataclass

from isa.errors import UsageError
from isa.files.tables import LARGEST, Table, read_table
from isa.machines.catalogue import find as find_machine
from monitor.host.definition import MOST_WORDS
from monitor.host.networks import NAME, RULE
from monitor.network.datagram import MOST
from monitor.schedule import QUANTUM
from monitor.service.level import Level
from monitor.service.promised import MOST_PRICE, MOST_QUANTUM, PRICE
from monitor.service.requests import Request
from monitor.service.terms import MOST_WEIGHT
from trapline.options import DEFAULT_MACHINE
from trapline.running.programs import Program, find
from trapline.serving.consolidation.asked import beside, file_bytes, requests

MOST_SERVERS = 100
MOST_PORT = (1 << 16) - 1
POLICIES = ("shares", "deadline")  # which promise so many steps in every period
NOISE, FOREVER = "noise", ("ROUNDS", 0)  # the usual neighbour, and what makes it endless


@dataclass(frozen=True, slots=True)
class Wanted:
    """A server: `disk` in blocks, `storage` in words. It is asked at a `port` of UDP, or, if that is 0, by its
    console."""

    name: str
    program: Program
    storage: int
    disk: int
    level: Level
    requests: tuple[Request, ...]
    port: int = 0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody on every processor to whom nothing is promised; `name` is its program's."""

    program: Program
    storage: int
    weight: int

    @property
    def name(self) -> str:
        return self.program.name


@dataclass(frozen=True, slots=True)
class HostKind:
    """What every host has: `storage` in words, power in watts, space in rack units."""

    processors: int
    storage: int
    idle: int
    busy: int
    units: int


@dataclass(frozen=True, slots=True)
class Prices:
    """In cents: of a kilowatt hour, and of a rack unit a month."""

    energy: int
    unit: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`period`, if it is not 0, is that of all reservations."""

    machine: str
    policy: str
    quantum: int
    price: int
    period: int
    host: HostKind
    prices: Prices
    servers: tuple[Wanted, ...]
    neighbour: Neighbour | None


def read_plan(path: str) -> Plan:
    """Raises SourceError for mistakes in the file, and TraplineError for what it names and cannot be used."""
    table = read_table(path, file_bytes(path, LARGEST))
    machine = _machine(path, table)
    price = table.number("price", 0, MOST_PRICE, PRICE)
    quantum = table.number("quantum", max(1, price), MOST_QUANTUM, QUANTUM)
    period, policy = table.number("period", 0, 1 << 20, 0), table.text("policy", POLICIES[0], POLICIES)
    host, prices = _host(table.table("host")), _prices(table.table("cost"))
    servers = tuple(_server(path, machine, part) for part in table.tables("servers"))
    _check(table, servers)
    neighbour = _neighbour(path, machine, table.table("neighbour")) if "neighbour" in table else None
    table.finish()
    found = [server for server in servers if server is not None]
    return Plan(machine, policy, quantum, price, period, host, prices, tuple(found), neighbour)


def _machine(path: str, table: Table) -> str:
    """A shipped machine, or a description that lies beside the plan."""
    machine = table.text("machine", DEFAULT_MACHINE)
    try:
        found = beside(path, machine) if ".isa" in machine else machine
        find_machine(found)
    except UsageError as error:
        table.wrong("machine", error.message, error.help)
        return DEFAULT_MACHINE
    return found


def _host(table: Table) -> HostKind:
    idle = table.number("idle_watts", 0, 1 << 20, 60)
    return HostKind(
        table.number("processors", 1, 64, 1),
        table.number("storage", 1, MOST_WORDS, 1 << 16),
        idle,
        table.number("busy_watts", idle, 1 << 20, max(idle, 150)),
        table.number("units", 0, 100, 1),
    )


def _prices(table: Table) -> Prices:
    return Prices(table.number("kilowatt_hour", 0, 1 << 20, 30), table.number("unit", 0, 1 << 30, 2500))


def _server(path: str, machine: str, table: Table) -> Wanted | None:
    program = _program(path, machine, table, "serve", ())
    level = Level(table.number("within", 10, 1 << 20), table.number("percent", 1, 100, 100))
    name, asked = table.text("name"), requests(path, table)
    if name and not NAME.fullmatch(name):
        table.wrong("name", f"{name!r:.80} is no name", RULE)
    storage, disk = _size(table, program), table.number("disk", 0, 1 << 16, program.disk if program else 0)
    port = table.number("port", 1, MOST_PORT) if "port" in table else 0
    if port and any(len(request.line) >= MOST for request in asked):
        table.wrong("port", f"a datagram carries {MOST} characters at most, and a request is longer", "ask for less")
    return Wanted(name, program, storage, disk, level, asked, port) if program else None


def _neighbour(path: str, machine: str, table: Table) -> Neighbour | None:
    definitions = () if "guest" in table else (FOREVER,)
    program = _program(path, machine, table, NOISE, definitions)
    storage, weight = _size(table, program), table.number("weight", 1, MOST_WEIGHT, 1)
    return Neighbour(program, storage, weight) if program else None


def _size(table: Table, program: Program | None) -> int:
    needed = (program.storage or program.image.top) if program else 1
    return table.number("storage", needed, MOST_WORDS, needed)


def _program(
    path: str, machine: str, table: Table, usual: str, definitions: tuple[tuple[str, int], ...]
) -> Program | None:
    """A shipped guest, or a file that lies beside the plan. What is wrong with its name is a mistake of the plan."""
    guest = table.text("guest", usual)
    try:
        return find(beside(path, guest) if os.path.splitext(guest)[1] else guest, machine, definitions)
    except UsageError as error:
        table.wrong("guest", error.message, error.help)
        return None


def _check(table: Table, servers: tuple[Wanted | None, ...]) -> None:
    names = [server.name for server in servers if server is not None]
    if not 1 <= len(servers) <= MOST_SERVERS:
        rule = f"there are from 1 to {MOST_SERVERS} servers, not {len(servers)}"
        table.wrong("servers", rule, "write `[[servers]]` for each of them")
    for name in sorted({name for name in names if names.count(name) > 1}):
        table.wrong("servers", f"two servers are called `{name:.60}`")
