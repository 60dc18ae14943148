"""What an entry of a table says of a cluster of the volume, and of the clusters of the file that it uses.

An entry is the place of a cluster, with flags. One that is COMPRESSED leads to bytes of any number at any place, which
may share clusters with others: the lower bits are the first byte, and those above, up to the flag, how many sectors of
512 bytes there are beyond the one where it lies. They are a raw deflate stream (RFC 1951) of one cluster.
"""

import zlib

COPIED, COMPRESSED, ZERO = 1 << 63, 1 << 62, 1
PLACE = 0x00FF_FFFF_FFFF_FE00
SECTOR = 512


def is_zero(entry: int) -> bool:
    """Whether it says that the cluster is zeros."""
    return bool(entry & ZERO) and not entry & COMPRESSED


def is_nowhere(entry: int) -> bool:
    """Whether the image has nothing of its own there."""
    return not entry & (PLACE | ZERO | COMPRESSED)


def stretch(entry: int, bits: int) -> tuple[int, int]:
    """(first byte, how many) of what a compressed entry leads to, in an image of clusters of `1 << bits` bytes."""
    lengths = 62 - (bits - 8)
    first = entry & (1 << lengths) - 1
    sectors = (entry & COMPRESSED - 1) >> lengths
    return first, (sectors + 1) * SECTOR - first % SECTOR


def clusters(entry: int, bits: int) -> range:
    """The clusters of the file that an entry uses."""
    if entry & COMPRESSED:
        first, count = stretch(entry, bits)
        return range(first >> bits, (first + count - 1 >> bits) + 1)
    place = (entry & PLACE) >> bits
    return range(place, place + bool(place))


def inflated(data: bytes, size: int) -> bytes:
    """The cluster of `size` bytes that was deflated. Raises ValueError if it is none; never holds more than that."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = stream.decompress(data, size)
    except zlib.error:
        found = b""
    if len(found) != size:
        raise ValueError("it is no cluster")
    return found
