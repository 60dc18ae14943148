"""docs/engine.md is true: its commands, its excerpts, its numbers and the modules that it names."""

import platform
import re
from importlib import import_module
from pathlib import Path

import pytest

from isa.engines.native.plan import plan_of
from isa.ir import nodes as ir
from isa.ir.fold import add, const, eq, negate
from isa.machines.catalogue import find
from tests.trapline.test_readme import BLOCK, FILE_NAMES, ROOT, commands, execute, pattern

TEXT = (ROOT / "docs" / "engine.md").read_text()
NATIVE = ROOT / "isa" / "engines" / "native"
INSTRUCTION = re.compile(r"^ {12}\w", re.MULTILINE)  # of the host's assembly, as `explain` shows it


def blocks(kind: str) -> list[str]:
    return [found[2] for found in BLOCK.finditer(TEXT) if found[1] == kind]


def on_this_host(expected: str) -> str:
    """Assembly is shown for one processor; elsewhere it is some lines."""
    if platform.machine() == "x86_64":
        return expected
    return "\n".join("..." if INSTRUCTION.match(line) else line for line in expected.splitlines())


def test_every_command_does_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for found in BLOCK.finditer(TEXT):
        name = FILE_NAMES.search(TEXT[: found.start()].rstrip())
        if name:
            Path(name[1]).write_text(found[2])
    ran = [command for text in blocks("console") for command in commands(text)]
    for command, expected in ran:
        output = execute(command, capfd)
        assert re.fullmatch(pattern(on_this_host(expected)), output), f"$ {command}\n{output}"
    assert len(ran) == 3


def test_the_instruction_is_the_one_of_g3() -> None:
    (line,) = blocks("isa")
    assert line in (ROOT / "isa" / "machines" / "g3.isa").read_text()
    (written,) = blocks("python")
    names = {name: getattr(ir, name) for name in ("SetElement", "Element")}
    names |= {letter: ir.Param(4, letter.lower()) for letter in "DAB"}
    names |= {"add": add, "const": const, "eq": eq, "negate": negate}
    assert eval(written, names) == find("g3").instructions["add"].behaviour.effects[0]


def test_excerpts_are_in_the_code() -> None:
    (excerpt,) = re.findall(r"^    (Operator\(.*)$", TEXT, re.MULTILINE)
    assert excerpt in (ROOT / "isa" / "ir" / "operators.py").read_text()


def test_the_numbers_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` in `([\w/]+)\.py` \| ([\d,]+) \|", TEXT, re.MULTILINE)
    assert len(rows) == 10
    for name, module, value in rows:
        path = module.replace("/", ".") if "/" in module else f"isa.engines.native.{module}"
        assert f"{getattr(import_module(path), name):,}" == value, f"{name} in {module}.py"
    assert f"({plan_of(find('g3')).record_bytes} bytes for G3)" in TEXT


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|\.isa|/))`", TEXT))
    assert len(named) >= 20
    assert [name for name in named if not (ROOT / name).exists() and not (NATIVE / name).exists()] == []
