"""Files that people write: every mistake is told with its line, the rule and the fix, all of them at once."""

import pytest

from isa.errors import SourceError, TraplineError
from isa.files.tables import LARGEST, Table, read_table

GOOD = b"""
title = "one"
size = 7
on = true
kinds = ["a", "b"]
[more]
deep.key = "x"
[[parts]]
name = "first"
[[parts]]
name = "second"
[parts.inner]
count = 3
"""


def errors(table: Table) -> list[str]:
    with pytest.raises(SourceError) as caught:
        table.finish()
    return [d.render() for d in caught.value.diagnostics]


def test_what_is_right_is_read() -> None:
    table = read_table("a.toml", GOOD)
    assert (table.text("title"), table.number("size", 1, 9), table.flag("on")) == ("one", 7, True)
    assert table.texts("kinds") == ("a", "b") and table.table("more").table("deep").text("key") == "x"
    first, second = table.tables("parts")
    assert (first.text("name"), second.text("name"), second.table("inner").number("count", 0, 5)) == (
        "first",
        "second",
        3,
    )
    assert table.number("absent", 0, 9, 4) == 4 and "absent" not in table
    table.finish()


def test_every_mistake_has_its_line_and_all_are_told() -> None:
    text = b'titel = "one"\nsize = 70\n[[parts]]\nname = 3\n[[parts]]\nname = "no"\nextra = 1\n'
    table = read_table("a.toml", text)
    table.text("title")
    table.number("size", 1, 9)
    for part in table.tables("parts"):
        part.text("name", choices=("yes", "nope"))
    told = errors(table)
    assert [line.partition("\n")[0] for line in told] == [
        "a.toml:1:1: error: `title` is missing: it is a text",
        "a.toml:1:1: error: there is no `titel` here",
        "a.toml:2:1: error: `size` must be from 1 to 9, not 70",
        "a.toml:4:1: error: `name` must be a text",
        "a.toml:6:1: error: `no` is not known",
        "a.toml:7:1: error: there is no `extra` here",
    ]
    assert "help: did you mean `title`?" in told[1] and "help: did you mean `nope`?" in told[4]


def test_tables_in_lists_are_told_apart() -> None:
    table = read_table("a.toml", b"[[a]]\n[a.b]\nx = 1\n[[a]]\n[a.b]\nx = 2\n")
    for part in table.tables("a"):
        part.table("b").number("x", 1, 1)
    assert [line.partition(" ")[0] for line in errors(table)] == ["a.toml:6:1:"]


@pytest.mark.parametrize("text", [b"= 3", b'a = "', b"a = 1\na = 2\n", b"[" * 3000, b"a = [" * 5000])
def test_what_is_no_toml_is_told_with_its_place(text: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        read_table("a.toml", text)
    assert "this is no TOML" in caught.value.render() and "a.toml:" in caught.value.render()


@pytest.mark.parametrize("text", [b"\xff\xfe", b"a" * (LARGEST + 1)])
def test_what_is_no_text_is_refused(text: bytes) -> None:
    with pytest.raises(TraplineError):
        read_table("a.toml", text)


def test_true_is_no_number() -> None:
    table = read_table("a.toml", b"n = true\n")
    table.number("n", 0, 9)
    assert "must be a whole number" in errors(table)[0]
