"""The directives that open and close blocks: `.macro`, `.rept`, `.if` and what belongs to them. See `blocks`."""

from isa.assembler.blocks import Choice, Recorded
from isa.assembler.layout import Layout
from isa.assembler.macros import Macro, parameters
from isa.assembler.program import REPETITION, Context
from isa.assembler.tokens import Fault, Kind, Token, Tokens, after, numeral, span_of


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
    layout.work.room(body, times, head)
    for turn in range(times):
        note = (context.span, f"{REPETITION} {turn + 1} of {times}")
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
