"""When the power fails, an image is whole however the host's disk ordered what was not flushed, and whichever sectors
of it were written: what was flushed is there, and each sector that was written since is as it was or as it became."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from monitor.volumes.faulty import Unflushed
from monitor.volumes.file import HostFile
from monitor.volumes.opening import create_overlay, open_image
from monitor.volumes.qcow2 import check
from monitor.volumes.qcow2.counts import Counts
from monitor.volumes.qcow2.image import Image
from monitor.volumes.qcow2.snapshots import forget, revert, snapshots, take
from tests.planting import Patch
from tests.sizes import sized
from tests.volumes.images import SIZE, fresh, qemu

SECTOR = 512


class PowerFails(Exception):
    pass


class Used:
    """An image in use until so many writes were made to its file. `states` is what it may read then: what it read when
    it was last flushed, and whatever came since."""

    def __init__(self, path: str, patch: Patch, seed: int, writes: int) -> None:
        self.below, left, random = Unflushed(Path(path).read_bytes()), [writes], Random(seed)
        real = HostFile.write

        def write(file: HostFile, offset: int, data: bytes) -> None:
            real(file, offset, data)
            self.below.write(offset, bytes(data))
            left[0] -= 1
            if not left[0]:
                raise PowerFails

        with patch.context() as patched, suppress(PowerFails):
            patched.setattr(HostFile, "write", write)
            patched.setattr(HostFile, "flush", lambda file: self.below.flush())
            image = open_image(path)
            self.states = [image.read(0, SIZE)]
            self.names: dict[str, bytes] = {}
            for _ in range(sized(14, 25)):
                self._step(image, random)
        self.ended = left[0] > 0

    def _step(self, image: Image, random: Random) -> None:
        last, what = self.states[-1], random.random()
        offset = random.randrange(SIZE - 1500)
        if what < 0.55:
            data = random.randbytes(random.randrange(1, 1500))
            self.states.append(last[:offset] + data + last[offset + len(data) :])
            image.write(offset, data)
        elif what < 0.75:
            offset &= ~511
            self.states.append(last[:offset] + bytes(1024) + last[offset + 1024 :])
            image.zero(offset, 1024)
        elif what < 0.85:
            image.flush()
            del self.states[:-1]
        elif what < 0.92 or not self.names:
            name = f"s{len(self.names)}"
            take(image, name, 0)
            self.names[name] = last
            del self.states[:-1]
        elif what < 0.96:
            name = random.choice(list(self.names))
            self.states.append(self.names[name])
            revert(image, name)
            del self.states[:-1]
        else:
            name = random.choice(list(self.names))
            forget(image, name)
            del self.names[name], self.states[:-1]


def anew(folder: Path, seed: int) -> str:
    """An empty image, or one that stands on something."""
    if seed % 2:
        return fresh(folder)
    (folder / "below").write_bytes(Random(1).randbytes(SIZE))
    (folder / "over.qcow2").unlink(missing_ok=True)
    create_overlay(str(folder / "over.qcow2"), "below", bits=9)
    return str(folder / "over.qcow2")


def whole_after_a_cut(folder: Path, patch: Patch, seed: int, each: int = 1, ask: int = 0) -> None:
    """At every `each`th write the power fails. QEMU is asked about every `ask`th image when we have mended it."""
    random, writes, cuts = Random(seed), 1 + seed % each, 0
    cut = folder / "cut.qcow2"
    while not (used := Used(anew(folder, seed), patch, seed, writes)).ended:
        for _ in range(2):
            cut.write_bytes(used.below.cut(random))
            with closing(open_image(str(cut))) as image:
                seen, found = image.read(0, SIZE), check(image)
                assert (found.errors, found.leaks) == ((), ())
                for at in range(0, SIZE, SECTOR):
                    assert seen[at : at + SECTOR] in {state[at : at + SECTOR] for state in used.states}
                kept = {one.name for one in snapshots(image)}
                assert len(kept ^ set(used.names)) <= 1
                for name in sorted(kept & set(used.names))[:1]:
                    revert(image, name)
                    assert image.read(0, SIZE) == used.names[name]
            cuts += 1
            if ask and cuts % ask == 0:
                assert qemu("check", str(cut)).returncode == 0
        writes += each


@pytest.mark.parametrize("seed", range(sized(2, 40)))
def test_what_was_flushed_is_there_and_the_rest_is_old_or_new(seed: int, tmp_path: Path, monkeypatch: Patch) -> None:
    whole_after_a_cut(tmp_path, monkeypatch, seed, each=sized(9, 1), ask=sized(5, 50))


def a_cluster_is_pointed_to_before_it_is_safe(patch: Patch) -> None:
    patch.setattr(Image, "settle", lambda self: None)


def a_cluster_does_not_rest(patch: Patch) -> None:
    real = Counts.__setitem__

    def put(self: Counts, cluster: int, count: int) -> None:
        real(self, cluster, count)
        if cluster in self._resting:
            self._resting.discard(cluster)
            self._free = min(self._free, cluster)

    patch.setattr(Counts, "__setitem__", put)


def nothing_says_that_counts_may_be_wrong(patch: Patch) -> None:
    patch.setattr(Image, "begin", lambda self: None)


@pytest.mark.parametrize(
    "plant",
    [a_cluster_is_pointed_to_before_it_is_safe, a_cluster_does_not_rest, nothing_says_that_counts_may_be_wrong],
    ids=lambda plant: plant.__name__,
)
def test_planted_bugs_are_caught(plant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, OSError)):
        for seed in range(4):
            whole_after_a_cut(tmp_path, monkeypatch, seed)
