"""Which values a field takes, and what bits they become; and back, for the disassembler.

A signed operand of w bits takes -2^(w-1) to 2^(w-1)-1, an unsigned one 0 to 2^w-1, and a word of storage either.
A slice of exactly w bits fits both, since it names the bits themselves: `0xffff[15:0]` is -1 in a signed 16-bit field,
where `0xffff` is refused because it would silently mean another number than it says.
A pc-relative operand is written as its target address; what is stored is the way there from `Operand.pcrel`.
"""

from collections.abc import Callable
from functools import cache

from isa.assembler.expressions import Value
from isa.assembler.tokens import Fault, Tokens, span_of
from isa.description import Operand, Use
from isa.ir.nodes import Apply, Const, Expr, Read
from isa.ir.operators import BOOL, python_meaning


def fit_word(value: Value, width: int, tokens: Tokens) -> int:
    """A word of storage, given as signed or unsigned; `tokens` are what gives it. Raises Fault."""
    if not -(1 << (width - 1)) <= value.number < 1 << width:
        help = f"a word is {-(1 << (width - 1))} to {(1 << width) - 1}; a slice such as `[{width - 1}:0]` cuts a value"
        raise Fault(span_of(tokens), f"{value.number} does not fit a word of {width} bits", help)
    return value.number & ((1 << width) - 1)


def fit(use: Use, value: Value, address: int, tokens: Tokens) -> int:
    """The bits (unsigned) of an operand with this value in an instruction at `address`. Raises Fault."""
    operand = use.operand
    number = value.number if operand.pcrel is None else _distance(operand, operand.pcrel, value.number, address, tokens)
    low, high = limits(operand)
    if not (low <= number <= high or (value.bits == operand.width and operand.pcrel is None)):
        raise _misfit(use, value.number, number, address, tokens)
    bits = number & ((1 << operand.width) - 1)
    left_out = bits & ~use.extract(use.deposit(bits))
    if left_out:
        help = f"its format has no place for the bits {left_out:#x}, which must be zero"
        raise Fault(span_of(tokens), f"{number} cannot be operand `{use.name}`", help)
    return bits


def limits(operand: Operand) -> tuple[int, int]:
    """The least and the greatest value."""
    if operand.signed:
        return -(1 << (operand.width - 1)), (1 << (operand.width - 1)) - 1
    return 0, (1 << operand.width) - 1


def meant(operand: Operand, bits: int) -> int:
    """The number that the operand's bits stand for."""
    negative = operand.signed and bits >> (operand.width - 1)
    return bits - (1 << operand.width) if negative else bits


def target(operand: Operand, bits: int, address: int) -> int:
    """The address that a pc-relative operand's bits stand for in an instruction at `address`."""
    assert operand.pcrel is not None
    return (origin(operand.pcrel, address) + meant(operand, bits)) & ((1 << operand.pcrel.width) - 1)


def origin(pcrel: Expr, address: int) -> int:
    """Where a pc-relative distance starts, for an instruction at `address`."""
    return int(_of_pc(pcrel)(address))


@cache
def _of_pc(expression: Expr) -> Callable[[int], int]:
    """The expression as a function of the pc, which is all that it may read."""
    match expression:
        case Const(width, value):
            constant = bool(value) if width == BOOL else value
            return lambda pc: constant
        case Read():
            mask = (1 << expression.width) - 1
            return lambda pc: pc & mask
        case Apply(width, op, args, low):
            meaning = python_meaning(op, tuple(a.width for a in args), width, low)
            operands = [_of_pc(a) for a in args]
            return lambda pc: meaning(*[operand(pc) for operand in operands])
    raise ValueError("a pcrel expression may only read the pc")


def _distance(operand: Operand, pcrel: Expr, goal: int, address: int, tokens: Tokens) -> int:
    """From the origin to `goal`, the short way round, since addresses wrap."""
    size = 1 << pcrel.width
    if not 0 <= goal < size:
        raise Fault(span_of(tokens), f"{goal} is not an address", f"addresses run from 0 to {size - 1}")
    distance = (goal - origin(pcrel, address)) % size
    return distance - size if operand.signed and distance >= size // 2 else distance


def _misfit(use: Use, written: int, number: int, address: int, tokens: Tokens) -> Fault:
    span = span_of(tokens)
    low, high = limits(use.operand)
    if use.operand.pcrel is not None:
        start = origin(use.operand.pcrel, address)
        message = f"{written:#x} is {number} words from {start:#x}, too far for operand `{use.name}`"
        return Fault(span, message, f"`{use.operand.name}` reaches {low} to {high}; jump through a register")
    message = f"{number} does not fit operand `{use.name}`"
    help = f"`{use.operand.name}` is {low} to {high}"
    width = use.operand.width
    if -(1 << (width - 1)) <= number < 1 << width:
        help += (
            f"; if you mean the bits, write `({number})[{width - 1}:0]`"
            if number < 0
            else f"; if you mean the bits, write `{number}[{width - 1}:0]`"
        )
    return Fault(span, message, help)
