"""The state of a machine between two steps, for people and for programs; bare and virtual machines alike."""

from collections.abc import Iterator
from typing import Any

from isa.description import Kind, State
from isa.errors import UsageError
from isa.machine import Machine
from trapline.state.choice import DumpChoice
from trapline.state.last_trap import last_trap

COLUMNS = 8  # words or cells on a line


def state_facts(machine: Machine) -> dict[str, Any]:
    """For JSON: pc, fields, registers and the last trap. docs/command-line.md lists the keys."""
    states = [s for s in machine.isa.states.values() if s.kind in (Kind.SCALAR, Kind.ARRAY)]
    trap = last_trap(machine)
    return {
        "pc": machine.state[machine.isa.pc],
        "fields": {s.name: {f.name: machine.state[f"{s.name}.{f.name}"] for f in s.fields} for s in states if s.fields},
        "registers": {s.name: machine.state[s.name] for s in states},
        "last_trap": {"cause": trap.cause, "info": trap.info, "pc": trap.pc} if trap else None,
    }


def dump_facts(machine: Machine, choice: DumpChoice) -> dict[str, Any]:
    """For JSON: the storage that was asked for; the registers are in `state` as always."""
    return {"storage": [{"address": a, "words": machine.storage.read(a, b - a)} for a, b in ranges(machine, choice)]}


def ranges(machine: Machine, choice: DumpChoice) -> list[tuple[int, int]]:
    """The ranges of storage to show; for all of storage those lines that are not zero."""
    check_choice(machine, choice)
    found = list(choice.storage)
    if choice.everything:
        for page in machine.storage.nonzero_pages():
            words, first = machine.storage.page(page), page * machine.storage.page_words
            for at in range(0, len(words), COLUMNS):
                if any(words[at : at + COLUMNS]):
                    _append(found, first + at, first + min(at + COLUMNS, len(words)))
    return found


def _append(found: list[tuple[int, int]], a: int, b: int) -> None:
    """Add a range, to the one before if it goes on there."""
    if found and found[-1][1] == a:
        found[-1] = found[-1][0], b
    else:
        found.append((a, b))


def check_choice(machine: Machine, choice: DumpChoice | None) -> None:
    """Raises UsageError for words that the machine does not have."""
    for a, b in choice.storage if choice else ():
        if b > machine.storage.size:
            rule = f"there is no storage[{a}:{b}]: the machine has {machine.storage.size} words"
            raise UsageError(rule, "ask for words that there are")


def dump_lines(machine: Machine, choice: DumpChoice) -> Iterator[str]:
    """For people, line by line."""
    if choice.registers:
        yield from _register_lines(machine)
    for a, b in ranges(machine, choice):
        digits, width = len(f"{machine.storage.size - 1:x}"), (machine.isa.word + 3) // 4
        for at in range(a, b, COLUMNS):
            words = machine.storage.read(at, min(COLUMNS, b - at))
            yield f"storage[{at:#0{digits + 2}x}]  {' '.join(f'{word:0{width}x}' for word in words)}"


def _register_lines(machine: Machine) -> Iterator[str]:
    for state in machine.isa.states.values():
        value = machine.state[state.name] if state.kind in (Kind.SCALAR, Kind.ARRAY) else None
        if isinstance(value, int):
            yield f"{state.name} {value:#x}{_fields(machine, state)}"
        elif value is not None:
            width = (state.width + 3) // 4
            for at in range(0, len(value), COLUMNS):
                cells = " ".join(f"{cell:0{width}x}" for cell in value[at : at + COLUMNS])
                yield f"{state.name}[{at}]".ljust(len(state.name) + 4) + f"  {cells}"
    trap = last_trap(machine)
    if trap:
        parts = [
            f"info {trap.info:#x}" if trap.info is not None else "",
            f"pc {trap.pc:#x}" if trap.pc is not None else "",
        ]
        yield f"last trap: {', '.join([trap.cause or 'of a cause that has been overwritten', *filter(None, parts)])}"


def _fields(machine: Machine, state: State) -> str:
    """` (mode supervisor, ie 0)`."""
    shown = []
    for field in state.fields:
        value = machine.state[f"{state.name}.{field.name}"]
        enum = machine.isa.enums.get(field.enum or "")
        assert isinstance(value, int)
        shown.append(f"{field.name} {(enum and enum.name_of(value)) or f'{value:#x}'}")
    return f" ({', '.join(shown)})" if shown else ""
