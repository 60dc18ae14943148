"""Checked descriptions that were kept: equal to those checked anew, in every part; and never of another text."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa import cache, checked, flat
from isa.catalogue import find, shipped
from isa.description import Isa
from isa.errors import Source, SourceError, Span
from isa.language import Library, load_file, load_text, names_in
from isa.language.library import read_source
from isa.machine.identity import meaning_digest

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "isa" / "machines").rglob("*.isa")), *sorted((ROOT / "tests" / "machines").glob("*.isa"))]
MACHINES = [(path, name) for path in FILES for name, _, _ in names_in(path.read_text())]
M16 = read_source(str(ROOT / "tests" / "machines" / "m16.isa"))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(checked, "_STARTED", float("inf"))  # whoever edits Trapline meanwhile does not disturb
    return tmp_path / "kept" / checked.KIND


def never() -> Isa:
    raise AssertionError("checked again")


def counted(source: Source = M16, name: str | None = None) -> Callable[[], bool]:
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


@pytest.mark.parametrize(("path", "name"), MACHINES, ids=[name for _, name in MACHINES])
def test_a_kept_machine_is_equal_to_a_checked_one(path: Path, name: str) -> None:
    source = read_source(str(path))
    fresh = Library.of(source).load(name)
    assert checked.checked(source, name, lambda: fresh) is fresh
    kept = checked.checked(source, name, never)
    for part in fields(Isa):
        ours, theirs = getattr(kept, part.name), getattr(fresh, part.name)
        assert ours == theirs and type(ours) is type(theirs), part.name
        if isinstance(theirs, dict):
            assert list(ours) == list(theirs), part.name
    assert kept.fetch.word is fresh.fetch.word  # interned: the same object, not one like it
    assert meaning_digest(kept) == meaning_digest(fresh)
    assert kept.roles == fresh.roles


def test_what_is_shared_stays_shared() -> None:
    isa = flat.parse(flat.dump(load_text(M16.text, source=M16.name)))
    sources = {id(i.span.source) for i in isa.instructions.values()}
    assert len(sources) == 1
    assert all(use.operand is isa.operands[use.operand.name] for i in isa.instructions.values() for use in i.uses)


def test_a_description_is_checked_once() -> None:
    asked = counted()
    assert [asked(), asked(), asked()] == [True, False, False]


def test_another_text_another_name_and_another_file_are_checked() -> None:
    assert counted()()
    assert counted(Source(M16.name, M16.text + "\n"))()
    assert counted(Source("copy.isa", M16.text))()  # errors name the file
    assert counted(M16, "m16")()
    assert not counted(M16, "m16")()


def test_the_first_machine_of_a_text_and_each_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "two.isa"
    path.write_text('variant one of g3 "1" {}\nvariant two of g3 "2" {}\n')
    asked = [str(path), f"{path}:one", f"{path}:two"]
    assert [find(machine).name for machine in asked * 2] == ["one", "one", "two"] * 2


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.isa"
    path.write_text('variant mine of g3 "first" {}')
    assert [find(str(path)).doc, find(f"{path}:mine").doc] == ["first", "first"]
    path.write_text('variant mine of g3 "other" {}')
    assert [find(str(path)).doc, find(f"{path}:mine").doc] == ["other", "other"]
    path.write_text("variant mine of g3 {")
    with pytest.raises(SourceError) as kept:
        find(str(path))
    with pytest.raises(SourceError) as fresh:
        load_file(str(path))
    assert kept.value.render() == fresh.value.render()


def test_what_is_refused_is_refused_anew(place: Path) -> None:
    bad = Source("bad.isa", "isa bad {}")
    said = []
    for _ in range(2):
        with pytest.raises(SourceError) as refused:
            checked.checked(bad, None, lambda: Library.of(bad).load(None))
        said.append(refused.value.render())
    assert said[0] == said[1]
    assert not place.exists()


def test_a_damaged_entry_is_checked_again(place: Path) -> None:
    assert counted()()
    (entry,) = place.iterdir()
    whole = entry.read_bytes()
    for damaged in (whole[:-1], whole[:100], b"", whole.replace(b"add", b"sub"), whole[:-9] + b"x" + whole[-8:]):
        assert damaged != whole
        entry.write_bytes(damaged)
        assert counted()()
        assert entry.read_bytes() == whole


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"[1]", b'["a",["Isa",0]]', b'[["os.system"]]', b"{", b"[" * 9999]
)
def test_an_entry_that_is_no_description_is_checked_again(data: bytes, place: Path) -> None:
    assert counted()()
    (entry,) = place.iterdir()
    cache.store(checked.KIND, entry.name, data)
    assert counted()()
    assert not counted()()


def test_another_checker_checks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted()()
    monkeypatch.setattr(checked, "program_digest", lambda: "another")
    assert counted()()
    assert not counted()()


def test_a_checker_that_changes_while_it_runs_keeps_nothing(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setattr(checked, "program_digest", iter(["before", "after"]).__next__)
    assert counted()()
    assert not place.exists()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that takes part in checking."""
    file = tmp_path / "part.py"
    file.write_text("one")
    monkeypatch.setattr(checked, "program_files", lambda: iter([str(file)]))
    monkeypatch.setattr(checked, "_STARTED", file.stat().st_ctime + 10)
    return file


def test_every_change_of_the_program_shows(program: Path) -> None:
    first = checked.program_digest()
    assert first is not None and checked.program_digest() == first
    program.write_text("two")
    assert checked.program_digest() not in (first, None)
    program.write_text("one")
    assert checked.program_digest() == first


def test_a_program_that_changed_since_it_started_is_not_known(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "_STARTED", program.stat().st_ctime - 10)
    assert checked.program_digest() is None
    program.unlink()
    assert checked.program_digest() is None


_LOADED = """
import sys
from isa.catalogue import find, shipped
from isa.language import load_text
[find(name) for name in shipped()]
print("\\n".join(m.__file__ for n, m in sys.modules.items() if n.startswith("isa.") or n == "lark"))
"""


def test_every_module_that_takes_part_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "off")
    ran = subprocess.run([sys.executable, "-c", _LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert len(loaded) > 30
    assert loaded <= set(checked.program_files())


@pytest.mark.parametrize("path", FILES, ids=[p.stem for p in FILES])
def test_every_machine_is_part_of_the_key(path: Path) -> None:
    assert (str(path) in checked.program_files()) == path.is_relative_to(ROOT / "isa")


def test_a_part_of_an_unknown_kind_is_not_lost() -> None:
    isa = find("g3")
    instruction = isa.instructions["add"]
    planted = replace(instruction, span=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        flat.dump(replace(isa, instructions={"add": planted}))


def test_a_part_that_is_left_out_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above sees a reader that loses something: here, where an instruction stands."""
    fresh = find("g3")
    monkeypatch.setitem(flat._MAKERS, "Span", lambda source, line, column, end: Span(source, 1, column, end))
    assert flat.parse(flat.dump(fresh)).instructions != fresh.instructions


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_data_does_anything_but_make_a_description(data: object) -> None:
    with pytest.raises(ValueError):
        flat.parse(json.dumps(data).encode())
