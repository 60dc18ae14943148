"""Containers of images on one kernel: which, the machine that boots it, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from guests.catalogue import DIRECTORY, LIBRARY, find
from guests.contained import LETTERS, MOST_CONTAINERS, Container, place, room
from isa.assembler import Image as Program
from isa.assembler.assembled import assembled
from isa.devices import Disk, Input, MemoryBacking, Sink, standard
from isa.engines.choice import bare
from isa.errors import UsageError
from isa.machine import Machine, Storage
from isa.machines.catalogue import find as find_machine
from trapline.containers.image import Image
from trapline.containers.reading import read

KERNEL = "containers"
OPTIONS = "name:NAME, times:N, console"
LEAST_PROCESSES = 16


@dataclass(frozen=True, slots=True)
class Booting:
    """A kernel with room for the containers, their disk, and how many words its machine needs."""

    kernel: Program
    disk: bytes
    words: int

    def machine(self, engine: str, input: Input | None = None, sink: Sink | None = None) -> Machine:
        isa = find_machine("g3")
        disk = Disk(MemoryBacking(self.disk), isa.word)
        ports = standard(isa, input=input, sink=sink, disk=disk)
        made = bare(isa, Storage(isa.word, self.words), ports, engine=engine)
        made.load(self.kernel)
        return made


def containers(texts: Sequence[str]) -> list[Container]:
    """What `IMAGE[=OPTION,...]` of each stands for; names that come again have a number. Raises TraplineError."""
    found: list[Container] = []
    images: dict[str, Image] = {}
    for text in texts:
        path, _, options = text.partition("=")
        image = images.setdefault(path, read(path))
        usual = path.rstrip("/").rpartition("/")[2].removesuffix(".tar")[:LETTERS]
        one, times = Container(usual, image.layers, image.command, image.limits), 1
        for option in filter(None, options.split(",")):
            key, _, value = option.partition(":")
            if key == "name":
                one = replace(one, name=value)
            elif key == "times" and value.isascii() and value.isdecimal() and 0 < int(value[:9]) <= MOST_CONTAINERS:
                times = int(value)
            elif option == "console":
                one = replace(one, console=True)
            else:
                raise UsageError(f"there is no option `{option:.40}` of a container", f"there are {OPTIONS}")
        for _ in range(times):
            found.append(replace(one, name=_fresh(one.name, {other.name for other in found})))
    return found


def _fresh(name: str, taken: set[str]) -> str:
    """The name, with a number behind it if somebody has it."""
    number, fresh = 1, name
    while fresh in taken:
        number += 1
        fresh = f"{name[: LETTERS - 1 - len(str(number))]}-{number}"
    return fresh


def boot(
    found: Sequence[Container], definitions: Sequence[tuple[str, int]] = (), storage: int | None = None
) -> Booting:
    """Raises UsageError for what does not fit."""
    isa, processes = find_machine("g3"), sum(one.limits.processes for one in found)
    defined = {"PROCESSES": max(processes, LEAST_PROCESSES), **dict(definitions)}
    if defined["PROCESSES"] > MOST_CONTAINERS:
        raise UsageError(f"{processes} processes are more than the {MOST_CONTAINERS} there can be", "take fewer")
    kernel = assembled(isa, find(KERNEL).file, DIRECTORY, LIBRARY, defined)
    return Booting(kernel, place(found), storage or room(found, kernel.top))


def told(machine: Machine, kernel: Program, found: Sequence[Container]) -> list[dict[str, Any]]:
    """What the kernel knows of each container; nothing before it has booted, or if somebody has overwritten that."""
    at, load = kernel.symbols, machine.storage.load
    table = load(at["contained"])
    if not at["directory"] <= table <= machine.storage.size - len(found) * at["C_SIZE"]:
        return []
    facts = []
    for number, one in enumerate(found):
        here = table + number * at["C_SIZE"]
        first, end = load(here + at["C_FIRST"]), load(here + at["C_END"])
        alive = sum(load(p + at["P_STATE"]) != at["DEAD"] for p in range(first, end, at["P_SIZE"]))
        written = load(here + at["C_TAKEN"]).bit_count()
        facts.append(
            {
                "name": one.name,
                "processes": alive,
                "failed": load(here + at["C_FAILED"]),
                "steps": load(here + at["C_USED"]),
                "blocks": written,
            }
        )
    return facts


def code(machine: Machine) -> int:
    """The exit code of a machine that has halted."""
    registers = machine.state["x"]
    assert isinstance(registers, list)
    return registers[1]
