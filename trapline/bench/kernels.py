"""The kernels in `guests/bench/`, and how large they are for a measurement.

Each kernel leaves its checksum in word `RESULT` when it halts. Its sizes are the `.equ` lines of its source, and macros
of the same names in its C version; `ROUNDS` is among them everywhere, and time is in proportion to it.
"""

from dataclasses import dataclass
from functools import lru_cache

from guests.catalogue import describe, directory
from isa.assembler import Image, assemble
from isa.description import Isa
from isa.machines.catalogue import find

MACHINE = "g3"
WORDS = 1 << 19  # of storage, enough for each kernel at any size here
RESULT = 7  # the word with the checksum


@dataclass(frozen=True, slots=True)
class Kernel:
    """`full` sizes take compiled C about half a second, `quick` ones the reference engine a few milliseconds."""

    name: str
    full: dict[str, int]
    quick: dict[str, int]


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


@lru_cache(maxsize=64)
def _assembled(name: str, sizes: tuple[tuple[str, int], ...]) -> Image:
    guest = describe(directory() / "bench" / f"{name}.s")
    return assemble(machine(), guest.source(**dict(sizes)), str(guest.path))


def machine() -> Isa:
    """The machine that the kernels are for."""
    return find(MACHINE)


def image(kernel: Kernel, sizes: dict[str, int]) -> Image:
    """A kernel with these sizes, assembled."""
    return _assembled(kernel.name, tuple(sorted(sizes.items())))
