"""A generated guest: words, the state it starts in, what arrives on its console, and how its run is cut up.

`proofs.runs.generation` makes guests, `proofs.runs.laboratory` runs them, `proofs.runs.shrinking` makes the ones that
found something small. A guest loads like an image and prints as assembly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from isa.assembler.disassembly import Disassembler
from isa.assembler.image import Segment
from isa.description import Isa
from isa.devices import BLOCK, Console, Disk, Input, MemoryBacking, Ports, RandomSource, Rings, Script, attach
from isa.devices.catalogue import misfit
from isa.machine import Machine, Storage

BLOCKS, DISK_STEPS = 3, 30  # a small disk, quick enough to finish within a short run


@dataclass(frozen=True)
class Guest:
    """`words` by address; `state` by name, scalars and whole register files. `text` arrives on the console, one
    character each `interval` steps. A run has as many turns as there are `quanta`, each of so many steps."""

    isa: Isa = field(repr=False)
    words: dict[int, int]
    state: dict[str, int | list[int]]
    size: int
    text: bytes = b""
    interval: int = 40
    quanta: tuple[int, ...] = (100,)
    seed: int = 0

    def __repr__(self) -> str:
        """For failures: the guest as assembly."""
        return "\n".join(["", *self.listing()])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The same for what prints structures its own way, as test libraries do."""
        printer.text(repr(self))

    # ---- what `Machine.load` asks of an image

    @property
    def entry(self) -> int:
        pc = self.state.get(self.isa.pc, 0)
        return pc if isinstance(pc, int) else 0

    @property
    def segments(self) -> Sequence[Segment]:
        return list(self._segments())

    def check(self, isa: Isa) -> None:
        pass

    def _segments(self) -> Iterator[Segment]:
        run: list[int] = []
        for address in sorted(self.words):
            if run and address - 1 not in self.words:
                yield Segment(run[0], tuple(self.words[a] for a in run))
                run = []
            run.append(address)
        if run:
            yield Segment(run[0], tuple(self.words[a] for a in run))

    # ---- machines

    @property
    def steps(self) -> int:
        return sum(self.quanta)

    def ports(self, input: Input | None = None) -> Ports:
        """New devices, equal each time, as many as the machine has room for. `input` stands in for the script."""
        cell = (self.isa.word + 7) // 8
        disk = Disk(MemoryBacking(bytes(BLOCKS * BLOCK * cell)), self.isa.word, duration=DISK_STEPS)
        console = Console(input or Script(self.text, self.interval))
        devices = (console, disk, RandomSource(self.isa.word, self.seed), Rings(console, disk))
        return attach(self.isa, *(d for d in devices if not misfit(self.isa, d.name, d.ports)))

    def start(self, machine: Machine) -> None:
        """Load the words and set the state; what the guest does not mention stays as it is after reset."""
        machine.load(self)
        for name, value in self.state.items():
            machine.state[name] = value

    def storage(self) -> Storage:
        return Storage(self.isa.word, self.size)

    # ---- as text

    def listing(self) -> list[str]:
        """Assembly of the words, and the rest of the start in comments."""
        disassembler = Disassembler(self.isa)
        mark = disassembler.syntax.lexer.comment
        lines = [f"{mark} {self.size} words, quanta {', '.join(map(str, self.quanta))}, seed {self.seed}"]
        if self.text:
            lines.append(f"{mark} console: {self.text!r}, one character each {self.interval} steps")
        lines += [f"{mark} {name} = {_shown(value)}" for name, value in self.state.items()]
        for segment in self._segments():
            lines += disassembler.lines(segment, {})
        return lines


def _shown(value: int | list[int]) -> str:
    return f"{value:#x}" if isinstance(value, int) else " ".join(f"{v:#x}" for v in value)
