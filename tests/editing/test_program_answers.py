"""Hover, completion, outline, folding and hints of programs."""

from pathlib import Path

import pytest

from isa.assembler.directives import DIRECTIVES
from tests.editing.cases import GUESTS, opened, place
from trapline.editing.answers import Fold, Sort
from trapline.editing.asking import folds_of, hints_of, hover_at, outline_of, proposals_at
from trapline.editing.assembly import directives
from trapline.editing.workspace import Workspace

TEXT = """\
# A program.
# It has a header
# of three lines.
        .macro print text, port=r0
        la   r1, 1f
        b    2f
1:      .string \\text
2:      nop
        .endm

        .equ LIMIT, 40 + 2      # how many there are
# Where it begins.
# Really.
start:  li   r1, LIMIT
        print "é\U0001f600"
        .if  LIMIT > 3
        lw   r2, 4(sp)
        .else
        not assembly at 'all
        .endif
back:   b    start
table:  .word 0x41, -1, LIMIT, 7
        .align 4
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("program") / "it.s"


@pytest.fixture(scope="module")
def workspace(path: Path) -> Workspace:
    return opened(path, TEXT)


def told(workspace: Workspace, path: Path, found: str) -> str:
    hover = hover_at(*place(workspace, path, found))
    return hover.text if hover else ""


def test_an_instruction_is_told_with_its_manual_and_its_word(workspace: Workspace, path: Path) -> None:
    text = told(workspace, path, "l|w   r2")
    assert text.startswith("### `lw d, k(a)`\n\nLoad a word.\n")
    assert "x[d] <- mem[x[a] + sext(k)]" in text and "- Reads: `base @base`" in text
    assert "00100000 d=0010 a=1110 k=0000000000000100" in text


def test_a_pseudo_instruction_is_told_with_what_it_stands_for(workspace: Workspace, path: Path) -> None:
    text = told(workspace, path, "l|i   r1")
    assert "lui d, w[31:16]" in text and "0x0000  1a100000  lui r1, LIMIT[31:16]" in text


def test_symbols_are_told_with_value_uses_and_comment(workspace: Workspace, path: Path) -> None:
    assert told(workspace, path, "r1, LI|MIT") == (
        f"`LIMIT`: a constant = 42 (0x2a, `'*'`)\n\nused 3 times, defined at {path}:11\n\nhow many there are"
    )
    assert told(workspace, path, "sta|rt:") == (
        f"`start`: a label = 0 (0x0)\n\nused once, defined at {path}:14\n\nWhere it begins. Really."
    )
    assert "used nowhere else" in told(workspace, path, "ta|ble:")


def test_a_macro_is_told_with_what_this_use_of_it_became(workspace: Workspace, path: Path) -> None:
    text = told(workspace, path, 'pri|nt "')
    assert text.startswith("### `.macro print text, port=r0`\n\nused once")
    assert "0x0002  1b100001  adr r1, 1f" in text and "0x0005  0001f600" in text


def test_registers_members_numbers_and_directives_are_told(workspace: Workspace, path: Path) -> None:
    assert told(workspace, path, "4(s|p)") == "`sp`: register 14 of `reg`, also `r14`"
    assert told(workspace, path, "0x|41") == "`0x41` = 65 (0x41, `'A'`)"
    assert told(workspace, path, ".al|ign").startswith("`.align N`\n\nWords of zero")
    assert told(workspace, path, "# how| many") == ""


def names(workspace: Workspace, path: Path, found: str) -> dict[str, str]:
    """What may stand at a cursor, each with what it would write."""
    _, proposals = proposals_at(*place(workspace, path, found))
    return {p.name: p.snippet or p.name for p in proposals}


def test_a_statement_may_begin_with_what_the_machine_has(workspace: Workspace, path: Path) -> None:
    for found in ("        l|w   r2", "\n        |lw", "start:  |li"):
        offered = names(workspace, path, found)
        assert offered["lw"] == "lw ${1:d}, ${2:k}(${3:a})" and offered["li"] == "li ${1:d}, ${2:w}"
        assert offered["print"] == "print ${1:text}, ${2:port}" and offered[".word"] == ".word"
        assert "r1" not in offered and "LIMIT" not in offered


def test_an_operand_may_be_a_register_or_a_symbol(workspace: Workspace, path: Path) -> None:
    offered = names(workspace, path, "lw   |r2")
    assert {"r0", "r15", "sp", "LIMIT", "start", "Mode.user", "Cause.clock"} <= set(offered) and "lw" not in offered


def test_what_is_begun_is_what_is_written_over(workspace: Workspace, path: Path) -> None:
    over, _ = proposals_at(*place(workspace, path, "        .al|ign"))
    assert (over.column, over.end) == (8, 11)


def test_parameters_shipped_files_and_nothing_in_comments_and_texts(path: Path) -> None:
    text = '.include <ma\n.include "x\n# he\nnop # li\n.string "a, \n .macro m one, two=2\nadd r1, \\o\n.endm\n'
    workspace = opened(path, text)
    shipped = {"calls.s", "console.s", "macros.s", "splitmix.s", "traps.s", "user.s"}
    assert set(names(workspace, path, "<ma|")) == shipped
    for found in ('"x|', "# he|", "# li|", '"a, |'):
        assert names(workspace, path, found) == {}
    assert set(names(workspace, path, "\\o|")) == {"one", "two"}


def test_the_outline_has_labels_constants_and_macros(workspace: Workspace, path: Path) -> None:
    entries = [(e.name, e.sort, e.detail, e.place.line, e.last) for e in outline_of(workspace, str(path))]
    assert entries == [
        ("print", Sort.MACRO, "", 3, 8),
        ("LIMIT", Sort.CONSTANT, "0x2a", 10, 10),
        ("start", Sort.LABEL, "0x0", 13, 19),
        ("back", Sort.LABEL, "0x9", 20, 20),
        ("table", Sort.LABEL, "0xa", 21, 23),
    ]


def test_blocks_and_comments_fold(workspace: Workspace, path: Path) -> None:
    assert folds_of(workspace, str(path)) == [Fold(0, 2, True), Fold(3, 8), Fold(15, 16), Fold(17, 19)]


def test_every_line_with_words_has_its_address_and_words(workspace: Workspace, path: Path) -> None:
    hints = {h.line + 1: h.text for h in hints_of(workspace, str(path), 0, 100)}
    assert hints == {
        14: "0x0000: 1a100000 1511002a",
        15: "0x0002: 1b100001 30000003 000000e9 ...",
        17: "0x0008: 202e0004",
        21: "0x0009: 3000fff6",
        22: "0x000a: 00000041 ffffffff 0000002a ...",
        23: "0x000e: 00000000",  # the first of the words that are room
    }
    assert [h.line for h in hints_of(workspace, str(path), 16, 16)] == [16]


def test_hints_stay_while_another_line_is_wrong(path: Path) -> None:
    workspace = opened(path, "nop\nlw r1, nowhere(r2)\n.word 7\n")
    assert {h.line: h.text for h in hints_of(workspace, str(path), 0, 9)} == {
        0: "0x0000: 01000000",
        2: "0x0002: 00000007",
    }


def test_words_are_those_of_the_image() -> None:
    path = GUESTS / "os.s"
    ((program, _),) = opened(path).programs(str(path))
    assert program.found is not None and program.found.image is not None
    assert dict(program.found.image.words()) == program.words


def test_every_directive_is_told() -> None:
    assert list(directives.DIRECTIVES) == list(DIRECTIVES)


def test_questions_about_a_text_of_an_unknown_machine_have_no_answer(path: Path) -> None:
    workspace = opened(path, "# machine: none\nstart: nop\n")
    at = place(workspace, path, "st|art")
    assert hover_at(*at) is None and outline_of(workspace, str(path)) == [] and folds_of(workspace, str(path)) == []
    assert proposals_at(*at)[1] == [] and hints_of(workspace, str(path), 0, 9) == []
