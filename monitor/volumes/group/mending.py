"""Looking through all of a group (`scrub`), and filling a part anew (`rebuild`). Both tell how far they are, can be
interrupted, and go on from there."""

from collections.abc import Callable
from dataclasses import dataclass

from monitor.volumes.group.group import Group
from monitor.volumes.group.levels import exclusive_or, parity_of
from monitor.volumes.group.part import UNIT, Part, needed
from monitor.volumes.volume import Volume

Progress = Callable[[int, int], object]
NOTED = 1 << 20  # bytes of a part after which it is noted how far it is


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """How many stretches of parts, or tables of sums, had rotted and were written anew; and how many rows did not
    agree with themselves."""

    repaired: int
    disagreeing: int


def scrub(group: Group, told: Progress = lambda done, of: None) -> Scrubbed:
    """Read everything that any part holds, and mend what can be mended. Raises OSError."""
    before, disagreeing, each = group.repaired, 0, group.shape.each
    for offset in range(group.label.scrubbed, each, UNIT):
        count = min(UNIT, each - offset)
        held = {i: group.sure(i, offset, count) for i in range(group.shape.parts) if group.readable(i, offset, count)}
        disagreeing += _agreed(group, offset, held)
        told(offset + count, each)
        if (offset + count) % NOTED == 0:
            group.note(scrubbed=offset + count)
    group.repaired += group.renew_sums()
    group.note(scrubbed=0)
    return Scrubbed(group.repaired - before, disagreeing)


def _agreed(group: Group, offset: int, held: dict[int, bytes]) -> bool:
    """Have the parts of a row agree; whether they did not. Sums are right: the row was written by halves."""
    if len(held) < 2:
        return False
    if group.level.copies:
        first, *others = held
        wrong = [i for i in others if held[i] != held[first]]
        for i in wrong:
            group.put(i, offset, held[first])
        return bool(wrong)
    if group.level.parity and len(held) == group.shape.parts and any(exclusive_or(list(held.values()))):
        return _parity_anew(group, offset, held)
    return False


def _parity_anew(group: Group, offset: int, held: dict[int, bytes]) -> bool:
    """A unit may lie over several rows, each with its parity on another part."""
    step = min(UNIT, group.shape.chunk)
    for at in range(0, len(next(iter(held.values()))), step):
        parity = parity_of(group.shape, offset + at)
        right = exclusive_or([data[at : at + step] for i, data in held.items() if i != parity])
        if right != held[parity][at : at + step]:
            group.put(parity, offset + at, right)
    return True


def replace_part(group: Group, index: int, volume: Volume) -> None:
    """Take another volume for a lost part; it is filled by `rebuild`. Raises OSError, ValueError if it does not fit."""
    if index not in group.failed or group.label.rebuilding >= 0:
        raise ValueError(f"part {index} is not lost, or another one is being filled")
    if not group.level.lost(group.shape.parts):
        raise ValueError(f"a {group.label.level} volume cannot compute what a part held")
    if volume.size < needed(group.shape.each):
        raise ValueError(f"a part needs {needed(group.shape.each)} bytes, and this has {volume.size}")
    part = Part(volume, group.shape.each)
    part.write_sums(0, 0, type(group.sums(index))("Q", bytes(8 * len(group.sums(index)))))
    part.write_sums(1, 0, group.sums((index - 1) % group.shape.parts))
    group.parts[index] = part
    group.forget(index)
    group.failed.discard(index)
    group.note(failed=tuple(sorted(group.failed)), rebuilding=index, upto=0)


def rebuild(group: Group, told: Progress = lambda done, of: None) -> int:
    """Fill the part that is being filled, from where it stands. How many bytes were computed. Raises OSError."""
    index, each, filled = group.label.rebuilding, group.shape.each, 0
    if index < 0:
        return 0
    for offset in range(group.label.upto, each, UNIT):
        count = min(UNIT, each - offset)
        data = group.computed(index, offset, count)
        if any(data):
            group.put(index, offset, data)
            filled += count
        told(offset + count, each)
        if (offset + count) % NOTED == 0 and offset + count < each:
            group.note(upto=offset + count)
    group.note(rebuilding=-1, upto=0)
    return filled
