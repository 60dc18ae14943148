"""Builds the nodes of `isa.language.syntax` from the parse tree, bottom up and without recursion.

One method per rule of `grammar.lark`. `children` are tokens and nodes already built; optional parts may be missing
and are told apart by their kind. Checks here are those that need nothing but the construct itself. Bodies are built by
`isa.language.body_tree`.
"""

from dataclasses import dataclass
from typing import Any

from lark import Token
from lark.tree import Meta

from isa.errors import Span
from isa.language import limits, syntax
from isa.language.body_tree import BodyBuilder, is_
from isa.language.report import refuse


@dataclass(frozen=True, slots=True)
class _Zero:
    """`zero[0, 1]`, to tell it from other lists."""

    value: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Constants:
    """What stands between the parentheses of an encoding."""

    values: tuple[syntax.Expression, ...]
    text: str


class Builder(BodyBuilder):
    """The same for the items of machines, and for machines."""

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
            exit=next((c for c in rest if isinstance(c, syntax.ExitCode)), None),
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

    def exit_code(self, meta: Meta, children: list[Any]) -> syntax.ExitCode:
        return syntax.ExitCode(self.span(meta), self.value(children[0]) if children else None)

    def fields(self, meta: Meta, children: list[Any]) -> tuple[syntax.FieldPart, ...]:
        return tuple(children)

    def field(self, meta: Meta, children: list[Any]) -> syntax.FieldPart:
        name = children[0]
        type_ = next((c for c in children if isinstance(c, syntax.TypeName)), None)
        numbers = [self.value(c) for c in children if is_(c, "NUMBER")]
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

    # -- operands, formats, instructions

    def operand_item(self, meta: Meta, children: list[Any]) -> syntax.OperandItem:
        name, type_, *rest = children
        options = [c for c in rest if not isinstance(c, Token)]
        for kind in ("style", "doc", "pcrel", "alias"):
            if sum(k == kind for k, _ in options) > 1:
                raise refuse(self.span(name), f"operand `{name}` has its {kind} twice", "keep one")
        given = dict(options)
        signed = any(is_(c, "SIGNED") for c in rest)
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
