"""Words, numbers and marks of assembly source, each with its place; and `Fault`, how one mistake is reported.

A line is cut into tokens once; macros and pseudo-instructions then work on tokens, so that every token keeps the
place where its author wrote it. Next: `expressions`, `templates`, then `layout`, the first pass.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import NamedTuple

from isa.errors import Diagnostic, Source, Span

MAX_LINE = 10_000  # characters
MAX_NUMBER = 64  # characters of a number
_LONGEST_MESSAGE = 300  # characters
_SHOWN_NOTES = 3  # at each end of a chain of expansions


class Kind(Enum):
    NAME = auto()  # also `Mode.user`
    NUMBER = auto()  # value: int
    LOCAL = auto()  # `1b`, `1f`; value: the number
    STRING = auto()  # value: the text
    DIRECTIVE = auto()  # `.word`
    PASTE = auto()  # a word with `\parameter` in it; only in macros
    MARK = auto()
    GROUP = auto()  # an argument that is one expression; inner: its tokens


class SourceLine(NamedTuple):
    """One line of a source, numbered from 1."""

    source: Source
    number: int
    text: str


class Token(NamedTuple):
    """Columns [column, end) of a line, counted from 1. A group's text is that of all its tokens. A named tuple, since
    nothing is made as often."""

    kind: Kind
    text: str
    line: SourceLine
    column: int
    end: int
    value: int | str = 0
    inner: tuple["Token", ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.line.source, self.line.number, self.column, self.end)

    def is_mark(self, text: str) -> bool:
        return self.kind is Kind.MARK and self.text == text


Tokens = tuple[Token, ...]
Note = tuple[Span, str]


class Fault(Exception):
    """One mistake in the source. The pass that catches it adds the notes of the expansion it happened in."""

    def __init__(self, span: Span, message: str, help: str = "", notes: tuple[Note, ...] = ()) -> None:
        super().__init__(message)
        # Names in a message come from the source, and may have been made to upset a terminal.
        shown = "".join(c if c.isprintable() else "." for c in message[:_LONGEST_MESSAGE])
        shown += "..." if len(message) > _LONGEST_MESSAGE else ""
        self.diagnostic = Diagnostic(span, shown, help, notes)

    def within(self, notes: tuple[Note, ...]) -> Diagnostic:
        """The diagnostic with the notes of its surroundings behind its own; of very many, the inner and outer ones."""
        if len(notes) > 2 * _SHOWN_NOTES:
            left_out = (notes[-_SHOWN_NOTES][0], f"{len(notes) - 2 * _SHOWN_NOTES + 1} levels further out")
            notes = (*notes[:_SHOWN_NOTES], left_out, *notes[1 - _SHOWN_NOTES :])
        return replace(self.diagnostic, notes=self.diagnostic.notes + notes)


class LimitFault(Fault):
    """A mistake after which the pass ends, since what follows could go on for very long."""


class Poisoned(Exception):
    """A value that depends on something already reported; says nothing more."""


def span_of(tokens: Sequence[Token]) -> Span:
    """From the first token to the last one, if they stand on one line; otherwise the first."""
    first, last = tokens[0], tokens[-1]
    if first.line is last.line and last.end > first.column:
        return Span(first.line.source, first.line.number, first.column, last.end)
    return first.span


def after(token: Token) -> Span:
    """The column behind a token: where something is missing."""
    return Span(token.line.source, token.line.number, token.end, token.end + 1)


def numeral(number: int, place: Token) -> Token:
    """A number that is not negative, as if it had been written where `place` stands."""
    return Token(Kind.NUMBER, str(number), place.line, place.column, place.end, number)


def group(tokens: Tokens) -> Token:
    """Tokens that are one expression, as one token, so that no neighbour can bind tighter than they do."""
    span = span_of(tokens)
    return Token(Kind.GROUP, join(tokens), tokens[0].line, span.column, span.end, 0, tokens)


def join(tokens: Iterable[Token]) -> str:
    """Tokens as readable source text."""
    text = ""
    for token in tokens:
        shown = f"({token.text})" if token.kind is Kind.GROUP else token.text
        wordy = text[-1:].isalnum() and (shown[:1].isalnum() or shown[:1] in "_.\\\"'")
        text += (" " if text[-1:] == "," or wordy else "") + shown
    return text


def at(token: Token, place: Token) -> Token:
    """The token as if it had been written where `place` stands."""
    inner = tuple(at(t, place) for t in token.inner)
    return Token(token.kind, token.text, place.line, place.column, place.end, token.value, inner)


_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "e": "\x1b",
    "a": "\a",
    "b": "\b",
    "\\": "\\",
    "'": "'",
    '"': '"',
}
_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|.)"
_WORD = r"[A-Za-z_][\w.]*"  # with dots, for mnemonics and for `Mode.user`
# Spaces belong to the token behind them. What cannot begin at the first of several words and dots cannot begin at
# another of them, so `paste` looks once. `decimal` is what most numbers are; `odd` is what `_odd` explains.
_PATTERN = (
    r"\s*+(?:\Z"
    r"|{comment}"
    r"|(?P<paste>(?<![\w.])(?:[\w.]*+\\(?:[A-Za-z_]\w*|@|\(\)))+\w*)"
    rf"|(?P<name>{_WORD})"
    r"|(?P<decimal>(?:0|[1-9]\d{0,18})(?!\w))"
    r"|(?P<number>\d\w*)"
    r"|(?P<directive>\.[A-Za-z_]\w*)"
    rf'|(?P<string>"(?:[^"\\]|{_ESCAPE})*")'
    rf"|(?P<char>'(?:[^'\\]|{_ESCAPE})')"
    r"|(?P<mark><<|>>|<=|>=|==|!=|&&|\|\||[!#-&(-/:-@\[-^`{-~])"
    r"|(?P<odd>.))"
)
_DECIMAL = re.compile(r"0|[1-9][0-9_]*")
_BASED = re.compile(r"0(?:[xX][0-9a-fA-F_]+|[bB][01_]+|[oO][0-7_]+)")
_LOCAL = re.compile(r"\d{1,9}[bf]")


class Lexer:
    """Cuts lines into tokens. `#`, `;` and `//` start a comment, except for a character that the machine's own
    operand syntax uses (`operand_text` is all of it)."""

    def __init__(self, operand_text: str = "") -> None:
        starts = ["//"] + [c for c in "#;" if c not in operand_text]
        self.comment = starts[-1] if len(starts) < 3 else starts[1]  # how to begin one in text made for the machine
        comment = f"(?:{'|'.join(re.escape(s) for s in starts)})"
        self._pattern = re.compile(_PATTERN.replace("{comment}", comment), re.ASCII)

    def line(self, line: SourceLine) -> Tokens:
        """The tokens of a line. Raises Fault."""
        if len(line.text) > MAX_LINE:
            span = Span(line.source, line.number, MAX_LINE, MAX_LINE + 1)
            raise Fault(span, f"a line is longer than {MAX_LINE} characters", "break it")
        found: list[Token] = []
        for match in self._pattern.finditer(line.text):
            group = match.lastgroup
            if group is None:  # a comment, or the end
                break
            word, end = match[group], match.end() + 1
            value = int(word) if group == "decimal" else 0
            token = _new(Token, (_KINDS[group], word, line, end - len(word), end, value, ()))
            found.append(_FINISH[group](token) if group in _FINISH else token)
        return tuple(found)


_new = tuple.__new__  # a third of the time of `Token(...)`
_KINDS = {
    "name": Kind.NAME,
    "directive": Kind.DIRECTIVE,
    "paste": Kind.PASTE,
    "decimal": Kind.NUMBER,
    "number": Kind.NUMBER,
    "char": Kind.NUMBER,
    "string": Kind.STRING,
    "mark": Kind.MARK,
    "odd": Kind.MARK,
}


def _number(token: Token) -> Token:
    text = token.text
    if len(text) > MAX_NUMBER:
        raise Fault(token.span, f"a number is longer than {MAX_NUMBER} characters")
    if _BASED.fullmatch(text) and not text.endswith("_") and "__" not in text:
        return token._replace(value=int(text, 0))
    if _DECIMAL.fullmatch(text) and not text.endswith("_") and "__" not in text:
        return token._replace(value=int(text))
    if _LOCAL.fullmatch(text):
        return token._replace(kind=Kind.LOCAL, value=int(text[:-1]))
    octal = text.isdigit() and set(text) <= set("01234567")
    help = f"octal is written `0o{text.lstrip('0')}`, decimal without the leading zero" if octal else ""
    raise Fault(
        token.span,
        f"`{text}` is not a number",
        help or "numbers are 12, 0x1f, 0b101, 0o17; `1b` and `1f` are local labels",
    )


def _unescape(token: Token) -> str:
    def one(match: re.Match[str]) -> str:
        escape = match.group()[1:]
        if escape[0] == "x" and len(escape) == 3:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            column = token.column + 1 + match.start()
            span = Span(token.line.source, token.line.number, column, column + 2)
            raise Fault(span, f"`\\{escape}` is not an escape", r"escapes are \n \t \r \0 \e \a \b \\ \' \" and \xHH")
        return _ESCAPES[escape]

    return re.sub(_ESCAPE, one, token.text[1:-1])


def _odd(token: Token) -> Token:
    if token.text == '"':
        raise Fault(token.span, "a string is not closed on its line", 'close it with `"`')
    if token.text == "'":
        raise Fault(token.span, "a character constant is one character between two `'`", r"write 'x', '\n' or '\''")
    if not token.text.isprintable():
        raise Fault(
            token.span,
            f"a control character (code {ord(token.text)}) has no place here",
            "remove it; is this a text file?",
        )
    return token


_FINISH: dict[str, Callable[[Token], Token]] = {
    "number": _number,
    "string": lambda token: token._replace(value=_unescape(token)),
    "char": lambda token: token._replace(value=ord(_unescape(token))),
    "odd": _odd,
}
