"""What a program consists of: its outline, what may be folded, and the word and address of every line."""

from collections.abc import Iterator

from isa.assembler.blocks import directive
from isa.assembler.tokens import Kind
from trapline.editing.answers import Entry, Fold, Hint, Sort, place_of
from trapline.editing.assembly.program import Program
from trapline.editing.assembly.words import DEFINES, Words, roles
from trapline.editing.comments import comment_folds

OPENS = {".macro": ".endm", ".rept": ".endr", ".if": ".endif", ".ifdef": ".endif", ".ifndef": ".endif"}
SHOWN = 3  # words of a line


def outline(words: Words, file: str) -> list[Entry]:
    """The labels, constants and macros of one text, in its order. A label ends where the next one begins."""
    lines = words.lines[file]
    blocks = {fold.first: fold.last for fold in folds(words, file)}
    found: list[Entry] = []
    end = len(lines) - 1
    for number in range(len(lines) - 1, -1, -1):
        for role, token in reversed(list(roles(lines[number]))):
            if role in DEFINES and token.kind is Kind.NAME:
                sort = DEFINES[role]
                last = end if sort is Sort.LABEL else blocks.get(number, number)
                found.append(Entry(token.text, sort, _value(words, token.text), place_of(token.span), last))
                end = end if sort is Sort.CONSTANT else max(number - 1, 0)
    return [entry._replace(last=max(entry.last, entry.place.line)) for entry in reversed(found)]


def _value(words: Words, name: str) -> str:
    symbol = words.layout.symbols.table.get(name)
    return f"{symbol.value:#x}" if symbol is not None and symbol.value is not None else ""


def folds(words: Words, file: str) -> list[Fold]:
    """Macros, repetitions, conditions, and comments of three lines and more."""
    return sorted([*_blocks(words, file), *comment_folds(_comments(words, file))])


def _blocks(words: Words, file: str) -> Iterator[Fold]:
    opened: list[tuple[str, int]] = []
    for number, tokens in enumerate(words.lines[file]):
        word = directive(tokens)
        if word in OPENS:
            opened.append((OPENS[word], number))
        elif opened and word == opened[-1][0]:
            yield Fold(opened.pop()[1], number)
        elif opened and word == ".else":
            yield Fold(opened[-1][1], number - 1)
            opened[-1] = (opened[-1][0], number)


def _comments(words: Words, file: str) -> Iterator[bool]:
    """Of each line, whether it is a comment from its first column on."""
    texts = words.program.sources[file].text.split("\n")
    for text, tokens in zip(texts, words.lines[file], strict=True):
        yield bool(text[:1].strip()) and not tokens


def hints(program: Program, file: str, first: int, last: int) -> Iterator[Hint]:
    """Address and words behind each of the lines [first, last] that makes words."""
    lines = program.sources[file].text.split("\n")
    digits = ((program.isa.word if program.isa else 1) + 3) // 4
    for number in range(first, min(last + 1, len(lines))):
        addresses = program.addresses.get((file, number), [])
        if addresses and (file, number) not in program.wrong:
            words = " ".join(f"{program.words[a]:0{digits}x}" for a in addresses[:SHOWN])
            more = " ..." if len(addresses) > SHOWN else ""
            yield Hint(number, len(lines[number]), f"{addresses[0]:#06x}: {words}{more}")
