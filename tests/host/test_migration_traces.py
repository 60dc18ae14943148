"""The guest cannot tell: moved at any steps, by either policy, with its clock, disk and console under way, a machine
has the same trace as one that stays, under any monitor, and as the bare machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from isa.devices import Console, Disk, Live, standard
from isa.devices.notices import Notices
from isa.engines.choice import bare
from isa.errors import TraplineError
from isa.machine import Machine, Storage
from isa.machine.snapshot import Snapshot
from isa.machines.catalogue import find
from monitor.host import Host, saving
from monitor.host.between import Between
from monitor.host.contents import Contents
from monitor.host.disks import Held
from monitor.host.migration import Pace
from monitor.host.migration.absent import Absent, Cells, LackingDisk
from tests.host.hosts import opened
from tests.host.juggler import DISK, WORDS, begin, image
from tests.host.moving import moved
from tests.planting import Patch
from tests.sizes import sized

pytestmark = pytest.mark.long

PACES = {
    "post-copy": Pace(rate=30, rounds=0, post_copy=True),
    "pre-copy": Pace(limit=20, rate=1),
    "both": Pace(rate=1, rounds=2, post_copy=True),
}
APART = 1500  # steps at least between two looks; a migration takes fewer
Look = tuple[int, bytes, bytes, bytes]  # at a step: registers and devices, storage, disk


@dataclass(frozen=True)
class Plan:
    """`looks` are the steps at which the machine is looked at; at some of them it is typed for, or moved then."""

    looks: tuple[int, ...]
    typed: dict[int, bytes]
    moves: dict[int, Pace]

    @classmethod
    def drawn(cls, random: Random, length: int) -> "Plan":
        looks = [random.randrange(1, 60)]
        while len(looks) < length:
            looks.append(looks[-1] + random.randrange(APART, 2 * APART))
        typed = {step: random.randbytes(random.randrange(1, 20)) for step in random.sample(looks, length // 3)}
        paces = list(PACES.values())
        moves = {step: paces[i % len(paces)] for i, step in enumerate(random.sample(looks[:-1], length // 2))}
        return cls(tuple(looks), typed, moves)


def looked(host: Host) -> Look:
    point, get = host.machine("web").point, host.contents.get
    storage = get(host.contents.parts(point.machine)[0])
    return point.steps, saving.rest_bytes(host.contents, point.machine), storage, get(point.disks[0])


def hosted(path: Path, plan: Plan, monitor: str, moving: bool) -> tuple[list[Look], int]:
    """What is seen of a machine of a host; and how often it was moved while its disk was at work."""
    hosts, seen, flying = [opened(path / name, monitor=monitor) for name in ("one", "two")], [], 0
    try:
        begin(hosts[0])
        for step in plan.looks:
            hosts[0].run(step - hosts[0].machine("web").point.steps)
            seen.append(looked(hosts[0]))
            hosts[0].send("web", plan.typed.get(step, b""))
            if moving and step in plan.moves:
                flying += b'"job":{' in seen[-1][1].replace(b" ", b"")
                assert moved(*hosts, plan.moves[step]).arrived
                hosts.reverse()
    finally:
        for host in hosts:
            host.close()
    return seen, flying


def on_the_bare_machine(plan: Plan) -> list[Look]:
    isa = find("g3")
    disk = Held(DISK, True)
    ports = standard(isa, input=Live(), disk=Disk(disk, isa.word), notices=Notices(1))
    machine: Machine = bare(isa, Storage(isa.word, WORDS), ports, engine="reference")
    machine.load(image())
    seen, console = [], machine.ports.find(Console)
    assert console is not None and isinstance(console.input, Live)
    for step in plan.looks:
        machine.run(step - machine.steps)
        rest = Snapshot.take(machine, storage=False).to_bytes()
        seen.append((machine.steps, rest, machine.storage.cells.tobytes(), bytes(disk.data)))
        console.input.feed(plan.typed.get(step, b""))
    return seen


def cannot_tell(path: Path, seed: int, monitor: str, length: int = 9) -> None:
    plan = Plan.drawn(Random(seed), length)
    stays, _ = hosted(path / "stays", plan, monitor, moving=False)
    moves, flying = hosted(path / "moves", plan, monitor, moving=True)
    assert [look[0] for look in stays] == list(plan.looks) and flying > 0
    assert stays[-1][2:] != stays[-2][2:]  # it is at work
    for here, there, alone in zip(stays, moves, on_the_bare_machine(plan), strict=True):
        assert here == there, here[0]
        assert here == alone, here[0]


@pytest.mark.parametrize("seed", range(sized(1, 40)))
@pytest.mark.parametrize("monitor", ["trap", "hybrid", "interpret"])
def test_it_cannot_tell(monitor: str, seed: int, tmp_path: Path) -> None:
    cannot_tell(tmp_path, seed, monitor)


def what_is_absent_reads_as_zeros(patch: Patch) -> None:
    patch.setattr(Absent, "touched", lambda absent, index: None)


def what_is_written_comes_late(patch: Patch) -> None:
    """And then on top of what was written."""
    patch.setattr(Cells, "__setitem__", lambda cells, key, value: cells._cells.__setitem__(key, value))


def a_disk_is_empty_until_it_is_written(patch: Patch) -> None:
    patch.setattr(LackingDisk, "read", Held.read)


def what_was_typed_is_forgotten(patch: Patch) -> None:
    depart = Between.depart

    def departs(host: Host, name: str, token: str) -> object:
        with host.ledger.change():
            host.ledger.put(host.machine(name).after(host.machine(name).point))
        return depart(host, name, token)

    patch.setattr(Between, "depart", departs)


def a_piece_of_storage_stays_as_it_was(patch: Patch) -> None:
    """Of a block that changed again, what was sent first."""
    changed = Contents.changed
    patch.setattr(Contents, "changed", lambda kept, digest, blocks: changed(kept, digest, dict([*blocks.items()][1:])))


PLANTS: Sequence[Callable[[Patch], None]] = (
    what_is_absent_reads_as_zeros,
    what_is_written_comes_late,
    a_disk_is_empty_until_it_is_written,
    what_was_typed_is_forgotten,
    a_piece_of_storage_stays_as_it_was,
)


@pytest.mark.parametrize("plant", PLANTS)
def test_a_mistake_is_seen_in_its_trace(plant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, TraplineError)):
        cannot_tell(tmp_path, 1, "trap")
