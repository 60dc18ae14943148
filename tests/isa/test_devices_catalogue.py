"""Standard places: what a machine gets, and what it has no room for. And the sequence of the random source."""

from pathlib import Path

import pytest

from isa.description import Enumeration, Fetch, Isa, Kind, Role, State
from isa.devices import BLOCK, PLACES, Console, Disk, MemoryBacking, RandomSource, Rings, Script, attach, standard
from isa.devices.card import Card
from isa.devices.keys import Keys
from isa.devices.notices import Notices
from isa.devices.screen import Screen
from isa.errors import MachineError, TraplineError
from isa.ir.nodes import Behaviour, Const


def machine(ports: int = 16, width: int = 32, pending: int = 16) -> Isa:
    """A machine of which only channel and pending bits matter; 0 leaves one out."""
    states = [State("port", Kind.CHANNEL, width, ports, Role.CHANNEL)] if ports else []
    states += [State("pending", Kind.SCALAR, pending, 1, Role.PENDING)] if pending else []
    nothing, cause = Behaviour(), Enumeration("Cause", 1, {})
    fetch = Fetch((), Const(32, 0))
    named = {state.name: state for state in states}
    return Isa("tiny", "", 32, {}, named, cause, 1, 32, nothing, nothing, nothing, fetch, nothing, {}, {}, {})


def disk() -> Disk:
    return Disk(MemoryBacking(bytes(4 * BLOCK)), 32)


def test_the_standard_places() -> None:
    others = Card(32, 1), Screen(32), Keys()
    ports = standard(machine(), input=Script(b"x"), disk=disk(), queue=True, seed=3, notices=Notices(), others=others)
    places = {0: "console", 2: "disk", 5: "random", 6: "rings", 9: "notices", 11: "card", 13: "screen", 14: "keys"}
    places[15] = "queue"
    assert {port: device.name for port, device in ports.devices.items()} == places
    assert set(PLACES) == {device.name for device in ports.devices.values()}


def test_a_machine_gets_what_it_has_room_for() -> None:
    assert [d.name for d in standard(machine()).devices.values()] == ["console", "random", "rings"]
    assert [d.name for d in standard(machine(ports=4)).devices.values()] == ["console"]
    assert standard(machine(ports=0)).devices == {}


@pytest.mark.parametrize(
    ("isa", "device", "why"),
    [
        (machine(ports=0), Console(), "it has no channel"),
        (machine(ports=1), Console(), "`port` has 1 ports, and port 1 is needed"),
        (machine(ports=4), disk(), "`port` has 4 ports, and port 4 is needed"),
        (machine(ports=4), RandomSource(32), "`port` has 4 ports, and port 5 is needed"),
        (machine(width=7), Console(), "words of 7 bits, and 8 are needed"),
        (machine(pending=0), Console(), "0 pending bits, and bit 0 is needed"),
        (machine(ports=8), Rings(None, None), "`port` has 8 ports, and port 8 is needed"),
        (machine(pending=2), disk(), "2 pending bits, and bit 2 is needed"),
    ],
)
def test_a_device_without_room_is_refused(isa: Isa, device: Console | Disk | RandomSource | Rings, why: str) -> None:
    with pytest.raises(MachineError, match=f"tiny has no room for a {device.name}: .*{why}"):
        attach(isa, device)


def test_a_device_that_was_asked_for_is_not_left_out_silently() -> None:
    for arguments in ({"input": Script(b"")}, {"disk": disk()}):
        with pytest.raises(MachineError, match="no channel"):
            standard(machine(ports=0), **arguments)


def test_the_random_source_needs_no_pending_bit() -> None:
    assert attach(machine(pending=0), RandomSource(32)).find(RandomSource)


def test_two_of_a_kind_are_refused() -> None:
    with pytest.raises(MachineError, match="one console only"):
        attach(machine(), Console(), Console())


def test_a_disk_by_the_name_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(bytes(8 * BLOCK))
    ports = standard(machine(), disk=str(path))
    assert ports.recv(3, 0) == 2
    with pytest.raises(TraplineError, match="No such file"):
        standard(machine(), disk=str(tmp_path / "missing"))


def test_a_random_sequence_is_its_seed_and_nothing_else() -> None:
    source = RandomSource(64, 0)
    first = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC, 0x1B39896A51A8749B]
    assert [source.recv(0, now) for now in range(5)] == first
    narrow = RandomSource(16, 0)
    narrow.send(0, 99, 0)
    assert [narrow.recv(0, 9) for _ in range(5)] == [word & 0xFFFF for word in first]
    assert RandomSource(32, 1).recv(0, 0) != RandomSource(32, 2).recv(0, 0)
    assert (narrow.deadline(), narrow.act(0, None)) == (None, False)


def test_a_restored_random_source_goes_on() -> None:
    source, other = RandomSource(32, 5), RandomSource(32, 6)
    source.recv(0, 0)
    other.restore(source.save())
    assert [other.recv(0, 0) for _ in range(3)] == [source.recv(0, 0) for _ in range(3)]
