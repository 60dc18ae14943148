"""The file of a trace: versioned, checked, readable up to where it breaks off. docs/trace-format.md describes it.

Little-endian: 8 bytes `TRAPTRAC`; the version, 4 bytes; the length of the header, 4 bytes; the header, a JSON object;
its CRC-32, 4 bytes. Then blocks: how many records, 4 bytes; the CRC-32 of them, which goes on from that of the block
before, 4 bytes; the records, 25 bytes each (`isa.machine.records`). The last block has no records, and instead of them
the number of all records, 8 bytes.
"""

import json
from collections.abc import Iterator
from struct import Struct
from typing import Any, BinaryIO
from zlib import crc32

from isa.errors import TraplineError
from isa.machine.records import BEGINS, RECORD, Kind, Records

MAGIC, VERSION = b"TRAPTRAC", 1
_PREFIX, _CHECK, _BLOCK, _TOTAL = Struct("<8sII"), Struct("<I"), Struct("<II"), Struct("<Q")
LONGEST_HEADER, LONGEST_BLOCK = 1 << 26, 1 << 24  # bytes, records
_KINDS = frozenset(Kind)


class TraceError(TraplineError):
    """A trace that cannot be read."""


def opening(header: dict[str, Any]) -> tuple[bytes, int]:
    """How a file with this header begins, and the check that its first block goes on from."""
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    check = crc32(text)
    return _PREFIX.pack(MAGIC, VERSION, len(text)) + text + _CHECK.pack(check), check


class Blocks:
    """Makes blocks, one behind the other: what stands before the records of each, and the end."""

    def __init__(self, check: int) -> None:
        self._check, self._total = check, 0

    def before(self, records: Records) -> bytes:
        """What stands before these records, which are some."""
        count = len(records) // RECORD.size
        self._check, self._total = crc32(records, self._check), self._total + count
        return _BLOCK.pack(count, self._check)

    def end(self) -> bytes:
        total = _TOTAL.pack(self._total)
        return _BLOCK.pack(0, crc32(total, self._check)) + total


class TraceFile:
    """A file that is being read: its header, which is known to be a JSON object, and nothing more, and its blocks.

    Raises TraceError for what is no trace, truncated, damaged, or of another version, with the byte where.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self.name, self._at, self._total = file, name, 0, 0
        magic, version, length = _PREFIX.unpack(self._read(_PREFIX.size, MAGIC))
        if magic != MAGIC:
            raise TraceError(f"{name} is not a trace", "give a file that was written by `run --trace FILE.bin`")
        if version != VERSION:
            raise TraceError(f"the trace {name} has version {version}, not {VERSION}", "trace the run again")
        if length > LONGEST_HEADER:
            raise self._refusal(f"is damaged at byte {self._at - 4}: its header is said to have {length} bytes")
        text = self._read(length)
        (check,) = _CHECK.unpack(self._read(_CHECK.size))
        if crc32(text) != check:
            raise self._refusal(f"is damaged at byte {_PREFIX.size}: the checksum of its header is wrong")
        self._check = check
        self.header = _parsed(text)
        if self.header is None:
            raise self._refusal(f"is damaged at byte {_PREFIX.size}: its header cannot be read")

    def blocks(self) -> Iterator[bytes]:
        """The records of each block: whole lines. What is damaged is noticed when it is come to."""
        while True:
            at = self._at
            count, check = _BLOCK.unpack(self._read(_BLOCK.size))
            if not count:
                self._finish(at, check)
                return
            if count > LONGEST_BLOCK:
                raise self._refusal(f"is damaged at byte {at}: a block is said to have {count} records")
            records = self._read(count * RECORD.size)
            self._check = crc32(records, self._check)
            if self._check != check:
                raise self._refusal(f"is damaged in the {count} records from byte {at}: their checksum is wrong")
            kinds = records[8 :: RECORD.size]
            if not _KINDS.issuperset(kinds) or kinds[0] not in BEGINS:
                raise self._refusal(f"is damaged in the {count} records from byte {at}: they are no lines")
            self._total += count
            yield records

    def _finish(self, at: int, check: int) -> None:
        total = self._read(_TOTAL.size)
        if crc32(total, self._check) != check or _TOTAL.unpack(total)[0] != self._total:
            raise self._refusal(f"is damaged at byte {at}: its end is not that of what stands before")
        if self._file.read(1):
            raise self._refusal(f"is damaged at byte {self._at}: something stands behind its end")

    def _read(self, size: int, magic: bytes = b"") -> bytes:
        """So many bytes more. With `magic` they are the first of the file, and a file that begins otherwise is none."""
        data = self._file.read(size)
        if magic and data[: len(magic)] != magic[: len(data)]:
            return bytes(size)
        if len(data) < size:
            raise self._refusal(f"is truncated at byte {self._at + len(data)}, in what begins at byte {self._at}")
        self._at += size
        return data

    def _refusal(self, what: str) -> TraceError:
        return TraceError(
            f"the trace {self.name} {what}", "what stands before is right; trace the run again for the rest"
        )


def _parsed(text: bytes) -> Any:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None
