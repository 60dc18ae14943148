"""`dataclasses`, as far as a first command needs them, without what the standard library's take at a start.

Those import a fifth of all that such a command loads, and compile six methods for each class, most of which nobody
ever calls. Here a method is compiled when it is called first. All else is the same: type checkers see the standard
library's, and its functions take these classes, and its classes may derive from them. From Python 3.14 on, where a
class has its annotations only when somebody asks, it is the standard library's.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 14):
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import replace as replace
else:
    _NONE = object()  # no default

    class Field:
        __slots__ = "compare", "default", "default_factory", "name", "repr", "type"

        def __init__(self, default, default_factory, repr, compare):
            self.default, self.default_factory, self.repr, self.compare = default, default_factory, repr, compare

        @property
        def optional(self):
            return self.default is not _NONE or self.default_factory is not _NONE

    def field(*, default=_NONE, default_factory=_NONE, repr=True, compare=True):
        return Field(default, default_factory, repr, compare)

    def fields(of):
        whole = of if isinstance(of, type) else type(of)
        if "__fields__" in whole.__dict__:
            return whole.__fields__
        from dataclasses import fields  # of a class of the standard library's, or one that derives from ours

        return fields(of)

    def replace(one, /, **changes):
        return type(one)(**{f.name: getattr(one, f.name) for f in fields(one)} | changes)

    def dataclass(whole=None, /, *, frozen=False, eq=True, repr=True, slots=False, weakref_slot=False):
        if whole is None:
            return lambda one: _made(one, frozen, eq, repr, slots, weakref_slot)
        return _made(whole, frozen, eq, repr, slots, weakref_slot)

    def _made(whole, frozen, eq, repr, slots, weakref_slot):
        found = {}
        for base in reversed(whole.__mro__[1:]):
            found |= {f.name: f for f in base.__dict__.get("__fields__", ())}
        own = dict(whole.__dict__)
        for name, kind in own.get("__annotations__", {}).items():
            given = own.pop(name, _NONE)
            one = found[name] = given if isinstance(given, Field) else field(default=given)
            one.name, one.type = name, kind
        several = tuple(found.values())
        added = {"__fields__": several, "__dataclass_fields__": _FIELDS, "__dataclass_params__": _PARAMS}
        added |= {"__match_args__": tuple(found), "_frozen": frozen}
        methods = ["__init__", *(["__repr__"] if repr else []), *(["__eq__"] if eq else [])]
        if eq:
            methods += ["__hash__"] if frozen else []
            added["__hash__"] = None  # as Python has it for those that can change
        if frozen:
            added |= {"__setattr__": _refuse, "__delattr__": _refuse}
        added |= {name: _later(name) for name in methods}
        if frozen and slots:
            added |= {"__getstate__": _state, "__setstate__": _restore}
        added = {name: value for name, value in added.items() if name not in own or own[name] is None}
        if not slots:
            for name, value in added.items():
                setattr(whole, name, value)
            for f in several:
                if f.default is _NONE and f.name in whole.__dict__:
                    delattr(whole, f.name)  # a factory is no value
                elif f.default is not _NONE:
                    setattr(whole, f.name, f.default)
            return whole
        inherited = {name for base in whole.__mro__[1:-1] for name in _slots(base)}
        names = [*found, *(["__weakref__"] if weakref_slot else [])]
        for name in ("__dict__", "__weakref__"):
            own.pop(name, None)
        own["__slots__"] = tuple(name for name in names if name not in inherited)
        own["__qualname__"] = whole.__qualname__
        return type(whole)(whole.__name__, whole.__bases__, own | added)

    def _slots(base):
        named = base.__dict__.get("__slots__", ())
        return (named,) if isinstance(named, str) else named

    def _later(name):
        """A method that is written for the class that has it when it is called first."""

        def method(self, *arguments, **named):
            owner = next(one for one in type(self).__mro__ if one.__dict__.get(name) is method)
            written = _written(owner, name)
            setattr(owner, name, written)
            return written(self, *arguments, **named)

        method.__name__ = name
        return method

    def _written(owner, name):
        several = owner.__fields__
        space = {"_set": object.__setattr__, "_none": _NONE}
        if name == "__init__":
            head, lines = ["self"], []
            for f in several:
                space |= {f"_default_{f.name}": f.default, f"_made_{f.name}": f.default_factory}
                made = f.default_factory is not _NONE
                head.append(f.name + ("=_none" if made else f"=_default_{f.name}" if f.optional else ""))
                value = f"_made_{f.name}() if {f.name} is _none else {f.name}" if made else f.name
                lines.append(f"_set(self, {f.name!r}, {value})" if owner._frozen else f"self.{f.name} = {value}")
            text = f"def __init__({', '.join(head)}):\n " + "\n ".join(lines or ["pass"])
        elif name == "__repr__":
            shown = ", ".join(f"{f.name}={{self.{f.name}!r}}" for f in several if f.repr)
            text = f"def __repr__(self):\n return f'{{self.__class__.__qualname__}}({shown})'"
        else:
            mine, its = (f"({''.join(f'{one}.{f.name},' for f in several if f.compare)})" for one in ("self", "other"))
            if name == "__hash__":
                text = f"def __hash__(self):\n return hash({mine})"
            else:
                text = "def __eq__(self, other):\n if other.__class__ is self.__class__:\n"
                text += f"  return {mine} == {its}\n return NotImplemented"
        exec(text, space)
        space[name].__qualname__ = f"{owner.__qualname__}.{name}"
        return space[name]

    def _refuse(self, name, value=_NONE):
        if "__fields__" in type(self).__dict__ or any(f.name == name for f in fields(self)):
            from dataclasses import FrozenInstanceError

            raise FrozenInstanceError(f"cannot {'delete' if value is _NONE else 'assign to'} field {name!r}")
        object.__delattr__(self, name) if value is _NONE else object.__setattr__(self, name, value)

    def _state(self):
        return [getattr(self, f.name) for f in fields(self)]

    def _restore(self, state):
        for f, value in zip(fields(self), state, strict=True):
            object.__setattr__(self, f.name, value)

    class _Standard:
        """What the standard library asks a class for, made when it does."""

        def __init__(self, name):
            self.name = name

        def __get__(self, one, owner):
            import dataclasses

            owner = next(base for base in owner.__mro__ if "__fields__" in base.__dict__)
            several = []
            for f in owner.__fields__:
                given = {"default": f.default, "default_factory": f.default_factory}
                given = {name: value for name, value in given.items() if value is not _NONE}
                several.append((f.name, f.type, dataclasses.field(repr=f.repr, compare=f.compare, **given)))
            same = dataclasses.make_dataclass(owner.__name__, several, frozen=owner._frozen)
            for name in ("__dataclass_fields__", "__dataclass_params__"):
                setattr(owner, name, getattr(same, name))
            return getattr(owner, self.name)

    _FIELDS, _PARAMS = _Standard("__dataclass_fields__"), _Standard("__dataclass_params__")
