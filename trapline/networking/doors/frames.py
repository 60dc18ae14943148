"""Frames that a gateway makes and reads: ARP (RFC 826), and TCP (RFC 9293) in IPv4 (RFC 791) without options."""

import struct
from dataclasses import dataclass

from isa.devices.card import station_address

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TYPE_IP, TYPE_ARP, TCP = 0x0800, 0x0806, 6
ARP = struct.Struct(">HHBBH6s4s6s4s")
IP = struct.Struct(">BBHHHBBH4s4s")
HEAD = struct.Struct(">HHIIHHHH")
ASKS, ANSWERS = 1, 2
WITHOUT_FRAGMENTS, FRAGMENT = 0x4000, 0x3FFF
HOPS = 64


@dataclass(frozen=True, slots=True)
class Station:
    """Who is at an end: the number of a station says both of its addresses (docs/stack.md)."""

    number: int

    @property
    def card(self) -> bytes:
        return station_address(self.number)

    @property
    def address(self) -> bytes:
        return bytes([10]) + self.number.to_bytes(3, "big")


@dataclass(frozen=True, slots=True)
class Segment:
    """`source` and `target` are ports, `seq` and `ack` numbers of 32 bits."""

    source: int
    target: int
    seq: int
    ack: int
    flags: int
    window: int
    text: bytes = b""
    options: bytes = b""


def checksum(octets: bytes) -> int:
    """RFC 1071; 0 for octets that have theirs in them."""
    whole = octets + bytes(len(octets) % 2)
    total: int = sum(struct.unpack(f">{len(whole) // 2}H", whole))
    total = (total & 0xFFFF) + (total >> 16)
    return (total & 0xFFFF) + (total >> 16) ^ 0xFFFF


def _pseudo(source: bytes, target: bytes, size: int) -> bytes:
    return source + target + struct.pack(">HH", TCP, size)


def made(origin: Station, to: Station, segment: Segment) -> bytes:
    """The frame that carries a segment."""
    s, words = segment, HEAD.size + len(segment.options) >> 2
    head = HEAD.pack(s.source, s.target, s.seq, s.ack, words << 12 | s.flags, s.window, 0, 0)
    body = head + s.options + s.text
    sum = checksum(_pseudo(origin.address, to.address, len(body)) + body)
    body = body[:16] + sum.to_bytes(2, "big") + body[18:]
    size = IP.size + len(body)
    packet = IP.pack(0x45, 0, size, 0, WITHOUT_FRAGMENTS, HOPS, TCP, 0, origin.address, to.address)
    packet = packet[:10] + checksum(packet).to_bytes(2, "big") + packet[12:]
    return to.card + origin.card + TYPE_IP.to_bytes(2, "big") + packet + body


def read(frame: bytes, origin: Station, to: Station) -> Segment | None:
    """The segment that a frame carries from one to the other; None if it has none, or a wrong one."""
    packet = frame[14:]
    if frame[12:14] != TYPE_IP.to_bytes(2, "big") or len(packet) < IP.size:
        return None
    first, _, size, _, fragment, _, protocol, _, source, target = IP.unpack_from(packet)
    head = (first & 15) * 4
    right = first >> 4 == 4 and IP.size <= head <= size <= len(packet) and not fragment & FRAGMENT and protocol == TCP
    if not right or (source, target) != (origin.address, to.address) or checksum(packet[:head]):
        return None
    body = packet[head:size]
    if len(body) < HEAD.size or checksum(_pseudo(source, target, len(body)) + body):
        return None
    there, here, seq, ack, words, window, _, _ = HEAD.unpack_from(body)
    text = words >> 12 << 2
    if not HEAD.size <= text <= len(body):
        return None
    return Segment(there, here, seq, ack, words & 0x3F, window, body[text:], body[HEAD.size : text])


def answered(frame: bytes, us: Station) -> bytes | None:
    """The answer to a frame of ARP that asks for us; None if it is something else."""
    if frame[12:14] != TYPE_ARP.to_bytes(2, "big") or len(frame) < 14 + ARP.size:
        return None
    *kind, card, address, _, wanted = ARP.unpack_from(frame, 14)
    if kind != [1, TYPE_IP, 6, 4, ASKS] or wanted != us.address:
        return None
    reply = ARP.pack(1, TYPE_IP, 6, 4, ANSWERS, us.card, us.address, card, address)
    return bytes(card) + us.card + frame[12:14] + reply
