"""Accesses of a region to storage: what lets them through, and how they are done.

Everything that depends on the context alone is computed where the region is entered. What a part of a tree will access
is asked where it begins, neighbours together (`groups.py`), and what was asked is not asked again in parts that follow.
"""

from collections.abc import Callable, Iterable

from isa.engines.native.claims import claimed
from isa.engines.native.frame import FIELD
from isa.engines.native.groups import Group, groups, known
from isa.engines.native.registers import RegionValues
from isa.engines.native.shapes import Access, Room
from isa.engines.native.summaries import Fetch, Put, Summary, split
from isa.engines.native.text import RARE, USUAL, Text, Value, number
from isa.engines.native.values import Values
from isa.ir.nodes import Expr
from isa.machine.storage import CODE, DIRTY, LINE_SHIFT

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


class Accesses:
    """The accesses of one function. `size` is that of storage."""

    def __init__(self, text: Sheet, bits: int) -> None:
        self.text, self.bits = text, bits
        self.size = text.load(text.at("%frame", FIELD["size"]), 64)
        self._origins: dict[Expr, Value] = {}
        self._rooms: dict[Expr, str] = {}  # where the cells of address 0 are
        self._limits: dict[tuple[Room, int], Value] = {}
        self._asked: dict[int, list[Group]] = {}  # what is asked where a part of a tree begins, by its identity

    def prepare(self, trees: Iterable[Summary], values: Values) -> None:
        """Compute the limits of all rooms, at the region's entry."""
        for tree in trees:
            for part in tree.parts():
                for event in part.events:
                    if isinstance(event, Fetch | Put):
                        room = event.access.room
                        self._limits[room, 0] = self._limit(room, values, event.access.address.width)
            self._ask(tree, [])

    def _ask(self, part: Summary, asked: list[Group]) -> None:
        """Find what a part has to ask that was not asked before, and so on."""
        new = [*groups(e.access for e in known(part) if not any(group.has(e.access) for group in asked))]
        for group in new:
            self._limits[group.room, group.span] = self._shortened(self._limits[group.room, 0], group.span)
        self._asked[id(part)] = new
        for following in part.ways.values():
            self._ask(following, asked + new)

    def _limit(self, room: Room, values: Values, width: int) -> Value:
        """Where a room ends: at its limit, and where storage does."""
        text = self.text
        if (room, 0) in self._limits:
            return self._limits[room, 0]
        origin = self._origins[room.origin] = text.zext(values.value(room.origin), 64)
        self._rooms[room.origin] = text.at("%cells", self.origin(room), self.bits)
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

    def at_head(self, part: Summary, values: RegionValues, away: str) -> None:
        """Go `away` unless everything that can be asked where a part of a tree begins lets all of it through."""
        for group in self._asked[id(part)]:
            self.text.guard(self.outside(group.room, values.value(group.first), group.span), away)
            values.starts.append((group, self.text.zext(values.value(group.first), 64)))
        puts = [e.access for e in known(part) if isinstance(e, Put) and e.access not in values.noted]
        for group in groups(puts):
            self._note_all(group, values, away)
        values.noted.update(puts)

    def refused(self, access: Access, values: Values) -> Value:
        """Whether one access is not let through."""
        return self.outside(access.room, values.value(access.address))

    def outside(self, room: Room, address: Value, span: int = 0) -> Value:
        """Whether an address, or one of the `span` behind it, is not in a room."""
        return self.text.compare("uge", address, self.text.zext(self.limit(room, span), address.width))

    def _note_all(self, group: Group, values: RegionValues, away: str) -> None:
        """Note that the words of a group are going to be written. They are in one line or two, and mostly both it and
        the next one are dirty, so those are looked at together."""
        text = self.text
        first = self.index(Access(group.room, group.first, True), values)
        if len(group.offsets) == 1 or group.span >= LINE:
            for offset in group.offsets:
                self.note(text.add(first, number(64, offset)) if offset else first, away)
            return
        place, on = text.at("%lines", text.lshr(first, number(64, LINE_SHIFT)), 8), text.label("on")

        def unusual() -> None:
            """They are in two lines that are not both dirty; or in one that is, or of which other words are code."""
            alone = text.compare("ult", text.and_(first, number(64, LINE - 1)), number(64, LINE - group.span))
            one, coded, each, several = (text.label(hint) for hint in ("one", "coded", "each", "several"))
            text.branch(alone, one, several, USUAL)
            text.block(one)
            mark = text.load(place, 8, 8)
            text.branch(text.compare("eq", mark, number(8, DIRTY)), on, coded, USUAL)
            text.block(coded)
            text.branch(text.compare("eq", mark, number(8, DIRTY | CODE)), each, several, USUAL)
            text.block(each)
            text.branch(text.is_zero(self._made(first, group)), on, several, USUAL)
            text.block(several)
            text.branch(claimed(text, first, text.add(first, number(64, group.span)), True), on, away, USUAL)

        two = text.made(16, f"load i16, ptr {place}, align 1")
        unlike = text.compare("ne", two, number(16, DIRTY << 8 | DIRTY))
        text.branch(unlike, text.later("lines", unusual), on, RARE)
        text.block(on)

    def _made(self, first: Value, group: Group) -> Value:
        """What was made of the words of a group, all together."""
        text, made = self.text, number(8, 0)
        code = text.pointer(text.at("%frame", FIELD["code"]))
        for offset in group.offsets:
            made = text.or_(made, text.load(text.at(code, text.add(first, number(64, offset)), 8), 8, 8))
        return made

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
            clean = text.label("clean")
            text.branch(text.is_zero(text.and_(line, number(8, DIRTY))), clean, on, RARE)
            text.block(clean)
            text.emit(f"atomicrmw or ptr {place}, i8 {DIRTY} monotonic")  # others may be marking the line
            text.jump(on)

        text.branch(text.compare("ne", line, number(8, DIRTY)), text.later("note", unusual), on, RARE)
        text.block(on)

    # ---- doing

    def within(self, access: Access, values: RegionValues) -> Value:
        """The address in its room, 64 bits; it does not wrap once the access was let through."""
        for group, start in values.starts:
            if group.has(access):
                ahead = split(access.address)[1] - split(group.first)[1]
                return self.text.add(start, number(64, ahead)) if ahead else start
        return self.text.zext(values.value(access.address), 64)

    def index(self, access: Access, values: RegionValues) -> Value:
        """The word's number in storage."""
        return self.text.add(self.origin(access.room), self.within(access, values))

    def cell(self, access: Access, values: RegionValues) -> str:
        """Where the word is."""
        return self.text.at(self._rooms[access.room.origin], self.within(access, values), self.bits)

    def load(self, access: Access, values: RegionValues, width: int) -> Value:
        """The word; zero if it is not let through and need not be."""
        text = self.text
        if access.sure:
            return text.load(self.cell(access, values), width, self.bits)
        out = self.refused(access, values)
        safe = text.select(out, number(64, 0), self.index(access, values))
        return text.select(out, number(width, 0), self.load_at(safe, width))

    def load_at(self, index: Value, width: int) -> Value:
        return self.text.load(self.text.at("%cells", index, self.bits), width, self.bits)

    def store(self, access: Access, values: RegionValues, value: Value) -> None:
        self.text.store(self.cell(access, values), self.text.zext(value, self.bits), self.bits)

    def store_at(self, index: Value, value: Value) -> None:
        self.text.store(self.text.at("%cells", index, self.bits), self.text.zext(value, self.bits), self.bits)
