"""`layered`: one machine run on another in native code, as `isa.engines.native.layers.Layer` says.

    i64 layered(ptr frame, i64 limit, i64 deliver)

has the meaning of `execute` (see `isa.engines.native.loop`) for a machine that has another one below. As long as its
own prologue is not due, the machine below runs in its place; then, or when that one stops before a trap, it takes one
step singly, on its own state, and so on. What that step came to is counted as an exit. If it waits, or the machine
below does, time passes as far as this machine's own clock says (`isa.engines.native.idling`). Where the layer does not
let this machine run on the one below, it runs alone (`isa.engines.native.alone`), and its traps are taken singly too.

Whatever else the machine below stops for, Python sees to it. Then this function returns, and so do those above it, in
the middle of their runs, and the frames hold where they are. Called again, they go on from there.
"""

from isa.engines.native.alone import Alone
from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.exits import CAPACITY, NOTHING, RECORD, SLOTS, Outcome
from isa.engines.native.frame import BELOW, FIELD, Code
from isa.engines.native.layers import Layer
from isa.engines.native.stopping import LISTED, if_at_one, stops
from isa.engines.native.text import METADATA, RARE, USUAL, Value, number
from isa.engines.native.values import Values
from isa.ir.fold import either
from isa.ir.nodes import FALSE, TRUE, Load, Origin

DECLARATIONS = "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\ndeclare i64 @llvm.umin.i64(i64, i64)\n"
LOWER, BOTH = "%lower", "ptr %frame, ptr %lower"
LIMIT, STEPS = Value(64, "%limit"), Value(64, "%steps")
ENDS = (Code.TRAP, Code.HALT, Code.SPIN, Code.BREAK)  # what ends a run of the machine below before its time
LONG = 1 << 22  # steps after which Python is entered, between two runs: it may have been interrupted;
MOST = Value(64, "%most")  # or after fewer, if it has to look after what is being compiled
MIX = 0x9E3779B97F4A7C15  # odd, with its bits spread: it makes the hash


class Layered:
    """The functions of one description under one layer."""

    def __init__(self, exact: Exact, layer: Layer) -> None:
        self.exact, self.plan, self.isa, self.layer = exact, exact.plan, exact.plan.isa, layer
        self.alone = None if layer.direct is TRUE else Alone(exact, layer)

    def functions(self) -> list[str]:
        found = [self.place(), self.count(), self.layered(), LISTED, stops(self.exact)]
        if self.alone is not None:
            found.append(self.alone.direct())
        if self.layer.direct is not FALSE:
            found += [self.exact.advance(self.layer.advance), self.exact.horizon()]
            found += [self.resume(), self.save(), self.breach()]
        return found

    # ---- the layer

    def resume(self) -> str:
        text = Body()
        self._values(text).effects(self.layer.resume.effects, lambda index, value: None)
        text.emit("ret void")
        return text.define(f"define internal void @resume({BOTH})")

    def save(self) -> str:
        text = Body()
        self._values(text).effects(self.layer.save.effects, lambda index, value: None)
        text.emit("ret void")
        return text.define(f"define internal void @save({BOTH})")

    def breach(self) -> str:
        """`breach(frame, lower, steps)`: whether the machine below changed in these steps what it must not."""
        text = Body()
        text.emit(f"ret {self._values(text).value(self.layer.breach).typed}")
        return text.define(f"define internal i1 @breach({BOTH}, {STEPS.typed})")

    def _values(self, text: Body) -> Values:
        """The reading over the states of both machines."""
        upper, lower = text.address("state"), text.pointer(text.at(LOWER, FIELD["state"]))
        where: dict[str, tuple[str, int]] = {}
        for name, slot in self.plan.layout.slots.items():
            where[self.layer.upper + name], where[self.layer.lower + name] = (upper, slot.first), (lower, slot.first)
        window = {name: text.field(name, self.isa.word) for name in ("offset", "size")}
        return Values(text, where, None, {**window, "steps": STEPS})

    # ---- running

    def layered(self) -> str:
        text = Body()
        for name in ("ran", "trapped"):
            text.set(name, number(64, 0))
        text.lines.append(f"  {LOWER} = load ptr, ptr {text.at(FRAME, FIELD['below'])}")
        looked = text.field("slice")
        text.lines.append(f"  {MOST.text} = call i64 @llvm.umin.i64({looked.typed}, i64 {LONG})")
        if self.layer.direct is FALSE:
            text.jump("again")
            self._again(text, "alone", "alone")
        else:
            text.branch(text.is_zero(text.field("inside")), "again", "resumed", USUAL)
            self._again(text, "below", "alone")
            self._begin(text)
            self._direct(text)
            self._ended(text)
        if self.alone is not None:
            self._alone(text, self.alone)
        self._single(text)
        return text.define(f"define i64 @layered(ptr {FRAME}, {LIMIT.typed}, i64 %deliver)")

    def _again(self, text: Body, below: str, alone: str) -> None:
        """Go on in the one way or the other, as long as there are steps left."""
        text.block("again")
        left = text.sub(LIMIT, text.field("ran"))
        long = text.compare("uge", text.field("ran"), MOST)
        text.branch(text.or_(text.is_zero(left), long), "done", "within", RARE)
        self._leave(text, "done", Code.LIMIT)
        text.block("within")
        text.branch(self._full(text), "full", "room", RARE)
        self._leave(text, "full", Code.FULL)
        text.block("room")
        if_at_one(text, "ran", FRAME, "broke", "anew")
        self._leave(text, "broke", Code.BREAK)
        text.block("anew")
        if self.alone is None or below == alone:
            text.jump(below)
        else:
            text.branch(self.alone.may_not(text), alone, below)

    def _begin(self, text: Body) -> None:
        """Begin a run of the machine below, as long as it may be."""
        text.block("below")
        left = text.sub(LIMIT, text.field("ran"))
        horizon = Value(64, text.call("i64", "@horizon", [f"ptr {FRAME}"]))
        allowed = Value(64, text.call("i64", "@llvm.umin.i64", [left.typed, horizon.typed]))
        text.branch(text.is_zero(allowed), "single", "begin", RARE)
        text.block("begin")
        text.set("allowed", allowed)
        text.set("partial", number(64, 0))
        for name in ("inside", "used"):
            text.store(text.at(LOWER, FIELD[name]), number(64, 0))
        text.call("void", "@resume", [BOTH])
        text.jump("direct")
        text.block("resumed")
        text.lines.append(f"  %next = load i64, ptr {text.at(FRAME, FIELD['next'])}")
        text.set("next", number(64, 0))
        text.branch(text.is_zero(Value(64, "%next")), "direct", "ended", USUAL)

    def _direct(self, text: Body) -> None:
        """Let the machine below run. Where it went out of native code it may stand at a breakpoint."""
        text.block("direct")
        if_at_one(text, "partial", LOWER, "marked", "go")
        text.block("marked")
        text.jump("ended")
        text.block("go")
        rest = text.sub(text.field("allowed"), text.field("partial"))
        steps = Value(64, text.call("i64", "@llvm.umin.i64", [rest.typed, text.field("slice").typed]))
        run = text.pointer(text.at(LOWER, FIELD["run"]))
        text.lines.append(f"  %code = call i64 {run}(ptr {LOWER}, {steps.typed}, i64 0)")
        ran, code = text.load(text.at(LOWER, FIELD["ran"]), 64), Value(64, "%code")
        self._add(text, LOWER, "steps", ran)
        self._add(text, FRAME, "partial", ran)
        limit = f"i64 {int(Code.LIMIT)}, label %fully"
        ended = " ".join(f"i64 {int(end)}, label %ended" for end in ENDS)
        text.emit(f"switch {code.typed}, label %suspend [ {ended} {limit} ]")
        text.block("fully")
        whole = text.compare("eq", text.field("partial"), text.field("allowed"))
        text.branch(whole, "ended", "suspend", USUAL)
        text.block("suspend")
        text.set("inside", number(64, 1))
        self._return(text, text.or_(code, number(64, BELOW)))

    def _ended(self, text: Body) -> None:
        """The run of the machine below is over: take over what it did."""
        text.block("ended")
        direct = "[ %code, %go ], " * len(ENDS) + f"[ {int(Code.BREAK)}, %marked ], "
        text.lines.append(f"  %end = phi i64 {direct}[ %code, %fully ], [ %next, %resumed ]")
        end, steps = Value(64, "%end"), text.field("partial")
        text.set("inside", number(64, 0))
        breach = Value(0, text.call("i1", "@breach", [BOTH, steps.typed]))
        used = text.compare("ne", text.load(text.at(LOWER, FIELD["used"]), 64), number(64, 0))
        text.branch(text.or_(breach, used), "breach", "kept", RARE)
        self._leave(text, "breach", Code.BREACH)
        text.block("kept")
        text.call("void", "@save", [BOTH])
        text.call("void", "@advance", [f"ptr {FRAME}", steps.typed])
        for name in ("ran", "direct", "since"):
            self._add(text, FRAME, name, steps)
        text.lines.append(f"  %because = load i64, ptr {text.at(LOWER, FIELD['cause'])}")
        cases = f"i64 {int(Code.TRAP)}, label %single i64 {int(Code.SPIN)}, label %spun"
        over = f"i64 {int(Code.VIOLATION)}, label %over"
        text.emit(f"switch {end.typed}, label %scheduled [ {cases} {over} ]")
        self._leave(text, "over", end)
        text.block("scheduled")
        text.branch(text.compare("eq", text.field("ran"), LIMIT), "due", "again")
        text.block("due")
        due = text.field("due")
        self._count(text, due, number(64, NOTHING), *self._here(text))
        self._return(text, number(64, Code.LIMIT))

    def _alone(self, text: Body, alone: Alone) -> None:
        """Let this machine run by itself, until it may run on the one below, or traps, or asks something."""
        text.block("alone")
        code, ran, waited = alone.run(text, text.sub(LIMIT, text.field("ran")))
        for name, steps in (("ran", ran), ("since", ran), ("interpreted", text.sub(ran, waited))):
            self._add(text, FRAME, name, steps)
        stopped = f"i64 {int(Code.LIMIT)}, label %stopped i64 {int(Code.HALT)}, label %stopped"
        text.emit(f"switch {code.typed}, label %alone.left [ {stopped} i64 {int(Code.TRAP)}, label %single ]")
        text.block("stopped")
        text.branch(alone.may_not(text), "alone.still", "alone.over")
        text.block("alone.over")
        self._count(text, number(64, Outcome.OVER), number(64, NOTHING), *self._here(text))
        text.jump("on")
        text.block("alone.still")
        self._moded(text)
        text.jump("on")
        text.block("on")
        text.branch(text.is_zero(code), "again", "alone.left", USUAL)
        self._leave(text, "alone.left", code)

    def _single(self, text: Body) -> None:
        """Take one step singly."""
        text.block("single")
        nothing = number(64, NOTHING).text
        causes = [(nothing, "alone")] if self.alone is not None else []
        if self.layer.direct is not FALSE:
            causes += [(nothing, "below"), ("%because", "kept")]
        text.lines.append(f"  %cause = phi i64 {', '.join(f'[ {cause}, %{block} ]' for cause, block in causes)}")
        here = self._here(text)
        code = self._took(text, here[1])
        for usual, to in ((Code.LIMIT, "took"), (Code.TRAP, "trap")):
            other = text.label("other")
            text.branch(text.compare("eq", code, number(64, usual)), to, other)
            text.block(other)
        cases = f"i64 {int(Code.HALT)}, label %took i64 {int(Code.SPIN)}, label %waits"
        text.emit(f"switch {code.typed}, label %refused [ {cases} ]")
        text.block("refused")
        text.set("because", Value(64, "%cause"))
        self._return(text, code)
        text.block("took")
        for name in ("ran", "interpreted", "since"):
            self._add(text, FRAME, name, number(64, 1))
        self._count(text, number(64, Outcome.DONE), Value(64, "%cause"), *here)
        text.branch(text.is_zero(code), "happened", "halted", USUAL)
        self._leave(text, "halted", Code.HALT)
        self._trapped(text, here)
        self._waits(text, here)

    def _took(self, text: Body, place: Value) -> Value:
        """What a single step came to. Where neither prologue nor fetch traps, they need not be asked again."""
        due = self.exact.values(text).value(either(*(trap.guard for trap in self.isa.prologue.traps)))
        nowhere = text.compare("eq", place, number(64, NOTHING))
        text.branch(text.or_(due, nowhere), "traps", "takes", RARE)
        text.block("traps")
        trapped = Value(64, text.call("i64", text.address("single"), [f"ptr {FRAME}"]))
        text.jump("judged")
        text.block("takes")
        taken = Value(64, text.call("i64", text.address("take"), [f"ptr {FRAME}", place.typed]))
        text.jump("judged")
        text.block("judged")
        return text.phi(64, (trapped, "traps"), (taken, "takes"))

    def _waits(self, text: Body, here: tuple[Value, Value]) -> None:
        """The single step spins, or the machine below does, which has no device to wake it: so does this one, as long
        as nothing of its own is due."""
        text.block("spun")
        self._count(text, number(64, Outcome.SPUN), number(64, NOTHING), *self._here(text))
        text.jump("rest")
        text.block("waits")
        self._count(text, number(64, Outcome.WAITED), Value(64, "%cause"), *here)
        text.jump("rest")
        text.block("rest")
        rest = text.sub(LIMIT, text.field("ran"))
        waited = Value(64, text.call("i64", text.address("skip"), [f"ptr {FRAME}", rest.typed]))
        for name in ("ran", "since"):
            self._add(text, FRAME, name, waited)
        text.branch(text.is_zero(waited), "asleep", "again")
        self._leave(text, "asleep", Code.SPIN)

    def _trapped(self, text: Body, here: tuple[Value, Value]) -> None:
        """The single step trapped."""
        text.block("trap")
        self._add(text, FRAME, "interpreted", number(64, 1))
        site, what = text.field("site"), number(64, Outcome.TRAPPED)
        for (origin, _), serial in self.plan.sites.items():
            if origin is Origin.PROLOGUE:
                due = text.compare("eq", site, number(64, serial))
                what = text.select(due, number(64, Outcome.INTERRUPTED), what)
        self._count(text, what, text.field("cause"), *here)
        text.branch(text.is_zero(Value(64, "%deliver")), "refuse", "enter")
        self._leave(text, "refuse", Code.TRAP)
        text.block("enter")
        entered = Value(64, text.call("i64", text.address("enter"), [f"ptr {FRAME}"]))
        for name in ("ran", "trapped", "since"):
            self._add(text, FRAME, name, number(64, 1))
        self._entered(text)
        text.branch(text.is_zero(entered), "happened", "halted", USUAL)
        text.block("happened")
        text.branch(text.is_zero(text.field("rewritten")), "again", "stale", USUAL)
        self._leave(text, "stale", Code.REWRITTEN)

    def _leave(self, text: Body, label: str, code: Code | Value) -> None:
        text.block(label)
        self._return(text, code if isinstance(code, Value) else number(64, code))

    @staticmethod
    def _return(text: Body, code: Value) -> None:
        text.set("ended", code)
        text.emit(f"ret {code.typed}")

    @staticmethod
    def _add(text: Body, frame: str, name: str, steps: Value) -> None:
        _increase(text, text.at(frame, FIELD[name]), steps)

    # ---- exits

    def place(self) -> str:
        """`place(frame)`: where in storage the next step's word lies, NOTHING if its fetch would trap."""
        text, fetch = Body(), self.isa.fetch
        assert isinstance(fetch.word, Load)
        values = self.exact.values(text)
        refused = values.value(either(*(trap.guard for trap in fetch.traps)))
        index = text.zext(values.value(fetch.word.index), 64)
        text.emit(f"ret {text.select(refused, number(64, NOTHING), index).typed}")
        return text.define(f"define internal i64 @place(ptr {FRAME})")

    def _here(self, text: Body) -> tuple[Value, Value]:
        """The pc, and its place in storage."""
        pc = text.load(text.at(text.address("state"), self.plan.layout.slots[self.isa.pc].first), 64)
        return pc, Value(64, text.call("i64", "@place", [f"ptr {FRAME}"]))

    def _full(self, text: Body) -> Value:
        """Whether Python must take what was counted, before more is."""
        return text.compare("uge", text.field("known"), number(64, CAPACITY))

    def _entered(self, text: Body) -> None:
        """A trap has been delivered: for `isa.engines.native.told`."""

    def _moded(self, text: Body) -> None:
        """This machine has run alone, and may be in another mode."""

    def _count(self, text: Body, *kind: Value) -> None:
        text.call("void", "@count", [f"ptr {FRAME}", *(value.typed for value in kind)])

    def count(self) -> str:
        """`count(frame, what, cause, pc, place)`: count an exit; see `isa.engines.native.exits`. There is room."""
        text, kind = Body(), [Value(64, f"%{name}") for name in RECORD[:4]]
        index, records = text.address("index"), text.address("exits")
        what, cause, pc, place = kind
        mixed = text.add(pc, text.shl(place, number(64, 21)))
        mixed = text.add(mixed, text.shl(text.or_(text.shl(cause, number(64, 3)), what), number(64, 42)))
        first = text.lshr(text.mul(mixed, number(64, MIX)), number(64, 64 - (SLOTS.bit_length() - 1)))
        text.jump("probe")
        text.block("probe")
        text.lines.append(f"  %slot = phi i64 [ {first.text}, %entry ], [ %next, %other ]")
        at = text.at(index, Value(64, "%slot"), 16)
        serial = text.load(at, 16, 16)
        text.branch(text.is_zero(serial), "new", "look", RARE)
        text.block("look")
        text.lines.append(f"  %there = {_record(records, text.sub(text.zext(serial, 64), number(64, 1)), text)}")
        same = Value(0, "true")
        for field, value in enumerate(kind):
            same = text.and_(same, text.compare("eq", text.load(text.at("%there", field), 64), value))
        text.branch(same, "found", "other", USUAL)
        text.block("other")
        following = text.and_(text.add(Value(64, "%slot"), number(64, 1)), number(64, SLOTS - 1))
        text.lines.append(f"  %next = add {following.typed}, 0")
        text.jump("probe")
        self._new(text, records, at, kind)
        text.block("found")
        text.lines.append("  %record = phi ptr [ %there, %look ], [ %made, %new ]")
        for name, more in (("count", number(64, 1)), ("since", text.field("since"))):
            _increase(text, text.at("%record", RECORD.index(name)), more)
        text.set("since", number(64, 0))
        text.emit("ret void")
        arguments = ", ".join(value.typed for value in kind)
        return text.define(f"define internal void @count(ptr {FRAME}, {arguments})")

    @staticmethod
    def _new(text: Body, records: str, at: str, kind: list[Value]) -> None:
        text.block("new")
        known = text.field("known")
        text.lines.append(f"  %made = {_record(records, known, text)}")
        for field, value in enumerate([*kind, number(64, 0), number(64, 0)]):
            text.store(text.at("%made", field), value)
        more = text.add(known, number(64, 1))
        text.set("known", more)
        text.store(at, text.trunc(more, 16), 16)
        text.jump("found")


def layer_source(exact: Exact, layer: Layer, layered: type[Layered] = Layered) -> str:
    """The LLVM text. Its entry point is `layered`."""
    return "\n".join([*layered(exact, layer).functions(), DECLARATIONS, METADATA])


def _increase(text: Body, at: str, by: Value) -> None:
    text.store(at, text.add(text.load(at, 64), by))


def _record(records: str, serial: Value, text: Body) -> str:
    return f"getelementptr i64, ptr {records}, i64 {text.mul(serial, number(64, len(RECORD))).text}"
