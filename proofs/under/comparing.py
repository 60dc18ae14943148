"""A guest under monitors in assembly against the same guest bare, compared wherever the innermost monitor is about to
enter it, to the end. On a difference both are run again to where they last agreed, and singly from there: see
`finding.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from isa.devices import Disk, MemoryBacking
from isa.display import Displayed
from isa.machine import Exit, Machine, Reason
from proofs.runs.compare import Difference
from proofs.under.blocks import prints_alone
from proofs.under.case import Case
from proofs.under.finding import Parting, first
from proofs.under.sides import Sides
from proofs.under.watching import PATIENCE, Stop, Watch


@dataclass(repr=False)
class Comparison(Displayed):
    """What came of it. `steps` are the guest's, `real` those of the machine under it all; the guest was entered
    `entries` times, and compared each time. `ended` is how it ended."""

    steps: int = 0
    real: int = 0
    entries: int = 0
    ended: Reason | None = None
    parting: Parting | None = None
    machine: Machine | None = field(default=None, repr=False)

    def title(self) -> str:
        return "equivalent" if self.equivalent else "not equivalent"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "steps", f"{self.steps:,}"
        yield "real steps", f"{self.real:,}"
        yield "entries", f"{self.entries:,}"
        if self.parting is not None:
            yield "first difference", f"step {self.parting.found.step:,}, pc {self.parting.found.pc:#x}"

    @property
    def equivalent(self) -> bool:
        return self.parting is None


def compare(case: Case, budget: int, progress: Callable[[int], None] | None = None) -> Comparison:
    """Run the only guest of a case both ways, for `budget` of its steps at most. `progress` is told the steps done.

    Raises TraplineError if it cannot be brought into the monitors, or if one of these never enters its guest.
    """
    watch = Watch(case.machine(), case.monitors)
    stop = watch.boot()
    sides = Sides(stop.block, case.twin(0, stop.block.size), watch.machine, prints_alone(case.monitors))
    result = Comparison(machine=watch.machine)
    while True:
        sides.wrote(watch.machine.storage.take_dirty())
        result.steps, result.real = stop.block.steps, watch.machine.steps
        if not sides.agrees(stop.block):
            return _parted(case, watch, sides, stop, result)
        result.entries += 1
        if progress:
            progress(result.steps)
        if stop.ended or result.steps >= budget:
            result.ended = Reason.HALT if stop.ended else Reason.BUDGET
            break
        found = watch.next()
        if isinstance(found, Exit):
            return _over(case, watch, sides, found, result)
        stop = found
    if not sides.whole(stop.block) or spoilt(case, watch.machine, [sides]):
        return _parted(case, watch, sides, stop, result)
    return result


def _parted(case: Case, watch: Watch, sides: Sides, stop: Stop, result: Comparison) -> Comparison:
    differences = sides.differences(stop.block) or spoilt(case, watch.machine, [sides])
    result.parting = first(case, sides, watch.machine.steps, differences)
    return result


def _over(case: Case, watch: Watch, sides: Sides, end: Exit, result: Comparison) -> Comparison:
    """The machine ended, or no stop came, and the guest has not ended. That is right if it waits for what never comes:
    then its machine is where the monitor left it, and waits for ever as well."""
    machine = watch.machine
    block = watch.inner.of(machine.storage, sides.number)
    sides.wrote(machine.storage.take_dirty())
    sides.alone = False  # the monitor may have said something of its own
    waits = end.reason in (Reason.HALT, Reason.IDLE)
    if waits and sides.whole(block) and sides.twin.run(PATIENCE).reason is Reason.IDLE:
        result.ended = Reason.IDLE
        return result
    why = "has not come back to its guest" if end.reason is Reason.BUDGET else "has ended"
    bare = "goes on" if not sides.twin.halted else "halted"
    differences = (Difference("end", bare, f"the monitor {why}"),)
    result.parting = first(case, sides, machine.steps, differences)
    return result


def spoilt(case: Case, machine: Machine, guests: list[Sides]) -> tuple[Difference, ...]:
    """What is not right on the machine's disk: a guest's part that is not the disk of its twin, or a word of it that no
    guest's is, and is not as it was."""
    whole, found = _disk(machine), []
    rest, was = bytearray(whole), bytearray(case.boots[0].disk)
    for sides, part in zip(guests, case.disks(), strict=True):
        if whole[part] != _disk(sides.twin):
            found.append(Difference("disk", "as the guest has written it", "other words"))
        rest[part] = was[part] = bytes(len(whole[part]))
    if rest != was:
        found.append(Difference("disk", "unchanged outside the parts of guests", "other words"))
    return tuple(found)


def _disk(machine: Machine) -> bytes:
    disk = machine.ports.find(Disk)
    if disk is None:
        return b""
    assert isinstance(disk.backing, MemoryBacking)
    return bytes(disk.backing.data)
