"""Kernels with a check missing or wrong, each of which the promise named for it must refute."""

from dataclasses import dataclass, replace
from functools import cache

from guests.catalogue import directory, find
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.errors import Source
from isa.machines.catalogue import find as find_machine
from proofs.kernel.reached import GUEST, MACHINE


@dataclass(frozen=True)
class Mutant:
    """The text `old` of the kernel, which is there once, replaced by `new`."""

    name: str
    promise: str
    old: str
    new: str


MUTANTS = (
    Mutant("any address", "buffers", "        bltu r3, r1, 1f\n        sub", "        sub"),
    Mutant("any length", "buffers", "        bltu r3, r2, 1f\n        lw   r3, P_BASE", "        lw   r3, P_BASE"),
    Mutant(
        "one word too many",
        "buffers",
        "        bltu r3, r2, 1f\n",
        "        addi r2, r2, -1\n        bltu r3, r2, 1f\n        addi r2, r2, 1\n",
    ),
    Mutant("nobody looks (UNCHECKED)", "transfers", "        .ifndef UNCHECKED\n", "        .if 0\n"),
    Mutant(
        "half a block",
        "transfers",
        "        set  r2, BLOCK\n        call physical\n        beqz r1, refuse\n        .else",
        "        set  r2, BLOCK / 2\n        call physical\n        beqz r1, refuse\n        .else",
    ),
    Mutant("any file", "files", "        bgeu r4, r2, 9f\n", ""),
    Mutant("a file too many", "files", "        bgeu r4, r2, 9f\n", "        bgtu r4, r2, 9f\n"),
    Mutant("any block", "blocks", "        bgeu r3, r2, 1f\n        set  r2, 1\n", "        set  r2, 1\n"),
    Mutant(
        "a block less",
        "blocks",
        "        sub  r3, r1, r2\n        lw   r2, C_BLOCKS",
        "        sub  r3, r2, r1\n        lw   r2, C_BLOCKS",
    ),
    Mutant(
        "any process",
        "processes",
        "        bgeu r1, r2, refuse\n        set  r2, P_SIZE\n",
        "        set  r2, P_SIZE\n",
    ),
    Mutant(
        "counted from 0",
        "processes",
        "        addi r1, r1, -1\n        bgeu r1, r2, refuse\n",
        "        bgtu r1, r2, refuse\n",
    ),
    Mutant(
        "a signed process",
        "processes",
        "        bgeu r1, r2, refuse\n        set  r2, P_SIZE\n",
        "        bge  r1, r2, refuse\n        set  r2, P_SIZE\n",
    ),
)


class _Texts(Directory):
    """The sources of the kernel with a change made."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(str(directory()))
        self.mutant, self.made = mutant, 0

    def __call__(self, path: str, includer: str) -> Source:
        source = super().__call__(path, includer)
        self.made += source.text.count(self.mutant.old)
        return replace(source, text=source.text.replace(self.mutant.old, self.mutant.new))


@cache
def planted(mutant: Mutant) -> Image:
    guest, texts = find(GUEST), _Texts(mutant)
    image = assemble(find_machine(MACHINE), guest.source(), guest.file, texts)
    if texts.made != 1:
        raise ValueError(f"the text of {mutant.name!r} stands {texts.made} times in the kernel")
    return image
