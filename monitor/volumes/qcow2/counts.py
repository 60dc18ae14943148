"""How often each cluster of the file is used, in blocks of 16-bit counts that a table lists; and free clusters.

A block of counts that is missing says that nothing is used there. The first cluster taken in such a range becomes the
block itself, which counts itself before the table points to it. A cluster that is not used any more *rests* until the
file is flushed: if the power failed, what was written over its last use might not be there, and it would be used still.
"""

import errno
from array import array
from collections.abc import Iterator, Mapping
from sys import byteorder

from monitor.volumes.file import HostFile
from monitor.volumes.qcow2.header import Header, Unreadable


def numbers(data: bytes, kind: str) -> "array[int]":
    """Big-endian numbers, of 16 bits (`H`) or 64 (`Q`)."""
    found = array(kind, data)
    if byteorder == "little":
        found.byteswap()
    return found


def octets(found: "array[int]") -> bytes:
    copy = array(found.typecode, found)
    if byteorder == "little":
        copy.byteswap()
    return copy.tobytes()


class Counts:
    """Of the image in a file. Clusters are numbered from the beginning of the file. Raises OSError, and
    Unreadable if the table makes no sense."""

    def __init__(self, file: HostFile, header: Header) -> None:
        self.file, self.cluster = file, header.cluster
        self._at = header.counts
        self._table = numbers(file.read(header.counts, header.counts_clusters * header.cluster), "Q")
        self._each = header.cluster // 2  # counts of a block
        places = [place for place in self._table if place]
        if len(set(places)) < len(places) or any(place % self.cluster for place in places):
            raise Unreadable("its table of counts makes no sense")
        if any(place >= self.most * self.cluster for place in places):
            raise Unreadable("its table of counts makes no sense")
        self._blocks: dict[int, array[int]] = {}
        self._free = 0  # no cluster before this one is free
        self._resting: set[int] = set()

    @property
    def most(self) -> int:
        """How many clusters can be counted."""
        return len(self._table) * self._each

    def _block(self, index: int) -> "array[int] | None":
        if index >= len(self._table) or not self._table[index]:
            return None
        if index not in self._blocks:
            self._blocks[index] = numbers(self.file.peek(self._table[index], self.cluster), "H")
        return self._blocks[index]

    def __getitem__(self, cluster: int) -> int:
        block = self._block(cluster // self._each)
        return block[cluster % self._each] if block else 0

    def __setitem__(self, cluster: int, count: int) -> None:
        """The block must be there, or the count 0."""
        block = self._block(cluster // self._each)
        if block is None:
            return
        if not 0 <= count < 1 << 16:
            raise OSError(errno.EIO, f"cluster {cluster} cannot be counted {count} times: the image is damaged")
        place = cluster % self._each
        block[place] = count
        self.file.write(self._table[cluster // self._each] + 2 * place, count.to_bytes(2, "big"))
        if count:
            self._resting.discard(cluster)
        else:
            self._resting.add(cluster)

    @property
    def blocks(self) -> Iterator[int]:
        """The clusters in which the blocks of counts lie."""
        return (place // self.cluster for place in self._table if place)

    @property
    def used(self) -> Iterator[tuple[int, int]]:
        """(cluster, count) of all that are counted."""
        for index in range(len(self._table)):
            for place, count in enumerate(self._block(index) or ()):
                if count:
                    yield index * self._each + place, count

    def take(self) -> int:
        """A cluster that was free, counted once from now on."""
        cluster = self._free
        while self[cluster] or cluster in self._resting:
            cluster += 1
        if cluster >= self.most and self._resting:
            self.flush()
            return self.take()
        if cluster >= self.most:
            raise OSError(errno.ENOSPC, "the image cannot count more clusters: convert it into a new one")
        self._free = cluster + 1
        if self._block(cluster // self._each) is None:
            self._add_block(cluster // self._each, cluster)
            return self.take()
        self[cluster] = 1
        return cluster

    def take_run(self, count: int) -> int:
        """The first of so many clusters one behind the other, each counted once from now on."""
        run: list[int] = []
        spare: list[int] = []
        while len(run) < count:
            cluster = self.take()
            if run and cluster != run[-1] + 1:
                spare, run = spare + run, []
            run.append(cluster)
        for cluster in spare:
            self.drop(cluster)
        return run[0]

    def _add_block(self, index: int, cluster: int) -> None:
        """A block in a cluster that is free, of the range that it counts or of another."""
        block = array("H", bytes(self.cluster))
        if cluster // self._each == index:
            block[cluster % self._each] = 1
        else:
            self[cluster] = 1
        self.file.write(cluster * self.cluster, octets(block))
        self.flush()
        self.file.write(self._at + 8 * index, (cluster * self.cluster).to_bytes(8, "big"))
        self._table[index], self._blocks[index] = cluster * self.cluster, block

    def drop(self, cluster: int) -> None:
        """One use less."""
        self[cluster] = self[cluster] - 1

    def flush(self) -> None:
        """What was written to the file is safe, and no cluster rests any more."""
        self.file.flush()
        self._free = min((self._free, *self._resting))
        self._resting.clear()

    def mend(self, needed: Mapping[int, int]) -> int:
        """Count everything anew; how many clusters were counted too often. Raises OSError if there is no room for
        counts that are missing."""
        self.flush()
        if max(needed, default=0) >= self.most:
            raise OSError(errno.EIO, "the image is damaged: something lies where nothing can be counted")
        often, wrong = dict(self.used), 0
        for cluster in sorted({*often, *needed}):
            count = needed.get(cluster, 0)
            if self._block(cluster // self._each) is not None and often.get(cluster, 0) != count:
                self[cluster], wrong = count, wrong + (often.get(cluster, 0) > count)
        for index in sorted({cluster // self._each for cluster in needed}):
            if self._block(index) is None:
                self._count_anew(index, needed)
        self._free = 0
        self.flush()
        return wrong

    def _count_anew(self, index: int, needed: Mapping[int, int]) -> None:
        """The block of a range of which none is there."""
        own = range(index * self._each, (index + 1) * self._each)
        free = next((cluster for cluster in own if not needed.get(cluster)), None)
        self._add_block(index, self.take() if free is None else free)
        for cluster in own:
            if needed.get(cluster):
                self[cluster] = needed[cluster]
