"""Our side of the comparison: machines with an engine of a given name, and programs that run on them repeatedly."""

import time
from collections.abc import Callable

from isa.assembler import Image
from isa.description import Isa
from isa.devices import Ports
from isa.engines.choice import bare
from isa.errors import MachineError
from isa.machine import Machine, Reason, Storage
from monitor.techniques import Monitors
from trapline.bench.kernels import RESULT, WORDS, Kernel, image, machine
from trapline.bench.sitting import Run

BUDGET = 1 << 50  # steps; nothing here takes so many


def unmonitored(engine: str, words: int = WORDS, ports: Ports | None = None, isa: Isa | None = None) -> Machine:
    """A machine with an engine of this name, and nothing in it."""
    isa = isa or machine()
    return bare(isa, Storage(isa.word, words), ports, engine=engine)


def monitored(
    engine: str, words: int = WORDS, ports: Ports | None = None, monitors: Monitors = 1, isa: Isa | None = None
) -> Machine:
    """As `unmonitored`, on top of these monitors."""
    from monitor.monitor import tower

    return tower(isa or machine(), words, monitors, ports, engine=engine)


def finish(machine: Machine) -> None:
    """Run to the halt. Raises MachineError if the program does not halt with 0 in its register 1."""
    from trapline.running.rig import exit_code

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
        self.rewind()
        began = clock()
        finish(self.machine)
        return clock() - began

    def warm_up(self, patience: float) -> None:
        """Run for so many seconds, and at least once."""
        until = time.perf_counter() + patience
        self.run()
        while time.perf_counter() < until:
            self.run()

    def rewind(self) -> None:
        """Back to the beginning of the program."""
        for name, value in self._beginning.items():
            self.machine.state[name] = value


class Ours:
    """A contender: Trapline with an engine, bare or on `monitors`. It is warm: a kernel has run before on the
    same machine, for `patience` seconds or more, in which all is compiled behind the scenes that is worth it.
    `steps_each` has the steps of a round, by kernel."""

    def __init__(self, name: str, engine: str, patience: float, monitors: Monitors = 0, share: float = 1) -> None:
        self.name, self.engine, self.monitors, self.share = name, engine, monitors, share
        self.patience = patience
        self.steps_each: dict[str, float] = {}
        self._prepared: dict[tuple[str, int], Prepared] = {}

    def prepare(self, kernel: Kernel, sizes: dict[str, int]) -> None:
        made = self.make(kernel)
        prepared = Prepared(made, image(kernel, sizes))
        prepared.run()
        self.steps_each[kernel.name] = made.steps / sizes["ROUNDS"]
        prepared.warm_up(self.patience)
        self._prepared[kernel.name, sizes["ROUNDS"]] = prepared

    def make(self, kernel: Kernel) -> Machine:
        if self.monitors:
            return monitored(self.engine, kernel.words, monitors=self.monitors, isa=kernel.isa)
        return unmonitored(self.engine, kernel.words, isa=kernel.isa)

    def run(self, kernel: Kernel, sizes: dict[str, int]) -> Run:
        prepared = self._prepared[kernel.name, sizes["ROUNDS"]]
        seconds = prepared.run()
        return Run(seconds, prepared.machine.storage.load(RESULT))
