"""Making records: a word of storage, decoded for threaded code, once for all who run it."""

from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import LONGEST
from isa.engines.native.plan import Handler
from isa.engines.native.text import Value, number
from isa.engines.native.values import Values
from isa.machine.storage import CODE, LINE_SHIFT, RECORD


class Records:
    """Writes `predecode(frame, index)` and `split(record)`."""

    def __init__(self, exact: Exact) -> None:
        self.exact, self.plan, self.isa = exact, exact.plan, exact.plan.isa

    def predecode(self) -> str:
        """`predecode(frame, index)`: make the record of a word of storage."""
        text, index, plan = Body(), Value(64, "%index"), self.plan
        word = text.load(text.at(text.address("cells"), index, plan.cell_bits), self.isa.word, plan.cell_bits)
        record = text.at(text.address("records"), text.mul(index, number(64, plan.record_bytes)), 8)
        line = text.at(text.address("lines"), text.lshr(index, number(64, LINE_SHIFT)), 8)
        text.store(line, text.or_(text.load(line, 8, 8), number(8, CODE)), 8)
        text.emit(f"atomicrmw or ptr {text.at(text.address('code'), index, 8)}, i8 {RECORD} seq_cst")
        which = Value(32, text.call("i32", "@decode", [word.typed]))
        numbers: dict[str, list[int]] = {}
        for serial, handler in enumerate(plan.handlers, 1):
            numbers.setdefault(handler.instruction.name, []).append(serial)
        labels = {name: text.label("make") for name in numbers}
        serials = {instruction.name: serial for serial, instruction in enumerate(plan.instructions, 1)}
        cases = " ".join(f"i32 {serials[name]}, label %{label}" for name, label in labels.items())
        text.emit(f"switch i32 {which.text}, label %unfit [ {cases} ]")
        for name, label in labels.items():
            text.block(label)
            self._record(text, record, word, [plan.handlers[n - 1] for n in numbers[name]], numbers[name])
        text.block("unfit")
        for serial, other in enumerate(plan.others[1:], len(plan.handlers) + 2):
            leave, on = text.label("leave"), text.label("on")
            text.branch(text.compare("eq", which, number(32, other)), leave, on)
            text.block(leave)
            text.store(record, number(16, serial), 16)
            text.emit("ret void")
            text.block(on)
        text.store(record, number(16, len(plan.handlers) + 1), 16)
        text.emit("ret void")
        return text.define(f"define internal void @predecode(ptr {FRAME}, i64 %index) noinline")

    def split(self) -> str:
        """`split(record)`: empty the records before this one that lead to the handler of a run, which may do its
        instruction as well."""
        text, plan = Body(), self.plan
        for before in range(1, LONGEST):
            earlier = text.at("%record", number(64, -before * plan.record_bytes), 8)
            which = text.load(earlier, 16, 16)
            run = text.compare("ugt", which, number(16, plan.marked))
            text.store(earlier, text.select(run, number(16, 0), which), 16)
        text.emit("ret void")
        return text.define("define internal void @split(ptr %record) noinline cold")

    def _record(self, text: Body, record: str, word: Value, handlers: list[Handler], numbers: list[int]) -> None:
        params = self.exact.operands(text, handlers[0].instruction, word)
        labels = {handler.when: text.label("choose") for handler in handlers}
        if handlers[0].choice is None:
            text.jump(labels[True])
        else:
            chosen = Values(text, {}, None, params).value(handlers[0].choice)
            text.branch(chosen, labels.get(True, "unfit"), labels.get(False, "unfit"))
        for handler, serial in zip(handlers, numbers, strict=True):
            text.block(labels[handler.when])
            self._operands(text, record, params, handler)
            text.store(record, number(16, serial), 16)
            text.emit("ret void")

    def _operands(self, text: Body, record: str, params: dict[str, Value], handler: Handler) -> None:
        for place in handler.operands:
            at = text.at(record, place.offset, 8)
            text.store(at, text.zext(params[place.name], 8 * place.bytes), 8 * place.bytes)
