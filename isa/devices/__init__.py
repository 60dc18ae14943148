"""The outside world of a machine: devices behind ports. docs/devices.md describes them for programmers of guests.

Read `ports.py` first (what a device is), then `console.py`, `disk.py`, `random.py`, `rings.py` and `notices.py`, then
`catalogue.py` (where each is attached). Behind them: `inputs.py`, `recording.py` and `terminal.py` (characters in),
`backing.py` (a disk's bytes), `saved.py` (state read back), `difference.py` (what a comparison reports), `rewinding.py`
and `journal.py` (going back).
"""

from isa.devices.backing import Backing, FileBacking, MemoryBacking, copied
from isa.devices.catalogue import PLACES, attach, standard
from isa.devices.console import Console, Descriptor, Sink
from isa.devices.difference import differences
from isa.devices.disk import BLOCK, DURATION, Disk, open_disk
from isa.devices.inputs import INTERVAL, Input, Live, Replay, Script, read_input
from isa.devices.notices import Notices
from isa.devices.ports import Device, DeviceFailure, DeviceStorage, Ports, Telling
from isa.devices.random import RandomSource
from isa.devices.recording import Arrival, Origin, Recorder, load_recording, parse_recording
from isa.devices.rings import Rings
from isa.devices.terminal import Terminal

__all__ = [
    "BLOCK",
    "DURATION",
    "INTERVAL",
    "PLACES",
    "Arrival",
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
    "Notices",
    "Origin",
    "Ports",
    "RandomSource",
    "Recorder",
    "Replay",
    "Rings",
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
    "read_input",
    "standard",
]
