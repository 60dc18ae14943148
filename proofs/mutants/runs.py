"""Whole runs as a check of a mutant: generated guests under a monitor with a mistake in it, one property must break."""

from collections.abc import Callable, Iterator
from random import Random

from isa.description import Isa
from isa.machine import Exit, Machine, Reason, Storage
from monitor import Monitor
from monitor.compiled import CompiledCore
from monitor.core import Core
from proofs.mutants.mutant import Check
from proofs.runs.generation import generator
from proofs.runs.guests import Guest
from proofs.runs.justification import justified
from proofs.runs.properties import alone

GUESTS = 200  # until a mutant counts as survived
STEPS = 120  # of a guest


def breaks(make: Callable[[], Core]) -> Check:
    """Some guest shows that a property does not hold."""

    def run() -> str | None:
        core = make()
        monitor, may = _monitors(core), justified(core.isa)
        found = ((seed, alone(core.isa, guest, 1, may, monitor)) for seed, guest in _guests(core.isa))
        return next((f"guest {seed}: {broken}" for seed, broken in found if broken), None)

    return Check("whole runs", run)


def overlooks(make: Callable[[], Core]) -> Check:
    """On a machine that fails Theorem 1 the shipping audit catches some guest in the act, and the mutant lets it go."""

    def run() -> str | None:
        core = make()
        right, mutant = _monitors(Core(core.isa)), _monitors(core)
        for seed, guest in _guests(core.isa):
            caught = _end(right, guest)
            if caught.reason is Reason.VIOLATION and _end(mutant, guest).reason is not Reason.VIOLATION:
                return f"guest {seed} goes on, not killed for {caught.detail}"
        return None

    return Check("whole runs", run)


def _guests(isa: Isa) -> Iterator[tuple[int, Guest]]:
    make = generator(isa)
    return ((seed, make.guest(Random(seed), STEPS)) for seed in range(GUESTS))


def _monitors(core: Core) -> Callable[[Machine], Monitor]:
    """Monitors with this core."""
    compiled = CompiledCore(core)

    def monitor(below: Machine) -> Monitor:
        made = Monitor(below)
        made.core = compiled
        return made

    return monitor


def _end(monitor: Callable[[Machine], Monitor], guest: Guest) -> Exit:
    """How a guest ends, with nothing but the monitor to watch it."""
    page = Storage(guest.isa.word, 1).page_words
    vm = monitor(Machine(guest.isa, Storage(guest.isa.word, 3 * page))).create(guest.size, guest.ports(), guest.seed)
    guest.start(vm)
    return vm.run(guest.steps)
