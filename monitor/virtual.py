"""A virtual machine as the dispatcher knows it that runs it. The monitor's own is `monitor.monitor.VirtualMachine`."""

from collections.abc import Callable

from isa.description import Isa
from isa.devices import Ports
from isa.machine import Machine, Storage
from isa.machine.machine import EngineFactory
from monitor.statistics import ExitEvent, Statistics


class Virtual(Machine):
    """A machine that runs on another: its exits are counted in `statistics` and told to the `subscribers`, those of its
    monitor."""

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
        self.name, self.subscribers = name, subscribers
        self.statistics = Statistics()
        super().__init__(isa, storage, ports, seed, engine=engine)
