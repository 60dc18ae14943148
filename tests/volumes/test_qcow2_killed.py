"""Killed between any two writes to its file, an image is whole: what was acknowledged is there, and nothing is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from isa.errors import TraplineError
from monitor.volumes.file import HostFile
from monitor.volumes.opening import open_image
from monitor.volumes.qcow2 import check
from monitor.volumes.qcow2 import snapshots as module
from monitor.volumes.qcow2.counts import Counts
from monitor.volumes.qcow2.image import Image
from monitor.volumes.qcow2.snapshots import forget, revert, snapshots, take
from tests.planting import Patch
from tests.sizes import NIGHTLY
from tests.volumes.images import SIZE, fresh, qemu


def steps(image: Image, random: Random) -> Iterator[tuple[str, Callable[[], object]]]:
    """Things to do with an image: by a name, and the doing."""
    kept = 0
    for i in range(22 if NIGHTLY else 12):
        offset = random.randrange(SIZE - 1500)
        data = random.randbytes(random.randrange(1, 1500))
        yield "write", lambda offset=offset, data=data: image.write(offset, data)  # type: ignore[misc]
        if i % 3 == 1:
            yield "zero", lambda offset=offset: image.zero(offset & ~511, 1024)  # type: ignore[misc]
        if i % 4 == 2:
            kept += 1
            yield "take", lambda name=f"s{kept}": take(image, name, 0)  # type: ignore[misc]
        if i % 6 == 5:
            yield "revert", lambda name=f"s{kept}": revert(image, name)  # type: ignore[misc]
        if i % 8 == 7:
            yield "forget", lambda: forget(image, snapshots(image)[0].name)


def recorded(path: str, patch: Patch, seed: int) -> tuple[bytes, list[tuple[int, bytes]], dict[int, bytes], set[int]]:
    """An image's file, what was written to it in order, what the image reads after so many writes, and at which numbers
    of writes a change of snapshots was under way."""
    before, writes, states, inside = Path(path).read_bytes(), [], {}, set()
    real = HostFile.write

    def write(self: HostFile, offset: int, data: bytes) -> None:
        writes.append((offset, bytes(data)))
        real(self, offset, data)

    patch.setattr(HostFile, "write", write)
    image = open_image(path)
    states[len(writes)] = image.read(0, SIZE)
    for name, do in steps(image, Random(seed)):
        first = len(writes)
        do()
        states[len(writes)] = image.read(0, SIZE)
        inside.update(range(first + 1, len(writes)) if name in ("take", "revert", "forget") else ())
    image.close()
    states[len(writes)] = states[max(states)]
    patch.setattr(HostFile, "write", real)
    return before, writes, states, inside


def whole_after_every_write(folder: Path, patch: Patch, seed: int = 1, ask: int = 17) -> None:
    """Whoever opens it next finds what was acknowledged, and all counted. QEMU finds no error even before that, but
    while a snapshot was being made; of every `ask` moments it is asked at one."""
    before, writes, states, inside = recorded(fresh(folder), patch, seed)
    cut = folder / "cut.qcow2"
    data = bytearray(before)
    for n in range(len(writes) + 1):
        if n:
            offset, part = writes[n - 1]
            data.extend(bytes(max(0, offset + len(part) - len(data))))
            data[offset : offset + len(part)] = part
        cut.write_bytes(data)
        if n % ask == 0 and n not in inside:
            assert qemu("check", str(cut)).returncode in (0, 3)  # 3: there are leaks
        image = open_image(str(cut))
        done, coming = max(m for m in states if m <= n), min(m for m in states if m >= n)
        for offset in range(0, SIZE, 512):
            read = image.read(offset, 512)
            assert read in (states[done][offset : offset + 512], states[coming][offset : offset + 512])
        found = check(image)
        assert (found.errors, found.leaks) == ((), ())
        for one in snapshots(image):
            assert one.table
        image.close()
        if n % ask == 0:
            assert qemu("check", str(cut)).returncode == 0


def test_killed_between_any_two_writes_it_is_whole(tmp_path: Path, monkeypatch: Patch) -> None:
    whole_after_every_write(tmp_path, monkeypatch, ask=1 if NIGHTLY else 37)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2, 12))
def test_so_it_is_on_other_ways(seed: int, tmp_path: Path, monkeypatch: Patch) -> None:
    whole_after_every_write(tmp_path, monkeypatch, seed)


PLANTS: list[Callable[[Patch], None]] = []


@PLANTS.append
def a_cluster_is_pointed_to_before_it_is_filled(patch: Patch) -> None:
    real = Image._write

    def write(self: Image, index: int, start: int, data: bytes) -> None:
        if not self.entry(index):
            self.begin()
            cluster = self.counts.take()
            self.point(index, cluster * self.cluster | 1 << 63)
            self.file.write(cluster * self.cluster, b"\xee" * self.cluster)
            self.file.write(cluster * self.cluster, bytes(self.cluster))
        real(self, index, start, data)

    patch.setattr(Image, "_write", write)


@PLANTS.append
def a_count_is_not_written(patch: Patch) -> None:
    real = Counts.__setitem__

    def put(self: Counts, cluster: int, count: int) -> None:
        if count == 1 and not self[cluster] and cluster % 5 == 0:
            block = self._block(cluster // self._each)
            assert block is not None
            block[cluster % self._each] = count  # in memory alone
        else:
            real(self, cluster, count)

    patch.setattr(Counts, "__setitem__", put)


@PLANTS.append
def shared_clusters_are_written_in_place(patch: Patch) -> None:
    patch.setattr(module, "_flagged", lambda image, entry: entry)


@PLANTS.append
def a_revert_shares_its_tables_without_counting_them(patch: Patch) -> None:
    real = module._use
    patch.setattr(module, "_use", lambda image, table, times: real(image, table, times) if times < 0 else None)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_planted_bugs_are_caught(plant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, TraplineError, OSError)):
        whole_after_every_write(tmp_path, monkeypatch, ask=1000)
