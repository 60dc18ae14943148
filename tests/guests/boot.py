"""Boot a guest on a bare machine, as its header asks."""

from functools import cache

from guests.catalogue import Guest
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.catalogue import find
from isa.description import Isa, Kind, Role
from isa.devices import Console, Disk, MemoryBacking, Script, attach
from isa.machine.exits import Exit
from isa.machine.machine import Machine
from isa.machine.storage import Storage

machine = cache(find)


def image_of(guest: Guest, isa: Isa, **sizes: int) -> Image:
    return assemble(isa, guest.source(**sizes), str(guest.path), Directory(str(guest.path.parent)))


class Booted:
    """A machine with a guest in it, its console, and the exit of the run once `run` was called."""

    def __init__(self, guest: Guest, isa: Isa | None = None, disk: Disk | None = None, text: str | None = None) -> None:
        self.guest, self.isa = guest, isa or machine(guest.machine)
        self.console = Console(Script((guest.input if text is None else text).encode()))
        devices = [self.console] if disk is None else [self.console, disk]
        self.image = image_of(guest, self.isa)
        self.machine = Machine(self.isa, Storage(self.isa.word, guest.storage), attach(self.isa, *devices))
        self.machine.load(self.image)

    def run(self) -> Exit:
        return self.machine.run(self.guest.steps)

    @property
    def output(self) -> str:
        return self.console.output.decode(errors="replace")

    def register(self, number: int) -> int:
        """Of the first @general array."""
        name = next(s.name for s in self.isa.states.values() if s.role is Role.GENERAL and s.kind is Kind.ARRAY)
        return int(self.machine.state[name][number])


def blank_disk(isa: Isa, blocks: int) -> Disk:
    return Disk(MemoryBacking(bytes(blocks * 128 * isa.word // 8)), isa.word)
