"""A guest, or several, under monitors in assembly, and each of them bare beside it: what is run and compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from guests.pack import BYTES, Tenant, unpack
from isa.assembler import Image
from isa.description import Isa
from isa.devices import Disk, MemoryBacking, Ports, Rings, Script, attach, standard
from isa.engines.choice import DEFAULT, bare
from isa.machine import Machine, Storage
from monitor.monitor import tower
from monitor.techniques import Monitors, levels
from proofs.programs.convention import Monitor
from proofs.under.loading import DIRECTORY, enclose, loaded
from proofs.under.watching import PATIENCE

RINGS = "VM_RINGS"  # a symbol of monitors whose guests have rings


@dataclass(frozen=True)
class Case:
    """`guests` are side by side under the innermost of `monitors`, which are on each other, lowest first, by `names`.
    The lowest is on a machine that is bare, or on top of the derived monitors `below`. `image` is what the first
    guest's words are checked as. `patience` is how many steps a monitor has to come back to a guest."""

    isa: Isa
    image: Image
    guests: tuple[Tenant, ...]
    monitors: tuple[Monitor, ...]
    names: tuple[str, ...]
    below: Monitors = 0
    engine: str = DEFAULT
    patience: int = PATIENCE

    @cached_property
    def boots(self) -> tuple[Tenant, ...]:
        """What each monitor's machine starts with, lowest first. Raises as `enclose` does."""
        made: list[Tenant] = []
        inside: Sequence[Tenant] = self.guests
        for monitor, name in zip(reversed(self.monitors), reversed(self.names), strict=True):
            inside = (enclose(monitor, inside, name),)
            made[:0] = inside
        return tuple(made)

    def machine(self) -> Machine:
        """The machine on which the lowest monitor is about to boot."""
        program, lowest = self.boots[0], self.monitors[0]
        ports = self._ports(program)
        if levels(self.below):
            made: Machine = tower(self.isa, program.storage, self.below, ports, program.seed, self.engine)
        else:
            made = self._bare(program, ports)
        made.load(loaded(program, lowest.image))
        return made

    def twin(self, number: int, words: int) -> Machine:
        """A guest's machine, bare, with as many words."""
        program = self.guests[number]
        ports = self._given(self._ports(program))
        made = bare(self.isa, Storage(self.isa.word, words), ports, program.seed, engine=self.engine)
        made.load(loaded(program, self.image))
        return made

    @cached_property
    def disks(self) -> list[slice]:
        """Where the bytes of each guest's disk lie on the machine's."""
        begin, parts = 0, [slice(0, 0)] * len(self.guests)
        for program, monitor in zip(self.boots, self.monitors, strict=True):
            if DIRECTORY not in monitor.image.symbols:
                return [slice(0, 0)] * len(self.guests)
            entries = unpack(program.disk)
            firsts = [begin + entry.disk * BYTES for entry in entries]
            parts = [slice(first, first + e.blocks * BYTES) for first, e in zip(firsts, entries, strict=True)]
            begin = firsts[0]
        return parts

    def _bare(self, program: Tenant, ports: Ports) -> Machine:
        return bare(self.isa, Storage(self.isa.word, program.storage), ports, program.seed, engine=self.engine)

    def _given(self, ports: Ports) -> Ports:
        """The devices that the innermost monitor gives its guests."""
        kept = [d for d in ports.devices.values() if RINGS in self._inner or not isinstance(d, Rings)]
        return attach(self.isa, *kept)

    @property
    def _inner(self) -> dict[str, int]:
        """The symbols of the innermost monitor."""
        return self.monitors[-1].image.symbols if self.monitors else {}

    def _ports(self, program: Tenant) -> Ports:
        disk = Disk(MemoryBacking(program.disk), self.isa.word) if program.disk else None
        return standard(self.isa, input=Script(program.input), disk=disk, seed=program.seed)
