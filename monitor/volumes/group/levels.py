"""Where the bytes of a group lie on its parts, and which parts may be lost. Arithmetic alone, in bytes.

linear    one part after the other
striped   chunk after chunk, in turn (RAID 0)
mirrored  everything on every part (RAID 1)
parity    as striped, and in each row one chunk that is the exclusive or of the others, in turn too (RAID 5)
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

Run = tuple[int, int, int]  # a part, an offset in it, and how many bytes from there on are next to each other


@dataclass(frozen=True, slots=True)
class Shape:
    """`parts` of `each` bytes, in chunks of `chunk` bytes where the level has chunks."""

    parts: int
    each: int
    chunk: int


@dataclass(frozen=True, slots=True)
class Level:
    """`room` is how many bytes a group has, `place` where one of them lies (for a level that keeps all on every part,
    on the first), `lost` how many parts may be lost."""

    least: int
    lost: Callable[[int], int]
    room: Callable[[Shape], int]
    place: Callable[[Shape, int], Run]
    copies: bool = False
    parity: bool = False


def _linear(shape: Shape, offset: int) -> Run:
    part, within = divmod(offset, shape.each)
    return part, within, shape.each - within


def _striped(shape: Shape, offset: int) -> Run:
    chunk, within = divmod(offset, shape.chunk)
    row, part = divmod(chunk, shape.parts)
    return part, row * shape.chunk + within, shape.chunk - within


def _mirrored(shape: Shape, offset: int) -> Run:
    return 0, offset, shape.each - offset


def _parity(shape: Shape, offset: int) -> Run:
    chunk, within = divmod(offset, shape.chunk)
    row, place = divmod(chunk, shape.parts - 1)
    part = (parity_of(shape, row * shape.chunk) + 1 + place) % shape.parts
    return part, row * shape.chunk + within, shape.chunk - within


def parity_of(shape: Shape, within: int) -> int:
    """The part that has the parity of a row, by an offset in any part."""
    return shape.parts - 1 - within // shape.chunk % shape.parts


def exclusive_or(texts: list[bytes]) -> bytes:
    """Of texts of one length."""
    number = reduce(lambda a, b: a ^ b, (int.from_bytes(text, "little") for text in texts))
    return number.to_bytes(len(texts[0]), "little")


LEVELS = {
    "linear": Level(1, lambda parts: 0, lambda shape: shape.parts * shape.each, _linear),
    "striped": Level(2, lambda parts: 0, lambda shape: shape.parts * shape.each, _striped),
    "mirrored": Level(2, lambda parts: parts - 1, lambda shape: shape.each, _mirrored, copies=True),
    "parity": Level(3, lambda parts: 1, lambda shape: (shape.parts - 1) * shape.each, _parity, parity=True),
}
