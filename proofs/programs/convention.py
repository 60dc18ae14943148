"""What a monitor in assembly says of itself, by symbols of its image: docs/monitors-in-assembly.md has the convention.

`vm` is the block of the current virtual machine, in which each state of the description has a place, `VM_` and its
name; `leave` is the instruction that enters the guest, `ended` one that is passed when it has halted. What is stated
and not proved has a name that begins with `away_` or `device_`. Nothing else of a monitor is known here, and no monitor
by name.
"""

from dataclasses import dataclass
from functools import cached_property

from isa.assembler import Image
from isa.description import Isa, Kind, State
from isa.errors import TraplineError

TOLD = {"VM_WINDOW": 1, "VM_SIZE": 1, "VM_STEPS": 2, "VM_NUMBER": 1}  # beside the state; words of each
TRAFFIC = ("VM_TRAFFIC", "VM_WAY", "VM_PORT", "VM_WORD")
EXTRA = (*TOLD, "VM_WORDS")
LABELS = ("vm", "leave", "ended")
AWAY, DEVICE = "away_", "device_"  # what the names of stated places begin with
KEEPS, BACK = "DEVICE_KEEPS", "DEVICE_BACK"  # the first register that routines of devices keep; with the way back


class NoMonitor(TraplineError):
    """An image that does not say where it keeps virtual machines."""


@dataclass(frozen=True)
class Monitor:
    """A monitor's image, and where it keeps what. Its own words are those below `end`; windows lie beyond."""

    isa: Isa
    image: Image

    @property
    def vm(self) -> int:
        return self.image.symbols["vm"]

    @property
    def leave(self) -> int:
        return self.image.symbols["leave"]

    @property
    def ended(self) -> int:
        return self.image.symbols["ended"]

    @property
    def end(self) -> int:
        return self.image.top

    @cached_property
    def words(self) -> dict[int, int]:
        """The words of the image, by address."""
        return dict(self.image.words())

    @cached_property
    def away(self) -> dict[int, str]:
        """Where the monitor turns from its guest to other things: `away_` and a name, for each such place."""
        return self._named(AWAY)

    @cached_property
    def devices(self) -> dict[int, str]:
        """The routines of devices: `device_` and a name."""
        return self._named(DEVICE)

    def _named(self, beginning: str) -> dict[int, str]:
        found = ((value, name) for name, value in self.image.symbols.items() if name.startswith(beginning))
        return {value: name.removeprefix(beginning) for value, name in found}

    @property
    def keeps(self) -> int:
        return self.image.symbols[KEEPS]

    @property
    def back(self) -> int:
        return self.image.symbols[BACK]

    @cached_property
    def told(self) -> set[int]:
        """The addresses of what a block tells beside the guest's state."""
        sizes = {**TOLD, **dict.fromkeys(TRAFFIC, 1)}
        return {self.at(name, i) for name, size in sizes.items() for i in range(size)}

    def at(self, name: str, word: int = 0) -> int:
        """The address of a place in the block: `VM_SIZE`, or that of a state."""
        return self.vm + self.image.symbols[name] + word

    def place(self, state: State, cell: int = 0) -> int:
        """The address at which the block keeps a state, or a cell of one."""
        return self.at(symbol(state), cell)

    def line(self, address: int) -> str:
        """The line of the source that an address comes from."""
        found = self.image.lines.get(address)
        return f"{found.file}:{found.line}: {found.text.strip()}" if found else f"address {address:#x}"


def symbol(state: State) -> str:
    """The name under which a block has a state."""
    return f"VM_{state.name.upper()}"


def kept(isa: Isa) -> list[State]:
    """The states that a block keeps: scalars and register files. Each word of it holds one value."""
    return [s for s in isa.states.values() if s.kind in (Kind.SCALAR, Kind.ARRAY)]


def monitor_of(isa: Isa, image: Image) -> Monitor:
    """The monitor that an image is. Raises NoMonitor, with what is missing."""
    image.check(isa)
    return _saying(Monitor(isa, image), [*LABELS, *EXTRA, *(symbol(s) for s in kept(isa))])


def provable(isa: Isa, image: Image) -> Monitor:
    """The same, if it says all that a proof asks as well: what its guests moved, and what its devices keep."""
    monitor = monitor_of(isa, image)
    return _saying(monitor, [*TRAFFIC, *((KEEPS, BACK) if monitor.devices else ())])


def _saying(monitor: Monitor, names: list[str]) -> Monitor:
    missing = [name for name in names if name not in monitor.image.symbols]
    if missing:
        raise NoMonitor(
            f"the image does not say where it keeps virtual machines: it has no {', '.join(missing)}",
            "define these symbols: `docs/monitors-in-assembly.md` says what each means",
        )
    return monitor
