"""Groups for tests: of parts in memory, which can be cut off between any two writes, lost, rotted and made to fail."""

from collections.abc import Sequence
from random import Random

from monitor.volumes.faulty import Faulty
from monitor.volumes.group.group import Group
from monitor.volumes.group.levels import LEVELS, Shape
from monitor.volumes.group.part import Label, Part, label_of, needed
from monitor.volumes.volume import Kept

CHUNK, EACH = 1024, 4096
Writes = list[tuple[int, int, bytes]]  # a part, an offset, what


class Memory(Kept):
    """A volume in memory, which notes what is written to it."""

    def __init__(self, index: int, data: bytes, writes: Writes) -> None:
        self.path, self.size, self.writable = f"part {index}", len(data), True
        self.index, self.data, self.writes = index, bytearray(data), writes

    def read(self, offset: int, count: int) -> bytes:
        self.within(offset, count)
        return bytes(self.data[offset : offset + count])

    def write(self, offset: int, data: bytes) -> None:
        self.within(offset, len(data))
        self.writes.append((self.index, offset, bytes(data)))
        self.data[offset : offset + len(data)] = data

    def zero(self, offset: int, count: int) -> None:
        self.write(offset, bytes(count))

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        return [(count, False)]

    def stamp(self) -> object:
        return None

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


class Bench:
    """The parts of one group, and how to open them. `disks` are what stands in for files."""

    def __init__(self, level: str, parts: int, datas: Sequence[bytes] = ()) -> None:
        self.level, self.writes = level, Writes()
        label = Label("tests", level, 0, parts, EACH, CHUNK)
        empty = bytes(needed(EACH))
        self.disks = [Memory(i, datas[i] if datas else empty, self.writes) for i in range(parts)]
        self.faults = [Faulty(disk) for disk in self.disks]
        if not datas:
            for i, disk in enumerate(self.disks):
                Part(disk, EACH).write_label(Label("tests", level, i, parts, EACH, CHUNK))
            self.writes.clear()
        self.label = label

    @property
    def size(self) -> int:
        return LEVELS[self.level].room(Shape(len(self.disks), EACH, CHUNK))

    def open(self, without: Sequence[int] = ()) -> Group:
        labels = [None if i in without else label_of(disk) for i, disk in enumerate(self.disks)]
        newest = max((label for label in labels if label), key=lambda label: label.count)
        parts = [
            Part(self.faults[i], EACH) if label and label.serves(newest) else None  # type: ignore[arg-type]
            for i, label in enumerate(labels)
        ]
        return Group("tests", parts, newest)

    def heal(self) -> None:
        for fault in self.faults:
            fault.reads_fail = fault.writes_fail = fault.writes_vanish = False

    def rot(self, random: Random, index: int) -> None:
        """Change a byte of a part's data, or of a sum."""
        disk = self.disks[index]
        disk.data[random.randrange(65536, disk.size)] ^= 1 << random.randrange(8)


def put(group: Group, flat: bytearray, random: Random) -> None:
    """Write something to both."""
    offset = random.randrange(group.size)
    data = random.randbytes(min(random.choice((1, 100, 512, 700, 2000)), group.size - offset))
    flat[offset : offset + len(data)] = data
    group.write(offset, data)


def all_of(group: Group) -> bytes:
    return group.read(0, group.size)


def mixed(seen: bytes, allowed: list[bytes]) -> bool:
    """A write that was not acknowledged may be there by pieces, each of them whole: what is next to it is as it was."""
    return all(byte in {state[i] for state in allowed} for i, byte in enumerate(seen))
