"""Images: they read as a flat file does, whatever is done, and QEMU agrees."""

import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.errors import TraplineError
from monitor.volumes.opening import commit, create_overlay, open_image, open_volume, rebase
from monitor.volumes.qcow2 import check, create
from monitor.volumes.qcow2.image import Image
from monitor.volumes.qcow2.snapshots import forget, revert, snapshots, take
from tests.clients import client
from tests.planting import Patch
from tests.sizes import NIGHTLY
from tests.volumes.images import SIZE, fresh, qemu, shown_by

Piece = tuple[int, int, int]
PIECES = st.tuples(st.integers(0, SIZE - 1), st.integers(1, 2000), st.integers(0, 255))
BITS = st.sampled_from((9, 10, 12))


def put(image: Image, flat: bytearray, piece: tuple[int, int, int]) -> None:
    """Write one piece to both; a value of 0 is written by `zero`."""
    offset, count, value = piece
    count = min(count, len(flat) - offset)
    flat[offset : offset + count] = bytes([value]) * count
    if value:
        image.write(offset, bytes([value]) * count)
    else:
        image.zero(offset, count)


def reads_as_a_flat_file(folder: Path, pieces: list[Piece], more: list[Piece], bits: int) -> None:
    flat = bytearray(SIZE)
    image = open_image(fresh(folder, bits=bits))
    for piece in pieces:
        put(image, flat, piece)
        assert image.read(0, SIZE) == flat
    image.close()
    below = bytes(flat)
    (folder / "b.qcow2").unlink(missing_ok=True)
    create_overlay(str(folder / "b.qcow2"), "a.qcow2", bits=bits)
    over = open_image(str(folder / "b.qcow2"))
    for piece in more:
        put(over, flat, piece)
        assert over.read(0, SIZE) == flat
    at = 0
    for length, zeros in over.extents(0, SIZE):
        assert not zeros or not any(flat[at : at + length])
        at += length
    assert at == SIZE
    assert check(over).errors == check(over).leaks == ()
    over.close()
    assert shown_by(str(folder / "a.qcow2")) == below


def test_it_reads_as_a_flat_file(tmp_path: Path) -> None:
    @given(pieces=st.lists(PIECES, max_size=12), more=st.lists(PIECES, max_size=6), bits=BITS)
    def check(pieces: list[Piece], more: list[Piece], bits: int) -> None:
        reads_as_a_flat_file(tmp_path, pieces, more, bits)

    check()


@pytest.mark.parametrize("bits", [9, 16])
def test_qemu_and_we_read_what_the_other_wrote(bits: int, tmp_path: Path) -> None:
    random, size = Random(bits), 1 << 18
    path, flat = fresh(tmp_path, bits=bits, size=size), bytearray(size)
    raw = tmp_path / "flat"
    io = client("qemu-io", "qemu-utils")
    kept: dict[str, bytes] = {}
    for i in range(6):
        image = open_image(path)
        for _ in range(8):
            offset, data = random.randrange(size - 9000), random.randbytes(random.randrange(1, 9000))
            image.write(offset, data)
            flat[offset : offset + len(data)] = data
        take(image, f"s{i}", i)
        kept[f"s{i}"] = bytes(flat)
        image.close()
        raw.write_bytes(flat)
        assert qemu("check", path).returncode == 0
        assert qemu("compare", "-f", "raw", "-F", "qcow2", str(raw), path).returncode == 0
        offset = random.randrange(size - 5000)
        subprocess.run([io, "-c", f"write -P {i + 1} {offset} 5000", path], check=True, capture_output=True)
        flat[offset : offset + 5000] = bytes([i + 1]) * 5000
    assert "s3" in qemu("snapshot", "-l", path).stdout
    for name in ("s4", "s1"):
        assert qemu("snapshot", "-a", name, path).returncode == 0
        image = open_image(path)
        assert (image.read(0, size), check(image).errors) == (kept[name], ())
        revert(image, "s2")
        forget(image, name)
        assert image.read(0, size) == kept["s2"]
        image.close()
        assert qemu("check", path).returncode == 0


def test_an_overlay_goes_down_or_moves_away(tmp_path: Path) -> None:
    below = tmp_path / "base"
    below.write_bytes(Random(1).randbytes(SIZE))
    top = str(tmp_path / "top.qcow2")
    create_overlay(top, "base", bits=9)
    image = open_image(top)
    image.write(700, b"over")
    shown = image.read(0, SIZE)
    image.close()
    other = tmp_path / "other"
    other.write_bytes(Random(2).randbytes(SIZE))
    for name in ("other", "base", "", "other"):
        rebase(top, name)
        assert shown_by(top) == shown
        assert qemu("check", top).returncode == 0
    create_overlay(str(tmp_path / "up.qcow2"), "top.qcow2")
    up = open_image(str(tmp_path / "up.qcow2"))
    up.write(5000, b"higher")
    shown = up.read(0, SIZE)
    up.close()
    assert commit(str(tmp_path / "up.qcow2")) == SIZE
    for path in (top, str(tmp_path / "up.qcow2")):
        assert shown_by(path) == shown


def test_what_an_overlay_stands_on_may_not_change(tmp_path: Path) -> None:
    below, top = tmp_path / "base", str(tmp_path / "top.qcow2")
    below.write_bytes(bytes(SIZE))
    create_overlay(top, "base")
    below.touch()
    open_volume(top).close()  # another time, the same bytes
    below.write_bytes(b"x" + bytes(SIZE - 1))
    with pytest.raises(TraplineError, match="was changed since") as refused:
        open_volume(top)
    assert "--changed" in refused.value.help
    rebase(top, "base", changed=True)
    assert shown_by(top)[:2] == b"x\0"
    below.unlink()
    with pytest.raises(TraplineError, match="cannot open"):
        open_volume(top)


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret", "link", "folder/../../secret"])
def test_an_image_stands_on_nothing_outside_of_its_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(SIZE))
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    (home / "link").symlink_to("../secret")
    path = str(home / "a.qcow2")
    create(path, SIZE, name, "raw")
    with pytest.raises(TraplineError, match="outside of its folder"):
        open_volume(path)


def test_what_a_guest_wrote_does_not_say_what_a_file_is(tmp_path: Path) -> None:
    """A raw disk whose first block a guest has made the header of an image that stands on a file of the host."""
    raw = tmp_path / "disk"
    shutil.copy(fresh(tmp_path), raw)
    with pytest.raises(TraplineError, match="begins like a qcow2 image"):
        open_volume(str(raw))
    assert shown_by(str(raw), "raw")[:4] == b"QFI\xfb"
    create(str(tmp_path / "none.qcow2"), SIZE, "disk")
    with pytest.raises(TraplineError, match="no format beside its name"):
        open_volume(str(tmp_path / "none.qcow2"))


@pytest.mark.parametrize(
    ("at", "data", "why"),
    [
        (0, b"QFJ", "not a qcow2 image"),
        (4, b"\0\0\0\2", "version 2"),
        (32, b"\0\0\0\1", "encrypted"),
        (79, b"\2", "corrupt"),
        (79, b"\4", "external data"),
        (79, b"\x10", "extended L2"),
        (72, b"\x80", "unknown feature 63"),
        (20, b"\0\0\0\x40", "makes no sense"),
        (36, b"\xff\0\0\0", "makes no sense"),
        (24, b"\xff" * 8, "makes no sense"),
        (40, b"\0\x7f\0\0\0\0\0\0", "do not lie in the file"),
        (96, b"\0\0\0\6", "makes no sense"),
        (60, b"\xff\0\0\0", "too many"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(at: int, data: bytes, why: str, tmp_path: Path) -> None:
    path = Path(fresh(tmp_path))
    whole = bytearray(path.read_bytes())
    whole[at : at + len(data)] = data
    path.write_bytes(whole)
    with pytest.raises((TraplineError, ValueError), match=why):
        snapshots(open_image(str(path), writable=False))


@pytest.mark.parametrize("seed", range(400 if NIGHTLY else 25))
def test_whatever_is_changed_in_a_file_it_is_read_or_refused_in_words(seed: int, tmp_path: Path) -> None:
    random, path = Random(seed), Path(fresh(tmp_path))
    image = open_image(str(path))
    image.write(100, bytes(range(256)) * 30)
    take(image, "one", 0)
    image.close()
    whole = bytearray(path.read_bytes())
    for _ in range(random.choice((1, 5, 40))):
        whole[random.randrange(random.choice((120, len(whole))))] = random.choice((0, 1, 255, random.randrange(256)))
    path.write_bytes(whole)
    with suppress(TraplineError, OSError, ValueError), closing(open_image(str(path), writable=False)) as image:
        image.read(0, min(image.size, SIZE))
        check(image)


def test_two_do_not_write_one_image(tmp_path: Path) -> None:
    path = fresh(tmp_path)
    image = open_image(path)
    for writable in (True, False):
        with pytest.raises(TraplineError, match=r"is in use by process \d+"):
            open_image(path, writable)
    image.close()
    readers = open_image(path, False), open_image(path, False)
    with pytest.raises(TraplineError, match="is in use"):
        open_image(path)
    for reader in readers:
        reader.close()
    open_image(path).close()


def what_is_below_is_taken_for_zeros(patch: Patch) -> None:
    patch.setattr(Image, "_below", lambda self, offset, count: bytes(count))


def what_was_there_is_not_zeroed(patch: Patch) -> None:
    patch.setattr(Image, "zero", lambda *_: None)


@pytest.mark.parametrize("plant", [what_is_below_is_taken_for_zeros, what_was_there_is_not_zeroed])
def test_planted_bugs_are_caught(plant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch) -> None:
    plant(monkeypatch)
    pieces = [(0, 700, 1), (900, 3000, 2), (100, 1500, 0)]
    with pytest.raises(AssertionError):
        reads_as_a_flat_file(tmp_path, pieces, pieces[1:2], 9)
