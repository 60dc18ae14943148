"""Frames that nobody should send: whatever arrives, the programs live, keep their own code, and answer who asks
properly."""

import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from guests.catalogue import DIRECTORY
from tests.network import packets
from tests.network.lab import Conversation, Lab
from tests.network.packets import ACK, FIN, ICMP, RST, TCP, UDP
from tests.network.test_stack import REQUEST, WRONG, planted
from tests.sizes import sized

FRAMES = sized(200, 60_000)
PORTS = {"ping": 7, "web": 80, "keyvalue": 7000}


def seeds(program: str) -> list[bytes]:
    """Frames from which others are made."""
    said = {"web": REQUEST, "keyvalue": b"set a b\nget a\n", "ping": b"hello"}[program]
    own = [packets.echo(said), packets.datagram(said), packets.arp(), packets.arp(2), packets.echo(said, kind=0)]
    segments = [packets.segment(PORTS[program], 1, 0, flags, said) for flags in (2, 16, 17, 24)]
    return [*own, *segments, *(frame for frame in WRONG.values() if len(frame) > 34)]


def mutated(frame: bytes, random: Random) -> bytes:
    """Some octets are others, or there are more or fewer; half of them have the right checksum of IP again."""
    changed = bytearray(frame)
    for _ in range(random.randrange(1, 4)):
        changed[random.randrange(6 if random.random() < 0.1 else 14, len(changed))] = random.choice(
            (0, 255, random.randrange(256))
        )
    if random.random() < 0.3:
        changed = changed[: random.randrange(14, len(changed) + 1)]
    elif random.random() < 0.2:
        changed += bytes(random.randrange(1, 1400))
    if random.random() < 0.5 and len(changed) >= 34:
        changed[24:26] = packets.checksum(bytes(changed[14:24] + bytes(2) + changed[26:34])).to_bytes(2, "big")
    return bytes(changed[:1514])


def forged(random: Random, port: int, told: bytes) -> bytes:
    """A segment with anything in it and the right checksum, near what was last told of a connection."""
    seq, ack = struct.unpack(">II", told[38:46]) if len(told) >= 54 and told[23] == TCP else (0, 0)
    options = random.randbytes(4 * random.randrange(11)) if random.random() < 0.5 else b""
    where = [base + random.choice((0, 1, -1, random.randrange(1 << 32))) for base in (ack, seq)]
    data = random.randbytes(random.choice((0, 1, 3, 600, 1400)))
    mine, window = random.randrange(4000, 4003), random.choice((0, 1, 600, 65535))
    return packets.segment(port, *where, random.randrange(64), data, window, options, mine)[:1514]


def is_alive(lab: Lab, program: str) -> None:
    (answer,) = lab.ask(packets.echo(b"still there?"))
    assert packets.payload(answer, ICMP).endswith(b"still there?")
    if program == "web":
        asked = Conversation(lab, 80)
        assert asked.say(REQUEST).startswith(b"HTTP/1.0 200 OK")
    if program == "keyvalue":
        assert Conversation(lab, 7000).say(b"set z here\nget z\n") in (b"ok\n= here\n", b"full\nnone\n")
        (answer,) = lab.ask(packets.datagram(b"what is it"))
        assert packets.payload(answer, UDP)[8:] == b"what?\n"


def survives(program: str, folder: str = DIRECTORY) -> None:
    lab, random, known = Lab(program, folder), Random(program), seeds(program)
    before = lab.code()
    for number in range(FRAMES):
        told = lab.heard[-1] if lab.heard else b""
        frame = forged(random, PORTS[program], told) if random.random() < 0.5 else mutated(random.choice(known), random)
        lab.ask(frame, 30_000)
        if number % 100 == 99:
            lab.ask(packets.arp(2))  # some frame has claimed that our address is elsewhere
            lab.run(30_000_000)
            is_alive(lab, program)
    assert lab.code() == before


@pytest.mark.parametrize("program", PORTS)
def test_nothing_that_arrives_kills_them(program: str) -> None:
    survives(program)


def reads_options(folder: str = DIRECTORY) -> None:
    """Of all kinds, and the size of the segments that comes of it."""
    lab = Lab("web", folder)
    options = {
        b"\x02\x04\x00\x00": 64,
        b"\x02\x04\xff\xff": 1460,
        b"\x01\x01\x01\x00": 536,
        b"\x02\x00\x00\x00": 536,
        b"\x02\xff\x05\x05": 536,
        b"\x09\x03\x01\x02\x04\x00\x50\x00": 80,
        b"\x09\xff\x02\x04\x00\x50\x00\x00": 536,
        b"\x01\x01\x01\x02": 536,
        b"\x01\x01\x02\x04": 536,
    }
    for option, size in options.items():
        asked = Conversation(lab, 80, options=option, window=65535)
        (first,) = asked.send(ACK, REQUEST)
        assert len(first.data) == min(size, 422), option
        asked.next += len(REQUEST)
        asked.send(RST)


def test_options_are_read_as_far_as_they_go() -> None:
    reads_options()


def takes_what_it_has_room_for(folder: str = DIRECTORY) -> None:
    asked = Conversation(Lab("keyvalue", folder), 7000)
    for size, room in ((500, 12), (13, 512), (1000, 512)):  # a full line that does not end is thrown away
        (answer, *rest) = asked.send(ACK, b"x" * size)
        taken = answer.ack - asked.next
        assert (taken, answer.window) == (min(size, 12 if size == 13 else 512), room)
        asked.next += taken
        if rest or answer.flags & FIN:
            return
    raise AssertionError("it has not ended")


def test_no_more_is_taken_than_there_is_room_for() -> None:
    takes_what_it_has_room_for()


BUGS = [
    ("        slti r2, r1, 2\n        bnez r2, 3f\n", "", reads_options),
    ("        bltu r4, r2, 3f\n", "", reads_options),
    ("        bgeu r1, r2, 5f\n", "        b    5f\n", reads_options),
    ("        bgeu r4, r3, 1f\n", "        b    1f\n", takes_what_it_has_room_for),
]


@pytest.mark.parametrize(("line", "instead", "check"), BUGS)
def test_planted_bugs_are_caught(line: str, instead: str, check: Callable[[str], None], tmp_path: Path) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check(planted(tmp_path, "tcp.s", line, instead))
