"""Columns on the wire and back, in every encoding that a client may choose; and names of files as URIs."""

from itertools import product

import pytest

from tests.planting import Bugs, Patch, Planted, must_catch
from trapline.editing import units, wire

BUGS = Bugs()
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
TEXTS = ["".join(parts) for count in range(4) for parts in product("a\u00e9\u20ac\U0001f600", repeat=count)]


def check_units() -> None:
    for encoding, (codec, size) in CODECS.items():
        for text in TEXTS:
            for column in range(len(text) + 1):
                counted = units.units(text, column, encoding)
                assert counted == len(text[:column].encode(codec)) // size
                assert units.column(text, counted, encoding) == column


def test_columns_are_counted_as_the_encoding_counts_them() -> None:
    check_units()


def test_a_column_that_is_none_is_the_nearest_behind_it() -> None:
    assert units.column("a\U0001f600b", 2) == 2  # the middle of a character
    assert units.column("abc", 99) == units.column("\u00e9bc", 99) == 3
    assert units.column("abc", -1) == 0


@BUGS.caught_by(check_units)
def every_character_is_one_unit(patch: Patch) -> None:
    patch.setitem(units._WIDTHS, units.UTF16, lambda character: 1)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


def test_names_of_files_go_over_the_wire_and_back() -> None:
    for path in ("/a b/c.s", "/ä/\U0001f600.isa", "/a%20b.s", "/a#b?c.s"):
        assert wire.path(wire.uri(path)) == path
    assert wire.path("untitled:Untitled-1") == wire.uri("untitled:Untitled-1") == "untitled:Untitled-1"
    assert wire.path("file:///a/../b.s") == "/b.s"
    assert wire.uri("<console.s>").endswith("/guests/lib/console.s")
