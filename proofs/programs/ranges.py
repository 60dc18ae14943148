"""Between which numbers a term lies, as far as its shape tells: enough for tables, registers' numbers and what is
known of a few symbols. Where it tells nothing, the answer is everything that the width holds."""

from collections.abc import Callable, Mapping
from typing import Any

import z3

from proofs.terms.symbolic import Term

Range = tuple[int, int]  # the least and the greatest


class Ranges:
    """What is known of some symbols, by name, and what follows for terms of them."""

    def __init__(self, symbols: Mapping[str, Range]) -> None:
        self.symbols = symbols
        self.found: dict[int, tuple[Term, Range]] = {}  # with the term, so that its number stays its own

    def of(self, value: Any) -> Range:
        """The range of a number or of a term of bits."""
        if isinstance(value, int):
            return value, value
        number = value.get_id()
        if number not in self.found:
            self.found[number] = value, self._of(value)
        return self.found[number][1]

    def compared(self, op: str, args: tuple[Any, ...]) -> bool | None:
        """The truth of a comparison, if the ranges tell it."""
        if op not in ("ult", "ule", "eq"):
            return None
        (least, most), (low, high) = self.of(args[0]), self.of(args[1])
        if op == "eq":
            return False if most < low or high < least else None
        if op == "ult":
            return True if most < low else False if least >= high else None
        return True if most <= low else False if least > high else None

    def _of(self, term: Term) -> Range:
        whole = 0, (1 << term.size()) - 1
        if z3.is_bv_value(term):
            return term.as_long(), term.as_long()
        kind = term.decl().kind()
        if kind == z3.Z3_OP_UNINTERPRETED and not term.num_args():
            return self.symbols.get(term.decl().name(), whole)
        rule = _RULES.get(kind)
        return (rule(self, term) if rule else None) or whole

    def _sum(self, term: Term) -> Range | None:
        parts = [self.of(a) for a in term.children()]
        least, most = sum(p[0] for p in parts), sum(p[1] for p in parts)
        return (least, most) if most < 1 << term.size() else None

    def _product(self, term: Term) -> Range | None:
        least = most = 1
        for low, high in map(self.of, term.children()):
            least, most = least * low, most * high
        return (least, most) if most < 1 << term.size() else None

    def _joined(self, term: Term) -> Range:
        least = most = 0
        for part in term.children():
            low, high = self.of(part)
            least, most = least << part.size() | low, most << part.size() | high
        return least, most

    def _cut(self, term: Term) -> Range | None:
        high, low = term.params()
        least, most = self.of(term.arg(0))
        if most >> (high + 1) == least >> (high + 1):
            mask = (1 << (high + 1)) - 1
            return (least & mask) >> low, (most & mask) >> low
        return None

    def _widened(self, term: Term) -> Range:
        return self.of(term.arg(0))

    def _masked(self, term: Term) -> Range:
        return 0, min(self.of(a)[1] for a in term.children())

    def _either(self, term: Term) -> Range:
        (a, b), (c, d) = self.of(term.arg(1)), self.of(term.arg(2))
        return min(a, c), max(b, d)

    def _remainder(self, term: Term) -> Range | None:
        _, most = self.of(term.arg(0))
        least, divisor = self.of(term.arg(1))
        return (0, min(most, divisor - 1)) if least else None


_RULES: dict[int, Callable[[Ranges, Term], Range | None]] = {
    z3.Z3_OP_BADD: Ranges._sum,
    z3.Z3_OP_BMUL: Ranges._product,
    z3.Z3_OP_CONCAT: Ranges._joined,
    z3.Z3_OP_EXTRACT: Ranges._cut,
    z3.Z3_OP_ZERO_EXT: Ranges._widened,
    z3.Z3_OP_BAND: Ranges._masked,
    z3.Z3_OP_ITE: Ranges._either,
    z3.Z3_OP_BUREM: Ranges._remainder,
    z3.Z3_OP_BUREM_I: Ranges._remainder,
}
