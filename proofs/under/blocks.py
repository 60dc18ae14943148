"""Where a monitor in assembly keeps its virtual machines, read as states of the description.

`Blocks` is a monitor at its place in the storage of the machine below it all; a `Block` is what it keeps of one guest
at a moment. For the monitor that is itself a guest of another, its place is its window.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

from isa.assembler import Image
from isa.description import Isa, Kind
from isa.machine import Storage
from proofs.programs.convention import Monitor, NoMonitor, kept, monitor_of, symbol

TRAFFIC = ("VM_TRAFFIC", "VM_WAY", "VM_PORT", "VM_WORD")
RECEIVED, SENT = 1, 2
SHARED = "SHARED_CONSOLE"


@dataclass(frozen=True, slots=True)
class Block:
    """A virtual machine after `steps` steps: the cells of its `state`, as a machine's own block has them; its window in
    the storage of the machine below it all; how many words it has moved (the low bits of that), and the last of them.
    """

    number: int
    state: "array[int]"
    window: int
    size: int
    steps: int
    traffic: int
    way: int
    port: int
    word: int


class Blocks:
    """A monitor whose word 0 lies at `origin`."""

    def __init__(self, monitor: Monitor, origin: int = 0) -> None:
        self.monitor, self.origin = monitor, origin
        self.symbols = monitor.image.symbols
        self.slots = _slots(monitor)

    @property
    def leave(self) -> int:
        return self.origin + self.monitor.leave

    @property
    def ended(self) -> int:
        return self.origin + self.monitor.ended

    def current(self, storage: Storage) -> Block:
        """The virtual machine whose turn it is."""
        return self._read(storage, self.at())

    def of(self, storage: Storage, number: int) -> Block:
        """A virtual machine by its number."""
        return self._read(storage, self.at(number, storage))

    def count(self, storage: Storage) -> int:
        """How many virtual machines there are."""
        at = self.symbols.get("vm_count")
        return 1 if at is None else storage.load(self.origin + at)

    def at(self, number: int | None = None, storage: Storage | None = None) -> int:
        """Where a block begins: the current one's, or that of a number, which may be the current one."""
        current = self.origin + self.monitor.vm
        if number is None or storage is None or storage.load(current + self.symbols["VM_NUMBER"]) == number:
            return current
        return self.origin + self.symbols.get("vms", 0) + number * self.symbols["VM_WORDS"]

    def put(self, storage: Storage, number: int, state: "array[int]") -> None:
        """Have a virtual machine that is not the current one go on from another state."""
        at = self.at(number, storage)
        for slot, cell in zip(self.slots, state, strict=True):
            storage.write(at + slot, [cell])

    def moved(self, origin: int) -> "Blocks":
        """The same monitor elsewhere."""
        return Blocks(self.monitor, origin)

    def _read(self, storage: Storage, at: int) -> Block:
        words = storage.read(at, self.symbols["VM_WORDS"])
        state = array("Q", [words[slot] for slot in self.slots])
        names = ("VM_NUMBER", "VM_WINDOW", "VM_SIZE", *TRAFFIC)
        number, window, size, traffic, way, port, word = (words[self.symbols[name]] for name in names)
        low, high = words[self.symbols["VM_STEPS"] :][:2]
        steps = low + (high << self.monitor.isa.word)
        return Block(number, state, self.origin + window, size, steps, traffic, way, port, word)


def watchable(isa: Isa, image: Image, name: str = "the image") -> Monitor:
    """The monitor that an image is, if it says enough to be watched. Raises NoMonitor, with what is missing."""
    try:
        found = monitor_of(isa, image)
    except NoMonitor as error:
        raise NoMonitor(f"{name}: {error.message}", error.help) from None
    missing = [name for name in TRAFFIC if name not in image.symbols]
    if missing:
        raise NoMonitor(
            f"{name} does not say what its guests send and receive: it has no {', '.join(missing)}",
            "define these symbols: `docs/monitors-in-assembly.md` says what each means",
        )
    return found


def prints_alone(monitors: Iterable[Monitor]) -> bool:
    """Whether what the real console prints is the guest's, letter by letter: no monitor says that others do so too."""
    return not any(SHARED in monitor.image.symbols for monitor in monitors)


def _slots(monitor: Monitor) -> tuple[int, ...]:
    """Where in the monitor's block each cell of a machine's own block lies."""
    symbols = monitor.image.symbols
    found: list[int] = []
    for state in kept(monitor.isa):
        first = symbols[symbol(state)]
        found += range(first, first + (state.count if state.kind is Kind.ARRAY else 1))
    return tuple(found)
