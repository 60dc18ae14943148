"""Other modules in place of ours are noticed at the start, and the file is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isa.siblings import StrangerError, check, where
from trapline import surroundings

ROOT = Path(__file__).parents[2]
ROOMS = ("isa", "monitor", "proofs", "guests", "trapline")


def python(folder: Path, *arguments: str, path: str = str(ROOT)) -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_every_folder_of_modules_is_a_regular_package() -> None:
    """A namespace package gives way to any module of its name, wherever that stands."""
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert [str(f) for f in sorted(folders) if not (f / "__init__.py").is_file()] == []


@pytest.mark.parametrize("name", surroundings.SIBLINGS)
@pytest.mark.parametrize("form", ["{}.py", "{}/__init__.py"])
def test_the_command_says_which_file_is_in_the_way(name: str, form: str, tmp_path: Path) -> None:
    stranger = tmp_path / form.format(name)
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_text("x = 1\n")
    code, out, err = python(tmp_path, "-m", "trapline", "run", "hello")
    assert (code, out) == (3, "")
    assert err.startswith(f"error: `{name}` is {stranger}, not Trapline's") and "Traceback" not in err
    assert f"help: rename it, or start Python where it is not found first: Trapline needs the name `{name}`" in err


def test_an_import_says_it_too(tmp_path: Path) -> None:
    stranger = tmp_path / "monitor.py"
    stranger.write_text("x = 1\n")
    for module in ("trapline", "proofs.runs.compare"):
        code, _, err = python(tmp_path, "-c", f"import {module}")
        assert code == 1 and f"`monitor` is {stranger}, not Trapline's in {ROOT}" in err
    assert python(tmp_path, "-c", "import isa.errors")[0] == 0  # which needs no monitor


def test_what_stands_behind_ours_or_holds_no_module_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "later" / "isa").mkdir(parents=True)
    (tmp_path / "later" / "isa" / "__init__.py").touch()
    (tmp_path / "guests").mkdir()
    code = "import sys; sys.path.append('later'); import isa.errors, trapline; print(isa.__file__)"
    assert python(tmp_path, "-c", code) == (0, f"{ROOT / 'isa' / '__init__.py'}\n", "")


def test_names_that_are_nowhere_are_left_to_the_import(tmp_path: Path) -> None:
    assert where("no_such_module_anywhere") == ""
    check(str(ROOT / "isa" / "__init__.py"), "isa", "no_such_module_anywhere")
    with pytest.raises(StrangerError, match=r"`isa` is .*isa/__init__.py, not Trapline's in "):
        check(str(tmp_path / "trapline" / "__init__.py"), "isa")


def test_planted_a_check_of_the_wrong_folder_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "__file__", "/somewhere/trapline/surroundings.py")
    with pytest.raises(ImportError, match="not Trapline's in /somewhere"):
        surroundings.check()
