"""The native reading of the IR: every expression becomes an operand of LLVM's IR, every effect a store.

As the Python reading does, it computes every value from the state before the step and writes afterwards. State lives
in 64-bit slots, storage in cells of 8, 16, 32 or 64 bits; where both are is what a subclass or `where` says.
"""

from collections.abc import Callable, Iterable, Mapping

from isa.classes import dataclass
from isa.engines.native.text import Text, Value, number
from isa.ir.nodes import TRUE, Apply, Behaviour, Effect, Element, Expr, Load, SetElement, Store, Write
from isa.ir.reading import Reading
from isa.machine.storage import cell_bytes
from isa.passes.normal import copied_cells

Where = Mapping[str, tuple[str, int]]  # state name to the pointer and the slot where it begins


@dataclass(frozen=True, slots=True)
class Memory:
    """Where storage is: operands for its first cell and its size in words, and the bits of one cell."""

    cells: str
    size: Value
    bits: int


def cell_bits(word: int) -> int:
    """The bits of the cell that holds a word of this width."""
    return 8 * cell_bytes(word)


class Values(Reading[Value]):
    """Expressions as operands. `inside` are storage indexes that are known to lie in storage."""

    def __init__(self, text: Text, where: Where, memory: Memory | None, params: Mapping[str, Value]) -> None:
        super().__init__()
        self.text, self.where, self.memory, self.params = text, where, memory, params
        self.inside: frozenset[Expr] = frozenset()

    # ---- the algebra

    def const(self, width: int, value: int) -> Value:
        return number(width, value)

    def apply(self, node: Apply, args: tuple[Value, ...]) -> Value:
        return self.text.apply(node.op, args, node.width, node.low)

    def read(self, state: str, width: int) -> Value:
        return self.text.load(self.slot(state), width)

    def element(self, state: str, index: Value, node: Element) -> Value:
        return self.text.load(self.slot(state, index), node.width)

    def load(self, index: Value, node: Load) -> Value:
        memory, text = self._memory, self.text
        wide = text.zext(index, 64)
        if node.index in self.inside:
            return text.load(text.at(memory.cells, wide, memory.bits), node.width, memory.bits)
        there = text.compare("ult", wide, memory.size)
        safe = text.select(there, wide, number(64, 0))
        word = text.load(text.at(memory.cells, safe, memory.bits), node.width, memory.bits)
        return text.select(there, word, number(node.width, 0))

    def size(self, width: int) -> Value:
        return self.text.resized(self._memory.size, width)

    def param(self, name: str, width: int) -> Value:
        return self.params[name]

    def recv(self, channel: str, index: Value, width: int) -> Value:
        raise AssertionError("a step that uses a channel was not left to Python")

    def unknown(self, serial: int, width: int) -> Value:
        raise AssertionError("a step that chooses an unknown value was not left to Python")

    # ---- places

    @property
    def _memory(self) -> Memory:
        assert self.memory is not None
        return self.memory

    def slot(self, state: str, index: Value | int = 0) -> str:
        """The address of a slot."""
        pointer, first = self.where[state]
        if isinstance(index, Value) and not index.text.isdigit():
            return self.text.at(self.text.at(pointer, first), index)
        return self.text.at(pointer, first + int(index.text if isinstance(index, Value) else index))

    # ---- effects

    def effects(self, effects: Iterable[Effect], store: Callable[[Value, Value], None]) -> None:
        """All of them: first every value from the state before the step, then the writes in order. Scalars must have
        been merged. `store(index, value)` writes a word of storage."""
        behaviour = Behaviour((), tuple(effects))
        copies = {t: c for t, c in copied_cells(behaviour).items() if c[1] > 1}
        rest = [e for e in behaviour.effects if not (isinstance(e, SetElement) and e.state in copies)]
        settled = [self._settled(e) for e in rest]
        for target, (source, count) in copies.items():
            operands = f"ptr {self.slot(target)}, ptr {self.slot(source)}, i64 {8 * count}, i1 false"
            self.text.emit(f"call void @llvm.memcpy.p0.p0.i64({operands})")
        for effect, (guard, index, value) in zip(rest, settled, strict=True):
            self._write(effect, guard, index, value, store)

    def _settled(self, effect: Effect) -> tuple[Value | None, Value, Value]:
        guard = None if effect.guard is TRUE else self.value(effect.guard)
        index = number(64, 0) if isinstance(effect, Write) else self.value(effect.index)
        return guard, index, self.value(effect.value)

    def _write(
        self, effect: Effect, guard: Value | None, index: Value, value: Value, store: Callable[[Value, Value], None]
    ) -> None:
        text = self.text
        match effect:
            case Write(_, state, _, _) | SetElement(_, state, _, _):
                place = self.slot(state, index)
                if guard is not None:
                    value = text.select(guard, value, text.load(place, value.width))
                text.store(place, value)
            case Store():
                if guard is None:
                    store(index, value)
                    return
                then, on = text.label("then"), text.label("on")
                text.branch(guard, then, on)
                text.block(then)
                store(index, value)
                text.jump(on)
                text.block(on)
            case _:
                raise AssertionError("a step that uses a channel was not left to Python")
