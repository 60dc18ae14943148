"""Moving an image off what it stands on (`rebase`), or into it (`commit`). Both can be killed and done again."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from monitor.volumes.qcow2.entries import is_nowhere
from monitor.volumes.qcow2.header import BACKING_FORMAT, STANDS_ON
from monitor.volumes.qcow2.image import Image
from monitor.volumes.volume import Volume

Progress = Callable[[int, int], object]


def own(image: Image) -> Iterator[tuple[int, int]]:
    """(offset, bytes) of the clusters that the image itself has."""
    for offset in range(0, image.size, image.cluster):
        if not is_nowhere(image.entry(offset // image.cluster)):
            yield offset, min(image.cluster, image.size - offset)


def commit(image: Image, below: Volume, told: Progress = lambda done, of: None) -> int:
    """Write all that the image has into what it stands on, opened to be written, and empty the image. How many bytes
    went down. Raises OSError; `below` must be as large as the image at least."""
    todo = list(own(image))
    for i, (offset, count) in enumerate(todo):
        below.write(offset, image.read(offset, count))
        told(i + 1, len(todo))
    below.flush()
    image.begin()
    for offset, _ in todo:
        image.point(offset // image.cluster, 0)
    image.flush()
    return sum(count for _, count in todo)


def rebase(
    image: Image, below: Volume | None, name: str, format: str, stamp: bytes, told: Progress = lambda done, of: None
) -> int:
    """Have the image stand on something else, or on nothing, and read as before: where the two differ it gets clusters
    of its own. How many bytes those are. Raises OSError."""
    copied = 0
    for offset in range(0, image.size, image.cluster):
        count = min(image.cluster, image.size - offset)
        if is_nowhere(image.entry(offset // image.cluster)):
            data, other = image.read(offset, count), _padded(below, offset, count)
            if data != other:
                image.write(offset, data)
                copied += count
        told(offset + count, image.size)
    image.flush()
    header = replace(image.header, backing=name).extended(BACKING_FORMAT, format.encode() if name else None)
    image.renew(header.extended(STANDS_ON, stamp if name else None))
    image.flush()
    if image.backing:
        image.backing.close()
    image.backing = below
    return copied


def _padded(below: Volume | None, offset: int, count: int) -> bytes:
    there = min(count, max(0, below.size - offset)) if below else 0
    return (below.read(offset, there) if below and there else b"") + bytes(count - there)
