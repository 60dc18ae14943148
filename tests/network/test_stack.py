"""The stack in assembly against another implementation of its protocols: what it answers, what it drops, what it sends
again."""

import shutil
import struct
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from guests.catalogue import DIRECTORY
from isa.devices import Disk, MemoryBacking
from tests.network import packets
from tests.network.lab import Conversation, Lab
from tests.network.packets import ACK, FIN, ICMP, PSH, RST, SYN, TCP, UDP

REQUEST = b"GET / HTTP/1.0\r\nHost: guest\r\nAccept: */*\r\n\r\n"
TRIES = 6


@cache
def lab(program: str, folder: str = DIRECTORY) -> Lab:
    return Lab(program, folder)


def answers_echoes(folder: str = DIRECTORY) -> None:
    there = lab("ping", folder)
    for size in (0, 1, 2, 3, 31, 56, 1000, 1472):
        data = bytes(i * 7 + size & 0xFF for i in range(size))
        (answer,) = there.ask(packets.echo(data, number=size))
        assert packets.payload(answer, ICMP)[4:] == struct.pack(">HH", 0, size) + data


def keeps_what_it_is_told(folder: str = DIRECTORY) -> None:
    there = Lab("keyvalue", folder)
    asked = Conversation(there, 7000)
    assert asked.say(b"set colour dark blue\nget colour\n") == b"ok\n= dark blue\n"
    assert asked.say(b"get colo") == b"" and asked.say(b"ur\r\nget none\n") == b"= dark blue\nnone\n"
    assert asked.say(b"set colour red\nget colour\nget\nset a\nput a b\n\n") == b"ok\n= red\n" + b"what?\n" * 4
    other = Conversation(there, 7000)
    assert other.say(b"get colour\n") == b"= red\n"
    (answer,) = there.ask(packets.datagram(b"get colour"))
    assert packets.payload(answer, UDP)[8:] == b"= red\n"
    assert asked.close() == other.close() == b""
    full = b"".join(b"set k%d v\n" % i for i in range(16))
    assert Conversation(there, 7000).say(full) == b"ok\n" * 15 + b"full\n"


def serves_a_page(folder: str = DIRECTORY) -> None:
    there = lab("web", folder)
    for mss in (1460, 100, None):
        asked = Conversation(there, 80, mss)
        whole = asked.say(REQUEST[:9]) + asked.say(REQUEST[9:])
        assert asked.send(ACK | FIN)[0].ack == asked.next + 1
        head, _, page = whole.partition(b"\r\n\r\n")
        assert (
            head.startswith(b"HTTP/1.0 200 OK\r\n")
            and page.startswith(b"<!DOCTYPE html>")
            and page.endswith(b"</html>\n")
        )
        assert int(head.rpartition(b"Content-Length: ")[2]) == len(page)
    for asks, code in (
        (b"GET /favicon.ico HTTP/1.0\r\n\n", b"404"),
        (b"POST / HTTP/1.0\n\n", b"400"),
        (b"x" * 512, b"400"),
    ):
        assert Conversation(there, 80).say(asks)[9:12] == code
    long = b"GET / HTTP/1.0\nCookie: " + b"x" * 450
    assert Conversation(there, 80).say(long) == b""


def serves_the_page_on_its_disk(folder: str = DIRECTORY) -> None:
    for size in (0, 1, 27, 511, 512, 4096, 5000):
        text = bytes(33 + i % 90 for i in range(size))
        disk = Disk(MemoryBacking(text.ljust(-(-size // 512) * 512 or 512, b"\0")), 32)
        asked = Conversation(Lab("web", folder, disk=disk), 80)
        head, _, page = (asked.say(REQUEST) + asked.close()).partition(b"\r\n\r\n")
        assert page == text[:4096] or (not size and page.endswith(b"</html>\n"))
        assert head.startswith(b"HTTP/1.0 200 OK") and int(head.rpartition(b"Content-Length: ")[2]) == len(page)


def sends_again_until_it_gives_up(folder: str = DIRECTORY) -> None:
    """Nobody acknowledges an answer: it comes again, later and later, and then no more."""
    there = Lab("keyvalue", folder)
    asked, when = Conversation(there, 7000), []
    there.network.stations[1].outside = lambda clock, frame: (when.append(clock), there.heard.append(frame))
    frames = there.ask(asked.frame(ACK | PSH, b"get a\n"), 20_000_000)
    asked.next += 6
    found = [packets.read_segment(frame) for frame in frames]
    assert len(found) == TRIES and {(s.seq, s.data) for s in found} == {(asked.acked, b"none\n")}
    gaps = [b - a for a, b in pairwise(when)]
    assert all(1.8 < b / a < 2.2 for a, b in pairwise(gaps))
    assert asked.send(ACK)[0].flags == RST


def takes_every_octet_once(folder: str = DIRECTORY) -> None:
    """Repeated, from behind a gap, and overlapping."""
    asked, text = Conversation(Lab("keyvalue", folder), 7000), b"set a 123456\n"
    start, had = asked.next, []
    for first, last in ((0, 5), (0, 5), (8, 13), (3, 10), (9, 12), (0, 13)):
        asked.next = start + first
        (answer,) = asked.send(ACK | PSH, text[first:last])
        had.append(answer.ack - start)
    assert had == [5, 5, 5, 10, 12, 13]
    asked.next = start + 13
    assert asked.take([answer]) == b"ok\n" and asked.say(b"get a\n") == b"= 123456\n"


CHECKS = (
    *(answers_echoes, keeps_what_it_is_told, serves_a_page, serves_the_page_on_its_disk),
    *(sends_again_until_it_gives_up, takes_every_octet_once),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_it_does(check: Callable[[], None]) -> None:
    check()


# ---- what is dropped


def spoiled(frame: bytes, at: int) -> bytes:
    """With one octet another."""
    return frame[:at] + bytes([frame[at] ^ 0x40]) + frame[at + 1 :]


def rewritten(frame: bytes, at: int, octets: bytes) -> bytes:
    """With octets of the header of IP replaced, and its checksum right again."""
    head = bytearray(frame[14:34])
    head[at : at + len(octets)] = octets
    head[10:12] = bytes(2)
    return frame[:14] + head[:10] + packets.checksum(bytes(head)).to_bytes(2, "big") + head[12:] + frame[34:]


def resized(size: int) -> bytes:
    """An echo whose packet says that it has another size."""
    return rewritten(packets.echo(b"x" * 40), 2, size.to_bytes(2, "big"))


def tcp(octets: bytes) -> bytes:
    return packets.ip(TCP, packets.carried(TCP, octets, 16))


SYN_SEGMENT = struct.pack(">HHIIHHHH", 4000, 7000, 1, 0, 5 << 12 | SYN, 4000, 0, 0)
WRONG = {
    "sum of IP": spoiled(packets.echo(b"abcd"), 24),
    "sum of ICMP": spoiled(packets.echo(b"abcd"), 44),
    "sum of TCP": spoiled(tcp(SYN_SEGMENT), 41),
    "sum of UDP": spoiled(packets.datagram(b"get a"), 45),
    "version": rewritten(packets.echo(b"abcd"), 0, b"\x65"),
    "header of IP too short": rewritten(packets.echo(b"abcd"), 0, b"\x44"),
    "header of IP too long": rewritten(packets.echo(b"abcd"), 0, b"\x4f"),
    "longer than its frame": resized(69),
    "much longer than its frame": resized(1500),
    "longer than any frame": resized(0xFFFF),
    "shorter than its header": resized(19),
    "without what it carries": resized(20),
    "half of what it carries": resized(23),
    "more follow": packets.ip(ICMP, packets.echo(b"abcd")[34:46], fragment=0x2000),
    "the last fragment": packets.ip(ICMP, packets.echo(b"abcd")[34:46], fragment=1),
    "for somebody else": packets.ip(ICMP, packets.echo(b"abcd")[34:46], target=packets.address(3)),
    "from many": packets.ip(ICMP, packets.echo(b"abcd")[34:46], source=b"\xe0\0\0\1"),
    "from nobody": packets.ip(ICMP, packets.echo(b"abcd")[34:46], source=bytes(4)),
    "other protocol": packets.ip(99, b"abcdefgh"),
    "segment too short": tcp(SYN_SEGMENT[:18]),
    "header of TCP too short": tcp(SYN_SEGMENT[:12] + b"\x40\x02" + SYN_SEGMENT[14:]),
    "header of TCP too long": tcp(SYN_SEGMENT[:12] + b"\xf0\x02" + SYN_SEGMENT[14:]),
    "datagram too short": packets.ip(UDP, struct.pack(">HHHH", 5000, 7000, 7, 0)),
    "datagram too long": packets.ip(UDP, struct.pack(">HHHH", 5000, 7000, 14, 0) + b"get a"),
    "datagram for no room": packets.datagram(b"get " + b"a" * 509),
    "other port of UDP": packets.datagram(b"get a", 7001),
    "no echo": packets.echo(b"abcd", kind=13),
    "ARP for somebody else": packets.arp(target=3),
    "ARP that asks nothing": packets.arp(operation=9),
    "ARP between others": packets.arp()[:14] + b"\0\6" + packets.arp()[16:],
    "no packet": packets.ethernet(0x0800, b"")[:14],
    "ARP cut short": packets.arp()[:41],
    "other type": packets.ethernet(0x86DD, bytes(40)),
}


def drops_what_is_wrong(folder: str = DIRECTORY) -> None:
    there = lab("keyvalue", folder)
    for name, frame in WRONG.items():
        assert there.ask(frame) == [], name
    answers_echoes(folder)


def says_when_there_is_no_connection(folder: str = DIRECTORY) -> None:
    there = lab("keyvalue", folder)
    for flags, ack, length in ((ACK, 77, 0), (ACK | PSH, 77, 5), (SYN, 0, 0), (FIN, 0, 3), (0, 0, 2)):
        port = 7000 if flags != SYN else 7001
        (frame,) = there.ask(packets.segment(port, 500, ack, flags, b"x" * length, mine=3999))
        answer = packets.read_segment(frame)
        if flags & ACK:
            assert (answer.flags, answer.seq) == (RST, 77)
        else:
            assert (answer.flags, answer.ack) == (RST | ACK, 500 + length + (flags != 0))
    assert there.ask(packets.segment(7000, 500, 0, RST, mine=3999)) == []


def keeps_to_its_connection(folder: str = DIRECTORY) -> None:
    """What others guess does not end it, and what was never sent is not acknowledged."""
    asked = Conversation(Lab("keyvalue", folder), 7000)
    for wrong in (1, -1, 300, 1 << 31):
        asked.next += wrong
        assert asked.send(RST) == []
        asked.next -= wrong
    (answer,) = asked.send(SYN)
    assert (answer.flags, answer.ack) == (ACK, asked.next)
    asked.acked += 5
    (answer,) = asked.send(ACK)
    asked.acked -= 5
    assert (answer.flags, answer.seq) == (ACK, asked.acked)
    assert asked.say(b"get a\n") == b"none\n"
    assert asked.send(RST) == [] and asked.send(ACK)[0].flags == RST


def waits_for_room(folder: str = DIRECTORY) -> None:
    """Nothing is sent to who has no room, but one octet now and then."""
    asked = Conversation(Lab("keyvalue", folder), 7000, window=0)
    (answer,) = asked.send(ACK | PSH, b"get a\n")
    assert answer.data == b"" and answer.ack == asked.next + 6
    asked.next += 6
    (tried,) = asked.send(ACK, steps=300_000)
    assert tried.data == b"n"
    asked.window, asked.acked = 3, asked.acked + 1
    assert asked.take(asked.send(ACK)) == b"one\n"


def has_room_for_a_fifth(folder: str = DIRECTORY) -> None:
    """Of more than four connections that is forgotten of which nothing was heard for longest."""
    there = Lab("keyvalue", folder)
    kept = [Conversation(there, 7000) for _ in range(4)]
    assert kept[0].say(b"get a\n") == b"none\n"
    fifth = Conversation(there, 7000)
    assert fifth.say(b"get a\n") == kept[0].say(b"get a\n") == kept[2].say(b"get a\n") == b"none\n"
    assert kept[1].send(ACK)[0].flags == RST


STRICT = (
    drops_what_is_wrong,
    says_when_there_is_no_connection,
    keeps_to_its_connection,
    waits_for_room,
    has_room_for_a_fifth,
)


@pytest.mark.parametrize("check", STRICT, ids=lambda check: check.__name__)
def test_what_it_does_not(check: Callable[[], None]) -> None:
    check()


# ---- planted mistakes

BUGS = [  # the file, a line of it that is gone, or another instead, and who finds it
    ("ip.s", "        bnez r1, 9f\n        lw   r1, 3(r9)", "        lw   r1, 3(r9)", drops_what_is_wrong),
    ("../web.s", "        bne  r8, r1, 1b\n4: ", "4: ", serves_the_page_on_its_disk),
    ("ip.s", "        blt  r10, r3, 9f ", "# ", drops_what_is_wrong),
    ("ip.s", "        or   r2, r2, r1\n        sw   r2, outbuf + PACKET + 2(r0)\n", "", answers_echoes),
    ("ip.s", "        sltu r4, r3, r4\n        add  r3, r3, r4         # and", "        # and", answers_echoes),
    ("icmp.s", "        bnez r1, 9f\n        lw   r1, 0(r11)", "        lw   r1, 0(r11)", drops_what_is_wrong),
    ("udp.s", "        blt  r10, r8, 9f\n", "", drops_what_is_wrong),
    (
        "tcp.s",
        "        bnez r1, dropped\n        sw   r13, text_at(r0)",
        "        sw   r13, text_at(r0)",
        drops_what_is_wrong,
    ),
    ("tcp.s", "        blt  r10, r13, tcp_drop\n", "", drops_what_is_wrong),
    ("tcp.s", "        bne  r1, r2, tcp_drop    # RFC 5961", "        # RFC 5961", keeps_to_its_connection),
    ("tcp.s", "        beqz r1, tcp_again        # of what", "        # of what", keeps_to_its_connection),
    ("tcp.s", "        bgeu r2, r1, 2f         # all", "        # all", takes_every_octet_once),
    (
        "tcp_out.s",
        "3:      call tcp_wait\n        call tcp_flight\n",
        "3:      call tcp_wait\n",
        sends_again_until_it_gives_up,
    ),
    (
        "tcp_out.s",
        "        sll  r1, r1, r2\n        sw   r1, WAIT(r8)",
        "        sw   r1, WAIT(r8)",
        sends_again_until_it_gives_up,
    ),
    ("tcp_out.s", "        bgeu r4, r2, 1f\n", "        b    1f\n", waits_for_room),
    ("tcp_out.s", "        bgeu r2, r3, 2f\n", "        b    2f\n", has_room_for_a_fifth),
]


def planted(folder: Path, file: str, line: str, instead: str) -> str:
    """A copy of the guests with a mistake in the stack."""
    for part in ("lib", "net"):
        shutil.copytree(Path(DIRECTORY) / part, folder / part)
    for program in ("ping", "keyvalue", "web", "router"):
        shutil.copy(Path(DIRECTORY) / f"{program}.s", folder)
    text = (folder / "net" / file).read_text()
    assert text.count(line) >= 1
    (folder / "net" / file).write_text(text.replace(line, instead, 1))
    return str(folder)


@pytest.mark.parametrize(("file", "line", "instead", "check"), BUGS)
def test_planted_bugs_are_caught(
    file: str, line: str, instead: str, check: Callable[[str], None], tmp_path: Path
) -> None:
    with pytest.raises((AssertionError, ValueError)):
        check(planted(tmp_path, file, line, instead))
