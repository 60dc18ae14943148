"""Groups: accesses to neighbouring words, which are let through together.

Addresses from `a` to `a + span` are in a room exactly when `a` is in the room without its last `span` addresses.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from isa.engines.native.shapes import Access, Room
from isa.engines.native.summaries import Event, Fetch, Put, Summary, is_free, split
from isa.ir.fold import add, const
from isa.ir.nodes import TRUE, Expr


class Group(NamedTuple):
    """Addresses of one room that a block uses for sure: `first`, and `offsets` to it, from 0 to `span`."""

    room: Room
    first: Expr
    offsets: tuple[int, ...]

    @property
    def span(self) -> int:
        return self.offsets[-1]

    def has(self, access: Access) -> bool:
        """Whether an address is among them or between them."""
        (root, offset), (mine, first) = split(access.address), split(self.first)
        return (access.room, root) == (self.room, mine) and first <= offset <= first + self.span


def known(part: Summary) -> list[Fetch | Put]:
    """The accesses that can be let through where a part of a tree begins."""
    return [e for e in part.events if isinstance(e, Fetch | Put) and known_at_head(e)]


def known_at_head(event: Event) -> bool:
    """Whether an access can be let through before the part of a tree begins that it is in."""
    match event:
        case Fetch(_, _, _, access):
            return access.sure and is_free(access.address)
        case Put(_, _, guard, access, _):
            return guard is TRUE and access.sure and is_free(access.address)
    return False


def groups(accesses: Iterable[Access]) -> Iterator[Group]:
    """The accesses, those on one root taken together."""
    found: dict[tuple[Room, Expr], list[int]] = {}
    for access in accesses:
        root, offset = split(access.address)
        found.setdefault((access.room, root), []).append(offset)
    for (room, root), offsets in found.items():
        first = min(offsets)
        yield Group(room, add(root, const(root.width, first)), tuple(sorted({o - first for o in offsets})))
