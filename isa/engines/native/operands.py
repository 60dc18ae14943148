"""What a handler sees of the machine: its state, and in its record the operands of its instruction."""

from isa.engines.native.convention import IP, pc_of, record_at
from isa.engines.native.exact import Body
from isa.engines.native.plan import Handler, Plan
from isa.engines.native.text import Value, number
from isa.engines.native.values import Memory, Values


class Step(Body):
    """A handler's text. `ip` is the record of the instruction that is being written."""

    def __init__(self) -> None:
        super().__init__()
        self.ip = IP


class ThreadedValues(Values):
    """State in the block, operands in the record, the pc from where the record lies."""

    def __init__(self, text: Step, plan: Plan, handler: Handler) -> None:
        where = {name: ("%state", slot.first) for name, slot in plan.layout.slots.items()}
        super().__init__(text, where, Memory("%cells", number(64, 0), plan.cell_bits), {})
        self.body, self.plan = text, plan
        self.places = {o.name: o for o in handler.operands}
        self.inside = handler.inside

    @property
    def _memory(self) -> Memory:
        assert self.memory is not None
        return Memory(self.memory.cells, self.body.field("size"), self.memory.bits)

    def read(self, state: str, width: int) -> Value:
        ours = state == self.plan.isa.pc
        return pc_of(self.text, self.plan, self.body.ip, width) if ours else super().read(state, width)

    def param(self, name: str, width: int) -> Value:
        if name.startswith("hoisted "):
            return self.text.load(self.body.hoisted(int(name.removeprefix("hoisted "))), width)
        place = self.places[name]
        at = record_at(self.text, self.text.add(self.body.ip, number(64, place.offset)))
        return self.text.known(at, width, 8 * place.bytes)
