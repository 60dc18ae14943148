"""All paths of the kernel from a label to others, for any process, any container and any words that it was called with.

The kernel's instructions are numbers, and so is where the container's descriptor lies; the process's descriptor lies
anywhere. All else is any word at all: registers, what the descriptors hold, and what is read elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import z3

from guests.catalogue import DIRECTORY, LIBRARY, find
from isa.assembler import Image
from isa.assembler.assembled import assembled
from isa.description import Isa, Kind
from isa.machines.catalogue import find as find_machine
from proofs.programs.code import Code
from proofs.programs.paths import Path, Paths
from proofs.programs.ranges import Ranges
from proofs.programs.state import Setting, State
from proofs.programs.values import Value, lifted
from proofs.terms.symbolic import Memory, Term

MACHINE, GUEST = "g3", "containers"
DATA = (".word", ".space")
END = 1 << 15  # words of the kernel and of what it keeps: what an instruction can name


def kernel() -> Image:
    """The kernel as it is shipped."""
    return assembled(find_machine(MACHINE), find(GUEST).file, DIRECTORY, LIBRARY)


@dataclass
class Kernel:
    """Where a process has made a call. `container` is the address of its container's descriptor."""

    image: Image
    isa: Isa = field(default_factory=lambda: find_machine(MACHINE))
    container: int = 0

    def __post_init__(self) -> None:
        words = dict(self.image.words())
        lines = self.image.lines
        self.fixed = {at: words[at] for at in words if at in lines and not any(d in lines[at].text for d in DATA)}
        self.container = self.image.top + 256
        start, whole = (z3.BitVec(name, self.isa.word) for name in ("process", "storage"))
        most = (1 << self.isa.word) - 1
        size = z3.BitVecVal(self["P_SIZE"], self.isa.word)
        self.setting = Setting(
            self.isa, END, start, size, whole, Ranges({"process": (END, most), "storage": (END, most)})
        )

    def __getitem__(self, name: str) -> int:
        return self.image.symbols[name]

    def of_process(self, state: State, name: str) -> Term:
        """A word of the process's descriptor."""
        return state.window.read(z3.BitVecVal(self[name], self.isa.word))

    def of_container(self, name: str) -> Term:
        """A word of its container's, as it was before."""
        return z3.BitVec(f"word_{self.container + self[name]}", self.isa.word)

    @property
    def process(self) -> Memory:
        """The process's descriptor: any words, but that it is of this container."""
        cells = z3.Function("of_process", z3.BitVecSort(self.isa.word), z3.BitVecSort(self.isa.word))
        place = z3.BitVecVal(self["P_CONTAINER"], self.isa.word)
        own = z3.BitVecVal(self.container, self.isa.word)
        return Memory(lambda index: own if z3.is_true(z3.simplify(index == place)) else cells(index))

    def supposed(self) -> list[Term]:
        """What the kernel has seen to before: descriptors and windows lie in storage, limits are what they may be."""
        state = self.begins("done")
        start, whole, size = self.setting.start, self.setting.whole, self.setting.size
        base, bound = self.of_process(state, "P_BASE"), self.of_process(state, "P_BOUND")
        first, count = self.of_container("C_FIRST"), self.of_container("C_PROCESSES")
        table, files = self.of_container("C_TABLE"), self.of_container("C_FILES")
        return [
            z3.UGE(start, END),
            z3.ULE(start, whole - size),
            z3.UGE(whole, END),
            z3.ULE(bound, whole),
            z3.ULE(base, whole - bound),
            z3.ULE(count, 64),
            z3.ULE(first, END - 64 * self["P_SIZE"]),
            z3.ULE(files, 256),
            z3.ULE(table, whole - 256 * self["F_SIZE"]),
            z3.UGE(whole, 256 * self["F_SIZE"]),
        ]

    def begins(self, label: str) -> State:
        """Any state at a label."""
        general = next(s for s in self.isa.states.values() if s.kind is Kind.ARRAY and s.zero)
        cells: list[Value] = [z3.BitVec(f"r{n}", self.isa.word) for n in range(general.count)]
        cells[0], cells[11], cells[12] = 0, self.container, self.setting.start
        cells[14], cells[15] = self["stack"], self["done"]
        scalars: dict[str, Value] = {s.name: z3.BitVec(s.name, s.width) for s in self.isa.scalars()}
        most = (1 << self.isa.word) - 1
        scalars |= {"pc": self[label], "psw": 0, "base": 0, "bound": most, "halted": 0}
        return State(scalars, {general.name: cells}, self._own, self.process)

    def _own(self, address: int) -> Value:
        return self.fixed.get(address, z3.BitVec(f"word_{address}", self.isa.word))

    def paths(self, label: str, stops: tuple[str, ...], more: list[Term]) -> Iterator[Path]:
        """Every path from a label to one of these."""
        paths = Paths(Code(self.isa), self.setting, [*self.supposed(), *more])
        yield from paths.until(self.begins(label), frozenset(self[stop] for stop in stops))

    def register(self, state: State, number: int) -> Term:
        (cells,) = state.files.values()
        return lifted(cells[number], self.isa.word)
