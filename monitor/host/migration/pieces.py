"""A machine taken apart: pages of its storage and blocks of its disks, which can be sent one by one, and the rest.

Put together again it is the same to the bit: the target makes the very contents whose digests the record names.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import replace
from sys import byteorder

from isa.errors import TraplineError
from isa.machine.snapshot import Snapshot
from monitor.host.objects import Objects
from monitor.host.record import Point, Record

BLOCK = 4096  # bytes of a disk that are sent together
Pieces = dict[str, bytes]


def taken_apart(objects: Objects, record: Record) -> Pieces:
    """All pieces of a machine, by their names; those that are only zeros are left out."""
    found = {"image": objects.get(record.image)}
    if record.input:
        found["input"] = objects.get(record.input)
    for number, digest in enumerate(record.point.disks):
        data = objects.get(digest)
        found[f"size {number}"] = str(len(data)).encode()
        for at in range(0, len(data), BLOCK):
            if data[at : at + BLOCK].strip(b"\0"):
                found[f"disk {number} {at // BLOCK}"] = data[at : at + BLOCK]
    if record.point.machine:
        snapshot = Snapshot.from_bytes(objects.get(record.point.machine), record.name)
        found |= {f"page {number}": _bytes(words) for number, words in snapshot.pages.items()}
        found["rest"] = replace(snapshot, pages={}).to_bytes()
    return found


def put_together(objects: Objects, pieces: Mapping[str, bytes], point: Point) -> None:
    """Keep the contents that pieces make. Raises TraplineError if they are not those of the record's point."""
    try:
        kept = {objects.put(pieces["image"]), *([objects.put(pieces["input"])] if "input" in pieces else [])}
        for number in range(len(point.disks)):
            kept.add(objects.put(_disk(pieces, number)))
        if point.machine:
            pages = {int(key.split()[1]): _words(data) for key, data in pieces.items() if key.startswith("page ")}
            rest = Snapshot.from_bytes(pieces["rest"], "what arrived")
            kept.add(objects.put(replace(rest, pages=dict(sorted(pages.items()))).to_bytes()))
    except (KeyError, ValueError) as error:
        raise TraplineError(f"the pieces make no machine: {error}", "migrate it again") from None
    if not kept >= set(point.digests):
        raise TraplineError("the pieces make another machine than was sent", "migrate it again")


def _disk(pieces: Mapping[str, bytes], number: int) -> bytes:
    size = int(pieces[f"size {number}"])
    if not 0 <= size <= 1 << 32:
        raise ValueError("a disk of no size")
    data, begin = bytearray(size), f"disk {number} "
    for key in keys(pieces, begin):
        at = int(key.removeprefix(begin)) * BLOCK
        if at + len(pieces[key]) > size:
            raise ValueError("a block outside of its disk")
        data[at : at + len(pieces[key])] = pieces[key]
    return bytes(data)


def keys(pieces: Iterable[str], begin: str) -> list[str]:
    return [key for key in pieces if key.startswith(begin)]


def _bytes(words: list[int]) -> bytes:
    found = array("Q", words)
    if byteorder == "big":
        found.byteswap()
    return found.tobytes()


def _words(data: bytes) -> list[int]:
    found = array("Q", data)
    if byteorder == "big":
        found.byteswap()
    return found.tolist()
