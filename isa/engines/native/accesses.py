"""Accesses of a region to storage: what lets them through, and how they are done.

Everything that depends on the context alone is computed where the region is entered. What a whole block will access
is asked at its head, neighbours together: addresses from `a` to `a + span` are in a room exactly when `a` is in the
room without its last `span` addresses.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from isa.engines.native.claims import claimed
from isa.engines.native.frame import FIELD
from isa.engines.native.shapes import Access, Room
from isa.engines.native.summaries import Event, Fetch, Put, Summary, is_free
from isa.engines.native.text import RARE, USUAL, Text, Value, number
from isa.engines.native.values import Values
from isa.ir.fold import add, const
from isa.ir.nodes import TRUE, Apply, Const, Expr
from isa.machine.storage import DIRTY, LINE_SHIFT

LINE = 1 << LINE_SHIFT


class Sheet(Text):
    """A function whose unlikely parts stand at its end."""

    def __init__(self) -> None:
        super().__init__()
        self._later: list[Callable[[], None]] = []

    def later(self, hint: str, write: Callable[[], None]) -> str:
        """A label for a part that is written at the end."""
        name = self.label(hint)

        def part() -> None:
            self.block(name)
            write()

        self._later.append(part)
        return name

    def write_later(self) -> None:
        while self._later:
            self._later.pop()()


class Group(NamedTuple):
    """Addresses of one room that a block uses for sure: `first`, and `offsets` to it, from 0 to `span`."""

    room: Room
    first: Expr
    offsets: tuple[int, ...]

    @property
    def span(self) -> int:
        return self.offsets[-1]


def known_at_head(event: Event) -> bool:
    """Whether an access can be let through when its block begins."""
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


def split(address: Expr) -> tuple[Expr, int]:
    """An address as a root and a signed constant."""
    match address:
        case Const(width, offset):
            return const(width, 0), offset
        case Apply(width, "add", (root, Const(_, offset))):
            return root, offset - (offset >> (width - 1) << width)
    return address, 0


class Accesses:
    """The accesses of one function. `size` is that of storage."""

    def __init__(self, text: Sheet, bits: int) -> None:
        self.text, self.bits = text, bits
        self.size = text.load(text.at("%frame", FIELD["size"]), 64)
        self._origins: dict[Expr, Value] = {}
        self._limits: dict[tuple[Room, int], Value] = {}
        self._found: dict[tuple[Room, Expr], tuple[Value, int, int]] = {}  # of this block: see `index`

    def prepare(self, summaries: Iterable[Summary], values: Values) -> None:
        """Compute the limits of all rooms, at the region's entry."""
        for made in summaries:
            for event in made.events:
                if isinstance(event, Fetch | Put):
                    room = event.access.room
                    self._limits[room, 0] = self._limit(room, values, event.access.address.width)
            for group in groups(e.access for e in made.events if isinstance(e, Fetch | Put) and known_at_head(e)):
                self._limits[group.room, group.span] = self._shortened(self._limits[group.room, 0], group.span)

    def _limit(self, room: Room, values: Values, width: int) -> Value:
        """Where a room ends: at its limit, and where storage does."""
        text = self.text
        if (room, 0) in self._limits:
            return self._limits[room, 0]
        origin = self._origins[room.origin] = text.zext(values.value(room.origin), 64)
        inside = text.compare("ult", origin, self.size)
        end = text.select(inside, text.sub(self.size, origin), number(64, 0))
        limit = number(64, (1 << width) - 1) if room.limit is None else text.zext(values.value(room.limit), 64)
        return text.trunc(text.select(text.compare("ult", limit, end), limit, end), width)

    def _shortened(self, limit: Value, span: int) -> Value:
        text, by = self.text, number(limit.width, span)
        if span == 0:
            return limit
        if span >> limit.width:
            return number(limit.width, 0)
        return text.select(text.compare("ult", by, limit), text.sub(limit, by), number(limit.width, 0))

    def origin(self, room: Room) -> Value:
        """What is added to an address, 64 bits."""
        return self._origins[room.origin]

    def limit(self, room: Room, span: int = 0) -> Value:
        """The address from which on `span` more are not in the room any more."""
        return self._limits[room, span]

    # ---- letting through

    def at_head(self, made: Summary, values: Values, away: str) -> None:
        """Go `away` unless everything that can be asked at the head of a block lets the whole block through."""
        self._found.clear()
        known = [e for e in made.events if isinstance(e, Fetch | Put) and known_at_head(e)]
        for group in groups(e.access for e in known):
            limit = self.limit(group.room, group.span)
            self.text.guard(self.text.compare("uge", values.value(group.first), limit), away)
            root, offset = split(group.first)
            start = self.index(Access(group.room, group.first, True), values)
            self._found[group.room, root] = start, offset, offset + group.span
        for group in groups(e.access for e in known if isinstance(e, Put)):
            self._note_all(group, values, away)

    def refused(self, access: Access, values: Values) -> Value:
        """Whether one access is not let through."""
        return self.text.compare("uge", values.value(access.address), self.limit(access.room))

    def _note_all(self, group: Group, values: Values, away: str) -> None:
        """Note that the words of a group are going to be written: mostly they are in one line."""
        text = self.text
        first = self.index(Access(group.room, group.first, True), values)

        def both_lines() -> None:
            text.branch(claimed(text, first, text.add(first, number(64, group.span)), True), on, away, USUAL)

        if len(group.offsets) == 1 or group.span >= LINE:
            for offset in group.offsets:
                self.note(text.add(first, number(64, offset)) if offset else first, away)
            return
        on, several = text.label("on"), text.later("lines", both_lines)
        line = text.load(text.at("%lines", text.lshr(first, number(64, LINE_SHIFT)), 8), 8, 8)
        text.guard(text.compare("ne", line, number(8, DIRTY)), several)
        within = text.and_(first, number(64, LINE - 1))
        text.branch(text.compare("uge", within, number(64, LINE - group.span)), several, on, RARE)
        text.block(on)

    def note(self, index: Value, away: str) -> None:
        """Note that a word is going to be written; go `away` if code was made of it."""
        text = self.text
        place = text.at("%lines", text.lshr(index, number(64, LINE_SHIFT)), 8)
        line, on = text.load(place, 8, 8), text.label("on")

        def unusual() -> None:
            mark = text.label("mark")
            code = text.pointer(text.at("%frame", FIELD["code"]))
            text.branch(text.is_zero(text.load(text.at(code, index, 8), 8, 8)), mark, away)
            text.block(mark)
            text.emit(f"atomicrmw or ptr {place}, i8 {DIRTY} monotonic")  # others may be marking the line
            text.jump(on)

        text.branch(text.compare("ne", line, number(8, DIRTY)), text.later("note", unusual), on, RARE)
        text.block(on)

    # ---- doing

    def index(self, access: Access, values: Values) -> Value:
        """The word's number in storage, 64 bits; it does not wrap once the access was let through."""
        root, offset = split(access.address)
        start, first, last = self._found.get((access.room, root), (number(64, 0), 0, -1))
        if first <= offset <= last:
            return self.text.add(start, number(64, offset - first)) if offset != first else start
        return self.text.add(self.origin(access.room), self.text.zext(values.value(access.address), 64))

    def load(self, access: Access, values: Values, width: int) -> Value:
        """The word; zero if it is not let through and need not be."""
        text, index = self.text, self.index(access, values)
        if access.sure:
            return self.load_at(index, width)
        out = self.refused(access, values)
        safe = text.select(out, number(64, 0), index)
        return text.select(out, number(width, 0), self.load_at(safe, width))

    def load_at(self, index: Value, width: int) -> Value:
        return self.text.load(self.text.at("%cells", index, self.bits), width, self.bits)

    def store(self, index: Value, value: Value) -> None:
        self.text.store(self.text.at("%cells", index, self.bits), self.text.zext(value, self.bits), self.bits)
