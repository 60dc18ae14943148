"""Images that were kept: equal to those assembled anew, and never of files that have changed."""

from pathlib import Path

import pytest

from guests.catalogue import Guest, directory, guests
from isa.assembler import Image, assemble_file
from isa.assembler import assembled as module
from isa.assembler.assembled import assembled
from isa.description import Isa
from isa.errors import SourceError, TraplineError
from isa.files import cache, kept
from isa.language import load_text
from isa.machines.catalogue import find

G3 = find("g3")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(kept, "STARTED", float("inf"))  # whoever edits Trapline meanwhile does not disturb
    return tmp_path / "kept" / module.KIND


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program `main.s` that includes `parts/a.s`, which includes `parts/b.s`."""
    folder = tmp_path / "program"
    (folder / "parts").mkdir(parents=True)
    (folder / "main.s").write_text('\t.org 16\nstart: li r1, 1\n\t.include "parts/a.s"\n')
    (folder / "parts" / "a.s").write_text('\tli r2, 2\n\t.include "b.s"\n')
    (folder / "parts" / "b.s").write_text("\tli r3, 3\nstop: halt\n")
    return folder


def image_of(path: Path, isa: Isa = G3, root: str | None = None) -> tuple[Image, bool]:
    """The image, and whether the file had to be assembled; the image is the one that assembling gives."""
    assemblings = []

    def assemble(*arguments: object) -> Image:
        assemblings.append(path)
        return right(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        right = module.assemble
        patch.setattr(module, "assemble", assemble)
        image = assembled(isa, str(path), root)
    assert image == assemble_file(isa, str(path), root)
    return image, bool(assemblings)


OFTEN = {"hello", "os", "selftest", "jrst"}


@pytest.mark.parametrize(
    "guest",
    [pytest.param(g, id=g.name, marks=() if g.name in OFTEN else pytest.mark.nightly) for g in guests()],
)
def test_a_kept_image_is_equal_to_an_assembled_one(guest: Guest) -> None:
    isa = find(guest.machine)
    first, second = (image_of(guest.path, isa, str(directory())) for _ in range(2))
    assert (first[1], second[1]) == (True, False)
    assert list(first[0].symbols) == list(second[0].symbols) and list(first[0].lines) == list(second[0].lines)
    assert first[0].labels == second[0].labels


@pytest.mark.parametrize("changed", ["main.s", "parts/a.s", "parts/b.s"])
def test_a_file_that_changed_is_assembled_again(folder: Path, changed: str) -> None:
    assert image_of(folder / "main.s")[1]
    assert not image_of(folder / "main.s")[1]
    (folder / changed).write_text((folder / changed).read_text().replace("li r", "li r1"))
    assert image_of(folder / "main.s")[1]
    assert not image_of(folder / "main.s")[1]


def test_a_missing_include_is_missed(folder: Path, tmp_path: Path) -> None:
    assembled(G3, str(folder / "main.s"))
    (folder / "parts" / "b.s").rename(tmp_path / "b.s")
    with pytest.raises(SourceError, match="cannot include"):
        assembled(G3, str(folder / "main.s"))
    (folder / "parts" / "b.s").symlink_to(tmp_path / "b.s")
    with pytest.raises(SourceError, match="cannot include"):
        assembled(G3, str(folder / "main.s"))
    (folder / "main.s").unlink()
    with pytest.raises(TraplineError, match="cannot read"):
        assembled(G3, str(folder / "main.s"))


def test_another_machine_and_another_root_are_assembled_for(folder: Path) -> None:
    path = folder / "parts" / "a.s"
    assert image_of(path)[1]
    assert image_of(path, find("g3_popf"))[0].machine == "g3_popf"
    assert image_of(path, G3, str(folder))[1]
    assert [image_of(path)[1], image_of(path, find("g3_popf"))[1], image_of(path, G3, str(folder))[1]] == [False] * 3


def test_nothing_is_kept_for_a_machine_of_unknown_origin(folder: Path, place: Path) -> None:
    mine = load_text("variant mine of g3 {}")
    assert image_of(folder / "main.s", mine)[1] and image_of(folder / "main.s", mine)[1]
    assert not place.exists()


def test_a_mistake_is_not_kept(folder: Path, place: Path) -> None:
    (folder / "parts" / "b.s").write_text("\tnonsense\n")
    said = []
    for _ in range(2):
        with pytest.raises(SourceError) as error:
            assembled(G3, str(folder / "main.s"))
        said.append(error.value.render())
    assert said[0] == said[1] and not place.exists()
