"""A virtual machine as the dispatcher knows it that runs it. The monitor's own is `monitor.monitor.VirtualMachine`."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from isa.description import Isa, Role
from isa.devices import Ports
from isa.machine import Machine, Storage
from isa.machine.machine import EngineFactory
from monitor.statistics import Decision, ExitEvent, Statistics


class Told(NamedTuple):
    """An exit: at which step, and the mode then. Without a decision, that the mode may be another one from there on: a
    trap was delivered before the step, or what came before it was interpreted."""

    step: int
    decision: Decision | None
    cause: str
    mode: int


class Virtual(Machine):
    """A machine that runs on another: its exits are counted in `statistics` and told to the `subscribers`, those of its
    monitor. `told`, if set, is told as well, of many at a time, so that native code need not stop for each."""

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
        self.told: Callable[[Iterable[Told]], None] | None = None
        super().__init__(isa, storage, ports, seed, engine=engine)

    @property
    def mode(self) -> int:
        """The mode; 0 if there is none, or more than one thing that is called so."""
        if self._mode is None:
            return 0
        whole = self.state.block[self.state.layout.slots[self._mode.state].first]
        return whole >> self._mode.low & (1 << self._mode.width) - 1
