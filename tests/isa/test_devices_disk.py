"""The disk: commands, timing, statuses, and the host's troubles, none of which loses a block or changes the device."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from isa.devices import BLOCK, DURATION, DeviceFailure, Disk, FileBacking, MemoryBacking, copied, open_disk
from isa.devices.disk import BAD_ADDRESS, BAD_BLOCK, BAD_COMMAND, BUSY, READ, READ_ONLY, READY, WRITE
from isa.errors import MachineError, TraplineError

SIZE = 4 * BLOCK


class Words:
    def __init__(self, size: int) -> None:
        self.size = size
        self.cells = list(range(size))

    def read(self, index: int, count: int) -> list[int]:
        assert index >= 0 and index + count <= self.size
        return self.cells[index : index + count]

    def write(self, index: int, words: list[int]) -> None:
        assert index >= 0 and index + len(words) <= self.size
        self.cells[index : index + len(words)] = words


def command(disk: Disk, code: int, address: int = 0, block: int = 0, now: int = 0) -> None:
    disk.send(0, address, now)
    disk.send(1, block, now)
    disk.send(2, code, now)


def perform(disk: Disk, storage: Words, code: int, address: int = 0, block: int = 0) -> int:
    """Give a command, let it end, and return its status."""
    command(disk, code, address, block)
    due = disk.deadline()
    assert due is not None and disk.act(due, storage)
    return disk.recv(2, due)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A disk of three blocks of 32-bit words; word w of block b is b * 1000 + w."""
    path = tmp_path / "disk"
    words = [b * 1000 + w for b in range(3) for w in range(BLOCK)]
    path.write_bytes(b"".join(word.to_bytes(4, "little") for word in words))
    return path


def test_a_read_takes_its_time_and_then_interrupts(image: Path) -> None:
    disk, storage = open_disk(str(image), 32), Words(SIZE)
    assert (disk.recv(1, 0), disk.recv(2, 0), disk.deadline()) == (3, READY, None)
    command(disk, READ, address=BLOCK, block=2, now=1000)
    assert (disk.recv(2, 1000), disk.deadline()) == (BUSY, 1000 + DURATION)
    assert not disk.act(1000 + DURATION - 1, storage)
    assert storage.cells == list(range(SIZE))
    assert disk.act(1000 + DURATION, storage)
    assert storage.cells[BLOCK : 2 * BLOCK] == list(range(2000, 2000 + BLOCK))
    assert storage.cells[:BLOCK] == list(range(BLOCK)) and storage.cells[2 * BLOCK] == 2 * BLOCK
    assert (disk.recv(2, 2000), disk.deadline()) == (READY, None)


def test_a_write_is_on_the_host_before_its_interrupt(image: Path) -> None:
    disk, storage = open_disk(str(image), 32), Words(SIZE)
    before = image.read_bytes()
    assert perform(disk, storage, WRITE, address=3, block=1) == READY
    words = b"".join(word.to_bytes(4, "little") for word in range(3, 3 + BLOCK))
    assert image.read_bytes() == before[: 4 * BLOCK] + words + before[8 * BLOCK :]


@pytest.mark.parametrize(
    ("code", "address", "block", "status"),
    [
        (READ, SIZE - BLOCK, 0, READY),
        (READ, 0, 2, READY),
        (READ, 0, 3, BAD_BLOCK),
        (WRITE, 0, 2**32 - 1, BAD_BLOCK),
        (READ, SIZE - BLOCK + 1, 0, BAD_ADDRESS),
        (WRITE, 2**32 - BLOCK, 0, BAD_ADDRESS),
        (WRITE, 2**32 - 1, 0, BAD_ADDRESS),
        (0, 0, 0, BAD_COMMAND),
        (3, 0, 0, BAD_COMMAND),
        (3, SIZE, 3, BAD_COMMAND),
        (READ, SIZE, 3, BAD_BLOCK),
    ],
)
def test_every_command_interrupts_and_leaves_a_status(
    image: Path, code: int, address: int, block: int, status: int
) -> None:
    disk, storage = open_disk(str(image), 32), Words(SIZE)
    before = image.read_bytes()
    assert perform(disk, storage, code, address, block) == status
    if status != READY:
        assert storage.cells == list(range(SIZE)) and image.read_bytes() == before


def test_a_storage_smaller_than_a_block_has_no_good_address() -> None:
    disk = Disk(MemoryBacking(bytes(4 * BLOCK)), 32)
    assert perform(disk, Words(BLOCK - 1), READ) == BAD_ADDRESS
    assert perform(disk, Words(BLOCK), READ) == READY


def test_a_command_while_busy_is_dropped_and_registers_are_latched() -> None:
    disk, storage = Disk(MemoryBacking(bytes(4 * BLOCK)), 32), Words(SIZE)
    command(disk, READ, address=0, block=0, now=0)
    command(disk, WRITE, address=BLOCK, block=9, now=5)
    assert disk.deadline() == DURATION
    assert disk.act(DURATION, storage)
    assert (disk.recv(2, DURATION), disk.deadline()) == (READY, None)
    assert storage.cells[:BLOCK] == [0] * BLOCK and storage.cells[BLOCK] == BLOCK
    disk.send(2, READ, 1000)
    assert disk.act(1000 + DURATION, storage)
    assert disk.recv(2, 2000) == BAD_BLOCK


def test_unused_directions_of_the_ports_do_nothing() -> None:
    disk = Disk(MemoryBacking(bytes(4 * BLOCK)), 32)
    disk.send(0, 77, 0)
    assert disk.recv(0, 0) == 0


@pytest.mark.parametrize("width", [1, 8, 12, 16, 33, 64])
def test_words_of_any_width_survive_a_round_trip(width: int) -> None:
    backing = MemoryBacking(b"\xff" * BLOCK * ((width + 7) // 8))
    disk, storage = Disk(backing, width), Words(2 * BLOCK)
    assert perform(disk, storage, READ) == READY
    assert storage.cells[:BLOCK] == [2**width - 1] * BLOCK
    storage.cells[:BLOCK] = words = [(i * 0x9E3779B97F4A7C15) % 2**width for i in range(BLOCK)]
    assert perform(disk, storage, WRITE) == READY
    storage.cells[:BLOCK] = [0] * BLOCK
    assert perform(disk, storage, READ) == READY
    assert storage.cells[:BLOCK] == words


def test_a_read_only_disk_refuses_writes_with_its_own_status(image: Path) -> None:
    image.chmod(0o444)
    disk, before = open_disk(str(image), 32, read_only=True), image.read_bytes()
    assert perform(disk, Words(SIZE), WRITE) == READ_ONLY
    assert perform(disk, Words(SIZE), READ) == READY
    assert image.read_bytes() == before


def fails(disk: Disk, storage: Words, code: int, message: str) -> None:
    """The command fails at its end for the host's sake, with device and storage unchanged, as often as it is tried."""
    command(disk, code, block=1)
    before, cells = disk.save(), list(storage.cells)
    for _ in range(2):
        with pytest.raises(DeviceFailure, match=message):
            disk.act(DURATION, storage)
        assert disk.save() == before and storage.cells == cells
    assert disk.recv(2, DURATION) == BUSY


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_write_that_fails_is_done_whole_by_a_retry(image: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    disk, storage, real = open_disk(str(image), 32), Words(SIZE), os.pwrite

    def short_then_failing(fd: int, data: bytes, offset: int) -> int:
        if len(data) < 4 * BLOCK:
            raise OSError(code, os.strerror(code))
        return real(fd, data[:100], offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", short_then_failing)
        fails(disk, storage, WRITE, f"disk: cannot write block 1 of .*disk: {os.strerror(code)}")
    assert disk.act(DURATION, storage) and disk.recv(2, DURATION) == READY
    assert image.read_bytes()[4 * BLOCK : 8 * BLOCK] == b"".join(w.to_bytes(4, "little") for w in range(BLOCK))


def test_short_writes_are_completed(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, real = open_disk(str(image), 32), os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: real(fd, data[:7], offset))
    assert perform(disk, Words(SIZE), WRITE, block=2) == READY
    assert image.read_bytes()[8 * BLOCK :] == b"".join(w.to_bytes(4, "little") for w in range(BLOCK))


def test_a_write_that_makes_no_progress_fails(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = open_disk(str(image), 32)
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: 0)
    fails(disk, Words(SIZE), WRITE, "nothing could be written")


@pytest.mark.parametrize("code", [READ, WRITE])
def test_a_file_that_was_cut_or_removed_fails_until_it_is_put_back(image: Path, code: int) -> None:
    disk, storage, content = open_disk(str(image), 32), Words(SIZE), image.read_bytes()
    os.truncate(image, 4 * BLOCK)
    fails(disk, storage, code, "it has 512 bytes now, and had 1536")
    assert image.stat().st_size == 4 * BLOCK
    image.unlink()
    fails(disk, storage, code, "No such file")
    assert not image.exists()
    image.mkdir()
    fails(disk, storage, code, "not a regular file" if code == READ else "Is a directory")
    image.rmdir()
    image.write_bytes(content)
    assert disk.act(DURATION, storage) and disk.recv(2, DURATION) == READY


def test_reads_that_end_early_or_fail(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = open_disk(str(image), 32)
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", lambda fd, count, offset: b"")
        fails(disk, Words(SIZE), READ, "it ends before the block does")
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, count, offset: real(fd, min(count, 5), offset))
    storage = Words(SIZE)
    assert disk.act(DURATION, storage) and storage.cells[:BLOCK] == list(range(1000, 1000 + BLOCK))


def test_no_descriptor_is_left_open(image: Path) -> None:
    disk, storage = open_disk(str(image), 32), Words(SIZE)
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    for _ in range(3):
        perform(disk, storage, WRITE)
    assert not before or len(os.listdir("/proc/self/fd")) == len(before)


def refused(path: Path | str, message: str, help: str, read_only: bool = False) -> None:
    with pytest.raises(TraplineError, match=message) as caught:
        open_disk(str(path), 32, read_only=read_only)
    assert not isinstance(caught.value, DeviceFailure)
    assert help in caught.value.help


def test_files_that_are_no_disk(tmp_path: Path, image: Path) -> None:
    refused(tmp_path / "missing", "cannot open the disk .*missing: No such file", "check the name")
    refused(tmp_path, "Is a directory", "give the name of a file")
    refused(tmp_path, "not a regular file", "ordinary file", read_only=True)
    refused("a\0b", "null byte", "ordinary file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "not a regular file", "ordinary file", read_only=True)
    os.truncate(image, 1000)
    refused(image, "has 1000 bytes, which are not whole blocks of 512 bytes", f"truncate -s 1024 {image}")
    os.truncate(image, 0)
    refused(image, "has 0 bytes", "for example 512")


def test_a_file_that_may_not_be_written_suggests_read_only(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def unwritable(path: str, flags: int, *rest: int) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", unwritable)
    refused(image, "Permission denied", "attach it read-only")
    assert open_disk(str(image), 32, read_only=True).blocks == 3


def test_a_disk_with_more_blocks_than_a_word_counts_is_refused() -> None:
    with pytest.raises(MachineError, match="256 blocks"):
        Disk(MemoryBacking(bytes(256 * BLOCK)), 8)
    assert Disk(MemoryBacking(bytes(255 * BLOCK)), 8).recv(1, 0) == 255
    with pytest.raises(MachineError, match="16 blocks"):
        Disk(MemoryBacking(bytes(16 * BLOCK)), 8, register=4)


def test_a_state_saved_in_the_middle_of_a_command_goes_on_with_the_file(image: Path) -> None:
    disk = open_disk(str(image), 32)
    command(disk, READ, address=5, block=1, now=40)
    again, storage = open_disk(str(image), 32), Words(SIZE)
    again.restore(disk.save())
    assert (again.recv(2, 50), again.deadline()) == (BUSY, 40 + DURATION)
    assert again.act(40 + DURATION, storage) and storage.cells[5] == 1000


def test_a_state_with_another_disk_is_refused(image: Path) -> None:
    in_file, in_memory = open_disk(str(image), 32), Disk(MemoryBacking(bytes(4 * BLOCK)), 32)
    for disk, other in (in_file, in_memory), (in_memory, in_file):
        with pytest.raises(MachineError, match="another disk"):
            disk.restore(other.save())
    smaller = Disk(MemoryBacking(bytes(8 * BLOCK)), 32)
    with pytest.raises(MachineError, match="another disk"):
        in_memory.restore(smaller.save())


@pytest.mark.parametrize("kept", ["file", "memory"])
def test_a_disk_that_was_read_only_stays_so(image: Path, kept: str) -> None:
    def attached(writable: bool) -> Disk:
        backing = FileBacking(str(image), writable) if kept == "file" else MemoryBacking(bytes(1536), writable)
        return Disk(backing, 32)

    again = attached(True)
    again.restore(attached(False).save())
    assert perform(again, Words(SIZE), WRITE) == READ_ONLY
    if kept == "file":
        with pytest.raises(MachineError, match="a disk that could be written"):
            attached(False).restore(attached(True).save())


KILLED = """
import sys, time
from isa.devices import FileBacking, Disk
class Words:
    size = 128
    def read(self, index, count): return [0xABCD] * count
disk = Disk(FileBacking(sys.argv[1]), 32)
disk.send(2, 2, 0)
if disk.act(200, Words()):
    print("acknowledged", flush=True)
time.sleep(60)
"""


def test_an_acknowledged_write_survives_the_process_being_killed(image: Path) -> None:
    arguments = [sys.executable, "-c", KILLED, str(image)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": os.getcwd()}) as process:
        assert process.stdout is not None and process.stdout.readline() == b"acknowledged\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert image.read_bytes()[: 4 * BLOCK] == (0xABCD).to_bytes(4, "little") * BLOCK


def test_a_copy_in_memory_leaves_the_file_alone(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.read_bytes()
    disk, storage = Disk(copied(str(image)), 32), Words(SIZE)
    assert perform(disk, storage, WRITE, block=2) == READY
    storage.cells = [0] * SIZE
    assert perform(disk, storage, READ, block=2) == READY and storage.cells[:BLOCK] == list(range(BLOCK))
    assert image.read_bytes() == before
    with pytest.raises(TraplineError, match="No such file"):
        copied(str(image) + "x")
    monkeypatch.setattr("isa.devices.backing.LARGEST_COPY", 100)
    with pytest.raises(TraplineError, match="too large to be copied: 1536 bytes"):
        copied(str(image))


def test_relative_names_do_not_follow_the_working_directory(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(image.parent)
    backing = FileBacking(image.name)
    monkeypatch.chdir("/")
    assert backing.read(0, 4) == bytes(4)
