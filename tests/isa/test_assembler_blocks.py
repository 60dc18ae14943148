"""Conditions, repetitions, definitions from outside, and shipped files. What is wrong with them is in `bad_asm`."""

from pathlib import Path

import pytest

from isa.assembler import assemble, assemble_file, listing
from isa.assembler.assembled import assembled
from isa.assembler.includes import Directory
from isa.errors import Source, SourceError, TraplineError, UsageError
from tests.isa.small_machines import LEFT


def words(text: str, **definitions: int) -> list[int]:
    return [word for _, word in assemble(LEFT, text, "t.s", definitions=definitions).words()]


@pytest.mark.parametrize(
    "text, expected",
    [
        (".if 1\n.word 1\n.else\n.word 2\n.endif\n.word 3", [1, 3]),
        (".if 0\n.word 1\n.else\n.word 2\n.endif\n.word 3", [2, 3]),
        (".if 0\n.if 1\n.word 1\n.else\n.word 2\n.endif\n.else\n.word 3\n.endif", [3]),
        (".if 1\n.if 0\n.word 1\n.else\n.word 2\n.endif\n.else\n.word 3\n.endif", [2]),
        (".if 0\ndon't look, it's \\not \"assembly\n.macro\n.rept\n.endif\n.word 4", [4]),
        ("here:\n.ifdef here\n.word 1\n.endif\n.ifdef there\n.word 2\n.endif\nthere: .word 3", [1, 3]),
        (".ifndef x\n.equ x, 5\n.endif\n.word x", [5]),
        (".word 9\n.if . == 1\n.word 1\n.endif", [9, 1]),
        ("x: .if 1\n.word x\n.endif", [0]),
    ],
)
def test_a_condition(text: str, expected: list[int]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        (".rept 3\n.word 7\n.endr", [7, 7, 7]),
        (".rept 0\noops\n.endr\n.word 1", [1]),
        (".rept 4, i\n.word \\i * \\i\n.endr", [0, 1, 4, 9]),
        (".rept 2, i\n.rept 2, j\n.word \\i\\()\\j\n.endr\n.endr", []),  # `00` and `01` are no numbers
        (".rept 2, i\n.rept 2, j\n.word 1\\i\\()\\j\n.endr\n.endr", [100, 101, 110, 111]),
        (".rept 2, i\n.if \\i\n.word 5\n.else\n.word 6\n.endif\n.endr", [6, 5]),
        (".rept 2\nx\\@: .word x\\@\n.endr", [0, 1]),
        (".rept 2\n1: .word 1b\n.endr", [0, 1]),
        (".macro m n, v\n.rept \\n, i\n.word \\v + \\i\nw\\@_\\i:\n.endr\n.endm\nm 2, 5\nm 1, 8", [5, 6, 8]),
        (".macro down n\n.word \\n\n.if \\n\ndown \\n - 1\n.endif\n.endm\ndown 3", [3, 2, 1, 0]),
        (".macro m a\n.if \\a\n.word \\a\n.else\n.word \\a\\()_\\a\n.endif\n.endm\nm 1", [1]),
    ],
)
def test_a_repetition(text: str, expected: list[int]) -> None:
    if expected:
        assert words(text) == expected
    else:
        with pytest.raises(SourceError):
            words(text)


def test_a_definition_from_outside() -> None:
    text = ".ifndef N\n.equ N, 3\n.endif\n.rept N\n.word N\n.endr"
    assert words(text) == [3] * 3
    assert words(text, N=2) == [2] * 2
    assert words(".word N[31:0]", N=-1 << 100, M=1) == [0]


@pytest.mark.parametrize("name", ["1", "a b", "", "r1", "é", "a.b", "a" * 20 + "-"])
def test_a_definition_that_cannot_be(name: str) -> None:
    with pytest.raises(UsageError):
        words(".word 1", **{name: 1})


def test_a_definition_that_the_source_makes_too() -> None:
    with pytest.raises(SourceError) as caught:
        words(".equ N, 3", N=2)
    (only,) = caught.value.diagnostics
    assert only.message == "`N` is defined twice"
    assert only.help == "between `.ifndef N` and `.endif` it is what --define may change"
    assert str(only.notes[0][0]) == "--define:1:1"


def test_the_listing_of_what_is_repeated_and_left_out() -> None:
    text = ".if 0\n.word 1\n.endif\n.rept 2, i\n.word \\i\nhalt\n.endr\n.word 3\n"
    assert listing(assemble(LEFT, text, "t.s")).splitlines() == [
        "t.s:",
        "                    4  .rept 2, i",
        "00000000  00000000       + .word 0",
        f"00000001  {words('halt')[0]:08x}       + halt",
        "00000002  00000001       + .word 1",
        f"00000003  {words('halt')[0]:08x}       + halt",
        "00000004  00000003  8  .word 3",
    ]


def test_shipped_files(tmp_path: Path) -> None:
    shipped, own = tmp_path / "lib", tmp_path / "own"
    shipped.mkdir(), own.mkdir()
    (shipped / "one.s").write_text('.include "two.s"\n.word 1')
    (shipped / "two.s").write_text(".word 2")
    (own / "two.s").write_text(".word 20")
    (own / "top.s").write_text('.include <one.s>\n.include "two.s"\n')
    directory = Directory(str(own), str(shipped))
    image = assemble(LEFT, (own / "top.s").read_text(), str(own / "top.s"), directory)
    assert image.segments[0].words == (2, 1, 20)
    assert [image.lines[a].file for a in range(3)] == ["<two.s>", "<one.s>", str(own / "two.s")]
    with pytest.raises(TraplineError, match="leads out of the directory"):
        directory("<../own/two.s>", "top.s")
    with pytest.raises(TraplineError, match="no such file is shipped") as caught:
        directory("<three.s>", "top.s")
    assert caught.value.help == "shipped files are <one.s>, <two.s>"


def test_an_image_that_is_kept_knows_its_definitions_and_shipped_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isa.machines.catalogue import find

    monkeypatch.setenv("TRAPLINE_CACHE", str(tmp_path / "cache"))
    shipped = tmp_path / "lib"
    shipped.mkdir()
    (shipped / "one.s").write_text(".word N")
    (tmp_path / "top.s").write_text(".org 16\n.include <one.s>")

    def first(number: int) -> int:
        path = str(tmp_path / "top.s")
        return assembled(find("g3"), path, shipped=str(shipped), definitions={"N": number}).segments[0].words[0]

    assert [first(3), first(4), first(3)] == [3, 4, 3]
    (shipped / "one.s").write_text(".word N + 1")
    assert first(3) == 4


def test_a_file_may_not_include_itself_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.s").write_text('.include "./../' + tmp_path.name + '/a.s"\n.include ".//a.s"')
    with pytest.raises(SourceError) as caught:
        assemble_file(LEFT, str(tmp_path / "a.s"))
    assert [d.message.partition(":")[0] for d in caught.value.diagnostics] == [
        f"cannot include './../{tmp_path.name}/a.s'",
        f"{tmp_path}/a.s includes itself",
    ]


def test_an_included_file_may_be_included_again() -> None:
    image = assemble(LEFT, '.include "a"\n.include "a"', "t.s", lambda path, includer: Source("a", ".word 1"))
    assert image.segments[0].words == (1, 1)
