"""What the virtual machine should be when a path ends: after no bare step or one, as many as the block counts.

The step is the description's own, on the guest's state when it left. What a monitor's routines of devices did, the
guest's devices did, before or behind it (`stated.py`).
"""

from dataclasses import dataclass, replace

import z3

from isa.ir.nodes import Behaviour
from isa.ir.operators import BOOL
from proofs.programs.asking import Questions
from proofs.programs.exits import Exit
from proofs.programs.guest import Guest
from proofs.programs.state import State
from proofs.programs.stated import stirred
from proofs.programs.values import lifted, lowered, plain
from proofs.terms.symbolic import (
    FALSE,
    TRUE,
    Attempt,
    Cells,
    Exchange,
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    attempt,
    chosen,
    conjunction,
    negation,
    perform,
)


@dataclass(frozen=True)
class Said:
    """What a step said to a channel: whether it did, over which port, and which word if it sent one."""

    when: Term
    port: Term
    word: Term | None

    @property
    def sent(self) -> bool:
        return self.word is not None


@dataclass(frozen=True)
class Expected:
    """The state, when a step was taken `uncalled` that nothing called for, and what the step `said` to a channel."""

    state: SymbolicState
    uncalled: Term
    said: Said | None


@dataclass(frozen=True)
class Stepping:
    """The steps of a guest that left so; `questions` are about the states in which it does."""

    guest: Guest
    exit: Exit
    questions: Questions

    def after(self, state: State, taken: Term) -> Expected:
        """The virtual machine after no step or one, with what its devices did on the way to a state. In front of an
        instruction they had nothing to do, or the real clock would have come first; what they do then, they do behind
        it."""
        isa, what, stirs = self.guest.isa, self.exit.what, state.stirs
        heard = self._hearing(state)
        now = heard if what else stirred(heard, stirs, lambda s: s.early)
        step = isa.step(what.behaviour) if what else Behaviour((*isa.prologue.traps, *isa.fetch.traps))
        tried = self._tried(now, step)
        entered = perform(isa.entry, now, {"cause": tried.cause, "info": tried.info})
        one = lifted(lowered(taken == 1), BOOL)
        either = merged(one, merged(tried.trapped, entered, tried.state, now), now, now)
        said = next((_said(x, one, tried.trapped) for x in tried.exchanges), None)
        if what:
            return Expected(stirred(either, stirs, lambda s: TRUE), FALSE, said)
        uncalled = conjunction(one, negation(tried.trapped))
        return Expected(stirred(either, stirs, lambda s: negation(s.early)), uncalled, said)

    def _hearing(self, state: State) -> SymbolicState:
        """The guest when it left, for whom a channel has the word that the block tells of."""
        at, isa = self.guest.monitor.at("VM_WORD"), self.guest.isa
        word = lifted(state.word(at), isa.storage.width)

        def heard(name: str) -> Cells:
            return lambda port: plain(z3.Extract(isa.states[name].width - 1, 0, word))

        return replace(self.exit.virtual, received={name: heard(name) for name in self.exit.virtual.received})

    def _tried(self, now: SymbolicState, step: Behaviour) -> Attempt:
        """A step, tried; without those of its traps that cannot be, since each is in every word that comes of it."""
        reading = Symbolic(now, self.exit.params)
        possible = tuple(t for t in step.traps if self.questions.possible(reading.value(t.guard)))
        return attempt(Behaviour(possible, step.effects), now, self.exit.params)


def merged(condition: Term, then: SymbolicState, otherwise: SymbolicState, before: SymbolicState) -> SymbolicState:
    """One state or the other; both came of `before`, whose storage they share."""
    known = plain(condition)
    if z3.is_true(known) or z3.is_false(known):
        return then if z3.is_true(known) else otherwise
    scalars = {n: chosen(condition, then.scalars[n], otherwise.scalars[n]) for n in then.scalars}
    arrays = {n: _either(condition, then.arrays[n], otherwise.arrays[n]) for n in then.arrays}
    if {then.storage.base, otherwise.storage.base} != {before.storage.base}:
        storage = _either(condition, then.storage, otherwise.storage)
        return replace(then, scalars=scalars, storage=storage, arrays=arrays)
    shared = len(before.storage.log)
    log = [(conjunction(condition, g), a, v) for g, a, v in then.storage.log[shared:]]
    log += [(conjunction(negation(condition), g), a, v) for g, a, v in otherwise.storage.log[shared:]]
    storage = Memory(before.storage.base, (*before.storage.log, *log))
    return replace(then, scalars=scalars, storage=storage, arrays=arrays)


def _either(condition: Term, then: Memory, otherwise: Memory) -> Memory:
    return then if then is otherwise else Memory(lambda at: chosen(condition, then.read(at), otherwise.read(at)))


def _said(exchange: Exchange, one: Term, trapped: Term) -> Said:
    return Said(plain(conjunction(one, negation(trapped), exchange.guard)), exchange.port, exchange.word)
