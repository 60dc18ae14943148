"""From words back to assembly text that assembles to the same words.

A word that is no instruction, or that its own syntax could not say, becomes a `.word`. Pc-relative operands are written
as the address they lead to, or as a label that is there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from isa.assembler.fitting import meant, target
from isa.assembler.image import Image, Segment
from isa.assembler.syntax import Syntax
from isa.assembler.templates import Slot, Unwritable
from isa.description import Instruction, Isa, Operand, Use
from isa.encoding import decoder

_LABEL = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)


class Disassembler:
    """The disassembler of one machine; keep it, building one costs a pass over all instructions."""

    def __init__(self, isa: Isa) -> None:
        self.isa = isa
        self.syntax = Syntax(isa)
        self._decoder = decoder(isa)

    def statement(self, word: int, address: int, labels: Mapping[int, str] | None = None) -> str:
        """The statement that assembles to `word` at `address`. `labels` are by address."""
        instruction = self._decoder.find(word)
        if instruction is None or not self._sayable(instruction, word):
            return f".word {word:#0{self._digits + 2}x}"
        texts = {use.name: self._operand(use, use.extract(word), address, labels or {}) for use in instruction.uses}
        return f"{instruction.name} {self.syntax.template(instruction).fill(texts)}".rstrip()

    @property
    def _digits(self) -> int:
        return (self.isa.word + 3) // 4

    def _sayable(self, instruction: Instruction, word: int) -> bool:
        """Does the text of this word determine all of its bits?"""
        try:
            pieces = self.syntax.template(instruction).pieces
        except Unwritable:
            return False
        shown = {piece.name for piece in pieces if isinstance(piece, Slot)}
        again = instruction.match
        for use in instruction.uses:
            bits = use.extract(word)
            if use.name in shown and _reached(use.operand, bits):
                again |= use.deposit(bits)
        return again == word

    def _operand(self, use: Use, bits: int, address: int, labels: Mapping[int, str]) -> str:
        operand = use.operand
        if operand.is_register:
            return self.syntax.registers[operand.name].name(bits)
        if operand.pcrel is not None:
            goal = target(operand, bits, address)
            label = labels.get(goal, "")
            return label if self.is_label(label) and label not in operand.aliases else hex(goal)
        value = meant(operand, bits)
        name = next((n for n, v in operand.aliases.items() if v == bits), None)
        return name or (hex(value) if "x" in operand.style else str(value))

    def is_label(self, name: str) -> bool:
        """May this name, perhaps from an untrusted image, stand as a label in the text?"""
        return _LABEL.fullmatch(name) is not None and not self.syntax.is_register(name)

    def lines(
        self, segment: Segment, labels: Mapping[int, str], replaced: Mapping[int, int] | None = None
    ) -> Iterator[str]:
        """A segment as lines of text, with address and word in a comment. `replaced` are those of the image."""
        comment = self.syntax.lexer.comment
        yield f"        .org {segment.address:#x}"
        for address, word in enumerate(segment.words, segment.address):
            label = labels.get(address, "")
            if self.is_label(label):
                yield f"{label}:"
            text = self.statement(word, address, labels)
            yield f"        {text:<32}{comment} {address:0{self._digits}x}  {word:0{self._digits}x}"
            if address in (replaced or {}):
                yield f"        .was {self.statement((replaced or {})[address], address, labels)}"


def _reached(operand: Operand, bits: int) -> bool:
    """Would the assembler find the same way to the target again? Yes, unless the operand is wider than an address."""
    if operand.pcrel is None:
        return True
    size = 1 << operand.pcrel.width
    low, high = (-size // 2, size // 2) if operand.signed else (0, size)
    return low <= meant(operand, bits) < high


def disassemble(isa: Isa, words: Sequence[int], origin: int = 0, labels: Mapping[int, str] | None = None) -> str:
    """Words that lie from address `origin` on, as text that assembles to them. `labels` are by address."""
    segment = Segment(origin, tuple(words))
    known = {a: n for a, n in (labels or {}).items() if segment.address <= a < segment.end}
    return "\n".join(Disassembler(isa).lines(segment, known)) + "\n"


def disassemble_image(isa: Isa, image: Image) -> str:
    """A whole image as text that assembles to the same words and entry. Raises ImageError if it is for another
    machine."""
    image.check(isa)
    inside = {address for segment in image.segments for address in range(segment.address, segment.end)}
    labels = {address: name for address, name in image.labels.items() if address in inside}
    machine = Disassembler(isa)
    text = [f"        .entry {image.entry:#x}"]
    for segment in image.segments:
        text += machine.lines(segment, labels, image.replaced)
    return "\n".join(text) + "\n"
