"""Products and quotients without their arithmetic, for questions that are not about it.

Where two runs multiply what they loaded, a solver that takes multipliers apart compares them bit by bit and finds no
end, although it matters only that equal factors give equal products. So each product, quotient and remainder of two
terms that are not constants becomes an uninterpreted function of its operands, of which one fact is told: it is
commutative where the operator is. The functions include the operators, so what cannot be with *any* functions cannot
be at all: `unsat` of the abstraction is `unsat` of the question, and any other answer of it says nothing.
"""

import z3

from proofs.terms.symbolic import Term
from proofs.terms.walking import kinds_below, terms_below

_COMMUTATIVE = {z3.Z3_OP_BMUL}
_DIVISIONS = {z3.Z3_OP_BUDIV, z3.Z3_OP_BUREM, z3.Z3_OP_BSDIV, z3.Z3_OP_BSREM, z3.Z3_OP_BSMOD}
_ABSTRACTED = _COMMUTATIVE | _DIVISIONS


def abstracted(conditions: list[Term]) -> list[Term]:
    """The conditions with functions for products and quotients, and what is known of the functions; nothing if there
    are none."""
    if not kinds_below(conditions) & _ABSTRACTED:
        return []
    known: list[tuple[Term, Term]] = []
    facts = []
    for term in filter(_is_product, terms_below(conditions)):
        operands = [z3.substitute(operand, *known) if known else operand for operand in term.children()]
        function = z3.Function(f"{term.decl().name()}!{term.size()}", *(o.sort() for o in operands), term.sort())
        known.append((term, function(*operands)))
        if term.decl().kind() in _COMMUTATIVE:
            facts.append(function(*operands) == function(*reversed(operands)))
    return [*(z3.substitute(c, *known) for c in conditions), *facts] if known else []


def _is_product(term: Term) -> bool:
    """Whether a term is to become a function."""
    operands = term.children()
    if len(operands) < 2 or term.decl().kind() not in _ABSTRACTED:
        return False
    return sum(not z3.is_bv_value(operand) for operand in operands) > 1
