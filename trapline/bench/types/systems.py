"""The two systems that are compared: a monitor on the bare machine (type 1), and one that is a process (type 2)."""

from dataclasses import dataclass
from functools import cache

from guests.catalogue import directory, find
from guests.pack import BYTES, SHARE, Tenant, flat, pack
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.devices import BLOCK, Disk, MemoryBacking, Script, standard
from isa.engines.choice import bare
from isa.machine import Machine, Storage
from trapline.bench.kernels import machine

Sizes = tuple[tuple[str, int], ...]  # `.equ` lines of a source, with other values
ROOM = 12_288  # words of storage for a system itself


@dataclass(frozen=True)
class System:
    """A monitor in assembly with sizes of its source. Its words below the symbol `edge` run as supervisor, all others
    in a process."""

    name: str
    guest: str
    edge: str
    sizes: Sizes = ()

    @property
    def image(self) -> Image:
        return assembled(self.guest, self.sizes)

    @property
    def privileged(self) -> range:
        """The words that run as supervisor."""
        return range(self.image.symbols[self.edge])

    def lines(self) -> tuple[int, int]:
        """Lines of the source that make words of the supervisor's, and of the others."""
        found = {(line.file, line.line, at in self.privileged) for at, line in self.image.lines.items()}
        inside = sum(privileged for _, _, privileged in found)
        return inside, len(found) - inside

    def boot(self, engine: str, *tenants: Tenant) -> Machine:
        """A machine with this monitor in it, and with these guests on its disk."""
        disk = Disk(MemoryBacking(pack(tenants)), machine().word)
        words = ROOM + sum(t.storage + BLOCK + len(t.input) for t in tenants)
        ports = standard(machine(), input=Script(), disk=disk)
        made = bare(machine(), Storage(machine().word, words), ports, engine=engine)
        made.load(self.image)
        return made


ALONE = (("PROCESSES", 1), ("TICK", SHARE))  # as long a turn as the other gives, and nobody else who wants one
TYPE1 = System("type 1", "vmm", "WINDOWS")
TYPE2 = System("type 2", "hosted", "HOME", ALONE)
SHARED = System("type 2", "hosted", "HOME")  # beside three other processes


@cache
def assembled(guest: str, sizes: Sizes = ()) -> Image:
    """A shipped guest with these sizes."""
    found = find(guest)
    return assemble(machine(), found.source(**dict(sizes)), found.file, Directory(str(directory())))


def tenant(name: str, sizes: Sizes = ()) -> Tenant:
    """A shipped guest as its header asks."""
    guest, image = find(name), assembled(name, sizes)
    typed, disk = guest.input.encode(), bytes(guest.disk * BYTES)
    return Tenant(name, flat(image), image.entry, guest.storage, input=typed, disk=disk)
