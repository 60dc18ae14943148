"""The engines that are compared, and machines that can change theirs at any step boundary."""

from collections.abc import Callable, Mapping
from typing import Any

from isa.engines.native.engine import NativeEngine
from isa.engines.native.options import Options
from isa.engines.reference.engine import ReferenceEngine
from isa.machine import Machine, Pause, Trap
from isa.machine.machine import Engine
from monitor import VirtualMachine

Factory = Callable[[Machine], Engine]


class Stepping(ReferenceEngine):
    """The engine without its shortcuts: every step is `single`. What all others are compared with."""

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        return (0, Pause.HALT) if self.machine.halted else self._execute_singly(limit)


def native(**options: Any) -> Factory:
    """The native engine, compiling in the foreground and however little, if nothing else is said."""
    return lambda machine: NativeEngine(machine, Options(**{"background": False, "short": 0, **options}))


STEPPING: Factory = Stepping
ENGINES: Mapping[str, Factory] = {
    "reference": ReferenceEngine,
    "interpreter": native(regions=False),
    "fused": native(regions=False, fuse=1),  # runs are looked for again and again
    "quick": native(hot=2, full=False),
    "full": native(hot=1, full=True),
    "background": native(hot=1, background=True),  # whenever a region is done
}


def at_the_bottom(machine: Machine) -> Machine:
    """The real machine that a machine runs on; itself if it is bare."""
    while isinstance(machine, VirtualMachine):
        machine = machine.monitor.below
    return machine


class Switch:
    """Exchanges the engine of a machine. An engine that was used before comes back with all that it remembers."""

    def __init__(self, machine: Machine, factories: Mapping[str, Factory]) -> None:
        self.machine, self.factories = at_the_bottom(machine), factories
        self.made: dict[str, Engine] = {}

    def to(self, name: str) -> None:
        if name not in self.made:
            self.made[name] = self.factories[name](self.machine)
        self.machine.engine = self.made[name]
