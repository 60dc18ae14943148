"""What a host has to give: `host.toml` in its folder.

machine = "g3"              # what all its virtual machines are copies of: a shipped machine, or PATH[:NAME]
monitor = "trap"            # a kind of monitor
processors = 2
storage = 1048576           # words, for all machines that are on
disks = 16777216            # bytes, for the disks of all machines
machines = 1000             # how many may be defined
quantum = 10000             # steps of a turn
"""

from dataclasses import dataclass

from isa.files.tables import read_table
from monitor.host.definition import MOST_WORDS
from monitor.schedule import QUANTUM
from monitor.techniques.catalogue import TECHNIQUES

FILE = "host.toml"
MOST_PROCESSORS = 64
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


def read_capacity(path: str, data: bytes) -> Capacity:
    """What a file says. Raises SourceError, TraplineError."""
    table, usual = read_table(path, data), Capacity()
    kinds = [name for name, technique in TECHNIQUES.items() if not technique.replaces]
    found = Capacity(
        table.text("machine", usual.machine),
        table.text("monitor", usual.monitor, kinds),
        table.number("processors", 1, MOST_PROCESSORS, usual.processors),
        table.number("storage", 1, MOST_WORDS, usual.storage),
        table.number("disks", 0, MOST_BYTES, usual.disks),
        table.number("machines", 1, MOST_MACHINES, usual.machines),
        table.number("quantum", 1, 1 << 40, usual.quantum),
    )
    table.finish()
    return found
