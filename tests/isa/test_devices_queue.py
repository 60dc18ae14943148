"""The queue: requests out of order and each in its time, words scattered and gathered, whatever a guest makes of it."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.devices import BLOCK, Disk, MemoryBacking, Ports
from isa.devices import queue as module
from isa.devices.disk import BAD_ADDRESS, BAD_BLOCK, BAD_COMMAND, BUSY, READ, READ_ONLY, READY, WRITE
from isa.devices.journal import journal
from isa.devices.ports import DeviceFailure
from isa.devices.queue import BAD_SIZE, FLUSH, FLUSHING, FOLLOW, MOST_PIECES, ROOM, SEEK, TRANSFER, Queue
from isa.devices.rings import BAD_RING
from isa.errors import MachineError
from isa.machine import Storage
from tests.planting import Bugs, Patch, Planted, must_catch

FIRST, AT, REQUESTS, BUFFERS, WORDS, BLOCKS = 15, 16, 64, 512, 4096, 32
UNTOUCHED = 99


class Backing(MemoryBacking):
    """One that counts its flushes, and can fail."""

    flushed = 0
    fails = False

    def write(self, offset: int, data: bytes) -> None:
        if self.fails:
            raise OSError(5, "it is broken")
        super().write(offset, data)

    def flush(self) -> None:
        self.flushed += 1


def numbered() -> Backing:
    """Word i of block b is 1000 b + i."""
    words = (1000 * block + i for block in range(BLOCKS) for i in range(BLOCK))
    return Backing(b"".join(word.to_bytes(4, "little") for word in words))


class Guest:
    """What a guest does, without a processor. Request i lies 40 words behind the one before."""

    def __init__(self, backing: MemoryBacking | None = None) -> None:
        self.storage = Storage(32, WORDS)
        self.backing = numbered() if backing is None else backing
        self.disk = Disk(self.backing, 32)
        self.queue = Queue(self.disk)
        self.ports = Ports({2: self.disk, FIRST: self.queue})
        self.now = 0
        self.ends: list[tuple[int, int]] = []  # the step, and which request
        self.asked: list[int] = []

    def request(self, command: int, block: int, *pieces: tuple[int, int], count: int | None = None) -> int:
        """Give a request; where it lies."""
        number = len(self.asked)
        address = REQUESTS + 40 * number
        words = [word for piece in pieces for word in piece]
        self.storage.write(address, [command, block, len(pieces) if count is None else count, UNTOUCHED, *words])
        self.storage.write(AT + 4 + number, [address])
        self.asked.append(address)
        self.storage.write(AT, [32, len(self.asked)])
        return address

    def kick(self, address: int = AT) -> None:
        self.ports.send(FIRST, address, self.now)

    def run(self, steps: int) -> int:
        """Let time pass, from one thing that is due to the next; the pending bits."""
        pending, end = 0, self.now + steps
        while (due := self.ports.deadline()) is not None and due <= end:
            self.now = max(due, self.now)
            before = self.statuses()
            pending |= self.ports.act(self.now, self.storage)
            after = self.statuses()
            self.ends += [(self.now, i) for i, status in enumerate(before) if status != after[i]]
            self.now += 1
        self.now = end
        return pending

    def statuses(self) -> list[int]:
        return [self.storage.read(address + 3, 1)[0] for address in self.asked]

    def ring(self) -> list[int]:
        return self.storage.read(AT, 4)


def test_requests_end_each_in_its_time_and_overtake_each_other() -> None:
    guest = Guest()
    long, short, following = 8 * BLOCK, BLOCK, BLOCK
    guest.request(READ, 20, (BUFFERS, long))
    guest.request(READ, 4, (BUFFERS + long, short))
    guest.request(READ, 5, (BUFFERS + long + short, following))
    guest.kick()
    assert guest.ports.recv(FIRST, 0) == BUSY
    assert guest.run(1000) == 1 << FIRST
    times = [SEEK + 8 * TRANSFER, SEEK + TRANSFER, FOLLOW + TRANSFER]
    assert guest.ends == sorted((step, number) for number, step in enumerate(times))
    assert (guest.statuses(), guest.ring(), guest.ports.recv(FIRST, 0)) == ([READY] * 3, [32, 3, 3, BLOCKS], READY)
    for buffer, block in ((BUFFERS, 20), (BUFFERS + 7 * BLOCK, 27), (BUFFERS + long, 4), (BUFFERS + 9 * BLOCK, 5)):
        assert guest.storage.read(buffer, BLOCK) == [1000 * block + i for i in range(BLOCK)]


def test_of_two_that_are_due_at_once_the_second_ends_at_the_next_boundary() -> None:
    guest = Guest()
    for block in (4, 20):
        guest.request(READ, block, (BUFFERS, BLOCK))
    guest.kick()
    guest.run(1000)
    due = SEEK + TRANSFER
    assert guest.ends == [(due, 0), (due + 1, 1)]
    assert guest.storage.read(BUFFERS, 1) == [20000]


PIECES = st.lists(st.integers(0, 200), min_size=1, max_size=MOST_PIECES - 1)


@given(sizes=PIECES, block=st.integers(0, 3), write=st.booleans())
@settings(max_examples=settings().max_examples // 2)
def test_words_are_scattered_and_gathered_in_the_order_of_the_pieces(sizes: list[int], block: int, write: bool) -> None:
    guest, last = Guest(), -sum(sizes) % BLOCK
    sizes = [*sizes, last] if sum(sizes) + last else [BLOCK]
    starts = [WORDS - sum(sizes[: i + 1]) - i for i in range(len(sizes))]  # downwards, with a word between
    count = sum(sizes) // BLOCK
    for start, size in zip(starts, sizes, strict=True):
        guest.storage.write(start, [7 * start + i for i in range(size)])
    gathered = [7 * start + i for start, size in zip(starts, sizes, strict=True) for i in range(size)]
    guest.request(WRITE if write else READ, block, *zip(starts, sizes, strict=True))
    guest.kick()
    guest.run(2000)
    there = [1000 * (block + i // BLOCK) + i % BLOCK for i in range(count * BLOCK)]
    expected = gathered if write else there
    found = [word for start, size in zip(starts, sizes, strict=True) for word in guest.storage.read(start, size)]
    assert guest.statuses() == [READY] and found == expected
    assert guest.disk.read(block, count) == expected
    assert guest.disk.read(block + count, 1)[0] == 1000 * (block + count)


def test_a_flush_is_done_in_its_time_and_asks_for_no_storage() -> None:
    guest = Guest()
    guest.request(FLUSH, 99, count=5000)
    guest.kick()
    guest.run(FLUSHING - 1)
    assert guest.backing.flushed == 0  # type: ignore[attr-defined]
    guest.run(1)
    assert (guest.backing.flushed, guest.ends) == (1, [(FLUSHING, 0)])  # type: ignore[attr-defined]


def test_so_many_are_under_way_and_the_others_wait() -> None:
    guest = Guest()
    for i in range(ROOM + 2):
        guest.request(READ, 2 * i + 1, (BUFFERS, BLOCK))
    guest.kick()
    guest.run(SEEK + TRANSFER - 1)
    assert (guest.queue.told()["under way"], guest.ring()[2]) == (ROOM, ROOM)
    guest.run(1000)
    begun = SEEK + TRANSFER
    again = [(2 * begun, 8), (2 * begun + 1, 9)]
    assert guest.ends == [*((begun + i, i) for i in range(ROOM)), *again]


REFUSED = [
    (7, 0, [(BUFFERS, BLOCK)], None, BAD_COMMAND),
    (READ, 0, [], None, BAD_SIZE),
    (READ, 0, [(BUFFERS, BLOCK - 1)], None, BAD_SIZE),
    (READ, 0, [(BUFFERS, 65 * BLOCK)], None, BAD_SIZE),
    (READ, 0, [(BUFFERS, 2**32 - BLOCK)], None, BAD_SIZE),
    (READ, 0, [(BUFFERS, BLOCK)], MOST_PIECES + 1, BAD_SIZE),
    (READ, BLOCKS - 1, [(BUFFERS, 2 * BLOCK)], None, BAD_BLOCK),
    (READ, 2**32 - 1, [(BUFFERS, BLOCK)], None, BAD_BLOCK),
    (READ, 0, [(BUFFERS, 64), (WORDS - 63, 64)], None, BAD_ADDRESS),
    (WRITE, 0, [(2**32 - 1, BLOCK)], None, BAD_ADDRESS),
    (WRITE, 0, [(2**32 - 1, 0), (BUFFERS, BLOCK)], None, BAD_ADDRESS),
]


@pytest.mark.parametrize(("command", "block", "pieces", "count", "status"), REFUSED)
def test_what_cannot_be_done_is_refused_and_nothing_moves(
    command: int, block: int, pieces: list[tuple[int, int]], count: int | None, status: int
) -> None:
    guest = Guest()
    before = bytes(guest.backing.data)
    guest.request(command, block, *pieces, count=count)
    guest.request(READ, 3, (BUFFERS, BLOCK))
    guest.kick()
    guest.run(5000)
    assert guest.statuses() == [status, READY]
    assert (bytes(guest.backing.data), guest.storage.read(BUFFERS, 1)) == (before, [3000])


def test_a_disk_that_cannot_be_written() -> None:
    guest = Guest(MemoryBacking(bytes(BLOCKS * BLOCK * 4), writable=False))
    guest.request(WRITE, 0, (BUFFERS, BLOCK))
    guest.kick()
    guest.run(5000)
    assert guest.statuses() == [READ_ONLY]


@pytest.mark.parametrize("header", [(0, 0, 0), (4, 4, 0), (4, 0, 4), (5000, 0, 0), (WORDS, 1, 0)])
def test_what_cannot_be_a_ring_is_refused_and_left_alone(header: tuple[int, ...]) -> None:
    guest = Guest()
    guest.storage.write(AT, list(header))
    before = guest.storage.cells.tolist()
    guest.kick()
    assert guest.run(1000) == 1 << FIRST
    assert (guest.ports.recv(FIRST, 0), guest.storage.cells.tolist()) == (BAD_RING, before)
    guest.kick(0)
    assert (guest.run(1000), guest.ports.recv(FIRST, 0)) == (0, READY)


@pytest.mark.parametrize("address", [WORDS - 3, 2**32 - 1])
def test_a_request_outside_of_storage_ends_the_ring_and_what_was_taken_goes_on(address: int) -> None:
    guest = Guest()
    guest.request(READ, 1, (BUFFERS, BLOCK))
    guest.request(READ, 2, (BUFFERS, BLOCK))
    guest.storage.write(AT + 4 + 1, [address])
    guest.kick()
    guest.run(10)
    guest.run(1000)
    assert (guest.statuses(), guest.ports.recv(FIRST, 0)) == ([READY, UNTOUCHED], BAD_RING)


def test_a_host_that_fails_stops_the_machine_before_anything_changed() -> None:
    backing = numbered()
    guest = Guest(backing)
    guest.request(WRITE, 1, (BUFFERS, 2 * BLOCK))
    guest.kick()
    guest.run(100)
    before, backing.fails = (guest.queue.save(), guest.storage.cells.tolist()), True
    with pytest.raises(DeviceFailure, match="cannot write block 1: it is broken"):
        guest.run(1000)
    assert (guest.queue.save(), guest.storage.cells.tolist()) == before
    backing.fails = False
    guest.run(1000)
    assert guest.statuses() == [READY] and guest.disk.read(1, 2) == [0] * 2 * BLOCK


def busy() -> Guest:
    guest = Guest()
    guest.request(WRITE, 3, (BUFFERS, 2 * BLOCK))
    guest.request(READ, 9, (BUFFERS + 512, 64), (BUFFERS, 64))
    guest.request(READ, 10, (BUFFERS + 1024, 3 * BLOCK))
    guest.request(FLUSH, 0)
    for i in range(ROOM):
        guest.request(WRITE, i, (BUFFERS + 100 * i, BLOCK))
    guest.kick()
    return guest


def outcome(guest: Guest) -> tuple[Any, ...]:
    return guest.storage.cells.tolist(), guest.queue.save(), guest.disk.save()


def test_a_run_is_the_same_from_every_saved_step_and_after_going_back() -> None:
    whole = busy()
    whole.run(700)
    for moment in range(0, 700, 7):
        guest = busy()
        journal(guest.ports)
        guest.run(moment)
        mark, cells, saved = guest.ports.mark(), guest.storage.cells.tolist(), guest.ports.save()
        guest.run(700 - moment)
        guest.ports.rewind(mark)
        guest.storage.write(0, cells)
        guest.now = moment
        guest.run(700 - moment)
        assert outcome(guest) == outcome(whole)
        other = Guest()
        other.ports.restore(saved)
        other.storage.write(0, cells)
        other.now = moment
        other.run(700 - moment)
        assert outcome(other) == outcome(whole)


DAMAGED = [
    {"looking": 2},
    {"status": 9},
    {"ring": -1},
    {"taken": 5},
    {"taken": [{"command": 1}]},
    {"taken": [{"command": 1, "block": 0, "pieces": [[1]], "result": 0, "due": 0}]},
    {"taken": [{"command": 1, "block": 0, "pieces": [[1, -1]], "result": 0, "due": 0}]},
    {"taken": [{"command": 1, "block": 0, "pieces": [[1, 1]] * 17, "result": 0, "due": 0}]},
    {"taken": [{"command": 1, "block": 0, "pieces": [], "result": 0, "due": 0}] * (ROOM + 1)},
]


@pytest.mark.parametrize("change", DAMAGED)
def test_damaged_states_are_refused(change: dict[str, Any]) -> None:
    queue = Guest().queue
    with pytest.raises(MachineError, match="damaged"):
        queue.restore({**queue.save(), **change})


def test_a_changed_state_reaches_nothing_outside_of_storage() -> None:
    guest = Guest()
    far = {"command": READ, "block": 0, "pieces": [[2**40, BLOCK]], "result": 2**40, "due": 5}
    guest.queue.restore({**guest.queue.save(), "taken": [far]})
    assert guest.run(10) == 1 << FIRST
    assert not any(guest.storage.cells.tolist())


bugs = Bugs()


def check_pieces() -> None:
    guest = Guest()
    guest.request(READ, 3, (BUFFERS + 64, 64), (BUFFERS, 64))
    guest.kick()
    guest.run(1000)
    assert guest.storage.read(BUFFERS, 1) == [3064] and guest.storage.read(BUFFERS + 64, 1) == [3000]


@bugs.caught_by(check_pieces)
def pieces_are_taken_in_the_order_of_their_addresses(patch: Patch) -> None:
    real = Queue._request

    def request(self: Queue, address: int, now: int, storage: Storage) -> module.Request | None:
        found = real(self, address, now, storage)
        return found and found._replace(pieces=tuple(sorted(found.pieces)))

    patch.setattr(Queue, "_request", request)


@bugs.caught_by(test_requests_end_each_in_its_time_and_overtake_each_other)
def requests_end_in_the_order_in_which_they_were_taken(patch: Patch) -> None:
    def first(requests: Iterable[module.Request], **_: Any) -> module.Request | None:
        return next(iter(requests), None)

    patch.setattr(module, "min", lambda *parts, **named: first(*parts) if named else min(*parts), raising=False)


@bugs.caught_by(test_a_run_is_the_same_from_every_saved_step_and_after_going_back)
def what_is_under_way_is_not_marked(patch: Patch) -> None:
    patch.setattr(Queue, "rewind", lambda self, mark: setattr(self, "_now", mark[0]))


@bugs.caught_by(test_a_run_is_the_same_from_every_saved_step_and_after_going_back)
def where_the_next_would_follow_is_not_saved(patch: Patch) -> None:
    real = Queue.save
    patch.setattr(Queue, "save", lambda self: {**real(self), "follows": 0})


@bugs.caught_by(lambda: test_what_cannot_be_done_is_refused_and_nothing_moves(*REFUSED[8]))  # type: ignore[arg-type]
def only_the_first_piece_is_looked_at(patch: Patch) -> None:
    patch.setattr(module, "all", lambda each: next(iter(each)), raising=False)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError))
