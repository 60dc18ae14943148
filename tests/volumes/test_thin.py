"""Thin volumes, alone and several in a pool: each reads as a flat disk, whatever the others do; and when the power
fails what was flushed is there, and no cluster has two owners."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from isa.errors import TraplineError
from monitor.volumes import pool as pools
from monitor.volumes import thin as thins
from monitor.volumes.faulty import Unflushed
from monitor.volumes.file import HostFile
from monitor.volumes.opening import create_member, open_volume, remove
from monitor.volumes.pool import Pool, make_pool
from monitor.volumes.thin import Thin, make_thin
from monitor.volumes.volume import Volume
from tests.planting import Patch
from tests.sizes import sized

CLUSTER, SIZE, ROOM = 1024, 8 * 1024 + 512, 11 * 1024
SECTOR = 512


@pytest.fixture(autouse=True)
def small(monkeypatch: Patch) -> None:
    """Clusters of a kilobyte, and pools of few."""
    for module in (thins, pools):
        monkeypatch.setattr(module, "CLUSTER", CLUSTER)
    monkeypatch.setattr(pools, "MOST", 256)
    for place in (pools, Pool):
        monkeypatch.setattr(place, "FIRST" if place is pools else "first", 8192)


def alone(folder: Path) -> list[str]:
    """One volume with a file to itself."""
    path = folder / "alone.thin"
    path.write_bytes(bytes(8192 + ROOM))
    with closing(HostFile(str(path))) as file:
        make_thin(file, SIZE)
    return [str(path)]


def together(folder: Path) -> list[str]:
    """Two volumes in a pool that has not room for both."""
    make_pool(str(folder / "p.pool"), ROOM)
    paths = [str(folder / name) for name in ("a.thin", "b.thin")]
    for path in paths:
        create_member(path, SIZE, "p.pool")
    return paths


MAKERS = pytest.mark.parametrize("make", [alone, together])


class Used:
    """Volumes in use until so many writes were made to files. `states` has what each may read then: what it read when
    it was last flushed, and what came since. `files` are as a loss of power might leave them."""

    def __init__(self, paths: list[str], patch: Patch, seed: int, writes: int) -> None:
        self.files: dict[str, Unflushed] = {}
        self.states = [[bytes(SIZE)] for _ in paths]
        left, write = [writes], HostFile.write

        def written(file: HostFile, offset: int, data: bytes) -> None:
            write(file, offset, data)
            if left[0]:
                self.files[file.path].write(offset, bytes(data))
                left[0] -= 1
                if not left[0]:
                    raise PowerFails

        def flushed(file: HostFile) -> None:
            if left[0]:
                self.files[file.path].flush()

        for path in [*paths, str(Path(paths[0]).parent / "p.pool")]:
            if Path(path).exists():
                self.files[path] = Unflushed(Path(path).read_bytes())
        with patch.context() as patched, suppress(PowerFails), ExitStack() as opened:
            patched.setattr(HostFile, "write", written)
            patched.setattr(HostFile, "flush", flushed)
            volumes = [opened.enter_context(closing(open_volume(path))) for path in paths]
            self._use(volumes, Random(seed))
        self.ended = left[0] > 0

    def _use(self, volumes: list[Volume], random: Random) -> None:
        for _ in range(sized(25, 60)):
            number = random.randrange(len(volumes))
            volume, states = volumes[number], self.states[number]
            what, offset = random.random(), random.randrange(SIZE - 1600)
            data = random.randbytes(random.randrange(1, 1600)) if what < 0.6 else bytes(1600)
            if what < 0.9:
                states.append(states[-1][:offset] + data + states[-1][offset + len(data) :])
                try:
                    volume.write(offset, data) if what < 0.6 else volume.zero(offset, len(data))
                except OSError as error:
                    assert "is full" in str(error)
            else:
                volume.flush()
                del states[:-1]
            if len(states) == 1 or what < 0.9:
                states[-1] = volume.read(0, SIZE)  # of a write that was refused a part may be done


class PowerFails(Exception):
    pass


def read_back(paths: list[str], states: list[list[bytes]]) -> None:
    """Each volume is one of its states, sector by sector, and no cluster is in two."""
    with ExitStack() as opened:
        volumes = [opened.enter_context(closing(open_volume(path))) for path in paths]
        for volume, allowed in zip(volumes, states, strict=True):
            assert isinstance(volume, Thin)
            seen = volume.read(0, SIZE)
            for at in range(0, SIZE, SECTOR):
                assert seen[at : at + SECTOR] in {state[at : at + SECTOR] for state in allowed}
        before = [volume.read(0, SIZE) for volume in volumes]
        for volume, data in zip(volumes, before, strict=True):  # whatever is free is taken now
            with suppress(OSError):
                volume.write(0, bytes(byte | 1 for byte in data))
        for number, volume in enumerate(volumes[:-1]):
            assert all(a in (b, b | 1) for a, b in zip(volume.read(0, SIZE), before[number], strict=True))


def whole_after_a_cut(folder: Path, make: Callable[[Path], list[str]], patch: Patch, seed: int, each: int = 1) -> None:
    random, writes = Random(seed), 1 + seed % each
    while True:
        for path in folder.iterdir():
            path.unlink()
        paths = make(folder)
        used = Used(paths, patch, seed, writes)
        if used.ended:
            return read_back(paths, used.states)
        for path, file in used.files.items():
            with open(path, "r+b") as there:  # a file of its own number stays one
                there.write(file.cut(random))
        read_back(paths, used.states)
        writes += each


@MAKERS
@pytest.mark.parametrize("seed", range(sized(1, 20)))
def test_when_the_power_fails_what_was_flushed_is_there(
    make: Callable[[Path], list[str]], seed: int, tmp_path: Path, monkeypatch: Patch
) -> None:
    whole_after_a_cut(tmp_path, make, monkeypatch, seed, sized(7, 1))


def free(folder: Path) -> int:
    with closing((pool := Pool(str(folder / "p.pool"), writable=False)).file):
        return pool.free


def test_a_full_pool_refuses_and_goes_on_when_it_has_grown_or_another_is_removed(tmp_path: Path) -> None:
    a, b = together(tmp_path)
    with closing(open_volume(a)) as one, closing(open_volume(b)) as other:
        one.write(0, b"a" * 6 * CLUSTER)
        with pytest.raises(OSError, match="is full: 11 clusters"):
            other.write(0, b"b" * SIZE)
        assert other.read(0, SIZE) == b"b" * 5 * CLUSTER + bytes(SIZE - 5 * CLUSTER)
        with closing((pool := Pool(str(tmp_path / "p.pool"))).file):
            pool.grow(12 * CLUSTER)
        other.write(5 * CLUSTER, b"b" * CLUSTER)
        one.zero(0, CLUSTER)
        one.flush()
        other.write(6 * CLUSTER, b"b" * CLUSTER)
        assert (one.read(0, 2 * CLUSTER), free(tmp_path)) == (bytes(CLUSTER) + b"a" * CLUSTER, 0)
    remove(a)
    assert free(tmp_path) == 5 and not Path(a).exists()
    with closing(open_volume(b)) as other:
        assert other.read(0, 7 * CLUSTER) == b"b" * 7 * CLUSTER


def test_many_take_from_one_pool_at_once(tmp_path: Path) -> None:
    make_pool(str(tmp_path / "p.pool"), 64 * CLUSTER)
    paths = [str(tmp_path / f"{i}.thin") for i in range(4)]

    def fill(number: int) -> None:
        create_member(paths[number], SIZE, "p.pool")
        with closing(open_volume(paths[number])) as volume:
            for at in range(0, SIZE, SECTOR):
                volume.write(at, bytes([number + 1]) * SECTOR)

    threads = [Thread(target=fill, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, path in enumerate(paths):
        with closing(open_volume(path)) as volume:
            assert volume.read(0, SIZE) == bytes([number + 1]) * SIZE
    assert free(tmp_path) == 64 - 4 * 9


def spoiled(folder: Path) -> Iterator[tuple[str, str]]:
    """What cannot be opened, and why."""
    a, b = together(folder)
    for path in a, b:
        with closing(open_volume(path)) as volume:
            volume.write(0, b"x")
    copy = folder / "copy.thin"
    copy.write_bytes(Path(a).read_bytes())
    yield str(copy), "was copied"
    table = Path(b).read_bytes()[4096:4104]
    with open(a, "r+b") as file:
        file.seek(4096)
        file.write(table)
    yield a, "is another's in the pool"
    yield str(folder / "p.pool"), "is a pool, and no volume"
    (folder / "p.pool").write_bytes(bytes(8192))
    yield b, "is no pool"
    (folder / "p.pool").unlink()
    yield b, "cannot open the volume"


def test_what_is_not_whole_is_refused(tmp_path: Path) -> None:
    for path, why in spoiled(tmp_path):
        with pytest.raises(TraplineError, match=why):
            open_volume(path)


def a_cluster_is_pointed_to_before_it_is_owned(patch: Patch) -> None:
    real = Pool.take
    patch.setattr(Pool, "take", lambda self: (real(self)[0], True))


def a_cluster_does_not_rest(patch: Patch) -> None:
    real = Thin._point

    def point(self: Thin, index: int, entry: int) -> None:
        before = self._table[index]
        real(self, index, entry)
        if before:
            self.room.give([before])

    patch.setattr(Thin, "_point", point)
    flush = Thin.flush

    def flushed(self: Thin) -> None:
        self._resting = []
        flush(self)

    patch.setattr(Thin, "flush", flushed)


@pytest.mark.parametrize("plant", [a_cluster_is_pointed_to_before_it_is_owned, a_cluster_does_not_rest])
def test_planted_bugs_are_caught(plant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, TraplineError)):
        for seed in (1, 7, 8, 9):
            whole_after_a_cut(tmp_path, together, monkeypatch, seed, 5)
