"""Recording one step: `look` before it, `write` after it. `isa.engines.native.traced` does as much in native code."""

from functools import lru_cache
from typing import Protocol

from isa.description import Isa
from isa.machine.exits import Trap
from isa.machine.records import CHANGED, Kind, Record, Seen, Trace, records_of
from isa.machine.state import MachineState, layout_of
from isa.machine.time import time_of


class Recorded(Protocol):
    """What recording asks of a machine."""

    isa: Isa
    state: MachineState
    pc_slot: int
    traffic: list[tuple[Kind, int, int]] | None


class Fetching(Protocol):
    """What it asks of an engine."""

    def peek(self) -> int | Trap: ...
    def place(self) -> int | None: ...


def look(machine: Recorded, engine: Fetching, trace: Trace) -> Seen:
    """What is to be seen before a step. What the step sends and receives is noted from now on."""
    word, block = engine.peek(), machine.state.block
    machine.traffic = []
    before = tuple(block) if trace.registers else ()
    pc = block[machine.pc_slot]
    return Seen(pc, None, None, before) if isinstance(word, Trap) else Seen(pc, word, engine.place(), before)


def write(machine: Recorded, trace: Trace, step: int, seen: Seen, trap: Trap | None = None) -> None:
    """Record that step: it happened, trapped if there is a trap."""
    found = records_of(trace, step, seen, None if trap is None else (trap.cause, trap.info))
    if machine.traffic:
        found += [(step + trace.steps, *said) for said in sorted(machine.traffic, key=lambda said: said[0])]
    if trace.registers:
        found += changes(machine, trace, step, seen)
    trace.recorder.add(*found)
    machine.traffic = None


def changes(machine: Recorded, trace: Trace, step: int, seen: Seen) -> list[Record]:
    """The records of what a step changed in the state, but for the pc and what time moves."""
    block, before, flips = machine.state.block, seen.state, trace.flips
    slots = [n for n in watched(machine.isa) if block[n] != before[n]]
    return [(step + trace.steps, CHANGED, n, block[n] ^ flips.get(n, 0)) for n in slots]


@lru_cache(maxsize=64)
def watched(isa: Isa) -> tuple[int, ...]:
    """The slots of the state that change only where an instruction or a trap changes them: all but the pc, and what
    does nothing but move by itself."""
    time = time_of(isa)
    moving = {m.place.state for m in time.moving if m.place.width == m.whole} if time is not None else set()
    slots = [slot for name, slot in layout_of(isa).slots.items() if name not in moving | {isa.pc}]
    return tuple(n for slot in slots for n in range(slot.first, slot.first + slot.count))
