"""`execute`: native code's way in. As `ReferenceEngine.execute`, it joins fast stretches by single steps.

A stretch lasts as long as neither the prologue nor the fetch has to be asked: the allowance is the least of the limit
and the prologue's horizon, and the window of the fetch bounds the pc. The counters are moved once, at its end.
"""

from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import Code
from isa.engines.native.idling import idle
from isa.engines.native.stopping import LISTED, stop_there, stops
from isa.engines.native.text import RARE, USUAL, Value, number
from isa.passes.windows import Window

LONGEST = 1 << 40  # steps of one stretch: the allowance is also counted in bytes of records


class Loop:
    """Writes `execute(frame, limit, deliver)`: runs up to `limit` steps; traps are delivered if `deliver` is not 0.

    It returns a `Code`, and leaves `ran` and `trapped` in the frame."""

    def __init__(self, exact: Exact) -> None:
        self.exact, self.plan, self.isa = exact, exact.plan, exact.plan.isa
        self.shift = self.plan.record_bytes.bit_length() - 1

    def functions(self) -> list[str]:
        return [idle(self.exact), LISTED, stops(self.exact), self.execute()]

    def execute(self) -> str:
        text = Body()
        for name in ("ran", "trapped"):
            text.set(name, number(64, 0))
        text.jump("again")
        text.block("again")
        left = text.sub(Value(64, "%limit"), text.field("ran"))
        text.branch(text.is_zero(left), "done", "inside", RARE)
        text.block("done")
        text.give(Code.LIMIT)
        text.block("inside")
        stop_there(text)
        if self.plan.fast:
            assert self.plan.window is not None
            self._stretch(text, left, self.plan.window)
        self._single(text)
        self._spun(text)
        return text.define(f"define i64 @execute(ptr {FRAME}, i64 %limit, i64 %deliver)")

    def _stretch(self, text: Body, left: Value, window: Window) -> None:
        """Run in threaded code as far as that goes."""
        horizon = Value(64, text.call("i64", "@horizon", [f"ptr {FRAME}"]))
        steps = text.select(text.compare("ult", left, horizon), left, horizon)
        steps = text.select(text.compare("ult", steps, number(64, LONGEST)), steps, number(64, LONGEST))
        values = self.exact.values(text)
        pc_slot = values.slot(self.isa.pc)
        pc = text.load(pc_slot, 64)
        size = text.field("size")
        origin = text.zext(values.value(window.origin), 64)
        limit = text.zext(values.value(window.limit), 64)
        room = text.select(text.compare("ule", origin, size), text.sub(size, origin), number(64, 0))
        limit = text.select(text.compare("ult", limit, room), limit, room)
        ready = text.and_(text.compare("ult", pc, limit), text.compare("ne", steps, number(64, 0)))
        text.branch(ready, "go", "one", USUAL)
        text.block("go")
        for expression, serial in self.plan.hoisted.items():
            text.store(text.hoisted(serial), values.value(expression))
        text.set("window", limit)
        text.set("span", text.shl(limit, number(64, self.shift)))
        text.set("place", text.add(text.field("entries"), text.shl(origin, number(64, 3))))
        self._mark(text)
        zero = text.add(text.field("records"), text.shl(origin, number(64, self.shift)))
        state, cells = text.address("state"), text.address("cells")
        operands = [f"ptr {FRAME}", f"ptr {state}", pc.typed, "i64 0", steps.typed, zero.typed, f"ptr {cells}"]
        code = Value(64, text.call("i64", "@come", [*operands, "ptr @table"], "call preserve_nonecc"))
        took = text.sub(steps, text.field("left"))
        text.call("void", "@advance", [f"ptr {FRAME}", took.typed])
        text.set("ran", text.add(text.field("ran"), took))
        stopped, other = text.label("stopped"), text.label("other")
        text.branch(text.is_zero(text.and_(code, number(64, 255))), "more", stopped, USUAL)
        text.block(stopped)
        text.branch(text.compare("eq", code, number(64, Code.SPIN)), "spun", other, USUAL)
        text.block(other)
        text.emit(f"ret {code.typed}")
        text.block("more")
        text.branch(text.compare("eq", text.field("ran"), Value(64, "%limit")), "done", "asked", RARE)
        text.block("asked")
        stop_there(text)
        self._known(text, pc_slot, origin, cells, code)

    def _mark(self, text: Body) -> None:
        """Have threaded code see the breakpoints."""
        marks, on = text.label("marks"), text.label("on")
        text.branch(text.is_zero(text.field("breaking")), on, marks, USUAL)
        text.block(marks)
        text.call("void", "@mark", [f"ptr {FRAME}"])
        text.jump(on)
        text.block(on)

    def _known(self, text: Body, pc_slot: str, origin: Value, cells: str, code: Value) -> None:
        """Take the step that threaded code stopped before: if it stopped within its allowance and its window, prologue
        and fetch need not be asked again."""
        pc = text.load(pc_slot, 64)
        within = text.compare("ult", pc, text.field("window"))
        text.branch(text.and_(within, text.compare("ne", text.field("left"), number(64, 0))), "perform", "one")
        text.block("perform")
        index = text.add(origin, pc)
        self._placed(text, index)
        at = text.at(cells, index, self.plan.cell_bits)
        word = text.load(at, self.isa.word, self.plan.cell_bits)
        which = text.lshr(code, number(64, 8))
        named, unnamed = text.label("named"), text.label("unnamed")
        text.branch(text.is_zero(which), unnamed, named, RARE)
        text.block(unnamed)
        decoded = Value(32, text.call("i32", "@decode", [word.typed]))
        text.jump("known")
        text.block(named)
        given = text.trunc(which, 32)
        text.jump("known")
        text.block("known")
        which = text.phi(32, (decoded, unnamed), (given, named))
        text.lines.append(f"  %known.code = call i64 @perform(ptr {FRAME}, {word.typed}, {which.typed})")
        text.jump("taken")

    def _single(self, text: Body) -> None:
        """Take one step, and go on after it."""
        text.jump("one")
        text.block("one")
        self._look(text)
        text.lines.append(f"  %exact = call i64 @single(ptr {FRAME})")
        text.jump("taken")
        text.block("taken")
        known = ", [ %known.code, %known ]" if self.plan.fast else ""
        text.lines.append(f"  %code = phi i64 [ %exact, %one ]{known}")
        self._looked(text)
        code = Value(64, "%code")
        cases = f"i64 {int(Code.LIMIT)}, label %happened i64 {int(Code.HALT)}, label %halted"
        cases += f" i64 {int(Code.TRAP)}, label %trap i64 {int(Code.SPIN)}, label %spun"
        text.emit(f"switch {code.typed}, label %refused [ {cases} ]")
        text.block("refused")
        text.emit(f"ret {code.typed}")
        text.block("halted")
        self._took(text)
        self._count(text, "ran")
        text.give(Code.HALT)
        text.block("trap")
        text.branch(text.is_zero(Value(64, "%deliver")), "refused", "delivering")
        text.block("delivering")
        entered = Value(64, text.call("i64", "@enter", [f"ptr {FRAME}"]))
        self._trapped(text)
        self._count(text, "trapped")
        text.branch(text.is_zero(entered), "happened", "halted", USUAL)
        text.block("happened")
        self._took(text)
        self._count(text, "ran")
        self._happened(text)
        rewritten = text.field("rewritten")
        text.branch(text.is_zero(text.or_(rewritten, text.field("attentive"))), "again", "stale", USUAL)
        text.block("stale")
        code = text.select(text.is_zero(rewritten), number(64, Code.LIMIT), number(64, Code.REWRITTEN))
        text.emit(f"ret {code.typed}")

    def _spun(self, text: Body) -> None:
        """Wait, and go on."""
        text.block("spun")
        rest = text.sub(Value(64, "%limit"), text.field("ran"))
        waited = Value(64, text.call("i64", "@skip", [f"ptr {FRAME}", rest.typed]))
        text.set("ran", text.add(text.field("ran"), waited))
        text.branch(text.is_zero(waited), "asleep", "again")
        text.block("asleep")
        text.give(Code.SPIN)

    def _count(self, text: Body, name: str) -> None:
        text.set(name, text.add(text.field(name), number(64, 1)))

    # ---- what `counted` adds

    def _look(self, text: Body) -> None:
        """Before a step, of which nothing is known."""

    def _placed(self, text: Body, index: Value) -> None:
        """Before a step whose word lies there."""

    def _looked(self, text: Body) -> None:
        """After either."""

    def _took(self, text: Body) -> None:
        """That step happened."""

    def _happened(self, text: Body) -> None:
        """All of it is counted, and native code goes on."""

    def _trapped(self, text: Body) -> None:
        """It happened, trapped; `_took` follows."""
