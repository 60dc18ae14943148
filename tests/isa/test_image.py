"""Image files: what is saved is loaded, whatever is not exactly an image is refused, and so is another machine's."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import Image, ImageError, Line, Segment, assemble
from isa.assembler.image import printable
from isa.assembler.image_format import _prefix, dump, load_image, parse, save_image
from isa.description import Isa
from isa.encoding import encoding_digest
from tests.isa.small_machines import LEFT, RIGHT

TEXTS = st.text(max_size=3).map(printable)
PROGRAM = """
        .org 16
start:  li r1, 0xdeadbeef
        .macro twice x
        \\x
        \\x
        .endm
        twice halt
text:   .string "hello"
        .equ minus, -5
        .space 100, minus
"""


def image() -> Image:
    return assemble(LEFT, PROGRAM, "t.s")


def test_a_program_survives_its_file(tmp_path: Path) -> None:
    path = str(tmp_path / "t.img")
    save_image(image(), path)
    assert load_image(path) == image()
    assert os.listdir(tmp_path) == ["t.img"]


@given(
    st.lists(st.tuples(st.integers(1, 50), st.lists(st.integers(0, 2**13 - 1), min_size=1, max_size=5)), max_size=5),
    st.dictionaries(TEXTS, st.integers(-(2**70), 2**70)),
    st.data(),
)
def test_any_image_survives_its_bytes(parts: Any, symbols: dict[str, int], data: Any) -> None:
    segments, free = [], 0
    for gap, words in parts:
        segments.append(Segment(free + gap, tuple(words)))
        free = segments[-1].end
    addresses = [a for s in segments for a in range(s.address, s.end)]
    line = st.builds(Line, TEXTS, st.integers(1, 9), TEXTS, st.sampled_from(["", "x"]))
    lines = data.draw(st.dictionaries(st.sampled_from(addresses), line)) if addresses else {}
    constants = frozenset(data.draw(st.sets(st.sampled_from(sorted(symbols))))) if symbols else frozenset()
    made = Image("m", 13, ("a", "b"), "d" * 64, tuple(segments), 7, symbols, constants, lines)
    assert parse(dump(made)) == made


def test_what_a_source_has_for_the_terminal_stays_out_of_the_image() -> None:
    made = assemble(LEFT, "halt # \x1b[31m\tred\u202e", "t\x07.s")
    assert made.lines[0] == Line("t..s", 1, "halt # .[31m\tred.")


def test_a_truncated_image_is_refused() -> None:
    data = dump(image())
    for size in (*range(60), len(data) // 2, len(data) - 1):
        with pytest.raises(ImageError, match=r"is empty|is not an image|is truncated"):
            parse(data[:size])


def test_a_longer_image_is_refused() -> None:
    with pytest.raises(ImageError, match="behind its end"):
        parse(dump(image()) + b"\0")


@given(st.data())
def test_a_flipped_bit_is_noticed(data: Any) -> None:
    good = bytearray(dump(assemble(LEFT, "halt\nx: .word 5")))
    bit = data.draw(st.integers(0, 8 * len(good) - 1))
    good[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ImageError):
        parse(bytes(good))


@given(st.binary(max_size=200))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ImageError):
        parse(garbage)


def test_another_version_is_refused_by_name() -> None:
    data = bytearray(dump(image()))
    data[8] = 2
    with pytest.raises(ImageError, match="the image has version 2 of the format; this program reads version 1"):
        parse(bytes(data))


def forged(payload: bytes = b"\1\0\2\0", **changes: object) -> bytes:
    """An image with a right checksum and whatever header."""
    header = {
        "machine": "m",
        "word": 13,
        "names": ["a"],
        "digest": "d",
        "entry": 1,
        "segments": [[5, 2]],
        "symbols": {"s": 5, "c": -1},
        "constants": ["c"],
        "texts": ["f", "t", ""],
        "lines": [[5, 2, 0, 1, 2, 1]],
        **changes,
    }
    return raw(json.dumps({k: v for k, v in header.items() if v is not None}).encode(), payload)


def raw(header: bytes, payload: bytes = b"") -> bytes:
    return _prefix(header, payload) + header + payload


def test_the_forged_image_is_good_before_it_is_changed() -> None:
    assert parse(forged()).segments == (Segment(5, (1, 2)),)


@pytest.mark.parametrize(
    "changes",
    [
        {"machine": 5},
        {"machine": "m" * 5000},
        {"machine": "\x1b[31m"},
        {"texts": ["f", "t\n", ""]},
        {"symbols": {"s\0": 5, "c": -1}},
        {"word": 0},
        {"word": 65},
        {"word": True},
        {"word": 13.0},
        {"word": None},
        {"names": "ab"},
        {"names": [["a"]]},
        {"digest": "d" * 65},
        {"entry": -1},
        {"entry": 1 << 13},
        {"segments": {}},
        {"segments": [[5]]},
        {"segments": [[5, 1]]},
        {"segments": [[5, 3]]},
        {"segments": [[5, 1], [5, 1]]},
        {"segments": [[5, 1], [4, 1]]},
        {"segments": [[5, 2], [9, 0]]},
        {"segments": [[-1, 2]]},
        {"segments": [[(1 << 13) - 1, 2]]},
        {"segments": [[5, "2"]]},
        {"segments": [[5, True], [6, 1]]},
        {"symbols": []},
        {"symbols": {"s": "5"}},
        {"symbols": {"s": 1 << 200}},
        {"constants": ["nothing"]},
        {"constants": [["s"]]},
        {"texts": [1, 2, 3]},
        {"lines": [[5, 3, 0, 1, 2, 1]]},
        {"lines": [[5, 1 << 60, 0, 1, 2, 1]]},
        {"lines": [[5, -1, 0, 1, 2, 1]]},
        {"lines": [[5, 0, 0, 1, 2, 1]]},
        {"lines": [[5, 2, 3, 1, 2, 1]]},
        {"lines": [[5, 2, 0, -1, 2, 1]]},
        {"lines": [[5, 2, 0, 1, 2, 0]]},
        {"lines": [[(1 << 13) - 1, 2, 0, 1, 2, 1]]},
        {"lines": [5]},
        {"payload": b"\1\0\2"},
        {"payload": b"\1\0\0\xff"},
        {"payload": b""},
    ],
    ids=str,
)
def test_a_forged_header_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ImageError, match="corrupt"):
        parse(forged(**changes))


@pytest.mark.parametrize(
    "header",
    [b"", b"{", b"[1]", b"\xff\xff", b"[" * 100_000, b'{"word":' + b"9" * 5000 + b"}", b"1"],
    ids=lambda h: str(h[:8]),
)
def test_a_header_that_is_no_object_is_refused(header: Any) -> None:
    with pytest.raises(ImageError, match="corrupt"):
        parse(raw(header))


def test_a_header_that_would_take_much_memory_is_refused_unread() -> None:
    with pytest.raises(ImageError, match="too large"):
        parse(raw(b"[" + b"[],[]," * 2_000_000 + b"[]]"))


def test_an_error_names_the_file_and_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "t.img"
    path.write_bytes(b"hello")
    with pytest.raises(ImageError) as caught:
        load_image(str(path))
    assert caught.value.render() == f"error: {path} is not an image\nhelp: assemble the program again"
    with pytest.raises(ImageError, match=r"cannot read .*: no such file or directory"):
        load_image(str(tmp_path / "none"))
    with pytest.raises(ImageError, match=r"cannot read .*: is a directory"):
        load_image(str(tmp_path))


def test_saving_fails_whole(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"cannot write .*: no such file or directory"):
        save_image(image(), str(tmp_path / "none" / "t.img"))
    (tmp_path / "dir").mkdir()
    with pytest.raises(ImageError, match="cannot write"):
        save_image(image(), str(tmp_path / "dir"))
    assert os.listdir(tmp_path) == ["dir"]


def test_saving_over_a_link_or_a_device_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    save_image(image(), str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink() and load_image(str(tmp_path / "real")) == image()
    save_image(image(), "/dev/null")
    assert not os.path.isfile("/dev/null")


def test_an_image_runs_on_variants_that_encode_what_it_uses() -> None:
    made = image()
    variant = replace(LEFT, name="variant", instructions={n: i for n, i in LEFT.instructions.items() if n != "lpsw"})
    made.check(LEFT)
    made.check(variant)


@pytest.mark.parametrize(
    "isa, message",
    [
        (RIGHT, "the image is for left, with words of 32 bits; right has 16"),
        (
            replace(LEFT, name="poor", instructions={n: i for n, i in LEFT.instructions.items() if n != "lui"}),
            "the image is for left and uses instructions that poor does not have: `lui`",
        ),
        (
            replace(
                LEFT,
                name="moved",
                instructions={**LEFT.instructions, "lui": replace(LEFT.instructions["lui"], match=0x77000000)},
            ),
            "the image is for left, and moved encodes the same instructions differently",
        ),
    ],
)
def test_another_machine_refuses_an_image(isa: Isa, message: str) -> None:
    with pytest.raises(ImageError) as caught:
        image().check(isa)
    assert caught.value.message == message


def test_names_and_digest_are_of_the_instructions_used() -> None:
    made = image()
    assert made.names == ("halt", "lui", "ori")
    assert made.digest == encoding_digest(LEFT, made.names)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)),
    max_leaves=8,
)
KEYS = ["machine", "word", "names", "digest", "entry", "segments", "symbols", "constants", "texts", "lines"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3), st.binary(max_size=6))
def test_any_header_is_read_or_refused(changes: dict[str, Any], payload: bytes) -> None:
    try:
        found = parse(forged(payload, **changes))
    except ImageError:
        return
    assert parse(dump(found)) == found
    with pytest.raises(ImageError):
        found.check(LEFT)
