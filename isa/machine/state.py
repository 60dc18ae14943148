"""Machine state: one flat block of 64-bit slots, laid out from the description.

There is one representation. Engines read and write `block` by slot number, people use names: `state["pc"]`,
`state["psw.mode"]`, `state["x"]`. Storage and channels are not in the block; they belong to the machine.
"""

from array import array
from collections.abc import Iterator
from functools import cached_property, lru_cache

from isa.classes import dataclass
from isa.description import Isa, Kind, State
from isa.display import Displayed


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a state lives in the block: `count` slots from `first` on, each a value of `width` bits."""

    first: int
    count: int
    width: int


class Layout:
    """The block's plan for one machine: scalars and register files in the order of the description."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.slots: dict[str, Slot] = {}
        self.length = 0
        for state in isa.states.values():
            if state.kind in (Kind.SCALAR, Kind.ARRAY):
                self.slots[state.name] = Slot(self.length, state.count, state.width)
                self.length += state.count

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of every slot: `pc`, `x[3]`."""
        found = []
        for name, slot in self.slots.items():
            found += [f"{name}[{i}]" for i in range(slot.count)] if self._state(name).kind is Kind.ARRAY else [name]
        return tuple(found)

    def _state(self, name: str) -> State:
        return self.isa.states[name]


@lru_cache(maxsize=64)
def layout_of(isa: Isa) -> Layout:
    """The plan of a description, made once for all its machines."""
    return Layout(isa)


class MachineState(Displayed):
    """The registers of one machine. Values are unsigned and cut to their width when set.

    Raises KeyError for a name the machine does not have.
    """

    __slots__ = ("block", "layout")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.block = array("Q", bytes(8 * layout.length))

    def title(self) -> str:
        return f"state of {self.layout.isa.name}"

    def shown(self) -> Iterator[tuple[str, str]]:
        """The pc, and whatever is not zero."""
        isa = self.layout.isa
        yield isa.pc, f"{self.block[self.layout.slots[isa.pc].first]:#x}"
        for name, value in zip(self.layout.names, self.block, strict=True):
            if value and name != isa.pc:
                yield name, f"{value:#x}"

    def copy(self) -> "MachineState":
        """Another state with the same values."""
        copied = MachineState(self.layout)
        copied.block[:] = self.block
        return copied

    def __getitem__(self, name: str) -> int | list[int]:
        whole, _, part = name.partition(".")
        slot = self.layout.slots[whole]
        if self.layout.isa.states[whole].kind is Kind.ARRAY:
            return self.block[slot.first : slot.first + slot.count].tolist()
        low, width = self._bits(whole, part)
        return self.block[slot.first] >> low & ((1 << width) - 1)

    def __setitem__(self, name: str, value: int | list[int]) -> None:
        whole, _, part = name.partition(".")
        slot = self.layout.slots[whole]
        if isinstance(value, list):
            if len(value) != slot.count:
                raise ValueError(f"{name} has {slot.count} cells, not {len(value)}")
            values = [v & ((1 << slot.width) - 1) for v in value]
            self.block[slot.first : slot.first + slot.count] = array("Q", values)
            return
        low, width = self._bits(whole, part)
        mask = ((1 << width) - 1) << low
        self.block[slot.first] = self.block[slot.first] & ~mask | value << low & mask

    def _bits(self, whole: str, part: str) -> tuple[int, int]:
        state = self.layout.isa.states[whole]
        if not part:
            return 0, state.width
        found = next((f for f in state.fields if f.name == part), None)
        if found is None:
            raise KeyError(f"{whole}.{part}")
        return found.low, found.width
