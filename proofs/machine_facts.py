"""What a machine must have besides well-behaved instructions, each proved on its own.

The paper assumes a machine whose relocation contains, whose view is the same in both modes and whose traps keep the
old PSW; the classes of instructions say nothing of it. `premises` are those that the theorems rest on. A timer that
loses a tick is worth knowing and harms no theorem: the virtual machine loses the same one.
"""

from dataclasses import dataclass

import z3

from isa.description import Isa, Kind, Place, Role
from isa.fold import slice_, zext
from isa.ir import TRUE, Behaviour, TrapIf, Write
from isa.machine import least_storage
from isa.normal import bits_read
from proofs.access import Check, contained, steady
from proofs.classification import Subject
from proofs.pairs import proper
from proofs.solving import Answer, Found, both, exists, opposite
from proofs.symbolic import (
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    disjunction,
    index_width,
    negation,
    perform,
    same,
)
from proofs.words import place_name, state_words

CONTAINMENT = "containment"
STEADY_VIEW = "steady view"
TRAP_ENTRY = "trap entry"
TIMER = "timer"
PREMISES = (CONTAINMENT, STEADY_VIEW, TRAP_ENTRY)
HYBRID_PREMISES = (CONTAINMENT, TRAP_ENTRY)  # what runs directly is in user mode on both sides: one view is enough

STATEMENTS = {
    CONTAINMENT: "every access that is admitted in user mode lies inside the window, without wrapping round",
    STEADY_VIEW: "an access is refused or admitted alike in both modes, and reaches the same place",
    TRAP_ENTRY: "the old PSW (pc, mode, control, relocation) can be recovered after a trap",
    TIMER: "a tick that falls due while interrupts are disabled stays due until they are enabled",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the machine. `where` names what breaks it, `detail` tells of a counterexample or why it holds."""

    name: str
    holds: Found
    where: tuple[str, ...] = ()
    detail: str = ""

    @property
    def statement(self) -> str:
        return STATEMENTS[self.name]


def gathered(name: str, checks: dict[str, Check]) -> Fact:
    """One fact from a check of every part of the machine, by the part's name."""
    holds = both(*(c.holds for c in checks.values()))
    where = tuple(part for part, c in checks.items() if c.holds is not Found.YES)
    detail = "; ".join(f"{part}: {checks[part].detail}" for part in where[:3] if checks[part].detail)
    return Fact(name, holds, where, detail)


def fetching(isa: Isa) -> Subject:
    """The fetch as something to check: its traps, and the word put into the pc so that it counts as a result."""
    word, width = isa.fetch.word, isa.states[isa.pc].width
    seen = zext(word, width) if word.width < width else slice_(word, 0, width)
    return Subject(isa, "fetch", Behaviour(isa.fetch.traps, (Write(TRUE, isa.pc, 0, seen),)))


def fetch_contained(isa: Isa, timeout: float) -> Check:
    return contained(fetching(isa), timeout)


def fetch_steady(isa: Isa, timeout: float) -> Check:
    return steady(fetching(isa), timeout)


# ---- the trap entry


def trap_entry(isa: Isa, timeout: float) -> Fact:
    """For each part of the PSW: two states that differ in it, and perhaps in its other parts, never look the same
    after the same trap.

    That a trapping step does nothing else is a rule of the language. What is recovered may lie in a word of storage,
    in another register, or still in its place.
    """
    checks = {place_name(isa, place): _recoverable(isa, place, timeout) for place in psw(isa)}
    return gathered(TRAP_ENTRY, checks)


def psw(isa: Isa) -> list[Place]:
    """The places of the program status word; a field within a control word counts with its word."""
    roles = (Role.PC, Role.CONTROL, Role.MODE, Role.BASE, Role.BOUND)
    found = [place for role in roles for place in isa.roles[role]]
    whole = {p.state for p in isa.roles[Role.CONTROL] if p.width == isa.states[p.state].width}
    return [p for p in found if p.state not in whole or p.width == isa.states[p.state].width]


def _recoverable(isa: Isa, place: Place, timeout: float) -> Check:
    one = two = arbitrary(isa)
    for part in psw(isa):
        two = two.put(part, z3.BitVec(f"another_{part.state}_{part.low}", part.width))
    after = [perform(isa.entry, s) for s in (one, two)]
    differ = negation(same(one.at(place), two.at(place)))
    enough = z3.UGE(one.size, z3.BitVecVal(least_storage(isa), isa.word))
    answer = exists([proper(one), proper(two), enough, differ, *_alike(*after)], timeout)
    return _check(answer, one, "is lost")


def _alike(a: SymbolicState, b: SymbolicState) -> list[Term]:
    """Two states agree wherever a trap entry may have written."""
    isa = a.isa
    found = [same(a.scalars[s.name], b.scalars[s.name]) for s in isa.scalars()]
    found += [same(a.storage.read(at), b.storage.read(at)) for _, at, _ in (*a.storage.log, *b.storage.log)]
    for file in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        if a.arrays[file.name].log:
            cells = [z3.BitVecVal(i, index_width(file.count)) for i in range(file.count)]
            found += [same(a.arrays[file.name].read(i), b.arrays[file.name].read(i)) for i in cells]
    return found


# ---- the timer


def timer(isa: Isa, timeout: float) -> Fact:
    """For each clock trap of the prologue: if it is due but nothing traps, it is due after the step as well.

    Due means that some setting of the interrupt enable would trap. By induction it stays due for any number of
    untrapped steps; `isa.machine.time` says what those do to the counters.
    """
    ticks = clock_traps(isa)
    if not ticks:
        return Fact(TIMER, Found.YES, (), "there is no clock trap")
    return gathered(TIMER, {isa.cause.name_of(t.cause) or str(t.cause): _stays_due(isa, t, timeout) for t in ticks})


def clock_traps(isa: Isa) -> list[TrapIf]:
    """The traps of the prologue that look at a timer."""
    mine = frozenset((p.state, b) for p in isa.roles[Role.TIMER] for b in range(p.low, p.low + p.width))
    return [t for t in isa.prologue.traps if bits_read([t.guard]) & mine]


def _stays_due(isa: Isa, tick: TrapIf, timeout: float) -> Check:
    before = arbitrary(isa)
    after = perform(Behaviour((), isa.prologue.effects), before)
    quiet = [negation(_holds(t, before)) for t in isa.prologue.traps]
    asked = [proper(before), _due(tick, before), *quiet, *(negation(d) for d in _dues(tick, after))]
    return _check(exists(asked, timeout), before, "is due, and no longer due after a step")


def _holds(trap: TrapIf, state: SymbolicState) -> Term:
    return Symbolic(state).value(trap.guard)


def _due(tick: TrapIf, state: SymbolicState) -> Term:
    return disjunction(*_dues(tick, state))


def _dues(tick: TrapIf, state: SymbolicState) -> list[Term]:
    """Whether the trap would be taken, for each setting of the interrupt enable."""
    states = [state]
    for place in state.isa.roles[Role.ENABLE]:
        settings = range(1 << place.width) if place.width <= 6 else (0, (1 << place.width) - 1)
        states = [s.put(place, z3.BitVecVal(v, place.width)) for s in states for v in settings]
    return [_holds(tick, s) for s in states[:64]]


def _check(answer: Answer, state: SymbolicState, said: str) -> Check:
    if answer.found is Found.YES:
        return Check(Found.NO, f"{said} ({state_words(answer.model, state)})")
    return Check(opposite(answer.found))
