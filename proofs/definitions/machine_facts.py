"""What a machine must have besides well-behaved instructions, each proved on its own.

The paper assumes a machine whose relocation contains, whose view is the same in both modes and whose traps keep the
old PSW; the classes of instructions say nothing of it. Nor do they of what every step does: its prologue and its fetch
are asked the exact question, and `proofs.definitions.assumptions` whether what the description assumes stays true. A timer that
loses a tick is worth knowing and harms no theorem: the virtual machine loses the same one.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import z3

from isa.description import Isa, Kind, Place, Role, State
from isa.ir.fold import slice_, zext
from isa.ir.nodes import TRUE, Behaviour, SetElement, TrapIf, Write
from isa.machine import least_storage
from isa.passes.normal import bits_read, bits_written
from isa.passes.partition import RELOCATION, arrays, named_parts, ordinary_bits, places
from proofs.definitions.access import HOLDS, Check, contained, silent, steady
from proofs.definitions.classification import Subject, subjects
from proofs.definitions.exact import FETCH, PROLOGUE, Exact
from proofs.definitions.pairs import in_mode, proper
from proofs.terms.solving import Answer, Found, asking, both, exists, opposite
from proofs.terms.symbolic import (
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    conjunction,
    disjunction,
    index_width,
    negation,
    once,
    perform,
    same,
)
from proofs.terms.words import number, place_name, state_words

CONTAINMENT = "containment"
STEADY_VIEW = "steady view"
REFUSALS = "refusals"
TRAP_ENTRY = "trap entry"
ASSUMPTIONS = "assumptions"
PROLOGUE_FACT = "prologue"
FETCH_FACT = "fetch"
TIMER = "timer"
EXACT_PREMISES = (PROLOGUE_FACT, FETCH_FACT, TRAP_ENTRY, ASSUMPTIONS)
PREMISES = (CONTAINMENT, STEADY_VIEW, REFUSALS, *EXACT_PREMISES)  # of the theorems by the letter

STATEMENTS = {
    CONTAINMENT: "every access that is admitted in user mode lies inside the window, without wrapping round",
    STEADY_VIEW: "an access is refused or admitted alike in both modes, and reaches the same place",
    REFUSALS: "which accesses are refused depends on address, relocation and size, and on nothing else",
    PROLOGUE_FACT: "what every step does before its instruction is the same under the monitor as bare",
    FETCH_FACT: "the word that is fetched under the monitor is the one that is fetched bare",
    TRAP_ENTRY: "what a supervisor must put back (pc, mode, relocation, registers) can be recovered after a trap",
    ASSUMPTIONS: "what is assumed can be, holds after reset, and is kept by every step, by traps and by the monitor",
    TIMER: "a tick that falls due while interrupts are disabled stays due until they are enabled",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about the machine. `where` names what breaks it, `detail` tells of a counterexample or why it holds.
    `user` is whether it holds of what a hybrid monitor runs directly, virtual user mode, where that was asked."""

    name: str
    holds: Found
    where: tuple[str, ...] = ()
    detail: str = ""
    user: Found | None = None

    @property
    def hybrid(self) -> Found:
        return self.holds if self.user is None else self.user

    @property
    def statement(self) -> str:
        return STATEMENTS[self.name]


def gathered(name: str, checks: dict[str, Check]) -> Fact:
    """One fact from a check of every part of the machine, by the part's name."""
    holds = both(*(c.holds for c in checks.values()))
    where = tuple(part for part, c in checks.items() if c.holds is not Found.YES)
    detail = "; ".join(f"{part}: {checks[part].detail}" for part in where[:3] if checks[part].detail)
    apart = any(c.user is not None for c in checks.values())
    user = both(*(c.holds if c.user is None else c.user for c in checks.values())) if apart else None
    return Fact(name, holds, where, detail, user)


def exact_fact(name: str, answer: Exact, shown: str) -> Fact:
    """A fact about what is part of every step, from the exact question."""
    where = () if answer.fails is Found.NO else ({PROLOGUE_FACT: PROLOGUE, FETCH_FACT: FETCH}[name],)
    return Fact(name, opposite(answer.fails), where, shown, opposite(answer.fails_user))


def fetching(isa: Isa) -> Subject:
    """The fetch as something to check: its traps, and the word put into the pc so that it counts as a result."""
    word, width = isa.fetch.word, isa.states[isa.pc].width
    seen = zext(word, width) if word.width < width else slice_(word, 0, width)
    return Subject(isa, "fetch", Behaviour(isa.fetch.traps, (Write(TRUE, isa.pc, 0, seen),)))


def fetch_contained(isa: Isa, timeout: float) -> Check:
    return contained(fetching(isa), timeout)


def fetch_steady(isa: Isa, timeout: float) -> Check:
    return steady(fetching(isa), timeout)


def fetch_silent(isa: Isa, timeout: float) -> Check:
    return silent(fetching(isa), timeout)


# ---- the trap entry


def trap_entry(isa: Isa, timeout: float) -> Fact:
    """For each part of what a supervisor must put back: two states that differ in it, and perhaps in other parts, never
    look the same after the same trap.

    That a trapping step does nothing else is a rule of the language. What is recovered may lie in a word of storage,
    in another register, or still in its place. What no program changes in user mode need not be recovered: who loaded
    it knows it.
    """
    parts = (p for p in kept_places(isa) if _touched(isa, p))
    checks = {place_name(isa, p): _recoverable(isa, p, timeout) for p in parts}
    checks |= {s.name: _cells_recoverable(isa, s, timeout) for s in _touched_files(isa)}
    return gathered(TRAP_ENTRY, checks)


def kept_places(isa: Isa) -> list[Place]:
    """The scalar places that a supervisor must be able to put back: mode, relocation and all ordinary state."""
    owned = places(isa, RELOCATION | {Role.MODE})
    runs = ((s, low, width) for s in isa.scalars() for low, width in ordinary_bits(s))
    return [*owned, *(part for run in runs for part in named_parts(*run))]


def _touched(isa: Isa, place: Place) -> bool:
    """Whether the trap entry writes it; what it leaves alone is still in its place."""
    return any((place.state, bit) in bits_written(isa.entry) for bit in range(place.low, place.low + place.width))


def _touched_files(isa: Isa) -> list[State]:
    written = {e.state for e in isa.entry.effects if isinstance(e, SetElement)}
    return [s for s in arrays(isa, ordinary=True) if s.name in written]


@lru_cache(maxsize=4)
def _another(isa: Isa) -> tuple[SymbolicState, SymbolicState]:
    """Two states that may differ in all that must be put back."""
    one = two = arbitrary(isa)
    for part in kept_places(isa):
        two = two.put(part, z3.BitVec(f"another_{part.state}_{part.low}", part.width))
    fresh = arbitrary(isa, "_another")
    files = {s.name: fresh.arrays[s.name] for s in _touched_files(isa)}
    return one, replace(two, arrays={**two.arrays, **files})


def _recoverable(isa: Isa, place: Place, timeout: float) -> Check:
    one, two = _another(isa)
    values = one.at(place), two.at(place)
    found = _lost(_collision(one, two, negation(same(*values)), timeout), one, values)
    psw = place in places(isa, RELOCATION | {Role.MODE, Role.PC})
    return found if psw or _changed_by_users(isa, place, timeout) else HOLDS


@asking("changes")
def _changed_by_users(isa: Isa, place: Place, timeout: float) -> bool:
    """Whether a step in user mode may change it, as far as can be shown."""
    mine = frozenset((place.state, bit) for bit in range(place.low, place.low + place.width))
    state = in_mode(arbitrary(isa), "user")

    def changes(what: Subject) -> bool:
        run = attempt(what.whole, state)
        asked = [proper(state), negation(run.trapped), negation(same(run.state.at(place), state.at(place)))]
        return exists(asked, timeout).found is not Found.NO

    return any(bits_written(what.whole) & mine and changes(what) for what in subjects(isa))


def _cells_recoverable(isa: Isa, file: State, timeout: float) -> Check:
    one, two = _another(isa)
    index = z3.BitVec("lost_cell", index_width(file.count))
    inside = z3.ULE(index, z3.BitVecVal(file.count - 1, index.size()))
    values = one.arrays[file.name].read(index), two.arrays[file.name].read(index)
    answer = _collision(one, two, conjunction(inside, negation(same(*values))), timeout)
    name = f"{file.name}[{number(answer.model, index)}] " if answer.model is not None else ""
    return _lost(answer, one, values, name)


@asking("lost")
def _collision(one: SymbolicState, two: SymbolicState, differ: Term, timeout: float) -> Answer:
    """Whether two states that differ look the same after the trap entry."""
    enough = z3.UGE(one.size, z3.BitVecVal(least_storage(one.isa), one.isa.word))
    return exists([proper(one), proper(two), enough, differ, *_alike(one, two)], timeout)


def _lost(answer: Answer, one: SymbolicState, values: tuple[Term, Term], name: str = "") -> Check:
    if answer.model is None:
        return Check(opposite(answer.found))
    a, b = (number(answer.model, value) for value in values)
    return _check(answer, one, f"{name}is lost: {a:#x} and {b:#x} look the same after a trap")


@once
def _alike(one: SymbolicState, two: SymbolicState) -> list[Term]:
    """Two states agree, after the trap entry, wherever it may have written and in every register."""
    isa = one.isa
    a, b = (perform(isa.entry, s) for s in (one, two))
    found = [same(a.scalars[s.name], b.scalars[s.name]) for s in isa.scalars()]
    found += [same(a.storage.read(at), b.storage.read(at)) for _, at, _ in (*a.storage.log, *b.storage.log)]
    for file in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        if a.arrays[file.name] is not b.arrays[file.name]:
            cells = [z3.BitVecVal(i, index_width(file.count)) for i in range(file.count)]
            found += [same(a.arrays[file.name].read(i), b.arrays[file.name].read(i)) for i in cells]
    return found


# ---- the timer


@asking("due")
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
