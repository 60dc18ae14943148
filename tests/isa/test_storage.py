"""Storage: windows share cells and map with their root, and no write goes unnoticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.errors import MachineError
from isa.machine import Storage
from isa.machine.storage import DIRTY, LINE_SHIFT, cell_bytes


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


@given(st.sets(st.integers(0, 200), max_size=20), st.lists(st.integers(0, 200), max_size=60))
def test_a_store_into_code_is_told_once_through_any_window(code: set[int], stores: list[int]) -> None:
    root = Storage(32, 4096)
    window = root.window(1024, 300)
    told: list[int] = []
    root.on_code_write(told.append)
    for index in code:
        root.mark_code(1024 + index)
    hits = [index for index in stores if window.store(index, 1)]
    assert hits == list(dict.fromkeys(i for i in stores if i in code))
    assert told == [1024 + index for index in hits]


def test_a_line_with_code_never_takes_the_fast_path() -> None:
    storage = Storage(32, 1024)
    storage.store(5, 1)
    assert storage.lines[0] == DIRTY
    storage.mark_code(6)
    storage.store(5, 2)
    assert storage.lines[0] != DIRTY
    assert storage.store(6, 3)
