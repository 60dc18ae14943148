"""The reference engine, counting which words it executes: every step singly. See `isa.machine.counts`."""

from functools import cached_property

from isa.engines.reference.engine import HAPPENED, ReferenceEngine, Stop
from isa.machine.counts import Counts, counts_of
from isa.machine.exits import Pause, Trap


class Counting(ReferenceEngine):
    """What an engine counts that takes a step in Python."""

    @cached_property
    def counts(self) -> Counts:
        return counts_of(self.storage, virtual=len(self.machine.hosts) > 1)

    def single(self) -> Stop | None:
        word = self.word()
        stop = super().single()
        if stop is None or stop in HAPPENED:
            self.counts.add(word)
            self.tell(self.machine.steps + self.done + 1)
        return stop

    def tell(self, step: int) -> None:
        """Whoever listens hears that the mode may have changed before a step."""
        if self.counts.listener is not None:
            self.counts.listener(step)

    def enter(self, trap: Trap) -> None:
        self.counts.add(self.word(), trapped=True)
        super().enter(trap)

    def word(self) -> int:
        """The word of the root that the next step is counted for."""
        place = self.place()
        return self.counts.words if place is None else self.storage.offset + place


class CountedReference(Counting):
    """The reference engine without the shortcuts that pass over words."""

    def execute(self, limit: int) -> tuple[int, Stop]:
        return (0, Pause.HALT) if self.machine.halted else self._execute_singly(limit)
