"""What goes wrong when an instruction runs directly, told from one state that the solver found.

The story of a culprit in one line, with everything that it depends on (`proofs.definitions.dependence`);
`proofs.witness.finding` makes a guest of it.
"""

from collections.abc import Iterator
from typing import Any

import z3

from isa.description import Isa, Kind, Place
from isa.ir.nodes import Behaviour, Expr
from monitor.core import Core
from proofs.definitions.classification import Subject
from proofs.definitions.dependence import (
    NONE,
    Difference,
    Exhibit,
    decisive,
    looked_at,
    operands,
    parts,
    place_value,
    plain_value,
    seen_through,
    size_value,
)
from proofs.definitions.exact import Direct, counterexample, fetch_question, shown
from proofs.definitions.mapping import Mapped, mapped
from proofs.terms.solving import asking
from proofs.terms.symbolic import Symbolic, index_width
from proofs.terms.words import number, place_name


def exhibit(core: Core, what: Subject, timeout: float) -> Exhibit:
    """A state and what differs after one direct step from it, with everything that decides it."""
    step, answer = counterexample(core, what, timeout)
    if answer.model is None:
        return NONE
    isa, model, before = core.isa, answer.model, step.before
    if number(model, step.bare.trapped):
        return _exhibit(model, before, what.step, (), (_trap(isa, model, step),))
    return _exhibit(model, before, what.step, tuple(_apart(isa, model, step)), tuple(_remarks(isa, model, step)))


@asking("exhibit")
def fetch_exhibit(core: Core, timeout: float) -> Exhibit:
    """A state in which the word fetched under the monitor is not the one fetched bare."""
    before = mapped(core)
    ran, _, unlike = fetch_question(before)
    model = shown(before, [*ran, unlike], timeout).model
    if model is None:
        return NONE
    fetch = core.isa.fetch
    bare, direct = (number(model, Symbolic(state).value(fetch.word)) for state in (before.virtual, before.real))
    remark = f"bare and under the monitor another word is fetched: {bare:#x} and {direct:#x}"
    return _exhibit(model, before, Behaviour(fetch.traps), (), (remark,), fetch.word)


def _exhibit(
    model: Any,
    before: Mapped,
    step: Behaviour,
    differences: tuple[Difference, ...],
    remarks: tuple[str, ...],
    *further: Expr,
) -> Exhibit:
    """With what the step looks at: in the virtual machine's state, and in the real one where that is another."""
    isa, virtual, real = before.core.isa, before.virtual, before.real
    read = (*step.expressions(), *further)
    shown = decisive(isa, read)
    ours = [place_value(isa, place, number(model, virtual.at(place))) for place in shown]
    cells = looked_at(model, read, Symbolic(virtual))
    changed = (difference.was for difference in differences)
    state = {value.name: value for value in (*ours, *cells, *changed, size_value(model, virtual))}
    return Exhibit(
        remarks,
        differences,
        operands(model, read, Symbolic(virtual)),
        tuple(state.values()),
        tuple(seen_through(model, shown, read, virtual, real)),
    )


def _trap(isa: Isa, model: Any, step: Direct) -> str:
    cause = isa.cause.name_of(number(model, step.bare.cause))
    return f"bare it traps ({cause}), run directly it does not"


def _remarks(isa: Isa, model: Any, step: Direct) -> Iterator[str]:
    """What is wrong besides values that differ."""
    if any(number(model, x.guard) for x in step.bare.exchanges):
        yield "bare it speaks to a device, run directly it reaches none"
    if number(model, step.untimely):
        yield "the next interrupt comes at another step"
    if number(model, step.breaches):
        places = [p for p in parts(isa) if _changed(model, step, p)] if number(model, step.intrudes) else []
        told = f" ({', '.join(place_name(isa, p) for p in places)} changed in the real machine)" if places else ""
        yield f"the audit finds something changed that is not the guest's, or the machine below was used{told}"


def _changed(model: Any, step: Direct, place: Place) -> bool:
    return number(model, step.before.real.at(place)) != number(model, step.real.state.at(place))


def _apart(isa: Isa, model: Any, step: Direct) -> Iterator[Difference]:
    """Every part of the state that differs."""
    states = step.before.virtual, step.bare.state, step.seen
    for place in parts(isa):
        was, bare, direct = (place_value(isa, place, number(model, state.at(place))) for state in states)
        if bare != direct:
            yield Difference(was, bare, direct)
    for file in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        index = z3.BitVec(f"cell_{file.name}", index_width(file.count))
        name, cells = f"{file.name}[{number(model, index)}]", (state.arrays[file.name] for state in states)
        was, bare, direct = (plain_value(name, number(model, memory.read(index))) for memory in cells)
        if bare != direct:
            yield Difference(was, bare, direct)
    if number(model, step.storage_differs):
        yield _word(isa, model, step)


def _word(isa: Isa, model: Any, step: Direct) -> Difference:
    """The word of storage that differs."""
    at, before = z3.BitVec("word", isa.word), step.before
    name = f"{isa.storage.name}[{number(model, at):#x}]"
    direct = step.real.state.storage.read(before.allocation.offset + at)
    terms = before.virtual.storage.read(at), step.bare.state.storage.read(at), direct
    return Difference(*(plain_value(name, number(model, term)) for term in terms))
