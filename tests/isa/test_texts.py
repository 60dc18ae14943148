"""One reader for all texts of a user: marks, line ends, and the line of a byte that is no text."""

from pathlib import Path

import pytest

from isa.assembler.assembly import assemble_file
from isa.errors import SourceError
from isa.files.texts import decoded
from isa.machines.catalogue import find

MARK = b"\xef\xbb\xbf"
SOURCE = b"start:  set r1, 0\n        halt\n"
VARIANT = b'variant mine of g3 "Mine." { add instr it "" Z(0xa0) { } }\n'


@pytest.mark.parametrize("data", [SOURCE, MARK + SOURCE, SOURCE.replace(b"\n", b"\r\n"), SOURCE.replace(b"\n", b"\r")])
def test_marks_and_line_ends_mean_nothing_in_assembly(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "it.s").write_bytes(data)
    image = assemble_file(find("g3"), str(tmp_path / "it.s"))
    (tmp_path / "plain.s").write_bytes(SOURCE)
    assert list(image.words()) == list(assemble_file(find("g3"), str(tmp_path / "plain.s")).words())


@pytest.mark.parametrize("data", [VARIANT, MARK + VARIANT, VARIANT.replace(b"\n", b"\r\n")])
def test_marks_and_line_ends_mean_nothing_in_descriptions(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "it.isa").write_bytes(data)
    assert "it" in find(str(tmp_path / "it.isa")).instructions


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_byte_that_is_no_text_is_shown_in_its_place(end: bytes) -> None:
    with pytest.raises(SourceError) as refused:
        decoded("it.s", b"one" + end + "t\u00e4".encode() + b"o\xffx" + end + b"three")
    span = refused.value.diagnostics[0].span
    assert (span.line, span.column) == (2, 4)
    assert "byte 0xff is not UTF-8" in refused.value.message and "UTF-8" in refused.value.help
    assert "it.s:2:4" in refused.value.render()


def test_both_readers_say_so(tmp_path: Path) -> None:
    (tmp_path / "it.s").write_bytes(b"halt\n\xff\n")
    (tmp_path / "it.isa").write_bytes(VARIANT + b"# \xff\n")
    with pytest.raises(SourceError, match="0xff is not UTF-8"):
        assemble_file(find("g3"), str(tmp_path / "it.s"))
    with pytest.raises(SourceError, match="0xff is not UTF-8"):
        find(str(tmp_path / "it.isa"))
