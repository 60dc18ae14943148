"""docs/monitors.md is true, and what docs/devices.md says of rings and the queue: the commands print what they say."""

import re
from pathlib import Path

import pytest

from monitor.techniques import TECHNIQUES
from tests.trapline.test_readme import BLOCK, ROOT, Capture, commands, execute, pattern

PAGE = (ROOT / "docs" / "monitors.md").read_text(encoding="utf-8")


def blocks(page: str, heading: str) -> list[str]:
    """What is shown of a terminal below a heading."""
    text = (ROOT / "docs" / page).read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [found[2] for found in BLOCK.finditer(text) if found[1] == "console"]


def check(page: str, heading: str, capfd: Capture) -> None:
    shown = blocks(page, heading)
    assert shown
    for text in shown:
        for command, output in commands(text):
            found = execute(command, capfd)
            assert re.fullmatch(pattern(output), found), f"{command}\n{found}"


@pytest.mark.parametrize("heading", ["Rings", "Queue"])
def test_what_is_said_of_devices(heading: str, capfd: Capture) -> None:
    check("devices.md", heading, capfd)


@pytest.mark.parametrize("heading", ["Techniques", "Which are right"])
def test_what_is_said_of_techniques(heading: str, capfd: Capture) -> None:
    check("monitors.md", heading, capfd)


@pytest.mark.nightly  # by day nobody waits for verdicts
@pytest.mark.parametrize("heading", ["One guest under all of them", "Patching", "Paravirtualization"])
def test_what_is_said_of_those_that_change_the_guest(
    heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    check("monitors.md", heading, capfd)


def test_every_technique_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `([a-z]+)` \|", PAGE.partition("## Techniques")[2], re.MULTILINE)) >= set(TECHNIQUES)
