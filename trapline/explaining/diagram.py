"""An instruction's encoding as a row of fields, high bit on the left, in plain characters.

The fields are found from the instruction itself: its operands' pieces, and the runs of fixed bits between them.
"""

from dataclasses import dataclass
from textwrap import dedent

from isa.description import Instruction


@dataclass(frozen=True, slots=True)
class Box:
    """Bits [low, low + width) of the word: an operand's name (with its bits if it is cut up), or fixed digits."""

    low: int
    width: int
    text: str
    operand: str = ""


def boxes(instruction: Instruction, word: int) -> tuple[Box, ...]:
    """The fields of a `word`-bit instruction from the highest to the lowest; together they are the whole word."""
    found = [
        Box(p.word_low, p.width, _label(u.name, p.operand_low, p.width, len(u.pieces)), u.name)
        for u in instruction.uses
        for p in u.pieces
    ]
    taken = sorted(found, key=lambda box: -box.low)
    result: list[Box] = []
    top = word
    for box in [*taken, Box(0, 0, "")]:
        high = box.low + box.width
        if high < top:
            result.append(Box(high, top - high, _digits(instruction, high, top - high)))
        if box.width:
            result.append(box)
        top = box.low
    return tuple(result)


def draw(instruction: Instruction, word: int) -> list[str]:
    """Four lines: bit numbers, rule, fields, rule."""
    row = boxes(instruction, word)
    cells = [(_numbers(box), box.text) for box in row]
    widths = [max(len(numbers), len(text) + 2) for numbers, text in cells]
    rule = "+" + "+".join("-" * width for width in widths) + "+"
    numbers = " " + " ".join(text.center(width) for (text, _), width in zip(cells, widths, strict=True))
    fields = "|" + "|".join(text.center(width) for (_, text), width in zip(cells, widths, strict=True)) + "|"
    return [numbers.rstrip(), rule, fields, rule]


def meaning_lines(instruction: Instruction) -> list[str]:
    """The meaning as written, without the indentation that it has in its file."""
    first, _, rest = instruction.meaning.strip().partition("\n")
    return [first.rstrip(), *(line.rstrip() for line in dedent(rest).splitlines())]


def _label(name: str, low: int, width: int, pieces: int) -> str:
    return name if pieces == 1 else f"{name}[{low + width - 1}:{low}]"


def _digits(instruction: Instruction, low: int, width: int) -> str:
    """Fixed bits in binary; `-` for a bit that means nothing."""
    return "".join(
        str(instruction.match >> bit & 1) if instruction.mask >> bit & 1 else "-"
        for bit in range(low + width - 1, low - 1, -1)
    )


def _numbers(box: Box) -> str:
    high = box.low + box.width - 1
    return str(high) if box.width == 1 else f"{high}..{box.low}"
