"""The loop around all code: `execute`, native code's way in, and how fast stretches and exact steps are joined.

A *stretch* lasts as long as neither the prologue nor the fetch has to be asked: its allowance is the least of the limit
and the prologue's horizon, and the window of the fetch bounds the pc. The counters lag meanwhile; they are moved before
whatever sees them, and at the end.

The loop is functions like handlers, which go on by tail calls: `ip` is a pc for them, and `end` by how many steps the
counters lag.

go, cross    begin to run in a context, and go on after a step that may have changed it: all that depends on it anew
leave.N      take a step of the Nth instruction exactly, once prologue and fetch have let it through
exactly      take a step exactly of which nothing is known, unless there are no steps left
after        what that step came to
trap         it is to trap: into the trap entry, and on
spun, back   wait; return
"""

from collections.abc import Mapping

from isa.description import Instruction
from isa.engines.native.convention import ARGUMENTS, END, IP, NONE, STOP, ZERO, pc_of, record_at, tail
from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import Code
from isa.engines.native.idling import idle
from isa.engines.native.landing import Fetching
from isa.engines.native.stopping import LISTED, stop_there, stops
from isa.engines.native.text import RARE, USUAL, Value, number
from isa.engines.native.threaded import Threaded
from isa.ir.nodes import Const, Store
from isa.machine.storage import LINE_SHIFT
from isa.passes.normal import merge
from isa.passes.windows import Window

LAG = Value(64, "%lag")  # `end` as the loop has it


class Loop:
    """Writes `execute(frame, limit, deliver)`: runs up to `limit` steps, fewer than 2^40, since the allowance
    is also counted in bytes of records; traps are delivered if `deliver` is not 0.

    It returns a `Code`, and leaves `ran` and `trapped` in the frame."""

    def __init__(self, exact: Exact, fast: Threaded) -> None:
        self.exact, self.fast, self.plan, self.isa = exact, fast, exact.plan, exact.plan.isa
        self.shift = self.plan.record_bytes.bit_length() - 1

    def functions(self) -> list[str]:
        found = [idle(self.exact), LISTED, stops(self.exact), self.execute(), self.exactly(), self.after()]
        found += [self.trap(), self.spun()]
        if self.plan.fast:
            found += [self.leave(which) for which in range(len(self.plan.instructions) + 1)] + [self.marking()]
        return [*found, self.back(), self.go("go"), self.go("cross")]

    def execute(self) -> str:
        text = Body()
        for name in ("ran", "trapped"):
            text.set(name, NONE)
        for name in ("limit", "deliver"):
            text.set(name, Value(64, f"%{name}"))
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
            self._return(text, code)
            text.block(on)
        if self.plan.fast:
            assert self.plan.window is not None
            self._stretch(text, self.plan.window)
        else:
            tail(text, "@exactly", end=LAG, zero=NONE)
        arguments = ARGUMENTS.replace(END.text, LAG.text).replace(ZERO.text, f"{ZERO.text}.before")
        return text.define(f"define internal preserve_nonecc i64 @{name}({arguments})")

    @staticmethod
    def _return(text: Body, code: Value) -> None:
        """Return from `go` or `cross`."""
        tail(text, "@back", stop=code, end=LAG, zero=NONE)

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
        ready, go, one = text.compare("ult", LAG, steps), text.label("go"), text.label("one")
        text.branch(text.and_(text.compare("ult", IP, limit), ready), go, one, USUAL)
        text.block(one)
        tail(text, "@exactly", end=LAG, zero=NONE)
        text.block(go)
        for expression, serial in self.plan.hoisted.items():
            text.store(text.hoisted(serial), values.value(expression))
        shift = number(64, self.shift)
        place, span = text.add(text.field("entries"), text.shl(origin, number(64, 3))), text.shl(limit, shift)
        for name, value in (("window", limit), ("span", span), ("place", place), ("allowed", steps)):
            text.set(name, value)
        text.lines.append(f"  {ZERO.text} = add {text.field('records').typed}, {text.shl(origin, shift).text}")
        text.lines.append(f"  {END.text} = sub {steps.typed}, {LAG.text}")
        marks, on = text.label("marks"), text.label("on")
        text.branch(text.is_zero(text.field("breaking")), on, marks, USUAL)
        text.block(marks)
        tail(text, "@marking")
        text.block(on)
        self.fast.arrive(text, Fetching(limit, record_at(text, place), span), earns=False)

    def marking(self) -> str:
        """Have threaded code see the breakpoints, and arrive."""
        text = Body()
        text.call("void", "@mark", [f"ptr {FRAME}"])
        self.fast.arrive(text, Fetching.of(text), earns=False)
        return text.define(f"define internal preserve_nonecc i64 @marking({ARGUMENTS})")

    # ---- exact steps

    def leave(self, which: int) -> str:
        """`leave.N`: take the step at the record `ip` exactly, which is one of the Nth instruction; 0 if it is of none.
        Prologue and fetch have let it through."""
        text = Body()
        self.fast.leaving(text)
        instruction = self.plan.instructions[which - 1] if which else None
        index = self.fast.index(text)
        word = text.load(text.at("%cells", index, self.plan.cell_bits), self.isa.word, self.plan.cell_bits)
        lag, pc = self.fast.lag(text, IP), pc_of(text, self.plan, IP, 64)
        self._placed(text, index)
        if instruction is not None and self.plan.traps(instruction):
            self._put_pc(text, pc)
            self._surely(text, instruction, word, pc, lag)
        else:
            self._settle(text, pc, lag)
            step = f"@step.{which - 1}" if which else "@unassigned"
            code = Value(64, text.call("i64", step, [f"ptr {FRAME}", word.typed]))
            tail(text, "@after", ip=code)
        return text.define(f"define internal preserve_nonecc i64 @leave.{which}({ARGUMENTS})")

    def _surely(self, text: Body, instruction: Instruction, word: Value, pc: Value, lag: Value) -> None:
        """Trap: at once, where the trap entry stores nothing that is to be noted, or else as `trap` does."""
        trap = instruction.behaviour.traps[0]
        params = self.exact.operands(text, instruction, word)
        info = self.exact.values(text, params, "%state").value(trap.info)
        params = {"cause": number(self.isa.cause_width, trap.cause), "info": info}
        slow = text.label("slow")
        text.guard(text.is_zero(text.field("deliver")), slow)
        if self._quietly(text, slow, params):
            self._trapped(text)
            self._took(text)
            for name in ("ran", "trapped"):
                self._count(text, name)
            tail(text, "@cross", ip=self._pc(text), end=lag)
        else:
            text.jump(slow)
        text.block(slow)
        self.exact.demand(text, trap, info)
        tail(text, "@trap", ip=pc, end=lag)

    def _quietly(self, text: Body, noted: str, params: Mapping[str, Value]) -> bool:
        """The trap entry, unless one of its stores is to be noted: then nothing is done, and it goes on at `noted`.
        False, with nothing written, if that cannot be known beforehand, or the entry halts the machine."""
        entry = merge(self.isa, self.isa.entry)
        stores = [effect.index for effect in entry.effects if isinstance(effect, Store)]
        if entry.traps or self.plan.halts(entry) or not all(isinstance(index, Const) for index in stores):
            return False
        values = self.exact.values(text, params, "%state")
        lines: dict[int, list[Value]] = {}
        for index in stores:
            assert isinstance(index, Const)
            lines.setdefault(index.value >> LINE_SHIFT, []).append(number(64, index.value))
        for line, indexes in lines.items():
            on = text.label("on")
            self.exact.looked(text, text.at(text.address("lines"), line, 8), indexes, on, noted)
            text.block(on)
        bits = self.plan.cell_bits
        values.effects(entry.effects, lambda index, value: text.store(text.at("%cells", index, bits), value, bits))
        return True

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
        other, rest = text.label("other"), text.label("rest")
        text.branch(text.compare("eq", IP, number(64, Code.LIMIT)), "happened", other)
        text.block(other)
        text.branch(text.compare("eq", IP, number(64, Code.TRAP)), "trap", rest)
        text.block(rest)
        cases = f"i64 {int(Code.HALT)}, label %halted i64 {int(Code.SPIN)}, label %spun"
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

    def _settle(self, text: Body, pc: Value = IP, lag: Value = END) -> None:
        """Put down the pc, and move the counters by the steps by which they lag."""
        if self.plan.fast:
            self._put_pc(text, pc)
            text.call("void", "@advance", [f"ptr {FRAME}", lag.typed])
            text.set("ran", text.add(text.field("ran"), lag))

    def _put_pc(self, text: Body, pc: Value) -> None:
        text.store(text.at("%state", self.plan.layout.slots[self.isa.pc].first), pc)

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
