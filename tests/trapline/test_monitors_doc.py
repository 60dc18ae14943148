"""docs/monitors.md is true: its commands run, and what they print is what it says."""

import re
from pathlib import Path

import pytest

from monitor.techniques import TECHNIQUES
from tests.trapline.test_readme import BLOCK, commands, execute, pattern

PAGE = (Path(__file__).parents[2] / "docs" / "monitors.md").read_text(encoding="utf-8")
COMMANDS = [case for block in BLOCK.finditer(PAGE) if block[1] == "console" for case in commands(block[2])]


@pytest.mark.parametrize(("command", "expected"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_prints_what_the_page_says(command: str, expected: str, capfd: pytest.CaptureFixture[str]) -> None:
    output = execute(command, capfd)
    assert re.fullmatch(pattern(expected), output), f"$ {command}\n{output}"


def test_every_technique_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `([a-z]+)` \|", PAGE.partition("## Techniques")[2], re.MULTILINE)) >= set(TECHNIQUES)
