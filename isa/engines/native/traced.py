"""`traced`: steps taken singly in native code, with a record of each; see `isa.machine.records`.

    i64 traced(ptr frame, i64 limit, ptr sheet)

runs up to `limit` steps and returns a `Code`, as `execute` does (see `isa.engines.native.loop`), or stops with
`Code.LIMIT` where the room for records ends. It is a module of its own, made when a machine is first traced, and takes
the steps by the functions that the frame names.
"""

import ctypes
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING

from isa.description import Isa
from isa.engines.native.compiler import Compiler, Tier
from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import Code, Frame, address, callable_at
from isa.engines.native.plan import plan_of
from isa.engines.native.text import METADATA, RARE, USUAL, Value, number
from isa.files import cache
from isa.ir.fold import either
from isa.ir.nodes import Load
from isa.machine.recording import watched
from isa.machine.records import RECORD, Kind, Trace

if TYPE_CHECKING:
    from isa.machine.machine import Machine

FIELDS = (  # of the sheet
    "used",  # bytes of records so far, and those for which there is room
    "room",
    "records",  # where they lie
    "line",  # bytes of the longest line
    "step",  # the number of the next step
    "words",  # by how much places are too high
    "deliver",
    "count",  # how many slots of the state are watched, which, and their values before the step
    "slots",
    "before",
    "flips",  # and the bits of each that are recorded the other way round
)
FIELD = {name: n for n, name in enumerate(FIELDS)}
MOST = 3  # records of one line, apart from what changed
LEAST = 1 << 10  # lines for which there is room whenever native code is entered
SHEET = "%sheet"


class Traced:
    """Writes `traced` for one description."""

    def __init__(self, exact: Exact) -> None:
        self.exact, self.plan, self.isa = exact, exact.plan, exact.plan.isa

    def source(self) -> str:
        return "\n".join([self.function(), METADATA])

    def function(self) -> str:
        text = Body()
        for name in ("ran", "trapped"):
            text.set(name, number(64, 0))
        text.jump("again")
        text.block("again")
        left = text.sub(Value(64, "%limit"), text.field("ran"))
        text.lines.append(f"  %used = load i64, ptr {text.at(SHEET, FIELD['used'])}")
        end = text.add(Value(64, "%used"), self._sheet(text, "line"))
        full = text.compare("ugt", end, self._sheet(text, "room"))
        text.branch(text.or_(text.is_zero(left), full), "done", "look", RARE)
        text.block("done")
        text.give(Code.LIMIT)
        text.block("look")
        self._look(text)
        self._step(text)
        return text.define(f"define i64 @traced(ptr {FRAME}, i64 %limit, ptr {SHEET})")

    def _look(self, text: Body) -> None:
        """Write what there is to be seen before the step, without counting it as used; `%seen` is its end."""
        values, fetch = self.exact.values(text), self.isa.fetch
        pc = text.load(values.slot(self.isa.pc), 64)
        refused = values.value(either(*(trap.guard for trap in fetch.traps)))
        word = text.select(refused, number(64, 0), text.zext(values.value(fetch.word), 64))
        at, size, place = Value(64, "%used"), number(64, RECORD.size), pc
        if isinstance(fetch.word, Load):
            place = text.sub(text.zext(values.value(fetch.word.index), 64), self._sheet(text, "words"))
        moved = text.compare("ne", text.select(refused, pc, place), pc)
        kind = text.select(moved, number(8, Kind.MOVED), number(8, Kind.STEP))
        self._record(text, at, text.select(refused, number(8, Kind.UNFETCHED), kind), pc, word)
        at = text.add(at, size)
        self._record(text, at, number(8, Kind.PLACE), place, number(64, 0))
        text.lines.append(f"  %seen = add {at.typed}, {text.select(moved, size, number(64, 0)).text}")

    def _step(self, text: Body) -> None:
        """Take the step; if it happens, its records are used."""
        seen = Value(64, "%seen")
        code = Value(64, text.call("i64", text.address("single"), [f"ptr {FRAME}"]))
        took = f"i64 {int(Code.LIMIT)}, label %took i64 {int(Code.HALT)}, label %took"
        text.emit(f"switch {code.typed}, label %refused [ {took} i64 {int(Code.TRAP)}, label %trap ]")
        text.block("refused")
        text.emit(f"ret {code.typed}")
        text.block("trap")
        text.branch(text.is_zero(self._sheet(text, "deliver")), "refused", "enter")
        text.block("enter")
        self._record(text, seen, number(8, Kind.TRAP), text.field("cause"), text.field("info"))
        trapped = text.add(seen, number(64, RECORD.size))
        entered = Value(64, text.call("i64", text.address("enter"), [f"ptr {FRAME}"]))
        text.set("trapped", text.add(text.field("trapped"), number(64, 1)))
        text.jump("happened")
        text.block("took")
        text.jump("happened")
        text.block("happened")
        end = text.phi(64, (trapped, "enter"), (seen, "took"))
        how = text.phi(64, (entered, "enter"), (code, "took"))
        self._changes(text, end)
        self._set(text, "step", text.add(self._sheet(text, "step"), number(64, 1)))
        text.set("ran", text.add(text.field("ran"), number(64, 1)))
        on, stale = text.label("on"), text.label("stale")
        text.branch(text.is_zero(how), on, "halted", USUAL)
        text.block("halted")
        text.give(Code.HALT)
        text.block(on)
        text.branch(text.is_zero(text.field("rewritten")), "again", stale, USUAL)
        text.block(stale)
        text.give(Code.REWRITTEN)

    def _changes(self, text: Body, end: Value) -> None:
        """Write what changed of what is watched, and count all that was written as used."""
        count = self._sheet(text, "count")
        slots, before, flips = (text.pointer(text.at(SHEET, FIELD[name])) for name in ("slots", "before", "flips"))
        state, one = text.address("state"), number(64, 1)
        text.jump("watch")
        text.block("watch")
        text.lines.append("  %n = phi i64 [ 0, %happened ], [ %n.next, %same ]")
        text.lines.append(f"  %to = phi i64 [ {end.text}, %happened ], [ %to.next, %same ]")
        n, to = Value(64, "%n"), Value(64, "%to")
        text.branch(text.compare("ult", n, count), "compare", "written")
        text.block("compare")
        slot, was = text.load(text.at(slots, n), 64), text.at(before, n)
        now = text.load(text.at(state, slot), 64)
        text.branch(text.compare("ne", now, text.load(was, 64)), "changed", "same", RARE)
        text.block("changed")
        text.store(was, now)
        self._record(text, to, number(8, Kind.CHANGED), slot, text.xor(now, text.load(text.at(flips, n), 64)))
        behind = text.add(to, number(64, RECORD.size))
        text.jump("same")
        text.block("same")
        text.lines.append(f"  %to.next = phi i64 [ %to, %compare ], [ {behind.text}, %changed ]")
        text.lines.append(f"  %n.next = add {n.typed}, {one.text}")
        text.jump("watch")
        text.block("written")
        self._set(text, "used", to)

    def _record(self, text: Body, at: Value, kind: Value, first: Value, second: Value) -> None:
        """Write a record of the present step so many bytes behind the first."""
        records = text.pointer(text.at(SHEET, FIELD["records"]))
        offset = 0
        for value in (self._sheet(text, "step"), kind, first, second):
            place = text.at(records, text.add(at, number(64, offset)), 8)
            text.emit(f"store {value.typed}, ptr {place}, align 1")
            offset += value.width // 8

    @staticmethod
    def _sheet(text: Body, name: str) -> Value:
        return text.load(text.at(SHEET, FIELD[name]), 64)

    @staticmethod
    def _set(text: Body, name: str, value: Value) -> None:
        text.store(text.at(SHEET, FIELD[name]), value)


class TracedCode:
    """The compiled function of one description."""

    def __init__(self, isa: Isa) -> None:
        plan = plan_of(isa)
        key = cache.digest(plan.digest, "traced")
        source = Traced(Exact(plan)).source
        self.linked = Compiler().load(source, Tier.FULL, key, ("traced",))
        self.execute = callable_at(self.linked.address("traced"))

    def run(self, machine: "Machine", frame: Frame, limit: int, deliver: bool, trace: Trace) -> Code:
        """Up to `limit` steps of the machine, which has this frame."""
        recorder, slots = trace.recorder, watched(machine.isa) if trace.registers else ()
        line = MOST + len(slots)
        recorder.make_room(LEAST * line)
        numbers, before = array("Q", slots), array("Q", [machine.state.block[n] for n in slots])
        flips = array("Q", [trace.flips.get(n, 0) for n in slots])
        where = recorder.used, len(recorder.buffer), address(recorder.buffer), line * RECORD.size
        what = machine.steps + trace.steps, trace.words, deliver
        lists = (each.buffer_info()[0] for each in (numbers, before, flips))
        values = (*where, *what, len(slots), *lists)
        sheet = (ctypes.c_uint64 * len(FIELDS))(*[value & (1 << 64) - 1 for value in values])
        try:
            return Code(self.execute(frame.address, limit, ctypes.addressof(sheet)))
        finally:
            recorder.used = sheet[FIELD["used"]]


@lru_cache(maxsize=64)
def traced_code(isa: Isa) -> TracedCode:
    """The native code of a description for tracing, made or loaded once."""
    return TracedCode(isa)
