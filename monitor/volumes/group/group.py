"""A volume over parts: each write is journalled, then done on every part that is there; each read is checked by its
sums, and computed from the other parts where that fails."""

import errno
from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from monitor.volumes.group.levels import LEVELS, Shape, exclusive_or, parity_of
from monitor.volumes.group.part import BLOCK, UNIT, Label, Part, Piece, packed
from monitor.volumes.group.sums import holds, newest, sum_of
from monitor.volumes.volume import Kept


class Rotten(OSError):
    """What a part holds is not what was written there."""


class Group(Kept):
    """`parts` by their index, None for one that is missing; `label` is what the newest of them know. Raises OSError if
    too many are lost."""

    def __init__(self, path: str, parts: "list[Part | None]", label: Label, writable: bool = True) -> None:
        self.path, self.parts, self.label = path, parts, label
        self.level = LEVELS[label.level]
        self.shape = Shape(label.parts, label.each, label.chunk)
        self.size, self.writable = self.level.room(self.shape), writable
        self.repaired = 0
        self._threads = ThreadPoolExecutor(label.parts)
        self.failed = set(label.failed) - {label.rebuilding}
        missing = {i for i, part in enumerate(parts) if part is None} - self.failed
        self._sums = [self._load(i) for i in range(label.parts)]
        self._number = 0
        if missing:
            self._lose(missing)
        self._enough()
        self._replay()

    # -- what is there --

    def there(self, index: int) -> Part | None:
        """A part that is not lost."""
        return None if index in self.failed else self.parts[index]

    def readable(self, index: int, offset: int, count: int) -> bool:
        filled = index != self.label.rebuilding or offset + count <= self.label.upto
        return self.there(index) is not None and filled

    def _next(self, index: int) -> int:
        """The part on which the sums of this one lie too."""
        return (index + 1) % self.shape.parts

    def _load(self, index: int) -> "array[int]":
        """The sums of a part's blocks: of the two tables the newer entries."""
        empty = array("Q", bytes(self.shape.each // BLOCK * 8))
        found = []
        for place, table in ((index, 0), (self._next(index), 1)):
            part = self.parts[place]
            if part is not None and place not in self.failed and (place != self.label.rebuilding or table == 0):
                try:
                    found.append(part.sums(table))
                except OSError:
                    self.failed.add(place)
        if not found or index in self.failed:
            return found[-1] if found else empty
        return found[0] if len(found) == 1 else newest(*found)

    def _lose(self, indices: set[int]) -> None:
        """Leave parts out from now on, and have the others know it."""
        self.failed |= indices
        rebuilding = -1 if self.label.rebuilding in self.failed else self.label.rebuilding
        self.note(failed=tuple(sorted(self.failed)), rebuilding=rebuilding)

    def give_up(self, index: int) -> None:
        """Leave a part out, as if it had failed. Raises OSError, and does nothing, if the level does not allow that."""
        if len(self.failed | {index} | ({self.label.rebuilding} - {-1})) > self.level.lost(self.shape.parts):
            raise OSError(errno.EIO, f"the {self.label.level} volume cannot do without part {index}")
        self._lose({index})

    def note(self, **changes: object) -> None:
        """Have every part that is there know of a change, once what it says is safe. A part that cannot be written is
        lost."""
        self.flush()
        self.label = replace(self.label, count=self.label.count + 1, **changes)  # type: ignore[arg-type]
        lost = set()
        for index in range(self.shape.parts):
            part = self.there(index)
            if part is not None:
                try:
                    part.write_label(replace(self.label, index=index))
                except OSError:
                    lost.add(index)
        if lost:
            self._lose(lost)
        self._enough()

    def _enough(self) -> None:
        unfilled = {self.label.rebuilding} - {-1}
        if len(self.failed | unfilled) > self.level.lost(self.shape.parts):
            lost = ", ".join(str(i) for i in sorted(self.failed | unfilled))
            raise OSError(errno.EIO, f"too many parts are lost for a {self.label.level} volume: {lost}")

    @property
    def degraded(self) -> bool:
        return bool(self.failed) or self.label.rebuilding >= 0

    # -- one part --

    def get(self, index: int, offset: int, count: int) -> bytes:
        """Whole blocks of a part, as their sums say. Raises OSError, Rotten."""
        part = self.there(index)
        if part is None or not self.readable(index, offset, count):
            raise OSError(errno.EIO, f"part {index} is lost")
        first = offset // BLOCK
        sums = self._sums[index][first : first + count // BLOCK]
        if not any(sums):
            return bytes(count)
        data = part.read(offset, count)
        blocks = [data[i : i + BLOCK] if sums[i // BLOCK] else bytes(BLOCK) for i in range(0, count, BLOCK)]
        for block, sum in zip(blocks, sums, strict=True):
            if sum and not holds(sum, block):
                raise Rotten(errno.EIO, f"part {index} holds something else than was written there")
        return b"".join(blocks)

    def put(self, index: int, offset: int, data: bytes) -> None:
        """Write whole blocks of a part, and their sums on it and on the next. A part that cannot be written is lost."""
        part = self.there(index)
        if part is None:
            return
        first, old = offset // BLOCK, self._sums[index]
        blocks = (data[i : i + BLOCK] for i in range(0, len(data), BLOCK))
        fresh = array("Q", (sum_of(block, old[first + i]) for i, block in enumerate(blocks)))
        old[first : first + len(fresh)] = fresh
        try:
            part.write(offset, data)
            part.write_sums(0, first, fresh)
        except OSError:
            self._lose({index})
        beside = self.there(self._next(index))
        if beside is not None and self.shape.parts > 1:
            try:
                beside.write_sums(1, first, fresh)
            except OSError:
                self._lose({self._next(index)})

    def sure(self, index: int, offset: int, count: int) -> bytes:
        """Whole blocks of a part: read, or computed from the others, and then written anew where they had rotted."""
        try:
            return self.get(index, offset, count)
        except Rotten:
            data = self.computed(index, offset, count)
            self._repair(index, offset, data)
            return data
        except OSError:
            if self.readable(index, offset, count):
                self._lose({index})
                self._enough()
            return self.computed(index, offset, count)

    def _repair(self, index: int, offset: int, data: bytes) -> None:
        self.repaired += 1
        self.put(index, offset, data)
        try:
            self.get(index, offset, len(data))
        except OSError:  # it says that it writes, and does not
            if index not in self.failed:
                self._lose({index})

    def computed(self, index: int, offset: int, count: int) -> bytes:
        """What a part should hold, by the others. Raises OSError."""
        others = [i for i in range(self.shape.parts) if i != index]
        if self.level.copies:
            for other in others:
                with suppress(OSError):
                    return self.get(other, offset, count)
        elif self.level.parity:
            with suppress(OSError):
                return exclusive_or([self.get(other, offset, count) for other in others])
        raise OSError(errno.EIO, f"what part {index} held cannot be read, nor computed from the others")

    # -- the volume --

    def _runs(self, offset: int, count: int) -> Iterator[tuple[int, int, int, int]]:
        """(part, offset in it, place in what is asked for, bytes) of a stretch, none longer than a unit."""
        self.within(offset, count)
        done = 0
        while done < count:
            part, within, run = self.level.place(self.shape, offset + done)
            length = min(run, count - done, UNIT - within % UNIT)
            yield part, within, done, length
            done += length

    def read(self, offset: int, count: int) -> bytes:
        return b"".join(self._read(part, within, length) for part, within, _, length in self._runs(offset, count))

    def _read(self, part: int, within: int, count: int) -> bytes:
        first, last = within // BLOCK * BLOCK, -(-(within + count) // BLOCK) * BLOCK
        return self.sure(part, first, last - first)[within - first : within - first + count]

    def write(self, offset: int, data: bytes) -> None:
        for part, within, done, length in self._runs(offset, len(data)):
            first, last = within // BLOCK * BLOCK, -(-(within + length) // BLOCK) * BLOCK
            fresh = data[done : done + length]
            if (first, last) != (within, within + length):
                old = self.sure(part, first, last - first)
                fresh = old[: within - first] + fresh + old[within - first + length :]
            self._do(self._pieces(part, first, fresh))

    def _pieces(self, part: int, within: int, data: bytes) -> list[Piece]:
        """What is to be where for this to be written."""
        if self.level.copies:
            return [(index, within, data) for index in range(self.shape.parts)]
        if not self.level.parity:
            return [(part, within, data)]
        parity = parity_of(self.shape, within)
        if self.readable(part, within, len(data)) and self.readable(parity, within, len(data)):
            old, sum = self.sure(part, within, len(data)), self.sure(parity, within, len(data))
            return [(part, within, data), (parity, within, exclusive_or([sum, old, data]))]
        if not self.readable(part, within, len(data)):
            others = [i for i in range(self.shape.parts) if i not in (part, parity)]
            rest = [self.sure(other, within, len(data)) for other in others]
            return [(part, within, data), (parity, within, exclusive_or([data, *rest]))]
        return [(part, within, data), *self._parity_anew(part, parity, within, data)]

    def _parity_anew(self, part: int, parity: int, within: int, data: bytes) -> list[Piece]:
        """The parity of a row whose parity is not there, if it is being rebuilt."""
        if self.there(parity) is None:
            return []
        others = [i for i in range(self.shape.parts) if i not in (part, parity)]
        return [(parity, within, exclusive_or([data, *(self.sure(i, within, len(data)) for i in others)]))]

    def _do(self, pieces: list[Piece]) -> None:
        """What is to be done is safe before it is begun; and so is, by the same flush, what was done before."""
        self._number += 1
        self._journal(self._number, pieces)
        self.flush()
        for index, within, data in pieces:
            self.put(index, within, data)
        self._enough()

    def _journal(self, number: int, pieces: list[Piece]) -> None:
        record = packed(number, pieces)
        for index in range(self.shape.parts):
            part = self.there(index)
            if part is not None:
                try:
                    part.write_journal(number, record)
                except OSError:
                    self._lose({index})
        self._enough()

    def _replay(self) -> None:
        """Do again what was begun last, and what before that: whether they were done to the end nobody knows."""
        found: dict[int, list[Piece]] = {}
        common: set[int] | None = None
        for index in range(self.shape.parts):
            part = self.there(index)
            if part is not None:
                try:
                    records = part.journal()
                except OSError:
                    self._lose({index})
                else:
                    found |= records
                    common = set(records) if common is None else common & set(records)
        self._number = max(found, default=0)
        again = [number for number in (self._number - 1, self._number) if number in found]
        for number in again:
            if number not in (common or ()):
                self._journal(number, found[number])  # a part with an older one would do that when it is alone
        self.flush()
        for number in again:
            for index, within, data in found[number]:
                if index < self.shape.parts and within + len(data) <= self.shape.each:
                    self.put(index, within, data)
        self.flush()

    def zero(self, offset: int, count: int) -> None:
        for at in range(offset, offset + count, UNIT):
            part = min(UNIT, offset + count - at)
            if any(self.read(at, part)):
                self.write(at, bytes(part))

    def extents(self, offset: int, count: int) -> list[tuple[int, bool]]:
        """Blocks that were never written are zeros."""
        found: list[tuple[int, bool]] = []
        for part, within, _, length in self._runs(offset, count):
            sums = self._sums[part][within // BLOCK : -(-(within + length) // BLOCK)]
            zero = not any(sums) and self.readable(part, within, length)
            if found and found[-1][1] == zero:
                length += found.pop()[0]
            found.append((length, zero))
        return found

    def flush(self) -> None:
        """All parts at once: their disks are not the same ones."""
        there = [index for index in range(self.shape.parts) if self.there(index) is not None]
        if lost := {
            index for index, safe in zip(there, self._threads.map(self._flushed, there), strict=True) if not safe
        }:
            self._lose(lost)
        self._enough()

    def _flushed(self, index: int) -> bool:
        """Flush one part; whether it could be."""
        part = self.parts[index]
        try:
            if part is not None:
                part.volume.flush()
        except OSError:
            return False
        return True

    def stamp(self) -> None:
        return None

    def close(self) -> None:
        self._threads.shutdown()
        for part in self.parts:
            if part is not None:
                part.volume.close()

    def forget(self, index: int) -> None:
        """Another part is going to be in its place, which holds nothing yet."""
        self._sums[index] = array("Q", bytes(8 * len(self._sums[index])))

    def sums(self, index: int) -> "array[int]":
        return self._sums[index]

    def renew_sums(self) -> int:
        """Write the tables of sums anew that are not what they should be; how many. Raises OSError."""
        places = [(i, i, 0) for i in range(self.shape.parts)]
        places += [(i, self._next(i), 1) for i in range(self.shape.parts if self.shape.parts > 1 else 0)]
        return sum(self._renew(*place) for place in places)

    def _renew(self, index: int, place: int, table: int) -> bool:
        """The table of a part's sums on the part `place`. One that cannot be read or written is lost."""
        part = self.there(place)
        if part is None:
            return False
        try:
            wrong = part.sums(table) != self._sums[index]
            if wrong:
                part.write_sums(table, 0, self._sums[index])
            return wrong
        except OSError:
            self._lose({place})
            self._enough()
            return False
