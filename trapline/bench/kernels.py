"""The kernels in `guests/bench/`, and how large they are for a measurement.

Each kernel leaves its checksum in word `RESULT` when it halts. Its sizes are the `.equ` lines of its source, and macros
of the same names in its C version; `ROUNDS` is among them everywhere, and time is in proportion to it.

For a machine with wider words they are the same texts, in assembly and in C. One with narrow words has its own.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from guests.catalogue import Guest, describe, directory
from isa.assembler import Image, assemble
from isa.description import Isa
from isa.machines.catalogue import find

MACHINE = "g3"
WORDS = 1 << 19  # of storage, enough for each kernel at any size here
RESULT = 7  # the word with the checksum
WIDE = str(directory() / "bench" / "wide.isa")
NARROW = str(directory() / "bench" / "m16.isa")


@dataclass(frozen=True, slots=True)
class Kernel:
    """`full` sizes take compiled C about half a second, `quick` ones the reference engine a few milliseconds. `machine`
    is the one that it is for."""

    name: str
    full: dict[str, int]
    quick: dict[str, int]
    machine: str = MACHINE

    @property
    def isa(self) -> Isa:
        return machine(self.machine)

    @property
    def words(self) -> int:
        """Of storage, enough for it and not more than addresses reach."""
        return min(WORDS, 1 << self.isa.word - 1)


COMPUTE = (
    Kernel("sieve", {"LIMIT": 262_144, "ROUNDS": 800}, {"LIMIT": 1000, "ROUNDS": 2}),
    Kernel("matmul", {"SIZE": 64, "ROUNDS": 3200}, {"SIZE": 8, "ROUNDS": 3}),
    Kernel("crc32", {"LENGTH": 65_536, "ROUNDS": 800}, {"LENGTH": 64, "ROUNDS": 2}),
    Kernel("fib", {"N": 36, "ROUNDS": 6}, {"N": 12, "ROUNDS": 2}),
    Kernel("qsort", {"COUNT": 100_000, "ROUNDS": 80}, {"COUNT": 200, "ROUNDS": 2}),
    Kernel("regloop", {"ROUNDS": 240_000}, {"ROUNDS": 2}),
)
TRAP = Kernel("trap", {"ROUNDS": 20_000_000}, {"ROUNDS": 100})
REFLECT = Kernel("reflect", {"ROUNDS": 2_000_000}, {"ROUNDS": 100})
EMULATE = Kernel("emulate", {"ROUNDS": 2_000_000}, {"ROUNDS": 100})
KERNELS = (*COMPUTE, TRAP, REFLECT, EMULATE)
ON_WIDE = tuple(replace(kernel, machine=WIDE) for kernel in COMPUTE)
ON_NARROW = (
    Kernel("sieve", {"LIMIT": 16_384, "ROUNDS": 12_000}, {"LIMIT": 1000, "ROUNDS": 2}, NARROW),
    Kernel("crc32", {"LENGTH": 16_384, "ROUNDS": 3_000}, {"LENGTH": 64, "ROUNDS": 2}, NARROW),
    Kernel("fib", {"N": 24, "ROUNDS": 2_000}, {"N": 12, "ROUNDS": 2}, NARROW),
)
TRAPS = {WIDE: replace(TRAP, machine=WIDE), NARROW: replace(TRAP, machine=NARROW)}


@lru_cache(maxsize=64)
def _assembled(kernel: str, name: str, sizes: tuple[tuple[str, int], ...]) -> Image:
    guest = text(kernel, name)
    return assemble(machine(name), guest.source(**dict(sizes)), str(guest.path))


def text(kernel: str, name: str = MACHINE) -> Guest:
    """The source of the kernel of this name for the machine of that name."""
    folder = directory() / "bench" / "m16" if name == NARROW else directory() / "bench"
    return describe(folder / f"{kernel}.s")


def machine(name: str = MACHINE) -> Isa:
    """The machine that kernels are for, most of them if nothing else is said."""
    return find(name)


def image(kernel: Kernel, sizes: dict[str, int]) -> Image:
    """A kernel with these sizes, assembled."""
    return _assembled(kernel.name, kernel.machine, tuple(sorted(sizes.items())))
