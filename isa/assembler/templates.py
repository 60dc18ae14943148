"""Operand templates: how "d, k(a)" splits the operands of a statement, and how registers are written.

Everything is read off `Instruction.template`, `Pseudo.template` and `Operand.style`. Next: `fitting` for values.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from isa.assembler.tokens import Fault, Kind, Lexer, SourceLine, Token, Tokens, after
from isa.description import Operand
from isa.errors import Source

_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an operand stands in a template."""

    name: str


class Unwritable(Exception):
    """An operand syntax that the lexer cannot read, so that no program can use it."""


class Template:
    """Literal tokens and slots. `text` is the template as its author wrote it, `gaps` the spaces before each piece.
    Raises Unwritable."""

    def __init__(self, text: str, names: Iterable[str], lexer: Lexer) -> None:
        slots = set(names)
        tokens = _lex(text, lexer)
        self.text = text
        self.pieces: tuple[Slot | str, ...] = tuple(
            Slot(t.text) if t.kind is Kind.NAME and t.text in slots else t.text for t in tokens
        )
        if slots != {piece.name for piece in self.pieces if isinstance(piece, Slot)}:
            raise Unwritable(f'in "{text}" an operand is missing or runs into its neighbour')
        if self.pieces[:1] == (":",):
            raise Unwritable(f'"{text}" makes a label of the mnemonic')
        ends = (1, *(t.end for t in tokens))
        self.gaps = tuple(" " * (t.column - end) for t, end in zip(tokens, ends, strict=False))

    def split(self, tokens: Tokens, head: Token) -> dict[str, Tokens]:
        """The tokens of every slot. Raises Fault if they do not have the template's shape."""
        plain = self._plain(tokens)
        if plain is not None:
            return plain
        try:
            return _Split(self, tokens, head).run()
        except Fault:
            # A macro's argument such as `(sp)` is grouped as an expression and may yet be needed open.
            if not any(t.kind is Kind.GROUP for t in tokens):
                raise
        return self.split(tuple(i for t in tokens for i in (t.inner or (t,))), head)

    def _plain(self, tokens: Tokens) -> dict[str, Tokens] | None:
        """What `split` gives for the usual statement, of which every piece of the template is one token; or None."""
        if len(tokens) != len(self.pieces):
            return None
        found: dict[str, Tokens] = {}
        for piece, token in zip(self.pieces, tokens, strict=True):
            if isinstance(piece, Slot):
                if token.kind is Kind.MARK:
                    return None
                found[piece.name] = (token,)
            elif token.text != piece or token.kind is Kind.STRING:
                return None
        return found

    def fill(self, texts: Mapping[str, str]) -> str:
        """The template with a text for every slot."""
        found = (piece if isinstance(piece, str) else texts[piece.name] for piece in self.pieces)
        return "".join(gap + text for gap, text in zip(self.gaps, found, strict=True))


def _lex(text: str, lexer: Lexer) -> Tokens:
    try:
        tokens = lexer.line(SourceLine(Source("template", text), 1, text))
    except Fault as fault:
        raise Unwritable(f'in "{text}", {fault}') from None
    if text_of(tokens) != "".join(text.split()):
        raise Unwritable(f'"{text}" has the beginning of a comment in it')
    return tokens


class _Split:
    """One walk along a template and the tokens of a statement. A slot ends where the next literal stands outside
    brackets; a slot that is followed by another one takes a word or a bracket, with the marks before it."""

    def __init__(self, template: Template, tokens: Tokens, head: Token) -> None:
        self.template, self.tokens, self.head = template, tokens, head
        self.at = 0

    def run(self) -> dict[str, Tokens]:
        found: dict[str, Tokens] = {}
        pieces = self.template.pieces
        for piece, following in zip_longest(pieces, pieces[1:]):
            if isinstance(piece, Slot):
                found[piece.name] = self._slot(piece, following)
            else:
                self._literal(piece)
        if self.at < len(self.tokens):
            self._fault(self.tokens[self.at], "more operands than expected" if pieces else "an operand too many")
        return found

    def _literal(self, text: str) -> None:
        if self.at == len(self.tokens):
            beside = next((b for a, b in pairwise(self.tokens) if _is_word(a) and _is_word(b)), None)
            self._fault(beside, f"`{text}` is missing" + (f" before `{beside.text}`" if beside else ""))
        token = self.tokens[self.at]
        if token.text != text or token.kind is Kind.STRING:
            self._fault(token, f"`{text}` is expected here")
        self.at += 1

    def _slot(self, slot: Slot, following: Slot | str | None) -> Tokens:
        start, depth = self.at, 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if depth == 0 and (token.is_mark(",") or self._ends(start, following)):
                break
            if token.kind is Kind.MARK:
                depth += (token.text in _OPEN) - (token.text in _CLOSE)
            self.at += 1
        if self.at == start:
            where = self.tokens[start] if start < len(self.tokens) else None
            self._fault(where, f"operand `{slot.name}` is missing")
        return self.tokens[start : self.at]

    def _ends(self, start: int, following: Slot | str | None) -> bool:
        if self.at == start:
            return False
        token, before = self.tokens[self.at], self.tokens[self.at - 1]
        if isinstance(following, Slot):
            return before.kind is not Kind.MARK or before.text in _CLOSE
        return token.text == following and token.kind is not Kind.STRING

    def _fault(self, token: Token | None, message: str) -> None:
        span = token.span if token else after(self.tokens[-1] if self.tokens else self.head)
        usage = f"{self.head.text} {self.template.text}".strip()
        help = f"it is written `{usage}`" if self.template.pieces else f"`{self.head.text}` takes no operands"
        raise Fault(span, message, help)


def _is_word(token: Token) -> bool:
    return token.kind in (Kind.NAME, Kind.NUMBER, Kind.LOCAL, Kind.GROUP)


_CONVERSION = re.compile(r"(?P<before>.*?)%(?P<hash>#?)(?P<kind>[dux])(?P<after>.*)", re.DOTALL)


class Registers:
    """The names of a register operand: its style with a number in it, and its aliases."""

    def __init__(self, operand: Operand) -> None:
        match = _CONVERSION.fullmatch(operand.style)
        if match is None:
            raise ValueError(
                f"operand `{operand.name}` has the style {operand.style!r}, which has no place for a number"
            )
        self.operand = operand
        self._before, self._after = match["before"], match["after"]
        self._hex, self._prefix = match["kind"] == "x", "0x" if match["hash"] and match["kind"] == "x" else ""
        digits = "[0-9a-f]+" if self._hex else "[0-9]+"
        before, after = ("".join(text.split()) for text in (self._before + self._prefix, self._after))
        self._pattern = re.compile(f"{re.escape(before)}({digits}){re.escape(after)}")
        # A name that the style gives to some register stays that register's.
        self._aliases = {name: v for name, v in operand.aliases.items() if not self._pattern.fullmatch(name)}
        self._names = {value: name for name, value in reversed(self._aliases.items())}
        self._values = dict(self._aliases)  # of the names that have been asked for

    def value(self, text: str) -> int | None:
        """The number of the register called `text` (without spaces), or None."""
        if text not in self._values:
            number = self._read(text)
            if number is None:
                return None
            self._values[text] = number
        return self._values[text]

    def _read(self, text: str) -> int | None:
        match = self._pattern.fullmatch(text)
        if match is None or len(match[1]) > 20:
            return None
        number = int(match[1], 16 if self._hex else 10)
        written = "".join(self.plain(number).split())
        return number if written == text and number < 1 << self.operand.width else None

    def plain(self, number: int) -> str:
        """The register as its style writes it."""
        return f"{self._before}{self._prefix}{number:{'x' if self._hex else 'd'}}{self._after}"

    def name(self, number: int) -> str:
        """What the register is usually called: its first alias, or as its style writes it."""
        return self._names.get(number, self.plain(number))

    def range_text(self) -> str:
        """All names, as a phrase."""
        names = ", ".join(f"`{n}`" for n in list(self._aliases)[:8])
        last = self.plain((1 << self.operand.width) - 1)
        return f"`{self.plain(0)}` to `{last}`" + (f" or {names}" if names else "")


def text_of(tokens: Sequence[Token]) -> str:
    """Tokens as one text without spaces, as a register's name is compared."""
    return tokens[0].text if len(tokens) == 1 else "".join([t.text for t in tokens])
