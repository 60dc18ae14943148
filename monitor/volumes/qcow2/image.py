"""The volume: where each cluster of it lies is said by two levels of tables, and what is nowhere is what it stands on.

An entry with `COPIED` says that its cluster is used by it alone, so it may be written in place; any other is copied
first. Order of writes: count, fill, then point; what is not pointed to any more is uncounted last. Counts are made anew
by whoever finds the image used after a kill or a loss of power. But that a cluster is filled before it is pointed to is
kept when the power fails too: by a flush between the two, unless what would be seen there otherwise are the same zeros.
"""

import errno
from array import array
from collections.abc import Iterator

from monitor.volumes.file import HostFile
from monitor.volumes.qcow2.counts import Counts, numbers, octets
from monitor.volumes.qcow2.entries import COMPRESSED, COPIED, PLACE, ZERO, clusters, inflated, is_zero, stretch
from monitor.volumes.qcow2.header import DIRTY, Header, Unreadable
from monitor.volumes.volume import Kept, Volume

INCOMPATIBLE_AT = 72  # of the header
TABLES = 64  # of the second level in memory at a time


class Image(Kept):
    """An image in a file, over `backing` if it stands on something; both are closed with it. Raises Unreadable."""

    def __init__(self, file: HostFile, backing: Volume | None = None) -> None:
        first = Header.parsed(file.peek(0, 1 << 16))
        self.header = Header.parsed(file.peek(0, first.cluster)) if first.cluster > 1 << 16 else first
        self.file, self.backing = file, backing
        self.path, self.size, self.writable = file.path, self.header.size, file.writable
        self.cluster = self.header.cluster
        self._each = self.cluster // 8  # entries of a table
        for place, length in (
            (self.header.table, 8 * self.header.table_size),
            (self.header.counts, self.header.counts_clusters * self.cluster),
        ):
            if place + length > file.size:
                raise Unreadable("its tables do not lie in the file: it was cut")
        self.counts = Counts(file, self.header)
        self.table = numbers(file.read(self.header.table, 8 * self.header.table_size), "Q")
        self._tables: dict[int, array[int]] = {}  # of the second level, by where they lie
        self._last = 0, b""  # a compressed entry, and what it leads to
        self._loose = False  # whether something was written that must be safe before anything points to it

    # -- where things are --

    def level2(self, place: int) -> "array[int]":
        """A table of the second level. Raises OSError."""
        if place not in self._tables:
            if place % self.cluster or not place:
                raise OSError(errno.EIO, f"the image {self.path} is damaged: a table lies at {place}")
            if len(self._tables) >= TABLES:
                del self._tables[next(iter(self._tables))]
            self._tables[place] = numbers(self.file.peek(place, self.cluster), "Q")
        return self._tables[place]

    def entry(self, index: int) -> int:
        """What the tables say of a cluster of the volume; 0 if nothing. Raises OSError."""
        upper = self.table[index // self._each] & PLACE
        return self.level2(upper)[index % self._each] if upper else 0

    def uses(self, entry: int) -> range:
        """The clusters of the file that an entry of a table of the second level uses."""
        return clusters(entry, self.header.cluster_bits)

    def _pieces(self, offset: int, count: int) -> Iterator[tuple[int, int, int]]:
        """(cluster, from where in it, how many bytes) of a stretch of the volume."""
        self.within(offset, count)
        while count:
            index, start = divmod(offset, self.cluster)
            part = min(count, self.cluster - start)
            yield index, start, part
            offset, count = offset + part, count - part

    # -- reading --

    def read(self, offset: int, count: int) -> bytes:
        return b"".join(self._read(*piece) for piece in self._pieces(offset, count))

    def _read(self, index: int, start: int, count: int) -> bytes:
        entry = self.entry(index)
        if entry & COMPRESSED:
            return self._inflated(entry)[start : start + count]
        if entry & ZERO:
            return bytes(count)
        if entry & PLACE:
            return self.file.peek((entry & PLACE) + start, count)
        return self._below(index * self.cluster + start, count)

    def _inflated(self, entry: int) -> bytes:
        """What a compressed entry leads to; of the last one it is remembered. Raises OSError."""
        if self._last[0] != entry:
            try:
                data = inflated(self.file.peek(*stretch(entry, self.header.cluster_bits)), self.cluster)
            except ValueError:
                raise OSError(errno.EIO, f"the image {self.path} is damaged: a compressed cluster is none") from None
            self._last = entry, data
        return self._last[1]

    def _below(self, offset: int, count: int) -> bytes:
        """From what it stands on; zeros behind its end."""
        there = min(count, max(0, self.backing.size - offset)) if self.backing else 0
        return (self.backing.read(offset, there) if self.backing and there else b"") + bytes(count - there)

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        found: list[tuple[int, bool]] = []
        for index, start, part in self._pieces(offset, count):
            for length, zero in self._extents(index, start, part):
                if found and found[-1][1] == zero:
                    length += found.pop()[0]
                found.append((length, zero))
        return found

    def _extents(self, index: int, start: int, count: int) -> list[tuple[int, bool]]:
        entry, offset = self.entry(index), index * self.cluster + start
        if entry & (ZERO | PLACE | COMPRESSED):
            return [(count, is_zero(entry))]
        there = min(count, max(0, self.backing.size - offset)) if self.backing else 0
        below = self.backing.extents(offset, there) if self.backing and there else []
        return [*below, (count - there, True)] if count > there else below

    # -- writing --

    def write(self, offset: int, data: bytes) -> None:
        at = 0
        for index, start, count in self._pieces(offset, len(data)):
            self._write(index, start, data[at : at + count])
            at += count

    def _write(self, index: int, start: int, data: bytes) -> None:
        entry = self.entry(index)
        if entry & COPIED and not entry & (ZERO | COMPRESSED):
            self.file.write((entry & PLACE) + start, data)
            return
        before = self._read(index, 0, self.cluster) if len(data) < self.cluster else b""
        blank = all(zero for _, zero in self._extents(index, 0, self.cluster))
        self.begin()
        cluster = self.counts.take()
        self._loose = self._loose or not blank or cluster * self.cluster < self.file.end
        self.file.write(cluster * self.cluster, before[:start] + data + before[start + len(data) :])
        self.point(index, cluster * self.cluster | COPIED)

    def zero(self, offset: int, count: int) -> None:
        for index, start, part in self._pieces(offset, count):
            whole = part == self.cluster or (start + part + index * self.cluster == self.size and not start)
            if not whole:
                if any(self._read(index, start, part)):
                    self._write(index, start, bytes(part))
            elif not is_zero(self.entry(index)) and (self.entry(index) or self.backing):
                self.begin()
                self.point(index, ZERO)

    def begin(self) -> None:
        """Counts are going to change: whoever finds the image after a kill is to look."""
        if not self.header.dirty:
            self._mark(self.header.incompatible | DIRTY)
            self.flush()

    def settle(self) -> None:
        """What was written before and must come first is safe from here on."""
        if self._loose:
            self.flush()

    def _mark(self, incompatible: int) -> None:
        self.file.write(INCOMPATIBLE_AT, incompatible.to_bytes(8, "big"))
        self.header = self.header.marked(incompatible)

    def point(self, index: int, entry: int) -> None:
        """Have the tables say this of a cluster of the volume; what they said before is used once less."""
        upper, place = divmod(index, self._each)
        before = self.uses(self.entry(index))
        lower = self.table[upper]
        self.settle()
        if lower & COPIED:
            self.level2(lower & PLACE)[place] = entry
            self.file.write((lower & PLACE) + 8 * place, entry.to_bytes(8, "big"))
        else:
            self._point_anew(upper, place, entry, lower & PLACE)
        for cluster in before:
            self.counts.drop(cluster)

    def _point_anew(self, upper: int, place: int, entry: int, lower: int) -> None:
        """The same with a new table of the second level, a copy of the one that others use too if there is one."""
        table = array("Q", self.level2(lower)) if lower else array("Q", bytes(self.cluster))
        table[place] = entry
        cluster = self.counts.take()
        self._loose = bool(lower) or cluster * self.cluster < self.file.end
        self.file.write(cluster * self.cluster, octets(table))
        self.settle()
        self._tables[cluster * self.cluster] = table
        self.table[upper] = cluster * self.cluster | COPIED
        self.file.write(self.header.table + 8 * upper, self.table[upper].to_bytes(8, "big"))
        if lower:
            self.counts.drop(lower // self.cluster)

    def renew(self, header: Header) -> None:
        """Write another header, of the same tables."""
        self.file.write(0, header.packed())
        self.header = header

    def flush(self) -> None:
        self.counts.flush()
        self._loose = False

    def stamp(self) -> object:
        return self.file.stamp()

    def close(self) -> None:
        if self.header.dirty and self.writable:
            self.flush()
            self._mark(self.header.incompatible & ~DIRTY)
            self.writable = False
        self.file.close()
        if self.backing:
            self.backing.close()
