"""Checked descriptions that were kept: equal to those checked anew, in every part; and never of another text."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache as once
from pathlib import Path

import pytest

from isa.description import Isa
from isa.errors import Source, SourceError, Span, UsageError
from isa.files import cache, kept
from isa.language import Library, load_file, load_text, names_in
from isa.language.library import read_source
from isa.machine.identity import meaning_digest
from isa.machines import checked
from isa.machines.catalogue import find, shipped

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "isa" / "machines").rglob("*.isa")), *sorted((ROOT / "tests" / "machines").glob("*.isa"))]
MACHINES = [(path, name) for path in FILES for name, _, _ in names_in(path.read_text())]
OFTEN = {"g3", "pentium", "m16", "w64", "stack24", "rings", "corners", "hostile"}  # small, wide and odd ones
M16 = read_source(str(ROOT / "tests" / "machines" / "m16.isa"))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(kept, "STARTED", float("inf"))  # whoever edits Trapline meanwhile does not disturb
    return tmp_path / "kept" / checked.KIND


parsed = once(Library.of)


def never() -> Isa:
    raise AssertionError("checked again")


def asking(source: Source = M16, name: str | None = None) -> Callable[[], bool]:
    """A function that asks for the machine, and says whether it had to be checked."""

    def asked() -> bool:
        checks = []

        def check() -> Isa:
            checks.append(name)
            return Library.of(source).load(name)

        checked.checked(source, name, check)
        return bool(checks)

    return asked


def test_all_machines_are_tried() -> None:
    assert {name for _, name in MACHINES} > {*shipped(), "m16"}


@pytest.mark.parametrize(
    ("path", "name"),
    [pytest.param(path, name, id=name, marks=() if name in OFTEN else pytest.mark.nightly) for path, name in MACHINES],
)
def test_a_kept_machine_is_equal_to_a_checked_one(path: Path, name: str) -> None:
    source = read_source(str(path))
    fresh = parsed(source).load(name)
    assert checked.checked(source, name, lambda: fresh) is fresh
    again = checked.checked(source, name, never)
    for part in fields(Isa):
        ours, theirs = getattr(again, part.name), getattr(fresh, part.name)
        assert ours == theirs and type(ours) is type(theirs), part.name
        if isinstance(theirs, dict):
            assert list(ours) == list(theirs), part.name
    assert again.fetch.word is fresh.fetch.word  # interned: the same object, not one like it
    assert meaning_digest(again) == meaning_digest(fresh)
    assert again.roles == fresh.roles


def test_what_is_shared_stays_shared() -> None:
    isa = checked.form().parse(checked.form().dump(load_text(M16.text, source=M16.name)))
    sources = {id(i.span.source) for i in isa.instructions.values()}
    assert len(sources) == 1
    assert all(use.operand is isa.operands[use.operand.name] for i in isa.instructions.values() for use in i.uses)


def test_another_text_another_name_and_another_file_are_checked() -> None:
    asked = asking()
    assert [asked(), asked(), asked()] == [True, False, False]
    assert asking(Source(M16.name, M16.text + "\n"))()
    assert asking(Source("copy.isa", M16.text))()  # errors name the file
    assert asking(M16, "m16")()
    assert not asking(M16, "m16")()


def test_each_machine_of_a_file_by_its_name_and_none_without(tmp_path: Path) -> None:
    path = tmp_path / "two.isa"
    path.write_text('variant one of g3 "1" {}\nvariant two of g3 "2" {}\n')
    asked = [f"{path}:one", f"{path}:two"]
    assert [find(machine).name for machine in asked * 2] == ["one", "two"] * 2
    for _ in range(2):
        with pytest.raises(UsageError, match="describes 2 machines") as caught:
            find(str(path))
        assert caught.value.help == f"name one of them, as in `{path}:two`: it has one, two"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.isa"
    path.write_text('variant mine of g3 "first" {}')
    assert [find(str(path)).doc, find(f"{path}:mine").doc] == ["first", "first"]
    path.write_text('variant mine of g3 "other" {}')
    assert [find(str(path)).doc, find(f"{path}:mine").doc] == ["other", "other"]
    path.write_text("variant mine of g3 {")
    with pytest.raises(SourceError) as again:
        find(str(path))
    with pytest.raises(SourceError) as fresh:
        load_file(str(path))
    assert again.value.render() == fresh.value.render()


def test_what_is_refused_is_refused_anew(place: Path) -> None:
    bad = Source("bad.isa", "isa bad {}")
    said = []
    for _ in range(2):
        with pytest.raises(SourceError) as refused:
            checked.checked(bad, None, lambda: Library.of(bad).load(None))
        said.append(refused.value.render())
    assert said[0] == said[1]
    assert not place.exists()


def test_a_part_that_is_left_out_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above sees a reader that loses something: here, where an instruction stands."""
    fresh, form = find("g3"), checked.form()
    monkeypatch.setitem(form.makers, "Span", lambda source, line, column, end: Span(source, 1, column, end))
    assert form.parse(form.dump(fresh)).instructions != fresh.instructions


def test_a_part_of_an_unknown_kind_is_not_lost() -> None:
    isa = find("g3")
    planted = replace(isa.instructions["add"], span=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        checked.form().dump(replace(isa, instructions={"add": planted}))


def test_where_a_machine_comes_from_is_known() -> None:
    assert checked.origin(find("g3")) != checked.origin(find("g3_popf")) is not None
    assert checked.origin(load_text(M16.text)) is None
