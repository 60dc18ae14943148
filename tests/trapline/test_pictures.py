"""Pictures of machines: made of the description, well-formed, and those in handouts are what is made today."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from isa.machines.catalogue import find, shipped
from trapline.cli import main
from trapline.commands import machines
from trapline.explaining.pictures import PICTURES

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]
LABS = Path(__file__).parents[2] / "guests" / "labs"
SHOWN = sorted(LABS.glob("*/*.svg"))


@pytest.mark.parametrize("name", shipped())
def test_every_machine_has_every_picture(name: str) -> None:
    for kind, draw in PICTURES.items():
        root = ElementTree.fromstring(str(draw(find(name))))
        texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert any(name in text for text in texts), kind


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_handouts_picture_is_what_is_made_today(path: Path) -> None:
    assert path.read_text() == str(PICTURES[path.stem](find("g3")))
    assert f"]({path.name})" in (path.parent / "handout.md").read_text()


def test_every_picture_of_a_handout_is_there() -> None:
    for page in LABS.glob("*/handout.md"):
        assert all((page.parent / name).is_file() for name in re.findall(r"!\[[^]]*\]\(([^)]*)\)", page.read_text()))
    assert len(SHOWN) >= 7


def test_what_a_trap_does_is_in_its_picture() -> None:
    text = str(PICTURES["trap"](find("g3")))
    assert all(f">{word}</text>" in text for word in ("the old pc", "cause"))
    assert text.count("the handler") == 4


def test_it_is_written_and_kept_apart(tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    assert tuple(PICTURES) == machines.PICTURES
    assert main(["machines", "g3", "--draw", "trap", "-o", "t.svg"]) == 0
    assert main(["machines", "g3", "--draw", "trap"]) == 0
    assert capsys.readouterr().out == (tmp_path / "t.svg").read_text()
    assert main(["machines", "g3", "-o", "t.svg"]) == 2
