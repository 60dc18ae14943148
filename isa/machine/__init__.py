"""Machines: state, storage, time, exits, and the `Machine` that ties them to an engine."""

from isa.machine.exits import Exit, Pause, Reason, Trap
from isa.machine.machine import Machine
from isa.machine.sizes import least_storage
from isa.machine.state import Layout, MachineState
from isa.machine.storage import Storage

__all__ = [
    "Exit",
    "Layout",
    "Machine",
    "MachineState",
    "Pause",
    "Reason",
    "Storage",
    "Trap",
    "least_storage",
]
