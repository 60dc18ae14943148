"""The outside world of a machine: devices behind ports. docs/devices.md describes them for programmers of guests.

Read `ports.py` first (what a device is), then `console.py`, `disk.py`, `random.py`, `rings.py`, `notices.py`,
`card.py`, `screen.py`, `keys.py` and `queue.py`, then `catalogue.py` (where each is attached). Behind them:
`inputs.py`, `recording.py` and `terminal.py` (characters in), `arrivals.py` (frames and keys in), `backing.py` (a
disk's bytes), `octets.py` (bytes in words), `saved.py` (state read back), `difference.py` (what a comparison reports),
`rewinding.py` and `journal.py` (going back).
"""

from isa.devices.arrivals import Arrivals, Kept
from isa.devices.backing import Backing, FileBacking, MemoryBacking, copied
from isa.devices.card import Card, station_address
from isa.devices.catalogue import PLACES, attach, standard
from isa.devices.console import Console, Descriptor, Sink
from isa.devices.difference import differences
from isa.devices.disk import BLOCK, DURATION, Disk, open_disk
from isa.devices.inputs import INTERVAL, Input, Live, Replay, Script, read_input
from isa.devices.keys import Keys, pointed, pressed
from isa.devices.notices import Notices
from isa.devices.ports import Device, DeviceFailure, DeviceStorage, Ports, Telling
from isa.devices.queue import Queue
from isa.devices.random import RandomSource
from isa.devices.recording import Arrival, Origin, Recorder, load_recording, parse_recording
from isa.devices.rings import Rings
from isa.devices.screen import Picture, Screen
from isa.devices.terminal import Terminal

__all__ = [
    "BLOCK",
    "DURATION",
    "INTERVAL",
    "PLACES",
    "Arrival",
    "Arrivals",
    "Backing",
    "Card",
    "Console",
    "Descriptor",
    "Device",
    "DeviceFailure",
    "DeviceStorage",
    "Disk",
    "FileBacking",
    "Input",
    "Kept",
    "Keys",
    "Live",
    "MemoryBacking",
    "Notices",
    "Origin",
    "Picture",
    "Ports",
    "Queue",
    "RandomSource",
    "Recorder",
    "Replay",
    "Rings",
    "Screen",
    "Script",
    "Sink",
    "Telling",
    "Terminal",
    "attach",
    "copied",
    "differences",
    "load_recording",
    "open_disk",
    "parse_recording",
    "pointed",
    "pressed",
    "read_input",
    "standard",
    "station_address",
]
