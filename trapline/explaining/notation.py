"""The IR written for people, in the notation of `.isa` files: what becomes of a description on its way to a backend.

It is one more reading (see `isa.ir.reading`). What is used more than once and long gets a name, so no text explodes.
`tests/trapline/test_notation.py` reads instructions back in and compares what they mean.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count

from isa.description import Isa
from isa.ir.nodes import (
    TRUE,
    Apply,
    Behaviour,
    Const,
    Effect,
    Element,
    Expr,
    Load,
    Param,
    Recv,
    Send,
    SetElement,
    Store,
    TrapIf,
    Unknown,
    Write,
    nodes,
)
from isa.ir.operators import BOOL
from isa.ir.reading import Reading
from isa.language.spelling import BINARY, UNARY

LONG = 30  # characters of an expression that is rather named than repeated

_SPELLED = {spelling.op: spelling.text for spelling in BINARY.values() if not spelling.swapped}
_PREFIX = {op: text for text, op in UNARY.items()}
_CHAINED = {"both", "either"}  # written without parentheses in a row
_WIDTHLESS = {"zext", "sext", "slice", "concat"}  # these do not tell a literal how wide it is


class Notation(Reading[str]):
    """Expressions as text. `lets` are the names that were given, in order."""

    def __init__(self, isa: Isa, roots: Iterable[Expr]) -> None:
        super().__init__()
        self.isa, self.storage = isa, isa.storage.name
        self.lets: list[str] = []
        self._names: set[str] = set()
        roots = tuple(roots)
        members = (member for enum in isa.enums.values() for member in enum.members)
        params = (node.name for node in nodes(*roots) if isinstance(node, Param))
        self._taken = {*isa.states, *members, *params}
        self._uses = Counter(roots)
        for node in nodes(*roots):
            self._uses.update(node.operands())

    def made(self, node: Expr, value: str) -> str:
        often = self._uses[node] > 1 and len(value) >= LONG
        return self._named(node, value) if often or isinstance(node, Recv | Unknown) else value

    def _named(self, node: Expr, text: str) -> str:
        numbered = (f"v{n}" for n in count(1))
        name = next(n for n in numbered if n not in self._taken)
        self._taken.add(name)
        self._names.add(name)
        self.lets.append(f"let {name} : {f'bits({node.width})' if node.width else 'bool'} = {text}")
        return name

    # ---- the algebra

    def const(self, width: int, value: int) -> str:
        if width == BOOL:
            return "true" if value else "false"
        return str(value) if value < 1 << 16 else hex(value)

    def apply(self, node: Apply, args: tuple[str, ...]) -> str:
        if node.op in _WIDTHLESS:
            args = tuple(self._named(a, t) if _is_bare(a) else t for a, t in zip(node.args, args, strict=True))
        inner = [self._operand(node, n, a, text) for n, (a, text) in enumerate(zip(node.args, args, strict=True))]
        match node:
            case Apply(_, "negate", (Apply(_, "eq", (a, b)) as equal,)) if self.values[equal] == args[0]:
                return self.apply(Apply(BOOL, "ne", (a, b)), (self.values[a], self.values[b]))
            case Apply(width, "add", (_, second)) if (less := (1 << width) - _value(second)) < 1 << width - 1:
                return f"{inner[0]} - {self.const(width, less)}"
            case Apply(_, "select"):
                return f"if {args[0]} then {args[1]} else {args[2]}"
            case Apply(width, "zext" | "sext" as op):
                return f"{op}({args[0]}, {width})"
            case Apply(width, "slice", _, low):
                return self._bits(inner[0], low, width)
            case Apply(_, op, (_,)):
                return f"{_PREFIX[op]}{inner[0]}"
        return f"{inner[0]} {_SPELLED[node.op]} {inner[1]}"

    def _operand(self, node: Apply, place: int, operand: Expr, text: str) -> str:
        """An operand, in parentheses if it is more than a name or a call."""
        if not isinstance(operand, Apply) or text in self._names or operand.op in ("zext", "sext", "slice"):
            return text
        return text if operand.op == node.op in _CHAINED and place == 0 else f"({text})"

    def _bits(self, text: str, low: int, width: int) -> str:
        """A field by its name, other bits by their numbers."""
        state = self.isa.states.get(text)
        for field in state.fields if state else ():
            if (field.low, field.width) == (low, width):
                return f"{text}.{field.name}"
        return f"{text}[{low + width - 1}:{low}]" if width > 1 else f"{text}[{low}]"

    def read(self, state: str, width: int) -> str:
        return state

    def element(self, state: str, index: str, node: Element) -> str:
        return f"{state}[{index}]"

    def load(self, index: str, node: Load) -> str:
        return f"{self.storage}[{index}]"

    def size(self, width: int) -> str:
        return f"size({self.storage})"

    def param(self, name: str, width: int) -> str:
        return name

    def recv(self, channel: str, index: str, width: int) -> str:
        return f"recv({channel}[{index}])"

    def unknown(self, serial: int, width: int) -> str:
        return "unknown"

    # ---- statements

    def statement(self, item: TrapIf | Effect) -> str:
        """A trap or an effect, on one line."""
        match item:
            case TrapIf(_, cause, info, _, _):
                name = self.isa.cause.name_of(cause) or str(cause)
                text = f"trap {name}({self.value(info)})"
            case Write(_, state, low, value) if value.width == self.isa.states[state].width:
                text = f"{state} <- {self.value(value)}"
            case Write(_, state, low, value):
                text = f"{self._bits(state, low, value.width)} <- {self.value(value)}"
            case SetElement(_, state, index, value):
                text = f"{state}[{self.value(index)}] <- {self.value(value)}"
            case Store(_, index, value):
                text = f"{self.storage}[{self.value(index)}] <- {self.value(value)}"
            case Send(_, channel, index, value):
                text = f"send({channel}[{self.value(index)}], {self.value(value)})"
        return text if item.guard is TRUE else f"{text} when {self.value(item.guard)}"


def _value(expr: Expr) -> int:
    """Of a constant, else 0."""
    return getattr(expr, "value", 0)


def _is_bare(expr: Expr) -> bool:
    """Whether an expression is written with literals alone, which have the width of whatever they stand beside."""
    match expr:
        case Apply(_, "select", (_, then, otherwise)):
            return _is_bare(then) and _is_bare(otherwise)
    return isinstance(expr, Const)


def behaviour_lines(isa: Isa, behaviour: Behaviour) -> Iterator[str]:
    """A behaviour, a line for each thing that it names, traps for or does."""
    notation = Notation(isa, behaviour.expressions())
    statements = [notation.statement(item) for item in (*behaviour.traps, *behaviour.effects)]
    yield from (*notation.lets, *statements)


def expression_lines(isa: Isa, name: str, expr: Expr) -> Iterator[str]:
    """`name = expression`, after what it names."""
    notation = Notation(isa, (expr,))
    text = notation.value(expr)
    yield from (*notation.lets, f"{name} = {text}")
