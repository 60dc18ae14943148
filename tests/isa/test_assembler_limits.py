"""Sources that nobody wrote in good faith: each ends soon, with words or with the limit that it met."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.assembler.limits import MAX_STEPS, Work
from isa.assembler.tokens import Lexer, LimitFault, SourceLine
from isa.description import Isa
from isa.errors import Source, SourceError
from tests.isa.small_machines import LEFT, RIGHT
from tests.isa.test_assembler import PROGRAM

LEXER = Lexer()


def first(text: str, include: Any = None) -> str:
    with pytest.raises(SourceError) as caught:
        assemble(LEFT, text, "t.s", include)
    assert len(caught.value.render()) < 20_000
    return caught.value.diagnostics[0].message


def doubling(last: str) -> str:
    macros = "".join(f".macro m{i}\nm{i + 1}\nm{i + 1}\n.endm\n" for i in range(31))
    return f"{macros}.macro m31\n{last}\n.endm\nm0"


@pytest.mark.parametrize(
    "text, message",
    [
        (".macro m\nm\nm\n.endm\nm", "expansions are nested more than 32 deep"),
        (doubling("hlt r1"), "`hlt` is not an instruction of left"),
        ("\n" * (1 << 19), "the sources are longer than 524288 lines together"),
        (".space 262145", "the program is larger than 262144 words"),
        (".org 0xfffffffe\n.space 3", "the program runs past the last address, 0xffffffff"),
        ("\n".join(f".equ a{i}, a{i + 1}" for i in range(200)), "`a100` is defined over more than 100 steps"),
        (".word " + "*".join(["0xffffffffffffffff"] * 400), "a value needs more than 128 bits"),
        (".word 1 << 1000000000", "a shift by 1000000000"),
        (".word 0x" + "f" * 5000, "a number is longer than 64 characters"),
        (".word " + "1[" * 3000, "a value is missing after `[`"),
        (".macro m a\n.word \\a\\a\n.endm\nm x" + "y" * 9000, f"`\\a\\a` becomes `x{'y' * 283}..."),
        (".word " + "\\a" * 4000, "`" + "\\a" * 149 + "\\..."),
    ],
    ids=range(12),
)
def test_a_limit(text: str, message: str) -> None:
    assert first(text) == message


TOO_MUCH = "expansions and long lines have more than 550000 words, numbers and marks together"


@pytest.mark.parametrize(
    "text",
    [
        doubling(""),
        pytest.param(doubling("halt"), marks=pytest.mark.nightly),
        pytest.param(doubling(".word 1"), marks=pytest.mark.nightly),
        pytest.param(doubling("1:"), marks=pytest.mark.nightly),
        pytest.param(".macro m a\n.word \\a\n.endm\n" + f"m {'+'.join('1' * 4900)}\n" * 400, marks=pytest.mark.nightly),
        pytest.param(f".word {'+'.join('1' * 4900)}\n" * 400, marks=pytest.mark.nightly),
        pytest.param(f".space 0, {'+'.join('1' * 4900)}\n" * 400, marks=pytest.mark.nightly),
        pytest.param(f"{'1:' * 4900}\n" * 400, marks=pytest.mark.nightly),
        pytest.param(f".word 1{'[3:0]' * 1900}\n" * 400, marks=pytest.mark.nightly),
    ],
    ids=["nothing", "instructions", "words", "labels", "arguments", "expressions", "room", "labels in lines", "slices"],
)
def test_what_grows_is_stopped(text: str) -> None:
    assert first(text) == TOO_MUCH


def test_a_program_of_long_tables_fits() -> None:
    table = f".word {', '.join('1' * 3000)}\n"
    assert assemble(LEFT, table * 87).top == 261_000


def test_a_long_program_pays_for_itself_line_by_line() -> None:
    steps = Work()
    line = tuple(LEXER.line(SourceLine(Source("t.s", ""), 1, "addi r1, r1, " + "-" * 10)))
    for _ in range(MAX_STEPS):
        steps.line(line)
    with pytest.raises(LimitFault):
        steps.steps(MAX_STEPS + 1, line)


def test_includes_that_double_are_stopped() -> None:
    message = first('.include "a"', lambda path, includer: Source(f"{path}.s", f'.include "{path}a"\n' * 2))
    assert message == "includes are nested more than 32 deep"
    empty = Source("empty.s", "")
    message = first('.include "a"\n' * 2000, lambda path, includer: empty)
    assert message == "more than 1000 files are included"


@pytest.mark.parametrize("inner", ["(", "-", "~(", "- -("])
def test_nesting_costs_no_stack(inner: str) -> None:
    deep = inner * 1500 + "0" + ")" * (1500 * inner.count("("))
    assert assemble(LEFT, f".word {deep}").top == 1
    assert assemble(LEFT, ".word 1" + "[3:0]" * 1500).segments[0].words == (1,)


_WORDS = """\\@ \\a .macro .endm .equ .word .space .org .string .entry .align start: 1: 1b 1f
r1 sp $2 m a li lw add beq MOV BR near 0x10 7 Mode.user "text" 'c' """
PIECES = st.sampled_from(
    [*"()[],:+-*/%\"'\\#;.\n\n\t=<>&|^~!$\u00e9\0\x1b  ", *_WORDS.split(), "m 1, 2", ".macro m a, b=2\n"]
)


@pytest.mark.parametrize("isa", [LEFT, RIGHT], ids=lambda isa: isa.name)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_text_is_assembled_or_explained(isa: Isa, text: str) -> None:
    assembled_or_explained(isa, text)


@pytest.mark.parametrize("isa", [LEFT, RIGHT], ids=lambda isa: isa.name)
@given(st.text(max_size=200))
def test_any_characters_are_assembled_or_explained(isa: Isa, text: str) -> None:
    assembled_or_explained(isa, text)


@given(st.randoms(use_true_random=False))
def test_a_damaged_program_is_assembled_or_explained(rng: random.Random) -> None:
    text = list(PROGRAM)
    for _ in range(rng.randint(1, 10)):
        at = rng.randrange(len(text))
        text[at : at + rng.randint(0, 3)] = rng.choices(PROGRAM, k=rng.randint(0, 3))
    assembled_or_explained(LEFT, "".join(text))


def assembled_or_explained(isa: Isa, text: str) -> None:
    try:
        image = assemble(isa, text, "t.s")
    except SourceError as error:
        shown = error.render()
        assert all(c.isprintable() or c == "\n" for c in shown)
    else:
        assert all(0 <= word < 1 << isa.word for _, word in image.words())
