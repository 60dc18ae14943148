"""The partition of the state: what is ordinary, what is relocation and mode, and what is a resource.

Every verdict depends on it (whether an interrupt mask is a resource decides whether reading it is sensitive), so the
monitor and the proofs take it from here, and reports print it. Popek and Goldberg's model has storage as its only
resource; the other resources extend it.
"""

from collections.abc import Iterator
from itertools import pairwise

from isa.description import Isa, Kind, Place, Role, State

ORDINARY = frozenset({None, Role.GENERAL, Role.PC, Role.CONTROL})
RELOCATION = frozenset({Role.BASE, Role.BOUND})
RESOURCES = frozenset({Role.TIMER, Role.ENABLE, Role.PENDING, Role.HALT, Role.RESOURCE})

Runs = list[tuple[int, int]]  # runs of bits of a scalar, each (low, width)


def ordinary_bits(state: State) -> Runs:
    """The bits of a scalar that belong to the program that runs: those of an ordinary role."""
    if state.role not in ORDINARY:
        return []
    runs, low = [], 0
    for start, width in sorted((f.low, f.width) for f in state.fields if f.role not in ORDINARY):
        if start > low:
            runs.append((low, start - low))
        low = start + width
    return [*runs, (low, state.width - low)] if low < state.width else runs


def named_parts(state: State, low: int, width: int) -> list[Place]:
    """A run of bits of a scalar, cut at the fields that have a name of their own."""
    edges = {low, low + width}
    for f in state.fields:
        edges |= {e for e in (f.low, f.low + f.width) if low < e < low + width}
    return [Place(state.name, a, b - a) for a, b in pairwise(sorted(edges))]


def owned_bits(state: State) -> Runs:
    """The other bits of a scalar: those that do not pass to whoever runs."""
    ends = [(0, 0), *ordinary_bits(state), (state.width, 0)]
    gaps = ((low + width, following - low - width) for (low, width), (following, _) in pairwise(ends))
    return [(low, width) for low, width in gaps if width]


def places(isa: Isa, roles: frozenset[Role]) -> Iterator[Place]:
    """The scalar places with one of these roles."""
    for role in Role:
        if role in roles:
            yield from (p for p in isa.roles[role] if isa.states[p.state].kind is Kind.SCALAR)


def arrays(isa: Isa, ordinary: bool) -> list[State]:
    """The register files of an ordinary role, or the others."""
    return [s for s in isa.states.values() if s.kind is Kind.ARRAY and (s.role in ORDINARY) == ordinary]
