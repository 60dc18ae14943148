"""Everything that a counterexample rests on: what a step looks at in a state that the solver found, and what of it
becomes another bare and run directly. `proofs.verdict.exhibits` collects it; reports tell it, and `--json` has it as data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from isa.description import Isa, Place
from isa.ir.nodes import Element, Expr, Load, Param, Size, Unknown, nodes
from isa.passes.normal import bits_read
from isa.passes.partition import named_parts
from proofs.terms.symbolic import Symbolic, SymbolicState, is_true
from proofs.terms.words import STATUS, number, place_name, state_places, value_name


@dataclass(frozen=True)
class Value:
    """A part of a state: what the description calls it, and its value as a number and in words."""

    name: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.name} = {self.text}"


@dataclass(frozen=True)
class Difference:
    """What was one thing, and becomes one bare and another run directly."""

    was: Value
    bare: Value
    direct: Value

    def __str__(self) -> str:
        return f"{self.was.name} becomes {self.bare.text} bare, {self.direct.text} run directly"


@dataclass(frozen=True)
class Exhibit:
    """A state from which running directly goes wrong. `remarks` say what is wrong besides the `differences`; `state`
    has everything of the virtual machine's state that decides it, `operands` the instruction's, and `real` what of the
    same has another value in the real machine that runs it. Empty if the solver found none."""

    remarks: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    operands: tuple[Value, ...] = ()
    state: tuple[Value, ...] = ()
    real: tuple[Value, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.state)

    def __str__(self) -> str:
        if not self:
            return ""
        wrong = "; ".join([*self.remarks, *map(str, self.differences)]) or "the results differ"
        state = ", ".join(map(str, (*self.operands, *self.state)))
        real = f"; in the real machine {', '.join(map(str, self.real))}" if self.real else ""
        return f"{wrong}. From {state}{real}"


NONE = Exhibit()


def place_value(isa: Isa, place: Place, value: int) -> Value:
    return Value(place_name(isa, place), value, value_name(isa, place, value))


def plain_value(name: str, value: int) -> Value:
    return Value(name, value, f"{value:#x}")


def size_value(model: Any, state: SymbolicState) -> Value:
    return plain_value(f"size({state.isa.storage.name})", number(model, state.size))


def operands(model: Any, read: Iterable[Expr], reading: Symbolic) -> tuple[Value, ...]:
    """What the model takes for the formals of these expressions, and for what the description leaves open."""
    found = {}
    for node in nodes(*read):
        if isinstance(node, Param | Unknown):
            name = node.name if isinstance(node, Param) else f"unknown {node.serial}"
            found[name] = plain_value(name, number(model, reading.value(node)))
    return tuple(found.values())


def looked_at(model: Any, read: Iterable[Expr], reading: Symbolic) -> Iterator[Value]:
    """The cells of register files and the words of storage that these expressions look at."""
    isa = reading.state.isa
    for node in nodes(*read):
        if isinstance(node, Element):
            yield plain_value(f"{node.state}[{number(model, reading.value(node.index))}]", _value(model, node, reading))
        elif isinstance(node, Load):
            index = reading.value(node.index)
            if is_true(model.eval(reading.inside(index), model_completion=True)):
                yield plain_value(f"{isa.storage.name}[{number(model, index):#x}]", _value(model, node, reading))


def _value(model: Any, node: Expr, reading: Symbolic) -> int:
    return number(model, reading.value(node))


def decisive(isa: Isa, read: Iterable[Expr]) -> list[Place]:
    """The places that a counterexample shows: those of status, and those that are looked at."""
    bits = bits_read(read)
    found = dict.fromkeys(state_places(isa, STATUS))
    for place in parts(isa):
        if any((place.state, bit) in bits for bit in range(place.low, place.low + place.width)):
            found.setdefault(place)
    return list(found)


def parts(isa: Isa) -> Iterator[Place]:
    """Every part of every scalar: its fields, and the bits between them."""
    for state in isa.scalars():
        yield from named_parts(state, 0, state.width)


def seen_through(
    model: Any, shown: Iterable[Place], read: Iterable[Expr], virtual: SymbolicState, real: SymbolicState
) -> Iterator[Value]:
    """What of these places has another value in the real machine, of those that the expressions look at."""
    isa, read = virtual.isa, tuple(read)
    bits = bits_read(read)
    for place in shown:
        looked = any((place.state, bit) in bits for bit in range(place.low, place.low + place.width))
        ours, theirs = (number(model, state.at(place)) for state in (real, virtual))
        if looked and ours != theirs:
            yield place_value(isa, place, ours)
    if any(isinstance(node, Size) for node in nodes(*read)) and number(model, real.size) != number(model, virtual.size):
        yield size_value(model, real)
