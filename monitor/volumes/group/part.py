"""One part of a group: a volume with a label, a journal, the sums of its own blocks and those of its neighbour's, and
its bytes.

What is written in place is either small enough to be there or not there (a label, in two copies that are written in
turn), or stands in the journal first.
"""

import errno
import json
import struct
from array import array
from dataclasses import asdict, dataclass
from sys import byteorder
from zlib import crc32

from isa.devices.saved import Saved
from isa.errors import MachineError
from monitor.volumes.volume import Volume

BLOCK = 512  # bytes that have a sum
UNIT = 8192  # bytes of a write that are done together
LABELS, LABEL = (0, 4096), 4096
JOURNAL, JOURNAL_SIZE = 8192, 4096 + 2 * UNIT  # of each of two records, which are written in turn
SUMS = 65536
SUM = 8  # bytes, see `sums.py`
MAGIC = b"TPLGROUP"
MOST_BYTES = 1 << 34

Piece = tuple[int, int, bytes]  # a part, an offset, and what is to be there


@dataclass(frozen=True, slots=True)
class Label:
    """What a part knows of its group. `count` grows with every change of it: a part that knows less has missed
    something. `failed` are the parts that are left out, `rebuilding` one of them that is being filled (-1: none), up to
    the offset `upto`; `scrubbed` is how far the last scrub came."""

    group: str
    level: str
    index: int
    parts: int
    each: int
    chunk: int
    count: int = 1
    failed: tuple[int, ...] = ()
    rebuilding: int = -1
    upto: int = 0
    scrubbed: int = 0

    def serves(self, newest: "Label") -> bool:
        """Whether a part that knows this has missed nothing that one with the newest label knows. All are told of a
        change before anything is done after it; so one that a kill kept from hearing of the last one is as good, if
        it was not that it is left out."""
        return self.index not in newest.failed and newest.count - self.count <= 1

    def packed(self) -> bytes:
        text = json.dumps({**asdict(self), "rebuilding": self.rebuilding + 1}).encode()
        return MAGIC + struct.pack(">II", crc32(text), len(text)) + text

    @classmethod
    def parsed(cls, data: bytes) -> "Label | None":
        if data[:8] != MAGIC:
            return None
        sum, length = struct.unpack_from(">II", data, 8)
        text = data[16 : 16 + length]
        try:
            if crc32(text) != sum or len(text) != length:
                return None
            found = Saved("label", json.loads(text))
            failed = tuple(int(str(index)) for index in found.list("failed"))
            index, parts, each, chunk = (found.number(n, MOST_BYTES) for n in ("index", "parts", "each", "chunk"))
            places = found.number("rebuilding") - 1, found.number("upto"), found.number("scrubbed")
            names = found.text("group"), found.text("level")
            return cls(*names, index, parts, each, chunk, found.number("count"), failed, *places)
        except (MachineError, ValueError, KeyError, TypeError):
            return None


def needed(each: int) -> int:
    """How many bytes a volume needs to be a part of `each` bytes."""
    return SUMS + 2 * each // BLOCK * SUM + each


class Part:
    """`each` bytes in a volume. All raise OSError."""

    def __init__(self, volume: Volume, each: int) -> None:
        self.volume, self.each = volume, each
        self._tables = SUMS, SUMS + each // BLOCK * SUM
        self._data = SUMS + 2 * each // BLOCK * SUM

    def read(self, offset: int, count: int) -> bytes:
        return self.volume.read(self._data + offset, count)

    def write(self, offset: int, data: bytes) -> None:
        self.volume.write(self._data + offset, data)

    def write_label(self, label: Label) -> None:
        """Over the older of the two copies, and before all that comes. One that is not there afterwards is an OSError:
        the part only says that it writes."""
        found = [Label.parsed(self.volume.read(place, LABEL)) for place in LABELS]
        place = LABELS[min((0, 1), key=lambda i: _age(found[i]))]
        data = label.packed().ljust(LABEL, b"\0")
        self.volume.write(place, data)
        self.volume.flush()
        if self.volume.read(place, LABEL) != data:
            raise OSError(errno.EIO, "what was written is not there")

    def sums(self, table: int) -> "array[int]":
        """Those of its own blocks (0) or of its neighbour's (1)."""
        found = array("Q", self.volume.read(self._tables[table], self.each // BLOCK * SUM))
        if byteorder == "big":
            found.byteswap()
        return found

    def write_sums(self, table: int, first: int, sums: "array[int]") -> None:
        copy = array("Q", sums)
        if byteorder == "big":
            copy.byteswap()
        self.volume.write(self._tables[table] + first * SUM, copy.tobytes())

    def write_journal(self, number: int, record: bytes) -> None:
        self.volume.write(JOURNAL + number % 2 * JOURNAL_SIZE, record)

    def journal(self) -> dict[int, list[Piece]]:
        """What was last written into the journal, and what before that, by number, as far as it is whole."""
        places = (JOURNAL, JOURNAL + JOURNAL_SIZE)
        found = dict(parsed(self.volume.read(place, JOURNAL_SIZE)) for place in places)
        found.pop(0, None)
        return found


def _age(label: Label | None) -> tuple[int, int]:
    """By which labels are ordered; one that is not whole is the oldest."""
    return (label.count, label.upto) if label else (0, 0)


def label_of(volume: Volume) -> Label | None:
    """The newest label in a volume, None if it is no part. Raises OSError."""
    if volume.size < SUMS:
        return None
    found = [Label.parsed(volume.read(place, LABEL)) for place in LABELS]
    return max(found, key=_age)


def packed(number: int, pieces: list[Piece]) -> bytes:
    """A record of the journal. What several parts are to hold stands in it once."""
    texts: dict[bytes, int] = {}
    for _, _, data in pieces:
        texts.setdefault(data, sum(map(len, texts)))
    heads = b"".join(struct.pack(">HQII", part, at, texts[data], len(data)) for part, at, data in pieces)
    body = struct.pack(">QHI", number, len(pieces), sum(map(len, texts))) + heads + b"".join(texts)
    return struct.pack(">I", crc32(body)) + body


def parsed(record: bytes) -> tuple[int, list[Piece]]:
    (sum,) = struct.unpack_from(">I", record)
    number, count, length = struct.unpack_from(">QHI", record, 4)
    begin = 18 + 18 * count
    if begin + length > len(record) or crc32(record[4 : begin + length]) != sum:
        return 0, []
    heads = [struct.unpack_from(">HQII", record, 18 + 18 * i) for i in range(count)]
    return number, [(part, at, record[begin + first : begin + first + n]) for part, at, first, n in heads]
