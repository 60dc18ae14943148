"""What one may stop at, as questions: a place, a line, a trap, an exit, a write, a change, a device.

Each takes what a person writes, and raises UsageError or HistoryError for what does not exist, with what does.
"""

import os
from typing import NamedTuple

from isa.description import Isa, Role
from isa.errors import UsageError
from isa.ir.nodes import Read, nodes
from monitor.history.looks import Acts, AnyOf, Changes, Executes, Exits, Fetches, Traps, Writes, mode_changes, place_of
from monitor.history.passes import Question
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision
from trapline.debugging.debugged import Debugged

CLOCK = "clock"  # what the timer's interrupt is called among devices


class AtLine(NamedTuple):
    """A line of the source: the one that really has words, from the one asked for on, and where they begin."""

    question: Question
    line: int
    places: tuple[int, ...]


def at_place(debugged: Debugged, place: int) -> Question:
    """Whatever fetches this word of storage."""
    if not 0 <= place < debugged.machine.storage.size:
        raise UsageError(f"there is no word {place:#x}", f"the storage has {debugged.machine.storage.size:#x} words")
    return Fetches(place)


def at_pc(debugged: Debugged, pc: int) -> Question:
    """Whatever executes at this pc, as the running program sees it."""
    return Executes(pc)


def at_line(debugged: Debugged, file: str, line: int) -> AtLine:
    """The first words of a line, wherever it was assembled; if it has none, of the next line that has."""
    lines = debugged.image.lines if debugged.image else {}
    there = {place: found for place, found in lines.items() if file in (found.file, os.path.basename(found.file))}
    if not there:
        files = sorted({os.path.basename(found.file) for found in lines.values()})
        raise UsageError(f"no word of the program comes from `{file:.60}`", f"its files: {', '.join(files) or 'none'}")
    found = min((known.line for known in there.values() if known.line >= line), default=None)
    if found is None:
        last = max(known.line for known in there.values())
        raise UsageError(
            f"no word comes from `{file:.60}` at line {line} or behind it", f"the last is from line {last}"
        )
    all_of_it = {place for place, known in there.items() if known.line == found}
    places = tuple(sorted(place for place in all_of_it if place - 1 not in all_of_it))
    return AtLine(AnyOf(tuple(map(Fetches, places))), found, places)


def on_trap(debugged: Debugged, cause: str = "") -> Question:
    """Any trap, or those of a cause."""
    causes = debugged.machine.isa.cause.members
    if cause and cause not in causes:
        raise UsageError(f"there is no cause `{cause:.40}`", f"one of: {', '.join(causes)}")
    return Traps(causes[cause] if cause else None)


def on_exit(debugged: Debugged, decision: str = "", cause: str = "") -> Question:
    """Exits to the monitor at which it decides so, or any that the guest has caused; for any cause or one."""
    decisions = {each.value: each for each in Decision}
    if decision and decision not in decisions:
        raise UsageError(f"there is no decision `{decision:.40}`", f"one of: {', '.join(decisions)}")
    if not isinstance(debugged.machine, VirtualMachine):
        raise UsageError("a machine under no monitor has no exits", "run it under one: `--monitor trap`")
    return Exits(decisions[decision], cause or None) if decision else AnyOf(tuple(any_exit()))


def any_exit() -> list[Exits]:
    """That a direct run was long enough is no exit that a guest has caused."""
    return [Exits(decision) for decision in Decision if decision is not Decision.SCHEDULED]


def on_write(debugged: Debugged, place: int) -> Question:
    """Whatever writes this word of storage."""
    at_place(debugged, place)
    return Writes(place)


def on_change(debugged: Debugged, name: str) -> Question:
    """Whatever changes a register or a field, by its name."""
    return Changes(*place_of(debugged.machine, str(debugged.place(name))))


def on_mode(debugged: Debugged) -> Question:
    return mode_changes(debugged.machine)


def on_device(debugged: Debugged, name: str = "") -> Question:
    """A device that acts by itself, or the clock that fires; any of them, or the one of a name."""
    devices = [device.name for device in debugged.machine.ports.devices.values()]
    clocks = timer_causes(debugged.machine.isa)
    names = [*devices, *([CLOCK] if clocks else [])]
    if name and name not in names:
        raise UsageError(f"there is no device `{name:.40}`", f"one of: {', '.join(names) or 'none'}")
    asked: list[Question] = [] if name == CLOCK else [Acts(name or None)]
    if name in ("", CLOCK):
        asked += map(Traps, clocks)
    return AnyOf(tuple(asked))


def timer_causes(isa: Isa) -> list[int]:
    """The causes of traps by which a timer interrupts: those of a prologue whose conditions ask for one."""
    timers = {place.state for place in isa.roles[Role.TIMER]}
    read = {t.cause: {n.state for n in nodes(t.guard) if isinstance(n, Read)} for t in isa.prologue.traps}
    return [cause for cause, states in read.items() if states & timers]
