"""What a disk holds while its machine runs."""

from isa.devices import MemoryBacking
from isa.devices.saved import Saved
from isa.errors import MachineError
from monitor.host.contents import BLOCK
from monitor.host.used import Passed


class Held(MemoryBacking):
    """Bytes that are kept as contents of the host, and not with the machine; it notes to which blocks was written,
    and how much was read and written."""

    def __init__(self, data: bytes, writable: bool) -> None:
        super().__init__(data, writable)
        self._written: set[int] = set()
        self._read = self._wrote = 0

    def read(self, offset: int, count: int) -> bytes:
        self._read += count
        return super().read(offset, count)

    def write(self, offset: int, data: bytes) -> None:
        self._wrote += len(data)
        self._written.update(range(offset // BLOCK, -(-(offset + len(data)) // BLOCK)))
        super().write(offset, data)

    def taken(self) -> dict[int, bytes]:
        """The blocks in which something was written since the last time."""
        found = {n: bytes(self.data[n * BLOCK : (n + 1) * BLOCK]) for n in self._written}
        self._written.clear()
        return found

    def counted(self, block: int) -> Passed:
        """How many blocks of so many bytes were read and written since the last time."""
        passed = Passed(read=self._read // block, written=self._wrote // block)
        self._read = self._wrote = 0
        return passed

    def save(self) -> dict[str, object]:
        return {"kind": "host", "size": self.size}

    def restore(self, saved: Saved) -> None:
        if saved.text("kind") != "host" or saved.number("size") != self.size:
            raise MachineError("the machine was saved with another disk", "bring it back to a snapshot")
