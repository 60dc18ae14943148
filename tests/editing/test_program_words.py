"""Definition, references and rename in programs; a rename leaves every word of the image as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from isa.assembler.tokens import Kind
from isa.errors import TraplineError
from tests.editing.cases import GUESTS, after, opened, place, written
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.sizes import NIGHTLY
from trapline.editing.answers import Edit, Sort
from trapline.editing.asking import definitions_at, references_at, rename_at, renamed_at
from trapline.editing.assembly import words as words_module
from trapline.editing.assembly.words import DEFINES, Words, roles
from trapline.editing.workspace import Workspace

BUGS = Bugs()

TEXT = r"""
        .macro twice reg, by=1
1:      addi \reg, \reg, \by
        bnez \reg, 1b
end\@:  nop
        .endm
        .macro unused
        lw   r1, LIMIT(r2)
        .endm
        .equ LIMIT, 3           # how many
start:  twice r1
1:      twice r2, LIMIT
        beqz r1, 1f
        b    1b
        .ifdef ABSENT
        .word LIMIT
        .endif
1:      .word LIMIT * 2, start, Mode.user
"""


def workspace_of(folder: Path, text: str = TEXT) -> tuple[Workspace, Path]:
    path = folder / "it.s"
    return opened(path, text), path


def names_at(folder: Path, found: str, text: str = TEXT) -> tuple[list[str], list[str]]:
    """What stands where the thing at a cursor is defined, and where it is used."""
    workspace, path = workspace_of(folder, text)
    at = place(workspace, path, found)
    return written(workspace, definitions_at(*at)), written(workspace, references_at(*at))


def test_a_constant_is_found_wherever_it_is_written(tmp_path: Path) -> None:
    expected = ["8: LIMIT", "10: LIMIT", "12: LIMIT", "16: LIMIT", "18: LIMIT"]
    for found in ("LI|MIT, 3", ".equ |LIMIT", "twice r2, LIMIT|", "        .word LIM|IT\n"):
        assert names_at(tmp_path, found) == (["10: LIMIT"], expected)
    workspace, path = workspace_of(tmp_path)
    assert written(workspace, references_at(*place(workspace, path, "LI|MIT, 3"), False)) == expected[:1] + expected[2:]


def test_labels_macros_and_parameters(tmp_path: Path) -> None:
    assert names_at(tmp_path, "2, st|art") == (["11: start"], ["11: start", "18: start"])
    assert names_at(tmp_path, "tw|ice r1") == (["2: twice"], ["2: twice", "11: twice", "12: twice"])
    assert names_at(tmp_path, "addi \\r|eg") == (["2: reg"], ["2: reg", "3: reg", "3: reg", "4: reg"])
    assert names_at(tmp_path, "twice reg, b|y") == (["2: by"], ["2: by", "3: by"])


def test_a_parameter_is_known_in_a_repetition_inside_its_macro(tmp_path: Path) -> None:
    text = ".macro m a, b\n.rept 2, i\n.word \\a + \\i\n.endr\n.word \\b, \\a\n.endm\n.rept 1, a\n.word \\a\n.endr\n"
    assert names_at(tmp_path, "\\|a + ", text) == (["1: a"], ["1: a", "3: a", "5: a"])
    assert names_at(tmp_path, "+ \\|i", text) == (["2: i"], ["2: i", "3: i"])
    assert names_at(tmp_path, ".word \\b|", text) == (["1: b"], ["1: b", "5: b"])
    assert names_at(tmp_path, "1, |a\n", text) == (["7: a"], ["7: a", "8: a"])


def test_local_labels_mean_what_the_assembler_meant(tmp_path: Path) -> None:
    assert names_at(tmp_path, "beqz r1, 1|f") == (["18: 1"], ["13: 1f", "18: 1"])
    assert names_at(tmp_path, "\\reg, 1|b") == (["3: 1"], ["3: 1", "4: 1b", "14: 1b"])
    # The label in the last expansion of the macro lies between.
    assert names_at(tmp_path, " b    1|b") == (["3: 1"], ["3: 1", "4: 1b", "14: 1b"])
    assert names_at(tmp_path, "1|:      twice") == (["12: 1"], ["12: 1"])


def test_instructions_are_defined_by_the_machine(tmp_path: Path) -> None:
    workspace, path = workspace_of(tmp_path)
    for found, line in (("lw|   r1", "instr lw "), ("be|qz r1", "pseudo beqz")):
        (place_,) = definitions_at(*place(workspace, path, found))
        assert place_.file == "isa/machines/g3.isa"
        assert line in workspace.source(place_.file).line(place_.line + 1)
    assert len(references_at(*place(workspace, path, "bnez| \\reg"))) == 1


def test_a_rename_writes_every_place_and_no_other(tmp_path: Path) -> None:
    workspace, path = workspace_of(tmp_path)
    edits = rename_at(*place(workspace, path, ".equ LI|MIT"), "MOST")
    assert after(workspace, edits)[str(path)] == TEXT.replace("LIMIT", "MOST")
    edits = rename_at(*place(workspace, path, "beqz r1, 1|f"), "7")
    assert [(e.place.line + 1, e.text) for e in edits] == [(13, "7f"), (18, "7")]
    edits = rename_at(*place(workspace, path, "twice re|g"), "register")
    assert after(workspace, edits)[str(path)] == TEXT.replace("reg", "register")


@pytest.mark.parametrize(
    ("found", "name", "why"),
    [
        (".equ LI|MIT", "start", "the program would be another one"),
        (".equ LI|MIT", "r5", "the program would be another one"),
        (".equ LI|MIT", "two words", "is not a name"),
        ("beqz r1, 1|f", "seven", "is not a name"),
        ("lw|   r1", "load", "belongs to the machine"),
        ("# how| many", "few", "there is no name here"),
        ("tw|ice r1", "unused", "the program would be another one"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(tmp_path: Path, found: str, name: str, why: str) -> None:
    workspace, path = workspace_of(tmp_path)
    with pytest.raises(TraplineError, match=why):
        rename_at(*place(workspace, path, found), name)


def test_what_a_macro_makes_of_parts_is_not_renamed(tmp_path: Path) -> None:
    text = ".macro def n\nx_\\n: .word 1\n.endm\ndef one\nstart: lw r1, x_one(r0)\n"
    workspace, path = workspace_of(tmp_path, text)
    with pytest.raises(TraplineError, match="made by a macro"):
        renamed_at(*place(workspace, path, "x_o|ne"))
    with pytest.raises(TraplineError, match="the program would be another one"):
        rename_at(*place(workspace, path, ".macro d|ef"), "lw")


def test_names_are_renamed_across_includes(tmp_path: Path) -> None:
    (tmp_path / "part.s").write_text("put: out r1, r0\n jr ra\n")
    workspace, path = workspace_of(tmp_path, '.include "part.s"\n.include <macros.s>\nstart: call put\n')
    edits = rename_at(*place(workspace, path, "call p|ut"), "write")
    assert after(workspace, edits)[f"{tmp_path}/part.s"].startswith("write: out")
    assert after(workspace, edits)[str(path)].endswith("call write\n")


def test_two_programs_that_share_a_part_are_renamed_together(tmp_path: Path) -> None:
    workspace, _ = workspace_of(tmp_path, '.include "part.s"\nstart: call put\n')
    workspace.open(f"{tmp_path}/other.s", '.include "part.s"\nmain: call put\n', description=False)
    workspace.open(f"{tmp_path}/part.s", "put: jr ra\n", description=False)
    (tmp_path / "part.s").write_text("put: jr ra\n")
    edits = rename_at(*place(workspace, tmp_path / "part.s", "pu|t:"), "give")
    assert sorted((Path(e.place.file).name, e.text) for e in edits) == [
        *[("it.s", "give"), ("other.s", "give"), ("part.s", "give")]
    ]


# ---- every name of a whole program


def everything(words: Words) -> Iterator[tuple[str, int, int, Sort]]:
    """Where each name is defined in the text itself."""
    for number, tokens in enumerate(words.lines[words.program.path]):
        for role, token in roles(tokens):
            if role in DEFINES and token.kind is not Kind.PASTE:
                yield token.text, number, token.column - 1, DEFINES[role]


PASTED = {("web.s", name) for name in ("page_end", "missing_end", "bad_end")}  # a macro makes these of parts


def check_renames() -> None:
    for path in sorted(GUESTS.glob("*.s")) if NIGHTLY else [GUESTS / "exits.s"]:
        workspace = opened(path)
        (words,) = workspace.words(str(path))
        before = words.program.words
        for name, line, column, sort in everything(words):
            new = "77" if name.isdigit() else f"{name}_"
            if (path.name, name) in PASTED:
                with pytest.raises(TraplineError, match="the program would be another one"):
                    rename_at(workspace, str(path), line, column, new)
                continue
            edits = rename_at(workspace, str(path), line, column, new)
            assert edits, name
            texts = after(workspace, edits)
            again = opened(path, texts[str(path)])
            for file in texts.keys() - {str(path)}:
                again.open(file, texts[file], description=False)
            ((program, _),) = again.programs(str(path))
            assert program.words == before and not program.problems
            symbols = again.words(str(path))[0].layout.symbols.table
            assert sort is Sort.MACRO or name.isdigit() or (name not in symbols and new in symbols)


def test_every_name_of_a_program_can_be_another() -> None:
    check_renames()


@BUGS.caught_by(check_renames)
def names_in_operands_are_overlooked(patch: Patch) -> None:
    """The program would not assemble, and so nothing is renamed."""
    real = words_module.roles
    patch.setattr(words_module, "roles", lambda tokens: list(real(tokens))[:2])


@BUGS.caught_by(check_renames)
def the_check_and_the_edits_differ(patch: Patch) -> None:
    from trapline.editing.assembly import rename

    def edit(place: object, text: str) -> Edit:
        return Edit(place._replace(end=place.end - 1), text)  # type: ignore[attr-defined]

    patch.setattr(rename, "Edit", edit)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, TraplineError))
