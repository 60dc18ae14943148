"""Blocks of lines: `.macro` to `.endm`, `.rept` to `.endr`, and `.if` to `.endif` with an `.else` between.

A block takes the lines that follow it, until its end. It ends in the text in which it began: a file, the body of a
macro, one turn of a repetition. `Blocks` are those that are open in one text, the innermost last. What `.macro` and
`.rept` record is expanded by `layout`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from isa.assembler.macros import Macro, check_body_line, parameters
from isa.assembler.program import Context
from isa.assembler.tokens import Fault, Kind, Token, Tokens, after, numeral, span_of

if TYPE_CHECKING:
    from isa.assembler.layout import Layout

CONDITIONS = (".if", ".ifdef", ".ifndef")


@dataclass(slots=True)
class Recorded:
    """The body of a macro or of a repetition, until `end` is found; then `finish` is called with it."""

    head: Token
    name: str  # of the macro, or `.rept`
    names: dict[str, object]  # what may stand behind a backslash
    finish: Callable[[tuple[Tokens, ...]], None] = lambda body: None
    body: list[Tokens] = field(default_factory=list)
    inner: int = 0  # repetitions inside that are open

    @property
    def what(self) -> str:
        return self.head.text.removeprefix(".").replace("rept", "repetition")

    @property
    def end(self) -> str:
        return ".endr" if self.head.text == ".rept" else ".endm"

    def takes(self, blocks: Blocks, tokens: Tokens) -> bool:
        """Record a line, or end. Raises Fault."""
        word = directive(tokens)
        if word == self.end and not self.inner:
            blocks.pop()
            no_operands(tokens)
            self.finish(tuple(self.body))
        elif word == ".macro":
            notes = ((self.head.span, f"the {self.what} that is open"),)
            message = f"a macro is defined inside a {self.what}"
            which = "first one" if self.what == "macro" else self.what
            raise Fault(tokens[0].span, message, f"close the {which} with `{self.end}`", notes)
        else:
            self._record(word, tokens)
        return True

    def _record(self, word: str, tokens: Tokens) -> None:
        if self.end == ".endr":
            self.inner += (word == ".rept") - (word == ".endr")
        if word == ".rept" and len(tokens) > 2 and tokens[-2].is_mark(","):
            self.names[tokens[-1].text] = None
        check_body_line(tokens, self.names, self.name)
        self.body.append(tokens)


@dataclass(slots=True)
class Choice:
    """A condition. `chosen` tells whether the lines here count, `over` whether no others of this block will."""

    head: Token
    chosen: bool = False
    over: bool = True
    other: Token | None = None  # its `.else`
    inner: int = 0  # conditions in lines that are left out
    what = "condition"
    end = ".endif"

    def takes(self, blocks: Blocks, tokens: Tokens) -> bool:
        """Leave a line out, or go on to the other lines, or end. Raises Fault."""
        word = directive(tokens)
        if not self.inner and word == ".endif":
            blocks.pop()
            no_operands(tokens)
        elif not self.inner and word == ".else":
            self._otherwise(tokens)
        elif self.chosen:
            return False
        else:
            self.inner += (word in CONDITIONS) - (word == ".endif")
        return True

    def _otherwise(self, tokens: Tokens) -> None:
        if self.other is not None:
            notes = ((self.other.span, "the other one"),)
            raise Fault(tokens[0].span, "a condition has two `.else`", "close it with `.endif`", notes)
        self.chosen, self.over, self.other = not self.over, True, tokens[0]
        no_operands(tokens)


class Blocks(list["Recorded | Choice"]):
    """The blocks that are open in one text."""

    @property
    def left_out(self) -> bool:
        """Do the lines here not count?"""
        return bool(self) and isinstance(self[-1], Choice) and not self[-1].chosen

    def takes(self, tokens: Tokens) -> bool:
        """Give a line to the innermost block, of which there is one; False if the line is a statement. Raises Fault."""
        return self[-1].takes(self, tokens)

    def unclosed(self) -> list[Fault]:
        """What is to be said of them at the end of the text."""
        return [Fault(b.head.span, f"this {b.what} has no end", f"close it with `{b.end}`") for b in self]


def directive(tokens: Tokens) -> str:
    """The directive that a line begins with, or nothing."""
    return tokens[0].text if tokens and tokens[0].kind is Kind.DIRECTIVE else ""


def no_operands(tokens: Tokens) -> None:
    """Raises Fault if more follows on the line."""
    if len(tokens) > 1:
        raise Fault(span_of(tokens[1:]), f"`{tokens[0].text}` takes no operands")


# ---- the directives


def macro(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    if not operands or operands[0].kind is not Kind.NAME:
        raise Fault(span_of(operands) if operands else after(head), "a macro needs a name", "write `.macro name a, b`")
    # The body is recorded even if the head is wrong, or its lines would be reported one by one.
    name = operands[0]
    block = Recorded(head, name.text, {}, lambda body: _define(layout, name, {}, body))
    layout.blocks.append(block)
    found = parameters(operands[1:])
    block.names = dict(found)
    block.finish = lambda body: _define(layout, name, found, body)


def _define(layout: Layout, name: Token, parameters: dict[str, Tokens | None], body: tuple[Tokens, ...]) -> None:
    if name.text in layout.syntax.mnemonics():
        raise Fault(name.span, f"`{name.text}` is an instruction of {layout.syntax.isa.name}", "choose another name")
    if name.text in layout.macros:
        notes = ((layout.macros[name.text].name.span, "it is defined here"),)
        raise Fault(name.span, f"macro `{name.text}` is defined twice", "", notes)
    layout.macros[name.text] = Macro(name, parameters, body)


def rept(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    block = Recorded(head, ".rept", {})
    layout.blocks.append(block)
    count, name = operands, None
    if len(operands) > 2 and operands[-2].is_mark(",") and operands[-1].kind is Kind.NAME:
        count, name = operands[:-2], operands[-1].text
        block.names = {name: None}
    times = layout.early(count, head)
    if times < 0:
        raise Fault(span_of(count), f"{times} repetitions", "give a number that is not negative")
    block.finish = lambda body: _repeat(layout, head, times, name, body, context)


def _repeat(
    layout: Layout, head: Token, times: int, name: str | None, body: tuple[Tokens, ...], context: Context
) -> None:
    for turn in range(times if body else 0):
        note = (context.span, f"in repetition {turn + 1} of {times}")
        bound = {name: (numeral(turn, head),)} if name else {}
        layout.expand(body, bound, head, context._replace(notes=(note, *context.notes)))


def condition(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    block = Choice(head)  # neither part counts if the condition is wrong
    layout.blocks.append(block)
    block.chosen = block.over = _holds(layout, head, operands)


def _holds(layout: Layout, head: Token, operands: Tokens) -> bool:
    if head.text == ".if":
        return layout.early(operands, head) != 0
    if len(operands) != 1 or operands[0].kind is not Kind.NAME:
        raise Fault(span_of(operands) if operands else after(head), "a name is expected", f"write `{head.text} NAME`")
    return (operands[0].text in layout.symbols.table) == (head.text == ".ifdef")


def stray(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    what, help = _STRAY[head.text]
    raise Fault(head.span, f"there is no {what} {'here' if head.text == '.else' else 'to end here'}", help)


_STRAY = {
    ".endm": ("macro", "a macro begins with `.macro name`"),
    ".endr": ("repetition", "a repetition begins with `.rept N`"),
    ".else": ("condition", "a condition begins with `.if E`"),
    ".endif": ("condition", "a condition begins with `.if E`"),
}
