"""Looking at the folder of a host, whoever owns it: nobody waits for that."""

import os
from contextlib import closing

from isa.errors import TraplineError
from isa.files.sources_read import read_noted
from isa.files.tables import LARGEST
from monitor.host.capacity import FILE, Capacity, read_capacity
from monitor.host.ledger import Ledger
from monitor.host.life import Verb, after
from monitor.host.service import Service
from monitor.host.wires import Wires

LEDGER, OBJECTS = "host.db", "objects.db"


def served(capacity: Capacity, ledger: Ledger) -> Service:
    """The policy of a host, with what is kept of it. Raises TraplineError."""
    try:
        return Service(capacity, ledger.kept(), ledger.machines())
    except (ValueError, TypeError, LookupError) as error:
        raise TraplineError(f"{ledger.path} is damaged: {error}", "take it from a copy of the folder") from None


def wired(capacity: Capacity, ledger: Ledger) -> Wires:
    """The networks of a host, with what is kept of them. Raises TraplineError."""
    try:
        return Wires(capacity.networks, ledger.wires())
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise TraplineError(f"{ledger.path} is damaged: {error}", "take it from a copy of the folder") from None


def looked_at(folder: str) -> Ledger:
    """What is known of the machines of a host, whoever owns it at the moment. Raises TraplineError."""
    file_of(folder)
    return Ledger(os.path.join(folder, LEDGER))


def withdrawn(folder: str, name: str) -> None:
    """Have a machine not leave that is on its way to another host, whoever owns this one. Raises Refused if it is not,
    UsageError if there is none."""
    with closing(looked_at(folder)) as ledger:
        record = ledger.machine(name)
        after(name, record.state, Verb.CANCEL, record.point.was)
        ledger.withdraw(name)


def service_at(folder: str, ledger: Ledger) -> Service | None:
    """The policy of a host that is looked at, if it has one. Raises SourceError, TraplineError."""
    path = file_of(folder)
    capacity = read_capacity(path, read_noted(path, LARGEST))
    return served(capacity, ledger) if capacity.policy else None


def file_of(folder: str) -> str:
    """The file that makes a folder a host's. Raises TraplineError if there is none."""
    path = os.path.join(folder, FILE)
    if not os.path.isfile(path):
        raise TraplineError(f"{folder} is no host: it has no {FILE}", 'write one: `machine = "g3"` is enough')
    return path
