"""A virtual machine as the dispatcher knows it that runs it. The monitor's own is `monitor.monitor.VirtualMachine`."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from isa.description import Isa, Role
from isa.devices import DeviceStorage, Ports
from isa.machine import Machine, Storage
from isa.machine.machine import EngineFactory
from monitor.statistics import Decision, ExitEvent, Statistics
from monitor.techniques.technique import Replaced


class Told(NamedTuple):
    """An exit: at which step, and the mode then. Without a decision, that the mode may be another one from there on: a
    trap was delivered before the step, or what came before it was interpreted."""

    step: int
    decision: Decision | None
    cause: str
    mode: int


class AsWritten:
    """A virtual machine's storage for whoever reads in its place: as its program has it, whatever stands there."""

    def __init__(self, vm: "Virtual") -> None:
        self._vm, self._cells, self._standing = vm, vm.storage.cells, frozenset(vm.replaced)
        self.size = vm.storage.size

    def __getitem__(self, index: int) -> int:
        return self._vm.replaced[index].was if index in self._standing and self._vm.still(index) else self._cells[index]

    def read(self, index: int, count: int, /) -> list[int]:
        self._vm.storage.read(index, count)
        return self._vm.words(index, count).tolist()

    def write(self, index: int, words: list[int], /) -> None:
        self._vm.storage.write(index, words)


class Virtual(Machine):
    """A machine that runs on another: its exits are counted in `statistics` and told to the `subscribers`, those of its
    monitor. `told`, if set, is told as well, of many at a time, so that native code need not stop for each. `replaced`
    are the words of its storage, by place, that stand for others."""

    def __init__(
        self,
        isa: Isa,
        storage: Storage,
        ports: Ports | None,
        seed: int,
        name: str,
        subscribers: list[Callable[[ExitEvent], None]],
        engine: EngineFactory,
    ) -> None:
        places = isa.roles[Role.MODE]
        self._mode = places[0] if len(places) == 1 else None
        self.name, self.subscribers = name, subscribers
        self.statistics = Statistics()
        self.replaced: dict[int, Replaced] = {}
        self.told: Callable[[Iterable[Told]], None] | None = None
        super().__init__(isa, storage, ports, seed, engine=engine)

    @property
    def mode(self) -> int:
        """The mode; 0 if there is none, or more than one thing that is called so."""
        if self._mode is None:
            return 0
        whole = self.state.block[self.state.layout.slots[self._mode.state].first]
        return whole >> self._mode.low & (1 << self._mode.width) - 1

    def words(self, first: int, count: int) -> "memoryview[int]":
        cells = super().words(first, count)
        standing = [place for place in self.replaced if first <= place < first + count and self.still(place)]
        if not standing:
            return cells
        there = self.storage.copied(first, count)
        for place in standing:
            there[place - first] = self.replaced[place].was
        return there

    def devices_see(self) -> DeviceStorage:
        return AsWritten(self) if self.replaced else self.storage

    def standing(self) -> Iterator[tuple[int, int]]:
        return ((place, found.word) for place, found in self.replaced.items() if self.still(place))

    def still(self, place: int) -> bool:
        """Whether the word at a place stands for another: nobody has written there since."""
        found = self.replaced.get(place)
        return found is not None and self.storage.cells[place] == found.word

    @contextmanager
    def as_written(self) -> Iterator[None]:
        """Inside, the next instruction is the one that the program has there. Nobody else looks at storage meanwhile,
        so that this is no store."""
        place, cells = self.engine.place(), self.storage.cells
        if place is None or not self.still(place):
            yield
            return
        word, was = self.replaced[place]
        cells[place] = was
        try:
            yield
        finally:
            if cells[place] == was:
                cells[place] = word
