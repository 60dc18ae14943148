"""Constant expressions: C's operators and precedence, slices `e[31:16]`, characters, symbols, `Mode.user`, `.`.

`parse` turns tokens into postfix code without recursion, so that no source can exhaust the stack; `evaluate` runs it.
`.` is the address of the statement. Values are exact integers of up to 128 bits and a sign; what they may be in a
given field is `fitting`'s business.
Division truncates, `>>` keeps the sign, comparisons give 0 or 1, and both sides of `&&` and `||` are evaluated.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from isa.assembler.tokens import Fault, Kind, Token, Tokens, after, span_of
from isa.errors import Span
from isa.ir.operators import quotient, remainder

LARGEST = 1 << 128  # magnitudes stay below this
HIGHEST_BIT = 127


class Value(NamedTuple):
    """`bits` is the width when the value was written as a slice, that is, as that many bits; otherwise None."""

    number: int
    bits: int | None = None


class Push(NamedTuple):
    number: int


class Leaf(NamedTuple):
    """A symbol, an enum constant, a local label or `.`, to be looked up."""

    token: Token


class Operate(NamedTuple):
    """An operator on the top `arity` values; the slice takes the value, the high and the low bit. `LOAD` is the word at
    an address, which only conditions on a running machine may ask for."""

    symbol: str
    arity: int
    token: Token


class Expression(NamedTuple):
    """Postfix code, and the tokens that it was made of."""

    code: tuple[Push | Leaf | Operate, ...]
    tokens: Tokens

    @property
    def span(self) -> Span:
        return span_of(self.tokens)


class Scope(Protocol):
    """What names mean at one place of the source. Raises Fault or Poisoned."""

    def look_up(self, token: Token) -> int: ...


LOAD = "[]"
_LEVELS = ("||", "&&", "|", "^", "&", "== !=", "< <= > >=", "<< >>", "+ -", "* / %")
_PRECEDENCE = {symbol: level for level, symbols in enumerate(_LEVELS) for symbol in symbols.split()}
_UNARY: dict[str, Callable[[int], int]] = {
    "-": lambda a: -a,
    "+": lambda a: a,
    "~": lambda a: ~a,
    "!": lambda a: int(not a),
}
_BINARY: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: int(bool(a or b)),
    "&&": lambda a, b: int(bool(a and b)),
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": quotient,
    "%": remainder,
}
_LEAVES = (Kind.NAME, Kind.LOCAL)


def parse(tokens: Tokens, before: Token | None = None, loads: bool = False) -> Expression:
    """The expression that all of `tokens` are; if there are none, it is missing after `before`. With `loads` a value
    may be `[e]`. Raises Fault."""
    if len(tokens) == 1 and tokens[0].kind is Kind.NUMBER:
        return Expression((_push(tokens[0]),), tokens)
    if not tokens:
        assert before is not None
        raise Fault(after(before), "a value is missing", "write a number, a symbol or an expression")
    parser = _Parser(loads)
    for token in _opened(tokens) if any(t.kind is Kind.GROUP for t in tokens) else tokens:
        parser.take(token)
    parser.finish(tokens[-1])
    return Expression(tuple(parser.code), tokens)


def _push(token: Token) -> Push:
    assert isinstance(token.value, int)
    return Push(token.value)


def is_expression(tokens: Tokens) -> bool:
    """Do these tokens read as one expression?"""
    try:
        parse(tokens)
    except Fault:
        return False
    return True


def _opened(tokens: Tokens) -> Iterator[Token]:
    """Tokens with every group put in parentheses."""
    stack = [iter(tokens)]
    closers: list[Token] = []
    while stack:
        token = next(stack[-1], None)
        if token is None:
            stack.pop()
            if closers:
                yield closers.pop()
        elif token.kind is Kind.GROUP:
            yield Token(Kind.MARK, "(", token.line, token.column, token.end)
            closers.append(Token(Kind.MARK, ")", token.line, token.column, token.end))
            stack.append(iter(token.inner))
        else:
            yield token


class _Parser:
    """Dijkstra's shunting yard. `waiting` holds operators and open brackets, outermost first."""

    def __init__(self, loads: bool) -> None:
        self.loads = loads
        self.code: list[Push | Leaf | Operate] = []
        self.waiting: list[tuple[str, int, Token]] = []  # symbol, arity (0 for a bracket), token
        self.wants_value = True

    def take(self, token: Token) -> None:
        if self.wants_value:
            self._value(token)
        else:
            self._operator(token)

    def finish(self, last: Token) -> None:
        if self.wants_value:
            raise Fault(
                after(last), f"a value is missing after `{last.text}`", "write a number, a symbol or an expression"
            )
        self._reduce(-1)
        if self.waiting:
            symbol, _, token = self.waiting[-1]
            opener = "[" if symbol in (":", LOAD) else symbol
            raise Fault(token.span, f"`{opener}` is not closed", f"add `{']' if opener == '[' else ')'}`")

    def _value(self, token: Token) -> None:
        if token.kind is Kind.NUMBER:
            self._leaf(_push(token))
        elif token.kind in _LEAVES or token.is_mark("."):
            self._leaf(Leaf(token))
        elif token.kind is Kind.MARK and token.text in _UNARY:
            self.waiting.append((token.text, 1, token))
        elif token.is_mark("("):
            self.waiting.append(("(", 0, token))
        elif self.loads and token.is_mark("["):
            self.waiting.append((LOAD, 0, token))
        elif token.kind is Kind.PASTE:
            raise Fault(token.span, f"`{token.text}` is a macro's parameter, and this is not in a macro")
        else:
            raise Fault(token.span, f"`{token.text}` is not a value", "write a number, a symbol or an expression")

    def _leaf(self, step: Push | Leaf) -> None:
        self.code.append(step)
        self.wants_value = False

    def _operator(self, token: Token) -> None:
        symbol = token.text if token.kind is Kind.MARK else ""
        if symbol in _PRECEDENCE:
            self._reduce(_PRECEDENCE[symbol])
            self.waiting.append((symbol, 2, token))
            self.wants_value = True
        elif symbol == ")":
            self._close("(", token)
        elif symbol == "[":
            self.waiting.append(("[", 0, token))
            self.wants_value = True
        elif symbol == ":":
            opener = self._close("[", token)
            self.waiting.append((":", 0, opener))
            self.wants_value = True
        elif symbol == "]" and self._innermost() == LOAD:
            self.code.append(Operate(LOAD, 1, self._close(LOAD, token)))
        elif symbol == "]":
            self.code.append(Operate("[:]", 3, self._close(":", token)))
        else:
            raise Fault(token.span, f"`{token.text}` is not expected here", "is an operator or a comma missing?")

    def _innermost(self) -> str:
        """The bracket that is open, or nothing."""
        return next((symbol for symbol, arity, _ in reversed(self.waiting) if not arity), "")

    def _close(self, opener: str, token: Token) -> Token:
        self._reduce(-1)
        if not self.waiting or self.waiting[-1][0] != opener:
            help = "a slice is written `e[high:low]`" if token.text in (":", "]") else "remove it or open a bracket"
            raise Fault(token.span, f"`{token.text}` closes nothing", help)
        return self.waiting.pop()[2]

    def _reduce(self, precedence: int) -> None:
        """Put out the waiting operators that bind at least as tightly as `precedence`, up to a bracket."""
        while self.waiting and self.waiting[-1][1]:
            symbol, arity, token = self.waiting[-1]
            if arity == 2 and _PRECEDENCE[symbol] < precedence:
                return
            self.waiting.pop()
            self.code.append(Operate(symbol, arity, token))


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of an expression. Raises Fault, and Poisoned for what was already reported."""
    stack: list[int] = []
    bits: int | None = None
    for step in expression.code:
        bits = None
        if isinstance(step, Push):
            stack.append(step.number)
        elif isinstance(step, Leaf):
            stack.append(scope.look_up(step.token))
        else:
            operands = stack[-step.arity :]
            del stack[-step.arity :]
            stack.append(operate(step, operands, expression))
            if step.symbol == "[:]":
                bits = operands[1] - operands[2] + 1
    return Value(stack[0], bits)


def operate(step: Operate, operands: list[int], expression: Expression) -> int:
    """What an operator other than `LOAD` makes of its operands. Raises Fault."""
    match step.symbol, operands:
        case "[:]", [value, high, low]:
            return _slice(value, high, low, step.token)
        case symbol, [operand]:
            return _UNARY[symbol](operand)
        case (("/" | "%"), [_, 0]):
            raise Fault(step.token.span, "division by zero")
        case (("<<" | ">>"), [_, amount]) if not 0 <= amount <= HIGHEST_BIT:
            raise Fault(step.token.span, f"a shift by {amount}", f"shift by 0 to {HIGHEST_BIT}")
    result = _BINARY[step.symbol](*operands)
    if abs(result) >= LARGEST:
        raise Fault(expression.span, "a value needs more than 128 bits")
    return result


def _slice(value: int, high: int, low: int, token: Token) -> int:
    if not 0 <= low <= high <= HIGHEST_BIT:
        raise Fault(
            token.span,
            f"[{high}:{low}] is not a slice",
            f"bits run from the higher one, at most {HIGHEST_BIT}, to the lower one",
        )
    return value >> low & ((1 << (high - low + 1)) - 1)
