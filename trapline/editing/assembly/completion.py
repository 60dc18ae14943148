"""The words that may stand at a cursor in a program, by what stands before it on its line."""

import os
import re
from collections.abc import Iterator

from guests.catalogue import LIBRARY
from isa.assembler.templates import Slot, Unwritable
from isa.assembler.tokens import Fault, SourceLine
from isa.description import Instruction, Pseudo
from isa.errors import Source
from trapline.editing.answers import Proposal, Sort
from trapline.editing.assembly.directives import DIRECTIVES
from trapline.editing.assembly.words import Role, Words, roles

_STATEMENT = re.compile(r"\s*(?:\w+\s*:\s*)*[\w.]*", re.ASCII)
_SHIPPED = re.compile(r"""\s*\.include\s+<[^>]*""")
_TEXT = re.compile(r"""(?:[^"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)')*"[^"]*""")
_PARAMETER = re.compile(r"\\\w*$", re.ASCII)
_NAMES = 64  # registers of one kind that are listed by their numbers


def proposals(words: Words, file: str, line: int, column: int) -> list[Proposal]:
    """What may be written here. What has been begun of a word is not looked at: the editor chooses by it."""
    before = words.program.sources[file].line(line + 1)[:column]
    if _SHIPPED.fullmatch(before):
        return list(_shipped())
    if _TEXT.fullmatch(before) or _in_comment(words, before):
        return []
    if _PARAMETER.search(before):
        return list(_parameters(words, file, line))
    if _STATEMENT.fullmatch(before):
        return [*_statements(words)]
    return [*_values(words)]


def _in_comment(words: Words, before: str) -> bool:
    """Whether a comment has begun."""
    try:
        tokens = words.syntax.lexer.line(SourceLine(Source("line", before), 1, before))
    except Fault:
        return False
    return bool(before[tokens[-1].end - 1 if tokens else 0 :].strip())


def _shipped() -> Iterator[Proposal]:
    for name in sorted(os.listdir(LIBRARY)):
        if name.endswith(".s"):
            yield Proposal(name, Sort.FILE, "shipped")


def _parameters(words: Words, file: str, line: int) -> Iterator[Proposal]:
    """Of the macro or repetition above."""
    lines = words.lines[file]
    for number in range(min(line, len(lines) - 1), -1, -1):
        names = [token.text for role, token in roles(lines[number]) if role is Role.PARAMETER]
        if names:
            yield from (Proposal(name, Sort.PARAMETER) for name in dict.fromkeys(names) if name.isidentifier())
            return


def _statements(words: Words) -> Iterator[Proposal]:
    isa = words.syntax.isa
    for instruction in isa.instructions.values():
        yield _written(words, instruction, Sort.INSTRUCTION, instruction.doc)
    for pseudo in isa.pseudos.values():
        told = "; ".join(f"{name} {text}".rstrip() for name, text in pseudo.expansion)
        yield _written(words, pseudo, Sort.SHORTHAND, pseudo.doc or f"stands for `{told}`")
    for name, macro in words.layout.macros.items():
        holes = ", ".join(f"${{{n}:{p}}}" for n, p in enumerate(macro.parameters, 1))
        yield Proposal(name, Sort.MACRO, ", ".join(macro.parameters), "", f"{name} {holes}".rstrip())
    yield from (Proposal(name, Sort.DIRECTIVE, usage, told) for name, (usage, told) in DIRECTIVES.items())


def _written(words: Words, item: Instruction | Pseudo, sort: Sort, doc: str) -> Proposal:
    """A mnemonic with its operands as holes to fill."""
    try:
        template = words.syntax.template(item)
    except Unwritable:
        return Proposal(item.name, sort, item.template, doc)
    slots = [piece.name for piece in template.pieces if isinstance(piece, Slot)]
    holes = {name: f"${{{number}:{name}}}" for number, name in enumerate(slots, 1)}
    pieces = (re.sub(r"([$}\\])", r"\\\1", p) if isinstance(p, str) else holes[p.name] for p in template.pieces)
    text = "".join(gap + piece for gap, piece in zip(template.gaps, pieces, strict=True))
    return Proposal(item.name, sort, item.template, doc, f"{item.name} {text}".rstrip())


def _values(words: Words) -> Iterator[Proposal]:
    """What an operand may be: registers, symbols, members."""
    for registers in words.syntax.registers.values():
        operand = registers.operand
        numbers = range(min(1 << operand.width, _NAMES))
        names = [*operand.aliases, *(registers.plain(n) for n in numbers)]
        yield from (Proposal(name, Sort.REGISTER, operand.name) for name in dict.fromkeys(names))
    for name, symbol in words.layout.symbols.table.items():
        value = "" if symbol.value is None else f"{symbol.value:#x}"
        yield Proposal(name, Sort.LABEL if symbol.is_label else Sort.CONSTANT, value)
    for operand in words.syntax.isa.operands.values():
        if not operand.is_register:
            yield from (Proposal(name, Sort.MEMBER, f"{value}") for name, value in operand.aliases.items())
    yield from (Proposal(name, Sort.MEMBER, f"{words.syntax.constant(name)}") for name in words.syntax.constants())
