"""The two ways to have many instances of one program on one machine."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from guests.catalogue import DIRECTORY, LIBRARY, find
from guests.contained import Container, Limits, place
from guests.contained import room as room_of_containers
from guests.pack import SHARE, Tenant, flat, pack
from guests.pack import room as room_of_machines
from isa.assembler import Image
from isa.assembler.assembled import assembled
from isa.devices import Disk, MemoryBacking, Script, standard
from isa.engines.choice import bare
from isa.machine import Machine, Storage
from trapline.bench.kernels import machine

Sizes = tuple[tuple[str, int], ...]  # constants for a program
LIMITS = Limits(processes=1, window=1024, blocks=4, files=4)
LEAST_PROCESSES = 16
SECRET = b"secret: the cake is in the cellar\n"


@dataclass(frozen=True)
class System:
    """`below` is what runs as supervisor and is everybody's, up to the symbol `edge`; there can be `most` instances."""

    name: str
    most: int
    edge: str
    room: Callable[[Sequence[Container]], int]
    disk: Callable[[Sequence[Container], bool], bytes]
    below: Callable[[int, bool], Image]

    def boot(self, engine: str, found: Sequence[Container], checked: bool = True) -> Machine:
        """A machine with these instances. Without `checked` each kernel of containers lacks a check."""
        disk = Disk(MemoryBacking(self.disk(found, checked)), machine().word)
        ports = standard(machine(), input=Script(), disk=disk)
        made = bare(machine(), Storage(machine().word, self.room(found)), ports, engine=engine)
        made.load(self.below(len(found), checked))
        return made

    def lines(self) -> int:
        """Lines of the source that make what all must trust."""
        image = self.below(1, True)
        return len({(line.file, line.line) for at, line in image.lines.items() if at < image.symbols[self.edge]})


def kernel(count: int = 1, checked: bool = True) -> Image:
    """The kernel for so many containers, with turns as long as the monitor gives."""
    sizes = {"PROCESSES": max(LEAST_PROCESSES, count), "TICK": SHARE, **({} if checked else {"UNCHECKED": 1})}
    return assembled(machine(), find("containers").file, DIRECTORY, LIBRARY, sizes)


def _monitor(count: int, checked: bool) -> Image:
    return assembled(machine(), find("vmm").file, DIRECTORY, LIBRARY)


def _tenants(found: Sequence[Container], checked: bool = True) -> list[Tenant]:
    """Each in a virtual machine of its own, with a kernel of its own."""
    image = kernel(1, checked)
    words = flat(image)
    return [
        Tenant(one.name, words, image.entry, room_of_containers([one], image.top), disk=place([one])) for one in found
    ]


CONTAINERS = System(
    "containers",
    1000,
    "directory",
    lambda found: room_of_containers(found, kernel(len(found)).top),
    lambda found, checked: place(found),
    kernel,
)
MACHINES = System(
    "virtual machines",
    8,
    "WINDOWS",
    lambda found: room_of_machines(_tenants(found), _monitor(1, True).top),
    lambda found, checked: pack(_tenants(found, checked)),
    _monitor,
)


def task(sizes: Sizes = (), name: str = "a") -> Container:
    return Container(name, ({"task": program("task", sizes)},), "task", LIMITS)


def keeper(name: str) -> Container:
    return Container(name, ({"keeper": program("keeper"), "secret": SECRET},), "keeper", LIMITS)


def escape(name: str) -> Container:
    """Who gets out, where a check is missing."""
    files = {"escape": program("escape"), "payload": program("payload")}
    return Container(name, (files,), "escape", LIMITS)


@cache
def program(name: str, sizes: Sizes = ()) -> bytes:
    """A shipped program as a file."""
    path = f"{DIRECTORY}/contained/{name}.s"
    words = flat(assembled(machine(), path, None, LIBRARY, dict(sizes)))
    return struct.pack(f"<{len(words)}I", *words)
