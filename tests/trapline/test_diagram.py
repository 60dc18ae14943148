"""Encodings are drawn from the instruction alone, and the boxes always make up the whole word."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from isa.description import Instruction, Operand, Piece, Use
from isa.errors import Source, Span
from isa.ir.nodes import Behaviour
from trapline.explaining.diagram import boxes, draw

NOWHERE = Span(Source("<test>", ""), 1, 1, 2)


def instruction(uses: tuple[Use, ...], mask: int, match: int) -> Instruction:
    return Instruction("x", "", uses, mask, match, Behaviour(), "", "F", "", NOWHERE)


def use(name: str, *pieces: Piece) -> Use:
    return Use(name, Operand(name, sum(p.width for p in pieces), False, "%d"), pieces)


def test_a_row_of_fields() -> None:
    drawn = draw(instruction((use("d", Piece(8, 0, 4)),), 0xF0FF, 0xA003), 16)
    assert drawn == [
        " 15..12 11..8    7..0",
        "+------+-----+----------+",
        "| 1010 |  d  | 00000011 |",
        "+------+-----+----------+",
    ]


def test_a_cut_operand_shows_its_bits_and_unused_bits_a_dash() -> None:
    row = boxes(instruction((use("k", Piece(0, 4, 2), Piece(6, 0, 2)),), 0b0010_0000, 0b0010_0000), 8)
    assert [box.text for box in row] == ["k[1:0]", "1---", "k[5:4]"]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.data())
def test_boxes_tile_the_word(widths: list[int], data: st.DataObject) -> None:
    word, low, uses = sum(widths), 0, []
    for number, width in enumerate(widths):
        if data.draw(st.booleans()):
            uses.append(use(f"o{number}", Piece(low, 0, width)))
        low += width
    row = boxes(instruction(tuple(uses), 0, 0), word)
    assert sum(box.width for box in row) == word
    assert all(above.low == below.low + below.width for above, below in pairwise(row))
    assert {box.operand for box in row if box.operand} == {u.name for u in uses}
