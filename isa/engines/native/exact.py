"""One step to the letter, in native code: prologue, fetch, decode, instruction; the trap entry; time; stores.

These are the functions that everything faster falls back on. Each is its IR, printed, as in
`isa.engines.reference.steps`.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from isa.description import Instruction
from isa.engines.native.frame import FIELD, HOISTED, MOST_REWRITTEN, Code
from isa.engines.native.plan import Plan
from isa.engines.native.polled import question, receive, send, statement
from isa.engines.native.text import RARE, USUAL, Text, Value, number
from isa.engines.native.values import Memory, Values
from isa.engines.reference.steps import parameters
from isa.ir.fold import both, either
from isa.ir.nodes import TRUE, Apply, Behaviour, Const, Expr, Load, TrapIf
from isa.machine.storage import CODE, DIRTY, LINE_SHIFT, REFERENCE, REGION
from isa.machine.time import COUNT_WIDTH, NEVER
from isa.passes.normal import merge

FRAME = "%frame"


class Body(Text):
    """A function that has a frame: what it loads from there, it loads where it is first asked for."""

    def field(self, name: str, width: int = 64) -> Value:
        """The value of a field now."""
        return self.load(self.at(FRAME, FIELD[name]), width)

    def address(self, name: str) -> str:
        """A field that holds an address."""
        return self.pointer(self.at(FRAME, FIELD[name]))

    def set(self, name: str, value: Value) -> None:
        self.store(self.at(FRAME, FIELD[name]), value)

    def hoisted(self, serial: int) -> str:
        """The address of a hoisted value."""
        return self.at(FRAME, HOISTED + serial)

    def give(self, code: Code) -> None:
        self.emit(f"ret i64 {int(code)}")


class Exact:
    """The functions of one description."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.isa = plan, plan.isa

    def functions(self) -> list[str]:
        """The text of all of them."""
        found = [self.decode(), self.touch(), self.put(), self.enter(), self.single(), self.take(), self.decoded()]
        found += [self.steps()] if self.plan.fast else []
        found += [self.unassigned()]
        found += [self.instruction(number) for number in range(len(self.plan.instructions))]
        time = self.plan.steps.time
        return [*found, self.advance(time.advance()), self.horizon()] if time is not None else found

    def values(self, text: Body, params: Mapping[str, Value] | None = None, state: str = "") -> Values:
        """The reading for one function: the state block, and storage as the frame has it."""
        state = state or text.address("state")
        where = {name: (state, slot.first) for name, slot in self.plan.layout.slots.items()}
        memory = Memory(text.address("cells"), text.field("size"), self.plan.cell_bits)
        values = Values(text, where, memory, params or {})
        values.inside = self.plan.always
        return values

    # ---- the step

    def single(self) -> str:
        """`single(frame)`: Code.LIMIT if the step happened, HALT if it happened and stopped the machine; TRAP, SPIN
        and ASK if it did not."""
        text = Body()
        values = self.values(text)
        for trap in (*self.isa.prologue.traps, *self.isa.fetch.traps):
            self.trap(text, values, trap)
        fetch = self.isa.fetch.word
        if isinstance(fetch, Load):
            index = text.zext(values.value(fetch.index), 64)
            code = text.call("i64", "@take", [f"ptr {FRAME}", index.typed], "tail call")
        else:
            code = text.call("i64", "@decoded", [f"ptr {FRAME}", values.value(fetch).typed], "tail call")
        text.emit(f"ret i64 {code}")
        return text.define(f"define i64 @single(ptr {FRAME}) noinline")

    def take(self) -> str:
        """`take(frame, index)`: as `single`, once prologue and fetch have let through a word of storage."""
        text, index, fetch = Body(), Value(64, "%index"), self.isa.fetch.word
        if isinstance(fetch, Load):
            values = self.values(text)
            word = values.load(index, fetch)
            if self.plan.fast:
                self._recorded(text, index, word, fetch.index in values.inside)
            text.emit(f"ret i64 {text.call('i64', '@decoded', [f'ptr {FRAME}', word.typed], 'tail call')}")
        else:
            text.give(Code.ASK)
        return text.define(f"define i64 @take(ptr {FRAME}, {index.typed}) noinline")

    def _recorded(self, text: Body, index: Value, word: Value, inside: bool) -> None:
        """Take the step that the record of a word names, if there is one. Where a fetch need not be `inside` storage,
        there may be neither a word nor a record."""
        on = text.label("on")
        if not inside:
            there = text.label("there")
            text.branch(text.compare("ult", index, text.field("size")), there, on, USUAL)
            text.block(there)
        record = text.at(text.address("records"), text.mul(index, number(64, self.plan.record_bytes)), 8)
        which = text.load(record, 16, 16)
        run = text.compare("ugt", which, number(16, self.plan.marked))
        step = text.pointer(text.at("@steps", text.select(run, number(16, 0), which)))
        known = text.label("known")
        text.branch(Value(0, text.named(f"icmp eq ptr {step}, null")), on, known, RARE)
        text.block(known)
        text.emit(f"ret i64 {text.call('i64', step, [f'ptr {FRAME}', word.typed], 'tail call')}")
        text.block(on)

    def steps(self) -> str:
        """The steps by the numbers that records have; nothing for a word that has no record, the mark of a
        breakpoint, or a run."""
        serials = {instruction.name: serial for serial, instruction in enumerate(self.plan.instructions)}
        names = [f"ptr @step.{serials[handler.instruction.name]}" for handler in self.plan.handlers]
        names += [f"ptr @step.{other - 1}" if other else "ptr @unassigned" for other in self.plan.others]
        found = ["ptr null", *names, "ptr null"]
        return f"@steps = internal constant [{len(found)} x ptr] [{', '.join(found)}]\n"

    def decoded(self) -> str:
        """`decoded(frame, word)`: as `single`, once prologue and fetch have let a word through."""
        text, word = Body(), Value(self.isa.word, "%word")
        text.lines.append(f"  %which = call i32 @decode({word.typed})")
        labels = [text.label("do") for _ in self.plan.instructions]
        none = text.label("none")
        cases = " ".join(f"i32 {i}, label %{label}" for i, label in enumerate(labels, 1))
        text.emit(f"switch i32 %which, label %{none} [ {cases} ]")
        for name, label in [("unassigned", none), *((f"step.{i}", label) for i, label in enumerate(labels))]:
            text.block(label)
            text.emit(f"ret i64 {text.call('i64', f'@{name}', [f'ptr {FRAME}', word.typed])}")
        return text.define(f"define internal i64 @decoded(ptr {FRAME}, {word.type} %word) noinline")

    def instruction(self, number: int) -> str:
        """`step.N(frame, word)`: one instruction, after prologue and fetch let it through."""
        text, instruction = Body(), self.plan.instructions[number]
        behaviour, inside = self.plan.step(instruction)
        word = Value(self.isa.word, "%word")
        values = self.values(text, self.operands(text, instruction, word))
        values.inside |= inside
        if self.plan.asks(behaviour):
            self._ask(text, values, behaviour)
        else:
            spin = self.plan.steps.spin_condition(instruction)
            if spin is not None:
                here, on = text.label("spin"), text.label("on")
                text.branch(values.value(spin), here, on, RARE)
                text.block(here)
                text.give(Code.SPIN)
                text.block(on)
            self._perform(text, values, behaviour)
        return text.define(f"define internal i64 @step.{number}(ptr {FRAME}, {word.type} %word) noinline")

    def unassigned(self) -> str:
        """`unassigned(frame, word)`: a word that is no instruction."""
        text, word = Body(), Value(self.isa.word, "%word")
        behaviour = Behaviour((), self.isa.prologue.effects).then(self.isa.unassigned)
        behaviour = merge(self.isa, behaviour)
        values = self.values(text, {"insn": word})
        if self.plan.asks(behaviour):
            self._ask(text, values, behaviour)
        else:
            self._perform(text, values, behaviour)
        return text.define(f"define internal i64 @unassigned(ptr {FRAME}, {word.type} %word) noinline")

    def enter(self) -> str:
        """`enter(frame)`: the trap entry, with cause and info from the frame; `entry` is the same, for the loop."""
        text, isa = Body(), self.isa
        params = {"cause": text.field("cause", isa.cause_width), "info": text.field("info", isa.info_width)}
        self._perform(text, self.values(text, params), merge(isa, isa.entry))
        entry = text.define(f"define internal i64 @entry(ptr {FRAME}) alwaysinline")
        text = Body()
        text.emit(f"ret i64 {text.call('i64', '@entry', [f'ptr {FRAME}'])}")
        return entry + text.define(f"define i64 @enter(ptr {FRAME}) noinline")

    def operands(self, text: Text, instruction: Instruction, word: Value) -> dict[str, Value]:
        """An instruction's operands, taken from its word."""
        found = {"insn": word}
        for use in instruction.uses:
            value = number(use.operand.width, 0)
            for piece in use.pieces:
                bits = text.lshr(word, number(word.width, piece.word_low))
                part = text.resized(text.trunc(bits, piece.width), use.operand.width)
                value = text.or_(value, text.shl(part, number(part.width, piece.operand_low)))
            found[use.name] = value
        missing = set(parameters(instruction)) - set(found)
        assert not missing
        return found

    def trap(self, text: Body, values: Values, trap: TrapIf) -> None:
        """Return with the trap if its guard holds."""
        here, on = text.label("trap"), text.label("on")
        if trap.guard is TRUE:
            text.jump(here)
        else:
            text.branch(values.value(trap.guard), here, on, RARE)
        known = dict(values.values)
        text.block(here)
        self.demand(text, trap, values.value(trap.info))
        text.give(Code.TRAP)
        values.values = known  # what was computed for the trap is not there where it was not taken
        text.block(on)

    def demand(self, text: Body, trap: TrapIf, info: Value) -> None:
        """Say which trap it is."""
        text.set("cause", number(64, trap.cause))
        text.set("info", text.zext(info, 64))
        text.set("site", number(64, self.plan.site(trap)))

    def _perform(self, text: Body, values: Values, behaviour: Behaviour) -> None:
        for trap in behaviour.traps:
            self.trap(text, values, trap)
        self._effects(text, values, behaviour)
        if self.plan.halts(behaviour):
            stopped = number(64, 0)
            for state, mask in self.plan.halting:
                stopped = text.or_(stopped, text.and_(text.load(values.slot(state), 64), number(64, mask)))
            code = text.select(text.is_zero(stopped), number(64, Code.LIMIT), number(64, Code.HALT))
            text.emit(f"ret {code.typed}")
        else:
            text.give(Code.LIMIT)

    def _ask(self, text: Body, values: Values, behaviour: Behaviour) -> None:
        """Leave the step to Python, unless it traps before it asks for anything, or asks for a word that is at hand, or
        says one that is merely stored."""
        first = list(takewhile(lambda trap: not self.plan.asks(Behaviour((trap,))), behaviour.traps))
        for trap in first:
            self.trap(text, values, trap)
        asked, said = question(behaviour), statement(behaviour)
        if (asked is not None or said is not None) and len(first) == len(behaviour.traps):
            ask, look = text.label("ask"), text.label("look")
            text.branch(text.is_zero(text.field("watched")), look, ask)
            text.block(look)
            if asked is not None:
                receive(text, values, asked, text.address("polls"), ask)
            elif said is not None:
                send(text, values, said, text.address("polls"), ask)
            self._perform(text, values, Behaviour((), tuple(e for e in behaviour.effects if e is not said)))
            text.block(ask)
        text.give(Code.ASK)

    # ---- decoding

    def decode(self) -> str:
        """`decode(word)`: which instruction it is, counted from 1; 0 for none."""
        text, word = Text(), Value(self.isa.word, "%word")
        groups: dict[int, dict[int, int]] = {}
        for serial, instruction in enumerate(self.plan.instructions, 1):
            groups.setdefault(instruction.mask, {})[instruction.match] = serial
        for mask, matches in groups.items():
            found, on = text.label("found"), text.label("on")
            masked = text.and_(word, number(word.width, mask))
            labels = {serial: text.label("is") for serial in matches.values()}
            cases = " ".join(f"{word.type} {match}, label %{labels[serial]}" for match, serial in matches.items())
            text.emit(f"switch {masked.typed}, label %{on} [ {cases} ]")
            for label in labels.values():
                text.block(label)
                text.jump(found)
            text.block(found)
            which = text.phi(32, *((number(32, serial), label) for serial, label in labels.items()))
            text.emit(f"ret {which.typed}")
            text.block(on)
        text.emit("ret i32 0")
        return text.define(f"define internal i32 @decode({word.type} %word)")

    # ---- stores

    def put(self) -> str:
        """`put(frame, index, word)`: write a word of storage, nothing outside; see `Storage.store`."""
        text, index, bits = Body(), Value(64, "%index"), self.plan.cell_bits
        there, out = text.label("there"), text.label("over")
        text.branch(text.compare("ult", index, text.field("size")), there, out)
        text.block(there)
        text.store(text.at(text.address("cells"), index, bits), Value(bits, "%word"), bits)
        self.note(text, text.address("lines"), index, out)
        text.block(out)
        text.emit("ret void")
        return text.define(f"define internal void @put(ptr {FRAME}, i64 %index, i{bits} %word) alwaysinline")

    def note(self, text: Body, lines: str, index: Value, on: str) -> None:
        """Keep the map of lines true after a store, and go to `on`."""
        line = text.at(lines, text.lshr(index, number(64, LINE_SHIFT)), 8)
        touch = text.label("touch")
        self.looked(text, line, [index], on, touch)
        text.block(touch)
        text.call("void", "@touch", [f"ptr {FRAME}", index.typed])
        text.jump(on)

    def touch(self) -> str:
        """`touch(frame, index)`: note a store into a line that was not simply dirty; see `Storage.touch`."""
        text, index = Body(), Value(64, "%index")
        line = text.at(text.address("lines"), text.lshr(index, number(64, LINE_SHIFT)), 8)
        text.emit(f"atomicrmw or ptr {line}, i8 {DIRTY} seq_cst")
        mark = text.at(text.address("code"), index, 8)
        was = text.made(8, f"atomicrmw xchg ptr {mark}, i8 0 seq_cst")
        out, code, told = text.label("over"), text.label("code"), text.label("told")
        text.branch(text.is_zero(was), out, code, "")
        text.block(code)
        record = text.at(text.address("records"), text.mul(index, number(64, self.plan.record_bytes)), 8)
        text.store(record, number(16, 0), 16)
        if self.plan.fast:
            text.call("void", "@split", [f"ptr {record}"])
        text.branch(text.is_zero(text.and_(was, number(8, REFERENCE | REGION))), out, told, "")
        text.block(told)
        count = text.field("rewritten")
        first = FIELD["rewritten"] + 1
        text.store(text.at(text.at(FRAME, first), text.and_(count, number(64, MOST_REWRITTEN - 1))), index)
        text.set("rewritten", text.add(count, number(64, 1)))
        text.jump(out)
        text.block(out)
        text.emit("ret void")
        return text.define(f"define void @touch(ptr {FRAME}, i64 %index) noinline cold")

    def _effects(self, text: Body, values: Values, behaviour: Behaviour) -> None:
        """All effects; lines of the map that several words lie in for sure are looked at once."""
        inside = {values.value(index).text for index in values.inside if isinstance(index, Const)}
        noted: dict[int, list[Value]] = {}
        cells = text.address("cells")

        def store(index: Value, value: Value) -> None:
            wide, word = text.zext(index, 64), text.zext(value, self.plan.cell_bits)
            if index.text.isdigit() and index.text in inside:
                text.store(text.at(cells, wide, word.width), word, word.width)
                noted.setdefault(int(index.text) >> LINE_SHIFT, []).append(number(64, int(index.text)))
            else:
                text.call("void", "@put", [f"ptr {FRAME}", wide.typed, word.typed])

        values.effects(behaviour.effects, store)
        for line, indexes in noted.items():
            on, touch = text.label("on"), text.label("touch")
            self.looked(text, text.at(text.address("lines"), line, 8), indexes, on, touch)
            text.block(touch)
            for index in indexes:
                text.call("void", "@touch", [f"ptr {FRAME}", index.typed])
            text.jump(on)
            text.block(on)

    def looked(self, text: Body, line: str, indexes: Sequence[Value], on: str, touch: str) -> None:
        """Look at a line's entry in the map after stores into it: go to `on` if nothing is to be noted."""
        mark, cold = text.load(line, 8, 8), text.label("line")
        text.branch(text.compare("ne", mark, number(8, DIRTY)), cold, on, RARE)
        text.block(cold)
        made = number(8, 0)
        for index in indexes:
            made = text.or_(made, text.load(text.at(text.address("code"), index, 8), 8, 8))
        known = text.compare("eq", mark, number(8, DIRTY | CODE))
        text.branch(text.and_(known, text.is_zero(made)), on, touch, USUAL)

    # ---- time

    def advance(self, law: Behaviour) -> str:
        """`advance(frame, steps)`: what so many untrapped steps do, by this law."""
        text = Body()
        values = self.values(text, {"steps": Value(64, "%steps")})
        values.effects(merge(self.isa, law).effects, lambda index, value: None)
        text.emit("ret void")
        return text.define(f"define internal void @advance(ptr {FRAME}, i64 %steps) alwaysinline")

    def horizon(self) -> str:
        """`horizon(frame)`: after how many untrapped steps the prologue would trap."""
        assert self.plan.steps.time is not None
        horizon = self.plan.steps.time.horizon()
        assert horizon is not None
        text = Body()
        values = self.values(text)
        soon, never = text.label("soon"), text.label("never")
        possible = either(*(both(*self._standing(t.guard)) for t in self.plan.steps.time.conditions))
        text.branch(values.value(possible), soon, never)
        text.block(never)
        text.emit(f"ret {number(COUNT_WIDTH, NEVER).typed}")
        text.block(soon)
        text.emit(f"ret {values.value(horizon).typed}")
        return text.define(f"define internal i64 @horizon(ptr {FRAME}) alwaysinline")

    def _standing(self, guard: Expr) -> Iterable[Expr]:
        """The conditions that a guard joins and time does not move: while one of them fails, it cannot come to hold."""
        time = self.plan.steps.time
        assert time is not None
        if isinstance(guard, Apply) and guard.op == "both":
            for part in guard.args:
                yield from self._standing(part)
        elif not time.moves(guard):
            yield guard

    def value(self, text: Body, expression: Expr) -> Value:
        return self.values(text).value(expression)
