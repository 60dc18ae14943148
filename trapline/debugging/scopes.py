"""A machine's state in groups that a person looks at, by the roles that its description gives to the parts.

Of a virtual machine that is its own state; `machine.hosts` has those below it, and the real one is the last of them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from isa.description import Isa, Kind, Role, State
from isa.devices import Telling
from isa.machine import Machine
from trapline.debugging.places import Place, places_of

REGISTERS, STATUS, RELOCATION, RESOURCES, DEVICES = "registers", "status", "relocation", "resources", "devices"
_GROUPS = {
    Role.GENERAL: REGISTERS,
    Role.PC: REGISTERS,
    Role.BASE: RELOCATION,
    Role.BOUND: RELOCATION,
    Role.TIMER: RESOURCES,
    Role.PENDING: RESOURCES,
    Role.RESOURCE: RESOURCES,
}  # what has another role, or none, belongs to the status


class Value(NamedTuple):
    """`name` is how people write it, `width` in bits; `text` is the value as they read it. `place` is None for what
    cannot be set."""

    name: str
    value: int
    width: int
    text: str
    place: Place | None


class Scope(NamedTuple):
    name: str
    values: tuple[Value, ...]


def scopes(machine: Machine) -> tuple[Scope, ...]:
    """The groups that this machine has something in, always in the same order."""
    found: dict[str, list[Value]] = {name: [] for name in (REGISTERS, STATUS, RELOCATION, RESOURCES)}
    for state in machine.isa.states.values():
        if state.kind is Kind.ARRAY:
            found[REGISTERS] += _cells(machine, state)
        elif state.kind is Kind.SCALAR:
            found[_GROUPS.get(state.role or Role.CONTROL, STATUS)] += _scalar(machine, state)
    found[DEVICES] = list(_devices(machine))
    return tuple(Scope(name, tuple(values)) for name, values in found.items() if values)


def value_at(machine: Machine, name: str, place: Place) -> Value:
    """The value of a place that is called so."""
    value, isa = place.read(machine), machine.isa
    return Value(name, value, place.width(isa), _text(isa, place, value), None if place.fixed(isa) else place)


def _cells(machine: Machine, state: State) -> Iterator[Value]:
    """The cells of a register file by their first names."""
    names: dict[Place, str] = {}
    for name, place in places_of(machine.isa).items():
        names.setdefault(place, name)
    for cell in range(state.count):
        place = Place(state.name, cell)
        yield value_at(machine, names.get(place, str(place)), place)


def _scalar(machine: Machine, state: State) -> Iterator[Value]:
    """A scalar, and its fields."""
    for name in (state.name, *(f"{state.name}.{field.name}" for field in state.fields)):
        yield value_at(machine, name, Place(name))


def _text(isa: Isa, place: Place, value: int) -> str:
    """The name of the value, if it has one."""
    state, _, part = place.name.partition(".")
    found = isa.states[state]
    enum = next((field.enum for field in found.fields if field.name == part), None) if part else found.enum
    return (isa.enums[enum].name_of(value) if enum else None) or f"{value:#x}"


def _devices(machine: Machine) -> Iterator[Value]:
    """What each device tells of itself, and when it acts next by itself."""
    for device in machine.ports.devices.values():
        told = device.told() if isinstance(device, Telling) else {}
        due = device.deadline()
        for name, value in (told if due is None else {**told, "due": due}).items():
            yield Value(f"{device.name}.{name}", value, 64, str(value), None)
