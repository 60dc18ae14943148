"""Snapshots inside an image: first tables that are kept, with a name and a time, of clusters that are shared.

Whatever a snapshot's tables lead to is counted once more, so that the volume writes beside it. A change is complete
when the header says so, in one small write: until then the old tables are in force, and afterwards the new ones.
"""

import struct
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from isa.errors import TraplineError
from monitor.volumes.qcow2.counts import numbers, octets
from monitor.volumes.qcow2.entries import COMPRESSED, COPIED, PLACE
from monitor.volumes.qcow2.header import Unreadable
from monitor.volumes.qcow2.image import Image

FIXED = struct.Struct(">QIHHIIQII")
EXTRA = struct.Struct(">QQ")  # size of a processor's state, size of the volume
TABLE_AT, SNAPSHOTS_AT = 36, 60  # in the header: a number of entries, and their place
MOST, MOST_ENTRIES = 4096, 1 << 22


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`table` is the place of its first table, of `entries`; `seconds` since 1970 says when it was made, and `rest` are
    the fields that we do not use."""

    id: str
    name: str
    seconds: int
    size: int
    table: int
    entries: int
    rest: tuple[int, int, int, bytes] = (0, 0, 0, b"")

    def packed(self) -> bytes:
        nanoseconds, clock, state, extra = self.rest
        id, name, extra = self.id.encode(), self.name.encode(), EXTRA.pack(0, self.size) + extra[EXTRA.size :]
        lengths = len(id), len(name), self.seconds, nanoseconds, clock, state, len(extra)
        data = FIXED.pack(self.table, self.entries, *lengths) + extra + id + name
        return data + bytes(-len(data) % 8)


def snapshots(image: Image) -> list[Snapshot]:
    """Those of an image, oldest first. Raises OSError, and Unreadable if their list makes no sense."""
    found, place, total = [], image.header.snapshots_at, 0
    if image.header.snapshots > MOST:
        raise Unreadable(f"it has {image.header.snapshots} snapshots, which is too many")
    for _ in range(image.header.snapshots):
        fields = FIXED.unpack(image.file.peek(place, FIXED.size))
        table, entries, id_length, name_length, seconds, *rest, extra_length = fields
        total += entries
        if table % image.cluster or extra_length > 1024 or total > MOST_ENTRIES:
            raise Unreadable("its list of snapshots makes no sense")
        data = image.file.peek(place + FIXED.size, extra_length + id_length + name_length)
        extra, id, name = data[:extra_length], data[extra_length:][:id_length], data[extra_length + id_length :]
        size = EXTRA.unpack_from(extra)[1] if len(extra) >= EXTRA.size else image.size
        texts = id.decode("utf-8", "replace"), name.decode("utf-8", "replace")
        found.append(Snapshot(*texts, seconds, size, table, entries, (*rest[:3], extra)))
        place += FIXED.size + len(data) + -(FIXED.size + len(data)) % 8
    return found


def find(image: Image, name: str) -> Snapshot:
    """The one with a name, or an id. Raises TraplineError."""
    there = snapshots(image)
    found = next((one for one in there if one.name == name), None) or next(
        (one for one in there if one.id == name), None
    )
    if found is None:
        listed = ", ".join(one.name for one in there) or "it has none"
        raise TraplineError(f"{image.path} has no snapshot {name!r:.80}", f"its snapshots: {listed}")
    return found


def tables(image: Image) -> Iterator[tuple[int, "array[int]"]]:
    """(place, first table) of the volume and of every snapshot."""
    yield image.header.table, image.table
    for one in snapshots(image):
        yield one.table, first(image, one)


def first(image: Image, one: Snapshot) -> "array[int]":
    return numbers(image.file.peek(one.table, 8 * one.entries), "Q")


def take(image: Image, name: str, seconds: int) -> Snapshot:
    """Keep the volume as it is now. Raises OSError, TraplineError if the name is taken."""
    there = snapshots(image)
    if any(name in (one.name, one.id) for one in there) or not name or len(name.encode()) > 255:
        raise TraplineError(f"{image.path} cannot have another snapshot {name!r:.80}", "give a name that is new")
    image.begin()
    _use(image, image.table, 1)
    kept = array("Q", (entry & ~COPIED for entry in image.table))
    place = _put(image, octets(kept))
    id = str(max((int(one.id) for one in there if one.id.isdecimal()), default=0) + 1)
    made = Snapshot(id, name, seconds, image.size, place, len(kept))
    _list(image, [*there, made])
    flag(image)
    image.flush()
    return made


def revert(image: Image, name: str) -> None:
    """Have the volume be what it was. Raises OSError, TraplineError if there is no such snapshot."""
    one = find(image, name)
    if (one.size, one.entries) != (image.size, len(image.table)):
        raise TraplineError(f"the snapshot {name} is of a volume of {one.size} bytes", "convert it instead")
    image.begin()
    before, place = image.table, image.header.table
    after = first(image, one)
    _use(image, after, 1)
    image.table = array("Q", (entry & ~COPIED for entry in after))
    at = _put(image, octets(image.table))
    image.flush()
    image.header = replace(image.header, table=at)
    image.file.write(TABLE_AT, struct.pack(">IQ", len(after), at))
    _drop(image, place, 8 * len(before))
    _use(image, before, -1)
    flag(image)
    image.flush()


def forget(image: Image, name: str) -> None:
    """Remove a snapshot; neither the volume nor another snapshot changes. Raises as `revert`."""
    one = find(image, name)
    image.begin()
    table = first(image, one)
    _list(image, [other for other in snapshots(image) if other != one])
    _drop(image, one.table, 8 * one.entries)
    _use(image, table, -1)
    flag(image)
    image.flush()


def _use(image: Image, table: "array[int]", times: int) -> None:
    """All that a first table leads to is used once more, or less."""
    for place, often in Counter(entry & PLACE for entry in table if entry & PLACE).items():
        for entry in image.level2(place):
            for cluster in image.uses(entry):
                image.counts[cluster] += times * often
        image.counts[place // image.cluster] += times * often


def _put(image: Image, data: bytes) -> int:
    """Write something into clusters of its own, one behind the other; its place, 0 for nothing."""
    if not data:
        return 0
    place = image.counts.take_run(-(-len(data) // image.cluster)) * image.cluster
    image.file.write(place, data + bytes(-len(data) % image.cluster))
    return place


def _drop(image: Image, place: int, length: int) -> None:
    for cluster in range(place // image.cluster, -(-(place + length) // image.cluster)):
        image.counts.drop(cluster)


def _list(image: Image, listed: list[Snapshot]) -> None:
    """These are the snapshots from now on."""
    old, length = image.header.snapshots_at, sum(len(one.packed()) for one in snapshots(image))
    place = _put(image, b"".join(one.packed() for one in listed))
    image.flush()
    image.header = replace(image.header, snapshots=len(listed), snapshots_at=place)
    image.file.write(SNAPSHOTS_AT, struct.pack(">IQ", len(listed), place))
    if length:
        _drop(image, old, length)


def flag(image: Image) -> None:
    """Say of every entry of the volume's tables whether what it leads to is used once."""
    for place in {entry & PLACE for entry in image.table if entry & PLACE}:
        _flag_lower(image, place)
    image.table = array("Q", (_flagged(image, entry) for entry in image.table))
    image.file.write(image.header.table, octets(image.table))


def _flag_lower(image: Image, place: int) -> None:
    table = image.level2(place)
    changed = array("Q", (_flagged(image, entry) for entry in table))
    if changed != table:
        table[:] = changed
        image.file.write(place, octets(table))


def _flagged(image: Image, entry: int) -> int:
    if not entry & PLACE or entry & COMPRESSED:
        return entry
    once = image.counts[(entry & PLACE) // image.cluster] == 1
    return entry | COPIED if once else entry & ~COPIED
