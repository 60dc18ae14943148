"""The directives: one function each, and the table of them at the end.

.org A            continue at address A             .word E, ...        words, signed or unsigned
.space N[, E]     N words, zero or E                .string "...", ...  one character per word, then a zero word
.align N          zeros up to a multiple of N       .ascii "...", ...   the same without the zero
.equ NAME, E      a constant                        .entry E            where execution begins
.include "FILE"   the statements of another file    .include <FILE>     the same of a shipped file
.was INSTRUCTION  what the instruction before it stands for
.macro, .rept and .if are in `block_directives`.
"""

from posixpath import normpath

from isa.assembler.block_directives import condition, macro, rept, stray
from isa.assembler.expressions import parse
from isa.assembler.layout import Directive, Layout
from isa.assembler.limits import MAX_NESTING
from isa.assembler.macros import split_commas
from isa.assembler.program import Context, Data, Given, Room
from isa.assembler.templates import text_of
from isa.assembler.tokens import Fault, Kind, LimitFault, Token, Tokens, after, span_of
from isa.errors import Span, TraplineError


def _org(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    address = layout.early(operands, head)
    if not 0 <= address < layout.beyond:
        help = f"addresses run from 0 to {layout.beyond - 1:#x}"
        raise Fault(span_of(operands), f"{address} is not an address", help)
    layout.address = address


def _word(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    parts = _parts(head, operands, "E, ...")
    given = _numbers(parts, layout.beyond)
    layout.place(Given(given) if given else Data(tuple([parse(part) for part in parts])), len(parts), context)


def _numbers(parts: list[Tokens], beyond: int) -> list[int]:
    """Parts that are plain numbers, as tables are; empty if one of them is anything else."""
    found: list[int] = []
    for token, *more in parts:
        value = token.value
        if more or token.kind is not Kind.NUMBER or not isinstance(value, int) or value >= beyond:
            return []
        found.append(value)
    return found


def _space(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    parts = _parts(head, operands, "N", "N, E")
    count = layout.early(parts[0], head)
    if count < 0:
        raise Fault(span_of(parts[0]), f"{count} words of room", "give a number that is not negative")
    value = parse(parts[1]) if len(parts) == 2 else None
    layout.place(Room(count, value), count, context)


def _align(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    multiple = layout.early(operands, head)
    if multiple < 1:
        raise Fault(span_of(operands), f"there are no multiples of {multiple}", "give a number of words, 1 or more")
    count = -layout.address % multiple
    layout.place(Room(count, None), count, context)


def _string(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    _characters(layout, head, operands, context, (0,))


def _ascii(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    _characters(layout, head, operands, context, ())


def _characters(layout: Layout, head: Token, operands: Tokens, context: Context, end: tuple[int, ...]) -> None:
    words: list[int] = []
    for part in _parts(head, operands, '"...", ...'):
        text = _text(head, part)
        if any(ord(c) >= layout.beyond for c in text):
            raise Fault(part[0].span, f"a character does not fit a word of {layout.syntax.isa.word} bits")
        words += [ord(c) for c in text]
        words += end
    layout.place(Given(words), len(words), context)


def _equ(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    if len(operands) < 2 or operands[0].kind is not Kind.NAME or not operands[1].is_mark(","):
        raise Fault(
            span_of(operands) if operands else after(head), "a name and a value are expected", "write `.equ NAME, E`"
        )
    try:
        definition = parse(operands[2:], operands[1])
    except Fault:
        layout.symbols.constant(operands[0], None, layout.here())
        raise
    layout.symbols.constant(operands[0], definition, layout.here())


def _entry(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    if layout.entry is not None:
        raise Fault(head.span, "the entry is given twice", "", ((layout.entry.span, "it is given here"),))
    layout.entry, layout.entry_place = parse(operands, head), layout.here()


def _was(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    """The word before this line stands for an instruction, which is laid out as if it were there."""
    address = layout.address - 1
    if not layout.code or sum(layout.code[-1]) != layout.address or address in layout.replaced:
        raise Fault(head.span, "there is no instruction before this line", "write `.was` below what stands for another")
    if not operands:
        raise Fault(after(head), "an instruction is missing", f"write `{head.text} INSTRUCTION`")
    stretch = layout.aside(address, operands, context)
    if operands[0].kind is not Kind.NAME or len(stretch.words) != 1:
        raise Fault(span_of(operands), "this is not one instruction", "a word can stand for one word only")
    layout.replaced[address] = stretch


def _include(layout: Layout, head: Token, operands: Tokens, context: Context) -> None:
    shipped = len(operands) > 2 and operands[0].is_mark("<") and operands[-1].is_mark(">")
    name = text_of(operands) if shipped else _text(head, operands)
    span = span_of(operands)
    if layout.include is None:
        raise Fault(span, "this text may not include files", "assemble it from a file")
    if len(layout.sources) > MAX_NESTING:
        raise LimitFault(span, f"includes are nested more than {MAX_NESTING} deep")
    try:
        source = layout.include(name, head.line.source.name)
    except TraplineError as error:
        raise Fault(span, error.message, error.help) from None
    _check_cycle(layout, source.name, span)
    layout.source(source, context)


def _check_cycle(layout: Layout, name: str, span: Span) -> None:
    """Raises Fault if the source of this name is being laid out already."""
    names = [normpath(source) for source in layout.sources]
    if normpath(name) in names:
        chain = [*layout.sources[names.index(normpath(name)) + 1 :], name]
        by_way = f": {' includes '.join([name, *chain])}" if len(chain) > 1 else ""
        raise Fault(span, f"{name} includes itself{by_way}", "move what both need to a file of its own")


def _parts(head: Token, operands: Tokens, *usages: str) -> list[Tokens]:
    """The operands between commas, none of them empty; at most two where the first usage is a single one."""
    parts = split_commas(operands)
    if not parts or not all(parts):
        raise Fault(after(operands[-1] if operands else head), "a value is missing", _usage(head, usages))
    if len(usages) > 1 and len(parts) > len(usages):
        raise Fault(span_of(parts[len(usages)]), "more operands than expected", _usage(head, usages))
    return parts


def _usage(head: Token, usages: tuple[str, ...]) -> str:
    return "write " + " or ".join(f"`{head.text} {u}`" for u in usages)


def _text(head: Token, tokens: Tokens) -> str:
    if len(tokens) != 1 or tokens[0].kind is not Kind.STRING:
        span = span_of(tokens) if tokens else after(head)
        raise Fault(span, "a text in double quotes is expected", f'write `{head.text} "..."`')
    assert isinstance(tokens[0].value, str)
    return tokens[0].value


DIRECTIVES: dict[str, Directive] = {
    ".org": _org,
    ".word": _word,
    ".space": _space,
    ".align": _align,
    ".string": _string,
    ".ascii": _ascii,
    ".equ": _equ,
    ".entry": _entry,
    ".include": _include,
    ".was": _was,
    ".macro": macro,
    ".endm": stray,
    ".rept": rept,
    ".endr": stray,
    ".if": condition,
    ".ifdef": condition,
    ".ifndef": condition,
    ".else": stray,
    ".endif": stray,
}
