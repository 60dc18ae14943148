"""Paravirtualization: the guest knows of its monitor, and calls it where an instruction must not run directly. Its
image says what each call stands for (`.was`), and that is what the monitor does. `trapline paravirt` writes such
guests."""

from isa.ir.nodes import TRUE
from isa.machine import Machine
from monitor.techniques.technique import Standing, Technique


def calls(machine: Machine, standing: Standing, culprits: frozenset[str] | None) -> Standing:
    """What stands for others already, and nothing else."""
    return standing


PARAVIRTUAL = Technique(
    "paravirtual", "everything runs directly, and the guest calls the monitor for its culprits", lambda isa: TRUE, calls
)
