"""The allocator: windows never overlap, never touch page 0, hold zeros, and can be taken back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.engines.choice import bare
from isa.errors import MachineError
from isa.machine import Storage
from monitor import Monitor
from monitor.allocator import Allocator
from tests.machines_to_test import G3

PAGE = 1024
PAGES = 12
Requests = st.lists(st.one_of(st.integers(1, 4 * PAGE), st.tuples(st.integers(0, 9))), max_size=20)


@given(requests=Requests, last=st.integers(0, PAGE - 1))
def test_windows_are_disjoint_outside_page_0_and_zeroed(requests: list[int | tuple[int]], last: int) -> None:
    """Random requests and releases (a tuple names one of the windows that are out), on a storage of any size."""
    storage = Storage(32, PAGES * PAGE - last)
    storage.write(0, [9] * storage.size)
    allocator, out = Allocator(storage), list[Storage]()
    for request in requests:
        if isinstance(request, tuple):
            if out:
                allocator.release(out.pop(request[0] % len(out)))
            continue
        try:
            window = allocator.allocate(request)
        except MachineError:
            assert not fits(storage, out, request)
            continue
        assert window.size == request and not any(window.cells)
        window.write(0, [7] * window.size)
        out.append(window)
        check(storage, out)
    assert storage.read(0, PAGE) == [9] * PAGE


def check(storage: Storage, windows: list[Storage]) -> None:
    spans = sorted((w.offset, w.offset + w.size) for w in windows)
    assert all(first % PAGE == 0 and first >= PAGE for first, _ in spans)
    assert spans[-1][1] <= storage.size
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def fits(storage: Storage, windows: list[Storage], size: int) -> bool:
    """Whether there is room, by trying every place."""
    taken = {p for w in windows for p in range(w.offset // PAGE, -(-(w.offset + w.size) // PAGE))}
    return any(
        first * PAGE + size <= storage.size and not taken & set(range(first, -(-(first * PAGE + size) // PAGE)))
        for first in range(1, PAGES)
    )


def test_what_was_released_is_given_again_and_clean() -> None:
    allocator = Allocator(Storage(32, 3 * PAGE))
    window = allocator.allocate(2 * PAGE)
    window.write(5, [1, 2, 3])
    with pytest.raises(MachineError, match="no room for a virtual machine of 1 words"):
        allocator.allocate(1)
    allocator.release(window)
    again = allocator.allocate(PAGE)
    assert again.offset == window.offset and not any(again.cells)


def test_a_refusal_says_how_much_would_do() -> None:
    with pytest.raises(MachineError, match="no room") as error:
        Allocator(Storage(32, 2 * PAGE)).allocate(PAGE + 1)
    assert "needs 3072 words" in error.value.help
    assert Allocator(Storage(32, 3072)).allocate(PAGE + 1).size == PAGE + 1


@pytest.mark.parametrize("size", [0, -1, -5 * PAGE])
def test_a_size_that_is_none_is_refused_and_changes_nothing(size: int) -> None:
    allocator = Allocator(Storage(32, 3 * PAGE))
    with pytest.raises(MachineError):
        allocator.allocate(size)
    check(allocator.storage, [allocator.allocate(PAGE), allocator.allocate(PAGE)])


def test_a_window_of_another_is_not_taken_back() -> None:
    storage = Storage(32, 6 * PAGE)
    allocator = Allocator(storage)
    window = allocator.allocate(PAGE)
    for foreign in (storage.window(0, PAGE), storage.window(PAGE, 2 * PAGE), storage.window(3 * PAGE, PAGE)):
        with pytest.raises(MachineError, match="not allocated here"):
            allocator.release(foreign)
    allocator.release(window)
    with pytest.raises(MachineError, match="not allocated here"):
        allocator.release(window)


def test_a_machine_that_cannot_be_made_keeps_no_words() -> None:
    monitor = Monitor(bare(G3, Storage(32, 2 * PAGE)))
    for _ in range(3):
        with pytest.raises(MachineError, match="needs at least 12 words"):
            monitor.create(11)
    vm = monitor.create(PAGE)
    with pytest.raises(MachineError, match="no room"):
        monitor.create(12)
    monitor.destroy(vm)
    assert monitor.create(PAGE).storage.offset == PAGE
