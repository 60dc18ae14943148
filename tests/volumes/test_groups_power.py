"""When the power fails the host's disks have what was flushed; of the rest any sector may be there, in any order.
Groups are whole then, with what was flushed, even if a part is lost at the same moment."""

from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest

from monitor.volumes.faulty import Unflushed
from monitor.volumes.group.group import Group
from monitor.volumes.group.mending import scrub
from monitor.volumes.group.part import Label, Part
from tests.planting import Patch
from tests.sizes import sized
from tests.volumes.groups import Bench, Memory, all_of, mixed

pytestmark = pytest.mark.long

SHAPES = [("linear", 2), ("mirrored", 2), ("parity", 3)]


class PowerFails(Exception):
    pass


class Disk(Memory):
    """A part's disk. The power fails at the write that `countdown` reaches, of all disks."""

    def __init__(self, index: int, data: bytes, countdown: list[int]) -> None:
        super().__init__(index, data, [])
        self.below, self.countdown = Unflushed(data), countdown

    def write(self, offset: int, data: bytes) -> None:
        super().write(offset, data)
        self.below.write(offset, data)
        self.countdown[0] -= 1
        if not self.countdown[0]:
            raise PowerFails

    def flush(self) -> None:
        self.below.flush()


class Used:
    """A group in use until so many writes were made to its disks. `states` is what it may read then: what it read when
    it was last flushed, and whatever was written since."""

    def __init__(self, level: str, count: int, seed: int, writes: int) -> None:
        bench, countdown = Bench(level, count), [writes]
        self.disks = [Disk(i, bytes(disk.data), countdown) for i, disk in enumerate(bench.disks)]
        bench.disks[:] = self.disks
        for fault, disk in zip(bench.faults, self.disks, strict=True):
            fault.inner = disk
        self.states = [bytes(bench.size)]
        with suppress(PowerFails):
            self._use(bench.open(), Random(seed))
        self.ended = countdown[0] > 0

    def _use(self, group: Group, random: Random) -> None:
        for _ in range(6):
            offset = random.randrange(group.size - 600)
            data = random.randbytes(random.choice((3, 512, 600)))
            last = self.states[-1]
            self.states.append(last[:offset] + data + last[offset + len(data) :])
            group.write(offset, data)
            if random.random() < 0.3:
                group.flush()
                del self.states[:-1]
            if random.random() < 0.2:
                scrub(group)


def whole_after_a_cut(level: str, count: int, seed: int, each: int = 1) -> None:
    """At every `each`th write of the host's the power fails, and then a part is lost as well."""
    random, writes, losses = Random(seed), 1 + seed % each, [(), *((i,) for i in range(count))]
    while not (used := Used(level, count, seed, writes)).ended:
        for without in losses if level != "linear" else losses[:1]:
            datas = [disk.below.cut(random) for disk in used.disks]
            again = Bench(level, count, datas)
            assert mixed(all_of(again.open(without)), used.states)
        writes += each


@pytest.mark.parametrize("seed", range(sized(1, 30)))
@pytest.mark.parametrize(("level", "count"), SHAPES)
def test_what_was_flushed_is_there_and_the_rest_is_old_or_new(level: str, count: int, seed: int) -> None:
    whole_after_a_cut(level, count, seed, sized(11, 1))


PLANTS: dict[str, Callable[[Patch], None]] = {
    "nothing is flushed before it is done": lambda patch: patch.setattr(Group, "flush", lambda self: None),
    "a record is written over the one before": lambda patch: patch.setattr(
        Part, "write_journal", lambda self, number, record: self.volume.write(8192, record)
    ),
    "whoever missed the last change of labels is out": lambda patch: patch.setattr(
        Label, "serves", lambda self, newest: self.count == newest.count
    ),
}


@pytest.mark.parametrize("name", PLANTS)
def test_planted_bugs_are_caught(name: str, monkeypatch: Patch) -> None:
    PLANTS[name](monkeypatch)
    with pytest.raises((AssertionError, OSError)):
        for seed in range(3):
            whole_after_a_cut("parity", 3, seed)
