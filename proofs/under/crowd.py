"""The guests of a case under their monitor, each beside its twin: what is true of all of them at once."""

from collections.abc import Iterable, Iterator

from isa.devices import Disk, MemoryBacking
from isa.errors import TraplineError
from isa.machine import Machine
from isa.machine.storage import LINE_SHIFT
from proofs.runs.compare import Difference
from proofs.under.blocks import Block, prints_alone
from proofs.under.case import Case
from proofs.under.sides import WORD, Sides
from proofs.under.watching import Stop, Watch


class Crowd:
    """Booted: `stop` is the first entry into a guest. Raises TraplineError as `Case` and `Watch` do."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.watch = Watch(case.machine(), case.monitors, case.patience)
        self.machine = self.watch.machine
        self.stop = self.watch.boot()
        blocks = [self.block(number) for number in range(len(case.guests))]
        for number, block in enumerate(blocks):
            self._sound(number, block)
        alone = len(blocks) == 1 and prints_alone(case.monitors)
        self.sides = [Sides(block, case.twin(block.number, block.size), self.machine, alone) for block in blocks]

    def block(self, number: int) -> Block:
        """What the monitor keeps of a guest."""
        return self.watch.inner.of(self.machine.storage, number)

    def of(self, block: Block) -> Sides:
        """Both sides of a block's guest. Raises TraplineError for a number that no guest has."""
        if block.number < len(self.sides):
            return self.sides[block.number]
        raise TraplineError(
            f"the monitor says that it runs guest {block.number}, and there are {len(self.sides)}",
            "has something written over VM_NUMBER in the block?",
        )

    def _sound(self, number: int, block: Block) -> None:
        """Raises TraplineError for a block that cannot be this guest's."""
        words = len(self.machine.storage.cells)
        if block.number != number or not 0 < block.size <= words - block.window:
            raise TraplineError(
                f"the monitor keeps guest {number} as guest {block.number}, "
                f"with {block.size} words at {block.window:#x}; there are {words}",
                "has something written over VM_NUMBER, VM_WINDOW or VM_SIZE in the block?",
            )

    @property
    def over(self) -> bool:
        return all(sides.over for sides in self.sides)

    def agrees(self, stop: Stop) -> bool:
        """Whether the guest that is about to be entered, or has ended, is as its twin."""
        self.written()
        sides = self.of(stop.block)
        if not sides.agrees(stop.block):
            return False
        sides.over = stop.ended
        return True

    def written(self) -> list[int]:
        """Tell all of them which lines were written since the last time."""
        lines = self.machine.storage.take_dirty()
        for sides in self.sides:
            sides.wrote(lines)
        return lines

    def spoilt(self) -> tuple[Difference, ...]:
        """What is not right on the machine's disk: a guest's part that is not the disk of its twin, or a word that is
        in no guest's part, and is not as it was."""
        whole, found = _disk(self.machine), []
        rest, was = bytearray(whole), bytearray(self.case.boots[0].disk)
        for sides, part in zip(self.sides, self.case.disks, strict=True):
            if whole[part] != _disk(sides.twin):
                found.append(Difference("disk", "as the guest has written it", "other words"))
            rest[part] = was[part] = bytes(len(whole[part]))
        if rest != was:
            found.append(Difference("disk", "unchanged outside the parts of guests", "other words"))
        return tuple(found)

    def kept(self) -> dict[int, int]:
        """The words of the machine that nobody may change any more, by address: the instructions of the
        monitors, and what neither is one's own nor lies in a guest's window."""
        levels = [(level.origin, level.monitor) for level in self.watch.levels]
        ranges = [(origin, origin + monitor.end) for origin, monitor in levels]
        ranges += [(sides.window, sides.window + sides.size) for sides in self.sides]
        free = {at for first, end in ranges for at in range(first, end)}
        free -= {origin + at for origin, monitor in levels for at, _ in monitor.image.instructions()}
        return {at: word for at, word in enumerate(self.machine.storage.cells) if at not in free}

    def trespasses(self, kept: dict[int, int], lines: Iterable[int]) -> Iterator[Difference]:
        """Those of them that have changed, in lines that were written."""
        cells = self.machine.storage.cells
        for at in (at for line in lines for at in range(line << LINE_SHIFT, line + 1 << LINE_SHIFT)):
            if at in kept and cells[at] != kept[at]:
                yield Difference(f"{WORD}{at:#x} of the machine", f"{kept[at]:#x}", f"{cells[at]:#x}")


def _disk(machine: Machine) -> bytes:
    disk = machine.ports.find(Disk)
    if disk is None:
        return b""
    assert isinstance(disk.backing, MemoryBacking)
    return bytes(disk.backing.data)
