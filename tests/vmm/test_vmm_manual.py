"""docs/monitors-in-assembly.md is true: its commands run and print what it says, and its tables have the symbols."""

import re
from pathlib import Path

import pytest

from guests import pack
from tests.trapline.test_readme import BLOCK, commands, execute, pattern
from tests.vmm.packed import monitor

TEXT = (Path(__file__).parents[2] / "docs" / "monitors-in-assembly.md").read_text("utf-8")


def test_every_command_of_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = 0
    for _, text in BLOCK.findall(TEXT):
        for command, expected in commands(text):
            output = execute(command, capfd)
            assert re.fullmatch(pattern(expected), output), f"$ {command}\n{output}"
            ran += 1
    assert ran >= 10


def test_the_monitor_has_the_symbols_of_the_convention() -> None:
    table = TEXT.partition("## The convention")[2].partition("## The disk")[0]
    named = {
        name
        for row in table.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert len(named) > 15 and named <= set(monitor().symbols)


def test_the_monitor_and_who_packs_for_it_mean_the_same() -> None:
    said = monitor().symbols
    names = {"MAGIC": pack.MAGIC, "VMS": pack.MOST, "LEAST": pack.LEAST, "LONGEST": pack.LONGEST, "RING": pack.RING}
    names |= {"MOST_LETTERS": pack.MOST_LETTERS, "HAS_CONSOLE": pack.HAS_CONSOLE, "E_WORDS": pack.ENTRY.size // 4}
    assert {name: said[name] for name in names} == names
