"""Checked descriptions, kept, so that one that did not change is not checked again. See `isa.files.kept`."""

from collections.abc import Callable
from functools import cache
from weakref import WeakKeyDictionary

from isa import description as d
from isa import errors
from isa.files.flat import Form
from isa.files.kept import kept
from isa.ir import nodes as ir

KIND = "machines"
_origins: "WeakKeyDictionary[d.Isa, tuple[str, ...]]" = WeakKeyDictionary()


def checked(source: errors.Source, name: str | None, check: Callable[[], d.Isa]) -> d.Isa:
    """What `check` makes of the machine `name` of a text (its only one, if None), or has made of it before.

    Parents that are not in the text are shipped machines, and so part of the program. What is refused is not kept: it
    is refused anew each time. Raises what `check` raises.
    """
    texts = (source.name, source.text, *(() if name is None else (name,)))
    isa = kept(KIND, texts, form(), check)
    _origins[isa] = texts
    return isa


def origin(isa: d.Isa) -> tuple[str, ...] | None:
    """The texts that tell which machine this is, for those who keep what depends on it; None if it is not known."""
    return _origins.get(isa)


@cache
def form() -> Form[d.Isa]:
    """Descriptions as data."""
    return Form(
        d.Isa,
        *(d.Role, d.Kind, d.Enumeration, d.Field, d.State, d.Operand, d.Piece, d.Use, d.Instruction, d.Pseudo, d.Fetch),
        *(d.Assumption, errors.Source, errors.Span, ir.Origin, ir.Behaviour, ir.TrapIf, ir.Write, ir.SetElement),
        *(ir.Store, ir.Send, ir.Const, ir.Read, ir.Element, ir.Load, ir.Size, ir.Param, ir.Recv, ir.Unknown, ir.Apply),
    )
