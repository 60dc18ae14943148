"""What is said of a word of a program: an instruction's manual and words, a symbol's value and uses, an expansion."""

from collections.abc import Iterator

from isa.assembler.image import printable
from isa.assembler.tokens import Kind, Token
from isa.description import Pseudo
from trapline.editing.answers import Hover, Sort, place_of
from trapline.editing.assembly.directives import DIRECTIVES
from trapline.editing.assembly.words import Meaning, Role, Words
from trapline.explaining.diagram import boxes
from trapline.explaining.manual import instruction_lines

SHOWN = 24  # lines of an expansion


def hover(words: Words, file: str, line: int, column: int) -> Hover | None:
    """What is said of the word at a cursor; None where nothing is."""
    found = words.at(file, line, column)
    if found is None:
        return None
    role, token = found
    if token.kind is Kind.NUMBER and role is not Role.LABEL:
        return Hover(f"`{token.text}` = {_number(int(token.value))}", place_of(token.span))
    meaning = words.meaning(role, token)
    if meaning is None:
        return None
    return Hover("\n".join(_lines(words, meaning, token)).strip(), place_of(token.span))


def _lines(words: Words, meaning: Meaning, token: Token) -> Iterator[str]:
    isa, name = words.syntax.isa, meaning.name
    match meaning.sort:
        case Sort.INSTRUCTION:
            yield from instruction_lines(isa, isa.instructions[name])
            yield from _made(words, token)
        case Sort.SHORTHAND:
            yield from _pseudo(isa.pseudos[name])
            yield from _made(words, token)
        case Sort.MACRO:
            yield from _macro(words, meaning)
            yield from _made(words, token)
        case Sort.DIRECTIVE:
            usage, told = DIRECTIVES[name]
            yield from (f"`{name} {usage}".rstrip() + "`", "", told)
        case Sort.REGISTER:
            yield from _register(words, name)
        case Sort.MEMBER:
            yield f"`{name}` = {_number(words.syntax.constant(name) or 0)}, a constant of {isa.name}"
        case Sort.PARAMETER:
            yield f"`{name}`: a parameter, used {_times(len(meaning.uses) - 1)}"
        case _:
            yield from _symbol(words, meaning)


def _pseudo(pseudo: Pseudo) -> Iterator[str]:
    yield from (f"### `{f'{pseudo.name} {pseudo.template}'.rstrip()}`", "", pseudo.doc, "", "stands for")
    yield from ("```text", *(f"{name} {operands}".rstrip() for name, operands in pseudo.expansion), "```")


def _macro(words: Words, meaning: Meaning) -> Iterator[str]:
    macro = words.layout.macros[meaning.name]
    parameters = ", ".join(
        name if default is None else f"{name}={''.join(t.text for t in default)}"
        for name, default in macro.parameters.items()
    )
    yield from (f"### `{f'.macro {meaning.name} {parameters}'.rstrip()}`", "")
    yield from (f"used {_times(len(meaning.uses) - 1)}, defined at {_where(words, meaning)}", "")


def _register(words: Words, name: str) -> Iterator[str]:
    for registers in words.syntax.registers.values():
        number = registers.value(name)
        if number is not None:
            operand = registers.operand
            others = [n for n in (registers.plain(number), *operand.aliases) if n != name]
            same = [n for n in others if registers.value(n) == number]
            yield f"`{name}`: register {number} of `{operand.name}`" + (f", also `{'`, `'.join(same)}`" if same else "")
            yield from ("", operand.doc)


def _symbol(words: Words, meaning: Meaning) -> Iterator[str]:
    symbol = words.layout.symbols.table.get(meaning.name)
    value = "" if symbol is None or symbol.value is None else f" = {_number(symbol.value)}"
    yield from (f"`{meaning.name}`: a {meaning.sort.value}{value}", "")
    definitions = set(meaning.definitions)
    yield f"used {_times(sum(use not in definitions for use in meaning.uses))}, defined at {_where(words, meaning)}"
    told = _comment(words, meaning)
    yield from ("", told)


def _where(words: Words, meaning: Meaning) -> str:
    """The places of its definitions, as the command line writes places."""
    return ", ".join(f"{printable(p.file)}:{p.line + 1}" for p in meaning.definitions)


def _comment(words: Words, meaning: Meaning) -> str:
    """What its author says behind the definition, or in the lines above."""
    if not meaning.definitions or meaning.definitions[0].file not in words.lines:
        return ""
    place = meaning.definitions[0]
    lines = words.program.sources[place.file].text.split("\n")
    tokens = words.lines[place.file][place.line]
    behind = lines[place.line][tokens[-1].end - 1 :].strip() if tokens else ""
    if behind:
        return _plain(behind)
    first = place.line
    while first > 0 and lines[first - 1].strip().startswith(("#", ";", "//")):
        first -= 1
    return _plain(" ".join(_plain(line) for line in lines[first : place.line]))


def _plain(comment: str) -> str:
    return printable(comment.strip().lstrip("#;/ "))


# ---- numbers, and what a line became


def _number(value: int) -> str:
    character = f", `{chr(value)!r}`" if 32 <= value < 127 else ""
    return f"{value} ({value:#x}{character})" if value >= 0 else f"{value} (-{-value:#x})"


def _times(count: int) -> str:
    return "nowhere else" if count <= 0 else "once" if count == 1 else f"{count} times"


def _made(words: Words, token: Token) -> Iterator[str]:
    """The words that the line became, each with what it is."""
    place = place_of(token.span)
    if (place.file, place.line) in words.program.wrong:
        return
    addresses = words.program.addresses.get((place.file, place.line), [])
    if not addresses:
        return
    digits = (words.syntax.isa.word + 3) // 4
    yield from ("", "here", "```text")
    for address in addresses[:SHOWN]:
        line = words.layout.lines[address]
        word = words.program.words[address]
        yield f"{address:#06x}  {word:0{digits}x}  {line.expansion}".rstrip()
        yield from _fields(words, word) if len(addresses) == 1 else ()
    yield from ([f"... and {len(addresses) - SHOWN} more"] if len(addresses) > SHOWN else [])
    yield "```"


def _fields(words: Words, word: int) -> Iterator[str]:
    """The bits of a word, by the fields of its instruction."""
    isa = words.syntax.isa
    instruction = next((i for i in isa.instructions.values() if word & i.mask == i.match), None)
    if instruction is not None:
        cells = [(b.operand, f"{word >> b.low & (1 << b.width) - 1:0{b.width}b}") for b in boxes(instruction, isa.word)]
        yield " ".join(f"{operand}={bits}" if operand else bits for operand, bits in cells)
