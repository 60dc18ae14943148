"""Two paths that have come to the same place become one: what differs in them becomes a choice.

Without this a program with ten choices in a row has a thousand paths. They are joined only where the program's control
state is the same and they told the channels the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import z3

from isa.description import Isa
from isa.machine.time import COUNT_WIDTH
from proofs.programs.running import either
from proofs.programs.state import State, Stir
from proofs.programs.values import Value, known, plain
from proofs.terms.symbolic import Memory, Term, chosen, conjunction


@dataclass
class Going:
    """A path that has not ended, and what is so on it."""

    state: State
    given: tuple[Term, ...] = ()


def joined(isa: Isa, one: Going, other: Going, apart: tuple[int, ...]) -> Going | None:
    """Both as one path, or nothing if they cannot be, or differ in one of the own words `apart`."""
    a, b = one.state, other.state
    moving = {s.name for s in isa.scalars() if not (known(a.scalars[s.name]) or known(b.scalars[s.name]))}
    if not all(_same(a.word(w), b.word(w)) for w in apart):
        return None
    if a.talked is not b.talked or any(
        not _same(a.scalars[s.name], b.scalars[s.name]) for s in isa.scalars() if s.name not in moving
    ):
        return None
    shared = next(
        (i for i, (c, d) in enumerate(zip(one.given, other.given, strict=False)) if not c.eq(d)),
        min(len(one.given), len(other.given)),
    )
    ours, theirs = conjunction(*one.given[shared:]), conjunction(*other.given[shared:])
    whole = plain(z3.Or(ours, theirs))
    given = one.given[:shared] if z3.is_true(whole) else (*one.given[:shared], whole)
    return Going(_state(isa, ours, theirs, a, b), given)


def _state(isa: Isa, ours: Term, theirs: Term, a: State, b: State) -> State:
    def choice(x: Value, y: Value, width: int) -> Value:
        return x if _same(x, y) else either(ours, x, y, width)

    after = a.copy()
    after.scalars = {s.name: choice(a.scalars[s.name], b.scalars[s.name], s.width) for s in isa.scalars()}
    for name, cells in a.files.items():
        width = isa.states[name].width
        after.files[name] = [choice(x, y, width) for x, y in zip(cells, b.files[name], strict=True)]
    for address in a.own.keys() | b.own.keys():
        after.own[address] = choice(a.word(address), b.word(address), isa.storage.width)
    after.written = {**b.written, **a.written}
    after.stirs = _stirs(ours, theirs, a.stirs, b.stirs)
    after.since = choice(a.since, b.since, COUNT_WIDTH)
    after.window = _window(ours, theirs, a.window, b.window)
    after.steps = max(a.steps, b.steps)
    return after


def _window(ours: Term, theirs: Term, a: Memory, b: Memory) -> Memory:
    """The log that they share, and then what each has written if it is its path."""
    if a is b:
        return a
    if a.base is not b.base:
        return Memory(lambda at: chosen(ours, a.read(at), b.read(at)))
    shared = _shared(a.log, b.log)
    log = list(a.log[:shared])
    log += [(conjunction(ours, guard), at, value) for guard, at, value in a.log[shared:]]
    log += [(conjunction(theirs, guard), at, value) for guard, at, value in b.log[shared:]]
    return Memory(a.base, tuple(log))


def _stirs(ours: Term, theirs: Term, a: tuple[Stir, ...], b: tuple[Stir, ...]) -> tuple[Stir, ...]:
    shared = _shared(a, b)
    mine = [replace(s, guard=conjunction(ours, s.guard)) for s in a[shared:]]
    return (*a[:shared], *mine, *(replace(s, guard=conjunction(theirs, s.guard)) for s in b[shared:]))


def _shared(a: Sequence[object], b: Sequence[object]) -> int:
    """How many items two sequences begin with in common."""
    pairs = list(zip(a, b, strict=False))
    return next((i for i, (x, y) in enumerate(pairs) if x is not y), len(pairs))


def _same(x: Value, y: Value) -> bool:
    if known(x) or known(y):
        return known(x) and known(y) and x == y
    return bool(x.eq(y))
