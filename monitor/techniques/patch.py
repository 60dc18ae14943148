"""Patching: instructions that must not run directly are replaced, in the program that is loaded, by a word that traps.
The monitor then does what the word that stood there would have done.

So machines that fail every theorem were virtualized all the same. It rests on what no theorem needs: that the guest
leaves alone what was replaced, and brings nothing that would have to be.
"""

from collections.abc import Container

from isa.description import Isa
from isa.encoding import decoder, spare_words
from isa.errors import MachineError
from isa.ir.nodes import TRUE
from isa.machine import Machine
from monitor.techniques.technique import Replaced, Standing, Technique

ASSUMES = (
    "it reads no instruction that was replaced",
    "it writes none",
    "it brings none that would have to be replaced",
)


def patches(machine: Machine, standing: Standing, culprits: frozenset[str] | None) -> Standing:
    """The culprits of a program, each with the word that is put in its place. Raises MachineError if nobody has said
    what they are, or if there is no word for it."""
    if culprits is None:
        raise MachineError("nobody has said what to replace", "tell the technique the culprits of the machine")
    if culprits and not machine.code:
        help = "assemble it again; a saved machine knows it if it was loaded from such an image"
        raise MachineError("the program does not say which of its words are instructions, and cannot be patched", help)
    decode = decoder(machine.isa)
    found = {p: w for p, w in machine.instructions() if (i := decode.find(w)) is not None and i.name in culprits}
    if not found:
        return {}
    word = free_word(machine.isa, set(machine.words(0, machine.storage.size)))
    return {place: Replaced(word, was) for place, was in found.items()}


def free_word(isa: Isa, used: Container[int]) -> int:
    """A word that is no instruction and none of those that are used. Raises MachineError if there is none."""
    found = next((word for word in spare_words(isa) if word not in used), None)
    if found is None:
        raise MachineError(
            f"nothing can be put in the place of an instruction of {isa.name}: every word is one, or used by the guest",
            "choose another technique",
        )
    return found


PATCH = Technique(
    "patch",
    "everything runs directly, with traps in place of the culprits",
    lambda isa: TRUE,
    patches,
    asks=True,
    assumes=ASSUMES,
)
