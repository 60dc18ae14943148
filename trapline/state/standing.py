"""Where a machine stands between two steps, in words and for programs: pc, source line, mode, and what it repeats.

What it repeats is found by `trapline.state.repeating`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from isa.assembler import Image
from isa.assembler.disassembly import Disassembler
from isa.description import Isa, Role
from isa.machine import Machine
from isa.machine.exits import Trap
from trapline.reports.exits import source_line
from trapline.running.rig import Rig
from trapline.state.last_trap import vector_words
from trapline.state.repeating import Repetition, Turn, repetition

MOST_TURNS = 4  # traps that are listed of those that repeat


@dataclass(frozen=True, slots=True)
class Standing:
    """`place` is where in storage the pc points, None if its word cannot be fetched; then `instruction` is empty.
    `source` is empty where it is not known. `depth` is the number of monitors below."""

    pc: int
    place: int | None
    mode: str
    depth: int
    instruction: str
    source: str
    repeats: Repetition | None = None


def standing(machine: Machine, depth: int, image: Image | None, repeats: Repetition | None = None) -> Standing:
    """Where this machine stands."""
    word, pc = machine.engine.peek(), machine.state[machine.isa.pc]
    assert isinstance(pc, int)
    place = None if isinstance(word, Trap) else machine.engine.place()
    text = (
        "" if isinstance(word, Trap) else Disassembler(machine.isa).statement(word, pc, image.labels if image else {})
    )
    return Standing(pc, place, mode_of(machine), depth, text, source_line(image, place), repeats)


def standing_at_end(rig: Rig, image: Image | None, again: Callable[[], Rig] | None) -> Standing:
    """The same at the end of a run that did not halt, with what repeats."""
    return standing(rig.machine, rig.depth, image, repetition(rig, again))


def mode_of(machine: Machine) -> str:
    """The name of the mode, or its number if it has none."""
    place = machine.isa.the(Role.MODE)
    whole = machine.state[place.state]
    assert isinstance(whole, int)
    value = whole >> place.low & (1 << place.width) - 1
    return next((name for name, v in machine.isa.modes.values.items() if v == value), str(value))


def standing_lines(machine: Machine, found: Standing) -> Iterator[str]:
    """For people, line by line."""
    under = f", under {found.depth} monitor{'s' if found.depth > 1 else ''}" if found.depth else ""
    what = found.source or found.instruction or "no word can be fetched from there"
    yield f"stands at pc {found.pc:#x}, {found.mode} mode{under}: {what}"
    if found.repeats:
        yield from _repetition_lines(machine, found.repeats)


def _repetition_lines(machine: Machine, found: Repetition) -> Iterator[str]:
    turns, traps = len(found.turns), [turn for turn in dict.fromkeys(found.turns) if turn.trap]
    what = "the same step" if turns == 1 else f"the same {turns:,} steps"
    yield f"repeats {what} for ever" + (f", as the last {found.lasted:,} were" if found.lasted else "")
    for turn in traps[:MOST_TURNS]:
        yield f"  {_trap_text(machine.isa, turn, found.counts)}"
    if traps[MOST_TURNS:]:
        yield f"  and {len(traps) - MOST_TURNS} traps more"
    if traps and (words := _empty_vector(machine)):
        yield f"the trap vector in {words} is zero"


def _trap_text(isa: Isa, turn: Turn, counts: dict[Turn, int] | None) -> str:
    """`99,999,998 memory traps at pc 0, info 0`, or without a count `a memory trap ...`."""
    assert turn.trap is not None
    cause = isa.cause.name_of(turn.trap.cause) or str(turn.trap.cause)
    count = counts[turn] if counts else 0
    many = f"{count:,} {cause} trap{'s' if count != 1 else ''}" if counts else f"{cause} traps"
    return f"{many} at pc {_number(turn.pc)}, info {_number(turn.trap.info)}"


def _number(value: int) -> str:
    """Hexadecimal, with a prefix where that makes a difference."""
    return str(value) if value < 10 else f"{value:#x}"


def _empty_vector(machine: Machine) -> str:
    """The words of the trap vector, if there are such and all are zero: `words 8 to 11`."""
    words = vector_words(machine.isa)
    if not words or any(machine.storage.load(word) for word in words):
        return ""
    if words == tuple(range(words[0], words[-1] + 1)) and len(words) > 1:
        return f"words {words[0]} to {words[-1]}"
    return f"word{'s' if len(words) > 1 else ''} {', '.join(map(str, words))}"


def standing_facts(machine: Machine, found: Standing) -> dict[str, Any]:
    """The same for JSON: docs/command-line.md lists the keys."""
    return {
        "pc": found.pc,
        "place": found.place,
        "mode": found.mode,
        "depth": found.depth,
        "instruction": found.instruction,
        "source": found.source,
        "repeats": _repetition_facts(machine, found.repeats) if found.repeats else None,
    }


def _repetition_facts(machine: Machine, found: Repetition) -> dict[str, Any]:
    traps = [turn for turn in dict.fromkeys(found.turns) if turn.trap]
    return {
        "steps": len(found.turns),
        "lasted": found.lasted,
        "traps": [
            {
                "cause": machine.isa.cause.name_of(turn.trap.cause),
                "pc": turn.pc,
                "info": turn.trap.info,
                "count": found.counts[turn] if found.counts else None,
            }
            for turn in traps
            if turn.trap
        ],
        "vector_is_zero": bool(_empty_vector(machine)),
    }
