"""Guests under the monitor in assembly: packed, booted, and what has become of each at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from guests.catalogue import find
from guests.pack import Tenant, pack, room
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.devices import Console, Disk, Input, MemoryBacking, Script, standard
from isa.engines.choice import bare
from isa.machine import Exit, Machine, Storage
from monitor.monitor import tower
from tests.guests.boot import Booted, image_of, machine
from trapline.running.tenants import tenant

VMM = find("vmm")
G3 = machine("g3")
STEPS = 10_000_000


def monitor() -> Image:
    """The monitor that everybody here boots."""
    return image_of(VMM, G3)


@cache
def guest(text: str) -> Tenant:
    """As `trapline vmm pack` understands it."""
    return tenant(text, G3, None)


@dataclass(frozen=True)
class Virtual:
    """A virtual machine as the monitor keeps it."""

    state: dict[str, int | list[int]]
    steps: int
    storage: list[int]


class Packed:
    """A machine that boots the monitor from these guests' disk; with a `depth`, under derived monitors."""

    def __init__(
        self,
        guests: Sequence[Tenant] | bytes,
        input: Input | None = None,
        words: int = 0,
        depth: int = 0,
    ) -> None:
        data = guests if isinstance(guests, bytes) else pack(guests)
        self.image = monitor()
        words = words or (VMM.storage if isinstance(guests, bytes) else room(guests, self.image.top))
        ports = standard(G3, input=input or Script(), disk=Disk(MemoryBacking(data), G3.word))
        on: Machine = tower(G3, words, depth, ports) if depth else bare(G3, Storage(G3.word, words), ports)
        self.machine = on
        self.machine.load(self.image)

    def run(self, steps: int = STEPS) -> Exit:
        return self.machine.run(steps)

    @property
    def output(self) -> str:
        console = self.machine.ports.devices[0]
        assert isinstance(console, Console)
        return console.output.decode()

    def block(self, number: int) -> list[int]:
        """Where the monitor keeps a guest: the current one's place in the table is old."""
        at, size = self.image.symbols, self.image.symbols["VM_WORDS"]
        current = self.machine.storage.read(at["vm"], size)
        table = self.machine.storage.read(at["vms"] + number * size, size)
        return current if current[at["VM_NUMBER"]] == number else table

    def virtual(self, number: int) -> Virtual:
        at, block = self.image.symbols, self.block(number)
        names = ("pc", "psw", "base", "bound", "timer", "pending", "halted")
        state: dict[str, int | list[int]] = {name: block[at[f"VM_{name.upper()}"]] for name in names}
        state["x"] = block[at["VM_X"] : at["VM_X"] + 16]
        steps = block[at["VM_STEPS"]] + (block[at["VM_STEPS"] + 1] << 32)
        return Virtual(state, steps, self.machine.storage.read(block[at["VM_WINDOW"]], block[at["VM_SIZE"]]))


@cache
def alone(name: str) -> tuple[Virtual, str]:
    """A shipped guest after its run on the bare machine, and what it printed."""
    booted = Booted(find(name))
    booted.run()
    return seen(booted.machine), booted.output


def seen(on: Machine) -> Virtual:
    """A bare machine, as if it were virtual."""
    names = ("pc", "psw", "base", "bound", "timer", "pending", "halted", "x")
    return Virtual({n: on.state[n] for n in names}, on.steps, on.storage.read(0, on.storage.size))


def planted(old: str, new: str) -> Image:
    """The monitor with a mistake in it: a text that occurs once, replaced by another."""
    folder = VMM.path.parent
    texts = {f"vmm/{path.name}": path.read_text() for path in (folder / "vmm").glob("*.s")}
    assert sum(text.count(old) for text in (*texts.values(), VMM.path.read_text())) == 1, old
    source, whole = Directory(str(folder)), VMM.path.read_text()
    for name, text in texts.items():
        whole = whole.replace(f'.include "{name}"', text)
    return assemble(G3, whole.replace(old, new), str(VMM.path), source)
