"""Several guests side by side under one monitor on one real machine, and what can be seen of each of them.

`Stage.turn` gives every guest a quantum; `trapline.demo.panels` draws what it left.
"""

from dataclasses import dataclass, field

from isa.description import Isa, Place, Role
from isa.devices import Console, Script
from isa.engines.choice import DEFAULT, bare
from isa.machine import Machine, Storage
from monitor import Monitor, VirtualMachine
from monitor.monitor import depth_storage
from trapline.running.programs import Program
from trapline.running.rig import Outfit, plenty, scratch_disk

SHOWN = (Role.MODE, Role.CONTROL, Role.PC, Role.BASE, Role.BOUND, Role.ENABLE, Role.TIMER)


@dataclass(slots=True)
class Actor:
    """A guest and its virtual machine. `real` is what the real machine held when the guest last ran on it."""

    program: Program
    vm: VirtualMachine
    real: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> str:
        console = self.vm.ports.find(Console)
        return console.output.decode("utf-8", "replace") if console else ""

    @property
    def status(self) -> str:
        """`running`, or how it ended."""
        return self.vm.exit.reason.value if self.vm.exit else "running"

    @property
    def virtual(self) -> dict[str, str]:
        return visible(self.vm)


class Stage:
    """One real machine, one monitor, and a virtual machine for each program, loaded and ready."""

    def __init__(self, isa: Isa, programs: list[Program], seed: int = 0, engine: str = DEFAULT) -> None:
        sizes = [program.storage or plenty(isa) for program in programs]
        # Each needs whole pages, and `depth_storage` counts one more for the monitor's own.
        words = sum(depth_storage(isa, size, 1)[0] for size in sizes)
        self.real = bare(isa, Storage(isa.word, words), engine=engine)
        self.monitor = Monitor(self.real)
        self.actors = [self._actor(p, size, seed) for p, size in zip(programs, sizes, strict=True)]

    def _actor(self, program: Program, words: int, seed: int) -> Actor:
        disk = scratch_disk(program.isa, None, program.disk)()
        ports = Outfit(Script(program.input), disk=disk, seed=seed, queue=program.queue).ports(program.isa)
        vm = self.monitor.create(words, ports, seed, program.name)
        vm.load(program.image)
        return Actor(program, vm)

    def turn(self, quantum: int) -> bool:
        """A quantum of steps for every guest that has not stopped; whether any is left."""
        for actor in self.actors:
            if actor.vm.exit is None:
                self.monitor.turn(actor.vm, quantum)
                actor.real = visible(self.real)
        return any(actor.vm.exit is None for actor in self.actors)


def visible(machine: Machine) -> dict[str, str]:
    """The parts of a machine's state in which a virtual and the real machine differ, by name."""
    isa = machine.isa
    return {_name(isa, place): _value(machine, place) for role in SHOWN for place in isa.roles[role]}


def _name(isa: Isa, place: Place) -> str:
    """`psw.mode` for a field, `psw` for a whole."""
    state = isa.states[place.state]
    found = next((f.name for f in state.fields if (f.low, f.width) == (place.low, place.width)), None)
    return f"{state.name}.{found}" if found else state.name


def _value(machine: Machine, place: Place) -> str:
    """In words if the place has an enumeration, else in hexadecimal."""
    state = machine.isa.states[place.state]
    whole = machine.state[place.state]
    assert isinstance(whole, int)
    bits = whole >> place.low & ((1 << place.width) - 1)
    enum = next((f.enum for f in state.fields if (f.low, f.width) == (place.low, place.width)), state.enum)
    name = machine.isa.enums[enum].name_of(bits) if enum else None
    return name or f"{bits:#x}"
