"""The router in assembly, between two networks of which a test is all stations: what it passes on, and what it says of
what it does not."""

import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from guests.catalogue import DIRECTORY, LIBRARY
from isa.assembler.assembled import assembled
from isa.devices import standard
from isa.devices.card import Card, station_address
from isa.engines.choice import bare
from isa.machine import Storage
from monitor.network.network import Network, Station
from monitor.network.switch import Port
from monitor.schedule import Schedule
from tests.network.lab import G3, WORDS
from tests.network.packets import ICMP, UDP, checksum
from tests.network.test_stack import planted
from tests.network.test_stack_hostile import mutated
from tests.sizes import sized
from trapline.cli import main

Capture = pytest.CaptureFixture[str]
Heard = list[tuple[int, bytes]]
ROUTER, HERE, THERE = 3, 0x0101, 0x0201  # stations
EXCEEDED, UNREACHABLE = 11, 3
FRAMES = sized(300, 100_000)


def address(station: int) -> bytes:
    return bytes([10]) + station.to_bytes(3, "big")


def ethernet(to: int, source: int, kind: int, packet: bytes) -> bytes:
    return (station_address(to) + station_address(source) + kind.to_bytes(2, "big") + packet).ljust(60, b"\0")


def packet(
    payload: bytes = b"x" * 40,
    *,
    to: bytes = address(THERE),
    source: bytes = address(HERE),
    life: int = 64,
    protocol: int = UDP,
    options: bytes = b"",
    fragment: int = 0,
) -> bytes:
    words, size = 5 + len(options) // 4, 20 + len(options) + len(payload)
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, size, 7, fragment, life, protocol, 0) + source + to + options
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + payload


class Crossing:
    """A router, a port of VLAN 1 and one of VLAN 2; `heard` is what came out at which of them."""

    def __init__(self, folder: str = DIRECTORY) -> None:
        self.heard: Heard = []
        card = Card(G3.word, ROUTER)
        image = assembled(G3, str(Path(folder) / "router.s"), folder, LIBRARY)
        self.machine = bare(G3, Storage(G3.word, WORDS), standard(G3, others=[card]), 0, engine="native")
        self.machine.load(image)
        ports = [Station(Port("router", (1, 2), trunk=True), self.machine, card)]
        ports += [Station(Port(f"{v}", (v,)), outside=lambda _, f, v=v: self.heard.append((v, f))) for v in (1, 2)]
        self.network = Network(Schedule([self.machine]), ports)
        self.network.run(20_000)
        for vlan, station in ((1, HERE), (2, THERE)):
            assert [f[28:32] for _, f in self.ask(self.arp(vlan, station))] == [address(vlan << 8 | 254)]

    def arp(self, vlan: int, station: int, operation: int = 1) -> bytes:
        head = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + station_address(station) + address(station)
        return ethernet(ROUTER, station, 0x0806, head + bytes(6) + address(vlan << 8 | 254))

    def ask(self, frame: bytes, vlan: int = 0) -> Heard:
        """What comes of a frame that comes in at the port of a VLAN, by default that of its sender."""
        self.heard.clear()
        self.network.arrive(vlan or frame[10], frame)
        self.network.run(50_000)
        return list(self.heard)

    def sent(self, whole: bytes) -> Heard:
        return self.ask(ethernet(ROUTER, HERE, 0x0800, whole))

    def complaint(self, whole: bytes) -> bytes:
        """What the sender is told of a packet."""
        ((vlan, frame),) = self.sent(whole)
        size = int.from_bytes(frame[16:18], "big")
        assert vlan == 1 and frame[:6] == station_address(HERE) and checksum(frame[14:34]) == 0
        assert frame[23] == ICMP and frame[26:34] == address(0x01FE) + address(HERE)
        assert checksum(frame[34 : 14 + size]) == 0
        return frame[34 : 14 + size]


# ---- what is asked of a router, wherever its guest's files lie


def passes_on(folder: str = DIRECTORY) -> None:
    between = Crossing(folder)
    for size in (0, 1, 3, 40, 1480):
        for options in (b"", b"\x01" * 8):
            whole = packet(bytes(i & 0xFF for i in range(size - len(options))), life=size % 60 + 2, options=options)
            ((vlan, frame),) = between.sent(whole)
            head = 20 + len(options)
            assert vlan == 2 and frame[:14] == station_address(THERE) + station_address(ROUTER) + b"\x08\x00"
            found = frame[14 : 14 + len(whole)]
            assert found[:8] == whole[:8] and found[8] == whole[8] - 1 and found[12:] == whole[12:]
            assert checksum(found[:head]) == 0


def says_when_a_packet_has_come_far_enough(folder: str = DIRECTORY) -> None:
    between = Crossing(folder)
    for life in (0, 1):
        for options in (b"", b"\x01" * 40):
            whole = packet(life=life, options=options)
            assert between.complaint(whole)[:1] == bytes([EXCEEDED])
            assert between.complaint(whole)[8:] == whole[: 28 + len(options)]


def says_where_it_knows_no_way(folder: str = DIRECTORY) -> None:
    between = Crossing(folder)
    for to in (bytes([11, 0, 2, 1]), bytes([10, 1, 2, 1]), bytes([10, 0, 0, 1]), bytes([127, 0, 0, 1])):
        whole = packet(to=to)
        assert between.complaint(whole) == between.complaint(whole)
        assert between.complaint(whole)[0] == UNREACHABLE
    assert between.complaint(packet(b"\x08" + bytes(39), to=bytes(4), protocol=ICMP))[0] == UNREACHABLE
    (_, frame), *_ = between.sent(packet())  # and it is itself still
    assert frame[14:34] == packet(life=63)[:20]


def says_nothing_of_what_nobody_may_complain_about(folder: str = DIRECTORY) -> None:
    between = Crossing(folder)
    silent = [packet(b"\x0b" + bytes(39), life=1, protocol=ICMP), packet(life=1, fragment=5)]
    silent += [packet(to=bytes([first, 0, 0, 1]), life=9) for first in (224, 239, 255)]
    silent += [packet(source=source, life=1) for source in (bytes(4), bytes([224, 0, 0, 1]), b"\xff" * 4)]
    wrong = bytearray(packet())
    wrong[9] ^= 1
    for whole in (*silent, bytes(wrong), packet(to=address(0x0301))[:30]):
        assert between.sent(whole) == []


def asks_in_the_network_where_the_station_is(folder: str = DIRECTORY) -> None:
    between = Crossing(folder)
    ((vlan, frame),) = between.sent(packet(to=address(0x0209)))
    assert vlan == 2 and frame[:6] == b"\xff" * 6 and frame[28:32] + frame[38:42] == address(0x02FE) + address(0x0209)
    assert between.ask(between.arp(2, 0x0209, 2)) == []
    ((vlan, frame),) = between.sent(packet(to=address(0x0209)))
    assert vlan == 2 and frame[:6] == station_address(0x0209)
    assert between.sent(packet(to=address(0x0309))) == []  # the trunk is not of VLAN 3


CHECKS: tuple[Callable[[], None], ...] = (
    passes_on,
    says_when_a_packet_has_come_far_enough,
    says_where_it_knows_no_way,
    says_nothing_of_what_nobody_may_complain_about,
    asks_in_the_network_where_the_station_is,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_router(check: Callable[[], None]) -> None:
    check()


def test_whatever_arrives_it_lives_and_keeps_its_code() -> None:
    random, between = Random(6), Crossing()
    code = [between.machine.storage.read(first, count) for first, count in between.machine.code]
    seeds = [packet(), packet(life=1), packet(b"\x08" + bytes(30), to=address(0x01FE), protocol=ICMP)]
    frames = [ethernet(ROUTER, HERE, 0x0800, whole) for whole in (*seeds, packet(options=b"\x01" * 40))]
    frames += [between.arp(1, HERE), between.arp(2, THERE, 2)]
    for _ in range(FRAMES):
        between.network.arrive(random.randrange(1, 3), mutated(random.choice(frames), random))
        between.network.run(random.choice((10, 3000)))
    between.network.run(500_000)
    between.ask(between.arp(2, THERE))
    assert [frame[14:34] for _, frame in between.sent(packet())] == [packet(life=63)[:20]]
    assert code == [between.machine.storage.read(first, count) for first, count in between.machine.code]


NET = """
[[guests]]
name = "asks"
guest = "ping"
station = 257
input = "10.0.2.1\\n10.0.2.1\\n"
[[guests]]
name = "web"
guest = "web"
station = {station}
vlans = [2]
[[guests]]
name = "router"
guest = "router"
trunk = true
vlans = [1, 2]
"""


def test_guests_reach_each_other_through_it(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "net.toml").write_text(NET.format(station=513))
    assert main(["net", "run", str(tmp_path / "net.toml")]) == 0
    said = capfd.readouterr().out.splitlines()[:2]
    assert said == ["asks| 10.0.2.1: 2 of 3 answered", "asks| 10.0.2.1: 3 of 3 answered"]  # the first is lost for ARP
    (tmp_path / "net.toml").write_text(NET.format(station=257))
    assert main(["net", "run", str(tmp_path / "net.toml")]) == 3
    assert "two are station 257" in capfd.readouterr().err


BUGS = [  # the file, a line of it, another instead, and who finds it
    ("router.s", "        sub  r2, r2, r1\n", "", passes_on),
    ("router.s", "        or   r2, r2, r1\n        sw   r2, 2(r9)\n", "", passes_on),
    ("router.s", "        sltiu r2, r2, 2\n", "        sltiu r2, r2, 1\n", says_when_a_packet_has_come_far_enough),
    ("router.s", "        add  r5, r9, r8\n", "        addi r5, r9, 5\n", says_when_a_packet_has_come_far_enough),
    ("router.s", "7:      mov  r1, r3 ", "7:      # ", says_where_it_knows_no_way),
    ("router.s", "        bnez r2, 9f\n", "", says_nothing_of_what_nobody_may_complain_about),
    ("router.s", "        bne  r2, r3, 9f\n", "", says_nothing_of_what_nobody_may_complain_about),
    ("card.s", "        lw   r1, vlan(r0)\n", "        set  r1, 1\n", asks_in_the_network_where_the_station_is),
]


@pytest.mark.parametrize(("file", "line", "instead", "check"), BUGS)
def test_planted_bugs_are_caught(
    file: str, line: str, instead: str, check: Callable[[str], None], tmp_path: Path
) -> None:
    at = "../router.s" if file == "router.s" else file
    with pytest.raises((AssertionError, ValueError)):
        check(planted(tmp_path, at, line, instead))
