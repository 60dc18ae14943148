"""Storage: windows share cells and maps with their root, no write goes unnoticed, and what is not used is free."""

import ctypes
import errno
import gc
import mmap
import weakref
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.engines.choice import bare
from isa.errors import MachineError
from isa.machine import Storage
from isa.machine.storage import DIRTY, LINE_SHIFT, RECORD, REFERENCE, REGION, cell_bytes
from tests.machines_to_test import G3

pytestmark = pytest.mark.every(2)


class Listener:
    """Notes the words of code it is told of."""

    def __init__(self, storage: Storage) -> None:
        self.told: list[int] = []
        storage.on_code_write(self.hear)

    def hear(self, word: int) -> None:
        self.told.append(word)


@pytest.mark.parametrize(("width", "bytes_each"), [(1, 1), (8, 1), (9, 2), (16, 2), (24, 4), (32, 4), (36, 8), (64, 8)])
def test_a_cell_is_the_smallest_that_holds_a_word(width: int, bytes_each: int) -> None:
    assert cell_bytes(width) == bytes_each


def test_a_window_shares_words_both_ways() -> None:
    root = Storage(32, 4096)
    window = root.window(1024, 100)
    window.write(3, [7, 8])
    root.write(1024, [9])
    assert root.read(1027, 2) == [7, 8]
    assert window.read(0) == [9]
    assert window.window(0, 50).read(3) == [7]


def test_access_outside_is_refused_and_changes_nothing() -> None:
    root = Storage(32, 2048)
    window = root.window(1024, 100)
    with pytest.raises(IndexError):
        window.write(99, [1, 2])
    with pytest.raises(IndexError):
        window.read(-1)
    assert root.read(1024, 1024) == [0] * 1024


def test_the_meaning_of_load_and_store_outside_storage() -> None:
    root = Storage(32, 2048)
    window = root.window(1024, 100)
    root.write(1124, [5])
    assert window.load(100) == 0
    assert not window.store(100, 6)
    assert root.read(1124) == [5]


@pytest.mark.parametrize(("offset", "size"), [(1, 10), (1024, 1025), (-1024, 10), (0, 0)])
def test_windows_are_page_aligned_and_inside(offset: int, size: int) -> None:
    with pytest.raises(MachineError, match="no window"):
        Storage(32, 2048).window(offset, size)


@pytest.mark.parametrize("size", [0, -1, 1 << 40])
def test_sizes_are_limited(size: int) -> None:
    with pytest.raises(MachineError):
        Storage(64, size)


def test_a_size_must_fit_in_a_word() -> None:
    with pytest.raises(MachineError, match="does not fit"):
        Storage(16, 1 << 16)
    assert Storage(16, (1 << 16) - 1).size == 65535


@given(st.lists(st.integers(0, 2047), max_size=30), st.lists(st.integers(0, 99), max_size=10))
def test_dirty_lines_are_those_written(outer: list[int], inner: list[int]) -> None:
    root = Storage(32, 2048)
    window = root.window(1024, 100)
    for index in outer:
        root.store(index, 1)
    for index in inner:
        window.store(index, 2)
    expected = {i >> LINE_SHIFT for i in outer} | {(1024 + i) >> LINE_SHIFT for i in inner}
    assert set(root.take_dirty()) == expected
    assert root.take_dirty() == []


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 299) | st.none()), max_size=40))
def test_nobody_loses_a_line_that_another_window_takes(turns: list[tuple[int, int | None]]) -> None:
    """Each turn one of three windows stores a word, or takes the lines written since it asked last."""
    root = Storage(32, 2048)
    windows = (root, root.window(0, 2048), root.window(1024, 300))
    missing: list[set[int]] = [set(), set(), set()]
    for window in windows:
        window.take_dirty()
    for number, index in turns:
        window = windows[number]
        if index is None:
            assert window.take_dirty() == sorted(missing[number])
            missing[number].clear()
            continue
        window.store(index, 1)
        line = (window.offset + index) >> LINE_SHIFT
        missing[0].add(line)
        missing[1].add(line)
        if 0 <= line - (1024 >> LINE_SHIFT) <= 299 >> LINE_SHIFT:
            missing[2].add(line - (1024 >> LINE_SHIFT))


@given(st.sets(st.integers(0, 200), max_size=20), st.lists(st.integers(0, 200), max_size=60))
def test_a_store_into_code_is_told_once_through_any_window(code: set[int], stores: list[int]) -> None:
    root = Storage(32, 4096)
    window = root.window(1024, 300)
    listener = Listener(root)
    for index in code:
        root.mark_code(1024 + index)
    hits = [index for index in stores if window.store(index, 1)]
    assert hits == list(dict.fromkeys(i for i in stores if i in code))
    assert listener.told == [1024 + index for index in hits]


def test_a_line_with_code_never_takes_the_fast_path() -> None:
    storage = Storage(32, 1024)
    storage.store(5, 1)
    assert storage.lines[0] == DIRTY
    storage.mark_code(6)
    storage.store(5, 2)
    assert storage.lines[0] != DIRTY
    assert storage.store(6, 3)


def test_who_made_something_of_a_word_is_kept_until_it_is_written() -> None:
    root = Storage(32, 4096)
    window = root.window(2048, 300)
    listener = Listener(window)
    assert window.mark_code(7) == 2055
    window.mark_code(7, REGION)
    root.mark_code(2055, RECORD)
    assert root.code[2055] == window.code[7] == REFERENCE | RECORD | REGION
    assert window.store(7, 1) and not window.store(7, 2)
    assert root.code[2055] == 0 and listener.told == [2055]


def test_every_listener_hears_and_one_that_is_gone_leaves_nothing() -> None:
    root = Storage(32, 2048)
    kept = [Listener(root), Listener(root.window(1024, 5))]
    for _ in range(100):
        Listener(root)
    gc.collect(1)
    root.mark_code(3)
    root.write(3, [1])
    assert [listener.told for listener in kept] == [[3], [3]]
    assert len(root._listeners) == 2


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_addresses_are_where_the_words_and_their_entries_are(width: int) -> None:
    root = Storage(width, 200 if width == 8 else 20000)
    page = root.page_words
    windows = [root] if width == 8 else [root, root.window(page, 100), root.window(page, 2 * page).window(page, 50)]
    kept = [window.addresses for window in windows]
    for window, (cells, lines, code) in zip(windows, kept, strict=True):
        window.write(3, [77])
        window.mark_code(4, REGION)
        assert int.from_bytes(ctypes.string_at(cells + 3 * cell_bytes(width), cell_bytes(width)), "little") == 77
        assert ctypes.string_at(lines, 1)[0] == window.lines[0]
        assert ctypes.string_at(code, 6) == bytes(window.code[:6])
        ctypes.memset(cells, 5, 1)
        assert window.load(0) == 5 and window.addresses == (cells, lines, code)


def test_addresses_hold_while_a_window_is_kept() -> None:
    window = Storage(32, 4096).window(1024, 10)
    cells, _, _ = window.addresses
    gc.collect(1)
    window.write(0, [9])
    assert ctypes.string_at(cells, 1) == b"\x09"


def resident() -> int:
    """The memory of this process in pages of 4 KiB."""
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_storage_that_nobody_touches_takes_no_memory() -> None:
    """40 machines of 256 MiB would not fit in the memory of most hosts."""
    before = resident()
    machines = [bare(G3, Storage(32, 1 << 26), seed=seed) for seed in range(40)]
    assert all(machine.run(1).steps == 1 for machine in machines)
    assert resident() - before < 12_000


def test_a_thousand_machines_are_small() -> None:
    before = resident()
    machines = [bare(G3, Storage(32, 1 << 18), seed=seed) for seed in range(1000)]
    assert len(machines) == 1000
    assert resident() - before < 12_000


@given(st.sets(st.integers(0, 1 << 20), max_size=6), st.integers(1, 1 << 20))
def test_pages_that_are_not_zero_are_found_in_a_large_storage(places: set[int], size: int) -> None:
    storage = Storage(32, size)
    written = {place for place in places if place < size}
    for place in written:
        storage.store(place, 1)
    assert storage.nonzero_pages() == sorted({place // storage.page_words for place in written})


def test_where_the_host_has_no_more_mappings_those_of_garbage_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine and its engine know each other, so that only a look for garbage frees them."""
    made: list[object] = []
    right = mmap.mmap

    class Held:
        def __init__(self) -> None:
            self.itself, self.mapping = self, memoryview(right(-1, 4096))
            weakref.finalize(self, made.append, "freed")

    def scarce(*arguments: object, **options: object) -> mmap.mmap:
        if not made:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")
        return right(*arguments, **options)  # type: ignore[arg-type]

    Held()
    monkeypatch.setattr("isa.machine.storage.mmap.mmap", scarce)
    assert Storage(32, 64).read(0, 64) == [0] * 64
