"""The assembler on whole small programs: layout, symbols, expressions, pseudo-instructions, macros."""

import pytest

from isa.assembler import Image, assemble
from isa.description import Isa
from isa.encoding import encode
from isa.errors import Source, SourceError, TraplineError
from isa.machines.catalogue import find
from tests.isa.small_machines import LEFT, RIGHT

PROGRAM = """
        .org 16                 # a comment
        .equ  SIZE, 3
start:  li    r1, 0xdeadbeef    ; another
loop:   addi  r1, r1, -1        // and another
        beq   r1, r0, done
        j     loop
done:   halt
text:   .string "ab"
table:  .word start, done - start, SIZE * 2 + 1, 'x', Mode.user, .
        .space SIZE
end:
        """


def words(text: str, isa: Isa = LEFT) -> list[int]:
    return [word for _, word in assemble(isa, text, "t.s").words()]


def pairs(text: str) -> dict[int, int]:
    return dict(assemble(LEFT, text, "t.s").words())


def test_a_program_with_everything_common() -> None:
    image = assemble(
        LEFT,
        PROGRAM,
        "t.s",
    )
    first = image.segments[0]
    assert (first.address, image.entry, image.top) == (16, 16, 16 + 6 + 3 + 6 + 3)
    assert list(first.words[:6]) == [
        encode(LEFT, "lui", {"d": 1, "u": 0xDEAD}),
        encode(LEFT, "ori", {"d": 1, "a": 1, "u": 0xBEEF}),
        encode(LEFT, "addi", {"d": 1, "a": 1, "k": -1}),
        encode(LEFT, "beq", {"a": 1, "b": 0, "t": 1}),
        encode(LEFT, "jal", {"d": 0, "t": -3}),
        encode(LEFT, "halt", {}),
    ]
    assert list(first.words[6:]) == [97, 98, 0, 16, 5, 7, 120, 1, 25, 0, 0, 0]
    assert image.symbols == {"SIZE": 3, "start": 16, "loop": 18, "done": 21, "text": 22, "table": 25, "end": 34}
    assert image.labels[18] == "loop" and 3 not in image.labels


@pytest.mark.parametrize(
    "text, value",
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7 - 2 - 1", 4),
        ("1 << 4 | 1", 17),
        ("1 | 2 ^ 3 & 2", 1 | (2 ^ (3 & 2))),
        ("~0", -1),
        ("!5 + !0", 1),
        ("- - 3", 3),
        ("-0x12345678[15:8]", -0x56),
        ("(-1)[31:16]", 0xFFFF),
        ("0xff00[15:8][7:4]", 0xF),
        ("0xabcd[4 + 3 : 2 * 2]", 0xC),
        ("3 < 4 && 4 <= 4 && 5 > 4 && 5 >= 5 && 1 != 2 && 1 == 1", 1),
        ("0 || 2", 1),
        ("'a' + '\\n' + '\\x41' + '\\''", 97 + 10 + 65 + 39),
        ("0b1010 + 0o17 + 1_000 + 0xF_F", 10 + 15 + 1000 + 255),
        ("Cause.clock * 2", 10),
    ],
)
def test_expressions_follow_c(text: str, value: int) -> None:
    assert words(f".word {text}") == [value & 0xFFFFFFFF]


def test_local_labels_refer_to_the_nearest() -> None:
    assert words("1: .word 1b, 1f\n1: .word 1b, 1f\n 2: 1: .word 1b, 2b") == [0, 2, 2, 4, 4, 4]


def test_a_constant_may_refer_forward_and_dot_is_where_it_stands() -> None:
    assert words(".equ a, b + 1\n.word a\n.equ b, c\n.equ here, .\nc: .word here, a") == [2, 1, 2]


def test_directives_place_words() -> None:
    got = pairs('.org 0x20\n.word 1\n.align 8\n.word 2\n.org 4\n.ascii "hi", "!"\n.space 2, -1')
    filled = {0x20: 1, **dict.fromkeys(range(0x21, 0x28), 0), 0x28: 2}
    assert got == {**filled, 4: 104, 5: 105, 6: 33, 7: 0xFFFFFFFF, 8: 0xFFFFFFFF}


def test_adjacent_words_make_one_segment() -> None:
    image = assemble(LEFT, ".org 5\n.word 5\n.org 3\n.word 3\n.org 4\n.word 4\n.org 7\n.word 7")
    assert [(s.address, s.words) for s in image.segments] == [(3, (3, 4, 5)), (7, (7,))]


@pytest.mark.parametrize(
    "text, entry",
    [
        (".org 9\n.word 1\n.org 2\n.word 1", 9),
        (".org 9\n.word 1\nstart: .word 2", 10),
        (".entry 3 + other\nstart: .word 2\nother: .word 1", 4),
        (".equ start, 7\n.org 2\n.word 1", 2),
        ("", 0),
    ],
)
def test_entry(text: str, entry: int) -> None:
    assert assemble(LEFT, text).entry == entry


def test_pseudo_instructions_nest_and_keep_expressions_together() -> None:
    assert words("push2 r1, ra") == words("addi sp, sp, -1\nsw r1, 0(sp)\naddi r14, r14, -1\nsw r15, 0(r14)")
    assert words("li r2, 0x10000 + 0x20003") == words("lui r2, 3\nori r2, r2, 3")
    assert words("x: li r2, x - 1") == words("lui r2, 0xffff\nori r2, r2, 0xffff")


def test_dot_in_a_pseudo_instruction_is_each_word_s_own_address() -> None:
    assert words("jump .") == words("j 0\nhalt")


def test_macros_take_arguments_defaults_and_unique_labels() -> None:
    text = """
        .macro countdown reg, from, by=1
        li \\reg, \\from
\\reg\\()_\\@: addi \\reg, \\reg, -\\by
        beq \\reg, r0, out\\@
        j \\reg\\()_\\@
out\\@:
        .endm
        countdown r1, 2 + 3
        countdown r2, 7, 2
    """
    plain = """
        li r1, 5\na: addi r1, r1, -1\nbeq r1, r0, b\nj a\nb:
        li r2, 7\nc: addi r2, r2, -2\nbeq r2, r0, d\nj c\nd:
    """
    assert words(text.replace("\\reg\\()_", "in")) == words(plain)


def test_words_are_pasted_from_parameters() -> None:
    text = ".macro m n, r\nx\\n\\()_a: mov r\\n, \\r\\()5\n.word x\\n\\()_a\n.endm\nm 3, r1"
    assert words(text) == words("mov r3, r15\n.word 0")


def test_macro_arguments_are_operands_mnemonics_strings_and_whole_expressions() -> None:
    text = '.macro do op, mem, n, s\n\\op r1, \\mem\n.word \\n * 2\n.string \\s\n.endm\ndo lw, 4(sp), 1 + 2, "a,b"'
    assert words(text) == words('lw r1, 4(sp)\n.word 6\n.string "a,b"')


def test_a_grouped_argument_opens_where_a_template_needs_its_brackets() -> None:
    assert words(".macro m x\nlpsw 2 \\x\n.endm\nm (sp)") == words("lpsw 2(sp)")


def test_macros_use_macros_and_includes_are_given_by_the_caller() -> None:
    files = {
        "a.s": '.macro one x\n.word \\x\n.endm\n.include "b.s"',
        "b.s": ".macro two x\none \\x\none \\x + 1\n.endm",
    }
    image = assemble(LEFT, '.include "a.s"\ntwo 3', "t.s", lambda path, includer: Source(path, files[path]))
    assert image.segments[0].words == (3, 4)
    assert (image.lines[1].file, image.lines[1].line, image.lines[1].text) == ("t.s", 2, "two 3")
    assert image.lines[1].expansion == ".word (3+1)"


def test_a_slice_of_a_field_s_width_is_its_bits() -> None:
    assert words("addi r1, r0, 0xffff[15:0]") == words("addi r1, r0, -1")
    assert words("lui r1, (-1)[15:0]") == words("lui r1, 0xffff")


def test_the_unusual_machine() -> None:
    assert words("MOV #-32 -> $3", RIGHT) == [0x1000 | 2 << 10 | 3 << 4]
    assert words("MOV #0x1f->acc ; comment", RIGHT) == [0x1000 | 1 << 10 | 0xF]
    assert words("LD $1 <- (2 + 4)[$2]", RIGHT) == [0x2000 | 3 << 4 | 1 | 2 << 2]
    assert words("ADD $1+$2", RIGHT) == [0x3000 | 1 | 2 << 2]
    assert words(".org 5\nBR ne near .+3", RIGHT) == [0x4000 | 1 << 8 | 3]
    assert words("BR 2 near 0\nSET always 1+1", RIGHT) == [0x4200, 0x5000 | 3 | 2 << 2]
    assert words(".org 0xffff\nBR eq near 2", RIGHT) == [0x4003]
    assert words("BACK x\nx:", RIGHT) == [0x4302, 0xF000]


def test_branches_wrap_round_the_end_of_the_addresses() -> None:
    assert pairs(".org 0xffffffff\nj 1") == {0xFFFFFFFF: encode(LEFT, "jal", {"d": 0, "t": 1})}


def test_an_image_says_which_encodings_it_uses() -> None:
    image = assemble(LEFT, "li r1, 1\n.word 5")
    assert image.names == ("lui", "ori")
    image.check(LEFT)
    with pytest.raises(TraplineError, match="16"):
        image.check(RIGHT)


def test_an_empty_program_is_an_image() -> None:
    assert assemble(LEFT, "") == Image("left", 32, (), assemble(LEFT, "").digest, (), 0)


# ---- values that a pseudo-instruction cuts up


@pytest.mark.parametrize("value", ["0xffffffff", "-0x80000000", "0x1ffffffff[31:0]", "later", "later - 0x10"])
def test_a_value_that_fits_the_slices_together_is_taken(value: str) -> None:
    assert len(list(assemble(find("g3"), f"li r1, {value}\nlater: halt").words())) == 3


@pytest.mark.parametrize("value", ["0x1ffffffff", "-0x80000001", "later - 0x90000000"])
def test_a_value_that_would_lose_bits_in_its_slices_is_refused(value: str) -> None:
    with pytest.raises(SourceError, match="does not fit a word of 32 bits") as refused:
        assemble(find("g3"), f"start: nop\n li r1, {value}\nlater: halt")
    (found,) = refused.value.diagnostics
    assert (found.span.line, found.span.column) == (2, 9) and "[31:0]" in found.help
