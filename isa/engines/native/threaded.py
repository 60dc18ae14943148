"""The native interpreter: handlers that jump from one to the next, each for one instruction.

A handler finds its operands in the record at `ip`, does the instruction and goes on at the next record; a jump goes
through `land`, which knows where regions begin. All of them have one signature, and tail calls make them one loop.
A handler never traps and never ticks: before a step that would trap or spin, and where the allowance or the window of
the fetch ends, it leaves it to the loop (`isa.engines.native.loop`). So it does after one that changes the context.
"""

from functools import cached_property

from isa.engines.native.convention import ARGUMENTS, END, IP, STOP, ZERO, pc_of, record_at, tail
from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import Code
from isa.engines.native.operands import Step, ThreadedValues
from isa.engines.native.plan import Handler
from isa.engines.native.recorded import Records
from isa.engines.native.stopping import listed, mark
from isa.engines.native.text import RARE, USUAL, Value, number
from isa.engines.native.values import Values
from isa.ir.fold import add, const
from isa.ir.nodes import Effect, Expr, Read, Store
from isa.machine.storage import LINE_SHIFT
from isa.passes import ways

POINTERS, NOT_AGAIN = 1 << 32, 1 << 31  # an entry from here on is a region's; this one is a place without a region
NARROW = 48  # bits of a pc whose distances, in bytes of records, do not wrap in 64 bits
WORTH = 10  # so many steps in regions, as a power of two, count as one jump


class Threaded:
    """The threaded code of one description."""

    def __init__(self, exact: Exact) -> None:
        self.exact, self.plan, self.isa = exact, exact.plan, exact.plan.isa
        self.shift = self.plan.record_bytes.bit_length() - 1

    def functions(self) -> list[str]:
        records = Records(self.exact)
        found = [records.predecode(), records.split(), self.undecoded()]
        found += [self.land("land"), self.land("come"), self.region()]
        found += [self.leave(number) for number in range(len(self.plan.instructions) + 1)]
        found += [self.end(), self.stopped(), mark(self.plan.record_bytes, self.plan.marked)]
        for serial, handler in enumerate(self.plan.handlers, 1):
            found += self.handler(serial, handler)
        return [*found, self.table()]

    def table(self) -> str:
        """The functions that `isa.engines.native.dispatch` begins its table with."""
        return f"@table = constant [{len(self.places)} x ptr] [{', '.join(f'ptr {name}' for name in self.places)}]\n"

    @cached_property
    def places(self) -> dict[str, int]:
        """Those functions by their places: first handlers by their numbers, of which 0 decodes, the last one stops, and
        those before it leave; then whatever else handlers go to."""
        serials = range(1, len(self.plan.handlers) + 1)
        names = ["@undecoded", *(f"@handler.{n}" for n in serials), *(f"@leave.{n}" for n in self.plan.others)]
        names += ["@stopped", "@land", "@end", "@spun", "@back", "@cross"]
        names += [f"@leave.{n}" for n in range(1, len(self.plan.instructions) + 1)]
        names += filter(None, map(self.careful, serials))
        return {name: place for place, name in enumerate(dict.fromkeys(names))}

    # ---- handlers

    def handler(self, serial: int, handler: Handler) -> list[str]:
        """An instruction's handler. A store into a line that is not simply dirty is left to a second one, which has
        to save what a call destroys."""
        name, careful = f"@handler.{serial}", self.careful(serial)
        if not careful:
            return [self._handler(name, handler, "")]
        return [self._handler(name, handler, careful), self._handler(careful, handler, "")]

    def careful(self, serial: int) -> str:
        """The second one of a handler; empty if it has none."""
        effects = self.plan.handlers[serial - 1].behaviour.effects
        return f"@careful.{serial}" if sum(isinstance(e, Store) for e in effects) == 1 else ""

    def _handler(self, name: str, handler: Handler, careful: str) -> str:
        text = Step()
        self._step(text, handler, careful, ThreadedValues(text, self.plan, handler))
        return text.define(f"define internal preserve_nonecc i64 {name}({ARGUMENTS})")

    def _step(self, text: Step, handler: Handler, careful: str, values: Values) -> None:
        """Do what a handler does, and go on."""
        here = text.ip
        cold = text.label("bail")
        for trap in handler.behaviour.traps:
            text.guard(values.value(trap.guard), cold)
        pc = self.isa.pc
        rest = ways.apart(handler.behaviour.effects, pc)
        condition, going, distance = self._target(text, values, ways.target(handler.behaviour.effects, pc))
        if careful:
            self._look(text, values, rest, careful)
        values.effects(rest, lambda index, word: self._store(text, index, word, bool(careful)))
        stores = not careful and any(isinstance(e, Store) for e in rest)
        if handler.crosses:
            self._cross(text, condition, going)
        else:
            self._go(text, handler.spins, condition, going, stores, distance)
        text.block(cold)
        tail(text, f"@leave.{1 + self.plan.instructions.index(handler.instruction)}", ip=here)

    def _look(self, text: Step, values: Values, effects: list[Effect], careful: str) -> None:
        """Leave a step to its careful handler, unless its only store goes to a line that is simply dirty."""
        (store,) = (e for e in effects if isinstance(e, Store))
        index = text.zext(values.value(store.index), 64)
        slow, on = text.label("slow"), text.label("on")
        if store.index not in values.inside:
            text.guard(text.compare("uge", index, text.field("size")), slow)
        line = text.at(text.address("lines"), text.lshr(index, number(64, LINE_SHIFT)), 8)
        self.exact.looked(text, line, [index], on, slow)
        text.block(slow)
        tail(text, careful, ip=text.ip)
        text.block(on)

    def _store(self, text: Body, index: Value, word: Value, looked: bool) -> None:
        wide, bits = text.zext(index, 64), self.plan.cell_bits
        if looked:
            text.store(text.at("%cells", wide, bits), word, bits)
        else:
            text.call("void", "@put", [f"ptr {FRAME}", wide.typed, text.zext(word, bits).typed])

    def _target(
        self, text: Step, values: Values, target: Expr | None
    ) -> tuple[Value | None, Value | None, Value | None]:
        """When to jump (None: always), where to (None: straight on), and how far, if that does not depend on the pc."""
        if target is None:
            return None, pc_of(text, self.plan, text.ip, 64), None
        following = self._following()
        if target is following:
            return None, None, None
        found = ways.branch(target, following)
        condition, target = (None, target) if found is None else (values.value(found.condition), found.then)
        far = ways.distance(target, Read(self.plan.pc_width, self.isa.pc)) if self.plan.pc_width <= NARROW else None
        words = None if far is None else text.sext(values.value(far), 64)
        return condition, text.zext(values.value(target), 64), words

    def _following(self) -> Expr:
        """The pc whose record lies behind this one. In the window of the fetch it does not wrap."""
        return add(Read(self.plan.pc_width, self.isa.pc), const(self.plan.pc_width, 1))

    def _go(
        self, text: Step, spins: bool, condition: Value | None, goal: Value | None, stores: bool, distance: Value | None
    ) -> None:
        """Go on: straight, or to `goal` under the condition. A step that would come back to itself and change nothing
        but time is left alone."""
        straight = text.add(text.ip, number(64, self.plan.record_bytes))
        if stores:
            stale, on = text.label("stale"), text.label("on")
            text.branch(text.is_zero(text.field("rewritten")), on, stale, USUAL)
            text.block(stale)
            self._edge(text, straight, -1)
            place = self._going(text, straight, condition, goal)
            self._back(text, place, self._lag(text, straight), Code.REWRITTEN)
            text.block(on)
        if condition is not None:
            jump, on = text.label("jump"), text.label("on")
            text.branch(condition, jump, on)
            text.block(jump)
        if goal is not None and spins:
            here, away, spin = pc_of(text, self.plan, text.ip, 64), text.label("away"), text.label("spin")
            same = text.compare("eq", goal, here) if distance is None else text.is_zero(distance)
            text.branch(same, spin, away, RARE)
            text.block(spin)
            self._edge(text, text.ip, -1)
            tail(text, "@spun", ip=here, end=self._lag(text, text.ip))
            text.block(away)
        if goal is not None:
            self._edge(text, straight, -1)
            if distance is not None:
                self._near(text, distance, straight, condition is not None)
            tail(text, "@land", ip=goal, end=self._left(text, straight))
            if condition is None:
                return
            text.block(on)
        self._next(text, straight)

    def _cross(self, text: Step, condition: Value | None, goal: Value | None) -> None:
        """Go on, straight or to `goal`, in what may be another context."""
        straight = text.add(text.ip, number(64, self.plan.record_bytes))
        self._edge(text, straight, -1)
        place = self._going(text, straight, condition, goal)
        tail(text, "@cross", ip=place, end=self._lag(text, straight))

    def _going(self, text: Body, straight: Value, condition: Value | None, goal: Value | None) -> Value:
        """The next pc."""
        following = pc_of(text, self.plan, straight, 64)
        if goal is None:
            return following
        return goal if condition is None else text.select(condition, goal, following)

    def _near(self, text: Step, distance: Value, straight: Value, conditional: bool) -> None:
        """Jump so many words on, if that is all there is to it: within the window, and not to where a region begins or
        visits are counted. For the rest, go on here. A short cut of `land`: a condition jumps forwards without a look,
        since neither loops nor routines begin there."""
        ip = text.add(text.ip, text.shl(distance, number(64, self.shift)))
        offset, span = text.sub(ip, ZERO), text.field("span")
        near, far, go = text.label("near"), text.label("far"), text.label("go")
        text.branch(text.compare("ult", offset, span), near, far, USUAL)
        text.block(near)
        end, last = text.add(END, text.sub(ip, straight)), text.add(ZERO, span)
        if conditional:
            look = text.label("look")
            text.branch(text.compare("slt", distance, number(64, 0)), look, go)
            text.block(look)
        entry = text.load(text.at(text.address("place"), text.lshr(offset, number(64, self.shift))), 64)
        cold = text.compare("ule", text.sub(entry, text.field("heat")), number(64, NOT_AGAIN))
        text.branch(cold, go, far, USUAL)
        text.block(go)
        self._until(text, ip, end, last)
        text.block(far)

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

    def _next(self, text: Body, ip: Value, stop: Value = STOP) -> None:
        """Go on at a record, unless it is where to stop."""
        out, on = text.label("stop"), text.label("on")
        text.branch(text.compare("eq", ip, stop), out, on, RARE)
        text.block(out)
        tail(text, "@end", ip=ip)
        text.block(on)
        self._dispatch(text, ip, stop)

    def _dispatch(self, text: Body, ip: Value, stop: Value = STOP, end: Value = END) -> None:
        which = text.load(record_at(text, ip), 16, 16)
        tail(text, text.pointer(text.at("%table", which)), ip=ip, stop=stop, end=end)

    def _left(self, text: Body, ip: Value) -> Value:
        """How many steps of the allowance are left at a record."""
        return text.ashr(text.sub(END, ip), number(64, self.shift))

    def _lag(self, text: Body, ip: Value) -> Value:
        """By how many steps the counters lag at a record."""
        return text.sub(text.field("allowed"), self._left(text, ip))

    def _back(self, text: Body, pc: Value, lag: Value, code: Code) -> None:
        """Return with a code."""
        tail(text, "@back", ip=pc, end=lag, stop=number(64, code))

    def _edge(self, text: Body, ip: Value, by: int) -> None:
        """A run of records begins with this one (1), or ended before it (-1): for `isa.engines.native.counted`."""

    # ---- the shared ones

    def leave(self, which: int) -> str:
        """`leave.N`: leave the step at `ip` to the loop, which is one of the Nth instruction; 0 if it is of none."""
        text = Body()
        self._edge(text, IP, -1)
        here = pc_of(text, self.plan, IP, 64)
        tail(text, f"@exact.{which}", ip=here, stop=self._index(text), end=self._lag(text, IP))
        return text.define(f"define internal preserve_nonecc i64 @leave.{which}({ARGUMENTS})")

    def end(self) -> str:
        """Leave before the step at `ip`: the stretch ends here."""
        text = Body()
        self._edge(text, IP, -1)
        tail(text, "@exactly", ip=pc_of(text, self.plan, IP, 64), end=self._lag(text, IP))
        return text.define(f"define internal preserve_nonecc i64 @end({ARGUMENTS})")

    def stopped(self) -> str:
        """Leave before a breakpoint of this machine; make the record anew that was one elsewhere."""
        text = Body()
        leave, look, anew = text.label("leave"), text.label("look"), text.label("anew")
        there = text.label("there")
        text.branch(text.is_zero(text.field("breaking")), anew, look)
        text.block(look)
        text.branch(listed(text, "pcs", pc_of(text, self.plan, IP, 64)), leave, there)
        text.block(there)
        text.branch(listed(text, "places", self._index(text)), leave, anew)
        text.block(leave)
        tail(text, "@end")
        text.block(anew)
        text.call("void", "@predecode", [f"ptr {FRAME}", self._index(text).typed])
        self._dispatch(text, IP)
        return text.define(f"define internal preserve_nonecc i64 @stopped({ARGUMENTS})")

    def _index(self, text: Body) -> Value:
        """The word of storage whose record lies at `ip`."""
        return text.lshr(text.sub(IP, text.field("records")), number(64, self.shift))

    def undecoded(self) -> str:
        """Make the record at `ip`, and go on there. What was written over may be a breakpoint all the same."""
        text = Body()
        text.call("void", "@predecode", [f"ptr {FRAME}", self._index(text).typed])
        marks, on = text.label("marks"), text.label("on")
        text.branch(text.is_zero(text.field("breaking")), on, marks)
        text.block(marks)
        text.call("void", "@mark", [f"ptr {FRAME}"])
        text.jump(on)
        text.block(on)
        self._dispatch(text, IP)
        return text.define(f"define internal preserve_nonecc i64 @undecoded({ARGUMENTS})")

    def land(self, name: str) -> str:
        """Arrive at the pc `ip` with `end` steps left: run the region that begins there, or count the visit.

        One that jumped there (`land`) is worth more after many steps in regions: it may be in a loop around them."""
        text = Body()
        outside, inside = text.label("outside"), text.label("inside")
        text.branch(text.compare("ult", IP, text.field("window")), inside, outside, USUAL)
        text.block(outside)
        tail(text, "@exactly", end=text.sub(text.field("allowed"), END))
        text.block(inside)
        slot = text.at(text.address("place"), IP)
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
        if name == "land":
            more = text.add(more, self._earned(text, heat))
        more = text.select(text.compare("ult", more, heat), more, heat)
        text.store(slot, more)
        text.branch(text.compare("eq", more, heat), hot, go, RARE)
        text.block(hot)
        text.set("hot", IP)
        self._back(text, IP, text.sub(text.field("allowed"), END), Code.HOT)
        text.block(go)
        self._arrive(text)
        inline = " alwaysinline" if name == "come" else ""  # into who has just computed the context
        return text.define(f"define internal preserve_nonecc i64 @{name}({ARGUMENTS}){inline}")

    def _earned(self, text: Body, heat: Value) -> Value:
        """What the steps in regions are worth. It takes several such visits all the same: before, code around the
        place may not have run yet, and a region would lack it."""
        earned = text.lshr(text.field("earned"), number(64, WORTH))
        text.set("earned", number(64, 0))
        most = text.lshr(heat, number(64, 3))
        return text.select(text.compare("ult", earned, most), earned, most)

    def _arrive(self, text: Body) -> None:
        """Go on in threaded code at the pc `ip` with `end` steps left."""
        ip = text.add(ZERO, text.shl(IP, number(64, self.shift)))
        end = text.add(ip, text.shl(END, number(64, self.shift)))
        self._until(text, ip, end, text.add(ZERO, text.field("span")))

    def region(self) -> str:
        """Run the region of the entry `stop`, if it is one for the pc `ip` and all of it lies in the window; then
        arrive where it ended."""
        text = Body()
        struct = record_at(text, STOP)
        fits = text.compare("eq", text.load(text.at(struct, 1), 64), IP)
        fits = text.and_(fits, text.compare("ult", text.load(text.at(struct, 2), 64), text.field("window")))
        call, go, ran, stale, on = (text.label(hint) for hint in ("call", "go", "ran", "stale", "on"))
        text.branch(fits, call, go, USUAL)
        text.block(go)
        self._arrive(text)
        text.block(call)
        operands = ["ptr %frame", "ptr %state", "ptr %cells", f"ptr {text.address('lines')}", END.typed]
        operands.append(text.load(text.at(struct, 3), 64).typed)
        rest = Value(64, text.call("i64", text.pointer(struct), operands))
        text.branch(text.compare("eq", rest, END), go, ran, RARE)
        text.block(ran)
        steps = text.at(struct, 4)
        took = text.sub(END, rest)
        text.store(steps, text.add(text.load(steps, 64), took))
        text.set("earned", text.add(text.field("earned"), took))
        visits = text.at(struct, 5)
        text.store(visits, text.add(text.load(visits, 64), number(64, 1)))
        pc = text.load(text.at("%state", self.plan.layout.slots[self.isa.pc].first), 64)
        text.branch(text.is_zero(text.field("rewritten")), on, stale, USUAL)
        text.block(stale)
        self._back(text, pc, text.sub(text.field("allowed"), rest), Code.REWRITTEN)
        text.block(on)
        tail(text, "@come", ip=pc, end=rest)
        return text.define(f"define internal preserve_nonecc i64 @region({ARGUMENTS}) noinline")
