"""Where threaded code lands: how it goes on at a pc, in the region that begins there or at the record of its word.

An entry for each word says how often it was jumped to, or leads to a region. All of this is about the stretch that the
loop began (`isa.engines.native.loop`): its window of the fetch, and its allowance of steps.
"""

import re
from typing import NamedTuple

from isa.engines.native.convention import ARGUMENTS, END, IP, STOP, ZERO, pc_of, record_at, tail
from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import FIELD, Code
from isa.engines.native.text import RARE, USUAL, Value, number

POINTERS = 1 << 32  # an entry from here on is a region's
NOT_AGAIN = (1 << 31) - 1  # an entry of a place without a region; a number of which an instruction has room
WORTH = 10  # so many steps in regions, as a power of two, count as one jump


class Fetching(NamedTuple):
    """The window of the fetch: where pcs end that are in it, the entry of pc 0, and the bytes of its records."""

    limit: Value
    place: str
    span: Value

    @staticmethod
    def of(text: Body) -> "Fetching":
        """As a stretch that began has left it in the frame."""
        return Fetching(text.field("window"), text.address("place"), text.field("span"))


class Landing:
    """Writes what all threaded code of one description lands by."""

    def __init__(self, exact: Exact) -> None:
        self.exact, self.plan, self.isa = exact, exact.plan, exact.plan.isa
        self.shift = self.plan.record_bytes.bit_length() - 1

    def land(self) -> str:
        """Jump to the pc `ip` with `end` steps left: arrive there, or leave the window of the fetch.

        A jump is worth more after many steps in regions: it may be in a loop around them."""
        text = Body()
        self._land(text, Fetching.of(text), earns=True)
        return text.define(f"define internal preserve_nonecc i64 @land({ARGUMENTS})")

    def far(self) -> str:
        """Jump to the record `ip`."""
        text = Body()
        pc = text.zext(pc_of(text, self.plan, IP, self.plan.pc_width), 64)
        tail(text, "@land", ip=pc, end=self._left(text, IP))
        return text.define(f"define internal preserve_nonecc i64 @far({ARGUMENTS})")

    def _land(self, text: Body, fetching: Fetching, earns: bool) -> None:
        outside, inside = text.label("outside"), text.label("inside")
        text.branch(text.compare("ult", IP, fetching.limit), inside, outside, USUAL)
        text.block(outside)
        tail(text, "@exactly", end=text.sub(text.field("allowed"), END))
        text.block(inside)
        self.arrive(text, fetching, earns)

    def arrive(self, text: Body, fetching: Fetching, earns: bool) -> None:
        """Go on at the pc `ip`, which is in the window: run the region that begins there, or count the visit."""
        slot = text.at(fetching.place, IP)
        entry = text.load(slot, 64)
        region, count, go = text.label("region"), text.label("count"), text.label("go")
        text.branch(text.compare("uge", entry, number(64, POINTERS)), region, count)
        text.block(region)
        tail(text, "@region", stop=entry)
        text.block(count)
        heat, warm, hot = text.field("heat"), text.label("warm"), text.label("hot")
        text.branch(text.compare("ult", entry, heat), warm, go)
        text.block(warm)
        more = text.add(entry, number(64, 1))
        if earns:
            more = text.add(more, self._earned(text, heat))
        more = text.select(text.compare("ult", more, heat), more, heat)
        text.store(slot, more)
        text.branch(text.compare("eq", more, heat), hot, go, RARE)
        text.block(hot)
        text.set("hot", IP)
        self._back(text, IP, text.sub(text.field("allowed"), END), Code.HOT)
        text.block(go)
        self._begin(text, fetching)

    def _earned(self, text: Body, heat: Value) -> Value:
        """What the steps in regions are worth. It takes several such visits all the same: before, code around the
        place may not have run yet, and a region would lack it."""
        earned = text.lshr(text.field("earned"), number(64, WORTH))
        text.set("earned", number(64, 0))
        most = text.lshr(heat, number(64, 3))
        return text.select(text.compare("ult", earned, most), earned, most)

    def _begin(self, text: Body, fetching: Fetching) -> None:
        """Begin in threaded code at the pc `ip` with `end` steps left."""
        ip = text.add(ZERO, text.shl(IP, number(64, self.shift)))
        end = text.add(ip, text.shl(END, number(64, self.shift)))
        self._until(text, ip, end, text.add(ZERO, fetching.span))

    def region(self) -> str:
        """Go on in the region of the entry `stop`, if it is one for the pc `ip` and all of it lies in the window."""
        text = Body()
        struct = record_at(text, STOP)
        fits = text.compare("eq", text.load(text.at(struct, 1), 64), IP)
        fits = text.and_(fits, text.compare("ult", text.load(text.at(struct, 2), 64), text.field("window")))
        within, go = text.label("within"), text.label("go")
        text.branch(fits, within, go, USUAL)
        text.block(go)
        self._begin(text, Fetching.of(text))
        text.block(within)
        for name, value in (("lent", END), ("entered", STOP), ("zero", ZERO)):
            text.set(name, value)
        tail(text, text.pointer(struct))
        return text.define(f"define internal preserve_nonecc i64 @region({ARGUMENTS}) noinline")

    def rejoin(self) -> str:
        """Come from the region that was entered last, to the pc `ip` with `end` steps left."""
        text = Body()
        for kept, type_ in (("%zero", "i64"), ("%cells", "ptr"), ("%table", "ptr")):
            text.lines.append(f"  {kept} = load {type_}, ptr {text.at(FRAME, FIELD[kept[1:]])}")
        took, struct = text.sub(text.field("lent"), END), text.address("entered")
        go, ran = text.label("go"), text.label("ran")
        text.branch(text.is_zero(took), go, ran, RARE)
        text.block(go)
        self._begin(text, Fetching.of(text))
        text.block(ran)
        for at, more in ((text.at(struct, 4), took), (text.at(struct, 5), number(64, 1))):
            text.store(at, text.add(text.load(at, 64), more))
        text.set("earned", text.add(text.field("earned"), took))
        self._land(text, Fetching.of(text), earns=False)
        arguments = re.sub("(%zero|%cells|%table)", r"\1.lost", ARGUMENTS)
        return text.define(f"define preserve_nonecc i64 @rejoin({arguments}) noinline")

    # ---- at records

    def _until(self, text: Body, ip: Value, end: Value, last: Value) -> None:
        """Go on at a record, with the allowance and the window ending there."""
        self._edge(text, ip, 1)
        stop = text.select(text.compare("ult", end, last), end, last)
        out, on = text.label("stop"), text.label("on")
        text.branch(text.compare("eq", ip, stop), out, on, RARE)
        text.block(out)
        tail(text, "@end", ip=ip, stop=stop, end=end)
        text.block(on)
        self._dispatch(text, ip, stop, end)

    def _dispatch(self, text: Body, ip: Value, stop: Value = STOP, end: Value = END) -> None:
        which = text.load(record_at(text, ip), 16, 16)
        tail(text, text.pointer(text.at("%table", which)), ip=ip, stop=stop, end=end)

    def _left(self, text: Body, ip: Value) -> Value:
        """How many steps of the allowance are left at a record."""
        return text.ashr(text.sub(END, ip), number(64, self.shift))

    def lag(self, text: Body, ip: Value) -> Value:
        """By how many steps the counters lag at a record."""
        return text.sub(text.field("allowed"), self._left(text, ip))

    def _back(self, text: Body, pc: Value, lag: Value, code: Code) -> None:
        """Return with a code."""
        tail(text, "@back", ip=pc, end=lag, stop=number(64, code))

    def _edge(self, text: Body, ip: Value, by: int) -> None:
        """A run of records begins with this one (1), or ended before it (-1): for `isa.engines.native.counted`."""
