"""What a guest that runs directly may change of the real machine, read off the description: whatever an instruction
writes that does not always trap in the mode of guests. The rest stays as the monitor has left it.
"""

from functools import lru_cache

import z3

from isa.description import Isa, Role
from isa.ir.nodes import Behaviour, SetElement
from isa.passes.normal import Bits, bits_written
from proofs.definitions.classification import subjects
from proofs.definitions.pairs import in_guest_mode
from proofs.terms.symbolic import Symbolic, arbitrary, conjunction, negation


@lru_cache(maxsize=8)
def changed_directly(isa: Isa) -> tuple[Bits, frozenset[str]]:
    """The bits of scalars, and the register files."""
    reading = Symbolic(in_guest_mode(arbitrary(isa)))
    bits: set[tuple[str, int]] = {(isa.pc, bit) for bit in range(isa.states[isa.pc].width)}
    files: set[str] = set()
    for body in (s.behaviour for s in subjects(isa)):
        runs = z3.simplify(conjunction(*(negation(reading.value(t.guard)) for t in body.traps)))
        if not z3.is_false(runs):
            bits |= bits_written(body)
            files |= {e.state for e in body.effects if isinstance(e, SetElement)}
    return frozenset(bits), frozenset(files)


def stays(isa: Isa, state: str) -> bool:
    """Whether a direct run leaves a scalar alone, time apart."""
    return not any(name == state for name, _ in changed_directly(isa)[0])


__all__ = ["Behaviour", "Role", "changed_directly", "stays"]
