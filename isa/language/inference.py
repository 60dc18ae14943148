"""The width an expression has of itself, before its context is asked. Literals and `unknown` have none.

`Inference.natural` answers None for what lowering will refuse. Next: `isa.language.expressions`.
"""

from collections.abc import Callable

from isa.description import Kind
from isa.errors import Span
from isa.language import syntax
from isa.language.inlining import Template
from isa.language.scope import Scope
from isa.language.spelling import BINARY, Shape
from isa.language.world import TRUTH, Type, World

Find = Callable[[str, Span], Template]  # the template of a def or view; raises Refused


class Inference:
    """Natural types in one scope. Answers are remembered per node, so asking at every level stays linear."""

    def __init__(self, world: World, scope: Scope, find: Find) -> None:
        self.world = world
        self.scope = scope
        self.find = find
        self._known: dict[int, tuple[syntax.Expression, Type | None]] = {}

    def natural(self, e: syntax.Expression) -> Type | None:
        """The type of `e` by itself, or None if only a context can give it one."""
        if id(e) not in self._known:
            self._known[id(e)] = (e, self._find(e))  # the node is kept, so that its id stays its own
        return self._known[id(e)][1]

    def _find(self, e: syntax.Expression) -> Type | None:
        match e:
            case syntax.Name():
                return self._name(e.name)
            case syntax.FieldOf():
                return self._field(e)
            case syntax.Index():
                return self._index(e)
            case syntax.Slice(high=syntax.Number(value=high), low=syntax.Number(value=low)):
                return Type(high - low + 1) if 0 <= high - low < 64 else None
            case syntax.Call():
                return self._call(e)
            case syntax.Unary():
                return TRUTH if e.operator == "!" else self._plain(self.natural(e.operand))
            case syntax.Binary():
                return self._binary(e)
            case syntax.If():
                return self.natural(e.then) or self.natural(e.otherwise)
            case _:
                return None

    def _name(self, name: str) -> Type | None:
        if name in self.scope.failed:
            return None
        if name in self.scope.locals:
            return self.scope.locals[name].type
        if name in ("true", "false"):
            return TRUTH
        if name == "insn":
            return Type(self.world.word)
        if name in self.world.states:
            state = self.world.states[name]
            return Type(state.width, state.enum)
        enums = self.world.members(name)
        return self.world.types[enums[0]] if len(enums) == 1 else None

    def _field(self, e: syntax.FieldOf) -> Type | None:
        if not isinstance(e.base, syntax.Name):
            return None
        if e.base.name in self.world.enums:
            return self.world.types[e.base.name]
        state = self.world.states.get(e.base.name)
        field = next((f for f in state.fields if f.name == e.name), None) if state else None
        return Type(field.width, field.enum) if field else None

    def _index(self, e: syntax.Index) -> Type | None:
        if isinstance(e.base, syntax.Name) and e.base.name not in self.scope.locals:
            name = e.base.name
            if ("view", name) in self.world.items:
                place = self.find(name, e.span).place
                return place.type if place else None
            state = self.world.states.get(name)
            if state and state.kind is not Kind.SCALAR:
                return Type(state.width, state.enum)
        return Type(1)

    def _call(self, e: syntax.Call) -> Type | None:
        match e.name, e.arguments:
            case (("zext" | "sext"), (_, syntax.Number(value=width))):
                return Type(width) if 1 <= width <= 64 else None
            case "size", _:
                return Type(self.world.word)
            case "recv", (syntax.Index(base=syntax.Name(name=name)),):
                state = self.world.states.get(name)
                return Type(state.width) if state else None
        if ("def", e.name) not in self.world.items:
            return None
        result = self.find(e.name, e.span).result
        return Type(result.width) if result is not None else None

    def _binary(self, e: syntax.Binary) -> Type | None:
        left, right = self.natural(e.left), self.natural(e.right)
        match BINARY[e.operator].shape:
            case Shape.SAME:
                return self._plain(left or right)
            case Shape.SHIFT:
                return self._plain(left)
            case Shape.COMPARE | Shape.LOGIC:
                return TRUTH
            case Shape.CONCAT:
                return Type(left.width + right.width) if left and right else None

    def _plain(self, type_: Type | None) -> Type | None:
        """What arithmetic makes of a type: the same bits, without names."""
        return type_ and Type(type_.width)
