"""Whether an image fits together, in `qemu-img check`'s terms: what is used is counted as often as it is used.

Used and counted less often is an *error*: sooner or later it is given away twice. Counted and used less often is a
*leak*: room that is lost, and nothing worse.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.volumes.qcow2.entries import COMPRESSED, COPIED, PLACE
from monitor.volumes.qcow2.image import Image
from monitor.volumes.qcow2.snapshots import flag, snapshots, tables


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, a line each; `clusters` are those of the volume that have a place of their own."""

    errors: tuple[str, ...]
    leaks: tuple[str, ...]
    clusters: int


def used(image: Image) -> Counter[int]:
    """How often each cluster of the file is used. Raises OSError."""
    header, size = image.header, image.cluster
    found: Counter[int] = Counter([0])
    found.update(_stretch(header.counts, header.counts_clusters * size, size))
    found.update(_stretch(header.snapshots_at, sum(len(one.packed()) for one in snapshots(image)), size))
    found.update(image.counts.blocks)
    lower: Counter[int] = Counter()
    for place, table in tables(image):
        found.update(_stretch(place, 8 * len(table), size))
        lower.update(entry & PLACE for entry in table if entry & PLACE)
    for place, often in lower.items():
        found[place // size] += often
        for entry in image.level2(place):
            for cluster in image.uses(entry):
                found[cluster] += often
    return found


def _stretch(place: int, length: int, size: int) -> range:
    return range(place // size, -(-(place + length) // size))


def check(image: Image) -> Findings:
    """All that is wrong with an image, which is not changed. Raises OSError."""
    needed, counted = used(image), dict(image.counts.used)
    errors = [
        f"cluster {cluster} is used {needed[cluster]} times and counted {counted.get(cluster, 0)} times"
        for cluster in sorted(needed)
        if counted.get(cluster, 0) < needed[cluster]
    ]
    leaks = [
        f"cluster {cluster} is counted {count} times and used {needed[cluster]} times"
        for cluster, count in sorted(counted.items())
        if count > needed[cluster]
    ]
    own = 0
    for place, entry in _entries(image):
        own += 1
        if entry & COMPRESSED:
            continue
        if bool(entry & COPIED) != (image.counts[(entry & PLACE) // image.cluster] == 1) and entry & PLACE:
            errors.append(f"{place} says otherwise than the counts whether its cluster is used once")
        if (entry & PLACE) % image.cluster:
            errors.append(f"{place} points into the middle of a cluster")
    return Findings(tuple(errors), tuple(leaks), own)


def _entries(image: Image) -> Iterator[tuple[str, int]]:
    each = image.cluster // 8
    for upper, entry in enumerate(image.table):
        if entry & PLACE:
            for place, lower in enumerate(image.level2(entry & PLACE)):
                if lower & (PLACE | COMPRESSED):
                    yield f"the entry of cluster {upper * each + place}", lower


def mend(image: Image) -> int:
    """Count anew: after a kill nothing is wrong but that clusters are counted that are not used, and after a loss of
    power counts may be anything. How many clusters were counted too often. Raises OSError if anything else is wrong.
    """
    image.flush()
    leaks = image.counts.mend(used(image))
    flag(image)
    image.flush()
    if errors := check(image).errors:
        raise OSError(0, f"the image is damaged: {errors[0]}")
    return leaks
