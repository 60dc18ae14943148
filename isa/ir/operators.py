"""The operator table: one row per operator, one column per reading.

A row has the operator's name, its typing rule, its meaning as a Python expression on integers, its meaning as a Python
expression on solver terms (of the functions that `proofs.terms.symbolic` provides), its meaning as a Python expression
that writes native code (of the functions of `isa.engines.native.text`), and a line of manual.
Every reading of the semantics takes an operator's meaning from here and nowhere else.
Values are unsigned integers below 2**w; booleans have width `BOOL` and are Python's True and False.
Placeholders in a meaning: {0} {1} {2} operands; {w} the width of operand 0, {m} its mask, {h} its sign bit;
{v} the width of the result, {rm} its mask; {lo} and {hi} the ends of a slice, {down} a shift to the lower one;
{more} how many bits an extension adds.
"""

from collections.abc import Callable
from functools import cache

from isa.classes import dataclass

BOOL = 0  # the width that stands for "a truth value"; every other width is a number of bits, 1 to 64


@dataclass(frozen=True, slots=True)
class Operator:
    """`typing(widths)` gives the result's width, or None where the caller states it (zext, sext, slice);
    it returns -1 for operands that do not fit."""

    name: str
    arity: int
    typing: Callable[[tuple[int, ...]], int | None]
    python: str
    smt: str
    llvm: str
    manual: str


def _same(widths: tuple[int, ...]) -> int:
    return widths[0] if widths[0] > 0 and widths.count(widths[0]) == len(widths) else -1


def _shift(widths: tuple[int, ...]) -> int:
    return widths[0] if min(widths) > 0 else -1


def _compare(widths: tuple[int, ...]) -> int:
    return BOOL if widths[0] > 0 and widths[0] == widths[1] else -1


def _logic(widths: tuple[int, ...]) -> int:
    return BOOL if widths.count(BOOL) == len(widths) else -1


def _select(widths: tuple[int, ...]) -> int:
    return widths[1] if widths[0] == BOOL and widths[1] == widths[2] else -1


def _stated(widths: tuple[int, ...]) -> int | None:
    return None if widths[0] > 0 else -1


def _concat(widths: tuple[int, ...]) -> int:
    return sum(widths) if min(widths) > 0 else -1


def _signed(operand: str) -> str:
    return f"(({operand} ^ {{h}}) - {{h}})"


_S0, _S1 = _signed("{0}"), _signed("{1}")

OPERATORS: dict[str, Operator] = {
    op.name: op
    for op in (
        Operator("add", 2, _same, "({0} + {1}) & {m}", "{0} + {1}", "add({0}, {1})", "sum modulo 2^w"),
        Operator("sub", 2, _same, "({0} - {1}) & {m}", "{0} - {1}", "sub({0}, {1})", "difference modulo 2^w"),
        Operator("mul", 2, _same, "({0} * {1}) & {m}", "{0} * {1}", "mul({0}, {1})", "low w bits of the product"),
        Operator(
            "divu",
            2,
            _same,
            "{0} // {1} if {1} else {m}",
            "UDiv({0}, {1})",
            "select(is_zero({1}), ones({1}), udiv({0}, nonzero({1})))",
            "unsigned quotient; by zero all ones",
        ),
        Operator(
            "remu",
            2,
            _same,
            "{0} % {1} if {1} else {0}",
            "URem({0}, {1})",
            "select(is_zero({1}), {0}, urem({0}, nonzero({1})))",
            "unsigned remainder; by zero the dividend",
        ),
        Operator(
            "divs",
            2,
            _same,
            f"quotient({_S0}, {_S1}) & {{m}}",
            "If({1} == 0, {0} | -1, {0} / {1})",
            "select(is_zero({1}), ones({1}), select(is_ones({1}), sub(zero({0}), {0}), sdiv({0}, ordinary({1}))))",
            "signed quotient, truncated; by zero -1",
        ),
        Operator(
            "rems",
            2,
            _same,
            f"remainder({_S0}, {_S1}) & {{m}}",
            "If({1} == 0, {0}, SRem({0}, {1}))",
            "select(is_zero({1}), {0}, select(is_ones({1}), zero({0}), srem({0}, ordinary({1}))))",
            "signed remainder, sign of the dividend",
        ),
        Operator("and", 2, _same, "{0} & {1}", "{0} & {1}", "and_({0}, {1})", "bitwise and"),
        Operator("or", 2, _same, "{0} | {1}", "{0} | {1}", "or_({0}, {1})", "bitwise or"),
        Operator("xor", 2, _same, "{0} ^ {1}", "{0} ^ {1}", "xor({0}, {1})", "bitwise exclusive or"),
        Operator("not", 1, _same, "{0} ^ {m}", "~{0}", "xor({0}, ones({0}))", "bitwise complement"),
        Operator("neg", 1, _same, "-{0} & {m}", "-{0}", "sub(zero({0}), {0})", "two's complement"),
        Operator(
            "shl",
            2,
            _shift,
            "({0} << {1}) & {m} if {1} < {w} else 0",
            "{0} << amount({1}, {w})",
            "select(below({1}, {w}), shl({0}, amount({1}, {w})), zero({0}))",
            "shift left; w or more gives 0",
        ),
        Operator(
            "shru",
            2,
            _shift,
            "{0} >> {1}",
            "LShR({0}, amount({1}, {w}))",
            "select(below({1}, {w}), lshr({0}, amount({1}, {w})), zero({0}))",
            "shift right, zeros in; w or more gives 0",
        ),
        Operator(
            "shrs",
            2,
            _shift,
            f"({_S0} >> {{1}}) & {{m}}",
            "{0} >> amount({1}, {w})",
            "ashr({0}, select(below({1}, {w}), amount({1}, {w}), const({w}, {w} - 1)))",
            "shift right, sign in; w or more gives the sign",
        ),
        Operator("eq", 2, _compare, "{0} == {1}", "{0} == {1}", 'compare("eq", {0}, {1})', "equal"),
        Operator("ne", 2, _compare, "{0} != {1}", "{0} != {1}", 'compare("ne", {0}, {1})', "not equal"),
        Operator("ult", 2, _compare, "{0} < {1}", "ULT({0}, {1})", 'compare("ult", {0}, {1})', "unsigned less than"),
        Operator("ule", 2, _compare, "{0} <= {1}", "ULE({0}, {1})", 'compare("ule", {0}, {1})', "unsigned at most"),
        Operator(
            "slt", 2, _compare, "({0} ^ {h}) < ({1} ^ {h})", "{0} < {1}", 'compare("slt", {0}, {1})', "signed less than"
        ),
        Operator(
            "sle", 2, _compare, "({0} ^ {h}) <= ({1} ^ {h})", "{0} <= {1}", 'compare("sle", {0}, {1})', "signed at most"
        ),
        Operator("both", 2, _logic, "{0} and {1}", "And({0}, {1})", "and_({0}, {1})", "both hold"),
        Operator("either", 2, _logic, "{0} or {1}", "Or({0}, {1})", "or_({0}, {1})", "at least one holds"),
        Operator("negate", 1, _logic, "not {0}", "Not({0})", "xor({0}, ones({0}))", "does not hold"),
        Operator(
            "select",
            3,
            _select,
            "{1} if {0} else {2}",
            "If({0}, {1}, {2})",
            "select({0}, {1}, {2})",
            "the first value if the condition holds, else the other",
        ),
        Operator("zext", 1, _stated, "{0}", "ZeroExt({more}, {0})", "zext({0}, {v})", "wider, zeros on the left"),
        Operator(
            "sext",
            1,
            _stated,
            f"{_S0} & {{rm}}",
            "SignExt({more}, {0})",
            "sext({0}, {v})",
            "wider, copies of the sign on the left",
        ),
        Operator(
            "slice",
            1,
            _stated,
            "{0}{down} & {rm}",
            "Extract({hi}, {lo}, {0})",
            "trunc(lshr({0}, const({w}, {lo})), {v})",
            "bits [hi:lo]",
        ),
        Operator(
            "concat",
            2,
            _concat,
            "({0} << {w1}) | {1}",
            "Concat({0}, {1})",
            "or_(shl(zext({0}, {v}), const({v}, {w1})), zext({1}, {v}))",
            "left operand above the right one",
        ),
    )
}


def quotient(dividend: int, divisor: int) -> int:
    """Signed division truncated towards zero; by zero -1."""
    if divisor == 0:
        return -1
    magnitude = abs(dividend) // abs(divisor)
    return magnitude if (dividend < 0) == (divisor < 0) else -magnitude


def remainder(dividend: int, divisor: int) -> int:
    """What `quotient` leaves, with the sign of the dividend; by zero the dividend."""
    if divisor == 0:
        return dividend
    magnitude = abs(dividend) % abs(divisor)
    return -magnitude if dividend < 0 else magnitude


NAMES = {"quotient": quotient, "remainder": remainder, "__builtins__": {}}  # what a meaning may refer to


def python_text(op: str, operands: tuple[str, ...], widths: tuple[int, ...], width: int, low: int = 0) -> str:
    """The meaning of `op` as Python source. `operands` must be names or parenthesised; `width` is the result's."""
    return _filled(OPERATORS[op].python, operands, widths, width, low)


def smt_text(op: str, operands: tuple[str, ...], widths: tuple[int, ...], width: int, low: int = 0) -> str:
    """The meaning of `op` on solver terms, as Python source."""
    return _filled(OPERATORS[op].smt, operands, widths, width, low)


@cache
def llvm_text(op: str, widths: tuple[int, ...], width: int, low: int = 0) -> str:
    """The meaning of `op` as Python source that writes native code: an expression over the operands `a0`, `a1`..."""
    return _filled(OPERATORS[op].llvm, tuple(f"a{i}" for i in range(len(widths))), widths, width, low)


def _filled(meaning: str, operands: tuple[str, ...], widths: tuple[int, ...], width: int, low: int) -> str:
    first = widths[0]
    return meaning.format(
        *operands,
        w=first,
        m=hex((1 << first) - 1),
        h=hex(1 << max(first - 1, 0)),
        w1=widths[1] if len(widths) > 1 else 0,
        v=width,
        rm=hex((1 << width) - 1),
        lo=low,
        down=f" >> {low}" if low else "",
        hi=low + width - 1,
        more=width - first,
    )


@cache
def python_meaning(op: str, widths: tuple[int, ...], width: int, low: int = 0) -> Callable[..., int]:
    """The meaning of `op` at these widths as a function of its operands."""
    names = tuple(f"a{i}" for i in range(len(widths)))
    text = python_text(op, names, widths, width, low)
    meaning: Callable[..., int] = eval(f"lambda {', '.join(names)}: {text}", dict(NAMES))
    return meaning
