"""Values of a program that is run symbolically: numbers wherever they are known, and terms of the solver elsewhere.

Most of what a monitor computes with is known: addresses, tables, its own mode. On numbers an operator is Python's,
which is a hundred times as quick as a term; on terms it is the solver's, simplified at once. Both meanings are the
operator table's. `ranges.py` decides comparisons of terms that need no solver.
"""

from functools import cache
from typing import Any

import z3

from isa.ir.nodes import Apply
from isa.ir.operators import BOOL, python_meaning
from isa.ir.reading import Reading
from proofs.programs.ranges import Ranges
from proofs.terms.symbolic import Term, constant, smt_meaning

Value = Any  # an int, a bool, or a Term


def known(value: Value) -> bool:
    """Whether a value is a number or a truth value of Python's."""
    return isinstance(value, int)


def lifted(value: Value, width: int) -> Term:
    """A value as a term."""
    return constant(width, value) if isinstance(value, int) else value


_AS_WRITTEN = z3.args2params((), {"bv_le2extract": False})  # comparisons stay, and are not taken apart into bits


def plain(term: Term) -> Term:
    """A term, simplified as far as it stays readable, for people and for the solver."""
    return z3.z3._to_expr_ref(z3.Z3_simplify_ex(term.ctx_ref(), term.as_ast(), _AS_WRITTEN.params), term.ctx)


def lowered(term: Term) -> Value:
    """A term, simplified; a number if it is one."""
    plain_term = plain(term)
    if z3.is_bv_value(plain_term):
        return plain_term.as_long()
    if z3.is_true(plain_term):
        return True
    return False if z3.is_false(plain_term) else plain_term


def extended(term: Term, shift: int) -> Value:
    """A term shifted right with its sign: as an extension, as which descriptions have the offsets that programs make
    so."""
    return lowered(z3.SignExt(shift, z3.Extract(term.size() - 1, shift, term)))


@cache
def _numeric(op: str, widths: tuple[int, ...], width: int, low: int) -> Any:
    return python_meaning(op, widths, width, low)


class Values(Reading[Value]):
    """The operators. Who inherits says what is read."""

    def __init__(self, ranges: Ranges) -> None:
        super().__init__()
        self.ranges = ranges

    def const(self, width: int, value: int) -> Value:
        return bool(value) if width == BOOL else value

    def apply(self, node: Apply, args: tuple[Value, ...]) -> Value:
        widths = tuple([a.width for a in node.args])
        if all([isinstance(a, int) for a in args]):
            found = _numeric(node.op, widths, node.width, node.low)(*args)
            return bool(found) if node.width == BOOL else found
        if node.op == "select" and isinstance(args[0], int):
            return args[1] if args[0] else args[2]
        told = self.ranges.compared(node.op, args)
        if told is not None:
            return told
        if node.op == "shrs" and isinstance(args[1], int) and args[1] < widths[0]:
            return extended(args[0], args[1])
        terms = [lifted(a, w) for a, w in zip(args, widths, strict=True)]
        return lowered(smt_meaning(node.op, widths, node.width, node.low)(*terms))
