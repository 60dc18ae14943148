"""A machine that runs alone where its layer does not let it run on the one below: for `isa.engines.native.layered`.

It has a frame of its own for that (`isa.engines.native.layers.Bare`), of the same state and storage, in which the bare
machine's code runs. That returns after whatever may have changed the answer; where the layer is `sudden`, after a step.
"""

from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.frame import FIELD
from isa.engines.native.layers import Layer
from isa.engines.native.text import Value, number
from isa.engines.native.values import Values


class Alone:
    """What is asked and done in one description under one layer."""

    def __init__(self, exact: Exact, layer: Layer) -> None:
        self.exact, self.layer = exact, layer

    def direct(self) -> str:
        """`direct(frame)`: whether the machine may run on the one below."""
        text = Body()
        state = text.address("state")
        where = {self.layer.upper + name: (state, slot.first) for name, slot in self.exact.plan.layout.slots.items()}
        text.emit(f"ret {Values(text, where, None, {}).value(self.layer.direct).typed}")
        return text.define(f"define internal i1 @direct(ptr {FRAME})")

    @staticmethod
    def may_not(text: Body) -> Value:
        return text.is_zero(Value(1, text.call("i1", "@direct", [f"ptr {FRAME}"])))

    def run(self, text: Body, left: Value) -> tuple[Value, Value, Value]:
        """Let it run alone for at most so many steps: why that ended (a `Code`), how many there were, and how many of
        them it only waited."""
        own = text.address("bare")
        run, waits = text.pointer(text.at(own, FIELD["run"])), text.at(own, FIELD["skipped"])
        before = text.load(waits, 64)
        most = number(64, 1) if self.layer.sudden else text.field("slice")
        steps = Value(64, text.call("i64", "@llvm.umin.i64", [left.typed, most.typed]))
        code = Value(64, text.call("i64", run, [f"ptr {own}", steps.typed, "i64 0"]))
        ran, taken = text.load(text.at(own, FIELD["ran"]), 64), text.at(own, FIELD["steps"])
        text.store(taken, text.add(text.load(taken, 64), ran))
        return code, ran, text.sub(text.load(waits, 64), before)
