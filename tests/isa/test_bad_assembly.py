"""Bad sources and exactly what is said about them: each file in bad_asm ends, after `=====`, with the diagnostics."""

from pathlib import Path
from typing import Any

import pytest

from isa.assembler import assemble, assemble_file
from isa.assembler.includes import Directory
from isa.errors import Source, SourceError, TraplineError
from tests.isa.small_machines import LEFT, REG, RIGHT, at, instruction, machine

FOLDER = Path(__file__).parent / "bad_asm"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.s")), ids=lambda p: p.stem)
def test_a_bad_source_is_explained(path: Path) -> None:
    source, expected = path.read_text(encoding="utf-8").split("=====\n")
    with pytest.raises(SourceError) as caught:
        assemble(LEFT, source, f"{FOLDER}/{path.name}", Directory(str(FOLDER)))
    assert caught.value.render().replace(f"{FOLDER}/", "") + "\n" == expected


def messages(text: str) -> list[str]:
    with pytest.raises(SourceError) as caught:
        assemble(LEFT, text, "t.s")
    return [f"{d.span.line}:{d.span.column} {d.message}" for d in caught.value.diagnostics]


def test_very_many_errors_end_with_a_word_about_it() -> None:
    found = messages("\n".join(f"oops{i}" for i in range(60)))
    assert len(found) == 21
    assert found[19:] == [
        "20:1 `oops19` is not an instruction of left",
        "20:1 there are 20 errors or more; the rest is not shown",
    ]


def test_a_very_long_line_is_refused() -> None:
    assert messages(".word " + ", ".join(["1"] * 4000)) == ["1:10000 a line is longer than 10000 characters"]


def test_a_very_long_source_is_refused_at_once() -> None:
    assert messages("\n" * (16 << 20) + "x") == ["1:1 the sources are longer than 16777216 characters together"]


def test_a_program_without_includes_says_so() -> None:
    assert messages('.include "x.s"') == ["1:10 this text may not include files"]


def test_errors_of_both_passes_come_in_source_order() -> None:
    text = "nop r1\n.word later\nbad\n.equ x, nowhere\n.word 1 << 40"
    assert [m.split()[0] for m in messages(text)] == ["1:1", "2:7", "3:1", "4:9", "5:7"]


def test_a_caller_may_refuse_an_include() -> None:
    def include(path: str, includer: str) -> Source:
        raise TraplineError(f"{includer} may not have {path}", "ask first")

    with pytest.raises(SourceError) as caught:
        assemble(LEFT, '.include "x"', "t.s", include)
    (only,) = caught.value.diagnostics
    assert (only.message, only.help) == ("t.s may not have x", "ask first")


# ---- files


def test_files_include_files_relative_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "top.s").write_text('.include "sub/a.s"\n.word 1')
    (tmp_path / "sub" / "a.s").write_text('.include "../b.s"\n.include "c.s"')
    (tmp_path / "b.s").write_text(".word 2")
    (tmp_path / "sub" / "c.s").write_text(".word 3")
    image = assemble_file(LEFT, str(tmp_path / "top.s"))
    assert image.segments[0].words == (2, 3, 1)
    assert image.lines[0].file == str(tmp_path / "b.s")


def test_a_file_in_the_current_directory_may_include_its_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "top.s").write_text('.include "a.s"')
    (tmp_path / "a.s").write_text(".word 5")
    monkeypatch.chdir(tmp_path)
    assert assemble_file(LEFT, "top.s").segments[0].words == (5,)


def test_an_include_root_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "top.s").write_text('.include "../a.s"')
    (tmp_path / "a.s").write_text(".word 5")
    with pytest.raises(SourceError, match="leads out of the directory"):
        assemble_file(LEFT, str(tmp_path / "sub" / "top.s"))
    assert assemble_file(LEFT, str(tmp_path / "sub" / "top.s"), root=str(tmp_path)).top == 1


def test_a_text_that_is_no_file_includes_from_the_root(tmp_path: Path) -> None:
    (tmp_path / "a.s").write_text(".word 5")
    for name in ("<text>", str(tmp_path.parent / "elsewhere.s")):
        assert assemble(LEFT, '.include "a.s"', name, Directory(str(tmp_path))).top == 1
        with pytest.raises(SourceError, match="leads out of the directory"):
            assemble(LEFT, '.include "../a.s"', name, Directory(str(tmp_path)))


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.s").write_text(".word 5")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "file.s").symlink_to(tmp_path / "secret.s")
    (inside / "up").symlink_to(tmp_path)
    for path in ("file.s", "up/secret.s"):
        (inside / "top.s").write_text(f'.include "{path}"')
        with pytest.raises(SourceError, match="cannot include"):
            assemble_file(LEFT, str(inside / "top.s"))


def test_a_path_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "top.s").write_text('.include "a\\0b"')
    with pytest.raises(SourceError, match="not a path"):
        assemble_file(LEFT, str(tmp_path / "top.s"))


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot read {}: no such file or directory"),
        ("directory", "cannot read {}: it is not a regular file"),
        (b"\xff\xfe", "the file is not text: byte 0xff is not UTF-8"),
        (b"\n" * ((16 << 20) + 1), "cannot read {}: it is larger than 16777216 bytes"),
    ],
    ids=["missing", "directory", "binary", "large"],
)
def test_a_file_that_is_no_source(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "top.s"
    if content == "directory":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(TraplineError) as caught:
        assemble_file(LEFT, str(path))
    assert caught.value.message == message.format(path)


# ---- what only unusual machines can get wrong


@pytest.mark.parametrize(
    "text, message, help",
    [
        (
            "LD $1 <- 3[$2]",
            "3 cannot be operand `e`",
            "its format has no place for the bits 0x1, which must be zero",
        ),
        ("LD $1 <- 2", "`[` is missing", "it is written `LD x <- e[y]`"),
        ("MOV #32 -> $1", "32 does not fit operand `s`", "`split` is -32 to 31; if you mean the bits, write `32[5:0]`"),
        ("BR gt near 5", "`gt` is not defined", ""),
        (
            ".org 9\nBR eq near 8",
            "0x8 is 65535 words from 0x9, too far for operand `t`",
            "`near` reaches 0 to 255; jump through a register",
        ),
        ("mov #1 -> $1", "`mov` is not an instruction of right", "did you mean `MOV`?"),
        ('.string "\U0001f600"', "a character does not fit a word of 16 bits", ""),
    ],
)
def test_a_mistake_on_the_unusual_machine(text: str, message: str, help: str) -> None:
    with pytest.raises(SourceError) as caught:
        assemble(RIGHT, text, "t.s")
    (only,) = caught.value.diagnostics
    assert (only.message, only.help) == (message, help)


def test_an_instruction_that_cannot_be_written_says_so() -> None:
    odd = machine("odd", 32, [REG], [instruction("op", "d.a", 32, 0, at("d", REG, 0), at("a", REG, 4))], [])
    with pytest.raises(SourceError) as caught:
        assemble(odd, "op r1.r2", "t.s")
    (only,) = caught.value.diagnostics
    assert (
        only.message == '`op` cannot be written in assembly: in "d.a" an operand is missing or runs into its neighbour'
    )
