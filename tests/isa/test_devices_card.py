"""The card: frames out and in, each once and in order, in virtual time, whatever a guest makes of a ring."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.devices import DeviceFailure, Ports
from isa.devices import card as module
from isa.devices.arrivals import Arrivals
from isa.devices.card import BAD_SIZE, BEFORE, HEADER, LEAST, MOST, PACE, RECEIVE, SEND, WAITING, Card, station_address
from isa.devices.disk import BAD_ADDRESS, BUSY, READY
from isa.devices.octets import Octets
from isa.devices.rings import BAD_RING
from isa.errors import MachineError
from isa.machine import Storage
from tests.planting import Bugs, Patch, Planted, must_catch

FIRST, AT, BUFFERS, WORDS = 11, 100, 400, 8192
BROADCAST = b"\xff" * 6
FRAMES = st.binary(min_size=HEADER, max_size=90)


def frame(body: bytes = b"", to: bytes = BROADCAST) -> bytes:
    return to + station_address(9) + b"\x08\x00" + body


class Guest:
    """What a guest does, without a processor."""

    def __init__(self, width: int = 32, inbound: Arrivals | None = None) -> None:
        self.storage, self.octets = Storage(width, WORDS), Octets(width)
        self.out: list[tuple[int, bytes]] = []
        self.card = Card(width, 7, lambda now, frame: self.out.append((now, frame)), inbound)
        self.ports = Ports({FIRST: self.card})
        self.now = 0

    def give(self, *slots: tuple[int, int], size: int = 8, at: int = AT) -> None:
        """A ring of buffers, none of them taken."""
        words = [word for slot in slots for word in (*slot, 99)]
        self.storage.write(at, [size, len(slots) % size, 0, 0, *words])

    def put(self, address: int, octets: bytes) -> None:
        self.octets.write(self.storage, address, bytes(BEFORE) + octets)

    def kick(self, port: int, address: int = AT) -> None:
        self.ports.send(FIRST + port, address, self.now)

    def wait(self, steps: int) -> int:
        """Let time pass, from one thing that is due to the next; the pending bits."""
        pending, end = 0, self.now + steps
        while (due := self.ports.deadline()) is not None and due <= end:
            self.now = max(due, self.now)
            pending |= self.ports.act(self.now, self.storage)
        self.now = end
        return pending

    def results(self, count: int, at: int = AT) -> list[int]:
        return [self.storage.read(at + 4 + 3 * i + 2, 1)[0] for i in range(count)]

    def status(self, port: int) -> int:
        return self.ports.recv(FIRST + port, self.now)


@pytest.mark.parametrize("width", [16, 24, 32, 64])
def test_frames_leave_in_order_each_in_its_time_and_short_ones_are_filled(width: int) -> None:
    guest = Guest(width)
    sent = [frame(b"one"), frame(bytes(range(80))), frame()]
    for i, each in enumerate(sent):
        guest.put(BUFFERS + 100 * i, each)
    guest.give(*((BUFFERS + 100 * i, len(each)) for i, each in enumerate(sent)))
    guest.kick(SEND)
    assert guest.status(SEND) == BUSY
    assert guest.wait(1000) == 0
    assert guest.out == [(PACE * (i + 1), each.ljust(LEAST, b"\0")) for i, each in enumerate(sent)]
    assert (guest.results(3), guest.status(SEND), guest.storage.read(AT, 3)) == ([READY] * 3, READY, [8, 3, 3])


@given(frames=st.lists(FRAMES, max_size=12), rooms=st.lists(st.integers(0, 100), max_size=7))
def test_what_arrives_is_in_the_buffers_in_order_or_dropped_and_counted(frames: list[bytes], rooms: list[int]) -> None:
    frames = [BROADCAST + each[6:] for each in frames]
    guest = Guest(inbound=Arrivals((10 * i, each) for i, each in enumerate(frames)))
    guest.give(*((BUFFERS + 40 * i, room) for i, room in enumerate(rooms)))
    guest.kick(RECEIVE)
    assert guest.wait(1000) == (1 << FIRST if frames else 0)
    for i, (each, room) in enumerate(zip(frames, rooms, strict=False)):
        got = guest.octets.read(guest.storage, BUFFERS + 40 * i, BEFORE + len(each))[BEFORE:]
        assert guest.results(i + 1)[i] == (len(each) if len(each) <= room else 0)
        assert got == (each if len(each) <= room else bytes(len(each)))
    told = guest.card.told()
    assert told["received"] + told["dropped"] == min(len(frames), len(rooms))
    assert told["waiting"] == max(0, len(frames) - len(rooms))
    assert guest.storage.read(AT + 2, 2) == [min(len(frames), len(rooms)), 7]


def test_what_waits_is_taken_when_buffers_are_given() -> None:
    guest = Guest(inbound=Arrivals((0, frame(bytes([i]))) for i in range(WAITING + 5)))
    assert guest.wait(10) == 1 << FIRST
    assert guest.card.told()["dropped"] == 5
    guest.give((BUFFERS, MOST))
    guest.kick(RECEIVE)
    assert guest.wait(10) == 0
    assert guest.results(1) == [15] and guest.card.told()["waiting"] == WAITING - 1
    assert guest.octets.read(guest.storage, BUFFERS, 17)[16] == 0


def test_frames_for_others_are_not_received_but_by_the_curious() -> None:
    frames = frame(to=station_address(7)), frame(to=station_address(8)), frame(to=b"\x01" + bytes(5)), bytes(13)
    for curious, received in ((False, 2), (True, 3)):
        card = Card(32, 7, None, Arrivals((0, each) for each in frames), curious)
        card.act(0, Storage(32, 16))
        assert card.told()["waiting"] == received


def test_a_tag_may_make_a_frame_longer() -> None:
    plain, tagged = bytes(MOST + 4), bytes(12) + b"\x81\x00" + bytes(MOST - 10)
    for each, size, result in ((tagged, MOST + 4, READY), (plain, MOST + 4, BAD_SIZE), (tagged, MOST + 5, BAD_SIZE)):
        card = Card(32, 7, None, Arrivals([(0, each.ljust(size, b"\0"))]), curious=True)
        card.act(0, Storage(32, 16))
        assert card.told()["waiting"] == (result == READY)
        guest = Guest()
        guest.octets.write(guest.storage, BUFFERS, bytes(BEFORE) + each)
        guest.give((BUFFERS, size))
        guest.kick(SEND)
        guest.wait(PACE)
        assert (guest.results(1), len(guest.out)) == ([result], int(result == READY))


@pytest.mark.parametrize(
    ("address", "size", "result"),
    [
        (BUFFERS, HEADER - 1, BAD_SIZE),
        (BUFFERS, MOST + 1, BAD_SIZE),
        (WORDS - 15, LEAST, BAD_ADDRESS),
        (2**32 - 1, HEADER, BAD_ADDRESS),
        (WORDS - 16, 62, READY),
    ],
)
def test_what_is_no_frame_does_not_leave_and_the_next_one_does(address: int, size: int, result: int) -> None:
    guest = Guest()
    guest.give((address, size), (BUFFERS, LEAST))
    guest.kick(SEND)
    guest.wait(1000)
    assert (guest.results(2), len(guest.out)) == ([result, READY], 2 if result == READY else 1)


@pytest.mark.parametrize("header", [(0, 0, 0), (4, 4, 0), (4, 0, 4), (5000, 0, 0), (WORDS, 1, 0)])
@pytest.mark.parametrize("port", [SEND, RECEIVE])
def test_what_cannot_be_a_ring_is_refused_and_left_alone(port: int, header: tuple[int, ...]) -> None:
    guest = Guest(inbound=Arrivals([(PACE, frame())]))
    guest.storage.write(AT, list(header))
    before = guest.storage.cells.tolist()
    guest.kick(port)
    guest.wait(1000)
    assert (guest.status(port), guest.storage.cells.tolist(), guest.out) == (BAD_RING, before, [])


def test_a_run_is_the_same_from_every_saved_moment_and_after_going_back() -> None:
    """Nothing leaves twice on the way: what the wire was told is what it is told without."""

    def fresh() -> Guest:
        guest = Guest(inbound=Arrivals((90 * i, frame(bytes([i]) * 50)) for i in range(6)))
        guest.give(*((BUFFERS + 100 * i, 70) for i in range(4)), at=200)
        guest.give(*((BUFFERS + 1000 + 100 * i, 70 + i) for i in range(4)))
        guest.kick(RECEIVE, 200)
        guest.kick(SEND)
        return guest

    whole = fresh()
    whole.wait(700)
    for moment in range(0, 600, 50):
        guest = fresh()
        guest.wait(moment)
        mark, cells, saved = guest.ports.mark(), guest.storage.cells.tolist(), guest.ports.save()
        guest.wait(700 - moment)
        guest.ports.rewind(mark)
        guest.storage.write(0, cells)
        guest.now = moment
        guest.wait(700 - moment)
        assert (guest.out, guest.card.told()) == (whole.out, whole.card.told())
        assert guest.storage.cells.tolist() == whole.storage.cells.tolist()
        other = Guest()
        other.ports.restore(saved)
        other.storage.write(0, cells)
        other.now = moment
        other.wait(700 - moment)
        assert [*whole.out[: len(whole.out) - len(other.out)], *other.out] == whole.out
        assert (other.storage.cells.tolist(), other.card.told()) == (whole.storage.cells.tolist(), whole.card.told())


def test_after_a_branch_frames_leave_anew() -> None:
    guest = Guest()
    guest.give((BUFFERS, LEAST))
    guest.kick(SEND)
    mark = guest.ports.mark()
    guest.wait(PACE)
    guest.ports.rewind(mark)
    guest.ports.branch()
    guest.storage.write(AT, [8, 1, 0])
    guest.now = 0
    guest.wait(PACE)
    assert len(guest.out) == 2


def test_a_wire_that_fails_stops_the_machine_before_anything_changed() -> None:
    guest, sent, broken = Guest(), [], [True]

    def wire(now: int, frame: bytes) -> None:
        if broken[0]:
            raise OSError(5, "it is cut")
        sent.append(frame)

    guest.card.wire = wire
    guest.give((BUFFERS, LEAST))
    guest.kick(SEND)
    before = guest.card.save(), guest.storage.cells.tolist()
    with pytest.raises(DeviceFailure, match="cannot send a frame: it is cut"):
        guest.ports.act(PACE, guest.storage)
    assert (guest.card.save(), guest.storage.cells.tolist()) == before
    broken[0] = False
    guest.ports.act(PACE, guest.storage)
    assert len(sent) == 1 and guest.results(1) == [READY]


@pytest.mark.parametrize(
    "change",
    [
        {"waiting": ["x"]},
        {"waiting": [""]},
        {"status": 9},
        {"kicked": 2},
        {"sent": -1},
        {"inbound": {"rest": [[5, "AAAA"], [4, "AAAA"]], "fed": []}},
        {"inbound": {"rest": [["5", "AAAA"]], "fed": []}},
    ],
)
def test_damaged_states_are_refused(change: dict[str, Any]) -> None:
    card = Card(32, 7)
    with pytest.raises(MachineError, match="damaged"):
        card.restore({**card.save(), **change})


@given(words=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40), sends=st.lists(st.integers(0, 130)))
def test_a_hostile_guest_only_hurts_itself(words: list[int], sends: list[int]) -> None:
    guest = Guest(inbound=Arrivals((40 * i, frame(bytes(i))) for i in range(5)))
    guest.storage.write(AT - 10, [word % 600 if word % 3 else word for word in words])
    for i, address in enumerate(sends):
        guest.kick(i % 2, AT - 10 + address % 40)
        guest.wait(address)
    guest.wait(1000)
    assert all(LEAST <= len(each) <= MOST for _, each in guest.out) and guest.card.told()["waiting"] <= WAITING


bugs = Bugs()


@bugs.caught_by(test_a_run_is_the_same_from_every_saved_moment_and_after_going_back)
def a_frame_leaves_again_after_going_back(patch: Patch) -> None:
    real = Card.rewind

    def rewind(self: Card, mark: Any) -> None:
        real(self, mark)
        self._gone = self._now.sent

    patch.setattr(Card, "rewind", rewind)


@bugs.caught_by(test_a_run_is_the_same_from_every_saved_moment_and_after_going_back)
def what_waits_is_not_marked(patch: Patch) -> None:
    patch.setattr(Card, "mark", lambda self: (self._now, (), self.inbound.mark()))


@bugs.caught_by(test_a_run_is_the_same_from_every_saved_moment_and_after_going_back)
def what_is_to_arrive_is_not_saved(patch: Patch) -> None:
    patch.setattr(Arrivals, "save", lambda self: {"rest": [], "fed": []})


@bugs.caught_by(test_what_arrives_is_in_the_buffers_in_order_or_dropped_and_counted)
def room_is_not_looked_at(patch: Patch) -> None:
    patch.setattr(module, "len", lambda value: 0 if isinstance(value, bytes) else len(value), raising=False)


@bugs.caught_by(test_frames_for_others_are_not_received_but_by_the_curious)
def every_card_is_curious(patch: Patch) -> None:
    patch.setattr(Card, "_is_for_us", lambda self, frame: True)


@pytest.mark.parametrize("bug", bugs, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError))
