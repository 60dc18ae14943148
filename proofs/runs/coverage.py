"""Coverage of instruction by mode by trap cause: every cell that can be reached is reached, and of one that cannot, it
is proved.

The question of a cell is `proofs.terms.symbolic.attempt` itself: is there a proper state in that mode in which neither the
prologue nor the fetch traps, and from which that instruction ends with that cause, or without a trap? No such state is
the proof. A cell that random guests left open and that has one is aimed at (`proofs.runs.aiming`).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from isa.description import Isa
from proofs.definitions.classification import UNASSIGNED, subjects
from proofs.runs.aiming import aimed, behaviour, leads_to
from proofs.runs.observing import FETCH, INTERRUPT, Cell
from proofs.terms.solving import Found

TIMEOUT = 10.0  # seconds for one cell


class Status(Enum):
    """The values are stable and appear in JSON reports."""

    REACHED = "reached"
    IMPOSSIBLE = "impossible"  # proved: no state leads there
    MISSED = "missed"  # a state leads there, and no guest did
    UNKNOWN = "unknown"  # no guest led there, and the solver gave no answer


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell of the table; `count` is how many steps were in it, those of aimed guests included. `proof` says how it is
    known that it is impossible."""

    cell: Cell
    status: Status
    count: int = 0
    proof: str = ""


@dataclass(frozen=True)
class Coverage:
    """The table. `rows` are instructions in the order of the description, then the unassigned encodings, the fetch and
    interrupts."""

    isa: Isa
    entries: dict[Cell, Entry]

    @property
    def rows(self) -> list[str]:
        return list(dict.fromkeys(cell.name for cell in self.entries))

    def of(self, status: Status) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.status is status]

    @property
    def complete(self) -> bool:
        """Every cell is reached or proved impossible."""
        return not self.of(Status.MISSED) and not self.of(Status.UNKNOWN)

    def mode_name(self, cell: Cell) -> str:
        return next(name for name, value in self.isa.modes.values.items() if value == cell.mode)

    def outcome_name(self, cell: Cell) -> str:
        """How the steps of a cell end."""
        return "runs" if cell.cause is None else self.isa.cause.name_of(cell.cause) or str(cell.cause)


def covered(isa: Isa, seen: Counter[Cell], timeout: float = TIMEOUT) -> Coverage:
    """The table for what was seen: open cells are aimed at, and what is still open is put to the solver, which has
    `timeout` seconds for each."""
    entries = {}
    for cell in cells(isa):
        entry = Entry(cell, Status.REACHED, seen[cell])
        entries[cell] = entry if entry.count else _settled(isa, cell, timeout)
    return Coverage(isa, entries)


def cells(isa: Isa) -> Iterator[Cell]:
    """All cells of the table. A fetch or prologue that does not trap is no cell: the step then is its instruction's."""
    causes = list(isa.cause.members.values())
    for name in (*(s.name for s in subjects(isa)), FETCH, INTERRUPT):
        if name == UNASSIGNED and not has_unassigned(isa):
            continue
        for mode in isa.modes.values.values():
            runs = [None] if name not in (FETCH, INTERRUPT) else []
            yield from (Cell(name, mode, cause) for cause in (*runs, *causes))


def has_unassigned(isa: Isa) -> bool:
    """Whether some word is no instruction. No word is two, so instructions can be counted."""
    return sum(1 << isa.word - i.mask.bit_count() for i in isa.instructions.values()) < 1 << isa.word


# ---- one cell


def _settled(isa: Isa, cell: Cell, timeout: float) -> Entry:
    """What becomes of a cell that no guest led to."""
    if cell.cause is not None and all(trap.cause != cell.cause for trap in behaviour(isa, cell.name).traps):
        return Entry(cell, Status.IMPOSSIBLE, 0, "it has no trap of this cause")
    found = leads_to(isa, cell, timeout).found
    if found is Found.NO:
        return Entry(cell, Status.IMPOSSIBLE, 0, "unsatisfiable: no state of this mode leads there")
    if hits := aimed(isa, cell, timeout):
        return Entry(cell, Status.REACHED, hits)
    return Entry(cell, Status.MISSED if found is Found.YES else Status.UNKNOWN)
