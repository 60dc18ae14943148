"""Random histories of a host: whatever was done in which order, every machine and every snapshot holds what it held."""

import random
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from isa.assembler import Image
from isa.assembler.assembly import assemble
from isa.errors import TraplineError
from isa.machine import Storage
from isa.machines.catalogue import find
from monitor.host import Definition, DiskPart, Host, State, objects
from monitor.host.disks import Held
from monitor.host.life import ACTIVE
from monitor.host.objects import Objects
from monitor.host.record import Point
from tests.host.hosts import GUEST, check_objects, opened
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import NIGHTLY, sized

WORDS, NAMES, MARKS = 1 << 15, ("a", "b", "c"), ("s", "t")
Truth = dict[str, bytes]
EMPTY = bytes(40 * 512)  # a disk on which nobody has written

# What is typed says where it writes: to storage, at 256 words for each character, and to block 0 or 1 of its disk.
WRITES = GUEST.replace("out  r1, r0", "addi r13, r13, 1\n slli r4, r1, 8\n sw r13, 0(r4)\n out r1, r0").replace(
    "out  r0, r2", "andi r5, r13, 1\n out r5, r2"
)


@cache
def image() -> Image:
    return assemble(find("g3"), WRITES, "writes.s")


def verb(draw: random.Random) -> Callable[[Host], object]:
    """What to do next."""
    one, other, mark = draw.choice(NAMES), draw.choice(NAMES), draw.choice(MARKS)
    typed = bytes(draw.choice(b"wwAbz") for _ in range(draw.randrange(1, 6)))
    steps = draw.randrange(1500)
    wanted = Definition(one, "writes", storage=WORDS, disks=(DiskPart(blocks=40),))
    common: list[Callable[[Host], object]] = [
        lambda host: host.send(one, typed),
        lambda host: host.run(steps),
        lambda host: host.snapshot(one, mark),
        lambda host: host.revert(one, mark),
    ]
    return draw.choice(
        [
            *common * 4,
            lambda host: host.define(wanted, image()),
            lambda host: host.start(one),
            lambda host: host.clone(one, other),
            lambda host: host.forget(one, mark),
            lambda host: host.save(one),
            lambda host: host.restore(one),
            lambda host: host.reset(one),
            lambda host: host.kill(one),
            lambda host: host.undefine(one, everything=True),
        ]
    )


def points(host: Host) -> Iterator[Point]:
    for record in host.machines():
        yield record.point
        yield from (snapshot.point for snapshot in host.snapshots(record.name))


def note(host: Host, truth: Truth) -> None:
    """What machines hold that have run, by the names of that; the same name is always for the same."""
    named = host.ledger.digests()
    for running in host.living._running.values():
        point = running.record.point
        if point.machine in named:
            held = {host.contents.parts(point.machine)[0]: running.vm.storage.cells.tobytes()}
            held |= {digest: bytes(disk.data) for digest, disk in zip(point.disks, running.disks, strict=True)}
            for digest, data in held.items():
                assert truth.setdefault(digest, data) == data


def done(verb: Callable[[Host], object], host: Host) -> None:
    """It may be refused, but not for want of what is kept."""
    try:
        verb(host)
    except TraplineError as error:
        assert "objects.db" not in error.message, error.message


def check(host: Host, truth: Truth) -> None:
    """Everything that is named holds what it held when it was named, and nothing else is kept."""
    for point in points(host):
        assert point.state is not State.CRASHED, point.detail
        named = (*point.disks, *(host.contents.parts(point.machine)[:1] if point.machine else ()))
        assert all(truth.get(digest, EMPTY) == host.contents.get(digest) for digest in named)
    check_objects(host)


def history(path: Path, seed: int, length: int) -> None:
    draw, truth = random.Random(seed), Truth()
    host = opened(path, storage=4 * WORDS)
    try:
        host.define(Definition("a", "writes", storage=WORDS, disks=(DiskPart(blocks=40),)), image())
        host.start("a")
        for _ in range(length):
            if draw.random() < 0.1:
                host.close()
                host = opened(path, storage=4 * WORDS)
            done(verb(draw), host)
            note(host, truth)
            if draw.random() < 0.1:
                host.objects.sweep(host.ledger.digests())
        check(host, truth)
        for record in host.machines():
            if record.state in ACTIVE:
                host.kill(record.name)
            host.undefine(record.name, everything=True)
        assert host.objects._file.execute("SELECT COUNT(*) FROM objects").fetchone() == (0,)
    finally:
        host.close()


def histories() -> None:
    with TemporaryDirectory() as folder:
        for number in range(sized(3, 200)):
            history(Path(folder) / str(number), random.randrange(1 << 32) if NIGHTLY else number, 60)


BUGS = Bugs()


@BUGS.caught_by(histories)
def marks_of_storage_are_lost(patch: Patch) -> None:
    right = Storage.take_dirty
    patch.setattr(Storage, "take_dirty", lambda storage: right(storage)[1:])


@BUGS.caught_by(histories)
def marks_of_a_disk_are_lost(patch: Patch) -> None:
    right = Held.taken
    patch.setattr(Held, "taken", lambda disk: dict(list(right(disk).items())[1:]))


@BUGS.caught_by(histories)
def what_others_hold_is_swept(patch: Patch) -> None:
    right = Objects.sweep
    patch.setattr(Objects, "sweep", lambda objects, named: right(objects, sorted(named)[1:]))


@BUGS.caught_by(histories)
def what_nobody_needs_stays(patch: Patch) -> None:
    patch.setattr(Objects, "sweep", lambda objects, named: None)


@BUGS.caught_by(histories)
def what_is_kept_changes(patch: Patch) -> None:
    """The digest of a node does not depend on all that is below it."""
    patch.setattr(objects, "digest_of", lambda kind, data: sha256(bytes([kind & 255]) + data[:64]).digest())


def test_what_is_kept_is_what_was() -> None:
    histories()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, TraplineError, KeyError))
