"""Expressions as a property: a tree printed with as few brackets as C needs means what the tree means."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.assembler.expressions import evaluate, parse
from isa.assembler.tokens import Lexer, SourceLine, Token
from isa.errors import Source, SourceError
from isa.ir.operators import quotient, remainder
from tests.isa.small_machines import LEFT

LEVELS = [
    ["||"],
    ["&&"],
    ["|"],
    ["^"],
    ["&"],
    ["==", "!="],
    ["<", "<=", ">", ">="],
    ["<<", ">>"],
    ["+", "-"],
    ["*", "/", "%"],
]
LEVEL = {symbol: level for level, symbols in enumerate(LEVELS) for symbol in symbols}
UNARY = len(LEVELS)


@dataclass(frozen=True)
class Tree:
    symbol: str
    operands: tuple["Tree", ...] = ()
    number: int = 0

    def value(self) -> int:
        if not self.operands:
            return self.number
        v = [o.value() for o in self.operands]
        match self.symbol, v:
            case "[]", [a]:
                return a >> 2 & 0xFF
            case (("-" | "~" | "!"), [a]):
                return {"-": -a, "~": ~a, "!": int(a == 0)}[self.symbol]
            case "/", [a, b]:
                return quotient(a, b or 1)
            case "%", [a, b]:
                return remainder(a, b or 1)
            case (("<<" | ">>"), [a, b]):
                return a << (b & 7) if self.symbol == "<<" else a >> (b & 7)
            case "||", [a, b]:
                return int(a != 0 or b != 0)
            case "&&", [a, b]:
                return int(a != 0 and b != 0)
        return int(eval(f"{v[0]} {self.symbol} {v[1]}"))

    def level(self) -> int:
        if self.symbol == "[]" or not self.operands:
            return UNARY + 1
        return UNARY if len(self.operands) == 1 else LEVEL[self.symbol]

    def text(self, least: int = 0) -> str:
        if not self.operands:
            inner = str(self.number)
        elif self.symbol == "[]":
            inner = f"{self.operands[0].text(UNARY + 1)}[9:2]"
        elif len(self.operands) == 1:
            inner = f"{self.symbol} {self.operands[0].text(UNARY)}"
        else:
            inner = self._binary(*self.operands)
        return f"({inner})" if self.level() < least else inner

    def _binary(self, left: "Tree", right: "Tree") -> str:
        # What a shift or a division takes is made harmless in the same way in text and value.
        second = right.text(self.level() + 1)
        if self.symbol in ("/", "%"):
            second = f"({right.text(UNARY)} + !{right.text(UNARY)})"
        elif self.symbol in ("<<", ">>"):
            second = f"({right.text(LEVEL['&'] + 1)} & 7)"
        return f"{left.text(self.level())} {self.symbol} {second}"


def trees() -> st.SearchStrategy[Tree]:
    leaf = st.integers(0, 300).map(lambda n: Tree("", (), n))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda s, a: Tree(s, (a,)), st.sampled_from(["-", "~", "!", "[]"]), inner),
            st.builds(lambda s, a, b: Tree(s, (a, b)), st.sampled_from(sorted(LEVEL)), inner, inner),
        ),
        max_leaves=8,
    )


class Nothing:
    def look_up(self, token: Token) -> int:
        raise AssertionError


def value_of(text: str) -> int:
    line = SourceLine(Source("t.s", text), 1, text)
    return evaluate(parse(Lexer().line(line)), Nothing()).number


@given(trees())
def test_an_expression_means_what_its_tree_means(tree: Any) -> None:
    assert value_of(tree.text()) == tree.value()


@pytest.mark.parametrize("width, low, high", [(32, -(1 << 31), (1 << 32) - 1)])
def test_a_word_takes_signed_and_unsigned_values(width: int, low: int, high: int) -> None:
    for value in (low, -1, 0, high):
        assert assemble(LEFT, f".word {value}").segments[0].words == (value & high,)


@given(st.integers(-(1 << 15), (1 << 16) - 1))
def test_a_value_is_taken_where_it_is_unambiguous(value: int) -> None:
    """A signed field takes what it holds, an unsigned one too, and a slice of its width fits both."""
    signed = (value & 0xFFFF ^ 0x8000) - 0x8000
    for name, shown, fits in (("addi r1, r2,", signed, value < 1 << 15), ("ori r1, r2,", value & 0xFFFF, value >= 0)):
        assert fits == _is_taken(f"{name} {value}")
        sliced = assemble(LEFT, f"{name} ({value})[15:0]").segments
        assert sliced == assemble(LEFT, f"{name} {shown}").segments


def _is_taken(text: str) -> bool:
    try:
        assemble(LEFT, text)
    except SourceError as error:
        assert "does not fit operand" in error.message
        return False
    return True
