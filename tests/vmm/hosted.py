"""A guest under the hosted monitor, held at every entry against the bare machine; and the system with a bug in it."""

from dataclasses import replace
from functools import cache

from guests.catalogue import directory, find
from guests.pack import Tenant, pack
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.devices import Console, Disk, Input, MemoryBacking, Ports, Script, standard
from isa.engines.choice import bare
from isa.errors import Source
from isa.machine import Exit, Machine, Reason, Storage
from proofs.runs.guests import Guest
from tests.guests.boot import image_of, machine

HOSTED = find("hosted")
G3 = machine("g3")
STEPS = 10_000_000
SCALARS = ("pc", "psw", "base", "bound", "timer", "pending", "halted")


def system() -> Image:
    """The system that everybody here boots."""
    return image_of(HOSTED, G3)


class Texts(Directory):
    """The sources of the system, in which each of `changes` is made where it applies."""

    def __init__(self, changes: dict[str, str]) -> None:
        super().__init__(str(directory()))
        self.changes, self.made = changes, dict.fromkeys(changes, 0)

    def __call__(self, path: str, includer: str) -> Source:
        source = super().__call__(path, includer)
        text = source.text
        for old, new in self.changes.items():
            self.made[old] += text.count(old)
            text = text.replace(old, new)
        return replace(source, text=text)


@cache
def changed(old: str, new: str) -> Image:
    """The system with a text that occurs once replaced by another."""
    texts = Texts({old: new})
    image = assemble(G3, HOSTED.source(), HOSTED.file, texts)
    assert texts.made == {old: 1}
    return image


class Hosted:
    """A machine that boots the system with one guest on its disk."""

    def __init__(self, guest: Tenant | bytes, input: Input | None = None) -> None:
        self.image = system()
        self.guest = guest if isinstance(guest, Tenant) else None
        words = self.image.top + (self.guest.storage + 128 if self.guest else 8192)
        disk = Disk(MemoryBacking(pack([guest]) if isinstance(guest, Tenant) else guest), G3.word)
        ports = standard(G3, input=input or Script(), disk=disk)
        self.machine = bare(G3, Storage(G3.word, words), ports)
        self.machine.load(self.image)

    def run(self, steps: int = STEPS) -> Exit:
        return self.machine.run(steps)

    @property
    def lines(self) -> list[str]:
        return printed(self.machine.ports).splitlines()

    def own(self) -> list[str]:
        """What the guest printed."""
        assert self.guest is not None
        mark = f"{self.guest.name}| "
        return [line.removeprefix(mark) for line in self.lines if line.startswith(mark)]

    @property
    def code(self) -> list[int]:
        """All words of the system that are no data."""
        return [self.machine.storage.load(at) for at in code(self.image)]

    @property
    def loaded(self) -> list[int]:
        """The same as they were loaded."""
        return list(code(self.image).values())

    # ---- the virtual machine

    def at(self, *labels: str) -> None:
        """From now on stop at these labels only."""
        self.machine.break_places = {self.image.symbols[label] for label in labels}

    def word(self, name: str, further: int = 0) -> int:
        """A word of the block."""
        return self.machine.storage.load(self.place(name) + further)

    def place(self, name: str) -> int:
        return self.image.symbols["vm"] + self.image.symbols[name]

    @property
    def steps(self) -> int:
        return self.word("VM_STEPS") + (self.word("VM_STEPS", 1) << G3.word)

    def state(self) -> list[int]:
        registers = self.machine.storage.read(self.place("VM_X"), 16)
        return [*registers, *(self.word(f"VM_{name.upper()}") for name in SCALARS)]

    def storage(self) -> bytes:
        first, size = self.word("VM_WINDOW"), self.word("VM_SIZE")
        return self.machine.storage.cells[first : first + size].tobytes()


def code(image: Image) -> dict[int, int]:
    """The words of an image that its program does not write, by address."""
    words, data = dict(image.words()), (".word", ".space")
    return {at: words[at] for at, line in image.lines.items() if not any(name in line.text for name in data)}


def printed(ports: Ports) -> str:
    console = ports.find(Console)
    assert console is not None
    return console.output.decode()


class Pair:
    """A guest hosted and on the bare machine."""

    def __init__(self, guest: Tenant, input: bytes = b"") -> None:
        self.hosted = Hosted(guest, Script(input) if guest.console else None)
        disk = Disk(MemoryBacking(guest.disk), G3.word) if guest.disk else None
        ports = standard(G3, input=Script(input or guest.input), disk=disk, seed=guest.seed)
        self.bare: Machine = bare(G3, Storage(G3.word, guest.storage), ports)
        self.bare.storage.write(0, list(guest.words))
        self.bare.state["pc"] = guest.entry
        self.seen = 0

    def boot(self) -> None:
        """Run the hosted one up to its guest's first step."""
        self.hosted.at("step")
        assert self.hosted.run().reason is Reason.BREAKPOINT

    def set(self, guest: Guest) -> None:
        """Let both begin with other words, in another state. The hosted one has booted."""
        first, storage = self.hosted.word("VM_WINDOW"), self.hosted.machine.storage
        guest.start(self.bare)
        for segment in guest.segments:
            storage.write(first + segment.address, segment.words)
        for name in ("x", *SCALARS):
            value = self.bare.state[name]
            storage.write(self.hosted.place(f"VM_{name.upper()}"), value if isinstance(value, list) else [int(value)])

    def run(self, steps: int, patience: int = STEPS) -> Reason:
        """Hold both against each other for so many virtual steps, or to the end; how the hosted one ended, if it did.
        Machines that can never do anything again are not alike in how long they have done nothing."""
        self.hosted.at("leave", "ended")
        while self.bare.steps < steps and not self.bare.halted:
            end = self.hosted.run(patience)
            if end.reason is not Reason.BREAKPOINT:
                return end.reason
            if not self._alike():
                return Reason.IDLE
            self.seen += 1
        return Reason.HALT if self.bare.halted else Reason.BUDGET

    def _alike(self) -> bool:
        """False once the bare machine spins for ever."""
        on, bare = self.hosted, self.bare
        if bare.run(max(0, on.steps - bare.steps)).reason is Reason.IDLE:
            return False
        if bare.ports.deadline() == bare.steps and not bare.halted:
            raised = bare.ports.act(bare.steps, bare.storage)  # what is due, the hosted one has seen to already
            bare.state["pending"] = int(bare.state["pending"]) | raised
        state = [*bare.state["x"], *(bare.state[name] for name in SCALARS)]
        assert (on.steps, on.state()) == (bare.steps, state)
        assert on.storage() == bare.storage.cells.tobytes()
        assert on.word("VM_TRAFFIC") == bare.ports.traffic
        return True
