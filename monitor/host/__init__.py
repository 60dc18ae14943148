"""A host: virtual machines that are defined, run, stopped, saved, copied, and kept whatever happens to the process.

    with Host("servers") as host:               # a folder with a `host.toml`
        host.define(definition, image)
        host.start("web")
        host.run(1_000_000)                     # so many steps for each that runs

Read `life.py` first: the one table of states, and of what may be done in each. `host.py` has the verbs, `keeping.py`
what makes each of them whole or nothing. Under them: `capacity.py` and `definition.py` (what the files say),
`record.py` (what is known of a machine), `ledger.py` (where that is kept), `objects.py`, `contents.py` and
`saving.py` (what machines hold, in pieces that never change), `living.py` (the machines that run), which alone has
them take steps: `turns.py`, in turn, or as a policy says (`service.py`, over `monitor.service`; `promises.py` has what
it can promise at all). `networks.py` is what files say of networks, `segment.py` and `wires.py` how frames pass. On
hosts of other types, `types.py`, machines run `together.py`, under a monitor in assembly. `used.py` counts.
`between.py` and `migration/` move machines between hosts, `events.py` writes down what happened. docs/host.md is for
users.
"""

from monitor.host.capacity import Capacity, read_capacity
from monitor.host.definition import Definition, DiskPart, read_definition
from monitor.host.host import Host
from monitor.host.life import Refused, State, Verb
from monitor.host.record import Point, Record

__all__ = [
    "Capacity",
    "Definition",
    "DiskPart",
    "Host",
    "Point",
    "Record",
    "Refused",
    "State",
    "Verb",
    "read_capacity",
    "read_definition",
]
