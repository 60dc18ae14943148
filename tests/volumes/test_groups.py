"""Groups read as a flat disk does, through any loss that their level allows; and after a kill between any two writes
what was acknowledged is there, even if a part is lost as well: there is no write hole."""

from collections.abc import Callable
from random import Random

import pytest

from monitor.volumes.group import group as module
from monitor.volumes.group import part as parts
from monitor.volumes.group.group import Group
from monitor.volumes.group.mending import rebuild, replace_part, scrub
from monitor.volumes.group.part import needed
from tests.planting import Patch
from tests.sizes import sized
from tests.volumes.groups import EACH, Bench, Memory, all_of, mixed, put

pytestmark = pytest.mark.every(2)

SHAPES = [("linear", 2), ("striped", 3), ("mirrored", 2), ("mirrored", 3), ("parity", 3), ("parity", 4)]
REDUNDANT = [shape for shape in SHAPES if shape[0] in ("mirrored", "parity")]


@pytest.mark.parametrize("seed", range(sized(2, 100)))
@pytest.mark.parametrize(("level", "count"), SHAPES)
def test_a_group_reads_as_a_flat_disk(level: str, count: int, seed: int) -> None:
    random, bench = Random(seed), Bench(level, count)
    flat, group = bytearray(bench.size), bench.open()
    for _ in range(20):
        put(group, flat, random)
        assert all_of(group) == flat
        if random.random() < 0.2:
            group = bench.open()
    at = 0
    for length, zeros in group.extents(0, group.size):
        assert not zeros or not any(flat[at : at + length])
        at += length
    assert at == group.size and not group.degraded and scrub(group).disagreeing == 0


def goes_on(level: str, count: int, seed: int) -> None:
    """Any sequence of writes and of losses within what the level allows, of every kind, reads as a flat disk."""
    random, bench = Random(seed), Bench(level, count)
    flat, group = bytearray(bench.size), bench.open()
    for _ in range(sized(14, 40)):
        put(group, flat, random)
        what = random.choice(("reads fail", "writes fail", "vanish", "missing", "rot", "again", "nothing"))
        index = random.randrange(count)
        if not group.degraded:
            fault = bench.faults[index]
            if what == "reads fail":
                fault.reads_fail = True
            elif what == "writes fail":
                fault.writes_fail = True
            elif what == "vanish":
                fault.writes_vanish = True
                put(group, flat, random)
            elif what == "missing":
                group = bench.open([index])
                assert group.degraded
            elif what == "rot":
                bench.rot(random, index)
                scrub(group)
            elif what == "again":
                group = bench.open()
        assert all_of(group) == flat, what
        scrub(group)
        if not group.degraded:  # nobody has met the fault, and it goes away
            bench.heal()
        if group.degraded and random.random() < 0.5:
            mended(bench, group)
            assert all_of(group) == flat and not group.degraded
    mended(bench, group)
    for index in range(count):  # whichever is lost now
        other = Bench(level, count, [bytes(disk.data) for disk in bench.disks]).open([index])
        assert all_of(other) == flat


def mended(bench: Bench, group: Group) -> None:
    for index in sorted(group.failed):
        disk = bench.disks[index] = Memory(index, bytes(needed(EACH)), bench.writes)
        bench.faults[index].__init__(disk)  # type: ignore[misc]
        replace_part(group, index, bench.faults[index])  # type: ignore[arg-type]
        rebuild(group)
    scrub(group)


@pytest.mark.parametrize("seed", range(sized(6, 250)))
@pytest.mark.parametrize(("level", "count"), REDUNDANT)
def test_what_a_level_allows_costs_nothing(level: str, count: int, seed: int) -> None:
    goes_on(level, count, seed)


def whole_after_every_write(level: str, count: int, seed: int, losses: int) -> None:
    """After each write of the host's, in order over all parts, the power fails; and then a part is lost as well."""
    random, bench = Random(seed), Bench(level, count)
    flat, group = bytearray(bench.size), bench.open()
    states, times = [bytes(flat)], [len(bench.writes)]
    for _ in range(4):
        offset = random.randrange(group.size - 600)
        data = random.randbytes(random.choice((3, 512, 600)))
        flat[offset : offset + len(data)] = data
        group.write(offset, data)
        states.append(bytes(flat))
        times.append(len(bench.writes))
    datas = [bytearray(disk.data) for disk in Bench(level, count).disks]
    for n in range(len(bench.writes) + 1):
        if n:
            index, offset, data = bench.writes[n - 1]
            datas[index][offset : offset + len(data)] = data
        done = max(i for i, time in enumerate(times) if time <= n)
        allowed = states[done : done + 2]
        for without in [()] + ([(i,) for i in range(count)] if losses else []):
            again = Bench(level, count, [bytes(data) for data in datas])
            opened = again.open()
            seen = all_of(opened)
            assert mixed(seen, allowed)
            if without:
                assert all_of(again.open(without)) == seen
        if losses:  # and the other way round: the part is not there when the rest is opened
            for index in range(count):
                assert mixed(all_of(Bench(level, count, [bytes(data) for data in datas]).open([index])), allowed)


@pytest.mark.parametrize(("level", "count"), SHAPES[:-1])
def test_the_power_may_fail_between_any_two_writes(level: str, count: int) -> None:
    whole_after_every_write(level, count, 1, losses=level in ("mirrored", "parity"))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 40))
@pytest.mark.parametrize(("level", "count"), REDUNDANT)
def test_so_it_may_on_other_ways(level: str, count: int, seed: int) -> None:
    whole_after_every_write(level, count, seed, losses=1)


def test_rebuilding_and_scrubbing_are_gone_on_with(monkeypatch: Patch) -> None:
    from monitor.volumes.group import mending

    monkeypatch.setattr(mending, "UNIT", 512)
    monkeypatch.setattr(mending, "NOTED", 512)
    random, bench = Random(5), Bench("parity", 3)
    flat, group = bytearray(bench.size), bench.open([1])
    for _ in range(30):
        put(group, flat, random)
    disk = bench.disks[1] = Memory(1, bytes(needed(EACH)), bench.writes)
    bench.faults[1].__init__(disk)  # type: ignore[misc]
    replace_part(group, 1, bench.faults[1])  # type: ignore[arg-type]
    told: list[tuple[int, int]] = []

    class Stop(Exception):
        pass

    def stop(done: int, of: int) -> None:
        told.append((done, of))
        if done >= 2048:
            raise Stop

    with pytest.raises(Stop):
        rebuild(group, stop)
    assert told[-1] == (2048, EACH) and all_of(group) == flat
    put(group, flat, random)
    group = bench.open()
    assert group.label.rebuilding == 1 and group.label.upto >= 1536 and all_of(group) == flat
    told.clear()
    rebuild(group, lambda done, of: told.append((done, of)))
    assert told[0][0] > 1536 and not group.degraded
    for index in range(3):
        assert all_of(Bench("parity", 3, [bytes(disk.data) for disk in bench.disks]).open([index])) == flat


@pytest.mark.parametrize(("level", "count"), SHAPES)
def test_too_many_losses_are_told_and_no_wrong_byte_is_read(level: str, count: int) -> None:
    bench = Bench(level, count)
    group = bench.open()
    group.write(0, b"x" * group.size)
    for index in range(count):
        bench.faults[index].reads_fail = True
    with pytest.raises(OSError, match=r"too many parts are lost|cannot be read|nor computed"):
        all_of(group)


PLANTS: dict[str, tuple[Callable[[Patch], None], Callable[[], None]]] = {
    "no journal, and so the write hole": (
        lambda patch: patch.setattr(module, "packed", lambda number, pieces: bytes(100)),
        lambda: whole_after_every_write("parity", 3, 1, losses=1),
    ),
    "sums that are not looked at": (
        lambda patch: patch.setattr(module, "holds", lambda sum, block: True),
        lambda: goes_on("mirrored", 2, 4),
    ),
    "the journal is read of the first part alone": (
        lambda patch: patch.setattr(parts, "parsed", lambda record: (0, [])),
        lambda: whole_after_every_write("mirrored", 2, 1, losses=1),
    ),
    "the parity is not renewed": (
        lambda patch: patch.setattr(Group, "_pieces", lambda self, part, within, data: [(part, within, data)]),
        lambda: goes_on("parity", 3, 0),
    ),
}


@pytest.mark.parametrize("name", PLANTS)
def test_planted_bugs_are_caught(name: str, monkeypatch: Patch) -> None:
    plant, check = PLANTS[name]
    plant(monkeypatch)
    with pytest.raises((AssertionError, OSError)):
        check()
