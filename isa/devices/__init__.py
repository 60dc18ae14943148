"""The outside world of a machine: devices behind ports. docs/devices.md describes them for programmers of guests.

Read `ports.py` first (what a device is), then `console.py`, `disk.py`, `random.py`, `rings.py`, `notices.py`,
`card.py`, `screen.py`, `keys.py` and `queue.py`, then `catalogue.py` (where each is attached). Behind them:
`inputs.py`, `recording.py` and `terminal.py` (characters in), `arrivals.py` (frames and keys in), `backing.py` (a
disk's bytes), `octets.py` (bytes in words), `saved.py` (state read back), `difference.py` (what a comparison reports),
`rewinding.py` and `journal.py` (going back).

Here is what nearly every machine has; the rest is imported from where it is, by those who need it.
"""

from isa.devices.backing import Backing, FileBacking, MemoryBacking, copied
from isa.devices.catalogue import PLACES, attach, standard
from isa.devices.console import Console, Descriptor, Sink
from isa.devices.disk import BLOCK, DURATION, Disk, open_disk
from isa.devices.inputs import INTERVAL, Input, Live, Replay, Script, read_input
from isa.devices.ports import Device, DeviceFailure, DeviceStorage, Ports, Telling
from isa.devices.random import RandomSource
from isa.devices.rings import Rings

__all__ = [
    "BLOCK",
    "DURATION",
    "INTERVAL",
    "PLACES",
    "Backing",
    "Console",
    "Descriptor",
    "Device",
    "DeviceFailure",
    "DeviceStorage",
    "Disk",
    "FileBacking",
    "Input",
    "Live",
    "MemoryBacking",
    "Ports",
    "RandomSource",
    "Replay",
    "Rings",
    "Script",
    "Sink",
    "Telling",
    "attach",
    "copied",
    "open_disk",
    "read_input",
    "standard",
]
