"""Images that QEMU compressed: they read as what was put in, and change as others do; what is no stream is an error."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from monitor.volumes.opening import open_image
from monitor.volumes.qcow2 import check
from monitor.volumes.qcow2.entries import COMPRESSED, stretch
from monitor.volumes.qcow2.image import Image
from monitor.volumes.qcow2.snapshots import revert, take
from tests.planting import Patch
from tests.sizes import sized
from tests.volumes.images import qemu, shown_by

SIZE = 1 << 18


def compressed(folder: Path, random: Random, bits: int) -> tuple[str, bytearray]:
    """An image that QEMU compressed, and what is in it: text, noise and zeros."""
    parts = [
        random.choice((bytes(2048), random.randbytes(2048), b"again and again " * 128)) for _ in range(SIZE // 2048)
    ]
    flat, path = b"".join(parts), str(folder / "c.qcow2")
    (folder / "flat").write_bytes(flat)
    options = ["-o", f"cluster_size={1 << bits}"]
    assert qemu("convert", "-c", "-O", "qcow2", *options, str(folder / "flat"), path).returncode == 0
    return path, bytearray(flat)


def used_as_any_other(folder: Path, seed: int, bits: int) -> None:
    random = Random(seed)
    path, flat = compressed(folder, random, bits)
    assert shown_by(path) == flat
    image = open_image(path)
    assert any(image.entry(i) & COMPRESSED for i in range(SIZE >> bits))
    before = bytes(flat)
    take(image, "before", 0)
    for _ in range(12):
        offset, data = random.randrange(SIZE - 5000), random.randbytes(random.randrange(1, 5000))
        flat[offset : offset + len(data)] = data
        image.write(offset, data)
    image.zero(0, SIZE // 8)
    flat[: SIZE // 8] = bytes(SIZE // 8)
    assert image.read(0, SIZE) == flat
    revert(image, "before")
    assert image.read(0, SIZE) == before
    assert (check(image).errors, check(image).leaks) == ((), ())
    image.close()
    assert qemu("check", path).returncode == 0
    assert qemu("compare", "-f", "raw", "-F", "qcow2", str(folder / "flat"), path).returncode == 0


@pytest.mark.parametrize("seed", range(sized(1, 20)))
@pytest.mark.parametrize("bits", [9, 12, 16])
def test_a_compressed_image_is_used_as_any_other(bits: int, seed: int, tmp_path: Path) -> None:
    used_as_any_other(tmp_path, seed, bits)


def test_a_stream_that_is_damaged_is_an_error_and_the_rest_can_be_read(tmp_path: Path) -> None:
    path, flat = compressed(tmp_path, Random(5), 12)
    with closing(open_image(path, writable=False)) as image:
        number = next(i for i in range(SIZE >> 12) if image.entry(i) & COMPRESSED)
        first, _ = stretch(image.entry(number), 12)
    with open(path, "r+b") as file:
        file.seek(first)
        file.write(b"\xff" * 8)
    with closing(open_image(path, writable=False)) as image:
        with pytest.raises(OSError, match="a compressed cluster is none"):
            image.read(number << 12, 1)
        other = next(i for i in range(SIZE >> 12) if i != number)
        assert image.read(other << 12, 4096) == flat[other << 12 : (other + 1) << 12]


def only_the_first_cluster_is_counted(patch: Patch) -> None:
    real = Image.uses
    patch.setattr(Image, "uses", lambda self, entry: real(self, entry)[:1])


def the_first_byte_begins_a_sector(patch: Patch) -> None:
    patch.setattr("monitor.volumes.qcow2.image.stretch", lambda entry, bits: (stretch(entry, bits)[0] & ~511, 4096))


def it_is_written_in_place(patch: Patch) -> None:
    patch.setattr("monitor.volumes.qcow2.image.COMPRESSED", 0)


PLANTS: list[Callable[[Patch], None]] = [
    only_the_first_cluster_is_counted,
    the_first_byte_begins_a_sector,
    it_is_written_in_place,
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_planted_bugs_are_caught(plant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, OSError)):
        used_as_any_other(tmp_path, 0, 12)
