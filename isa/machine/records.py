"""Records of steps: what engines write of a run, a line being one that says what was fetched, then some of the rest.

A record is 25 bytes, little-endian: the step's number, the kind, and two numbers. A `Recorder` collects them, from
Python and from native code, and passes whole lines on, many at a time. A `Trace` is what a machine is given: which of
its steps are recorded, and where to.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from isa.classes import dataclass, field


class Kind(IntEnum):
    """What a record says of its step, by its two numbers. The values are stable."""

    STEP = 0  # pc, word
    UNFETCHED = 1  # pc, 0: the fetch trapped
    MOVED = 2  # pc, word: it lies elsewhere in storage, and a PLACE follows
    PLACE = 3  # where; 0
    TRAP = 4  # cause, info
    SEND = 5  # port, word
    RECV = 6
    CHANGED = 7  # slot of the state, its value after the step


FORMAT = "<QBQQ"
RECORD = Struct(FORMAT)
SIZE, _pack = RECORD.size, RECORD.pack_into
STEP, CHANGED = Kind.STEP, Kind.CHANGED  # an Enum is slow to ask
BEGINS = (Kind.STEP, Kind.UNFETCHED, Kind.MOVED)  # kinds that begin a line
NEVER = 1 << 64  # a step that is never reached
ROOM = 1 << 15  # records that are passed on together
MOST_HELD = 1 << 22  # steps that are held back at most, until it is known that they happened

Record = tuple[int, Kind, int, int]
Records = bytes | memoryview  # whole lines of records, one behind the other
Consume = Callable[[memoryview], object]


class Recorder:
    """Collects records and passes them on to `consume`. They lie at the beginning of `buffer`, in `used` bytes."""

    def __init__(self, consume: Consume, room: int = ROOM) -> None:
        self._consume = consume
        self.buffer = bytearray(room * RECORD.size)
        self.used = 0
        self._holding = 0

    def add(self, *records: Record) -> None:
        """Append records that belong together."""
        if self.used + len(records) * SIZE > len(self.buffer):
            self.make_room(len(records))
        buffer, used = self.buffer, self.used
        for record in records:
            _pack(buffer, used, *record)
            used += SIZE
        self.used = used

    def make_room(self, count: int) -> None:
        """See to it that so many records can be appended."""
        needed = count * RECORD.size
        if self.used + needed > len(self.buffer) and not self._holding:
            self.pass_on()
        if self.used + needed > len(self.buffer):
            self.buffer += bytes(max(needed, len(self.buffer)))

    def pass_on(self) -> None:
        """Have everything consumed, but for what is held back."""
        if self.used and not self._holding:
            with memoryview(self.buffer) as whole, whole[: self.used] as records:
                self._consume(records)
            self.used = 0

    # ---- steps of which it is not known yet whether they will have happened

    def hold(self) -> int:
        """Hold back what is recorded from now on. Gives the mark that `undo` takes."""
        self._holding += 1
        return self.used

    def undo(self, mark: int) -> None:
        self.used = mark

    def release(self) -> None:
        """Whoever asked last for `hold` does not need it any more."""
        self._holding -= 1
        if 2 * self.used > len(self.buffer):
            self.pass_on()


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps from `first` up to before `stop` are recorded; with `registers` also what of the state they change.

    A machine that runs in the place of another one, which is traced, is given that one's trace, and numbers its own
    steps and words from another point: they are `steps` behind and `words` ahead. `flips` are the bits of its state, by
    slot, that the other one has otherwise."""

    recorder: Recorder
    first: int = 0
    stop: int = NEVER
    registers: bool = False
    steps: int = 0
    words: int = 0
    flips: Mapping[int, int] = field(default_factory=dict, compare=False)

    def instead(self, steps: int, words: int) -> "Trace":
        """For a machine that runs in the place of the present one: by how much that numbers its steps lower, and its
        words higher."""
        steps, words = self.steps + steps, self.words + words
        return Trace(self.recorder, self.first, self.stop, self.registers, steps, words, self.flips)

    def span(self, step: int) -> tuple[bool, int]:
        """Whether a step is recorded, and how many steps from it on are treated alike."""
        step += self.steps
        if step < self.first:
            return False, self.first - step
        return (True, self.stop - step) if step < self.stop else (False, NEVER)


class Seen(NamedTuple):
    """What was to be seen before a step. `word` is None if its fetch would trap, `place` too if that is all it is."""

    pc: int
    word: int | None
    place: int | None
    state: tuple[int, ...]


def records_of(trace: Trace, step: int, seen: Seen, trap: tuple[int, int] | None = None) -> list[Record]:
    """The records of a step that has happened, but for what it sent, received and changed."""
    step += trace.steps
    pc, word, place, _ = seen
    if word is None:
        found = [(step, Kind.UNFETCHED, pc, 0)]
    elif place is None or place - trace.words == pc:
        found = [(step, STEP, pc, word)]
    else:
        found = [(step, Kind.MOVED, pc, word), (step, Kind.PLACE, place - trace.words, 0)]
    if trap is not None:
        found.append((step, Kind.TRAP, *trap))
    return found
