"""Techniques told what they have to know of a machine. Apart from `culprits`, since few have to know anything, and the
solver takes its time to load."""

from isa.description import Isa
from isa.errors import MachineError
from monitor.techniques import Monitors, Technique, levels


def informed(isa: Isa, monitors: Monitors) -> tuple[Technique, ...]:
    """The techniques, told what they have to know of the machine. Raises MachineError for one that it cannot have."""
    return tuple(_told(isa, technique) for technique in levels(monitors))


def _told(isa: Isa, technique: Technique) -> Technique:
    if not technique.asks or technique.culprits is not None:
        return technique
    from proofs.verdict.culprits import culprits_of

    found = culprits_of(isa, technique.name)
    if found.wrong:
        what = f"a monitor of the kind `{technique.name}` is not {'known to be ' * found.open}right on {isa.name}"
        raise MachineError(f"{what}: {found.wrong}", "`--monitor interpret` is right on every machine")
    return technique.told(found.names)
