"""Builds the nodes of bodies, statements and expressions, from the parse tree; and what all nodes are built with.

`isa.language.tree` builds the rest: its `Builder` is this one with the items of a machine.
"""

from typing import Any

from lark import Token, Tree
from lark.tree import Meta

from isa.errors import Source, Span
from isa.language import limits, syntax
from isa.language.report import refuse

RESERVED = frozenset(
    str.split(
        "let trap return execute when if then else unknown true false bool bits channel send recv size zext sext insn"
    )
)


def is_(child: Any, terminal: str) -> bool:
    return isinstance(child, Token) and child.type == terminal


def _third(children: list[Any]) -> Any:
    return children[2] if len(children) > 2 else None


class BodyBuilder:
    """One method per rule of the grammar; `children` are tokens and nodes already built."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def built(self, root: Tree[Token]) -> Any:
        """What the rules make of a tree, bottom up. Raises Refused."""
        order: list[Tree[Token] | Token] = []  # the root first, of children the last
        stack: list[Any] = [root]
        while stack:
            at = stack.pop()
            order.append(at)
            if isinstance(at, Tree):
                stack += at.children
        for at in reversed(order):
            if isinstance(at, Tree):
                first = len(stack) - len(at.children)
                stack[first:] = [getattr(self, at.data)(at.meta, stack[first:])]
            else:
                stack.append(at)
        return stack[0]

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
        texts = [c for c in children if is_(c, "STRING")]
        return self.quoted(texts[-1]) if texts else ""

    # -- statements

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
