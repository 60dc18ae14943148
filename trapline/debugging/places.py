"""Parts of a machine's state by name: states, their fields, and registers as instructions name them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from isa.description import Isa, Kind, State
from isa.ir.nodes import Element, Param, nodes
from isa.machine import Machine


class Place(NamedTuple):
    """A scalar, a field of one (`psw.mode`), or a cell of a register file."""

    name: str
    cell: int | None = None

    def __str__(self) -> str:
        return self.name if self.cell is None else f"{self.name}[{self.cell}]"

    def read(self, machine: Machine) -> int:
        found = machine.state[self.name]
        if isinstance(found, list):
            assert self.cell is not None
            return found[self.cell]
        return found

    def write(self, machine: Machine, value: int) -> None:
        """As many low bits of the value as there is room for."""
        value &= (1 << self.width(machine.isa)) - 1
        found = machine.state[self.name]
        if isinstance(found, list):
            assert self.cell is not None
            if not self.fixed(machine.isa):
                machine.state[self.name] = [*found[: self.cell], value, *found[self.cell + 1 :]]
        else:
            machine.state[self.name] = value

    def width(self, isa: Isa) -> int:
        """In bits."""
        state = self._state(isa)
        return next((f.width for f in state.fields if self.name == f"{state.name}.{f.name}"), state.width)

    def fixed(self, isa: Isa) -> bool:
        """Whether it is always zero."""
        return self.cell in self._state(isa).zero

    def _state(self, isa: Isa) -> State:
        return isa.states[self.name.partition(".")[0]]


@lru_cache(maxsize=64)
def places_of(isa: Isa) -> dict[str, Place]:
    """Every place that has a name."""
    return dict(_registers(isa)) | dict(_states(isa))


def _states(isa: Isa) -> Iterator[tuple[str, Place]]:
    for state in isa.states.values():
        if state.kind is Kind.SCALAR:
            names = [state.name, *(f"{state.name}.{field.name}" for field in state.fields)]
            yield from ((name, Place(name)) for name in names)


def _registers(isa: Isa) -> Iterator[tuple[str, Place]]:
    """Registers by the names that instructions give them: what a register operand chooses, wherever it does first."""
    files: dict[str, str] = {}
    for instruction in isa.instructions.values():
        chosen = {u.name: u.operand.name for u in instruction.uses if u.operand.is_register}
        for node in nodes(*instruction.behaviour.expressions()):
            if isinstance(node, Element) and isinstance(node.index, Param) and node.index.name in chosen:
                files.setdefault(chosen[node.index.name], node.state)
    for operand, file in files.items():
        numbered = {isa.operands[operand].style % n: n for n in range(isa.states[file].count)}
        for name, cell in (numbered | isa.operands[operand].aliases).items():
            yield name, Place(file, cell)
