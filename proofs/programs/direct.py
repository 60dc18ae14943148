"""What a guest that runs directly may change of the real machine, read off the description: whatever an instruction
writes that does not always trap in the mode of guests. The rest stays as the monitor has left it.
"""

from functools import lru_cache

import z3

from isa.description import Isa
from isa.ir.nodes import SetElement
from isa.passes.normal import Bits, bits_read, bits_written
from isa.passes.partition import RESOURCES, places
from proofs.definitions.classification import Subject, subjects
from proofs.definitions.pairs import in_guest_mode
from proofs.programs.values import plain
from proofs.terms.symbolic import Symbolic, arbitrary


@lru_cache(maxsize=8)
def directly(isa: Isa) -> tuple[Subject, ...]:
    """The instructions that do not always trap in the mode of guests."""
    reading = Symbolic(in_guest_mode(arbitrary(isa)))

    def always(what: Subject) -> bool:
        return any(z3.is_true(plain(reading.value(t.guard))) for t in what.behaviour.traps)

    return tuple(what for what in subjects(isa) if not always(what))


@lru_cache(maxsize=8)
def changed_directly(isa: Isa) -> tuple[Bits, frozenset[str]]:
    """The bits of scalars, and the register files."""
    bits: set[tuple[str, int]] = {(isa.pc, bit) for bit in range(isa.states[isa.pc].width)}
    bits |= {bit for what in directly(isa) for bit in bits_written(what.behaviour)}
    effects = (e for what in directly(isa) for e in what.behaviour.effects)
    return frozenset(bits), frozenset(e.state for e in effects if isinstance(e, SetElement))


def stays(isa: Isa, state: str) -> bool:
    """Whether a direct run leaves a scalar alone, time apart."""
    return not any(name == state for name, _ in changed_directly(isa)[0])


def changes_whole(isa: Isa, name: str) -> bool:
    """Whether a direct run may change every bit of a scalar."""
    changed = changed_directly(isa)[0]
    return all((name, bit) in changed for bit in range(isa.states[name].width))


def meddling(isa: Isa) -> list[str]:
    """The instructions that look at or set a resource and run directly. The theorem "direct" parks all resources, and a
    monitor in assembly lets the timer run: where there are none of these, that is no difference."""
    mine = {(p.state, p.low + bit) for p in places(isa, RESOURCES) for bit in range(p.width)}
    found = directly(isa)
    return [w.name for w in found if (bits_read(w.behaviour.expressions()) | bits_written(w.behaviour)) & mine]
