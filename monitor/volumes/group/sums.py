"""Sums of blocks: a word with the CRC-32 of a block, how often the block was written, and a check of these two, so that
a sum that rotted is not believed. 0 is of a block that was never written."""

from array import array
from zlib import crc32

TIMES = 0xFFFFFF
CRC = 0xFFFFFFFF


def checked(low: int) -> int:
    """A sum of its low seven bytes."""
    return low | (crc32(low.to_bytes(7, "little")) & 0xFF) << 56


def sum_of(block: bytes, before: int) -> int:
    """Of a block that is written once more."""
    return checked(crc32(block) | ((before >> 32) + 1 & TIMES) << 32)


def holds(sum: int, block: bytes) -> bool:
    return sum & CRC == crc32(block)


def believable(sum: int) -> bool:
    return sum in (0, checked(sum & (1 << 56) - 1))


def newer(a: int, b: int) -> int:
    """Of two sums of one block the one that was written last, of which one at most has rotted."""
    if not believable(a) or not believable(b):
        return a if believable(a) else b
    if not a or not b:
        return a or b
    return a if (a - b >> 32) & TIMES < TIMES // 2 else b


def newest(a: "array[int]", b: "array[int]") -> "array[int]":
    """The same of two tables."""
    return a if a == b else array("Q", (x if x == y else newer(x, y) for x, y in zip(a, b, strict=True)))
