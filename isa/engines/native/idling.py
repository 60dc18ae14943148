"""`idle`: what native code does where a step would come back to itself and change nothing but time.

    i64 idle(ptr frame, i64 most)

lets as many steps pass as surely come to nothing: `most` of them, or fewer if the step would do something else before,
or the prologue would trap. It tells how many, which is 0 if that is not for native code to decide: nothing but a device
of Python's can end the wait and none is due, or somebody looks at single steps. `Machine.skip` says the same in Python.

The time law gives both halves: its horizon, the step's own condition joined to it, and what the steps do to counters.
"""

from isa.description import Instruction
from isa.engines.native.exact import FRAME, Body, Exact
from isa.engines.native.text import RARE, Value, number
from isa.ir.fold import negate
from isa.machine.time import COUNT_WIDTH, NEVER

MOST = Value(64, "%most")


def idle(exact: Exact) -> str:
    """The function's text, for the machine's own step."""
    text, spins = Body(), {n: i for n, i in enumerate(exact.plan.instructions, 1) if exact.plan.spins(i)}
    if spins:
        _wait(exact, text, spins)
    else:
        text.emit("ret i64 0")
    return text.define(f"define i64 @skip(ptr {FRAME}, {MOST.typed}) noinline")


def _wait(exact: Exact, text: Body, spins: dict[int, Instruction]) -> None:
    none, ready, known, wakes = (text.label(hint) for hint in ("none", "ready", "known", "wakes"))
    text.branch(text.is_zero(text.field("watched")), ready, none)
    text.block(none)
    text.emit("ret i64 0")
    text.block(ready)
    word = exact.value(text, exact.isa.fetch.word)
    labels = {serial: text.label("spins") for serial in spins}
    which = text.call("i32", "@decode", [word.typed])
    cases = " ".join(f"i32 {serial}, label %{label}" for serial, label in labels.items())
    text.emit(f"switch i32 {which}, label %{none} [ {cases} ]")
    horizons = []
    for serial, label in labels.items():
        text.block(label)
        horizons.append((_horizon(exact, text, spins[serial], word), label))
        text.jump(known)
    text.block(known)
    horizon = text.phi(COUNT_WIDTH, *horizons)
    never = text.compare("eq", horizon, number(COUNT_WIDTH, NEVER))
    text.branch(text.and_(never, text.is_zero(text.field("awaited"))), none, wakes, RARE)
    text.block(wakes)
    steps = text.select(text.compare("ult", horizon, MOST), horizon, MOST)
    text.call("void", "@advance", [f"ptr {FRAME}", steps.typed])
    text.set("skipped", text.add(text.field("skipped"), steps))
    text.emit(f"ret {steps.typed}")


def _horizon(exact: Exact, text: Body, instruction: Instruction, word: Value) -> Value:
    """After how many steps a spinning instruction would do something else, or the prologue would trap."""
    steps = exact.plan.steps
    condition = steps.spin_condition(instruction)
    assert steps.time is not None and condition is not None
    if not steps.time.moves(negate(condition)):
        return Value(COUNT_WIDTH, text.call("i64", "@horizon", [f"ptr {FRAME}"]))
    return exact.values(text, exact.operands(text, instruction, word)).value(steps.spin_horizon_value(instruction))
