"""From operand values to instruction words and back, for any machine, read off its formats.

`encode` and `Decoder` are exact inverses of each other on every word that is assigned. Text is `isa.assembler`'s.
"""

from collections.abc import Iterable, Iterator, Mapping

from isa.description import Instruction, Isa, Use
from isa.files.cache import sha256


def encode(isa: Isa, name: str, values: Mapping[str, int]) -> int:
    """The word of instruction `name` with these operand values, one per use.

    A value is the operand's bits, or the negative number that they stand for. Raises KeyError for an instruction that
    does not exist and ValueError for a missing, unknown or unrepresentable operand.
    """
    instruction = isa.instructions[name]
    if unknown := set(values) - {use.name for use in instruction.uses}:
        raise ValueError(f"`{name}` has no operand `{min(unknown)}`")
    return encode_uses(instruction, values)


def encode_uses(instruction: Instruction, values: Mapping[str, int]) -> int:
    """As `encode`, for an instruction at hand."""
    word = instruction.match
    for use in instruction.uses:
        if use.name not in values:
            raise ValueError(f"`{instruction.name}` needs operand `{use.name}`")
        word |= _deposit(use, values[use.name])
    return word


def _deposit(use: Use, value: int) -> int:
    width = use.operand.width
    if not -(1 << (width - 1)) <= value < 1 << width:
        raise ValueError(f"{value} does not fit the {width} bits of `{use.name}`")
    bits = value & ((1 << width) - 1)
    word = use.deposit(bits)
    # An operand may leave out bits that its format implies to be zero.
    if use.extract(word) != bits:
        raise ValueError(f"{value} has bits that the format of `{use.name}` leaves out")
    return word


class Decoder:
    """Finds the instruction of a word: one dictionary look-up per distinct mask, widest group first.

    The language refuses machines in which a word could be two instructions, so the order cannot matter.
    """

    def __init__(self, isa: Isa) -> None:
        groups: dict[int, dict[int, Instruction]] = {}
        for instruction in isa.instructions.values():
            groups.setdefault(instruction.mask, {})[instruction.match] = instruction
        self._groups = sorted(groups.items(), key=lambda group: -len(group[1]))

    def find(self, word: int) -> Instruction | None:
        """The instruction that `word` is, or None if it is unassigned."""
        for mask, table in self._groups:
            instruction = table.get(word & mask)
            if instruction is not None:
                return instruction
        return None

    def decode(self, word: int) -> tuple[Instruction, dict[str, int]] | None:
        """The instruction and its operands' bits (unsigned) by name; None for an unassigned word."""
        instruction = self.find(word)
        if instruction is None:
            return None
        return instruction, {use.name: use.extract(word) for use in instruction.uses}


def decoder(isa: Isa) -> Decoder:
    """A decoder for every word of `isa`; keep it, building one costs a pass over all instructions."""
    return Decoder(isa)


def spare_words(isa: Isa) -> Iterator[int]:
    """The words that are no instruction, in order. Only those that are asked for are looked for."""
    return _spare([(i.mask, i.match) for i in isa.instructions.values()], 0, isa.word)


def _spare(taken: Iterable[tuple[int, int]], prefix: int, left: int) -> Iterator[int]:
    """Those that begin like `prefix`, of which the lowest `left` bits are still to choose, beside what is `taken`."""
    here = [(mask, match) for mask, match in taken if ((prefix ^ match) & mask) >> left == 0]
    if any(mask & (1 << left) - 1 == 0 for mask, _ in here):
        return
    if not here:
        yield from range(prefix, prefix + (1 << left))
        return
    for bit in (0, 1):
        yield from _spare(here, prefix | bit << left - 1, left - 1)


def encoding_digest(isa: Isa, names: Iterable[str]) -> str:
    """SHA-256, in hex, of the word width and of how the named instructions are encoded.

    Equal digests mean that the same words are these instructions with the same operands; what the instructions *do*
    does not enter, so an image runs on variants of its machine. Raises KeyError for a name that does not exist.
    """
    lines = [f"word {isa.word}"]
    for name in sorted(set(names)):
        instruction = isa.instructions[name]
        uses = " ".join(_layout(use) for use in instruction.uses)
        lines.append(f"{name} {instruction.mask:x} {instruction.match:x} {uses}")
    return sha256("\n".join(lines).encode()).hexdigest()


def _layout(use: Use) -> str:
    pieces = ",".join(f"{p.word_low}:{p.operand_low}:{p.width}" for p in use.pieces)
    return f"{use.operand.width}[{pieces}]"
