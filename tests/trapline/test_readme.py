"""The README is true: its files are written, its commands run, and what they print is what it says.

A line `...` stands for any lines, `...` inside a line for any text. `make` commands must be targets of the Makefile.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from trapline.cli import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE_NAMES = re.compile(r"`(\w+\.(?:s|isa|txt))`:\s*$")


def blocks() -> Iterator[tuple[str, str, str]]:
    """(kind, text, the name of the file if the prose before ends by naming one)."""
    for found in BLOCK.finditer(README):
        name = FILE_NAMES.search(README[: found.start()].rstrip())
        yield found[1], found[2], name[1] if name else ""


def commands(text: str) -> Iterator[tuple[str, str]]:
    """(command, the output it must have)."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def pattern(expected: str) -> str:
    """A regular expression for an output with `...` in it."""
    lines = [r"(?:.*\n)*?" if line == "..." else _line(line) + r"\n" for line in expected.splitlines()]
    return "".join(lines)


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("..."))


Capture = pytest.CaptureFixture[str]


def execute(command: str, capfd: Capture) -> str:
    """What a `trapline` command shows in a terminal: what the guest prints, then the rest."""
    assert command.startswith("trapline ")
    code = main(command.split()[1:])
    out, err = capfd.readouterr()
    assert code in (0, 1), err
    return out + err


def test_every_command_does_what_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = 0
    for kind, text, name in blocks():
        if kind in ("asm", "isa") or name:
            assert name, "a text without a file name"
            Path(name).write_text(text)
            continue
        for command, expected in commands(text):
            output = execute(command, capfd)
            assert re.fullmatch(pattern(expected), output), f"$ {command}\n{output}"
            ran += 1
    assert ran >= 8


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[>=<]", text)[0] for text in project["dependencies"]}
    explained = set(re.findall(r"^\| `([\w-]+)` \|", README.partition("## Dependencies")[2], re.MULTILINE))
    assert wanted == explained
    assert all(f"`{re.split('[>=<]', text)[0]}`" in README for text in project["optional-dependencies"]["test"])


def test_every_make_command_is_a_target() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make (\w+)(?=`|  )", README))
    assert {"demo", "test", "bench"} <= named <= targets


def test_every_subcommand_and_file_named_exists() -> None:
    from trapline.cli import subcommands

    assert set(re.findall(r"`trapline (\w+)", README)) <= set(subcommands())
    assert all((ROOT / name).exists() for name in ("READING.md", "LICENSE", "docs", "guests"))


def test_an_output_can_differ() -> None:
    assert re.fullmatch(pattern("a\n...\nb 1 ... 3\n"), "a\nx\ny\nb 1 2 3\n")
    assert not re.fullmatch(pattern("a\nb\n"), "a\nc\n")
