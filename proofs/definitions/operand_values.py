"""For which values of an operand is a culprit sensitive? Asked value by value, of operands that are small enough.

An instruction that moves to one of several control registers is harmless for some of them, and whoever patches or
guards it wants to know which. Privileged instructions are not asked: their operands change nothing for a monitor.
"""

from collections.abc import Callable

import z3

from isa.description import Use
from proofs.definitions.classification import Classifier, Sensitivity, Subject, Verdict, let_through
from proofs.terms.solving import Found, asking
from proofs.terms.symbolic import SymbolicState, Term, conjunction, same

WIDEST = 6  # bits of an operand that is asked value by value


def sensitive_values(classifier: Classifier, what: Subject, verdict: Verdict) -> dict[str, tuple[int, ...]]:
    """By operand, the values for which the instruction is sensitive where it does not trap, if not for all.

    An unknown counts as sensitive: nothing is called harmless that was not proved so.
    """
    known = verdict.rest if verdict.partly is Found.YES and verdict.rest else verdict.sensitivity
    instruction = what.isa.instructions.get(what.name)
    if instruction is None or verdict.virtualizable is Found.YES or known.sensitive is Found.NO:
        return {}
    found = {}
    for use in instruction.uses:
        if use.operand.width <= WIDEST:
            values = _values(classifier, what, verdict, known, use)
            if len(values) < 1 << use.operand.width:
                found[use.name] = values
    return found


def _values(classifier: Classifier, what: Subject, verdict: Verdict, known: Sensitivity, use: Use) -> tuple[int, ...]:
    width = use.operand.width

    def open_for(value: int) -> bool:
        where = _chosen(what, verdict, same(z3.BitVec(f"operand_{use.name}", width), z3.BitVecVal(value, width)))
        with asking(f"{use.name} = {value}"):
            return classifier.affects(what, known, where) is not Found.NO

    return tuple(v for v in range(1 << width) if open_for(v))


def _chosen(what: Subject, verdict: Verdict, chosen: Term) -> Callable[[SymbolicState], Term]:
    """The states to look at: all, or those where an instruction that is partly privileged does not trap."""
    if verdict.partly is Found.YES:
        return lambda state: conjunction(chosen, let_through(what, state))
    return lambda state: chosen
