"""Operands, formats and instructions: every bit of a word accounted for, and no word with two meanings."""

import re
from dataclasses import dataclass, field

from isa.description import Instruction, Operand, Piece, Use
from isa.ir.nodes import Param
from isa.language import syntax
from isa.language.constants import constant
from isa.language.lowering import Lowering
from isa.language.report import refuse
from isa.language.scope import Local, Scope
from isa.language.world import Type, World, counted, unknown_name

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STYLE = re.compile(r"[^%]*%(d|u|x|#x)[^%]*")


def operand(item: syntax.OperandItem, lowering: Lowering) -> Operand:
    """An operand type. Raises Refused."""
    width = lowering.world.bits(item.type).width
    style = item.style or ("%#x" if item.pcrel else "%d")
    if not _STYLE.fullmatch(style):
        raise refuse(item.span, f'`"{style}"` does not show one number', "use one of %d %u %x %#x, once")
    if item.signed and not style.startswith("%"):
        raise refuse(item.span, f"`{item.name}` is a register, which has no sign", "remove `signed`")
    if item.pcrel and width > (room := lowering.world.states[lowering.world.pc].width):
        raise refuse(item.span, f"`{item.name}` has {Type(width)}, the pc only {room}", "make it no wider than the pc")
    return Operand(
        name=item.name,
        width=width,
        signed=item.signed,
        style=style,
        pcrel=lowering.pcrel(item),
        aliases=_aliases(item, width),
        doc=item.doc,
    )


def _aliases(item: syntax.OperandItem, width: int) -> dict[str, int]:
    aliases: dict[str, int] = {}
    for alias in item.aliases:
        if alias.name in aliases:
            raise refuse(alias.span, f"alias `{alias.name}` stands twice", "remove one")
        if shown := _register_number(item, alias.name):
            message = f"alias `{alias.name}` is how register {shown} is written anyway"
            raise refuse(alias.span, message, "choose another name")
        if alias.value >> width:
            raise refuse(
                alias.span, f"`{alias.name} = {alias.value}` does not fit in {Type(width)}", "choose a smaller number"
            )
        aliases[alias.name] = alias.value
    return aliases


def _register_number(item: syntax.OperandItem, name: str) -> str:
    """The digits of `name` if it reads as a register of this operand's own style."""
    before, percent, after = (item.style or "%d").partition("%")
    match = re.fullmatch(rf"{re.escape(before)}([0-9]+){re.escape(after.lstrip('#')[1:])}", name)
    return match[1] if match and percent else ""


@dataclass(slots=True)
class Format:
    """A format with its places found: `fixed` has (low, width, value), `parameters` name to (low, width)."""

    name: str
    order: tuple[str, ...]
    fixed: list[tuple[int, int, int]] = field(default_factory=list)
    parameters: dict[str, tuple[int, int]] = field(default_factory=dict)
    operands: dict[str, tuple[str, list[Piece]]] = field(default_factory=dict)


def format_of(item: syntax.FormatItem, operands: dict[str, Operand], world: World) -> Format:
    """A format. Raises Refused unless its pieces fill the word exactly."""
    made = Format(item.name, tuple(name for name, _ in item.parameters))
    _check_parameters(item)
    widths = [_width(piece, operands, world) for piece in item.pieces]
    if sum(widths) != world.word:
        message = f"format `{item.name}` accounts for {sum(widths)} bits, but an instruction has {world.word}"
        raise refuse(item.span, message, "fill the rest with a constant, such as `0:12`, or remove some")
    low = world.word
    for piece, width in zip(item.pieces, widths, strict=True):
        low -= width
        _place(made, piece, low, width)
    _check_whole(item, made, operands)
    return made


def _check_parameters(item: syntax.FormatItem) -> None:
    names = [name for name, _ in item.parameters]
    for name, span in item.parameters:
        if names.count(name) > 1:
            raise refuse(span, f"parameter `{name}` stands twice", "remove one")
        places = sum(p.name == name and p.operand is None for p in item.pieces)
        if places != 1:
            help = f"write it once, with its width: `{name}:8`"
            raise refuse(span, f"parameter `{name}` stands in {places} places of the format", help)
    for piece in item.pieces:
        if piece.name and piece.operand is None and piece.name not in names:
            help = f"give it an operand type (`{piece.name}:reg`), or make it a parameter of the format"
            raise refuse(piece.span, f"`{piece.name}` is neither an operand nor a parameter", help)
        if piece.operand and piece.name in names:
            raise refuse(piece.span, f"`{piece.name}` is a parameter and an operand", "rename one")


def _width(piece: syntax.Piece, operands: dict[str, Operand], world: World) -> int:
    if piece.operand is None:
        if not 1 <= piece.width <= world.word:
            raise refuse(piece.span, f"a piece of {piece.width} bits", f"an instruction has 1 to {world.word}")
        if piece.value is not None and piece.value >> piece.width:
            help = "choose a smaller constant, or more bits"
            raise refuse(piece.span, f"{piece.value} does not fit in {Type(piece.width)}", help)
        return piece.width
    if piece.operand not in operands:
        raise unknown_name(piece.span, "operand", piece.operand, operands)
    world.used.add(("operand", piece.operand))
    whole = operands[piece.operand].width
    if piece.high is None:
        return whole
    if not piece.low <= piece.high < whole:
        message = f"`{piece.name}[{piece.high}:{piece.low}]` is not a part of {Type(whole)}"
        raise refuse(piece.span, message, "the high bit comes first, and both are below the width")
    return piece.width


def _place(made: Format, piece: syntax.Piece, low: int, width: int) -> None:
    if piece.value is not None:
        made.fixed.append((low, width, piece.value))
    elif piece.operand is None:
        made.parameters[piece.name or ""] = (low, width)
    else:
        type_, pieces = made.operands.setdefault(piece.name or "", (piece.operand, []))
        if type_ != piece.operand:
            raise refuse(piece.span, f"`{piece.name}` is `{type_}` and `{piece.operand}`", "give it one operand type")
        pieces.append(Piece(low, piece.low, width))


def _check_whole(item: syntax.FormatItem, made: Format, operands: dict[str, Operand]) -> None:
    """Every bit of every operand stands in the word exactly once."""
    for name, (type_, pieces) in made.operands.items():
        covered = 0
        for piece in pieces:
            bits = ((1 << piece.width) - 1) << piece.operand_low
            if covered & bits:
                raise refuse(item.span, f"format `{item.name}` has bits of `{name}` twice", "give each bit one place")
            covered |= bits
        whole = (1 << operands[type_].width) - 1
        if covered != whole:
            missing = (whole & ~covered).bit_length() - 1
            message = f"format `{item.name}` has no place for bit {missing} of `{name}`"
            raise refuse(item.span, message, "an operand stands in the word with all its bits")


def instruction(
    item: syntax.InstrItem, formats: dict[str, Format], operands: dict[str, Operand], lowering: Lowering
) -> Instruction:
    """An instruction with its encoding and meaning. Raises Refused; errors of the body go to the report."""
    if item.format not in formats:
        raise unknown_name(item.format_span, "format", item.format, formats)
    lowering.world.used.add(("format", item.format))
    form = formats[item.format]
    mask, match = _fixed_bits(item, form, lowering.world)
    named = _template_names(item, form)
    uses = tuple(Use(n, operands[t], tuple(p)) for n, (t, p) in form.operands.items() if n in named)
    for name, (_, pieces) in form.operands.items():  # what the template does not name must be zero
        if name not in named:
            mask |= sum(((1 << p.width) - 1) << p.word_low for p in pieces)
    return Instruction(
        name=item.name,
        template=item.template,
        uses=uses,
        mask=mask,
        match=match,
        behaviour=lowering.body(_scope(item, form, uses, lowering), item.body, item.span),
        doc=item.doc,
        format=item.format,
        meaning=item.body.text.strip(),
        span=item.span,
    )


def _fixed_bits(item: syntax.InstrItem, form: Format, world: World) -> tuple[int, int]:
    if len(item.arguments) != len(form.order):
        message = f"format `{form.name}` takes {counted(len(form.order), 'constant')}, not {len(item.arguments)}"
        raise refuse(item.format_span, message, f"its parameters are ({', '.join(form.order)})")
    mask = match = 0
    for low, width, value in form.fixed:
        mask, match = mask | ((1 << width) - 1) << low, match | value << low
    for name, argument in zip(form.order, item.arguments, strict=True):
        (low, width), value = form.parameters[name], constant(argument, world)
        if value >> width:
            raise refuse(
                argument.span, f"{value:#x} does not fit in {Type(width)}", f"`{name}` of format `{form.name}`"
            )
        mask, match = mask | ((1 << width) - 1) << low, match | value << low
    return mask, match


def _template_names(item: syntax.InstrItem, form: Format) -> set[str]:
    names = NAME.findall(item.template)
    for name in names:
        if name not in form.operands:
            known = ", ".join(f"`{n}`" for n in form.operands) or "none"
            message = f"the template names `{name}`, which format `{form.name}` does not have"
            raise refuse(item.template_span, message, f"its operands: {known}")
        if names.count(name) > 1:
            help = "an operand is written once; the meaning may use it often"
            raise refuse(item.template_span, f"the template names `{name}` twice", help)
    return set(names)


def _scope(item: syntax.InstrItem, form: Format, uses: tuple[Use, ...], lowering: Lowering) -> Scope:
    scope = Scope(f"`{item.name}`", may_send=True, insn=lowering.insn)
    for use in uses:
        value = Param(use.operand.width, use.name)
        scope.locals[use.name] = Local("an operand", value, Type(use.operand.width), item.template_span)
    scope.absent = {name: item.template_span for name in form.operands if name not in scope.locals}
    return scope


def overlap(instructions: list[Instruction]) -> tuple[Instruction, Instruction, int] | None:
    """Two instructions that share a word, and that word; None if every word has at most one meaning.

    Instructions are grouped by mask, so that most pairs are never looked at.
    """
    groups: dict[int, dict[int, Instruction]] = {}
    for instruction in instructions:
        group = groups.setdefault(instruction.mask, {})
        if instruction.match in group:
            return group[instruction.match], instruction, instruction.match
        group[instruction.match] = instruction
    masks = list(groups)
    for i, first in enumerate(masks):
        for second in masks[i + 1 :]:
            if found := _shared(groups[first], groups[second], first & second):
                return found
    return None


def _shared(
    left: dict[int, Instruction], right: dict[int, Instruction], common: int
) -> tuple[Instruction, Instruction, int] | None:
    known = {match & common: instruction for match, instruction in left.items()}
    for match, instruction in right.items():
        other = known.get(match & common)
        if other is not None:
            return other, instruction, match | other.match
    return None
