"""Blocks of lines: `.macro` to `.endm`, `.rept` to `.endr`, and `.if` to `.endif` with an `.else` between.

A block takes the lines that follow it, until its end. It ends in the text in which it began: a file, the body of a
macro, one turn of a repetition. `Blocks` are those that are open in one text, the innermost last. The directives that
open them are in `block_directives`; what `.macro` and `.rept` record is expanded by `layout`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from isa.assembler.macros import check_body_line
from isa.assembler.tokens import Fault, Kind, Token, Tokens, span_of

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
