"""Our side of the comparison: machines with an engine of a given name, and programs that run on them repeatedly."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from isa.assembler import Image
from isa.description import Isa
from isa.devices import Ports
from isa.errors import MachineError
from isa.machine import Machine, Reason, Storage
from isa.machine.machine import Engine
from trapline.bench.building import LeftOut
from trapline.bench.kernels import RESULT, WORDS, Kernel, image, machine
from trapline.bench.sitting import Run

REFERENCE, AUTO, INTERPRETER = "reference", "auto", "interpreter"
BUDGET = 1 << 50  # steps; nothing here takes so many


def factory(engine: str) -> Callable[[Machine], Engine] | None:
    """What `Machine(engine=...)` takes for an engine of this name. Raises LeftOut if it is not there."""
    if engine == REFERENCE:
        return None
    try:
        choice: Any = import_module("isa.engines.choice")
    except ModuleNotFoundError:
        raise LeftOut(f"the engine {engine}", "there is only the reference engine") from None
    made: Callable[[Machine], Engine] = choice.choose(engine)
    return made


def bare(engine: str, words: int = WORDS, ports: Ports | None = None, isa: Isa | None = None) -> Machine:
    isa = isa or machine()
    return Machine(isa, Storage(isa.word, words), ports, engine=factory(engine))


def monitored(engine: str, words: int = WORDS, ports: Ports | None = None, depth: int = 1) -> Machine:
    from monitor.monitor import tower

    isa = machine()
    if engine == REFERENCE:
        return tower(isa, words, depth, ports)
    factory(engine)
    stack: Any = tower
    virtual: Machine = stack(isa, words, depth, ports, engine=engine)
    return virtual


def finish(machine: Machine) -> None:
    """Run to the halt. Raises MachineError if the program does not halt with 0 in its register 1."""
    from trapline.rig import exit_code

    end = machine.run(BUDGET)
    if end.reason is not Reason.HALT or exit_code(machine):
        raise MachineError(f"the guest did not finish well: {end.reason.value}, exit code {exit_code(machine)}")


class Prepared:
    """A program in a machine, which can be run from its beginning as often as one likes. It must not need storage as it
    was loaded: its code stays where it is, and so does what an engine has made of it."""

    def __init__(self, machine: Machine, image: Image) -> None:
        machine.load(image)
        self.machine = machine
        self._beginning = {name: machine.state[name] for name in machine.state.layout.slots}

    def run(self, clock: Callable[[], float] = time.process_time) -> float:
        """Seconds of one run. Raises MachineError as `finish` does."""
        for name, value in self._beginning.items():
            self.machine.state[name] = value
        began = clock()
        finish(self.machine)
        return clock() - began


class Ours:
    """A contender: Trapline with an engine, bare or on `depth` monitors. It is warm: a kernel has run before on the
    same machine. `first` has the seconds of the first run of each kernel, in which it was not."""

    def __init__(self, name: str, engine: str, depth: int = 0, share: float = 1) -> None:
        factory(engine)
        self.name, self.engine, self.depth, self.share = name, engine, depth, share
        self.first: dict[str, float] = {}
        self.steps: dict[str, int] = {}
        self._prepared: dict[tuple[str, int], Prepared] = {}

    def prepare(self, kernel: Kernel, sizes: dict[str, int]) -> None:
        made = monitored(self.engine, depth=self.depth) if self.depth else bare(self.engine)
        prepared = Prepared(made, image(kernel, sizes))
        self.first[kernel.name] = prepared.run()
        self.steps[kernel.name] = made.steps
        if self.engine != REFERENCE:
            prepared.run()  # what is compiled behind the scenes of one run is there in the next but one
        self._prepared[kernel.name, sizes["ROUNDS"]] = prepared

    def run(self, kernel: Kernel, sizes: dict[str, int]) -> Run:
        prepared = self._prepared[kernel.name, sizes["ROUNDS"]]
        seconds = prepared.run()
        return Run(seconds, prepared.machine.storage.load(RESULT))
