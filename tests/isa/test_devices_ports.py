"""Ports: attachment, order, interrupts kept over a failure, and that no guest can make a device raise."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.devices import BLOCK, Console, DeviceFailure, Disk, MemoryBacking, Ports, RandomSource, Script
from isa.devices.difference import differences
from isa.errors import MachineError, TraplineError

WORD = 32


class Words:
    """Storage with a guard: an access outside raises, and whatever is written is counted."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.cells = [0] * size

    def read(self, index: int, count: int) -> list[int]:
        self._check(index, count)
        return self.cells[index : index + count]

    def write(self, index: int, words: list[int]) -> None:
        self._check(index, len(words))
        self.cells[index : index + len(words)] = words

    def _check(self, index: int, count: int) -> None:
        if index < 0 or index + count > self.size:
            raise IndexError(index)


class Failing:
    """A device that is due at step 5, and fails until it is mended."""

    name = "failing"
    ports = 1

    def __init__(self) -> None:
        self.broken = True

    def recv(self, port: int, now: int) -> int:
        raise DeviceFailure(self.name, "no")

    def send(self, port: int, word: int, now: int) -> None:
        raise DeviceFailure(self.name, "no")

    def deadline(self) -> int | None:
        return 5

    def act(self, now: int, storage: object) -> bool:
        if self.broken:
            raise DeviceFailure(self.name, "no")
        return True

    def save(self) -> dict[str, object]:
        return {}

    def restore(self, saved: dict[str, object]) -> None:
        pass


def outfit(text: bytes = b"some input", blocks: int = 3, seed: int = 7) -> Ports:
    disk = Disk(MemoryBacking(bytes(range(256)) * 2 * blocks), WORD)
    return Ports({0: Console(Script(text)), 2: disk, 5: RandomSource(WORD, seed)})


def test_unattached_ports_give_zero_and_drop_and_are_counted() -> None:
    ports = Ports()
    ports.send(9, 5, 0)
    assert ports.recv(9, 1) == 0
    assert ports.traffic == 2
    assert ports.deadline() is None
    assert ports.act(100, Words(1)) == 0


def test_two_devices_cannot_share_a_port() -> None:
    with pytest.raises(MachineError, match="the random cannot be attached at port 1: port 1 is taken by the console"):
        Ports({0: Console(), 1: RandomSource(WORD)})


def test_interrupts_before_a_failure_are_returned_once_by_the_retry() -> None:
    failing = Failing()
    ports = Ports({3: failing, 0: Console(Script(b"a"))})
    with pytest.raises(DeviceFailure):
        ports.act(5, Words(1))
    saved = json.loads(json.dumps(ports.save()))
    again = Ports({3: failing, 0: Console(Script(b"a"))})
    again.restore(saved)
    failing.broken = False
    assert ports.act(5, Words(1)) == again.act(5, Words(1)) == 0b1001
    assert ports.act(5, Words(1)) == 0b1000


def test_a_failed_transfer_is_not_counted() -> None:
    ports = Ports({0: Failing()})
    with pytest.raises(DeviceFailure, match="failing: no"):
        ports.recv(0, 0)
    with pytest.raises(DeviceFailure):
        ports.send(0, 0, 0)
    assert ports.traffic == 0


def test_devices_act_only_when_due() -> None:
    ports = outfit(b"ab")
    assert ports.act(0, Words(1)) == 1
    assert ports.deadline() == 100
    assert ports.act(99, Words(1)) == 0
    assert ports.act(100, Words(1)) == 1


def test_find_gives_a_device_by_class() -> None:
    ports = outfit()
    assert isinstance(ports.find(Disk), Disk)
    assert ports.find(Failing) is None


Operation = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 15), st.one_of(st.integers(0, 4), st.integers(0, 2**WORD - 1))),
    st.tuples(st.just("recv"), st.integers(0, 15), st.just(0)),
    st.tuples(st.just("wait"), st.just(0), st.integers(0, 300)),
)
Operations = st.lists(Operation, max_size=60)


def perform(ports: Ports, storage: Words, operations: list[tuple[str, int, int]], now: int) -> tuple[list[int], int]:
    """What a guest sees: words received and interrupt masks, in order; and the step at the end."""
    seen = []
    for what, port, number in operations:
        if what == "send":
            ports.send(port, number, now)
        elif what == "recv":
            seen.append(ports.recv(port, now))
        now += 1 + (number if what == "wait" else 0)
        seen.append(ports.act(now, storage))
    return seen, now


@given(Operations, st.integers(1, 400))
def test_no_guest_makes_a_device_raise_or_leave_its_storage(operations: list[tuple[str, int, int]], size: int) -> None:
    storage = Words(size)
    seen, _ = perform(outfit(), storage, operations, 0)
    assert all(0 <= word < 2**WORD for word in seen)
    assert len(storage.cells) == size


@given(Operations, Operations)
def test_a_saved_state_has_the_same_future(
    past: list[tuple[str, int, int]], future: list[tuple[str, int, int]]
) -> None:
    ports, storage = outfit(), Words(2 * BLOCK)
    _, now = perform(ports, storage, past, 0)
    copy, copied = outfit(b"other input", 3, 8), Words(2 * BLOCK)
    copy.restore(json.loads(json.dumps(ports.save())))
    copied.cells = list(storage.cells)
    assert perform(ports, storage, future, now) == perform(copy, copied, future, now)
    assert ports.save() == copy.save()
    assert storage.cells == copied.cells


def test_differences_show_the_first_byte_that_differs_and_its_surroundings() -> None:
    ours, theirs = outfit(), outfit()
    assert list(differences(ours, theirs)) == []
    for ports, text in ((ours, b"a line that is the same, then this"), (theirs, b"a line that is the same, then")):
        for character in text:
            ports.send(0, character, 0)
    ours.send(2, 5, 0)
    assert list(differences(ours, theirs)) == [
        ("console.output", "b'me, then this' from byte 21 of 34", "b'me, then' from byte 21 of 29"),
        ("disk.address", "5", "0"),
        ("words sent and received", f"35, CRC-32 {ours.fingerprint:08x}", f"29, CRC-32 {theirs.fingerprint:08x}"),
    ]


def test_the_fingerprint_tells_any_two_exchanges_apart() -> None:
    exchanges = [[("s", 2, 1)], [("s", 3, 1)], [("s", 2, 2)], [("r", 9, 0)], [("s", 9, 0)], [("s", 2, 1), ("s", 3, 1)]]
    exchanges.append(exchanges[-1][::-1])
    found = set()
    for exchange in exchanges:
        ports = outfit()
        for way, port, word in exchange:
            if way == "s":
                ports.send(port, word, 0)
            else:
                ports.recv(port, 0)
        found.add(ports.fingerprint)
    assert len(found) == len(exchanges)


def test_state_of_other_devices_is_refused() -> None:
    with pytest.raises(MachineError, match="saved with other devices: console at 0, disk at 2, random at 5"):
        Ports({0: Console()}).restore(outfit().save())


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from([0, 1, "", "script", "memory"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_damaged_state_is_refused_with_a_clear_error_only(data: st.DataObject) -> None:
    saved = outfit().save()
    node: object = saved
    for _ in range(data.draw(st.integers(1, 5))):
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
        if not keys:
            break
        parent, key = node, data.draw(st.sampled_from(list(keys)))
        node = parent[key]  # type: ignore[index]
    parent[key] = data.draw(Json)  # type: ignore[index]
    try:
        outfit().restore(saved)
    except TraplineError as error:
        assert "saved" in error.message
