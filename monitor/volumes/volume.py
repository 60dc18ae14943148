"""What a volume is: bytes that outlive the process, for a disk (`isa.devices.Backing`) and for whoever serves it."""

from typing import Protocol

from isa.devices import Backing
from isa.devices.saved import Saved
from isa.errors import MachineError


class Volume(Backing, Protocol):
    """Whoever calls stays within `size`. All raise OSError for the host's trouble."""

    def flush(self) -> None:
        """When this returns, what was written before survives a loss of power."""
        ...

    def zero(self, offset: int, count: int) -> None:
        """Have these bytes read as zeros, and give back the room they took, as far as that can be done."""
        ...

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        """The stretches of these bytes, in order: how many bytes, and whether they are known to read as zeros."""
        ...

    def close(self) -> None:
        """Leave it in order. Nothing else may be called then, but `close`."""
        ...


class Kept:
    """What a volume has in common with others: its bytes are no part of a machine's saved state, files keep them."""

    path: str
    size: int
    writable: bool

    def save(self) -> dict[str, object]:
        return {"kind": "file", "path": self.path, "size": self.size, "writable": int(self.writable)}

    def restore(self, saved: Saved) -> None:
        """A disk that was read-only stays so, however it is attached now."""
        if saved.text("kind") != "file" or saved.number("size") != self.size:
            raise MachineError("the state was saved with another disk", "attach the file that was attached then")
        if saved.flag("writable") and not self.writable:
            raise MachineError("the state was saved with a disk that could be written", "do not attach it read-only")
        self.writable = saved.flag("writable")

    def within(self, offset: int, count: int) -> None:
        if offset < 0 or count < 0 or offset + count > self.size:
            raise ValueError(f"{count} bytes from {offset} do not lie in a volume of {self.size}")
