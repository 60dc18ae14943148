"""The kernel with containers, booted from a disk of theirs."""

import struct
from collections.abc import Sequence
from functools import cache

from guests.catalogue import LIBRARY, directory, find
from guests.contained import Container, place, room
from guests.pack import flat
from isa.assembler import Image, assemble
from isa.assembler.assembled import assembled
from isa.assembler.includes import Directory
from isa.devices import Console, Disk, Live, MemoryBacking, Script, standard
from isa.engines.choice import DEFAULT, bare
from isa.machine import Exit, Storage
from tests.guests.boot import machine

KERNEL = find("containers")
G3 = machine("g3")
CALLS = "        .include <calls.s>\n        .include <user.s>\n"


@cache
def kernel(**sizes: int) -> Image:
    return assembled(G3, KERNEL.file, definitions=sizes)


@cache
def program(text: str) -> bytes:
    """The contents of the file of a program."""
    image = assemble(G3, CALLS + text, "program.s", Directory(str(directory()), LIBRARY))
    words = flat(image)
    return struct.pack(f"<{len(words)}I", *words)


def shipped(name: str) -> bytes:
    """The same of a program in guests/contained."""
    path = directory() / "contained" / name
    words = flat(assemble(G3, path.read_text(), str(path), Directory(str(path.parent), LIBRARY)))
    return struct.pack(f"<{len(words)}I", *words)


class Containers:
    """A machine that boots these containers."""

    def __init__(
        self,
        containers: Sequence[Container],
        image: Image | None = None,
        input: Script | Live | None = None,
        engine: str = DEFAULT,
        words: int = 0,
    ) -> None:
        self.image = image or kernel()
        self.containers = containers
        disk = Disk(MemoryBacking(place(containers)), G3.word)
        ports = standard(G3, input=input or Script(), disk=disk)
        words = words or room(containers, self.image.top)
        self.machine = bare(G3, Storage(G3.word, words), ports, engine=engine)
        self.machine.load(self.image)

    def run(self, steps: int = 1_000_000) -> Exit:
        return self.machine.run(steps)

    @property
    def output(self) -> str:
        console = self.machine.ports.find(Console)
        assert console is not None
        return console.output.decode("latin-1")

    def own(self, name: str) -> list[str]:
        """The lines of a container."""
        return [line.removeprefix(f"{name}| ") for line in self.output.splitlines() if line.startswith(f"{name}| ")]
