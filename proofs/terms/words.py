"""A solver's model in words: which state it speaks of. Counterexamples of machine facts and verdicts are told so.

Only what a model decides is told; a value that it leaves open is taken as zero, which is as good as any.
"""

from collections.abc import Iterable
from typing import Any

import z3

from isa.description import Isa, Place, Role
from isa.passes.partition import places
from proofs.terms.symbolic import SymbolicState, Term

_STATUS = frozenset({Role.MODE, Role.BASE, Role.BOUND, Role.TIMER, Role.ENABLE, Role.PENDING})


def place_name(isa: Isa, place: Place) -> str:
    """`psw.mode`, `base`: as the description calls it; bits without a name as `psw[31:2]`."""
    state = isa.states[place.state]
    if place.width == state.width:
        return state.name
    named = next((f.name for f in state.fields if (f.low, f.width) == (place.low, place.width)), None)
    if named:
        return f"{state.name}.{named}"
    high = place.low + place.width - 1
    return f"{state.name}[{place.low}]" if place.width == 1 else f"{state.name}[{high}:{place.low}]"


def value_name(isa: Isa, place: Place, value: int) -> str:
    """A value as the description writes it: a member of an enum by name, else in hexadecimal."""
    state = isa.states[place.state]
    enums = [f.enum for f in state.fields if (f.low, f.width) == (place.low, place.width)]
    enum = enums[0] if enums else state.enum if place.width == state.width else None
    name = isa.enums[enum].name_of(value) if enum else None
    return name or (f"{value:#x}" if value > 9 else str(value))


def number(model: Any, term: Term) -> int:
    """The value of a term in a model; truth is 0 or 1."""
    value = model.eval(term, model_completion=True)
    return int(z3.is_true(value)) if z3.is_bool(value) else int(value.as_long())


def state_words(model: Any, state: SymbolicState, roles: Iterable[Role] = _STATUS) -> str:
    """`psw.mode = user, base = 0x400, ...`: the places of these roles, the pc, and the size of storage."""
    if model is None:  # the answer came without one
        return "a state that is not told"
    isa = state.isa
    shown = [isa.the(Role.PC), *places(isa, frozenset(roles))]
    parts = [f"{place_name(isa, p)} = {value_name(isa, p, number(model, state.at(p)))}" for p in shown]
    return ", ".join([*parts, f"storage of {number(model, state.size):#x} words"])
