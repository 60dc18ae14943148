"""How the operators of `isa.ir.operators` are spelled in `.isa` files. One row per spelling; docs/language.md shows them.

`>u` and its like are the operators for `<u` with the operands swapped.
"""

from dataclasses import dataclass
from enum import Enum

from isa.ir.operators import OPERATORS


class Shape(Enum):
    """How widths go through an operator."""

    SAME = "both operands and the result have one width"
    SHIFT = "the result has the width of the left operand"
    COMPARE = "operands of one width give a truth value"
    LOGIC = "truth values"
    CONCAT = "the result has the sum of the widths"


@dataclass(frozen=True, slots=True)
class Spelling:
    """`verb` says what it does to its operands {l} and {r}, for errors."""

    text: str
    op: str
    shape: Shape
    verb: str
    swapped: bool = False


BINARY: dict[str, Spelling] = {
    s.text: s
    for s in (
        Spelling("+", "add", Shape.SAME, "adds {l} to {r}"),
        Spelling("-", "sub", Shape.SAME, "subtracts {r} from {l}"),
        Spelling("*", "mul", Shape.SAME, "multiplies {l} by {r}"),
        Spelling("/u", "divu", Shape.SAME, "divides {l} by {r}"),
        Spelling("%u", "remu", Shape.SAME, "divides {l} by {r}"),
        Spelling("/s", "divs", Shape.SAME, "divides {l} by {r}"),
        Spelling("%s", "rems", Shape.SAME, "divides {l} by {r}"),
        Spelling("&", "and", Shape.SAME, "combines {l} with {r}"),
        Spelling("|", "or", Shape.SAME, "combines {l} with {r}"),
        Spelling("^", "xor", Shape.SAME, "combines {l} with {r}"),
        Spelling("<<", "shl", Shape.SHIFT, "shifts {l} by {r}"),
        Spelling(">>u", "shru", Shape.SHIFT, "shifts {l} by {r}"),
        Spelling(">>s", "shrs", Shape.SHIFT, "shifts {l} by {r}"),
        Spelling("==", "eq", Shape.COMPARE, "compares {l} with {r}"),
        Spelling("!=", "ne", Shape.COMPARE, "compares {l} with {r}"),
        Spelling("<u", "ult", Shape.COMPARE, "compares {l} with {r}"),
        Spelling("<=u", "ule", Shape.COMPARE, "compares {l} with {r}"),
        Spelling(">u", "ult", Shape.COMPARE, "compares {l} with {r}", swapped=True),
        Spelling(">=u", "ule", Shape.COMPARE, "compares {l} with {r}", swapped=True),
        Spelling("<s", "slt", Shape.COMPARE, "compares {l} with {r}"),
        Spelling("<=s", "sle", Shape.COMPARE, "compares {l} with {r}"),
        Spelling(">s", "slt", Shape.COMPARE, "compares {l} with {r}", swapped=True),
        Spelling(">=s", "sle", Shape.COMPARE, "compares {l} with {r}", swapped=True),
        Spelling("&&", "both", Shape.LOGIC, "combines {l} with {r}"),
        Spelling("||", "either", Shape.LOGIC, "combines {l} with {r}"),
        Spelling("++", "concat", Shape.CONCAT, "joins {l} and {r}"),
    )
}

UNARY: dict[str, str] = {"~": "not", "-": "neg", "!": "negate"}

# Operators with a form of their own.
FORMS: dict[str, str] = {
    "select": "if c then a else b",
    "zext": "zext(a), zext(a, width)",
    "sext": "sext(a), sext(a, width)",
    "slice": "a[high:low], a[bit]",
}


def operator_table() -> str:
    """The table of docs/language.md: every operator, how it is written, what it means. Markdown."""
    rows = ["| written | means |", "|---|---|"]
    for name, operator in OPERATORS.items():
        written = [_example(s) for s in BINARY.values() if s.op == name]
        written += [f"{text}a" for text, op in UNARY.items() if op == name]
        written += [FORMS[name]] if name in FORMS else []
        spelled = ", ".join(f"`{w}`" for w in written).replace("|", "\\|")
        rows.append(f"| {spelled} | {operator.manual} |")
    return "\n".join(rows)


def _example(spelling: Spelling) -> str:
    return f"b {spelling.text} a" if spelling.swapped else f"a {spelling.text} b"
