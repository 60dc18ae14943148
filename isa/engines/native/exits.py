"""Counts of exits by kind, kept where native code can write them.

A *kind* is what happened, its cause, the pc and the place. Records stand in the order in which their kinds first
occurred; an index finds them: open addressing over a hash of the kind. Whoever reads them takes them all, so there is
room again. Memory is mapped lazily: a machine that never ran natively has none.
"""

from enum import IntEnum

from isa.classes import dataclass
from isa.engines.native.frame import Frame, address
from isa.machine.storage import lazy

CAPACITY = 512  # kinds between two readings; the first forty and the index are a page
SLOTS = 2 * CAPACITY  # of the index, two bytes each: the number of a record, counted from 1, or 0
RECORD = ("what", "cause", "pc", "place", "count", "since")  # the 64-bit fields of a record
NOTHING = (1 << 64) - 1  # stands for no cause, and for no place
_INDEX_BYTES, _WORDS = 2 * SLOTS, len(RECORD)


class Outcome(IntEnum):
    """What an exit came to. 0 is no exit."""

    DONE = 1  # a single step was taken, and did not trap
    TRAPPED = 2
    INTERRUPTED = 3  # it trapped in its prologue
    LIMIT = 4  # a run was as long as it might be
    DEADLINE = 5  # the same, where a device had set the limit
    WAITED = 6  # a single step spins
    SPUN = 7  # the machine below spins
    OVER = 8  # the machine ran by itself, and may run on the one below again


@dataclass(frozen=True, slots=True)
class Exits:
    """All exits of one kind: how many, and how many steps were between them and the ones before."""

    what: Outcome
    cause: int | None
    pc: int
    place: int | None
    count: int
    since: int


class Table:
    """The exits of the machine that has this frame."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._memory = lazy(_INDEX_BYTES + 8 * _WORDS * CAPACITY)
        self._records = self._memory[_INDEX_BYTES:].cast("Q")
        frame["index"] = address(self._memory)
        frame["exits"] = frame["index"] + _INDEX_BYTES

    def take(self) -> list[Exits]:
        """What was counted since the last call, the kind first that occurred first."""
        known = self._frame["known"]
        if not known:
            return []
        self._frame["known"] = 0
        self._memory[:_INDEX_BYTES] = bytes(_INDEX_BYTES)
        words = self._records[: known * _WORDS].tolist()
        return [_exits(words[first : first + _WORDS]) for first in range(0, len(words), _WORDS)]


def _exits(words: list[int]) -> Exits:
    what, cause, pc, place, count, since = words
    cause_or_none, place_or_none = (None if value == NOTHING else value for value in (cause, place))
    return Exits(Outcome(what), cause_or_none, pc, place_or_none, count, signed(since))


def signed(field: int) -> int:
    """A field that may be negative: so are the steps since an exit, if the machine was set back to before it."""
    return field - (field >> 63 << 64)
