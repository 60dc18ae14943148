"""Builds the nodes of `isa.language.syntax` from the parse tree, bottom up and without recursion.

One method per rule of `grammar.lark`. `children` are tokens and nodes already built; optional parts may be missing
and are told apart by their kind. Checks here are those that need nothing but the construct itself.
"""

from dataclasses import dataclass
from typing import Any

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from isa.errors import Source, Span
from isa.language import limits, syntax
from isa.language.report import refuse

RESERVED = frozenset(
    str.split(
        "let trap return execute when if then else unknown true false bool bits channel send recv size zext sext insn"
    )
)


@dataclass(frozen=True, slots=True)
class _Zero:
    """`zero[0, 1]`, to tell it from other lists."""

    value: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Constants:
    """What stands between the parentheses of an encoding."""

    values: tuple[syntax.Expression, ...]
    text: str


def _is(child: Any, terminal: str) -> bool:
    return isinstance(child, Token) and child.type == terminal


def _third(children: list[Any]) -> Any:
    return children[2] if len(children) > 2 else None


@v_args(meta=True)
class Builder(Transformer_NonRecursive[Token, Any]):
    """One method per rule of the grammar; `children` are tokens and nodes already built."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source

    # -- spans, names, numbers, texts

    def span(self, at: Meta | Token) -> Span:
        """The span of the first line of a rule or token."""
        assert at.line is not None and at.column is not None
        end = at.end_column if at.end_line == at.line else len(self.source.line(at.line)) + 1
        return Span(self.source, at.line, at.column, end or at.column)

    def named(self, token: Token) -> str:
        if len(token) > limits.NAME_LENGTH:
            raise refuse(self.span(token), f"a name has at most {limits.NAME_LENGTH} characters", "shorten it")
        return str(token)

    def declared(self, token: Token) -> str:
        """A name that the file introduces."""
        if token in RESERVED:
            raise refuse(self.span(token), f"`{token}` is a word of the language", "choose another name")
        return self.named(token)

    def value(self, token: Token) -> int:
        """The value of a number, below 2^64."""
        if len(token) > limits.NUMBER_LENGTH:
            raise refuse(self.span(token), f"a number has at most {limits.NUMBER_LENGTH} characters", "shorten it")
        text = token.replace("_", "")
        base = {"0x": 16, "0b": 2}.get(text[:2].lower(), 10)
        digits = text if base == 10 else text[2:]
        if not digits:
            raise refuse(self.span(token), f"`{token}` has no digits", "write at least one digit")
        value = int(digits, base)
        if value >> limits.WORD_BITS:
            help = f"a word has at most {limits.WORD_BITS}"
            raise refuse(self.span(token), f"`{token}` needs more than {limits.WORD_BITS} bits", help)
        return value

    def quoted(self, token: Token) -> str:
        text = token[1:-1].replace("\t", " ")
        if not text.isprintable():
            raise refuse(self.span(token), "this text has characters that cannot be printed", "remove them")
        return text

    def doc(self, children: list[Any]) -> str:
        """The last text among the children, or nothing."""
        texts = [c for c in children if _is(c, "STRING")]
        return self.quoted(texts[-1]) if texts else ""

    # -- declarations

    def start(self, meta: Meta, children: list[Any]) -> tuple[syntax.Declaration, ...]:
        if not children:
            help = 'begin with `isa name "What it is." { ... }`, or with a variant of a machine'
            raise refuse(Span(self.source, 1, 1, 1), "the file describes no machine", help)
        if len(children) > limits.DECLARATIONS:
            raise refuse(
                children[-1].span, f"a file has at most {limits.DECLARATIONS} machines and variants", "split it"
            )
        return tuple(children)

    def machine(self, meta: Meta, children: list[Any]) -> syntax.Machine:
        items = tuple(c for c in children if not isinstance(c, Token))
        if len(items) > limits.ITEMS:
            raise refuse(self.span(children[0]), f"a machine has at most {limits.ITEMS} items", "describe less in one")
        return syntax.Machine(self.span(children[0]), self.declared(children[0]), self.doc(children), items)

    def variant(self, meta: Meta, children: list[Any]) -> syntax.Variant:
        name, parent, *rest = children
        changes = tuple(c for c in rest if not isinstance(c, Token))
        return syntax.Variant(
            self.span(name), self.declared(name), self.named(parent), self.span(parent), self.doc(rest), changes
        )

    def override(self, meta: Meta, children: list[Any]) -> syntax.Change:
        return syntax.Change(children[0].span, "override", syntax.key(children[0]), children[0])

    def add(self, meta: Meta, children: list[Any]) -> syntax.Change:
        return syntax.Change(children[0].span, "add", syntax.key(children[0]), children[0])

    def delete(self, meta: Meta, children: list[Any]) -> syntax.Change:
        kind, name = children[0]
        return syntax.Change(self.span(name), "delete", (kind, self.named(name)), None)

    def removed_name(self, meta: Meta, children: list[Any]) -> tuple[str, Token]:
        return str(children[0]), children[1]

    def removed_instr(self, meta: Meta, children: list[Any]) -> tuple[str, Token]:
        return "instr", children[0]

    def removed_pseudo(self, meta: Meta, children: list[Any]) -> tuple[str, Token]:
        return "pseudo", children[0]

    # -- types and state

    def type_item(self, meta: Meta, children: list[Any]) -> syntax.TypeItem:
        return syntax.TypeItem(self.span(children[0]), self.declared(children[0]), children[1])

    def enum_item(self, meta: Meta, children: list[Any]) -> syntax.EnumItem:
        name, type_, *rest = children
        members = tuple(c for c in rest if isinstance(c, syntax.Member))
        return syntax.EnumItem(self.span(name), self.declared(name), type_, members, self.doc(rest))

    def member(self, meta: Meta, children: list[Any]) -> syntax.Member:
        return syntax.Member(self.span(children[0]), self.declared(children[0]), self.value(children[1]))

    def bits_type(self, meta: Meta, children: list[Any]) -> syntax.TypeName:
        width, span = self.value(children[0]), self.span(meta)
        if not 1 <= width <= limits.WORD_BITS:
            raise refuse(span, f"`bits({width})` is not a type", f"a type has 1 to {limits.WORD_BITS} bits")
        return syntax.TypeName(span, None, width)

    def named_type(self, meta: Meta, children: list[Any]) -> syntax.TypeName:
        return syntax.TypeName(self.span(children[0]), self.named(children[0]))

    def state_item(self, meta: Meta, children: list[Any]) -> syntax.StateItem:
        name, (shape, type_, count), *rest = children
        role = next((c for c in rest if isinstance(c, syntax.RoleName)), None)
        zero = next((c.value for c in rest if isinstance(c, _Zero)), ())
        fields = next((c for c in rest if isinstance(c, tuple)), ())
        return syntax.StateItem(
            span=self.span(name),
            name=self.declared(name),
            shape=shape,
            type=type_,
            count=count,
            role=role,
            zero=zero,
            fields=fields,
            doc=self.doc(rest),
        )

    def scalar_type(self, meta: Meta, children: list[Any]) -> tuple[str, syntax.TypeName, int]:
        return "scalar", children[0], 1

    def array_type(self, meta: Meta, children: list[Any]) -> tuple[str, syntax.TypeName, int]:
        return "array", children[0], self.value(children[1])

    def storage_type(self, meta: Meta, children: list[Any]) -> tuple[str, syntax.TypeName, int]:
        return "storage", children[0], 0

    def channel_type(self, meta: Meta, children: list[Any]) -> tuple[str, syntax.TypeName, int]:
        return "channel", children[0], self.value(children[1])

    def role(self, meta: Meta, children: list[Any]) -> syntax.RoleName:
        role, *listed = children
        return syntax.RoleName(self.span(role), str(role[1:]), tuple((self.named(n), self.span(n)) for n in listed))

    def zero(self, meta: Meta, children: list[Any]) -> "_Zero":
        return _Zero(tuple(self.value(c) for c in children))

    def fields(self, meta: Meta, children: list[Any]) -> tuple[syntax.FieldPart, ...]:
        return tuple(children)

    def field(self, meta: Meta, children: list[Any]) -> syntax.FieldPart:
        name = children[0]
        type_ = next((c for c in children if isinstance(c, syntax.TypeName)), None)
        numbers = [self.value(c) for c in children if _is(c, "NUMBER")]
        role = next((c for c in children if isinstance(c, syntax.RoleName)), None)
        return syntax.FieldPart(self.span(meta), self.declared(name), type_, numbers[0], numbers[-1], role)

    def field_type(self, meta: Meta, children: list[Any]) -> syntax.TypeName:
        return children[0]  # type: ignore[no-any-return]

    # -- meaning

    def view_item(self, meta: Meta, children: list[Any]) -> syntax.ViewItem:
        name, parameter, type_, *rest = children
        return syntax.ViewItem(self.span(name), self.declared(name), parameter, type_, rest[-1], self.doc(rest))

    def reset_item(self, meta: Meta, children: list[Any]) -> syntax.ResetItem:
        return syntax.ResetItem(self.span(meta), "", children[-1], self.doc(children))

    def entry_item(self, meta: Meta, children: list[Any]) -> syntax.EntryItem:
        return syntax.EntryItem(self.span(meta), "", children[0], children[-1], self.doc(children))

    def step_item(self, meta: Meta, children: list[Any]) -> syntax.StepItem:
        return syntax.StepItem(self.span(meta), "", children[-1], self.doc(children))

    def def_item(self, meta: Meta, children: list[Any]) -> syntax.DefItem:
        name, parameters, *rest = children
        result = next((c for c in rest if isinstance(c, syntax.TypeName)), None)
        return syntax.DefItem(self.span(name), self.declared(name), parameters, result, rest[-1], self.doc(rest))

    def result(self, meta: Meta, children: list[Any]) -> syntax.TypeName:
        return children[0]  # type: ignore[no-any-return]

    def assume_item(self, meta: Meta, children: list[Any]) -> syntax.AssumeItem:
        return syntax.AssumeItem(
            self.span(children[0]), self.declared(children[0]), children[1], self.doc(children[2:])
        )

    def parameters(self, meta: Meta, children: list[Any]) -> tuple[syntax.Parameter, ...]:
        return tuple(children)

    def parameter(self, meta: Meta, children: list[Any]) -> syntax.Parameter:
        return syntax.Parameter(self.span(children[0]), self.declared(children[0]), children[1])

    def block(self, meta: Meta, children: list[Any]) -> syntax.Block:
        if len(children) > limits.STATEMENTS:
            raise refuse(self.span(meta), f"a block has at most {limits.STATEMENTS} statements", "use a `def`")
        return syntax.Block(self.span(meta), tuple(children), self.source.text[meta.start_pos + 1 : meta.end_pos - 1])

    def assign(self, meta: Meta, children: list[Any]) -> syntax.Assign:
        return syntax.Assign(self.span(meta), children[0], children[1], _third(children))

    def call_statement(self, meta: Meta, children: list[Any]) -> syntax.CallStatement:
        return syntax.CallStatement(self.span(meta), children[0], children[1] if len(children) > 1 else None)

    def let(self, meta: Meta, children: list[Any]) -> syntax.Let:
        type_ = children[1] if len(children) == 3 else None
        return syntax.Let(self.span(children[0]), self.declared(children[0]), type_, children[-1])

    def statement(self, meta: Meta, children: list[Any]) -> syntax.Statement:
        return children[0]  # type: ignore[no-any-return]

    def trap_statement(self, meta: Meta, children: list[Any]) -> syntax.Trap:
        return syntax.Trap(self.span(children[0]), self.named(children[0]), children[1], _third(children))

    def return_(self, meta: Meta, children: list[Any]) -> syntax.Return:
        return syntax.Return(self.span(meta), children[0])

    def execute(self, meta: Meta, children: list[Any]) -> syntax.Execute:
        word, otherwise = children
        if isinstance(otherwise, syntax.Trap):
            otherwise = syntax.Block(otherwise.span, (otherwise,), "")
        return syntax.Execute(self.span(meta), word, otherwise)

    def if_statement(self, meta: Meta, children: list[Any]) -> syntax.Choice:
        condition, then, *rest = children
        otherwise = rest[0] if rest else None
        if isinstance(otherwise, syntax.Choice):
            otherwise = syntax.Block(otherwise.span, (otherwise,), "")
        blocks = [then, otherwise] if otherwise else [then]
        inner = (s.depth for block in blocks for s in block.statements if isinstance(s, syntax.Choice))
        depth = 1 + max(inner, default=0)
        if depth > limits.NESTING:
            help = "put a part of it into a `def`"
            raise refuse(self.span(meta), f"these blocks are nested more than {limits.NESTING} levels deep", help)
        return syntax.Choice(self.span(meta), condition, then, otherwise, depth)

    def guard(self, meta: Meta, children: list[Any]) -> syntax.Expression:
        return children[0]  # type: ignore[no-any-return]

    # -- expressions

    def depth(self, meta: Meta, *operands: syntax.Expression) -> int:
        depth = 1 + max(o.depth for o in operands)
        if depth > limits.NESTING:
            help = "name a part of it with `let`"
            raise refuse(self.span(meta), f"this expression is nested more than {limits.NESTING} levels deep", help)
        return depth

    def if_(self, meta: Meta, children: list[Any]) -> syntax.If:
        return syntax.If(self.span(meta), *children, depth=self.depth(meta, *children))

    def binary(self, meta: Meta, children: list[Any]) -> syntax.Binary:
        left, operator, right = children
        return syntax.Binary(self.span(meta), str(operator), left, right, depth=self.depth(meta, left, right))

    def unary(self, meta: Meta, children: list[Any]) -> syntax.Unary:
        operator, operand = children
        return syntax.Unary(self.span(meta), str(operator), operand, depth=self.depth(meta, operand))

    def index(self, meta: Meta, children: list[Any]) -> syntax.Index:
        return syntax.Index(self.span(meta), *children, depth=self.depth(meta, *children))

    def slice(self, meta: Meta, children: list[Any]) -> syntax.Slice:
        return syntax.Slice(self.span(meta), *children, depth=self.depth(meta, *children))

    def field_of(self, meta: Meta, children: list[Any]) -> syntax.FieldOf:
        base, name = children
        return syntax.FieldOf(self.span(meta), base, self.named(name), depth=self.depth(meta, base))

    def number(self, meta: Meta, children: list[Any]) -> syntax.Number:
        return syntax.Number(self.span(meta), self.value(children[0]))

    def name(self, meta: Meta, children: list[Any]) -> syntax.Name:
        return syntax.Name(self.span(meta), self.named(children[0]))

    def unknown(self, meta: Meta, children: list[Any]) -> syntax.AnyValue:
        return syntax.AnyValue(self.span(meta))

    def call(self, meta: Meta, children: list[Any]) -> syntax.Call:
        name, *arguments = children
        depth = self.depth(meta, *arguments) if arguments else 1
        return syntax.Call(self.span(meta), self.named(name), tuple(arguments), depth=depth)

    # -- operands, formats, instructions

    def operand_item(self, meta: Meta, children: list[Any]) -> syntax.OperandItem:
        name, type_, *rest = children
        options = [c for c in rest if not isinstance(c, Token)]
        for kind in ("style", "doc", "pcrel", "alias"):
            if sum(k == kind for k, _ in options) > 1:
                raise refuse(self.span(name), f"operand `{name}` has its {kind} twice", "keep one")
        given = dict(options)
        signed = any(_is(c, "SIGNED") for c in rest)
        return syntax.OperandItem(
            span=self.span(name),
            name=self.declared(name),
            type=type_,
            signed=signed,
            style=given.get("style"),
            pcrel=given.get("pcrel"),
            aliases=given.get("alias", ()),
            doc=given.get("doc", ""),
        )

    def text_option(self, meta: Meta, children: list[Any]) -> tuple[str, str]:
        text = self.quoted(children[0])
        return ("style" if "%" in text else "doc"), text

    def pcrel_option(self, meta: Meta, children: list[Any]) -> tuple[str, syntax.Expression]:
        return "pcrel", children[0]

    def alias_option(self, meta: Meta, children: list[Any]) -> tuple[str, tuple[syntax.Member, ...]]:
        return "alias", tuple(children)

    def format_item(self, meta: Meta, children: list[Any]) -> syntax.FormatItem:
        name, parameters, *rest = children
        pieces = tuple(c for c in rest if isinstance(c, syntax.Piece))
        return syntax.FormatItem(self.span(name), self.declared(name), parameters, pieces, self.doc(rest))

    def names(self, meta: Meta, children: list[Any]) -> tuple[tuple[str, Span], ...]:
        return tuple((self.declared(c), self.span(c)) for c in children)

    def constant_piece(self, meta: Meta, children: list[Any]) -> syntax.Piece:
        value, width = (self.value(c) for c in children)
        return syntax.Piece(self.span(meta), width, value=value)

    def parameter_piece(self, meta: Meta, children: list[Any]) -> syntax.Piece:
        name, width = children
        return syntax.Piece(self.span(meta), self.value(width), name=self.named(name))

    def operand_piece(self, meta: Meta, children: list[Any]) -> syntax.Piece:
        name, operand = children
        return syntax.Piece(self.span(meta), 0, name=self.declared(name), operand=self.named(operand))

    def sliced_piece(self, meta: Meta, children: list[Any]) -> syntax.Piece:
        name, high, low, operand = children
        top, bottom = self.value(high), self.value(low)
        return syntax.Piece(
            span=self.span(meta),
            width=top - bottom + 1,
            name=self.declared(name),
            operand=self.named(operand),
            high=top,
            low=bottom,
        )

    def instr_item(self, meta: Meta, children: list[Any]) -> syntax.InstrItem:
        name, template, format_, arguments, *rest = children
        return syntax.InstrItem(
            span=self.span(name),
            name=self.named(name),
            template=self.quoted(template),
            template_span=self.span(template),
            format=self.named(format_),
            format_span=self.span(format_),
            arguments=arguments.values,
            arguments_text=arguments.text,
            body=rest[-1],
            doc=self.doc(rest),
        )

    def constants(self, meta: Meta, children: list[Any]) -> "_Constants":
        return _Constants(tuple(children), self.source.text[meta.start_pos : meta.end_pos] if children else "")

    def pseudo_item(self, meta: Meta, children: list[Any]) -> syntax.PseudoItem:
        name, template, *rest = children
        expansion = tuple(c for c in rest if isinstance(c, syntax.Expansion))
        return syntax.PseudoItem(
            span=self.span(name),
            name=self.named(name),
            template=self.quoted(template),
            template_span=self.span(template),
            expansion=expansion,
            doc=self.doc(rest),
        )

    def expansion(self, meta: Meta, children: list[Any]) -> syntax.Expansion:
        name, operands = children
        return syntax.Expansion(self.span(name), self.named(name), self.quoted(operands), self.span(operands))
