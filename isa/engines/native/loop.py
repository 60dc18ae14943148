"""The loop around all code: `execute`, native code's way in, and how fast stretches and exact steps are joined.

A *stretch* lasts as long as neither the prologue nor the fetch has to be asked: its allowance is the least of the limit
and the prologue's horizon, and the window of the fetch bounds the pc. The counters lag meanwhile; they are moved before
whatever sees them, and at the end.

The loop is functions like handlers, which go on by tail calls: `ip` is a pc for them, and `end` by how many steps the
counters lag.

go, cross    begin to run in a context, and go on after a step that may have changed it: all that depends on it anew
exact.N      take a step of the Nth instruction exactly, once prologue and fetch have let it through
exactly      take a step exactly of which nothing is known, unless there are no steps left
after        what that step came to
trap         it is to trap: into the trap entry, and on
spun, back   wait; return
"""

from isa.engines.native.convention import ARGUMENTS, END, IP, STOP, tail
from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import Code
from isa.engines.native.idling import idle
from isa.engines.native.stopping import LISTED, stop_there, stops
from isa.engines.native.text import RARE, USUAL, Value, number
from isa.passes.windows import Window

LONGEST = 1 << 40  # steps of one run: the allowance is also counted in bytes of records
NONE = number(64, 0)


class Loop:
    """Writes `execute(frame, limit, deliver)`: runs up to `limit` steps; traps are delivered if `deliver` is not 0.

    It returns a `Code`, and leaves `ran` and `trapped` in the frame."""

    def __init__(self, exact: Exact) -> None:
        self.exact, self.plan, self.isa = exact, exact.plan, exact.plan.isa
        self.shift = self.plan.record_bytes.bit_length() - 1

    def functions(self) -> list[str]:
        found = [idle(self.exact), LISTED, stops(self.exact), self.execute(), self.exactly(), self.after()]
        found += [self.trap(), self.spun()]
        if self.plan.fast:
            found += [self.known(which) for which in range(len(self.plan.instructions) + 1)] + [self.marking()]
        return [*found, self.back(), self.go("go"), self.go("cross")]

    def execute(self) -> str:
        text = Body()
        for name in ("ran", "trapped"):
            text.set(name, NONE)
        most, limit = number(64, LONGEST), Value(64, "%limit")
        text.set("limit", text.select(text.compare("ult", limit, most), limit, most))
        text.set("deliver", Value(64, "%deliver"))
        state, cells = text.address("state"), text.address("cells")
        pc = self._pc(text, state)
        table = text.address("table") if self.plan.fast else "null"
        operands = (f"ptr {FRAME}", f"ptr {state}", pc.typed, "i64 0", "i64 0", "i64 0", f"ptr {cells}", f"ptr {table}")
        code = text.call("i64", "@go", operands, "call preserve_nonecc")
        text.emit(f"ret i64 {code}")
        return text.define(f"define i64 @execute(ptr {FRAME}, i64 %limit, i64 %deliver)")

    # ---- in a context

    def go(self, name: str) -> str:
        """Go on at a pc, with all computed anew that depends on the context; after a step (`cross`), unless somebody
        has to see what it did."""
        text = Body()
        if name == "cross":
            self._happened(text)
            rewritten, stale, on = text.field("rewritten"), text.label("stale"), text.label("on")
            text.branch(text.is_zero(text.or_(rewritten, text.field("attentive"))), on, stale, USUAL)
            text.block(stale)
            code = text.select(text.is_zero(rewritten), number(64, Code.LIMIT), number(64, Code.REWRITTEN))
            tail(text, "@back", stop=code)
            text.block(on)
        if self.plan.fast:
            assert self.plan.window is not None
            self._stretch(text, self.plan.window)
        else:
            tail(text, "@exactly")
        return text.define(f"define internal preserve_nonecc i64 @{name}({ARGUMENTS})")

    def _stretch(self, text: Body, window: Window) -> None:
        """Run in threaded code as far as that goes."""
        whole = text.sub(text.field("limit"), text.field("ran"))
        horizon = Value(64, text.call("i64", "@horizon", [f"ptr {FRAME}"]))
        steps = text.select(text.compare("ult", whole, horizon), whole, horizon)
        values = self.exact.values(text, state="%state")
        size = text.field("size")
        origin = text.zext(values.value(window.origin), 64)
        limit = text.zext(values.value(window.limit), 64)
        if not window.inside:
            room = text.select(text.compare("ule", origin, size), text.sub(size, origin), NONE)
            limit = text.select(text.compare("ult", limit, room), limit, room)
        ready, go, one = text.compare("ult", END, steps), text.label("go"), text.label("one")
        text.branch(text.and_(text.compare("ult", IP, limit), ready), go, one, USUAL)
        text.block(one)
        tail(text, "@exactly")
        text.block(go)
        for expression, serial in self.plan.hoisted.items():
            text.store(text.hoisted(serial), values.value(expression))
        text.set("window", limit)
        text.set("span", text.shl(limit, number(64, self.shift)))
        text.set("place", text.add(text.field("entries"), text.shl(origin, number(64, 3))))
        text.set("allowed", steps)
        zero = text.add(text.field("records"), text.shl(origin, number(64, self.shift)))
        marks, on = text.label("marks"), text.label("on")
        text.branch(text.is_zero(text.field("breaking")), on, marks, USUAL)
        text.block(marks)
        tail(text, "@marking", end=text.sub(steps, END), zero=zero)
        text.block(on)
        tail(text, "@come", end=text.sub(steps, END), zero=zero)

    def marking(self) -> str:
        """Have threaded code see the breakpoints, and arrive."""
        text = Body()
        text.call("void", "@mark", [f"ptr {FRAME}"])
        tail(text, "@come")
        return text.define(f"define internal preserve_nonecc i64 @marking({ARGUMENTS})")

    # ---- exact steps

    def known(self, which: int) -> str:
        """`exact.N`: a step of the Nth instruction, 0 for none, whose word lies at the place `stop`."""
        text = Body()
        traps = which > 0 and self.plan.traps(self.plan.instructions[which - 1])
        if traps:
            self._put_pc(text)
        else:
            self._settle(text)
        self._placed(text, STOP)
        word = text.load(text.at("%cells", STOP, self.plan.cell_bits), self.isa.word, self.plan.cell_bits)
        step = f"@step.{which - 1}" if which else "@unassigned"
        code = Value(64, text.call("i64", step, [f"ptr {FRAME}", word.typed]))
        if traps:
            tail(text, "@trap")
        else:
            tail(text, "@after", ip=code)
        return text.define(f"define internal preserve_nonecc i64 @exact.{which}({ARGUMENTS})")

    def exactly(self) -> str:
        text = Body()
        self._settle(text)
        done, on = text.label("done"), text.label("on")
        text.branch(text.compare("eq", text.field("ran"), text.field("limit")), done, on, RARE)
        text.block(done)
        text.give(Code.LIMIT)
        text.block(on)
        stop_there(text)
        self._look(text)
        tail(text, "@after", ip=Value(64, text.call("i64", "@single", [f"ptr {FRAME}"])))
        return text.define(f"define internal preserve_nonecc i64 @exactly({ARGUMENTS})")

    def after(self) -> str:
        """`ip` is the code of the step."""
        text = Body()
        cases = f"i64 {int(Code.LIMIT)}, label %happened i64 {int(Code.HALT)}, label %halted"
        cases += f" i64 {int(Code.TRAP)}, label %trap i64 {int(Code.SPIN)}, label %spun"
        text.emit(f"switch {IP.typed}, label %refused [ {cases} ]")
        text.block("refused")
        text.emit(f"ret {IP.typed}")
        text.block("halted")
        self._took(text)
        self._count(text, "ran")
        text.give(Code.HALT)
        text.block("trap")
        text.branch(text.is_zero(text.field("deliver")), "refused", "delivered")
        text.block("delivered")
        tail(text, "@trap", ip=self._pc(text), end=NONE)
        text.block("happened")
        self._took(text)
        self._count(text, "ran")
        tail(text, "@cross", ip=self._pc(text), end=NONE)
        text.block("spun")
        tail(text, "@spun", ip=self._pc(text), end=NONE)
        return text.define(f"define internal preserve_nonecc i64 @after({ARGUMENTS})")

    def trap(self) -> str:
        """The counters may lag where nobody will see that."""
        text = Body()
        refused, deliver, on, halted = (text.label(hint) for hint in ("refused", "deliver", "on", "halted"))
        text.branch(text.is_zero(text.field("deliver")), refused, deliver)
        text.block(refused)
        tail(text, "@back", stop=number(64, Code.TRAP))
        text.block(deliver)
        entered = Value(64, text.call("i64", "@entry", [f"ptr {FRAME}"]))
        self._trapped(text)
        self._took(text)
        for name in ("ran", "trapped"):
            self._count(text, name)
        text.branch(text.is_zero(entered), on, halted, USUAL)
        text.block(halted)
        tail(text, "@back", ip=self._pc(text), stop=number(64, Code.HALT))
        text.block(on)
        tail(text, "@cross", ip=self._pc(text))
        return text.define(f"define internal preserve_nonecc i64 @trap({ARGUMENTS})")

    def spun(self) -> str:
        """The next step would come back to itself: wait, and go on."""
        text = Body()
        self._settle(text)
        rest = text.sub(text.field("limit"), text.field("ran"))
        waited = Value(64, text.call("i64", "@skip", [f"ptr {FRAME}", rest.typed]))
        text.set("ran", text.add(text.field("ran"), waited))
        asleep, on = text.label("asleep"), text.label("on")
        text.branch(text.is_zero(waited), asleep, on)
        text.block(asleep)
        text.give(Code.SPIN)
        text.block(on)
        tail(text, "@go", ip=self._pc(text), end=NONE)
        return text.define(f"define internal preserve_nonecc i64 @spun({ARGUMENTS})")

    def back(self) -> str:
        """Return with the code `stop`."""
        text = Body()
        self._settle(text)
        text.emit(f"ret {STOP.typed}")
        return text.define(f"define internal preserve_nonecc i64 @back({ARGUMENTS})")

    def _settle(self, text: Body) -> None:
        """Put down the pc, and move the counters by the steps by which they lag."""
        if self.plan.fast:
            self._put_pc(text)
            text.call("void", "@advance", [f"ptr {FRAME}", END.typed])
            text.set("ran", text.add(text.field("ran"), END))

    def _put_pc(self, text: Body) -> None:
        text.store(text.at("%state", self.plan.layout.slots[self.isa.pc].first), IP)

    def _pc(self, text: Body, state: str = "%state") -> Value:
        return text.load(text.at(state, self.plan.layout.slots[self.isa.pc].first), 64)

    def _count(self, text: Body, name: str) -> None:
        text.set(name, text.add(text.field(name), number(64, 1)))

    # ---- what `counted` adds

    def _look(self, text: Body) -> None:
        """Before a step, of which nothing is known."""

    def _placed(self, text: Body, index: Value) -> None:
        """Before a step whose word lies there."""

    def _took(self, text: Body) -> None:
        """That step happened."""

    def _happened(self, text: Body) -> None:
        """A step happened that may have changed the context, and native code goes on."""

    def _trapped(self, text: Body) -> None:
        """It happened, trapped; `_took` follows."""
