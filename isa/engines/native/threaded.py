"""The native interpreter: handlers that jump from one to the next, each for one instruction.

A handler finds its operands in the record at `ip`, does the instruction and goes on at the next record; a jump goes
through `land`, which knows where regions begin. All of them have one signature, and tail calls make them one loop.
A handler never traps and never ticks: before a step that would trap or spin, and where the allowance or the window of
the fetch ends, it leaves it to the loop (`isa.engines.native.loop`). So it does after one that changes the context.
"""

from functools import cached_property

from isa.engines.native.convention import ARGUMENTS, END, IP, STOP, ZERO, pc_of, tail
from isa.engines.native.exact import FRAME, Body
from isa.engines.native.frame import Code
from isa.engines.native.landing import NOT_AGAIN, Landing
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

NARROW = 48  # bits of a pc whose distances, in bytes of records, do not wrap in 64 bits


class Threaded(Landing):
    """The threaded code of one description."""

    def functions(self) -> list[str]:
        records = Records(self.exact)
        found = [records.predecode(), records.split(), self.undecoded()]
        found += [self.land(), self.far(), self.region(), self.rejoin()]
        found += [self.end(), self.spin(), self.stopped(), mark(self.plan.record_bytes, self.plan.marked)]
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
        names += ["@stopped", "@land", "@far", "@end", "@spin", "@back", "@cross"]
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
        words = None if far is None else values.value(ways.widened(far, 64))
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
            self._back(text, place, self.lag(text, straight), Code.REWRITTEN)
            text.block(on)
        if condition is not None:
            jump, on = text.label("jump"), text.label("on")
            text.branch(condition, jump, on)
            text.block(jump)
        if goal is not None and spins:
            away, spin = text.label("away"), text.label("spin")
            if distance is None:
                same = text.compare("eq", goal, pc_of(text, self.plan, text.ip, 64))
            else:
                same = text.is_zero(distance)
            text.branch(same, spin, away, RARE)
            text.block(spin)
            tail(text, "@spin", ip=text.ip)
            text.block(away)
        if goal is not None:
            self._edge(text, straight, -1)
            if distance is None:
                tail(text, "@land", ip=goal, end=self._left(text, straight))
            else:
                self._near(text, distance, straight, condition is not None)
            if condition is None:
                return
            text.block(on)
        self._next(text, straight)

    def _cross(self, text: Step, condition: Value | None, goal: Value | None) -> None:
        """Go on, straight or to `goal`, in what may be another context."""
        straight = text.add(text.ip, number(64, self.plan.record_bytes))
        self._edge(text, straight, -1)
        place = self._going(text, straight, condition, goal)
        tail(text, "@cross", ip=place, end=self.lag(text, straight))

    def _going(self, text: Body, straight: Value, condition: Value | None, goal: Value | None) -> Value:
        """The next pc."""
        following = pc_of(text, self.plan, straight, 64)
        if goal is None:
            return following
        return goal if condition is None else text.select(condition, goal, following)

    def _near(self, text: Step, distance: Value, straight: Value, conditional: bool) -> None:
        """Jump so many words on, if that is all there is to it: within the window, and not to where a region begins or
        visits are counted. The rest is done by `far`. A short cut of `land`: a condition jumps forwards without a look,
        since neither loops nor routines begin there."""
        ip = text.add(text.ip, text.shl(distance, number(64, self.shift)))
        offset, span = text.sub(ip, ZERO), text.field("span")
        near, far, go = text.label("near"), text.label("far"), text.label("go")
        end, last = text.add(END, text.sub(ip, straight)), text.add(ZERO, span)
        text.branch(text.compare("ult", offset, span), near, far, USUAL)
        text.block(near)
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
        tail(text, "@far", ip=ip, end=end)

    def _next(self, text: Body, ip: Value, stop: Value = STOP) -> None:
        """Go on at a record, unless it is where to stop."""
        out, on = text.label("stop"), text.label("on")
        text.branch(text.compare("eq", ip, stop), out, on, RARE)
        text.block(out)
        tail(text, "@end", ip=ip)
        text.block(on)
        self._dispatch(text, ip, stop)

    def leaving(self, text: Body) -> None:
        """The step at `ip` is not taken in threaded code."""
        self._edge(text, IP, -1)

    # ---- the shared ones

    def end(self) -> str:
        """Leave before the step at `ip`: the stretch ends here."""
        text = Body()
        self._edge(text, IP, -1)
        tail(text, "@exactly", ip=pc_of(text, self.plan, IP, 64), end=self.lag(text, IP))
        return text.define(f"define internal preserve_nonecc i64 @end({ARGUMENTS})")

    def spin(self) -> str:
        """Leave before the step at `ip`, which would come back to itself."""
        text = Body()
        self._edge(text, IP, -1)
        tail(text, "@spun", ip=pc_of(text, self.plan, IP, 64), end=self.lag(text, IP))
        return text.define(f"define internal preserve_nonecc i64 @spin({ARGUMENTS})")

    def stopped(self) -> str:
        """Leave before a breakpoint of this machine; make the record anew that was one elsewhere."""
        text = Body()
        leave, look, anew = text.label("leave"), text.label("look"), text.label("anew")
        there = text.label("there")
        text.branch(text.is_zero(text.field("breaking")), anew, look)
        text.block(look)
        text.branch(listed(text, "pcs", pc_of(text, self.plan, IP, 64)), leave, there)
        text.block(there)
        text.branch(listed(text, "places", self.index(text)), leave, anew)
        text.block(leave)
        tail(text, "@end")
        text.block(anew)
        text.call("void", "@predecode", [f"ptr {FRAME}", self.index(text).typed])
        self._dispatch(text, IP)
        return text.define(f"define internal preserve_nonecc i64 @stopped({ARGUMENTS})")

    def index(self, text: Body) -> Value:
        """The word of storage whose record lies at `ip`."""
        return text.lshr(text.sub(IP, text.field("records")), number(64, self.shift))

    def undecoded(self) -> str:
        """Make the record at `ip`, and go on there. What was written over may be a breakpoint all the same."""
        text = Body()
        text.call("void", "@predecode", [f"ptr {FRAME}", self.index(text).typed])
        marks, on = text.label("marks"), text.label("on")
        text.branch(text.is_zero(text.field("breaking")), on, marks)
        text.block(marks)
        text.call("void", "@mark", [f"ptr {FRAME}"])
        text.jump(on)
        text.block(on)
        self._dispatch(text, IP)
        return text.define(f"define internal preserve_nonecc i64 @undecoded({ARGUMENTS})")
