"""Memory as gdb asks for it: any number of bytes at any address, of the words that the running program sees there.

Byte 4 * n is the first of word n, the low one. Where a word lies in storage depends on the relocation of the moment.
"""

from trapline.debugging.code import Row, code
from trapline.debugging.debugged import Debugged
from trapline.remote.target import BYTES


class Memory:
    """That of the machine that is debugged."""

    def __init__(self, debugged: Debugged) -> None:
        self.debugged = debugged

    def read(self, address: int, count: int) -> bytes:
        """These bytes, as far as there are some."""
        return bytes(_bytes(self._rows(address, count))[address % BYTES :][:count])

    def places(self, address: int, count: int) -> tuple[int, ...]:
        """Where in storage the words lie that have these bytes; nothing if not all of them do."""
        rows = self._rows(address, count)
        found = tuple(row.place for row in rows if row.place is not None)
        return found if len(found) * BYTES >= address % BYTES + count else ()

    def write(self, address: int, data: bytes) -> None:
        """Write bytes that have `places`, inside a change of the history."""
        rows, start = self._rows(address, len(data)), address % BYTES
        whole = _bytes(rows)
        whole[start : start + len(data)] = data
        for number, row in enumerate(rows):
            assert row.place is not None
            word = int.from_bytes(whole[BYTES * number :][:BYTES], "little")
            self.debugged.machine.storage.write(row.place, [word])

    def _rows(self, address: int, count: int) -> list[Row]:
        """The words in which these bytes lie, up to the first that is none."""
        first, end = address // BYTES, -(-(address + count) // BYTES)
        rows = code(self.debugged.machine, self.debugged.image, first, end - first)
        return rows[: next((n for n, row in enumerate(rows) if row.word is None), len(rows))]


def _bytes(rows: list[Row]) -> bytearray:
    return bytearray(b"".join((row.word or 0).to_bytes(BYTES, "little") for row in rows))
