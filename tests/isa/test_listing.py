"""The listing of an image, as a whole."""

from isa.assembler import assemble, listing
from isa.errors import Source
from tests.isa.small_machines import LEFT

PROGRAM = """\
        .org 16
        .include "macros.s"
start:  li    r1, 0xdeadbeef
        drop2
text:   .string "hi"
        .space 100
        halt    # the end
        .equ minus, -5
"""

LISTING = """\
t.s:
                    3  start:  li    r1, 0xdeadbeef
00000010  1210dead       + lui r1, 0xdeadbeef[31:16]
00000011  1311beef       + ori r1, r1, 0xdeadbeef[15:0]
                    4          drop2
00000012  11ee0001       + addi sp, sp, 1
00000013  11ee0001       + addi sp, sp, 1
00000014  00000068  5  text:   .string "hi"
00000015  00000069
00000016  00000000
00000017  00000000  6          .space 100
                       ... 99 more words
0000007b  8b000000  7          halt    # the end

-5  constant  minus
0x10  label  start
0x14  label  text
"""


def test_a_listing() -> None:
    macros = Source("macros.s", ".macro drop by=1\naddi sp, sp, \\by\n.endm\n.macro drop2\ndrop\ndrop\n.endm")
    image = assemble(LEFT, PROGRAM, "t.s", lambda path, includer: macros)
    assert listing(image) == LISTING


def test_a_listing_of_an_empty_program() -> None:
    assert listing(assemble(LEFT, "")) == ""
