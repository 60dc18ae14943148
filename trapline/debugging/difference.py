"""The step at which a guest shows a difference between the bare and the monitored machine, on file: `compare`,
`witness` and `prove --properties` keep it, as the moment of a run (`moment.py`)."""

import sys
from dataclasses import dataclass

from isa.assembler import Image
from isa.description import Isa
from isa.encoding import encoding_digest
from isa.engines.choice import bare
from isa.machine import Machine
from isa.machine.snapshot import Snapshot
from monitor import VirtualMachine
from monitor.techniques.catalogue import Monitors
from proofs.runs.compare import Divergence, Setup, compare
from proofs.runs.guests import Guest
from trapline.debugging.moment import Moment
from trapline.running.launch import restored


def difference(setup: Setup, image: Image, guest: str, step: int) -> Moment:
    """The moment before a step of a setup, at which its two machines part."""
    return Moment(guest, setup.isa, image, Snapshot.take(setup.bare()), setup.monitors, setup.engine, step)


@dataclass(frozen=True)
class Begun(Setup):
    """What is compared from a state that was saved, whatever else the image says."""

    start: Snapshot | None = None

    def bare(self) -> Machine:
        return self._restored(0)

    def monitored(self) -> VirtualMachine:
        made = self._restored(self.monitors)
        assert isinstance(made, VirtualMachine)
        return made

    def _restored(self, monitors: Monitors) -> Machine:
        assert self.start is not None
        return restored(self.start, self.isa, monitors, self.engine).machine


def keep(path: str | None, setup: Setup, image: Image, guest: str, found: Divergence | None) -> str | None:
    """Write what was found to the file, if one was asked for, and say on stderr what became of it. The file's name, if
    it was written. Raises TraplineError."""
    if path is None:
        return None
    if found is None:
        print(f"no difference was found: {path} is not written", file=sys.stderr)
        return None
    difference(setup, image, guest, found.step).save(path)
    print(f"the step at which they part is in {path}: `trapline debug --at {path}` opens it", file=sys.stderr)
    return str(path)


def keep_guest(path: str, isa: Isa, guest: Guest, monitors: Monitors) -> str | None:
    """The same of a generated guest, which is run again as commands run guests."""
    machine = bare(isa, guest.storage(), guest.ports(), guest.seed)
    guest.start(machine)
    begun = Begun(isa, guest, guest.size, guest.ports, monitors, guest.seed, start=Snapshot.take(machine))
    image = Image(isa.name, isa.word, (), encoding_digest(isa, ()), tuple(guest.segments), guest.entry)
    return keep(path, begun, image, "a generated guest", compare(begun, guest.steps).divergence)
