"""`.was`: what an instruction stands for is noted in the image, kept in its file, and written again."""

from isa.assembler import Image, assemble
from isa.assembler.disassembly import disassemble_image
from isa.assembler.image_format import dump, parse
from isa.machines.catalogue import find

PROGRAM = """
        .org 16
        .macro pair e
        svc  0xffff
        .was setie \\e
        .endm
start:  pair 0
        pair 1
        svc  7
        .was j start
        .word 7
        add  r1, r2, r3
        .org 8
        nop
"""


def program() -> Image:
    return assemble(find("g3"), PROGRAM, "t.s")


def words(text: str) -> list[int]:
    return [word for _, word in assemble(find("g3"), text).words()]


def test_the_word_is_that_of_the_place_where_it_would_stand() -> None:
    assert program().replaced == dict(zip((16, 17, 18), words("cli\nsti\n.org 2\nj 0"), strict=True))


def test_nothing_is_placed_but_what_stands_for_it() -> None:
    assert [a for a, _ in program().words()] == [8, 16, 17, 18, 19, 20]


def test_instructions_are_told_from_data() -> None:
    assert [a for a, _ in program().instructions()] == [8, 16, 17, 18, 20]


def test_both_survive_a_file_and_the_disassembler() -> None:
    made = program()
    assert parse(dump(made)) == made
    again = assemble(find("g3"), disassemble_image(find("g3"), made))
    assert (again.segments, again.replaced, again.code) == (made.segments, made.replaced, made.code)
