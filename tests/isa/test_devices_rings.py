"""Rings: many words for one that is sent, in order, in virtual time; and whatever a guest makes of one, all goes on."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.devices import BLOCK, Console, DeviceFailure, Disk, MemoryBacking, Ports, Rings, Script
from isa.devices import rings as module
from isa.devices.disk import BUSY, READ, READY, WRITE
from isa.devices.rings import BAD_RING, BLOCKS, INPUT, NO_DEVICE, OUTPUT
from isa.errors import MachineError
from isa.machine import Storage
from tests.planting import Bugs, Patch, Planted, must_catch

AT, WORDS, FIRST = 100, 2048, 6
READS = st.lists(st.integers(0, 255), max_size=20)


class Guest:
    """What a guest does, without a processor: it writes to storage, sends words, and lets time pass."""

    def __init__(self, text: bytes = b"", blocks: int = 4, width: int = 32) -> None:
        self.storage = Storage(32, WORDS)
        self.console = Console(Script(text))
        self.disk = Disk(MemoryBacking(bytes(blocks * BLOCK * 4)), 32)
        self.rings = Rings(self.console, self.disk)
        self.ports = Ports({0: self.console, FIRST: self.rings})
        self.now = 0

    def ring(self, size: int, *slots: int, given: int = 0, taken: int = 0) -> None:
        self.storage.write(AT, [size, given, taken, 9, *slots])

    def kick(self, port: int, address: int = AT) -> None:
        self.ports.send(FIRST + port, address, self.now)
        self.now += 1

    def wait(self, steps: int = 0) -> int:
        """Let so many steps pass, and say which bits are pending then."""
        self.now += steps
        return self.ports.act(self.now, self.storage)

    def header(self) -> list[int]:
        return self.storage.read(AT, 4)

    def status(self, port: int) -> int:
        return self.ports.recv(FIRST + port, self.now)


@settings(max_examples=settings().max_examples // 2)
@given(characters=READS, room=st.integers(1, 30), taken=st.integers(0, 29))
def test_a_ring_is_printed_from_where_it_was_emptied_to_where_it_is_filled(
    characters: list[int], room: int, taken: int
) -> None:
    guest, size = Guest(), len(characters) + room
    taken %= size
    slots = [999] * size
    for i, character in enumerate(characters):
        slots[(taken + i) % size] = character | 0x300
    guest.ring(size, *slots, given=(taken + len(characters)) % size, taken=taken)
    guest.kick(OUTPUT)
    assert guest.status(OUTPUT) == BUSY and guest.console.output == b""
    assert guest.wait() == 0
    assert (guest.console.output, guest.status(OUTPUT)) == (bytes(characters), READY)
    assert guest.header() == [size, *[(taken + len(characters)) % size] * 2, 9]


@given(text=st.binary(max_size=12), size=st.integers(1, 8), start=st.integers(0, 7))
def test_input_comes_in_order_and_none_is_lost(text: bytes, size: int, start: int) -> None:
    guest, got, start = Guest(text), b"", start % size
    guest.wait(100 * len(text) + 100)
    guest.ring(size, given=start, taken=start)
    for _ in range(len(text) + 1):
        guest.kick(INPUT)
        assert not guest.wait() & 1 << FIRST
        _, given_, taken, status = guest.header()
        if size == 1:  # it has no room
            assert (given_, taken) == (start, start)
            return
        while taken != given_:
            got += bytes(guest.storage.read(AT + 4 + taken, 1))
            taken = (taken + 1) % size
        guest.storage.write(AT + 2, [taken])
    assert (got, status) == (text, 2)


def test_all_requests_are_done_in_order_each_in_its_own_time_and_the_interrupt_comes_once() -> None:
    guest = Guest()
    guest.storage.write(500, list(range(BLOCK)))
    requests = [WRITE, 500, 1, 7, READ, 700, 1, 7, READ, 0, 99, 7]
    guest.ring(4, *requests, given=3)
    guest.kick(BLOCKS)
    pending = [guest.wait(guest.disk.duration - 1), guest.wait(guest.disk.duration), guest.wait(guest.disk.duration)]
    assert pending == [0, 0, 1 << FIRST]
    assert guest.storage.read(700, BLOCK) == list(range(BLOCK))
    assert [guest.storage.read(AT + 4 + 4 * i + 3, 1)[0] for i in range(3)] == [0, 0, 2]
    assert (guest.header()[1:3], guest.status(BLOCKS), guest.ports.deadline()) == ([3, 3], READY, None)


def test_a_request_is_not_done_before_its_time() -> None:
    guest = Guest()
    guest.ring(2, READ, 700, 0, 7, given=1)
    guest.kick(BLOCKS)
    assert guest.ports.deadline() == guest.disk.duration
    assert guest.wait(guest.disk.duration - 2) == 0
    assert (guest.header()[2], guest.status(BLOCKS)) == (0, BUSY)
    guest.kick(BLOCKS, 5)  # dropped: the disk is busy
    assert guest.wait() == 1 << FIRST
    assert guest.header()[2] == 1


@pytest.mark.parametrize(
    ("size", "given_", "taken", "address"),
    [
        (0, 0, 0, AT),
        (4, 4, 0, AT),
        (4, 0, 4, AT),
        (WORDS, 0, 0, AT),
        (5000, 0, 0, AT),
        (4, 0, 0, WORDS - 3),
        (4, 1, 0, 2**32 - 1),
    ],
)
@pytest.mark.parametrize("port", [OUTPUT, INPUT, BLOCKS])
def test_what_cannot_be_a_ring_is_refused_and_left_alone(
    port: int, size: int, given_: int, taken: int, address: int
) -> None:
    guest = Guest(b"x")
    guest.wait(100)
    guest.ring(size, given=given_, taken=taken)
    before = guest.storage.cells.tolist()
    guest.kick(port, address)
    assert guest.wait(guest.disk.duration) == (1 << FIRST if port == BLOCKS else 0)
    assert (guest.status(port), guest.storage.cells.tolist(), guest.console.output) == (BAD_RING, before, b"")


def test_without_the_device_behind_it_a_kick_says_so() -> None:
    ports = Ports({FIRST: Rings(Console(), None)})
    ports.send(FIRST + BLOCKS, AT, 0)
    assert (ports.recv(FIRST + BLOCKS, 0), ports.deadline()) == (NO_DEVICE, None)


def test_when_the_host_fails_nothing_is_lost_and_the_same_is_done_again() -> None:
    class Broken:
        full = True
        data = b""

        def write(self, data: bytes) -> None:
            if self.full:
                raise OSError("full")
            self.data += data

    guest, sink = Guest(), Broken()
    guest.console.sink = sink
    guest.ring(4, *b"abc", given=3)
    guest.kick(OUTPUT)
    with pytest.raises(DeviceFailure, match="full"):
        guest.wait()
    assert guest.header()[2] == 0
    sink.full = False
    guest.wait()
    assert (sink.data, guest.console.output, guest.header()[2]) == (b"abc", b"abc", 3)


def under_way() -> Guest:
    guest = Guest()
    guest.ring(4, READ, 700, 0, 7, READ, 800, 1, 7, given=2)
    guest.kick(BLOCKS)
    guest.wait(guest.disk.duration)
    return guest


def test_a_transfer_under_way_is_saved_and_goes_on() -> None:
    guest, other = under_way(), Guest()
    other.rings.restore(guest.rings.save())
    other.storage.write(0, guest.storage.cells.tolist())
    other.now = guest.now
    marked = guest.rings.mark()
    assert guest.wait(guest.disk.duration) == other.wait(other.disk.duration) == 1 << FIRST
    assert guest.rings.save() == other.rings.save()
    guest.rings.rewind(marked)
    assert guest.ports.deadline() is not None


@pytest.mark.parametrize(
    "saved", [{}, {"kicks": []}, {"kicks": [{"address": -1, "due": 0, "status": 0}] * 3}, {"kicks": 3}]
)
def test_a_damaged_state_is_refused(saved: dict[str, Any]) -> None:
    with pytest.raises(MachineError):
        Guest().rings.restore(saved)


# ---- planted bugs

bugs = Bugs()


@bugs.caught_by(test_a_ring_is_printed_from_where_it_was_emptied_to_where_it_is_filled)
def slots_that_do_not_wrap(patch: Patch) -> None:
    patch.setattr(module.Ring, "slot", lambda self, index: self.address + module.HEADER + index * self.width)


@bugs.caught_by(test_input_comes_in_order_and_none_is_lost)
def one_slot_too_many_is_free(patch: Patch) -> None:
    free = property(lambda s: [s.slot(s.given + i) for i in range((s.taken - s.given - 1) % s.size + 1)])
    patch.setattr(module.Ring, "free", free)


@bugs.caught_by(test_all_requests_are_done_in_order_each_in_its_own_time_and_the_interrupt_comes_once)
def all_requests_at_once(patch: Patch) -> None:
    real = module.Rings._move

    def move(self: Rings, disk: Disk, ring: module.Ring) -> bool:
        while real(self, disk, ring):
            again = module.Ring.at(ring.storage, ring.address, module.REQUEST)
            assert again is not None
            ring = again
        return False

    patch.setattr(module.Rings, "_move", move)


def check_transfer() -> None:
    test_a_transfer_under_way_is_saved_and_goes_on()


@bugs.caught_by(check_transfer)
def what_is_due_is_not_saved(patch: Patch) -> None:
    patch.setattr(module.Rings, "save", lambda self: {"kicks": [{"address": 0, "due": 0, "status": 0}] * 3})


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError))
