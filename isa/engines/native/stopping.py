"""Breakpoints in native code: it returns before a step at one, and is slower nowhere else.

The frame has two lists, each its length and then its numbers: pcs, and places in storage. In threaded code the records
of such words lead to `stopped`, which looks whether this is a breakpoint of this machine here, and leaves before it if
it is; otherwise the record is made anew, since records are shared by all who run on a storage, wherever they are
relocated to. So they are marked whenever a stretch begins. No region has such a word in it (`translations.py`), and
around steps that are taken exactly `stops` is asked. The first step of a run is never asked about: whoever runs the
machine has seen to it.
"""

from array import array
from typing import TYPE_CHECKING

from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import Code, Frame
from isa.engines.native.text import RARE, USUAL, Value, number
from isa.ir.fold import either
from isa.ir.nodes import Load

if TYPE_CHECKING:
    from isa.machine.machine import Machine

LISTED = """
define internal i1 @listed(ptr %list, i64 %wanted) {
entry:
  %count = load i64, ptr %list
  br label %again
again:
  %n = phi i64 [ 0, %entry ], [ %next, %look ]
  %over = icmp eq i64 %n, %count
  br i1 %over, label %no, label %look
look:
  %next = add i64 %n, 1
  %at = getelementptr i64, ptr %list, i64 %next
  %value = load i64, ptr %at
  %same = icmp eq i64 %value, %wanted
  br i1 %same, label %yes, label %again
yes:
  ret i1 true
no:
  ret i1 false
}
"""


class Stops:
    """The breakpoints of the machine that has this frame: `pcs`, and `places` in its storage. `there`: whether native
    code knows of any."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.pcs = self.places = frozenset[int]()
        self._lists: list[array[int]] = []
        self.there = False

    def look(self, machine: "Machine") -> bool:
        """Tell native code of the breakpoints that there are now; whether they are others than before."""
        pcs, places = frozenset(machine.breakpoints), frozenset(machine.break_places)
        if pcs == self.pcs and places == self.places:
            return False
        self.pcs, self.places, self.there = pcs, places, bool(pcs or places)
        self._lists = [array("Q", [len(found), *sorted(found)]) for found in (pcs, places)]
        for name, found in zip(("pcs", "places"), self._lists, strict=True):
            self._frame[name] = found.buffer_info()[0]
        self._frame["breaking"] = self.there
        return True


def listed(text: Body, name: str, value: Value) -> Value:
    """Whether a number is in one of the lists."""
    return Value(0, text.call("i1", "@listed", [f"ptr {text.address(name)}", value.typed]))


def stops(exact: Exact) -> str:
    """`stops(frame)`: whether the next step is at a breakpoint; the pc, and the place that would be fetched."""
    text, isa = Body(), exact.isa
    values = exact.values(text)
    pc = text.load(values.slot(isa.pc), 64)
    there, yes, no = listed(text, "pcs", pc), text.label("yes"), text.label("no")
    if isinstance(isa.fetch.word, Load):
        look = text.label("look")
        text.branch(there, yes, look)
        text.block(look)
        refused = values.value(either(*(trap.guard for trap in isa.fetch.traps)))
        fetched = text.label("fetched")
        text.branch(refused, no, fetched, RARE)
        text.block(fetched)
        there = listed(text, "places", text.zext(values.value(isa.fetch.word.index), 64))
    text.branch(there, yes, no)
    text.block(yes)
    text.emit("ret i64 1")
    text.block(no)
    text.emit("ret i64 0")
    return text.define(f"define internal i64 @stops(ptr {FRAME}) alwaysinline")


def stop_there(text: Body) -> None:
    """Return if there are breakpoints and the next step is at one, unless it is the first."""
    out, on = text.label("broke"), text.label("on")
    if_at_one(text, "ran", FRAME, out, on)
    text.block(out)
    text.give(Code.BREAK)
    text.block(on)


def if_at_one(text: Body, done: str, frame: str, out: str, on: str) -> None:
    """Go `out` if there are breakpoints, steps are done that this field counts, and the next one of the machine with
    that frame is at one; else `on`."""
    look, ask = text.label("look"), text.label("ask")
    text.branch(text.is_zero(text.field("breaking")), on, look)
    text.block(look)
    text.branch(text.is_zero(text.field(done)), on, ask)
    text.block(ask)
    text.branch(text.is_zero(Value(64, text.call("i64", "@stops", [f"ptr {frame}"]))), on, out)


def mark(record_bytes: int, stopped: int) -> str:
    """`mark(frame)`: have the records of all breakpoints lead to the handler `stopped`, as the context is. Where
    one does already, no run leads over it: `Fusing` makes runs only of instructions that have a handler."""
    text = Body()
    shift = number(64, record_bytes.bit_length() - 1)
    places, entries = text.field("place"), text.field("entries")
    origin = text.lshr(text.sub(places, entries), number(64, 3))
    for name, first, limit in (("pcs", origin, "window"), ("places", number(64, 0), "size")):
        items, most = text.address(name), text.field(limit)
        count, before = text.load(text.at(items, 0), 64), text.label("before")
        again, look, inside, put, done = (text.label(hint) for hint in ("again", "look", "inside", "put", "done"))
        text.jump(before)
        text.block(before)
        text.jump(again)
        text.block(again)
        n, following = f"%{again}.n", f"%{again}.next"
        turns = ", ".join(f"[ {following}, %{label} ]" for label in (look, inside, put))
        text.lines.append(f"  {n} = phi i64 [ 0, %{before} ], {turns}")
        text.branch(text.compare("eq", Value(64, n), count), done, look)
        text.block(look)
        text.lines.append(f"  {following} = add i64 {n}, 1")
        value = text.load(text.at(items, Value(64, following)), 64)
        text.branch(text.compare("ult", value, most), inside, again)
        text.block(inside)
        at = text.shl(text.add(first, value), shift)
        record = text.named(f"inttoptr {text.add(text.field('records'), at).typed} to ptr")
        text.branch(text.compare("eq", text.load(record, 16, 16), number(16, stopped)), again, put, USUAL)
        text.block(put)
        text.store(record, number(16, stopped), 16)
        text.call("void", "@split", [f"ptr {record}"])
        text.jump(again)
        text.block(done)
    text.emit("ret void")
    return text.define(f"define internal void @mark(ptr {FRAME}) alwaysinline")
