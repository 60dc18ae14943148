"""A checked description as plain data, and back: every part of it, told by name and number, in JSON.

The data are one list. An entry is a string, a number, a truth value or null; or else a list of the name of a kind and,
by their places in the list, the earlier entries it is made of. What is shared stays shared. Nothing is listed here
field by field, so that a part which a description gains is kept too. `isa.checked` keeps descriptions in this form.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from typing import Any

from isa import description as d
from isa import errors, ir

_CLASSES: tuple[type, ...] = (
    *(d.Role, d.Kind, d.Enumeration, d.Field, d.State, d.Operand, d.Piece, d.Use, d.Instruction, d.Pseudo, d.Fetch),
    *(d.Assumption, d.Isa, errors.Source, errors.Span, ir.Origin, ir.Behaviour, ir.TrapIf, ir.Write, ir.SetElement),
    *(ir.Store, ir.Send, ir.Const, ir.Read, ir.Element, ir.Load, ir.Size, ir.Param, ir.Recv, ir.Unknown, ir.Apply),
)
_MAKERS: dict[str, Callable[..., Any]] = {
    "tuple": lambda *parts: parts,
    "frozenset": lambda *parts: frozenset(parts),
    "dict": lambda *parts: dict(zip(parts[::2], parts[1::2], strict=True)),
    **{made.__name__: made for made in _CLASSES},
}


def dump(isa: d.Isa) -> bytes:
    """The description as data. Raises TypeError if it has a part of a kind that is not known here."""
    numbers: dict[Any, int] = {}
    entries: list[Any] = []
    stack: list[tuple[Any, bool]] = [(isa, False)]
    while stack:
        value, ready = stack.pop()
        key = _key(value)
        if key in numbers:
            continue
        parts = _parts(value)
        if parts is not None and not ready:
            stack.append((value, True))
            stack += [(part, False) for part in reversed(parts)]
            continue
        numbers[key] = len(entries)
        entries.append(value if parts is None else [type(value).__name__, *(numbers[_key(p)] for p in parts)])
    return json.dumps(entries, separators=(",", ":")).encode()


def parse(data: bytes) -> d.Isa:
    """The description that `dump` was given. Raises ValueError for anything that `dump` does not make."""
    made: list[Any] = []
    try:
        for entry in json.loads(data):
            made.append(_MAKERS[entry[0]](*[made[n] for n in entry[1:]]) if type(entry) is list else entry)
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"not a description: {error}") from None
    if not made or not isinstance(made[-1], d.Isa):
        raise ValueError("not a description")
    return made[-1]


def _key(value: Any) -> Any:
    """What is one entry: equal atoms, and the same object."""
    return (type(value), value) if isinstance(value, str | int | None) else id(value)


def _parts(value: Any) -> list[Any] | None:
    """What a value is made of; None for an atom."""
    if isinstance(value, str | int | None):
        return None
    if type(value) not in _CLASSES and type(value) not in (tuple, frozenset, dict):
        raise TypeError(f"a description has no place for {value!r:.60}")
    match value:
        case tuple():
            return list(value)
        case frozenset():
            return sorted(value)
        case dict():
            return [part for item in value.items() for part in item]
        case Enum():
            return [value.value]
    return [getattr(value, f.name) for f in fields(value)]
