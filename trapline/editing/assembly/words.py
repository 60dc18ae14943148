"""What each word of a program stands for, and where else the same thing stands: definition, references, rename.

Names of labels, constants and macros are found where they are written, in lines too that no expansion and no condition
has reached: a program has one name space for them. Only local labels depend on what the assembler did (`Watched`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from isa.assembler.blocks import directive
from isa.assembler.layout import Layout, labels_of
from isa.assembler.macros import split_commas
from isa.assembler.syntax import Syntax
from isa.assembler.tokens import Fault, Kind, SourceLine, Token, Tokens
from isa.errors import Source
from trapline.editing.answers import Place, Sort, place_of
from trapline.editing.assembly.program import Program, Watched


class Role(Enum):
    """How a word stands in its line."""

    LABEL = auto()
    CONSTANT = auto()  # the name that an `.equ` defines
    MACRO = auto()  # the name that a `.macro` defines
    PARAMETER = auto()  # the name of one, where it is declared
    HEAD = auto()  # what begins a statement
    USE = auto()


DEFINES = {Role.LABEL: Sort.LABEL, Role.CONSTANT: Sort.CONSTANT, Role.MACRO: Sort.MACRO}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word stands for. `definitions` are its places, where it has any; `uses` all places, those among them."""

    sort: Sort
    name: str
    definitions: tuple[Place, ...] = ()
    uses: tuple[Place, ...] = ()


def tokens_of(syntax: Syntax, source: Source) -> Iterator[tuple[int, Tokens]]:
    """Each line's number, from 0, and tokens: none of one that cannot be cut."""
    for number, text in enumerate(source.text.split("\n")):
        try:
            yield number, syntax.lexer.line(SourceLine(source, number + 1, text))
        except Fault:
            yield number, ()


def labelled(tokens: Tokens) -> int:
    """How many labels a line begins with, two tokens each; those that a macro will make of parts are such too."""
    count = labels_of(tokens)
    pasted = len(tokens) > 2 * count + 1 and tokens[2 * count].kind is Kind.PASTE and tokens[2 * count + 1].is_mark(":")
    return count + 1 + labelled(tokens[2 * count + 2 :]) if pasted else count


def roles(tokens: Tokens) -> Iterator[tuple[Role, Token]]:
    """The words of a line."""
    labels = labelled(tokens)
    yield from ((Role.LABEL, label) for label in tokens[: 2 * labels : 2])
    head, *operands = tokens[2 * labels :] or (None,)
    if head is None:
        return
    yield Role.HEAD, head
    if head.text == ".macro":
        yield from ((Role.MACRO, name) for name in operands[:1])
        for part in split_commas(tuple(operands[1:])):
            yield from ((Role.PARAMETER if i == 0 else Role.USE, token) for i, token in enumerate(part))
    elif head.text == ".equ":
        yield from ((Role.USE if i else Role.CONSTANT, token) for i, token in enumerate(operands))
    elif head.text == ".rept" and len(operands) > 2 and operands[-2].is_mark(","):
        yield from ((Role.USE, token) for token in operands[:-2])
        yield Role.PARAMETER, operands[-1]
    else:
        yield from ((Role.USE, token) for token in operands)


@dataclass(frozen=True, eq=False)
class Words:
    """The words of a program that was laid out, right or wrong."""

    program: Program
    layout: Layout

    @property
    def syntax(self) -> Syntax:
        return self.layout.syntax

    @cached_property
    def lines(self) -> dict[str, list[Tokens]]:
        """The tokens of every line of every source."""
        return {
            name: [tokens for _, tokens in tokens_of(self.syntax, source)]
            for name, source in self.program.sources.items()
        }

    @cached_property
    def index(self) -> dict[str, list[tuple[Role, Token]]]:
        """Every word that is a name, but those of parameters."""
        found: dict[str, list[tuple[Role, Token]]] = {}
        for lines in self.lines.values():
            for tokens in lines:
                for role, token in roles(tokens):
                    if token.kind is Kind.NAME and role is not Role.PARAMETER:
                        found.setdefault(token.text, []).append((role, token))
        return found

    def at(self, file: str, line: int, column: int) -> tuple[Role, Token] | None:
        """The word at a cursor, or at whose end it is; of two that touch there, the one that begins there."""
        lines = self.lines.get(file, [])
        found = [
            (role, token)
            for role, token in (roles(lines[line]) if line < len(lines) else ())
            if token.kind is not Kind.MARK and token.column - 1 <= column < token.end
        ]
        return found[-1] if found else None

    def meaning(self, role: Role, token: Token) -> Meaning | None:
        """What a word stands for."""
        if token.kind is Kind.PASTE or role is Role.PARAMETER:
            return self._parameter(token)
        if token.kind is Kind.LOCAL or (token.kind is Kind.NUMBER and role is Role.LABEL):
            return self._local(token)
        if token.kind is not Kind.NAME:
            return Meaning(Sort.DIRECTIVE, token.text) if token.text in self.layout.directives else None
        return self._named(role, token.text)

    def _named(self, role: Role, name: str) -> Meaning | None:
        """A name: at the head of a statement it is an instruction or a macro, elsewhere first a symbol."""
        isa, layout = self.syntax.isa, self.layout
        if role not in (Role.HEAD, Role.MACRO) and name in layout.symbols.table:
            sort = Sort.LABEL if layout.symbols.table[name].is_label else Sort.CONSTANT
            return self._written(sort, name, layout.symbols.table[name].token)
        if name in isa.instructions:
            return Meaning(Sort.INSTRUCTION, name, (place_of(isa.instructions[name].span),), self._heads(name))
        if name in isa.pseudos:
            return Meaning(Sort.SHORTHAND, name, (place_of(isa.pseudos[name].span),), self._heads(name))
        if name in layout.macros:
            return self._written(Sort.MACRO, name, layout.macros[name].name)
        if self.syntax.is_register(name):
            return Meaning(Sort.REGISTER, name)
        return Meaning(Sort.MEMBER, name) if self.syntax.constant(name) is not None else None

    def _written(self, sort: Sort, name: str, token: Token) -> Meaning:
        """What a program defines."""
        is_macro = sort is Sort.MACRO
        found = [
            place_of(t.span)
            for role, t in self.index.get(name, ())
            if is_macro == (role in (Role.HEAD, Role.MACRO)) or (is_macro and role is Role.USE)
        ]
        return Meaning(sort, name, (place_of(token.span),), tuple(found))

    def _heads(self, name: str) -> tuple[Place, ...]:
        return tuple(place_of(token.span) for role, token in self.index.get(name, ()) if role is Role.HEAD)

    def _local(self, token: Token) -> Meaning:
        """A local label, here or where it is meant; in a macro the same word may have meant several."""
        symbols = self.layout.symbols
        meant = symbols.meant if isinstance(symbols, Watched) else []
        here = place_of(token.span)
        labels = {place_of(label.span) for use, label in meant if place_of(use.span) == here}
        labels = {here} if token.kind is Kind.NUMBER else labels
        uses = {place_of(use.span) for use, label in meant if place_of(label.span) in labels}
        return Meaning(Sort.LABEL, token.text, tuple(sorted(labels)), tuple(sorted(labels | uses)))

    def _parameter(self, token: Token) -> Meaning | None:
        """A parameter, in the head of its macro or repetition, or behind a backslash in the body."""
        names = [token.text] if token.kind is Kind.NAME else re.findall(r"\\([A-Za-z_]\w*)", token.text)
        for block in blocks_around(self.lines[token.line.source.name], token.line.number - 1):
            for role, declared in roles(block[0]):
                if role is Role.PARAMETER and declared.text in names:
                    place = place_of(declared.span)
                    return Meaning(Sort.PARAMETER, declared.text, (place,), (place, *_pasted(declared.text, block)))
        return None


ENDS = {".macro": ".endm", ".rept": ".endr"}


def blocks_around(lines: list[Tokens], number: int) -> Iterator[list[Tokens]]:
    """The lines of each macro or repetition that a line stands in or begins, the innermost first."""
    closed = 0
    for first in range(number, -1, -1):
        word = directive(lines[first])
        if word in ENDS.values() and first < number:
            closed += 1
        elif word in ENDS and closed:
            closed -= 1
        elif word in ENDS:
            yield list(_to_end(lines[first:], word))


def _to_end(lines: list[Tokens], begin: str) -> Iterator[Tokens]:
    """The lines of a block that begins with the first of these."""
    opened = 0
    for tokens in lines:
        yield tokens
        opened += (directive(tokens) == begin) - (directive(tokens) == ENDS[begin])
        if opened <= 0:
            return


def _pasted(name: str, block: list[Tokens]) -> Iterator[Place]:
    """Where a parameter stands behind a backslash."""
    for tokens in block:
        for token in tokens:
            for match in re.finditer(rf"\\({name})(?!\w)", token.text if token.kind is Kind.PASTE else ""):
                start = token.column - 1 + match.start(1)
                yield Place(token.line.source.name, token.line.number - 1, start, start + len(name))


def words_of(program: Program) -> Words | None:
    """The words, if the machine is known."""
    return Words(program, program.found.layout) if program.found else None
