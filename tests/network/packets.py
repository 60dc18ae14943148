"""Frames as another implementation of the protocols makes and reads them, right and wrong."""

import struct
from dataclasses import dataclass

from isa.devices.card import station_address

GUEST, PEER = 1, 2  # stations
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ICMP, TCP, UDP = 1, 6, 17


def address(station: int) -> bytes:
    return bytes([10]) + station.to_bytes(3, "big")


def checksum(octets: bytes) -> int:
    """RFC 1071."""
    whole = octets + bytes(len(octets) % 2)
    total = sum(struct.unpack(f">{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ethernet(kind: int, packet: bytes, to: bytes = station_address(GUEST)) -> bytes:
    return (to + station_address(PEER) + kind.to_bytes(2, "big") + packet).ljust(60, b"\0")


def arp(operation: int = 1, target: int = GUEST, source: int = PEER) -> bytes:
    head = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + station_address(source) + address(source)
    return ethernet(0x0806, head + bytes(6) + address(target), b"\xff" * 6)


def ip(protocol: int, payload: bytes, options: bytes = b"", fragment: int = 0, **wrong: bytes) -> bytes:
    """A frame with a packet; what is `wrong` of it: `source`, `target`."""
    ends = wrong.get("source", address(PEER)) + wrong.get("target", address(GUEST))
    words, size = 5 + len(options) // 4, 20 + len(options) + len(payload)
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, size, 7, fragment, 64, protocol, 0) + ends + options
    return ethernet(0x0800, head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + payload)


def carried(protocol: int, payload: bytes, at: int) -> bytes:
    """What a packet between peer and guest carries, with its checksum at an octet."""
    pseudo = address(PEER) + address(GUEST) + struct.pack(">HH", protocol, len(payload))
    sum = checksum(pseudo + payload) if protocol != ICMP else checksum(payload)
    return payload[:at] + (sum or 0xFFFF).to_bytes(2, "big") + payload[at + 2 :]


def echo(data: bytes, kind: int = 8, number: int = 1) -> bytes:
    return ip(ICMP, carried(ICMP, struct.pack(">BBHHH", kind, 0, 0, 0, number) + data, 2))


def datagram(data: bytes, port: int = 7000) -> bytes:
    return ip(UDP, carried(UDP, struct.pack(">HHHH", 5000, port, 8 + len(data), 0) + data, 6))


def segment(
    port: int,
    seq: int,
    ack: int,
    flags: int,
    data: bytes = b"",
    window: int = 4000,
    options: bytes = b"",
    mine: int = 4000,
) -> bytes:
    words = (5 + len(options) // 4) << 12 | flags
    fields = mine, port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, words, window, 0, 0
    return ip(TCP, carried(TCP, struct.pack(">HHIIHHHH", *fields) + options + data, 16))


@dataclass(frozen=True, slots=True)
class Segment:
    seq: int
    ack: int
    flags: int
    window: int
    data: bytes
    options: bytes


def payload(frame: bytes, protocol: int) -> bytes:
    """What a guest's packet carries, if all of it is right."""
    assert frame[:12] == station_address(PEER) + station_address(GUEST) and frame[12:14] == b"\x08\x00"
    size = int.from_bytes(frame[16:18], "big")
    assert frame[14] == 0x45 and frame[23] == protocol and 20 <= size <= len(frame) - 14
    assert frame[26:34] == address(GUEST) + address(PEER) and checksum(frame[14:34]) == 0
    found, pseudo = frame[34 : 14 + size], frame[26:34] + struct.pack(">HH", protocol, size - 20)
    assert checksum(found if protocol == ICMP else pseudo + found) == 0
    return found


def read_segment(frame: bytes) -> Segment:
    whole = payload(frame, TCP)
    _, _, seq, ack, words, window, _, _ = struct.unpack(">HHIIHHHH", whole[:20])
    head = words >> 12 << 2
    return Segment(seq, ack, words & 0x3F, window, whole[head:], whole[20:head])


def arp_answer() -> bytes:
    """What the guest says when the peer has asked for it."""
    head = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + station_address(GUEST) + address(GUEST)
    whole = station_address(PEER) + station_address(GUEST) + b"\x08\x06" + head + station_address(PEER) + address(PEER)
    return whole.ljust(60, b"\0")
