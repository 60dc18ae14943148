"""What a host has to give: `host.toml` in its folder.

type = "trapline"           # or vmm, hosted: machines that run together on a monitor in assembly
machine = "g3"              # what all its virtual machines are copies of: a shipped machine, or PATH[:NAME]
monitor = "trap"            # a kind of monitor
processors = 2
storage = 1048576           # words, for all machines that are on
disks = 16777216            # bytes, for the disks of all machines
machines = 1000             # how many may be defined
quantum = 10000             # steps of a turn
policy = "shares"           # who goes next (docs/scheduling.md); without one each has as many steps as others
price = 20                  # steps that an exit costs
period = 100000             # steps, of reservations and caps
frame = 100000              # steps, of a static partition

[[networks]]                # a switch for its machines: `networks.py`
name = "lan"
"""

from dataclasses import dataclass

from isa.files.tables import read_table
from isa.machine.storage import LARGEST
from monitor.host.networks import Net, read_nets
from monitor.host.types import DERIVED, TYPES
from monitor.schedule import QUANTUM
from monitor.service.policies.catalogue import POLICIES
from monitor.service.promised import FRAME, MOST_PRICE, MOST_PROCESSORS, MOST_QUANTUM, PRICE
from monitor.service.terms import MOST_PERIOD, PERIOD
from monitor.techniques.catalogue import TECHNIQUES

FILE = "host.toml"
MOST_BYTES = 1 << 40
MOST_MACHINES = 100_000


@dataclass(frozen=True, slots=True)
class Capacity:
    machine: str = "g3"
    monitor: str = "trap"
    processors: int = 1
    storage: int = 1 << 20
    disks: int = 1 << 26
    machines: int = 1000
    quantum: int = QUANTUM
    policy: str = ""
    price: int = PRICE
    period: int = PERIOD
    frame: int = FRAME
    type: str = DERIVED
    networks: tuple[Net, ...] = ()


def read_capacity(path: str, data: bytes) -> Capacity:
    """What a file says. Raises SourceError, TraplineError."""
    table, usual = read_table(path, data), Capacity()
    kinds = [name for name, technique in TECHNIQUES.items() if not technique.replaces]
    policy, type = table.text("policy", usual.policy, POLICIES), table.text("type", usual.type, TYPES)
    found = Capacity(
        table.text("machine", usual.machine),
        table.text("monitor", usual.monitor, kinds),
        table.number("processors", 1, MOST_PROCESSORS, usual.processors),
        table.number("storage", 1, LARGEST // 2, usual.storage),
        table.number("disks", 0, MOST_BYTES, usual.disks),
        table.number("machines", 1, MOST_MACHINES, usual.machines),
        table.number("quantum", 1, MOST_QUANTUM if policy else 1 << 40, usual.quantum),
        policy,
        table.number("price", 0, MOST_PRICE, usual.price),
        table.number("period", 1, MOST_PERIOD, usual.period),
        table.number("frame", 1, MOST_PERIOD, usual.frame),
        type,
        read_nets(table),
    )
    for key in ("monitor", "processors", "policy", "networks"):
        if key in table and type != DERIVED:
            table.wrong(
                key, f"`{key}` is for a host of the derived monitor, and this one is of type `{type}`", "leave it away"
            )
    for key in ("price", "period", "frame"):
        if key in table and not policy:
            table.wrong(key, f"`{key}` is for a host with a policy", 'write `policy = "shares"` too')
    table.finish()
    return found
