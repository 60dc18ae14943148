"""The disk: numbered blocks of 128 words, moved to and from storage by commands.

Port 0 takes a storage address, port 1 a block number, port 2 a command; port 2 gives the status back and port 1 the
number of blocks. A command takes `duration` steps; then the block moves, the status is set and the interrupt raised.
Where the blocks are kept is `backing.py`'s business; `queue.py` moves several at a time.
"""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from sys import byteorder
from typing import Any

from isa.classes import dataclass
from isa.devices.backing import Backing, FileBacking
from isa.devices.ports import DeviceFailure, DeviceStorage
from isa.devices.rewinding import branch, mark_part, rewind_part
from isa.devices.saved import Saved
from isa.errors import MachineError, TraplineError

BLOCK = 128
DURATION = 200
CELLS = {1: "B", 2: "H", 4: "I", 8: "Q"}  # kinds of arrays, by the bytes of a word

READ, WRITE = 1, 2
READY, BUSY, BAD_BLOCK, BAD_ADDRESS, BAD_COMMAND, READ_ONLY = range(6)


@dataclass(frozen=True, slots=True)
class Job:
    """A command under way, with address and block as they were when it was given; `due` is the step it ends at."""

    command: int
    address: int
    block: int
    due: int


class Disk:
    """Three ports; the interrupt means that a command has ended, well or badly.

    `width` is the width of a storage word in bits, kept little-endian in the least number of bytes (excess bits read
    as zero, and are written as zero). `register` is the width of a word on the ports, by default the same. Raises
    TraplineError if the backing is not a whole number of blocks, one at least, and MachineError if their number does
    not fit into a word.
    """

    name = "disk"
    ports = 3

    def __init__(self, backing: Backing, width: int, register: int | None = None, duration: int = DURATION) -> None:
        self.backing = backing
        self.duration = duration
        self._bytes = (width + 7) // 8
        self._mask = (1 << width) - 1
        self._cell = CELLS.get(self._bytes, "") if byteorder == "little" else ""  # an array's, if it has such words
        self.blocks = _blocks(backing, BLOCK * self._bytes)
        if self.blocks >> (register or width):
            raise MachineError(f"a disk of {self.blocks} blocks has more than a word can count", "use a smaller disk")
        self._address = self._block = 0
        self._status = READY
        self._job: Job | None = None

    def recv(self, port: int, now: int) -> int:
        match port:
            case 1:
                return self.blocks
            case 2:
                return BUSY if self._job else self._status
        return 0

    def steady(self, port: int) -> int:
        return self.recv(port, 0)

    def send(self, port: int, word: int, now: int) -> None:
        match port:
            case 0:
                self._address = word
            case 1:
                self._block = word
            case 2 if self._job is None:
                self._job = Job(word, self._address, self._block, now + self.duration)

    def stores(self, port: int) -> bool:
        """Address and block, which nobody asks for before the next command."""
        return port < 2

    def store(self, port: int, words: Sequence[int]) -> None:
        self.send(port, words[-1], 0)

    def told(self) -> dict[str, int]:
        registers = {"address": self._address, "block": self._block, "status": self.recv(2, 0)}
        return {"blocks": self.blocks, **registers}

    def deadline(self) -> int | None:
        return self._job.due if self._job else None

    def act(self, now: int, storage: DeviceStorage) -> bool:
        job = self._job
        if job is None or job.due > now:
            return False
        status = self.do(job, storage)
        self._job, self._status = None, status
        return True

    def do(self, job: Job, storage: DeviceStorage) -> int:
        """Move a block at once: the status that this ends with. Raises DeviceFailure."""
        status = self._refusal(job, storage)
        if status == READY:
            if job.command == WRITE:
                self.write(job.block, storage.read(job.address, BLOCK))
            else:
                storage.write(job.address, self.read(job.block, 1))
        return status

    def _refusal(self, job: Job, storage: DeviceStorage) -> int:
        """The status of a command that cannot be done, READY for one that can."""
        if job.command not in (READ, WRITE):
            return BAD_COMMAND
        if job.command == WRITE and not self.backing.writable:
            return READ_ONLY
        if job.block >= self.blocks:
            return BAD_BLOCK
        if job.address + BLOCK > storage.size:
            return BAD_ADDRESS
        return READY

    def read(self, block: int, count: int) -> list[int]:
        """The words of so many blocks. Raises DeviceFailure."""
        size = BLOCK * self._bytes
        with self._failing(f"read block {block}"):
            return self._unpacked(self.backing.read(block * size, count * size))

    def write(self, block: int, words: list[int]) -> None:
        """Put words, of whole blocks. Raises DeviceFailure."""
        with self._failing(f"write block {block}"):
            self.backing.write(block * BLOCK * self._bytes, self._packed(words))

    def flush(self) -> None:
        """When this returns, what was written before survives a loss of power. Raises DeviceFailure."""
        with self._failing("flush what was written"):
            self.backing.flush()

    def _packed(self, words: list[int]) -> bytes:
        if self._cell:
            return array(self._cell, words).tobytes()
        return b"".join(word.to_bytes(self._bytes, "little") for word in words)

    def _unpacked(self, data: bytes) -> list[int]:
        n = self._bytes
        if self._cell:
            words = array(self._cell, data).tolist()
            return words if self._mask >> 8 * n - 1 else [word & self._mask for word in words]
        return [int.from_bytes(data[i : i + n], "little") & self._mask for i in range(0, len(data), n)]

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f" of {self.backing.path}" if self.backing.path else ""
            reason = error.strerror or str(error)
            help = "mend it and continue: the command is done again"
            raise DeviceFailure(self.name, f"cannot {what}{where}: {reason}", help) from error

    def mark(self) -> tuple[Any, ...]:
        return self._address, self._block, self._status, self._job, mark_part(self.backing)

    def rewind(self, mark: tuple[Any, ...]) -> None:
        self._address, self._block, self._status, self._job, blocks = mark
        rewind_part(self.backing, blocks)

    def branch(self) -> None:
        branch(self.backing)

    def save(self) -> dict[str, object]:
        job = self._job
        under_way = job and {"command": job.command, "address": job.address, "block": job.block, "due": job.due}
        registers = {"address": self._address, "block": self._block, "status": self._status}
        return {**registers, "job": under_way, "backing": self.backing.save()}

    def restore(self, saved: dict[str, object]) -> None:
        whole = Saved(self.name, saved)
        address, block, status = whole.number("address"), whole.number("block"), whole.number("status", READ_ONLY)
        job = None
        if saved.get("job") is not None:
            part = Saved(self.name, whole.mapping("job"))
            job = Job(part.number("command"), part.number("address"), part.number("block"), part.number("due"))
        self.backing.restore(Saved(self.name, whole.mapping("backing")))
        self._address, self._block, self._status, self._job = address, block, status, job


def _blocks(backing: Backing, size: int) -> int:
    """The number of blocks of `size` bytes in a backing."""
    blocks, excess = divmod(backing.size, size)
    if excess or not blocks:
        what = f"the disk {backing.path}" if backing.path else "the disk"
        fitting = size * (blocks + 1)
        help = f"make it a multiple of {size}, for example {fitting}"
        if backing.path:
            help += f": truncate -s {fitting} {backing.path}"
        raise TraplineError(f"{what} has {backing.size} bytes, which are not whole blocks of {size} bytes", help)
    return blocks


def open_disk(path: str, width: int, register: int | None = None, read_only: bool = False) -> Disk:
    """A disk kept in a file. Raises TraplineError if the file cannot be used so, and says why."""
    return Disk(FileBacking(path, writable=not read_only), width, register)
