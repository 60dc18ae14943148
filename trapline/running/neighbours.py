"""Several guests under one monitor, each on a machine of its own: what a command makes of more than one GUEST.

They get what `trapline run` gives a guest that is alone, as far as that can be had more than once: the input of their
headers, empty disks, a console whose lines have the guest's name before them.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from isa.description import Isa
from isa.devices import Live, Script, Sink
from isa.devices.catalogue import misfit
from isa.devices.console import Console
from isa.engines.choice import counted
from isa.errors import UsageError
from isa.machine import Storage
from monitor.monitor import VirtualMachine, uppermost
from monitor.schedule import QUANTUM, Schedule
from trapline.combinations import check_beside
from trapline.options import DEFAULT_STEPS
from trapline.output import engine_in_use
from trapline.running import programs
from trapline.running.claims import claim
from trapline.running.launch import Stdout
from trapline.running.rig import Outfit, Rig, plenty, scratch_disk

MOST = 1 << 20  # bytes


class Labelled:
    """Lines behind a name, on a sink that several share."""

    def __init__(self, name: str, sink: Sink) -> None:
        self.name, self.sink = name, sink
        self._line = b""

    def write(self, data: bytes) -> None:
        *whole, rest = (self._line + data).split(b"\n")
        if whole:
            self.sink.write(b"".join(b"%s| %s\n" % (self.name.encode(), line) for line in whole))
        self._line = rest

    def end(self) -> None:
        """What was no whole line yet."""
        if self._line:
            self.write(b"\n")


class Log:
    """What all of them print, as it comes; of more than a mebibyte or two the end. It goes on to a sink, if there is
    one."""

    def __init__(self, sink: Stdout | None) -> None:
        self.sink, self.data, self.length = sink, b"", 0

    @property
    def broken(self) -> bool:
        """Whether nobody reads it any more."""
        return self.sink is not None and self.sink.broken

    def write(self, data: bytes) -> None:
        if self.sink is not None:
            self.sink.write(data)
        self.length += len(data)
        self.data += data
        if len(self.data) > 2 * MOST:
            self.data = self.data[-MOST:]


@dataclass(slots=True)
class Neighbour:
    """`name` is its machine's under their monitor."""

    name: str
    program: programs.Program
    rig: Rig
    machine: VirtualMachine


@dataclass(slots=True)
class Neighbours:
    """`steps` is how many each may take; `log` is what they print."""

    all: list[Neighbour]
    steps: int
    quantum: int
    log: Log

    def schedule(self) -> Schedule:
        return Schedule([one.machine for one in self.all], self.quantum, self.steps)


@contextmanager
def neighbours(arguments: argparse.Namespace, debugged: bool = False, counting: bool = False) -> Iterator[Neighbours]:
    """All of them, before their first steps. Raises TraplineError in all its kinds."""
    check_beside(arguments)
    found = [programs.find(guest, arguments.isa, arguments.define) for guest in (arguments.guest, *arguments.beside)]
    isa = found[0].isa
    for program in found:
        if program.isa is not isa:
            message = f"{found[0].name} is for {isa.name}, and {program.name} for {program.isa.name}"
            raise UsageError(f"{message}: one monitor has one machine", "name it: `--isa MACHINE`")
    claim(arguments)
    log = Log(None if arguments.json else Stdout())
    sys.stdout.flush()  # they write past Python's buffer
    labels = [Labelled(name, log) for name in _names(found)]
    engine = engine_in_use(arguments.engine)
    sizes = [program.storage or plenty(isa) for program in found]
    page = Storage(isa.word, 1).page_words
    room = sum(-(-size // page) * page for size in sizes)
    monitor = uppermost(
        isa, room, arguments.monitor.techniques, arguments.seed, counted(engine) if counting else engine
    )
    made = []
    for program, size, name, label in zip(found, sizes, _names(found), labels, strict=True):
        kit = _outfit(isa, program, label, debugged, arguments.seed)
        vm = monitor.create(size, kit.ports(isa), arguments.seed, name)
        vm.load(program.image)
        made.append(Neighbour(name, program, Rig(isa, vm, arguments.monitor.techniques, engine), vm))
    yield Neighbours(made, arguments.steps or DEFAULT_STEPS, arguments.quantum or QUANTUM, log)
    for label in labels if not log.broken else ():
        label.end()


def _outfit(isa: Isa, program: programs.Program, label: Labelled, debugged: bool, seed: int) -> Outfit:
    live = Live() if debugged and not program.input else Script(program.input)
    input = None if misfit(isa, Console.name, Console.ports) else live
    return Outfit(input, label, scratch_disk(isa, None, program.disk)(), seed=seed, queue=program.queue)


def _names(found: Sequence[programs.Program]) -> list[str]:
    """Those of the programs; one that comes again has a number."""
    names: list[str] = []
    for program in found:
        times = sum(other.name == program.name for other in found[: len(names)])
        names.append(f"{program.name}.{times + 1}" if times else program.name)
    return names
