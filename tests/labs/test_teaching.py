"""docs/teaching.md is true: its commands are run in their order, and print what it says."""

import re
from pathlib import Path

import pytest

from tests.trapline.test_readme import BLOCK, FILE_NAMES, commands, pattern
from trapline.cli import main
from trapline.commands.lab import ACTIONS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "teaching.md").read_text()
Capture = pytest.CaptureFixture[str]


def test_the_course_goes_as_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    ran = []
    for found in BLOCK.finditer(PAGE):
        if name := FILE_NAMES.search(PAGE[: found.start()].rstrip()):
            Path(name[1]).write_text(found[2])
        for command, expected in commands(found[2]) if found[1] == "console" else ():
            words, _, goal = command.removeprefix("trapline ").partition(" > ")
            code = main([*words.split(), *(["--jobs", "0"] if " grade " in command else [])])
            told, wrong = capfd.readouterr()
            assert code in (0, 1) and not wrong.startswith("error"), wrong
            if goal:
                Path(goal).write_text(told)
            assert goal or re.fullmatch(pattern(expected), told), f"$ {command}\n{told}"
            ran.append(command.split()[2])
    assert {*ran} >= {*ACTIONS} - {"quiz"}  # its questions have tests of their own
    assert {path.name for path in Path("pages").iterdir()} == {"ann.html", "bob.html"}
    assert Path("marks.csv").read_text().count("\n") == 3


def test_every_action_is_documented() -> None:
    table = (DOCS / "command-line.md").read_text().partition("## Labs")[2].partition("## ")[0]
    assert set(re.findall(r"^\| `(\w+)", table, re.MULTILINE)) == {*ACTIONS}
