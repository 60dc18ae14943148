"""Guests aimed at one cell of the coverage: made of the state that the solver finds, or found by trying."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import z3

from isa.description import Isa, Kind, Role, State
from isa.ir.nodes import Behaviour, Load
from isa.machine import Machine
from proofs.definitions.classification import subjects
from proofs.definitions.pairs import in_one_of, proper
from proofs.runs.generation import generator
from proofs.runs.guests import Guest
from proofs.runs.observing import FETCH, INTERRUPT, Cell, Observed
from proofs.terms.solving import Answer, exists
from proofs.terms.symbolic import (
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    conjunction,
    index_width,
    negation,
    same,
)

SHOTS, SHOT_STEPS = 60, 3  # guests tried for one cell, and how far each runs


def leads_to(isa: Isa, cell: Cell, timeout: float, size: int | None = None) -> Answer:
    """Ask for a state, in a machine of `size` words if that is given, that leads to a cell. `Found.NO` is the proof
    that there is none. `timeout` in seconds."""
    state = start(isa, cell)
    before = {INTERRUPT: (), FETCH: isa.prologue.traps}.get(cell.name, (*isa.prologue.traps, *isa.fetch.traps))
    quiet, run = attempt(Behaviour(before), state), attempt(behaviour(isa, cell.name), state)
    if cell.cause is None:
        ends = negation(run.trapped)
    else:
        ends = conjunction(run.trapped, same(run.cause, z3.BitVecVal(cell.cause, isa.cause_width)))
    sized = [] if size is None else [state.size == size]
    return exists([proper(state), *sized, *quiet.facts, *run.facts, negation(quiet.trapped), ends], timeout)


def start(isa: Isa, cell: Cell) -> SymbolicState:
    """An arbitrary state in the cell's mode."""
    return in_one_of(arbitrary(isa), (cell.mode,))


def behaviour(isa: Isa, name: str) -> Behaviour:
    """What a row of the table does and may trap with."""
    if name == FETCH:
        return Behaviour(isa.fetch.traps)
    if name == INTERRUPT:
        return Behaviour(isa.prologue.traps)
    return next(what.behaviour for what in subjects(isa) if what.name == name)


def aimed(isa: Isa, cell: Cell, timeout: float) -> int:
    """How many steps of guests aimed at a cell were in it."""
    seen: Counter[Cell] = Counter()
    for guest in _guests(isa, cell, timeout):
        machine = Machine(isa, guest.storage(), guest.ports(), guest.seed, lambda m: Observed(m, seen))
        guest.start(machine)
        machine.run(SHOT_STEPS)
        if seen[cell]:
            break
    return seen[cell]


def _guests(isa: Isa, cell: Cell, timeout: float) -> Iterator[Guest]:
    model = leads_to(isa, cell, timeout, generator(isa).size).model
    if model is not None:
        yield _modelled(isa, cell, model)
    for shot in range(SHOTS):
        yield _tried(isa, cell, Random(shot))


def _modelled(isa: Isa, cell: Cell, model: Any) -> Guest:
    """The guest whose first step is what the solver found."""
    state, size = start(isa, cell), generator(isa).size

    def value(term: Term) -> int:
        number: int = model.eval(term, model_completion=True).as_long()
        return number

    def file(array: State) -> list[int]:
        indices = (z3.BitVecVal(i, index_width(array.count)) for i in range(array.count))
        return [value(state.arrays[array.name].read(i)) for i in indices]

    words = {a: value(state.storage.read(z3.BitVecVal(a, isa.word))) for a in range(size)}
    if isinstance(isa.fetch.word, Load) and cell.name not in (FETCH, INTERRUPT):
        words[value(Symbolic(state).value(isa.fetch.word.index))] = _word(isa, cell.name, value)
    scalars: dict[str, int | list[int]] = {s.name: value(state.scalars[s.name]) for s in isa.scalars()}
    files = {s.name: file(s) for s in isa.states.values() if s.kind is Kind.ARRAY}
    return Guest(isa, words, {**scalars, **files}, size)


def _word(isa: Isa, name: str, value: Callable[[Term], int]) -> int:
    """The instruction with the operands of the model."""
    instruction = isa.instructions.get(name)
    if instruction is None:
        return generator(isa).word_of(Random(0), name) or 0
    operands = (use.deposit(value(z3.BitVec(f"operand_{use.name}", use.operand.width))) for use in instruction.uses)
    return instruction.match | sum(operands)


def _tried(isa: Isa, cell: Cell, random: Random) -> Guest:
    """A random guest that begins with this instruction in this mode."""
    make = generator(isa)
    guest, place = make.guest(random), isa.the(Role.MODE)
    word, old = make.word_of(random, cell.name), guest.state[place.state]
    assert isinstance(old, int)
    control = old & ~((1 << place.width) - 1 << place.low) | cell.mode << place.low
    words = guest.words if word is None else {**guest.words, guest.entry: word}
    return replace(guest, words=words, state={**guest.state, place.state: control})
