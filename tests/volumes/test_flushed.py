"""What a guest has flushed through its queue is there when the power fails, whatever its disk is kept in."""

import os
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from isa.devices import Disk
from isa.devices.disk import READ, READY, WRITE
from isa.devices.queue import FLUSH
from monitor.volumes.faulty import Unflushed
from monitor.volumes.file import HostFile
from monitor.volumes.group import make
from monitor.volumes.opening import create_member, create_overlay, open_volume
from monitor.volumes.pool import make_pool
from monitor.volumes.qcow2 import create
from tests.isa.test_devices_queue import BLOCK, BLOCKS, BUFFERS, Guest
from tests.planting import Patch

SIZE = BLOCKS * BLOCK * 4
KINDS = ["raw", "a.qcow2", "over.qcow2", "a.thin", "a.toml"]


def made(folder: Path, kind: str) -> str:
    path = str(folder / kind)
    match kind:
        case "raw":
            Path(path).write_bytes(bytes(SIZE))
        case "a.qcow2":
            create(path, SIZE)
        case "over.qcow2":
            (folder / "below").write_bytes(b"\xff" * SIZE)
            create_overlay(path, "below")
        case "a.thin":
            make_pool(str(folder / "p.pool"), 65536)
            create_member(path, SIZE, "p.pool")
        case _:
            Path(path).write_text(f'level = "parity"\nsize = {SIZE}\nparts = ["1", "2", "3"]\n')
            make(path)
    return path


def survives(folder: Path, kind: str, patch: Patch) -> None:
    """Blocks are gathered, flushed, and written over without a flush; then the power fails."""
    path = made(folder, kind)
    files = {str(file): Unflushed(file.read_bytes()) for file in folder.iterdir()}
    write = HostFile.write

    def written(file: HostFile, offset: int, data: bytes) -> None:
        write(file, offset, data)
        files[file.path].write(offset, bytes(data))

    with patch.context() as patched, closing(open_volume(path)) as volume:
        patched.setattr(HostFile, "write", written)
        patched.setattr(HostFile, "flush", lambda file: files[file.path].flush())
        guest = Guest(volume)  # type: ignore[arg-type]
        guest.storage.write(BUFFERS, list(range(3 * BLOCK)))
        guest.request(WRITE, 2, (BUFFERS + BLOCK, BLOCK), (BUFFERS, BLOCK))
        guest.kick()
        guest.run(1000)
        guest.request(FLUSH, 0)
        guest.kick()
        guest.run(1000)
        guest.request(WRITE, 3, (BUFFERS + 2 * BLOCK, BLOCK))
        guest.kick()
        guest.run(1000)
        assert guest.statuses() == [READY] * 3
        cuts = [{name: file.cut(Random(seed)) for name, file in files.items()} for seed in range(4)]
    for number, left in enumerate(cuts):
        check_left(folder / f"cut {number}", left, kind)


def check_left(folder: Path, left: dict[str, bytes], kind: str) -> None:
    folder.mkdir()
    for name, data in left.items():
        (folder / Path(name).name).write_bytes(data)
    with closing(open_volume(str(folder / kind), writable=kind != "a.thin")) as volume:  # a thin one knows its copies
        other = Guest(volume)  # type: ignore[arg-type]
        other.request(READ, 2, (BUFFERS, 2 * BLOCK))
        other.kick()
        other.run(1000)
        first, second = other.storage.read(BUFFERS, BLOCK), other.storage.read(BUFFERS + BLOCK, BLOCK)
        assert first == list(range(BLOCK, 2 * BLOCK))
        assert second in (list(range(BLOCK)), list(range(2 * BLOCK, 3 * BLOCK)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_flushed_survives(kind: str, tmp_path: Path, monkeypatch: Patch) -> None:
    survives(tmp_path, kind, monkeypatch)


def test_a_flush_that_is_none_is_found(tmp_path: Path, monkeypatch: Patch) -> None:
    """The planted bug."""
    monkeypatch.setattr(Disk, "flush", lambda self: None)
    with pytest.raises(AssertionError):
        survives(tmp_path, "raw", monkeypatch)


def test_a_plain_file_is_flushed_too(tmp_path: Path, monkeypatch: Patch) -> None:
    from isa.devices import FileBacking

    (tmp_path / "disk").write_bytes(bytes(SIZE))
    seen: list[int] = []
    monkeypatch.setattr(os, "fdatasync", seen.append)
    guest = Guest(FileBacking(str(tmp_path / "disk")))  # type: ignore[arg-type]
    guest.request(FLUSH, 0)
    guest.kick()
    guest.run(1000)
    assert len(seen) == 1
