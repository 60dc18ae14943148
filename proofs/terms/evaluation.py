"""Obligations on numbers: the very terms that the solver gets, read back into Python by the operator table.

No solver takes part. A question becomes one Python function over free values; who supplies them is `proofs.obligations.sampling`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import z3

from isa.errors import TraplineError
from isa.ir.operators import BOOL, NAMES, python_text
from proofs.terms.symbolic import Term

Scalar = Callable[[str, int], int]  # name, width -> value of a free constant
Cell = Callable[[str, int, tuple[int, ...]], int]  # name, width, arguments -> value of an uninterpreted function

# The operator of ours that means the same. Signed division by zero is the one difference, and no term depends on it:
# the operator's own meaning on terms asks for the divisor first.
_OPERATORS = {
    z3.Z3_OP_BADD: "add",
    z3.Z3_OP_BSUB: "sub",
    z3.Z3_OP_BMUL: "mul",
    z3.Z3_OP_BUDIV: "divu",
    z3.Z3_OP_BUDIV_I: "divu",
    z3.Z3_OP_BUREM: "remu",
    z3.Z3_OP_BUREM_I: "remu",
    z3.Z3_OP_BSDIV: "divs",
    z3.Z3_OP_BSDIV_I: "divs",
    z3.Z3_OP_BSREM: "rems",
    z3.Z3_OP_BSREM_I: "rems",
    z3.Z3_OP_BAND: "and",
    z3.Z3_OP_BOR: "or",
    z3.Z3_OP_BXOR: "xor",
    z3.Z3_OP_BNOT: "not",
    z3.Z3_OP_BNEG: "neg",
    z3.Z3_OP_BSHL: "shl",
    z3.Z3_OP_BLSHR: "shru",
    z3.Z3_OP_BASHR: "shrs",
    z3.Z3_OP_EQ: "eq",
    z3.Z3_OP_DISTINCT: "ne",
    z3.Z3_OP_XOR: "ne",
    z3.Z3_OP_ULT: "ult",
    z3.Z3_OP_ULEQ: "ule",
    z3.Z3_OP_SLT: "slt",
    z3.Z3_OP_SLEQ: "sle",
    z3.Z3_OP_AND: "both",
    z3.Z3_OP_OR: "either",
    z3.Z3_OP_NOT: "negate",
    z3.Z3_OP_ITE: "select",
    z3.Z3_OP_ZERO_EXT: "zext",
    z3.Z3_OP_SIGN_EXT: "sext",
    z3.Z3_OP_EXTRACT: "slice",
    z3.Z3_OP_CONCAT: "concat",
}
_SWAPPED = {z3.Z3_OP_UGT: "ult", z3.Z3_OP_UGEQ: "ule", z3.Z3_OP_SGT: "slt", z3.Z3_OP_SGEQ: "sle"}


@dataclass(frozen=True)
class Question:
    """Whether hypotheses and a goal can hold together, as a function of numbers."""

    hypotheses: tuple[Term, ...]
    goal: Term

    @cached_property
    def order(self) -> list[Term]:
        """Every term once, operands before users, hypotheses before the goal."""
        return list(_terms((*self.hypotheses, self.goal)))

    @cached_property
    def position(self) -> dict[int, int]:
        return {term.get_id(): i for i, term in enumerate(self.order)}

    @cached_property
    def support(self) -> list[tuple[str, ...]]:
        """For each hypothesis, the names of the free constants and functions that it depends on."""
        return [tuple(sorted({t.decl().name() for t in _terms((h,)) if _free(t)})) for h in self.hypotheses]

    @cached_property
    def ask(self) -> Callable[[Scalar, Cell, list[int]], int]:
        """`ask(scalar, cell, values)`: the number of the first hypothesis that is false; or -1 if all hold and the goal
        does too, -2 if all hold and the goal does not. Fills `values`, which has a place for every term."""
        space: dict[str, object] = dict(NAMES)
        exec(compile(self.source, "<question>", "exec"), space)
        made: Callable[[Scalar, Cell, list[int]], int] = space["ask"]  # type: ignore[assignment]
        return made

    @property
    def source(self) -> str:
        lines = ["def ask(scalar, cell, t):"]
        checks = {self.position[h.get_id()]: n for n, h in reversed(list(enumerate(self.hypotheses)))}
        for i, term in enumerate(self.order):
            lines.append(f"    t[{i}] = {self._text(term)}")
            if i in checks:
                lines.append(f"    if not t[{i}]: return {checks[i]}")
        lines.append(f"    return -1 if t[{self.position[self.goal.get_id()]}] else -2")
        return "\n".join(lines)

    def _text(self, term: Term) -> str:
        """A term as a Python expression over the values of its operands."""
        operands = [f"t[{self.position[c.get_id()]}]" for c in term.children()]
        widths = [width_of(c) for c in term.children()]
        kind, width = term.decl().kind(), width_of(term)
        if kind in _SWAPPED:
            return python_text(_SWAPPED[kind], tuple(operands[::-1]), tuple(widths[::-1]), width)
        if kind in _OPERATORS:
            low = term.params()[1] if kind == z3.Z3_OP_EXTRACT else 0
            return _applied(_OPERATORS[kind], operands, widths, width, low)
        match kind:
            case z3.Z3_OP_BNUM:
                return str(term.as_long())
            case z3.Z3_OP_TRUE | z3.Z3_OP_FALSE:
                return str(kind == z3.Z3_OP_TRUE)
            case z3.Z3_OP_IMPLIES:
                return f"not {operands[0]} or {operands[1]}"
            case z3.Z3_OP_UNINTERPRETED if operands:
                return f"cell({term.decl().name()!r}, {width}, ({', '.join(operands)},))"
            case z3.Z3_OP_UNINTERPRETED:
                return f"scalar({term.decl().name()!r}, {width})"
        # The operator table has no other terms; a new one must be given a meaning here before it can be sampled.
        raise TraplineError(f"`{term.decl().name()}` has no meaning on numbers", "prove it: leave out `--sample`")


def _applied(op: str, operands: Sequence[str], widths: Sequence[int], width: int, low: int) -> str:
    """An operator on its operands or, since the solver flattens sums and conjunctions, on more than it takes."""
    if op in ("both", "either"):
        return (" and " if op == "both" else " or ").join(operands)
    if op == "select" or len(operands) <= 2:
        return python_text(op, tuple(operands), tuple(widths), width, low)
    text, first = operands[0], widths[0]
    for operand, added in zip(operands[1:], widths[1:], strict=True):
        total = first + added if op == "concat" else first
        text, first = f"({python_text(op, (text, operand), (first, added), total)})", total
    return text


def width_of(term: Term) -> int:
    return BOOL if z3.is_bool(term) else int(term.size())


def _free(term: Term) -> bool:
    return bool(term.decl().kind() == z3.Z3_OP_UNINTERPRETED)


def _terms(roots: Iterable[Term]) -> Iterator[Term]:
    """Every term below the roots, once, operands before users."""
    seen: set[int] = set()
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:
        term, ready = stack.pop()
        if ready:
            yield term
        elif term.get_id() not in seen:
            seen.add(term.get_id())
            stack.append((term, True))
            stack.extend((child, False) for child in reversed(term.children()))
