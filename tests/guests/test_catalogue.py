"""What `guests.catalogue` reads from headers, and that every shipped guest has one worth reading."""

from pathlib import Path

import pytest

from guests.catalogue import Guest, describe, directory, find, guests, names
from isa.errors import TraplineError, UsageError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sample.s"
    path.write_text(text)
    return path


def test_a_header_gives_texts_and_numbers(tmp_path: Path) -> None:
    header = """# Do this: and that.
# prints: one
# prints:  two
# prints:
# input: abc
# exit: r3 = 7
# machine: g3_jrst
# storage: 8192
# steps: 12
# disk: 4
        .org 16
# prints: not a header any more
"""
    path = written(tmp_path, header)
    assert describe(path) == Guest(
        "sample", str(path), "Do this", "g3_jrst", "one\n two\n\n", "abc\n", (3, 7), storage=8192, steps=12, disk=4
    )


@pytest.mark.parametrize("line", ["exit: zero", "steps: many", "disk: -1", "storage: 0x10"])
def test_a_malformed_line_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(TraplineError, match=line.split(":")[0]):
        describe(written(tmp_path, f"# {line}\n"))


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraplineError, match="cannot read"):
        describe(tmp_path / "missing.s")


def test_an_unknown_guest_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as error:
        find("nobody")
    assert "primes" in str(error.value.help)


def test_sizes_replace_constants() -> None:
    guest = find("primes")
    assert ".equ LIMIT, 50 " in guest.source(LIMIT=50)
    with pytest.raises(UsageError, match="COLOUR"):
        guest.source(COLOUR=1)


def test_guests_are_found_by_name_in_order() -> None:
    assert [guest.name for guest in guests()] == names() == sorted(p.stem for p in directory().glob("*.s"))
    assert [find(name) for name in names()] == list(guests())
    assert find("primes").path == directory() / "primes.s"


@pytest.mark.parametrize("guest", guests(), ids=lambda g: g.name)
def test_every_shipped_guest_says_what_it_prints_and_how_it_ends(guest: Guest) -> None:
    assert guest.summary and guest.prints and guest.exit is not None and guest.exit[0] == 1
