"""Frames of somebody outside who talks to a guest by datagrams: Ethernet, IPv4 (RFC 791), UDP (RFC 768), and the one of
ARP (RFC 826) by which he is known. The station with the number n has the address 10.x.y.z, where xyz is n.
"""

import struct

from isa.devices.card import LEAST, station_address

IP, ARP, UDP = 0x0800, 0x0806, 17
HEADERS = 14 + 20 + 8  # octets before what a datagram carries
MOST = 512  # octets that it carries, of which nobody needs to make fragments


def address(station: int) -> bytes:
    return bytes([10]) + (station & 0xFFFFFF).to_bytes(3, "big")


def known(source: int, target: int) -> bytes:
    """Asks where the station `target` is, and so says where `source` is."""
    head = struct.pack(">HHBBH", 1, IP, 6, 4, 1) + station_address(source) + address(source)
    return _frame(b"\xff" * 6, source, ARP, head + bytes(6) + address(target))


def datagram(source: int, target: int, ports: tuple[int, int], data: bytes) -> bytes:
    """From one station and port to others. Raises ValueError for what is too long."""
    if len(data) > MOST:
        raise ValueError(f"a datagram carries {MOST} octets, not {len(data)}")
    ends, length = address(source) + address(target), 8 + len(data)
    carried = struct.pack(">HHHH", *ports, length, 0) + data
    sum = _checksum(ends + struct.pack(">HH", UDP, length) + carried) or 0xFFFF
    carried = carried[:6] + sum.to_bytes(2, "big") + data
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, UDP, 0) + ends
    head = head[:10] + _checksum(head).to_bytes(2, "big") + head[12:]
    return _frame(station_address(target), source, IP, head + carried)


def carried(frame: bytes, target: int, port: int) -> bytes | None:
    """What a frame carries if it is a datagram to that station and port; None for any other, and for a wrong one."""
    if len(frame) < HEADERS or frame[:6] != station_address(target) or frame[12:15] != b"\x08\x00\x45":
        return None
    head, body = frame[14:34], frame[34:]
    length = int.from_bytes(body[4:6], "big")
    to = head[9] == UDP and head[16:20] == address(target) and int.from_bytes(body[2:4], "big") == port
    if not to or not 8 <= length <= len(body) or _checksum(head):
        return None
    pseudo = head[12:20] + struct.pack(">HH", UDP, length)
    right = body[6:8] == b"\0\0" or not _checksum(pseudo + body[:length])
    return body[8:length] if right else None


def _frame(to: bytes, source: int, kind: int, packet: bytes) -> bytes:
    return (to + station_address(source) + kind.to_bytes(2, "big") + packet).ljust(LEAST, b"\0")


def _checksum(octets: bytes) -> int:
    """RFC 1071; 0 for what has a right one in it."""
    whole = octets + bytes(len(octets) % 2)
    total: int = sum(struct.unpack(f">{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
