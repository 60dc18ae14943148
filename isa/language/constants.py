"""Constant expressions, as they stand in encodings: whole numbers, not bits, so that nothing wraps round."""

from collections.abc import Callable

from isa.language import limits, syntax
from isa.language.report import refuse
from isa.language.syntax import text_of
from isa.language.world import World, unknown_name

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "|": lambda a, b: a | b,
    "&": lambda a, b: a & b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << min(b, limits.WORD_BITS + 1),
}


def constant(e: syntax.Expression, world: World) -> int:
    """The value of a constant expression, from 0 to 2^64 - 1. Raises Refused."""
    value = _value(e, world)
    if value < 0:
        raise refuse(
            e.span, f"`{text_of(e.span)}` is {value}, below zero", "a constant of an encoding is never negative"
        )
    if value >> limits.WORD_BITS:
        raise refuse(e.span, f"`{text_of(e.span)}` needs more than {limits.WORD_BITS} bits", "make it smaller")
    return value


def _value(e: syntax.Expression, world: World) -> int:
    match e:
        case syntax.Number(value=value):
            return value
        case syntax.Name(name=name) if enums := world.members(name):
            if len(enums) > 1:
                choices = " or ".join(f"`{enum}.{name}`" for enum in enums)
                raise refuse(e.span, f"`{name}` is a member of several enums", f"write {choices}")
            return _member(e, enums[0], name, world)
        case syntax.FieldOf(base=syntax.Name(name=enum), name=name) if enum in world.enums:
            return _member(e, enum, name, world)
        case syntax.Binary(operator=operator, left=left, right=right) if operator in _OPERATORS:
            return _OPERATORS[operator](constant(left, world), constant(right, world))
    known = " ".join(_OPERATORS)
    raise refuse(
        e.span, f"`{text_of(e.span)}` is not a constant", f"use numbers, members of enums, and {known} between them"
    )


def _member(e: syntax.Expression, enum: str, name: str, world: World) -> int:
    members = world.enums[enum].members
    if name not in members:
        raise unknown_name(e.span, f"member of `{enum}`", name, members)
    world.used.add(("enum", enum))
    return members[name]
