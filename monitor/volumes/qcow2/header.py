"""The first cluster: sizes, where the tables are, which features, and what the image stands on.

What we do not know must be refused or kept, never guessed: an unknown incompatible feature is refused by its name, an
unknown extension is written back as it was.
"""

import struct
from dataclasses import dataclass, field, replace

MAGIC = b"QFI\xfb"
VERSION = 3
FIXED = struct.Struct(">4sIQIIQIIQQIIQQQQII")
LENGTH = 104
BACKING_FORMAT, FEATURE_NAMES, STANDS_ON = 0xE2792ACA, 0x6803F857, 0x54504C31  # extensions; the last is ours
DIRTY = 1  # incompatible feature: clusters may be counted that are not used
CORRUPT = 1  # the bit of a feature
FEATURES = {2: "an external data file", 3: "another kind of compression", 4: "extended L2 entries"}
SMALLEST, LARGEST = 9, 21  # bits of a cluster's size
COUNT_BITS = 4  # 16 bits for each count
MOST_SIZE = 1 << 50
MOST_TABLE = 1 << 25  # bytes of the first table: as much as QEMU takes
Extension = tuple[int, bytes]


class Unreadable(ValueError):
    """This is no image, or one that needs what we do not do; the text says which."""


@dataclass(frozen=True, slots=True)
class Header:
    """`size` is in bytes, `table` (the first level, of `table_size` entries) and `counts` (of `counts_clusters`
    clusters) are places in the file. `backing` is the name of what it stands on, relative to the image; empty if it
    stands on nothing."""

    cluster_bits: int
    size: int
    table: int
    table_size: int
    counts: int
    counts_clusters: int
    snapshots: int = 0
    snapshots_at: int = 0
    backing: str = ""
    incompatible: int = 0
    compatible: int = 0
    autoclear: int = 0
    extensions: tuple[Extension, ...] = field(default=())

    @property
    def cluster(self) -> int:
        """Bytes of a cluster."""
        return 1 << self.cluster_bits

    @property
    def dirty(self) -> bool:
        return bool(self.incompatible & DIRTY)

    def extension(self, kind: int) -> bytes | None:
        return next((data for found, data in self.extensions if found == kind), None)

    def extended(self, kind: int, data: bytes | None) -> "Header":
        """With another extension of this kind, or none."""
        others = tuple(pair for pair in self.extensions if pair[0] != kind)
        return replace(self, extensions=others if data is None else (*others, (kind, data)))

    def marked(self, incompatible: int) -> "Header":
        return replace(self, incompatible=incompatible)

    def packed(self) -> bytes:
        """The bytes at the beginning of the file. Raises ValueError if they do not fit a cluster."""
        parts = b"".join(
            struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8) for kind, data in self.extensions
        )
        name = self.backing.encode()
        at = LENGTH + len(parts) + 8
        if at + len(name) > self.cluster or len(name) > 1023:
            raise ValueError(f"the name of what it stands on does not fit: {self.backing:.60}")
        fixed = FIXED.pack(
            *(
                MAGIC,
                VERSION,
                at if name else 0,
                len(name),
                self.cluster_bits,
                self.size,
                0,
                self.table_size,
                self.table,
            ),
            *(self.counts, self.counts_clusters, self.snapshots, self.snapshots_at),
            *(self.incompatible, self.compatible, self.autoclear, COUNT_BITS, LENGTH),
        )
        return (fixed + parts + bytes(8) + name).ljust(min(self.cluster, 4096), b"\0")

    @classmethod
    def parsed(cls, data: bytes) -> "Header":
        """From the first bytes of a file: its first cluster, or all there is. Raises Unreadable."""
        if len(data) < LENGTH or data[:4] != MAGIC:
            raise Unreadable("it is not a qcow2 image")
        fields = FIXED.unpack_from(data)
        _, version, name_at, name_length, bits, size, crypt, table_size, table, counts, clusters = fields[:11]
        snapshots, snapshots_at, incompatible, compatible, autoclear, order, length = fields[11:]
        if version != VERSION:
            raise Unreadable(f"it has version {version} of the format; `qemu-img amend -o compat=1.1` makes 3 of 2")
        _refuse(crypt, incompatible)
        whole = SMALLEST <= bits <= LARGEST and order == COUNT_BITS and LENGTH <= length <= len(data) and not length % 8
        fits = size <= MOST_SIZE and 8 * table_size <= MOST_TABLE and clusters << bits <= MOST_TABLE
        aligned = not any(place % (1 << bits) for place in (table, counts, snapshots_at)) and counts
        enough = table_size << (2 * bits - 3) >= size
        if not (whole and fits and aligned and enough and clusters):
            raise Unreadable("its header makes no sense, or needs counts of another width than 16 bits")
        name = data[name_at : name_at + name_length]
        if name_length > 1023 or len(name) != name_length:
            raise Unreadable("the name of what it stands on does not lie in its first cluster")
        end = name_at if name_length else len(data)
        extensions = tuple(_extensions(data[length:end]))
        text = name.decode("utf-8", "replace")
        sizes = bits, size, table, table_size, counts, clusters, snapshots, snapshots_at
        return cls(*sizes, text, incompatible, compatible, autoclear, extensions)


def _refuse(crypt: int, incompatible: int) -> None:
    if crypt:
        raise Unreadable("it is encrypted, which is not supported")
    if incompatible >> CORRUPT & 1:
        raise Unreadable("it is marked as corrupt")
    for bit in range(2, 64):
        if incompatible >> bit & 1:
            raise Unreadable(f"it has {FEATURES.get(bit, f'the unknown feature {bit}')}, which is not supported")


def _extensions(data: bytes) -> list[Extension]:
    found, at = [], 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from(">II", data, at)
        if not kind:
            break
        if at + 8 + length > len(data):
            raise Unreadable("one of its header's extensions ends outside of the header")
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + -length % 8
    return found
