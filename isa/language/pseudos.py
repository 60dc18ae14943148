"""Pseudo-instructions: shorthands for a fixed number of real instructions. The assembler expands them."""

from isa.description import Instruction, Pseudo
from isa.language import limits, syntax
from isa.language.encodings import NAME
from isa.language.report import refuse
from isa.language.world import counted, unknown_name


def pseudo(item: syntax.PseudoItem, instructions: dict[str, Instruction]) -> Pseudo:
    """A pseudo-instruction. Raises Refused."""
    if len(item.expansion) > limits.EXPANSION_WORDS:
        help = "write it as a macro or a routine"
        raise refuse(item.span, f"`{item.name}` expands to more than {limits.EXPANSION_WORDS} words", help)
    parameters = NAME.findall(item.template)
    for name in parameters:
        if parameters.count(name) > 1:
            raise refuse(item.template_span, f"the template names `{name}` twice", "rename one")
        if not any(name in NAME.findall(e.operands) for e in item.expansion):
            raise refuse(item.template_span, f"`{name}` is never used", f"`{item.name}` does not depend on it")
    for expansion in item.expansion:
        _check_expansion(expansion, instructions)
    parts = tuple((e.mnemonic, e.operands) for e in item.expansion)
    return Pseudo(item.name, item.template, parts, item.doc, item.span)


def _check_expansion(expansion: syntax.Expansion, instructions: dict[str, Instruction]) -> None:
    if expansion.mnemonic not in instructions:
        raise unknown_name(expansion.span, "instruction", expansion.mnemonic, instructions)
    target = instructions[expansion.mnemonic]
    wanted, given = _parts(target.template), _parts(expansion.operands)
    if wanted != given:
        message = f"`{target.name}` takes {counted(wanted, 'operand')} here, not {given}"
        raise refuse(expansion.operands_span, message, f'its template is "{target.template}"')


def _parts(operands: str) -> int:
    return operands.count(",") + 1 if operands.strip() else 0
