"""Why there is no witness: which pieces of state a culprit needs to be in, and what sets them.

The exact question speaks of all states, and a guest reaches some. What a state must have that the state after reset has
not is found by asking: everything is held at its value after reset that can be, the dearest first, and what remains is
needed. Another such set may do without a piece of it; what no set does without is said to be needed always.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import z3

from isa.description import Isa, Kind, Role
from isa.ir.nodes import SetElement, Write
from isa.passes.partition import ORDINARY
from proofs.definitions.classification import UNASSIGNED
from proofs.terms.solving import LOGIC
from proofs.terms.symbolic import Memory, SymbolicState, Term, arbitrary, bits, same
from proofs.witness.chain import ImageWords, body_of, is_named
from proofs.witness.search import Search, placed


@dataclass(frozen=True)
class Need:
    """A piece of state that must have another value than after reset, for instance `value`; `state` is what it is a
    part of, and `setters` are the instructions that write that ("" for the trap entry). `always`: whatever the rest of
    the state is."""

    what: str
    state: str
    reset: int
    value: int
    setters: tuple[str, ...]
    always: bool

    def __str__(self) -> str:
        return f"{self.what} = {self.value:#x} instead of {self.reset:#x}"


class Unanswered(Exception):
    """The solver did not answer in time."""


def needs(search: Search, timeout: float) -> list[Need] | None:
    """What the culprit needs, a smallest set in the sense that none of it can be left out; None if there is no state at
    all in which a machine of this size would show it. `timeout` in seconds for each question; raises Unanswered."""
    isa, site = search.isa, search.site
    image = ImageWords(isa)
    free = replace(arbitrary(isa), storage=Memory(image), size=z3.BitVecVal(site.words, isa.word))
    word = z3.BitVec("word_of_culprit", isa.storage.width)
    before = placed(search.core, site, free)
    step = search.step(before, word)
    solver = z3.SolverFor(LOGIC)
    limit = max(int(timeout * 1000), 1)
    solver.set("timeout", limit)
    solver.add(*step.ran, is_named(isa, search.what.name, word), z3.Or(step.unlike, step.breaches))
    if not _possible(solver):
        return None
    reset, left = site.state(image, site.start), []
    alone = solver.translate(solver.ctx)
    alone.set("timeout", limit)
    for what, state, now, before in _things(isa, free, reset):
        if _possible(solver, same(now, before)):
            solver.add(same(now, before))
        else:
            left.append((what, state, now, before))
    for _, _, now, _ in left:
        if solver.check(now == 1) == z3.sat:
            solver.add(now == 1)
    _possible(solver)  # still, with all that was added
    model = solver.model()
    return [
        Need(
            what,
            state,
            before.as_long(),
            model.eval(now, model_completion=True).as_long(),
            _setters(search, state),
            not _possible(alone, same(now, before)),
        )
        for what, state, now, before in left
    ]


def _possible(solver: z3.Solver, *more: Term) -> bool:
    answer = solver.check(*more)
    if answer == z3.unknown:
        raise Unanswered
    return bool(answer == z3.sat)


def _things(isa: Isa, free: SymbolicState, reset: SymbolicState) -> Iterator[tuple[str, str, Term, Term]]:
    """Every piece of the state but the pc: (name, state, its term, its value after reset), the dearest first."""
    scalars = sorted(isa.scalars(), key=lambda s: s.role in ORDINARY)
    for state in (s for s in scalars if s.role is not Role.PC):
        named = [(f"{state.name}.{f.name}", f.low, f.width) for f in state.fields]
        for what, low, width in named or [(state.name, 0, state.width)]:
            now, before = (z3.simplify(bits(s.scalars[state.name], low, width)) for s in (free, reset))
            yield what, state.name, now, before
        if named:
            yield state.name, state.name, free.scalars[state.name], reset.scalars[state.name]
    for state in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        for i in range(state.count):
            index = z3.BitVecVal(i, max(1, (state.count - 1).bit_length()))
            now, before = (z3.simplify(s.arrays[state.name].read(index)) for s in (free, reset))
            yield f"{state.name}[{i}]", state.name, now, before


def _setters(search: Search, state: str) -> tuple[str, ...]:
    isa = search.isa
    names = [n for n in (*isa.instructions, UNASSIGNED) if n != search.what.name and n not in search.banned]
    found = [n for n in names if any(_writes(e, state) for e in body_of(isa, n).effects)]
    return (*found, *([""] if any(_writes(e, state) for e in isa.entry.effects) else []))


def _writes(effect: object, state: str) -> bool:
    return isinstance(effect, Write | SetElement) and effect.state == state
