"""All of a machine at a moment, its storage apart, which `isa.machine.lines` keeps.

`Moment.take(machine)` changes nothing, and `put` makes the machine what it was, as if it had never run on: counts,
devices and the seeded choices of `unknown` too. Unlike a snapshot, a moment is of this machine in this process: it is
made at once, and shares what has not changed with the moment before.
"""

from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from isa.devices.ports import PortsMark
from isa.machine.machine import Machine

Part = TypeVar("Part")
LEAST_BYTES, CHOICE_BYTES = 600, 40  # what the host takes for a moment, and for a word of the choices


@dataclass(frozen=True, slots=True)
class Moment:
    """`block` has the cells of the state. `random` is the generator that the machine had then: one that runs another
    has the other's."""

    block: bytes
    steps: int
    retired: int
    skipped: int
    stopped_by: str
    random: Random
    choices: tuple[Any, ...]
    ports: PortsMark

    @classmethod
    def take(cls, machine: Machine, before: "Moment | None" = None) -> "Moment":
        """What the machine is now. `before` is another moment of it."""
        marks, choices = machine.ports.mark(), machine.random.getstate()
        if before is not None:
            devices = tuple(map(shared, before.ports.devices, marks.devices))
            marks, choices = marks._replace(devices=devices), shared(before.choices, choices)
        counts = machine.steps, machine.retired, machine.skipped
        return cls(machine.state.block.tobytes(), *counts, machine.stopped_by, machine.random, choices, marks)

    def put(self, machine: Machine) -> None:
        """Make the machine what it was."""
        machine.steps, machine.retired, machine.skipped = self.steps, self.retired, self.skipped
        machine.stopped_by, machine.random, machine.broke = self.stopped_by, self.random, -1
        memoryview(machine.state.block).cast("B")[:] = self.block
        machine.random.setstate(self.choices)
        machine.ports.rewind(self.ports)

    def size(self, before: "Moment | None" = None) -> int:
        """How many bytes it takes beside that moment, about."""
        own = LEAST_BYTES + len(self.block)
        if before is None or self.choices is not before.choices:
            own += CHOICE_BYTES * len(self.choices[1])
        known = () if before is None else before.ports.devices
        own += sum(_bytes_in(mark) for mark in self.ports.devices if all(mark is not other for other in known))
        return own


def shared(before: Part, now: Part) -> Part:
    """What was, if it is still the same: then nothing new is kept."""
    return before if before == now else now


def _bytes_in(mark: object) -> int:
    """The bytes that a device's mark has of its own."""
    match mark:
        case bytes() | str():
            return len(mark)
        case dict():
            return sum(_bytes_in(part) for part in mark.values())
        case list() | tuple():
            return sum(_bytes_in(part) for part in mark)
    return 8
