"""Writing LLVM's textual IR: one `Text` is one function under construction.

Every method that computes appends one line and returns the operand that names the result; the operator table's native
column is made of calls to them. Widths are in bits; `BOOL` values are `i1`. Nothing here knows a machine.
"""

from collections.abc import Iterable
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

from isa.ir.operators import BOOL, llvm_text

RARE, USUAL = "!0", "!1"  # branch weights: the first label is hardly ever taken, or nearly always
METADATA = '!0 = !{!"branch_weights", i32 1, i32 1000000}\n!1 = !{!"branch_weights", i32 1000000, i32 1}\n'


class Value(NamedTuple):
    """An operand: its width in bits (BOOL for a truth value) and how it is written."""

    width: int
    text: str

    @property
    def type(self) -> str:
        return f"i{self.width or 1}"

    @property
    def typed(self) -> str:
        return f"i{self.width or 1} {self.text}"


TRUE, FALSE = Value(BOOL, "true"), Value(BOOL, "false")


def number(width: int, value: int) -> Value:
    """A constant, cut to the width."""
    if width == BOOL:
        return TRUE if value else FALSE
    return Value(width, str(value & ((1 << width) - 1)))


class Text:
    """A function's lines. Labels are names without `%`; pointers are plain operand texts."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._serial = 0
        self._names: dict[str, Any] = {name: getattr(self, name) for name in _COLUMN} | {"__builtins__": {}}

    # ---- lines

    def emit(self, line: str) -> None:
        self.lines.append("  " + line)

    def named(self, text: str) -> str:
        """A new name for what the text computes."""
        self._serial += 1
        name = f"%v{self._serial}"
        self.lines.append(f"  {name} = {text}")
        return name

    def made(self, width: int, text: str) -> Value:
        return Value(width, self.named(text))

    def label(self, hint: str = "l") -> str:
        self._serial += 1
        return f"{hint}{self._serial}"

    def block(self, label: str) -> None:
        self.lines.append(f"{label}:")

    def jump(self, label: str) -> None:
        self.emit(f"br label %{label}")

    def branch(self, condition: Value, then: str, otherwise: str, weights: str = "") -> None:
        prof = f", !prof {weights}" if weights else ""
        self.emit(f"br i1 {condition.text}, label %{then}, label %{otherwise}{prof}")

    def guard(self, condition: Value, cold: str) -> None:
        """Go to the cold label if the condition holds; go on here otherwise."""
        on = self.label("on")
        self.branch(condition, cold, on, RARE)
        self.block(on)

    def phi(self, width: int, *incoming: tuple[Value, str]) -> Value:
        pairs = ", ".join(f"[ {value.text}, %{label} ]" for value, label in incoming)
        return self.made(width, f"phi i{width or 1} {pairs}")

    def apply(self, op: str, args: tuple[Value, ...], width: int, low: int = 0) -> Value:
        """An operator of the table."""
        code = _column(op, tuple(a.width for a in args), width, low)
        value: Value = eval(code, self._names, {f"a{i}": a for i, a in enumerate(args)})
        return Value(width, value.text)

    # ---- arithmetic

    def const(self, width: int, value: int) -> Value:
        return number(width, value)

    def zero(self, like: Value) -> Value:
        return number(like.width, 0)

    def ones(self, like: Value) -> Value:
        return number(like.width, (1 << (like.width or 1)) - 1)

    def _binary(self, name: str, a: Value, b: Value) -> Value:
        return self.made(a.width, f"{name} {a.typed}, {b.text}")

    def add(self, a: Value, b: Value) -> Value:
        return self._binary("add", a, b)

    def sub(self, a: Value, b: Value) -> Value:
        return self._binary("sub", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        return self._binary("mul", a, b)

    def udiv(self, a: Value, b: Value) -> Value:
        return self._binary("udiv", a, b)

    def urem(self, a: Value, b: Value) -> Value:
        return self._binary("urem", a, b)

    def sdiv(self, a: Value, b: Value) -> Value:
        """Where one bit is all there is, every divisor is 0 or -1, and the caller has excluded both."""
        return self._binary("sdiv", a, b) if a.width > 1 else a

    def srem(self, a: Value, b: Value) -> Value:
        return self._binary("srem", a, b) if a.width > 1 else a

    def and_(self, a: Value, b: Value) -> Value:
        return self._binary("and", a, b)

    def or_(self, a: Value, b: Value) -> Value:
        return self._binary("or", a, b)

    def xor(self, a: Value, b: Value) -> Value:
        return self._binary("xor", a, b)

    def shl(self, a: Value, b: Value) -> Value:
        return self._binary("shl", a, b) if b.text != "0" else a

    def lshr(self, a: Value, b: Value) -> Value:
        return self._binary("lshr", a, b) if b.text != "0" else a

    def ashr(self, a: Value, b: Value) -> Value:
        return self._binary("ashr", a, b)

    def compare(self, how: str, a: Value, b: Value) -> Value:
        return self.made(BOOL, f"icmp {how} {a.typed}, {b.text}")

    def select(self, condition: Value, then: Value, otherwise: Value) -> Value:
        if condition.text == "true":
            return then
        if condition.text == "false":
            return otherwise
        return self.made(then.width, f"select i1 {condition.text}, {then.typed}, {otherwise.typed}")

    def zext(self, a: Value, width: int) -> Value:
        return self.made(width, f"zext {a.typed} to i{width}") if width > (a.width or 1) else Value(width, a.text)

    def sext(self, a: Value, width: int) -> Value:
        return self.made(width, f"sext {a.typed} to i{width}") if width > a.width else a

    def trunc(self, a: Value, width: int) -> Value:
        return self.made(width, f"trunc {a.typed} to i{width or 1}") if width < a.width else a

    def resized(self, a: Value, width: int) -> Value:
        """Cut or filled with zeros."""
        return self.trunc(a, width) if width < a.width else self.zext(a, width)

    # ---- divisors and shift amounts that are safe to compute with

    def is_zero(self, a: Value) -> Value:
        return self.compare("eq", a, self.zero(a))

    def is_ones(self, a: Value) -> Value:
        return self.compare("eq", a, self.ones(a))

    def nonzero(self, a: Value) -> Value:
        return self.select(self.is_zero(a), number(a.width, 1), a)

    def ordinary(self, a: Value) -> Value:
        """A divisor that is neither 0 nor -1: for those two the quotient is not asked of the host."""
        return self.select(self.or_(self.is_zero(a), self.is_ones(a)), number(a.width, 1), a)

    def below(self, amount: Value, width: int) -> Value:
        """Whether a shift amount is below the width of what is shifted."""
        if amount.text.isdigit():
            return TRUE if int(amount.text) < width else FALSE
        if 1 << amount.width <= width:
            return TRUE
        return self.compare("ult", amount, number(amount.width, width))

    def amount(self, amount: Value, width: int) -> Value:
        """A shift amount as wide as what is shifted."""
        if amount.text.isdigit():
            return number(width, int(amount.text))
        return self.resized(amount, width)

    # ---- memory: i64 slots, and words in cells of 8, 16, 32 or 64 bits

    def at(self, pointer: str, index: Value | int, bits: int = 64) -> str:
        """The address of an element of an array of `bits` each."""
        where = number(64, index) if isinstance(index, int) else self.zext(index, 64)
        return pointer if where.text == "0" else self.named(f"getelementptr i{bits}, ptr {pointer}, i64 {where.text}")

    def load(self, pointer: str, width: int, bits: int = 64) -> Value:
        """The low `width` bits of a cell of `bits`."""
        return self.trunc(self.made(bits, f"load i{bits}, ptr {pointer}"), width or 1)._replace(width=width)

    def known(self, pointer: str, width: int, bits: int) -> Value:
        """As `load`, from a cell that is known to hold no more than `width` bits."""
        if width == bits:
            return self.load(pointer, width, bits)
        range = f", !range !{{i{bits} 0, i{bits} {1 << width}}}"
        return self.trunc(self.made(bits, f"load i{bits}, ptr {pointer}{range}"), width or 1)._replace(width=width)

    def store(self, pointer: str, value: Value, bits: int = 64) -> None:
        self.emit(f"store {self.zext(value, bits).typed}, ptr {pointer}")

    def pointer(self, pointer: str) -> str:
        """The address that is stored at an address."""
        return self.named(f"load ptr, ptr {pointer}")

    def call(self, result: str, function: str, arguments: Iterable[str], kind: str = "call") -> str:
        """Calls; returns the name of the result, or nothing for `void`."""
        text = f"{kind} {result} {function}({', '.join(arguments)})"
        if result.split()[-1] == "void":
            self.emit(text)
            return ""
        return self.named(text)

    def define(self, head: str) -> str:
        """The whole function, given its `define` line without the brace."""
        return "\n".join([f"{head} {{", "entry:", *self.lines, "}\n"])


_COLUMN = (
    *("add", "sub", "mul", "udiv", "urem", "sdiv", "srem", "and_", "or_", "xor", "shl", "lshr", "ashr", "compare"),
    *("select", "zext", "sext", "trunc", "const", "zero", "ones", "is_zero", "is_ones", "nonzero", "ordinary"),
    *("below", "amount"),
)


@cache
def _column(op: str, widths: tuple[int, ...], width: int, low: int) -> CodeType:
    return compile(llvm_text(op, widths, width, low), f"<{op}>", "eval")
