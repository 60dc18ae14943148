"""What is kept is what was made, of exactly these texts, by exactly this program."""

import json
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.files import cache, kept
from isa.files.flat import Form
from tests.sizes import sized

ROOT = Path(__file__).parents[2]


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Leaf:
    colour: Colour
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    table: dict[str, int | bool | None]
    rest: object = None


FORM = Form(Tree, Leaf, Colour)
RED = Leaf(Colour.RED, frozenset({"b", "a"}))
TREE = Tree((RED, RED, Leaf(Colour.RED)), {"z": 1, "a": True, "none": None, "large": 1 << 64, "": -1})


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(kept, "STARTED", float("inf"))  # whoever edits Trapline meanwhile does not disturb
    monkeypatch.setattr(kept, "_program", lambda: kept.program_digest())
    return tmp_path / "kept" / "trees"


def made(*texts: str, holds: bool = True) -> bool:
    """Whether a tree had to be made of the texts."""
    makings = []

    def make() -> Tree:
        makings.append(texts)
        return TREE

    assert kept.kept("trees", texts, FORM, make, lambda tree: holds) == TREE
    return bool(makings)


# ---- values as data


def test_values_come_back_whole() -> None:
    back = FORM.parse(FORM.dump(TREE))
    assert back == TREE and back is not TREE
    assert list(back.table) == list(TREE.table) and back.table["a"] is True and type(back.table["z"]) is int
    assert back.leaves[0] is back.leaves[1] is not back.leaves[2]
    assert back.leaves[0].colour is Colour.RED


def test_depth_does_not_matter() -> None:
    deep = TREE
    for _ in range(5000):
        deep = Tree((), {}, deep)
    back = FORM.parse(FORM.dump(deep))
    for _ in range(5000):
        assert isinstance(back.rest, Tree)
        back = back.rest
    assert back == TREE


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s).map(tuple)))
def test_any_atoms_and_tuples_come_back(value: object) -> None:
    back = FORM.parse(FORM.dump(Tree((), {}, value))).rest
    assert back == value and repr(back) == repr(value)


@pytest.mark.parametrize("part", [object(), 1j, b"bytes", [1], {1, 2}, range(3), Path()])
def test_a_part_of_another_kind_is_not_lost(part: object) -> None:
    with pytest.raises(TypeError):
        FORM.dump(Tree((), {}, part))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_other_data_are_refused(data: object) -> None:
    with pytest.raises(ValueError):
        FORM.parse(json.dumps(data).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 9999, b"null", b"[]", b'[["Path"]]', b'[["os.system"]]'])
def test_what_is_no_data_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        FORM.parse(data)


# ---- keeping


def test_what_was_made_is_not_made_again() -> None:
    assert [made("a"), made("a"), made("b"), made("a"), made("a", "b"), made("ab"), made("a", "b")] == [
        *(True, False, True, False, True, True, False)
    ]


def test_what_does_not_hold_any_more_is_made_again() -> None:
    assert [made("a"), made("a", holds=False), made("a")] == [True, True, False]


def test_a_damaged_entry_is_made_again(place: Path) -> None:
    assert made("a")
    (entry,) = place.iterdir()
    whole = entry.read_bytes()
    for damaged in (whole[:-1], whole[:100], b"", whole.replace(b"red", b"ref"), whole[:-9] + b"x" + whole[-8:]):
        assert damaged != whole
        entry.write_bytes(damaged)
        assert made("a")
        assert entry.read_bytes() == whole


def test_an_entry_that_is_something_else_is_made_again(place: Path) -> None:
    assert made("a")
    (entry,) = place.iterdir()
    for data in (b"", b"[1]", b'["a",["Tree",0]]', b'["blue",["Colour",0]]'):
        cache.store("trees", entry.name, data)
        assert made("a")
        assert not made("a")


def test_nothing_is_kept_where_that_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "off")
    assert made("a") and made("a")


def test_a_mistake_is_not_kept(place: Path) -> None:
    def fails() -> Tree:
        raise KeyError("no")

    for _ in range(2):
        with pytest.raises(KeyError):
            kept.kept("trees", ("a",), FORM, fails)
    assert not place.exists()


# ---- the program is part of the key


def test_another_program_makes_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made("a")
    monkeypatch.setattr(kept, "program_digest", lambda: "another")
    assert made("a")
    assert not made("a")


def test_a_program_that_changes_meanwhile_keeps_nothing(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    for digests in (["before", "after"], ["before", None], [None]):
        monkeypatch.setattr(kept, "program_digest", iter(digests).__next__)
        assert made("a")
    assert not place.exists()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only file of a program."""
    file = tmp_path / "part.py"
    file.write_text("one")
    monkeypatch.setattr(kept, "program_files", lambda: iter([str(file)]))
    return file


def test_every_change_of_the_program_shows(program: Path) -> None:
    first = kept.program_digest()
    assert first is not None and kept.program_digest() == first
    program.write_text("two")
    assert kept.program_digest() not in (first, None)
    program.write_text("one")
    assert kept.program_digest() == first


def test_a_program_that_changed_since_it_started_is_not_known(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "STARTED", program.stat().st_ctime - 10)
    assert kept.program_digest() is None
    program.unlink()
    assert kept.program_digest() is None


_LOADED = """
import sys
from guests.catalogue import guests
from isa.assembler import assemble_file
from isa.machines.catalogue import find, shipped
from isa.language import load_text
[find(name) for name in shipped()[::{each}]]
[assemble_file(find(guest.machine), str(guest.path)) for guest in guests()[::{each}]]
print("\\n".join(m.__file__ for n, m in sys.modules.items() if n.startswith("isa.") or n == "lark"))
"""


def test_every_module_that_takes_part_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "off")
    text = _LOADED.replace("{each}", str(sized(6, 1)))
    ran = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert len(loaded) > 50
    assert loaded <= set(kept.program_files())


def test_every_shipped_machine_is_part_of_the_key() -> None:
    machines = {str(path) for path in (ROOT / "isa" / "machines").rglob("*.isa")}
    assert len(machines) > 5 and machines < set(kept.program_files())
