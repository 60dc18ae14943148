"""Values as plain data, and back: every part of them, told by name and number, in JSON.

The data are one list. An entry is a string, a number, a truth value or null; or else a list of the name of a kind and,
by their places in the list, the earlier entries it is made of. What is shared stays shared. No field is named here, so
that one which a class gains is kept too. Reading makes instances of the classes that a form names, and does nothing
else, whatever the data say. `isa.files.kept` keeps descriptions and images in this way.
"""

import json
from collections.abc import Callable
from enum import Enum
from typing import Any, Generic, TypeVar

from isa.classes import fields

T = TypeVar("T")


class Form(Generic[T]):
    """Data for values of the class `whole`, which are made of instances of `classes`: dataclasses and enumerations,
    none of them with a field that its constructor does not take, and lists; and besides of tuples, frozen sets,
    dictionaries and atoms."""

    def __init__(self, whole: type[T], *classes: type) -> None:
        self.whole = whole
        self.classes = frozenset({whole, *classes, tuple, frozenset, dict})
        self.makers: dict[str, Callable[..., Any]] = {c.__name__: c for c in (whole, *classes)}
        self.makers["list"] = lambda *parts: list(parts)
        self.makers["tuple"] = lambda *parts: parts
        self.makers["frozenset"] = lambda *parts: frozenset(parts)
        self.makers["dict"] = lambda *parts: dict(zip(parts[::2], parts[1::2], strict=True))

    def dump(self, value: T) -> bytes:
        """The value as data. Raises TypeError if it has a part of a kind that is not known."""
        numbers: dict[Any, int] = {}
        entries: list[Any] = []
        stack: list[tuple[Any, bool]] = [(value, False)]
        while stack:
            at, ready = stack.pop()
            key = _key(at)
            if key in numbers:
                continue
            parts = self._parts(at)
            if parts is not None and not ready:
                stack.append((at, True))
                stack += [(part, False) for part in reversed(parts)]
                continue
            numbers[key] = len(entries)
            entries.append(at if parts is None else [type(at).__name__, *(numbers[_key(p)] for p in parts)])
        return json.dumps(entries, separators=(",", ":")).encode()

    def parse(self, data: bytes) -> T:
        """The value that `dump` was given. Raises ValueError for anything that `dump` does not make."""
        made: list[Any] = []
        makers = self.makers
        try:
            for entry in json.loads(data):
                made.append(makers[entry[0]](*[made[n] for n in entry[1:]]) if type(entry) is list else entry)
        except (LookupError, TypeError, RecursionError) as error:
            raise ValueError(f"not such data: {error}") from None
        if not made or not isinstance(made[-1], self.whole):
            raise ValueError("not such data")
        return made[-1]

    def _parts(self, value: Any) -> list[Any] | None:
        """What a value is made of; None for an atom."""
        if _is_atom(value):
            return None
        if type(value) not in self.classes:
            raise TypeError(f"there is no form for {value!r:.60}")
        match value:
            case tuple() | list():
                return list(value)
            case frozenset():
                return sorted(value)
            case dict():
                return [part for item in value.items() for part in item]
            case Enum():
                return [value.value]
        return [getattr(value, f.name) for f in fields(value)]


def _is_atom(value: Any) -> bool:
    return isinstance(value, str | int | float | None) and not isinstance(value, Enum)


def _key(value: Any) -> Any:
    """What is one entry: equal atoms, and the same object."""
    return (type(value), value) if _is_atom(value) else id(value)
