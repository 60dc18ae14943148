"""What goes wrong when an instruction runs directly, told from one state that the solver found.

The story of a culprit in one line; `proofs.witness.finding` makes a guest of it.
"""

from collections.abc import Iterator
from typing import Any

import z3

from isa.description import Isa, Kind, Place
from monitor.core import Core
from proofs.definitions.classification import Subject
from proofs.definitions.exact import Direct, counterexample, fetch_question
from proofs.definitions.mapping import mapped
from proofs.terms.solving import asking, exists
from proofs.terms.symbolic import SymbolicState, index_width
from proofs.terms.words import number, place_name, state_words, value_name


def exhibit(core: Core, what: Subject, timeout: float) -> str:
    """A state and what differs after one direct step from it, or nothing if the solver finds none."""
    step, answer = counterexample(core, what, timeout)
    if answer.model is None:
        return ""
    told = list(_told(core.isa, answer.model, step))
    return f"{'; '.join(told) or 'the results differ'}. From {state_words(answer.model, step.before.virtual)}"


@asking("exhibit")
def fetch_exhibit(core: Core, timeout: float) -> str:
    """A state in which the word fetched under the monitor is not the one fetched bare."""
    before = mapped(core)
    ran, _, unlike = fetch_question(before)
    answer = exists([*ran, unlike], timeout)
    if answer.model is None:
        return ""
    return f"bare and under the monitor another word is fetched. From {state_words(answer.model, before.virtual)}"


def _told(isa: Isa, model: Any, step: Direct) -> Iterator[str]:
    if number(model, step.bare.trapped):
        cause = isa.cause.name_of(number(model, step.bare.cause))
        yield f"bare it traps ({cause}), run directly it does not"
        return
    if any(number(model, x.guard) for x in step.bare.exchanges):
        yield "bare it speaks to a device, run directly it reaches none"
    for place, ours, theirs in _places(isa, step.seen, step.bare.state):
        a, b = number(model, ours), number(model, theirs)
        if a != b:
            bare, direct = value_name(isa, place, b), value_name(isa, place, a)
            yield f"{place_name(isa, place)} becomes {bare} bare, {direct} run directly"
    yield from _cells(isa, model, step)
    if number(model, step.storage_differs):
        yield f"word {number(model, z3.BitVec('word', isa.word)):#x} of storage differs"
    if number(model, step.untimely):
        yield "the next interrupt comes at another step"
    if number(model, step.breaches):
        yield "the audit finds something changed that is not the guest's, or the machine below was used"


def _places(isa: Isa, a: SymbolicState, b: SymbolicState) -> Iterator[tuple[Place, Any, Any]]:
    """Every part of every scalar: its fields, or the whole if it has none."""
    for state in isa.scalars():
        parts = [Place(state.name, f.low, f.width) for f in state.fields] or [Place(state.name, 0, state.width)]
        yield from ((p, a.at(p), b.at(p)) for p in parts)


def _cells(isa: Isa, model: Any, step: Direct) -> Iterator[str]:
    for file in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        index = z3.BitVec(f"cell_{file.name}", index_width(file.count))
        ours = number(model, step.seen.arrays[file.name].read(index))
        theirs = number(model, step.bare.state.arrays[file.name].read(index))
        if ours != theirs:
            yield f"{file.name}[{number(model, index)}] becomes {theirs:#x} bare, {ours:#x} run directly"
