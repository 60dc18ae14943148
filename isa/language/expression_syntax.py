"""The syntax tree of expressions: part of `isa.language.syntax`, by which name all of it is known.

Every node has the span of its first line, so that any error can point at it. Expressions know their depth, which the
parser limits: everything that walks them recursively relies on it.
"""

from dataclasses import dataclass, field

from isa.errors import Span


def text_of(span: Span) -> str:
    """The source text under a span."""
    return span.source.line(span.line)[span.column - 1 : span.end - 1]


# ---- expressions


@dataclass(frozen=True, slots=True)
class Node:
    span: Span
    depth: int = field(default=1, kw_only=True)


@dataclass(frozen=True, slots=True)
class Number(Node):
    value: int


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class AnyValue(Node):
    """`unknown`."""


@dataclass(frozen=True, slots=True)
class FieldOf(Node):
    """`base.name`: a field of a word, or a member of an enum."""

    base: "Expression"
    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    base: "Expression"
    index: "Expression"


@dataclass(frozen=True, slots=True)
class Slice(Node):
    base: "Expression"
    high: "Expression"
    low: "Expression"


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"


Expression = Number | Name | AnyValue | FieldOf | Index | Slice | Call | Unary | Binary | If
