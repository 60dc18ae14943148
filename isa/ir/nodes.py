"""The intermediate representation: what a description means, typed, straight-line, with nothing left to inline.

Expressions are interned: equal structure is the same object, so `is`, `==` and `hash` are cheap and a DAG is a DAG.
Build them with `isa.ir.fold`, which folds constants. A `Behaviour` is guarded traps in program order, then guarded
effects in program order, all reading the state *before* the step; the first trap whose guard holds drops the effects.
Every backend is a walk over this; `isa.passes.validity` says what is well formed.
"""

import os
from _thread import RLock  # `threading` would take a millisecond to import
from collections.abc import Container, Iterator
from enum import Enum
from typing import Any
from weakref import WeakValueDictionary

from isa.classes import dataclass, fields
from isa.ir.operators import BOOL

_INTERNED: WeakValueDictionary[tuple[Any, ...], Any] = WeakValueDictionary()
_MAKING = RLock()  # two threads must not make one node twice
os.register_at_fork(before=_MAKING.acquire, after_in_parent=_MAKING.release, after_in_child=_MAKING.release)


class _Interned(type):
    """Calling a node class with fields that were seen before gives the node that was made then."""

    __match_args__: tuple[str, ...]

    def __call__(cls, *args: Any) -> Any:
        if len(args) < len(cls.__match_args__):  # what is left to a default is part of the key too
            args += tuple(f.default for f in fields(cls)[len(args) :])  # type: ignore[arg-type]
        key = (cls, *args)
        node = _INTERNED.get(key)
        if node is None:
            with _MAKING:
                node = _INTERNED.get(key)
                if node is None:
                    node = _INTERNED[key] = super().__call__(*args)
        return node


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Expr(metaclass=_Interned):
    """A value of `width` bits, or a truth value where `width` is `BOOL`."""

    width: int

    def operands(self) -> tuple["Expr", ...]:
        return ()


@dataclass(frozen=True, eq=False, slots=True)
class Const(Expr):
    """0 <= value < 2**width; a truth value is 0 or 1."""

    value: int


@dataclass(frozen=True, eq=False, slots=True)
class Read(Expr):
    """A scalar of the state, whole."""

    state: str


@dataclass(frozen=True, eq=False, slots=True)
class Element(Expr):
    """One cell of a register file; the index has exactly as many bits as the file needs."""

    state: str
    index: Expr

    def operands(self) -> tuple[Expr, ...]:
        return (self.index,)


@dataclass(frozen=True, eq=False, slots=True)
class Load(Expr):
    """A word of storage at an absolute index; zero outside storage."""

    index: Expr

    def operands(self) -> tuple[Expr, ...]:
        return (self.index,)


@dataclass(frozen=True, eq=False, slots=True)
class Size(Expr):
    """`size(storage)`: how many words of storage this machine has."""


@dataclass(frozen=True, eq=False, slots=True)
class Param(Expr):
    """A formal: an operand of the instruction, `insn`, `cause` and `info` of the trap entry, an argument of a traced
    function."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Recv(Expr):
    """The next word of a channel. Happens once, after every trap is known to be false; total."""

    channel: str
    index: Expr

    def operands(self) -> tuple[Expr, ...]:
        return (self.index,)


@dataclass(frozen=True, eq=False, slots=True)
class Unknown(Expr):
    """Any value at all; `serial` tells one unknown of a description from another."""

    serial: int


@dataclass(frozen=True, eq=False, slots=True)
class Apply(Expr):
    """An operator of `isa.ir.operators` on its operands; `low` is the low bit of a slice, else 0."""

    op: str
    args: tuple[Expr, ...]
    low: int = 0

    def operands(self) -> tuple[Expr, ...]:
        return self.args


TRUE, FALSE = Const(BOOL, 1), Const(BOOL, 0)


class Origin(Enum):
    """Where in a step a trap was raised."""

    PROLOGUE = "prologue"
    FETCH = "fetch"
    DECODE = "decode"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class TrapIf:
    """Demand the trap `cause` (a value of the cause enum) when `guard` holds. `view` names the view that raised it,
    or is empty; a trap raised inside a view is what the paper calls a memory trap."""

    guard: Expr
    cause: int
    info: Expr
    origin: Origin
    view: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """Bits [low, low + value.width) of a scalar."""

    guard: Expr
    state: str
    low: int
    value: Expr


@dataclass(frozen=True, slots=True)
class SetElement:
    """One cell of a register file."""

    guard: Expr
    state: str
    index: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Store:
    """A word of storage at an absolute index; nothing outside storage."""

    guard: Expr
    index: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Send:
    """A word sent to a channel."""

    guard: Expr
    channel: str
    index: Expr
    value: Expr


Effect = Write | SetElement | Store | Send


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a step, or a part of one, does."""

    traps: tuple[TrapIf, ...] = ()
    effects: tuple[Effect, ...] = ()

    def then(self, later: "Behaviour") -> "Behaviour":
        """Both in one atomic step: traps of `self` come first, effects of `later` win."""
        return Behaviour(self.traps + later.traps, self.effects + later.effects)

    def expressions(self) -> Iterator[Expr]:
        """Every expression that stands directly in a trap or an effect."""
        for item in (*self.traps, *self.effects):
            yield from (getattr(item, name) for name in _EXPRESSIONS[type(item)])


_EXPRESSIONS = {  # of a trap and of each effect, the fields that are expressions
    kind: tuple(f.name for f in fields(kind) if f.type is Expr) for kind in (TrapIf, Write, SetElement, Store, Send)
}


def nodes(*roots: Expr, known: Container[Expr] = ()) -> Iterator[Expr]:
    """Every node below the roots, once, operands before users; but those that are `known`, and what only they need."""
    seen: set[Expr] = set()
    stack: list[Any] = [*reversed(roots)]
    while stack:
        node = stack.pop()
        if node is None:  # the one below it has had its operands
            yield stack.pop()
        elif node not in seen and node not in known:
            seen.add(node)
            if operands := node.operands():
                stack += (node, None, *reversed(operands))
            else:
                yield node
