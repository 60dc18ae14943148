"""Boot a guest on a bare machine, as its header asks."""

from functools import cache

from guests.catalogue import Guest
from isa.assembler import Image, assemble
from isa.assembler.assembled import assembled
from isa.assembler.includes import Directory
from isa.description import Isa, Kind, Role
from isa.devices import BLOCK, Console, Disk, MemoryBacking, Ports, Script, standard
from isa.engines.choice import DEFAULT, bare
from isa.machine.exits import Exit
from isa.machine.storage import Storage
from isa.machines.catalogue import find

machine = cache(find)


@cache
def image_of(guest: Guest, isa: Isa, **sizes: int) -> Image:
    """The image of a guest, which is kept as for any user; that with other sizes is of no file."""
    if not sizes:
        return assembled(isa, guest.file)
    return assemble(isa, guest.source(**sizes), guest.file, Directory(str(guest.path.parent)))


def outfit(isa: Isa, text: str, blocks: int, seed: int = 0, queue: bool = False) -> Ports:
    """A console with this input, a random source, and, unless there are no blocks, a disk, perhaps with a queue."""
    disk = Disk(MemoryBacking(bytes(blocks * BLOCK * isa.word // 8)), isa.word) if blocks else None
    return standard(isa, input=Script(text.encode()), disk=disk, queue=queue, seed=seed)


class Booted:
    """A machine with a guest in it, its console, and the exit of the run once `run` was called."""

    def __init__(
        self,
        guest: Guest,
        isa: Isa | None = None,
        text: str | None = None,
        image: Image | None = None,
        engine: str = DEFAULT,
    ) -> None:
        self.guest, self.isa = guest, isa or machine(guest.machine)
        ports = outfit(self.isa, guest.input if text is None else text, guest.disk, queue=guest.queue)
        self.image = image or image_of(guest, self.isa)
        self.machine = bare(self.isa, Storage(self.isa.word, guest.storage), ports, engine=engine)
        self.machine.load(self.image)

    def run(self) -> Exit:
        return self.machine.run(self.guest.steps)

    @property
    def output(self) -> str:
        console = self.machine.ports.devices[0]
        assert isinstance(console, Console)
        return console.output.decode(errors="replace")

    @property
    def disk(self) -> bytes:
        disk = self.machine.ports.devices[2]
        assert isinstance(disk, Disk)
        return disk.backing.read(0, disk.backing.size)

    def register(self, number: int) -> int:
        """Of the first @general array."""
        name = next(s.name for s in self.isa.states.values() if s.role is Role.GENERAL and s.kind is Kind.ARRAY)
        return int(self.machine.state[name][number])
