"""What is said of a word of a description: how it is declared, an instruction's manual, a word of the language."""

import re
from collections.abc import Iterator

from isa.language import syntax
from isa.language.expression_syntax import text_of
from trapline.editing.answers import Hover, Place, Sort
from trapline.editing.description.keywords import told
from trapline.editing.description.library import Described
from trapline.editing.description.scopes import Named
from trapline.editing.description.uses import Use, use_at
from trapline.explaining.manual import instruction_lines

LONGEST = 200  # characters of a declaration
_WORD = re.compile(r"@?[A-Za-z_]\w*", re.ASCII)


def hover(described: Described, uses: list[Use], line: int, column: int) -> Hover | None:
    """What is said of the word at a cursor; None where nothing is."""
    use = use_at(uses, line, column)
    if use is not None and use.named.sort is not Sort.ROLE:
        return Hover("\n".join(_lines(described, use.named)).strip(), use.place)
    text = described.lines[line] if line < len(described.lines) else ""
    for match in _WORD.finditer(text):
        if match.start() <= column <= match.end() and told(match[0]):
            return Hover(f"`{match[0]}`: {told(match[0])}", Place(described.path, line, *match.span()))
    return None


def _lines(described: Described, named: Named) -> Iterator[str]:
    isa = described.isas.get(named.machine)
    if named.sort is Sort.INSTRUCTION and isa is not None and named.name in isa.instructions:
        yield from instruction_lines(isa, isa.instructions[named.name])
        return
    if named.told:
        yield from (named.told, "")
    if named.sort is Sort.LOCAL or named.item is None:
        return
    yield from ("```isa", _declared(named.item), "```", "")
    yield _doc(named.item)
    yield f"declared in `{named.machine}`" if named.sort is not Sort.MACHINE else ""


def _declared(item: syntax.Item | syntax.Declaration) -> str:
    """The line that declares an item, without the text that says what it is."""
    text, name = item.span.source.line(item.span.line), text_of(item.span)
    kind = "" if isinstance(item, syntax.Machine | syntax.Variant) else syntax.KINDS[type(item)]
    begin = max(text.rfind(kind, 0, max(text.find(name), 0)), 0)
    shown = text[begin:].split(f'"{_doc(item)}"')[0] if _doc(item) else text[begin:]
    return shown.strip()[:LONGEST]


def _doc(item: syntax.Item | syntax.Declaration) -> str:
    return "" if isinstance(item, syntax.TypeItem) else item.doc
