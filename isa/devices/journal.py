"""What goes out of a machine, kept so that it goes out once however often a stretch is run.

`journal` puts a `Journal` before the blocks of every disk and an `Once` before the sink of every console. While the
machine is in its past, a disk reads as it was then; the file itself holds what belongs to the newest step reached,
until something is changed in the past (`branch`): then it is brought back to the moment of the change.
"""

from isa.devices.backing import Backing, MemoryBacking
from isa.devices.console import Console, Sink
from isa.devices.disk import Disk
from isa.devices.ports import Ports
from isa.devices.saved import Saved

CHANGED = "somebody else has written to it since this history began, which cannot tell any more what it held"


class Journal:
    """Blocks of `block` bytes, and what each of them held before every write. `past` counts the writes that the present
    moment knows."""

    def __init__(self, inner: Backing, block: int) -> None:
        self.inner, self.block = inner, block
        self.past = 0
        self._writes: list[tuple[int, bytes, bytes]] = []  # where, what was there, what came there
        self._at: dict[int, list[int]] = {}  # the writes to each block, by where it begins
        self._stamp = inner.stamp()

    @property
    def path(self) -> str:
        return self.inner.path

    @property
    def size(self) -> int:
        return self.inner.size

    @property
    def writable(self) -> bool:
        return self.inner.writable

    @property
    def held(self) -> int:
        """How many bytes the journal takes."""
        return sum(len(before) + len(after) + 200 for _, before, after in self._writes)

    def read(self, offset: int, count: int) -> bytes:
        return b"".join(self._read(at, self.block) for at in range(offset, offset + count, self.block))

    def _read(self, offset: int, count: int) -> bytes:
        later = next((n for n in self._at.get(offset, ()) if n >= self.past), None)
        if later is not None:
            return self._writes[later][1]
        self._check()
        return self.inner.read(offset, count)

    def write(self, offset: int, data: bytes) -> None:
        begun = self.past
        try:
            for at in range(0, len(data), self.block):
                self._write(offset + at, data[at : at + self.block])
        except OSError:
            self.past = begun  # all of it is done again
            raise

    def _write(self, offset: int, data: bytes) -> None:
        """A write that is known already is not done again; one that is another than was known begins a branch."""
        if self.past < len(self._writes):
            if (self._writes[self.past][0], self._writes[self.past][2]) == (offset, data):
                self.past += 1
                return
            self.branch()
        self._check()
        before = self.inner.read(offset, len(data))
        self.inner.write(offset, data)
        self._stamp = self.inner.stamp()
        self._at.setdefault(offset, []).append(self.past)
        self._writes.append((offset, before, data))
        self.past += 1

    def flush(self) -> None:
        self.inner.flush()

    def branch(self) -> None:
        """Bring the blocks back to what they are at the present moment. Raises OSError."""
        while len(self._writes) > self.past:
            offset, before, _ = self._writes[-1]
            self._check()
            self.inner.write(offset, before)
            self._stamp = self.inner.stamp()
            self._writes.pop()
            self._at[offset].pop()

    def mark(self) -> int:
        return self.past

    def rewind(self, mark: int) -> None:
        self.past = mark

    def stamp(self) -> object:
        return self.inner.stamp()

    def save(self) -> dict[str, object]:
        """What is in memory, as it is at the present moment; a file keeps its own blocks."""
        if not isinstance(self.inner, MemoryBacking) or self.past == len(self._writes):
            return self.inner.save()
        then = MemoryBacking(bytes(self.inner.data), self.inner.writable)
        for offset, before, _ in reversed(self._writes[self.past :]):
            then.write(offset, before)
        return then.save()

    def restore(self, saved: Saved) -> None:
        """The blocks of a saved state are written, where they are others."""
        if not isinstance(self.inner, MemoryBacking):
            self.inner.restore(saved)
            return
        before = self.inner.data
        self.inner.restore(saved)
        self.inner.data, wanted = before, bytes(self.inner.data)
        for offset in range(0, self.size, self.block):
            data = wanted[offset : offset + self.block]
            if data != self.read(offset, self.block):
                self.write(offset, data)

    def _check(self) -> None:
        """Raises OSError if the file is not as it was left: what a disk held then could not be told any more."""
        if self.inner.stamp() != self._stamp:
            raise OSError(0, CHANGED)


class Once:
    """A console's sink that takes each byte that is printed once. While it is `holding`, nothing goes out yet."""

    def __init__(self, inner: Sink, console: Console) -> None:
        self.inner, self.console = inner, console
        self.sent = console.transcript.length
        self.holding = False
        self._held = b""

    def write(self, data: bytes) -> None:
        new = data[max(0, self.sent - self.console.transcript.length) :]
        if self.holding:
            self._held += new
        elif new:
            self.inner.write(new)
        self.sent += len(new)

    def branch(self) -> None:
        printed = self.console.transcript.length
        self._held = self._held[: max(0, len(self._held) - (self.sent - printed))]
        self.sent = printed

    def release(self) -> None:
        """Let out what was held. Raises OSError."""
        self.holding = False
        if self._held:
            self.inner.write(self._held)
            self._held = b""


def journal(ports: Ports) -> tuple[list[Journal], list[Once]]:
    """Have what these devices send outside sent once: the journals of the disks, and the sinks of the consoles."""
    journals, sinks = [], []
    for device in ports.devices.values():
        if isinstance(device, Disk):
            if not isinstance(device.backing, Journal):
                device.backing = Journal(device.backing, device.backing.size // device.blocks)
            journals.append(device.backing)
        elif isinstance(device, Console) and device.sink is not None:
            if not isinstance(device.sink, Once):
                device.sink = Once(device.sink, device)
            sinks.append(device.sink)
    return journals, sinks
