"""The syntax tree of `.isa` files: what `isa.language.parser` makes of a text, before anything is known to be right.

Every node has the span of its first line, so that any error can point at it. Expressions know their depth, which
the parser limits: everything that walks them recursively relies on it. Next: `isa.language.variants`.
"""

from dataclasses import dataclass

from isa.errors import Span

# Each name is handed on, and one statement says so.
# isort: off
from isa.language.expression_syntax import (
    AnyValue as AnyValue,
    Binary as Binary,
    Call as Call,
    Expression as Expression,
    FieldOf as FieldOf,
    If as If,
    Index as Index,
    Name as Name,
    Node as Node,
    Number as Number,
    Slice as Slice,
    Unary as Unary,
    text_of as text_of,
)
# isort: on

# ---- statements


@dataclass(frozen=True, slots=True)
class TypeName:
    """`bits(width)` if `name` is None, else the name of a type or enum."""

    span: Span
    name: str | None
    width: int = 0


@dataclass(frozen=True, slots=True)
class Parameter:
    span: Span
    name: str
    type: TypeName


@dataclass(frozen=True, slots=True)
class Assign:
    span: Span
    place: Expression
    value: Expression
    guard: Expression | None


@dataclass(frozen=True, slots=True)
class CallStatement:
    span: Span
    call: Call
    guard: Expression | None


@dataclass(frozen=True, slots=True)
class Let:
    span: Span
    name: str
    type: TypeName | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Trap:
    span: Span
    cause: str
    info: Expression
    guard: Expression | None


@dataclass(frozen=True, slots=True)
class Return:
    span: Span
    value: Expression


@dataclass(frozen=True, slots=True)
class Execute:
    """`execute word else otherwise`: the end of `step`."""

    span: Span
    word: Expression
    otherwise: "Block"


@dataclass(frozen=True, slots=True)
class Choice:
    """`if condition { ... } else { ... }`: the statements of a block matter only where the condition lets them."""

    span: Span
    condition: Expression
    then: "Block"
    otherwise: "Block | None"
    depth: int


Statement = Assign | CallStatement | Let | Trap | Return | Execute | Choice


@dataclass(frozen=True, slots=True)
class Block:
    """Statements between braces; `text` is what stands between them in the file."""

    span: Span
    statements: tuple[Statement, ...]
    text: str


# ---- items; `span` is that of the name, or of the keyword where there is none


@dataclass(frozen=True, slots=True)
class TypeItem:
    span: Span
    name: str
    type: TypeName


@dataclass(frozen=True, slots=True)
class Member:
    span: Span
    name: str
    value: int


@dataclass(frozen=True, slots=True)
class EnumItem:
    span: Span
    name: str
    type: TypeName
    members: tuple[Member, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class RoleName:
    """`@name`, or `@name(one, two)`."""

    span: Span
    name: str
    listed: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class ExitCode:
    """`exit[cell]`, or `exit` of a single word: the cell is then None."""

    span: Span
    cell: int | None


@dataclass(frozen=True, slots=True)
class FieldPart:
    """`name : type = [high:low] @role` in the braces of a state."""

    span: Span
    name: str
    type: TypeName | None
    high: int
    low: int
    role: RoleName | None


@dataclass(frozen=True, slots=True)
class StateItem:
    """`shape` is "scalar", "array", "storage" or "channel"; `count` the cells of an array or channel."""

    span: Span
    name: str
    shape: str
    type: TypeName
    count: int
    role: RoleName | None
    zero: tuple[int, ...]
    exit: ExitCode | None
    fields: tuple[FieldPart, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class ViewItem:
    span: Span
    name: str
    parameter: Parameter
    type: TypeName
    body: Block
    doc: str


@dataclass(frozen=True, slots=True)
class ResetItem:
    span: Span
    name: str
    body: Block
    doc: str


@dataclass(frozen=True, slots=True)
class EntryItem:
    """`on trap`."""

    span: Span
    name: str
    parameters: tuple[Parameter, ...]
    body: Block
    doc: str


@dataclass(frozen=True, slots=True)
class StepItem:
    span: Span
    name: str
    body: Block
    doc: str


@dataclass(frozen=True, slots=True)
class DefItem:
    span: Span
    name: str
    parameters: tuple[Parameter, ...]
    result: TypeName | None
    body: Block
    doc: str


@dataclass(frozen=True, slots=True)
class AssumeItem:
    span: Span
    name: str
    condition: Expression
    doc: str


@dataclass(frozen=True, slots=True)
class OperandItem:
    span: Span
    name: str
    type: TypeName
    signed: bool
    style: str | None
    pcrel: Expression | None
    aliases: tuple[Member, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a format, from the left. Either `value` bits that are fixed, or the parameter `name` of the format,
    or bits [high, low] of an operand `name` of type `operand` (the whole operand if `high` is None)."""

    span: Span
    width: int
    value: int | None = None
    name: str | None = None
    operand: str | None = None
    high: int | None = None
    low: int = 0


@dataclass(frozen=True, slots=True)
class FormatItem:
    span: Span
    name: str
    parameters: tuple[tuple[str, Span], ...]
    pieces: tuple[Piece, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class InstrItem:
    span: Span
    name: str
    template: str
    template_span: Span
    format: str
    format_span: Span
    arguments: tuple[Expression, ...]
    arguments_text: str
    body: Block
    doc: str


@dataclass(frozen=True, slots=True)
class Expansion:
    span: Span
    mnemonic: str
    operands: str
    operands_span: Span


@dataclass(frozen=True, slots=True)
class PseudoItem:
    span: Span
    name: str
    template: str
    template_span: Span
    expansion: tuple[Expansion, ...]
    doc: str


Item = (
    TypeItem | EnumItem | StateItem | ViewItem | ResetItem | EntryItem | StepItem | DefItem | AssumeItem
    | OperandItem | FormatItem | InstrItem | PseudoItem
)  # fmt: skip

KINDS: dict[type, str] = {
    TypeItem: "type",
    EnumItem: "enum",
    StateItem: "state",
    ViewItem: "view",
    ResetItem: "on reset",
    EntryItem: "on trap",
    StepItem: "step",
    DefItem: "def",
    AssumeItem: "assume",
    OperandItem: "operand",
    FormatItem: "format",
    InstrItem: "instr",
    PseudoItem: "pseudo",
}

Key = tuple[str, str]


def key(item: Item) -> Key:
    """What identifies an item in its machine: its kind and name (no name for `on trap` and the like)."""
    return KINDS[type(item)], item.name


# ---- machines


@dataclass(frozen=True, slots=True)
class Machine:
    span: Span
    name: str
    doc: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """`verb` is "override", "add" or "delete"; a deletion has no item."""

    span: Span
    verb: str
    key: Key
    item: Item | None


@dataclass(frozen=True, slots=True)
class Variant:
    span: Span
    name: str
    parent: str
    parent_span: Span
    doc: str
    changes: tuple[Change, ...]


Declaration = Machine | Variant
