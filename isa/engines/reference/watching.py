"""The reference engine, watching what a program does: every step singly. See `isa.machine.watch`."""

from isa.engines.reference.engine import ReferenceEngine, Stop
from isa.machine.exits import Pause, Trap
from isa.machine.machine import Machine
from isa.machine.watch import Touch, Watch, watch_of


class Loads:
    """Storage as instructions read it. What is fetched does not come from here."""

    __slots__ = ("_cells", "_offset", "_watch")

    def __init__(self, machine: Machine, watch: Watch) -> None:
        self._cells, self._offset, self._watch = machine.storage.cells, machine.storage.offset, watch

    def __getitem__(self, index: int) -> int:
        if index + self._offset in self._watch.words:
            self._watch.note(Touch.READ, index + self._offset)
        return self._cells[index]


class Stores:
    """Storage as they write it."""

    __slots__ = ("_cells", "_offset", "_watch")

    def __init__(self, machine: Machine, watch: Watch) -> None:
        self._cells, self._offset, self._watch = machine.storage.cells, machine.storage.offset, watch

    def __setitem__(self, index: int, word: int) -> None:
        if index + self._offset in self._watch.words:
            self._watch.note(Touch.WRITTEN, index + self._offset)
        self._cells[index] = word


class WatchingReference(ReferenceEngine):
    """The reference engine without the shortcuts that nobody can look into."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.watch = watch_of(self.storage)
        self.loads = Loads(machine, self.watch)
        self.stores = Stores(machine, self.watch)

    def execute(self, limit: int) -> tuple[int, Stop]:
        try:
            return (0, Pause.HALT) if self.machine.halted else self._execute_singly(limit)
        finally:
            self.watch.begun = 0

    def single(self) -> Stop | None:
        self.watch.begun, place = self.done, self.place()
        stop = super().single()
        if place is not None and not isinstance(stop, Trap) and self.last in self.watch.names:
            self.watch.note(Touch.RUN, self.storage.offset + place)
        return stop
