"""Who wrote a word of storage? Storage has no records, but tells when a word is written of which code was made: so the
word is marked as if it were code, and the stretch that told is run again in parts.
"""

from dataclasses import dataclass

from isa.machine import Machine
from isa.machine.storage import LINE_SHIFT
from monitor.history.history import History
from monitor.history.passes import Question

PARTS = (1 << 12, 1 << 6, 1)  # steps of the parts into which a stretch is divided, time after time
Stretch = tuple[int, int]  # from a step up to before another


@dataclass(frozen=True)
class Writes(Question):
    """Steps that write a word of storage, whether it changes or not; what a device puts there counts for the step
    before which it does."""

    place: int

    @property
    def span(self) -> int:
        return 1 << 62  # a stretch at a time: most are left out, as checkpoints know what was written

    def steps(self, history: History, first: int, stop: int) -> list[int]:
        """The parts that wrote are divided again, so what is written seldom costs little."""
        if not self._possible(history, first, stop) or not self._written(history, first, stop):
            return []
        parts = [(first, stop)]
        for size in PARTS:
            parts = self._divided(history, parts, size)
        return [low for low, _ in parts]

    def within(self, history: History, first: int, stop: int, latest: bool) -> int | None:
        if not self._possible(history, first, stop) or not self._written(history, first, stop):
            return None
        low, high = first, stop  # written in [low, high), and that is the one wanted
        while high - low > 1:
            middle = (low + high) // 2
            upper = self._written(history, middle, high) if latest else not self._written(history, low, middle)
            low, high = (middle, high) if upper else (low, middle)
        return low

    def _possible(self, history: History, first: int, stop: int) -> bool:
        """Whether checkpoints leave it open."""
        return history.may_write((history.machine.storage.offset + self.place) >> LINE_SHIFT, first, stop)

    def _written(self, history: History, first: int, stop: int) -> bool:
        """Whether it is between these steps."""
        return bool(self._divided(history, [(first, stop)], stop - first))

    def _divided(self, history: History, parts: list[Stretch], size: int) -> list[Stretch]:
        """What of these parts, in pieces of so many steps, wrote the word. All of it in one run."""
        found: list[Stretch] = []
        with history.looking(parts[0][0]) as machine:
            watch = _Watch(machine, self.place)
            for low, high in parts:
                if machine.steps < low:
                    machine.run(low - machine.steps)
                while machine.steps < high:
                    here = machine.steps
                    watch.begin()
                    machine.run(min(size, high - here))
                    if watch.told:
                        found.append((here, machine.steps))
                    if machine.steps == here:
                        break
        return found


class _Watch:
    """Whether a word of storage has been written since `begin`."""

    def __init__(self, machine: Machine, place: int) -> None:
        self.told, self.storage, self.place = False, machine.storage, place
        self.word = machine.storage.offset + place
        machine.storage.on_code_write(self.tell)

    def begin(self) -> None:
        self.told = False
        self.storage.mark_code(self.place)

    def tell(self, word: int) -> None:
        self.told = self.told or word == self.word
