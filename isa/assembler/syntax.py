"""The assembly syntax of one machine, read off its description: mnemonics, templates, registers, enum constants.

`Syntax` is made once per assembly or disassembly. Next: `layout`, which reads statements with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from isa.assembler.expressions import Expression, parse
from isa.assembler.fitting import limits
from isa.assembler.templates import Registers, Template, Unwritable, text_of
from isa.assembler.tokens import Fault, Kind, Lexer, SourceLine, Token, Tokens, span_of
from isa.description import Instruction, Isa, Operand, Pseudo, Use
from isa.errors import Source

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Argument(NamedTuple):
    """An operand as written: the number of a register (or of an alias), or an expression for later."""

    use: Use
    given: int | Expression
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Expansion:
    """One instruction of a pseudo-instruction: mnemonic and operands as tokens, and the same as text."""

    mnemonic: str
    tokens: Tokens
    text: str


class Syntax:
    """Everything that the assembler and the disassembler know of a machine."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.lexer = Lexer(_operand_text(isa))
        self.registers = {o.name: Registers(o) for o in isa.operands.values() if o.is_register}
        self._templates: dict[str, Template] = {}
        self._expansions: dict[str, tuple[Expansion, ...]] = {}
        self._cut_up: dict[str, dict[str, int]] = {}
        self._enums = {e.name: e for e in (isa.cause, *isa.enums.values())}

    def template(self, item: Instruction | Pseudo) -> Template:
        """The compiled template of an instruction or a pseudo-instruction. Raises Unwritable."""
        found = self._templates.get(item.name)
        if found is None:
            found = Template(item.template, _names(item), self.lexer)
            if isinstance(item, Instruction):
                self._check(item, found)
            self._templates[item.name] = found
        return found

    def _check(self, instruction: Instruction, template: Template) -> None:
        """Raises Unwritable unless the least and the greatest operands can be written and read again."""
        for low in (True, False):
            texts = {use.name: self._sample(use.operand, low) for use in instruction.uses}
            text = template.fill(texts)
            try:
                head = Token(Kind.NAME, instruction.name, SourceLine(Source("template", text), 1, text), 1, 1)
                split = template.split(self.lexer.line(head.line), head)
            except Fault as fault:
                raise Unwritable(f'"{text}" does not read back: {fault}') from None
            if any(text_of(tokens) != "".join(texts[name].split()) for name, tokens in split.items()):
                raise Unwritable(f'"{text}" does not read back')

    def _sample(self, operand: Operand, low: bool) -> str:
        least, most = limits(operand)
        if operand.is_register:
            return self.registers[operand.name].plain(least if low else most)
        return str(least if low else most)

    def expansion(self, pseudo: Pseudo) -> tuple[Expansion, ...]:
        """The lines that a pseudo-instruction stands for, cut into tokens."""
        found = self._expansions.get(pseudo.name)
        if found is None:
            found = tuple(self._expand(mnemonic, text) for mnemonic, text in pseudo.expansion)
            self._expansions[pseudo.name] = found
        return found

    def cut_up(self, pseudo: Pseudo) -> dict[str, int]:
        """The parameters of which the expansion uses nothing but slices, and all bits up to the highest: how many."""
        if pseudo.name not in self._cut_up:
            self._cut_up[pseudo.name] = dict(_cut_up(pseudo))
        return self._cut_up[pseudo.name]

    def _expand(self, mnemonic: str, text: str) -> Expansion:
        line = SourceLine(Source("pseudo", text), 1, text)
        return Expansion(mnemonic, self.lexer.line(line), f"{mnemonic} {text}".strip())

    def arguments(self, instruction: Instruction, tokens: Tokens, head: Token) -> tuple[Argument, ...]:
        """The operands of an instruction. Raises Fault."""
        split = self.operands(instruction, tokens, head)
        return tuple(self._argument(use, split[use.name]) for use in instruction.uses if use.name in split)

    def operands(self, item: Instruction | Pseudo, tokens: Tokens, head: Token) -> dict[str, Tokens]:
        """The tokens of each operand of a statement. Raises Fault."""
        try:
            template = self.template(item)
        except Unwritable as unwritable:
            help = f"the operand syntax of {self.isa.name} must be changed"
            raise Fault(head.span, f"`{head.text}` cannot be written in assembly: {unwritable}", help) from None
        return template.split(tokens, head)

    def _argument(self, use: Use, tokens: Tokens) -> Argument:
        operand = use.operand
        if operand.is_register:
            return Argument(use, self._register(use, tokens), tokens)
        if len(tokens) == 1 and tokens[0].text in operand.aliases:
            return Argument(use, operand.aliases[tokens[0].text], tokens)
        if self.is_register(text_of(tokens)):
            help = f"`{use.name}` is `{operand.name}`, {operand.width} bits"
            message = f"`{text_of(tokens)}` is a register, and operand `{use.name}` is a value"
            raise Fault(span_of(tokens), message, help)
        return Argument(use, parse(tokens), tokens)

    def _register(self, use: Use, tokens: Tokens) -> int:
        registers = self.registers[use.operand.name]
        text = text_of(tokens)
        value = registers.value(text)
        if value is None:
            help = f"`{use.operand.name}` is {registers.range_text()}"
            raise Fault(span_of(tokens), f"operand `{use.name}` must be a register, not `{text}`", help)
        return value

    def is_register(self, text: str) -> bool:
        """Is this the name of a register of any kind?"""
        return any([r.value(text) is not None for r in self.registers.values()])

    def constant(self, name: str) -> int | None:
        """The value of an enum constant such as `Mode.user`, or None."""
        enum, _, member = name.partition(".")
        return self._enums[enum].members.get(member) if enum in self._enums else None

    def constants(self) -> list[str]:
        """All enum constants."""
        return [f"{e.name}.{m}" for e in self._enums.values() for m in e.members]

    def mnemonics(self) -> list[str]:
        """All instructions and pseudo-instructions."""
        return [*self.isa.instructions, *self.isa.pseudos]


def _operand_text(isa: Isa) -> str:
    """All text in which a comment character would be part of the operand syntax. Immediates that print as `%#x` do
    not count."""
    templates = [i.template for i in isa.instructions.values()] + [p.template for p in isa.pseudos.values()]
    styles = [o.style.replace("%#", "%") for o in isa.operands.values() if o.is_register]
    return "".join(templates + styles)


def _cut_up(pseudo: Pseudo) -> Iterator[tuple[str, int]]:
    text = "\n".join(operands for _, operands in pseudo.expansion)
    for name in sorted(_names(pseudo)):
        slices = re.findall(rf"\b{name}\[(\d+):(\d+)\]", text)
        bits = {bit for high, low in slices for bit in range(int(low), int(high) + 1)}
        if slices and len(slices) == len(re.findall(rf"\b{name}\b", text)) and bits == set(range(len(bits))):
            yield name, len(bits)


def _names(item: Instruction | Pseudo) -> set[str]:
    """The names in a template that are operands."""
    if isinstance(item, Instruction):
        return {use.name for use in item.uses}
    return set(_NAME.findall(item.template))
