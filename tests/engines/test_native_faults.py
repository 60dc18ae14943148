"""The engine with a cache that is damaged, stale, full, or not to be written: guests run, and run right."""

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from weakref import WeakValueDictionary

import pytest

from isa.description import Isa
from isa.engines.native import compiler, translations
from isa.engines.native.compiler import KIND, Compiler
from isa.files import cache
from isa.language import load_text
from tests.engines.any_width import TEXT, any_width
from tests.engines.differential import agree
from tests.engines.fresh import hasty
from tests.engines.hot_programs import hot_generator

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.every(2)]

Patch = pytest.MonkeyPatch
SMALL = any_width(16)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: Patch) -> Path:
    """Where objects are kept."""
    hasty(monkeypatch)
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(cache, "_stored", {})
    return tmp_path / "kept" / KIND


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A place in which a run has kept what it compiled, and how many texts those were."""
    with pytest.MonkeyPatch.context() as patch:
        whole = tmp_path_factory.mktemp("filled") / "kept"
        hasty(patch)
        patch.setenv(cache.VARIABLE, str(whole))
        return whole, run()


@pytest.fixture
def first(filled: tuple[Path, int], place: Path) -> int:
    """After such a run: how many texts were compiled."""
    whole, compiled = filled
    shutil.copytree(whole, place.parent)
    return compiled


@contextmanager
def compilations() -> Iterator[list[str]]:
    """The keys of what is compiled."""
    made: list[str] = []
    right = Compiler._made

    def noted(self: Compiler, source: Any, tier: Any, key: str) -> bytes:
        made.append(key)
        return right(self, source, tier, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compiler, "_made", noted)
        yield made


def run(isa: Isa = SMALL) -> int:
    """As a new process would: nothing is known but what was kept. Checks what the guest did. Returns how many texts
    were compiled."""
    with compilations() as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(translations, "_LINKED", WeakValueDictionary())
        fresh = replace(isa)
        agree(hot_generator(fresh).hot_guest(Random(5), 200), 0, ["quick"])
    return len(made)


def test_what_was_kept_is_not_compiled_again(place: Path) -> None:
    first = run()
    assert first > 2 and len(list(place.iterdir())) == first
    assert run() == 0


def flip(entry: Path) -> None:
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 0x40
    entry.write_bytes(data)


def halve(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[: entry.stat().st_size // 2])


def empty(entry: Path) -> None:
    entry.write_bytes(b"")


def no_object(entry: Path) -> None:
    """What the cache itself would let through."""
    cache.store(KIND, entry.name, b"\x7fELF\2\1\1" + bytes(200))


def directory(entry: Path) -> None:
    entry.unlink()
    entry.mkdir()


AT_NIGHT = [pytest.param(damage, marks=pytest.mark.nightly) for damage in (halve, empty)]


@pytest.mark.parametrize("damage", [flip, no_object, directory, *AT_NIGHT], ids=lambda d: d.__name__)
def test_damaged_objects_are_compiled_again(damage: Callable[[Path], None], place: Path, first: int) -> None:
    for entry in list(place.iterdir()):
        damage(entry)
    if damage is directory:  # then nothing can be kept
        assert run() >= first
    else:
        assert run() == first
        assert run() == 0


def test_an_object_in_the_place_of_another_is_compiled_again(place: Path, first: int) -> None:
    """It links; but it is not what was asked for."""
    entries = sorted(place.iterdir(), key=lambda entry: entry.stat().st_size)
    kept = {entry.name: cache.load(KIND, entry.name) for entry in entries}
    large, small = entries[-1].name, entries[0].name
    for to, name in ((large, small), (small, large)):
        content = kept[name]
        assert content is not None
        cache.store(KIND, to, content)
    assert 0 < run() <= first
    assert run() == 0


def test_a_program_that_changed_does_not_believe_older_objects(monkeypatch: Patch, first: int) -> None:
    monkeypatch.setattr(compiler, "_program", lambda: "another program")
    assert run() == first
    monkeypatch.undo()


def test_a_description_that_changed_does_not_find_the_code_of_the_former(first: int) -> None:
    """The same name, the same encodings; one instruction adds one more."""
    text = TEXT.format(width=16, rest="0:8")
    changed = load_text(text.replace("x[a] + 1 }", "x[a] + 2 }"))
    assert changed.name == SMALL.name and text.count("x[a] + 1 }") == 1
    assert run(changed) > 1
    assert run() == 0 and run(changed) == 0


@pytest.mark.parametrize("chosen", ["/proc/nowhere", pytest.param("/dev/null", marks=pytest.mark.nightly), "off"])
def test_without_a_place_that_can_be_written(chosen: str, monkeypatch: Patch) -> None:
    monkeypatch.setenv(cache.VARIABLE, chosen)
    assert run() > 2


def test_a_disk_that_becomes_full(place: Path) -> None:
    """Nothing is kept in part."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, hard))
    try:
        first = run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert all(entry.stat().st_size <= 6000 and not entry.name.endswith("partial") for entry in place.iterdir())
    assert 0 < run() <= first
    assert run() == 0
