"""What a monitor in assembly says of itself, by symbols of its image: docs/monitors-in-assembly.md has the convention.

`vm` is the block of the current virtual machine, in which each state of the description has a place, `VM_` and its
name; `leave` is the instruction that enters the guest, `ended` one that is passed when it has halted. Nothing else of a
monitor is known here, and no monitor by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from isa.assembler import Image
from isa.description import Isa, Kind, State
from isa.errors import TraplineError

EXTRA = ("VM_WINDOW", "VM_SIZE", "VM_STEPS", "VM_NUMBER", "VM_WORDS")
LABELS = ("vm", "leave", "ended")


class NoMonitor(TraplineError):
    """An image that does not say where it keeps virtual machines."""


@dataclass(frozen=True)
class Monitor:
    """A monitor's image, and where it keeps what. Its own words are those below `end`; windows lie beyond. Where a path
    comes to one of `contracts`, what follows is not proved but stated."""

    isa: Isa
    image: Image
    contracts: frozenset[str] = frozenset()

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
    def stops(self) -> dict[int, str]:
        """Where a path ends, apart from `leave`: the labels of contracts and `ended`."""
        return {self.image.symbols[name]: name for name in (*sorted(self.contracts), "ended")}

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


def monitor_of(isa: Isa, image: Image, contracts: Sequence[str] = ()) -> Monitor:
    """The monitor that an image is. Raises NoMonitor, with what is missing."""
    image.check(isa)
    needed = [*LABELS, *EXTRA, *(symbol(s) for s in kept(isa))]
    missing = [name for name in needed if name not in image.symbols]
    if missing:
        raise NoMonitor(
            f"the image does not say where it keeps virtual machines: it has no {', '.join(missing)}",
            "define these symbols: `docs/monitors-in-assembly.md` says what each means",
        )
    unknown = [name for name in contracts if name not in image.symbols]
    if unknown:
        raise NoMonitor(f"there is no label {', '.join(unknown)} for a contract", "name labels of the monitor's source")
    return Monitor(isa, image, frozenset(contracts))
