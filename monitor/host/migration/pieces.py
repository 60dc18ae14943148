"""A machine taken apart: pages of its storage and of its disks, which can be sent one by one, and the rest.

Put together again it is the same to the bit: the target makes the very contents whose digests the record names.
"""

from collections.abc import Mapping
from itertools import groupby

from isa.errors import TraplineError
from monitor.host import saving
from monitor.host.contents import BLOCK, Contents
from monitor.host.record import Point, Record

BLOCKS = 4  # of contents, that are sent together
LARGEST = 1 << 32  # bytes of a storage or a disk
Pieces = dict[str, bytes]


def taken_apart(contents: Contents, record: Record) -> Pieces:
    """All pieces of a machine, by their names; those that are only zeros are left out."""
    found, point = {"image": contents.get(record.image)}, record.point
    if record.input:
        found["input"] = contents.get(record.input)
    for number, digest in enumerate(point.disks):
        found |= _pages(contents, digest, f"disk {number}")
    if point.machine:
        found |= _pages(contents, contents.parts(point.machine)[0], "storage")
        found["rest"] = saving.rest_bytes(contents, point.machine)
    return found


def put_together(contents: Contents, pieces: Mapping[str, bytes], point: Point) -> None:
    """Keep the contents that pieces make. Raises TraplineError if they are not those of the record's point."""
    try:
        kept = {contents.put(pieces["image"]), *([contents.put(pieces["input"])] if "input" in pieces else [])}
        for number in range(len(point.disks)):
            kept.add(_whole(contents, pieces, f"disk {number}"))
        if point.machine:
            kept.add(saving.joined(contents, _whole(contents, pieces, "storage"), pieces["rest"]))
    except (KeyError, ValueError) as error:
        raise TraplineError(f"the pieces make no machine: {error}", "migrate it again") from None
    if not kept >= set(point.digests):
        raise TraplineError("the pieces make another machine than was sent", "migrate it again")


def _pages(contents: Contents, digest: str, name: str) -> Pieces:
    """Contents in pages, and their size."""
    size = contents.size(digest)
    found = {f"{name} size": str(size).encode()}
    for page, blocks in groupby(contents.blocks(digest), lambda block: block[0] // BLOCKS):
        data = bytearray(min(BLOCKS * BLOCK, size - page * BLOCKS * BLOCK))
        for number, block in blocks:
            at = number % BLOCKS * BLOCK
            data[at : at + len(block)] = block
        found[f"{name} {page}"] = bytes(data)
    return found


def _whole(contents: Contents, pieces: Mapping[str, bytes], name: str) -> str:
    """The digest of contents that came in pages. Raises ValueError, KeyError."""
    size = int(pieces[f"{name} size"])
    if not 0 <= size <= LARGEST:
        raise ValueError(f"a {name} of no size")
    blocks = {}
    for key in [key for key in pieces if key.startswith(f"{name} ") and key != f"{name} size"]:
        first = int(key.removeprefix(f"{name} ")) * BLOCKS
        for number, at in enumerate(range(0, len(pieces[key]), BLOCK), first):
            blocks[number] = pieces[key][at : at + BLOCK]
    return contents.made(size, blocks)
