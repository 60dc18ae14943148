"""What can be read and written: scalars and their bits, cells, words of storage, and what views return.

`Places` resolves a place, collecting the traps of views as it goes; `isa.language.expressions` reads through it and
`isa.language.statements` writes through it.
"""

from abc import ABC, abstractmethod

from isa.description import Kind, State
from isa.ir.fold import const, slice_, zext
from isa.ir.nodes import Element, Expr, Load, Read
from isa.language import syntax
from isa.language.inference import Find, Inference
from isa.language.inlining import CellPlace, Place, ScalarPlace, WordPlace, instantiate
from isa.language.report import Refused, refuse
from isa.language.scope import Scope
from isa.language.world import Type, World, unknown_name


class Places(ABC):
    """Resolution of places in one scope. `find` gives the template of a def or view, lowering it if need be."""

    def __init__(self, world: World, scope: Scope, find: Find) -> None:
        self.world = world
        self.scope = scope
        self.find = find
        self.inference = Inference(world, scope, find)

    @abstractmethod
    def lower(self, e: syntax.Expression, want: Type | None) -> Expr: ...

    def is_place(self, e: syntax.Expression) -> bool:
        """Whether `e` names a place, right or wrong in its details."""
        match e:
            case syntax.Name(name=name) | syntax.FieldOf(base=syntax.Name(name=name)):
                return self._is_state(name)
            case syntax.Index(base=syntax.Name(name=name)):
                return name not in self.scope.locals and name not in self.world.enums
            case syntax.Slice(base=syntax.Name(name=name)):
                return self._is_scalar(name)
            case _:
                return False

    def place(self, e: syntax.Expression) -> Place:
        """The place that `e` names. Raises Refused if it names none."""
        match e:
            case syntax.Name(name=name) if self._is_state(name):
                return self._whole(e, self.world.states[name])
            case syntax.FieldOf(base=syntax.Name(name=name)) if self._is_state(name):
                return self._field(e, self.world.states[name])
            case syntax.Index(base=syntax.Name(name=name)) if name not in self.scope.locals:
                return self._indexed(e, name)
            case syntax.Slice(base=syntax.Name(name=name)) if self._is_scalar(name):
                high, low = bit_range(e, self.world.states[name].width)
                self._use(name)
                return ScalarPlace(name, low, Type(high - low + 1))
            case _:
                raise self.no_place(e)

    def read(self, place: Place) -> Expr:
        match place:
            case ScalarPlace(state, low, type_):
                return slice_(Read(self.world.states[state].width, state), low, type_.width)
            case CellPlace(state, index, type_):
                return Element(type_.width, state, index)
            case WordPlace(index, type_):
                return Load(type_.width, index)

    def _is_state(self, name: str) -> bool:
        return name not in self.scope.locals and name in self.world.states

    def _is_scalar(self, name: str) -> bool:
        return self._is_state(name) and self.world.states[name].kind is Kind.SCALAR

    def _use(self, name: str) -> None:
        self.world.used.add(("state", name))

    def _whole(self, e: syntax.Name, state: State) -> Place:
        if state.kind is not Kind.SCALAR:
            help = f"name one of its words: `{state.name}[...]`"
            if state.kind is Kind.CHANNEL:
                help = f"use `recv({state.name}[...])` or `send({state.name}[...], value)`"
            raise refuse(e.span, f"`{state.name}` is not a single word", help)
        self._use(state.name)
        return ScalarPlace(state.name, 0, Type(state.width, state.enum))

    def _field(self, e: syntax.FieldOf, state: State) -> Place:
        field = next((f for f in state.fields if f.name == e.name), None)
        if field is None:
            raise unknown_name(e.span, f"field of `{state.name}`", e.name, [f.name for f in state.fields])
        self._use(state.name)
        return ScalarPlace(state.name, field.low, Type(field.width, field.enum))

    def _indexed(self, e: syntax.Index, name: str) -> Place:
        state = self.world.states.get(name)
        if state is None:
            return self._through_view(e, name)
        type_ = Type(state.width, state.enum)
        match state.kind:
            case Kind.ARRAY:
                self._use(name)
                return CellPlace(name, self.cell_index(e, state), type_)
            case Kind.STORAGE:
                self._use(name)
                return WordPlace(self.lower(e.index, Type(self.world.word)), type_)
            case Kind.CHANNEL:
                help = f"use `recv({name}[...])` or `send({name}[...], value)`"
                raise refuse(e.span, f"`{name}` is a channel: it has no value of its own", help)
            case Kind.SCALAR:
                self._use(name)
                return ScalarPlace(name, bit_number(e.index, state.width), Type(1))

    def cell_index(self, e: syntax.Index, state: State) -> Expr:
        """The index of a cell or port, cut or extended to the bits that `state.count` needs."""
        bits = state.count.bit_length() - 1
        if isinstance(e.index, syntax.Number):
            if e.index.value >= state.count:
                what = "ports" if state.kind is Kind.CHANNEL else "cells"
                message = f"`{state.name}` has {state.count} {what}, so no number {e.index.value}"
                raise refuse(e.index.span, message, f"the last is {state.count - 1}")
            return const(bits, e.index.value)
        index = self.lower(e.index, None)
        if index.width == 0:
            raise refuse(e.index.span, "a truth value is not an index", "use `if c then 1 else 0`")
        return slice_(index, 0, bits) if index.width > bits else zext(index, bits)

    def _through_view(self, e: syntax.Index, name: str) -> Place:
        template = self.find(name, e.span)
        if template.place is None:
            raise refuse(e.span, f"`{name}` is a def: it is called with `(...)`", f"write `{name}(...)`")
        argument = self.lower(e.index, template.types[0])
        place = instantiate(template, [argument], e.span, self.scope, self.world).place
        assert place is not None
        return place

    def no_place(self, e: syntax.Expression) -> Refused:
        match e:
            case syntax.Name(name=name) if name in self.scope.locals:
                what = self.scope.locals[name].what
                return refuse(e.span, f"`{name}` is {what}: it cannot be written", "write a state")
            case syntax.Name(name=name) if self.world.members(name) or name in ("true", "false", "insn"):
                return refuse(e.span, f"`{name}` is a constant: it cannot be written", "write a state")
            case syntax.Name(name=name):
                return unknown_name(e.span, "state", name, self.world.states)
            case syntax.FieldOf(base=syntax.Name(name=name)) if name in self.world.enums:
                return refuse(e.span, "a member of an enum is a constant: it cannot be written", "write a state")
            case syntax.FieldOf(base=syntax.Name(name=name) as base):
                return self.no_place(base)
            case syntax.Slice() | syntax.Index():
                help = "write the whole: join its parts with `++`"
                return refuse(e.span, "bits can be written of a single word only, not of a cell", help)
            case _:
                return refuse(e.span, "this is not a place: it cannot be written", "write a state, or through a view")


def bit_number(e: syntax.Expression, width: int) -> int:
    """A bit given as a number. Raises Refused if it is no number or not below `width`."""
    if not isinstance(e, syntax.Number):
        help = "shift instead: `(a >>u n)[0]`"
        raise refuse(e.span, "bits are chosen by numbers, so that widths are known", help)
    if e.value >= width:
        raise refuse(e.span, f"there is no bit {e.value} in {Type(width)}", f"the highest is {width - 1}")
    return e.value


def bit_range(e: syntax.Slice, width: int) -> tuple[int, int]:
    """The high and low bit of a slice of `width` bits."""
    high, low = bit_number(e.high, width), bit_number(e.low, width)
    if high < low:
        raise refuse(e.span, f"`[{high}:{low}]` is empty: the high bit comes first", f"write `[{low}:{high}]`")
    return high, low
