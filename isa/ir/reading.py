"""A reading of the IR: one walker, and the small algebra a backend fills in.

A backend says what a constant, an operator, a read and so on are in its world; `Reading.value` walks an expression
bottom-up, each node once. See `isa.engines.reference.source` for the Python reading, and `isa.engines.native.values`
for the native one.
"""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from isa.ir.nodes import Apply, Const, Element, Expr, Load, Param, Read, Recv, Size, Unknown, nodes

V = TypeVar("V")


class Reading(ABC, Generic[V]):
    """The meaning of expressions in one world. Subclasses know nothing of instructions."""

    def __init__(self) -> None:
        self.values: dict[Expr, V] = {}

    @abstractmethod
    def const(self, width: int, value: int) -> V: ...

    @abstractmethod
    def apply(self, node: Apply, args: tuple[V, ...]) -> V: ...

    @abstractmethod
    def read(self, state: str, width: int) -> V: ...

    @abstractmethod
    def element(self, state: str, index: V, node: Element) -> V: ...

    @abstractmethod
    def load(self, index: V, node: Load) -> V: ...

    @abstractmethod
    def size(self, width: int) -> V: ...

    @abstractmethod
    def param(self, name: str, width: int) -> V: ...

    @abstractmethod
    def recv(self, channel: str, index: V, width: int) -> V: ...

    @abstractmethod
    def unknown(self, serial: int, width: int) -> V: ...

    def made(self, node: Expr, value: V) -> V:
        """Called once for each node that was given a value; a backend may name the value here."""
        return value

    def value(self, root: Expr) -> V:
        """The value of an expression."""
        for node in nodes(root, known=self.values):
            self.values[node] = self.made(node, self._node(node))
        return self.values[root]

    def _node(self, node: Expr) -> V:
        values = self.values
        match node:
            case Const(width, value):
                return self.const(width, value)
            case Apply():
                return self.apply(node, tuple(values[a] for a in node.args))
            case Read(width, state):
                return self.read(state, width)
            case Element(_, state, index):
                return self.element(state, values[index], node)
            case Load(_, index):
                return self.load(values[index], node)
            case Size(width):
                return self.size(width)
            case Param(width, name):
                return self.param(name, width)
            case Recv(width, channel, index):
                return self.recv(channel, values[index], width)
            case Unknown(width, serial):
                return self.unknown(serial, width)
        raise TypeError(f"not an expression node: {node!r}")
