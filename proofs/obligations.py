"""What must be shown of the monitor: one list of obligations for a machine, over the IR that the monitor ships.

Let V be any state of a virtual machine with any legal allocation, and R the real state that `resume` makes of it, its
parked counters aged by any number of steps. Each obligation says that something cannot be; it is proved when the
solver finds no state. Together they are the one-step diagram of Popek and Goldberg's homomorphism: docs/theory.md
tells how. Nothing here repeats the monitor: `resume`, `save`, `breach`, `advance` and `horizon` are the functions that
engines run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import z3

from isa.description import Isa, Role
from isa.ir import Behaviour, Load, Store
from isa.machine.time import COUNT_WIDTH, NEVER, Time
from isa.partition import RESOURCES, places
from monitor.core import REAL, VIRTUAL, Core
from proofs.classification import Subject, subjects
from proofs.exact import Allocation, Mapped, mapped, paired, state_differs, unpaired
from proofs.pairs import in_guest_mode, is_guest_mode, proper
from proofs.symbolic import (
    Attempt,
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    conjunction,
    disjunction,
    negation,
    perform,
    same,
    sum_fact,
)


@dataclass(frozen=True)
class Obligation:
    """`theorem` names what it belongs to, `about` the instruction or case. It is proved if `hypotheses` and `refuted`
    cannot hold together; it says something only if the hypotheses alone can (`vacuous` expects that they cannot)."""

    theorem: str
    about: str
    hypotheses: tuple[Term, ...]
    refuted: Term
    vacuous: bool = False


THEOREMS = {
    "put-get": "saving what was just resumed gives the virtual state back, whatever it was",
    "get-put": "if the audit is silent, resuming what was saved gives the real state back: nothing else was changed",
    "quiet": "with its resources parked, the real machine's prologue never traps, however long it runs",
    "composition": "the composed relocation admits the same addresses, leads to the same words, and stays inside",
    "fetch": "a direct fetch that does not trap gives the word that the virtual machine would fetch",
    "direct": "a direct step without a real trap is the virtual machine's own step, seen through the map",
    "frame": "a direct step changes no word outside the allocation",
    "audit": "a direct step that does not trap never makes the audit fire, and uses no channel",
    "interpretation": "an interpreted step, trap entry included, changes no word outside the allocation",
    "efficiency": "a direct step of what is not privileged traps only if the virtual machine's own step does",
    "injection": "what a device does to the virtual machine's resources does not reach the real machine",
    "advance": "advance by n agrees with n untrapped steps, by induction on n",
    "horizon": "the horizon falls by one with each step, and is zero exactly when the prologue traps",
    "nesting": "two maps on top of each other are one map of a legal allocation",
}


MAP, TIME, NESTING = "(map)", "(time)", "(nesting)"


def topics(isa: Isa) -> list[str]:
    """What obligations are about: the map, time, nesting, and every instruction with the unassigned encodings."""
    return [MAP, TIME, NESTING, *(what.name for what in subjects(isa))]


def obligations(core: Core, time: Time, topic: str) -> Iterator[Obligation]:
    """The obligations of one topic. `core` and `time` may be mutants of the shipping ones."""
    if topic == MAP:
        yield from _map(core, time)
    elif topic == TIME:
        yield from _time(core.isa, time)
    elif topic == NESTING:
        yield from _nesting(core)
    else:
        yield from _step(core, time, next(s for s in subjects(core.isa) if s.name == topic))


# ---- the map


def _aged(core: Core, time: Time) -> tuple[Mapped, Term]:
    """Corresponding states, the real one after any number of quiet steps; and that number."""
    before, steps = mapped(core), z3.BitVec("aged", COUNT_WIDTH)
    return replace(before, real=perform(time.advance(), before.real, {"steps": steps})), steps


def saved(before: Mapped, real: SymbolicState) -> SymbolicState:
    """The virtual state that `save` makes of a real one."""
    both = perform(before.core.save, paired(before.virtual, real), before.allocation.params())
    return unpaired(both, before.virtual, VIRTUAL)


def audit(before: Mapped, real: SymbolicState, steps: Term) -> Term:
    """Whether the audit fires after so many steps."""
    params = {**before.allocation.params(), "steps": steps}
    return Symbolic(paired(before.virtual, real), params).value(before.core.breach)


def _map(core: Core, time: Time) -> Iterator[Obligation]:
    isa = core.isa
    before, steps = _aged(core, time)
    given = tuple(before.hypotheses)
    yield Obligation("put-get", "state", given, state_differs(saved(before, before.real), before.virtual))
    yield Obligation("put-get", "audit", given, audit(before, before.real, steps))
    yield Obligation("put-get", "mode", given, negation(is_guest_mode(before.real)))
    yield _audit_is_complete(core, time)
    quiet = attempt(Behaviour(isa.prologue.traps), before.real)
    yield Obligation("quiet", "prologue", given, quiet.trapped)
    yield from _composition(before, given)
    other = arbitrary(isa, "_other")
    moved = before.virtual
    for place in places(isa, RESOURCES):
        moved = moved.put(place, other.at(place))
    again = unpaired(perform(core.resume, paired(moved, before.real), before.allocation.params()), before.real, REAL)
    fresh = mapped(core)
    yield Obligation("injection", "resources", given, state_differs(again, fresh.real))


def _audit_is_complete(core: Core, time: Time) -> Obligation:
    """Whatever a direct run made of the real state: if it does not come out of a virtual state, the audit fires."""
    before, steps = _aged(core, time)
    after = _changed(before.real)
    virtual = saved(before, after)
    again = unpaired(perform(core.resume, paired(virtual, after), before.allocation.params()), after, REAL)
    expected = perform(time.advance(), again, {"steps": steps})
    given = (*before.hypotheses, negation(audit(before, after, steps)))
    return Obligation("get-put", "audit", given, state_differs(expected, after))


def _changed(state: SymbolicState) -> SymbolicState:
    """The state after changes to any of its registers: each is touched or not, so that samples meet both."""
    other = arbitrary(state.isa, "_after")

    def chosen(name: str, new: Term, old: Term) -> Term:
        return z3.If(z3.BitVec(f"touched_{name}", 1) == 1, new, old)

    def cells_of(name: str) -> Memory:
        return Memory(lambda at: chosen(name, other.arrays[name].read(at), state.arrays[name].read(at)))

    scalars = {name: chosen(name, other.scalars[name], old) for name, old in state.scalars.items()}
    return replace(state, scalars=scalars, arrays={name: cells_of(name) for name in state.arrays})


def _composition(before: Mapped, given: tuple[Term, ...]) -> Iterator[Obligation]:
    """About the machine's own view, as its fetch shows it at an arbitrary pc."""
    isa, allocation = before.core.isa, before.allocation
    word = isa.fetch.word
    assert isinstance(word, Load)  # admission checks it
    traps = Behaviour(isa.fetch.traps)
    virtual, real = attempt(traps, before.virtual), attempt(traps, before.real)
    ours, theirs = Symbolic(before.real).value(word.index), Symbolic(before.virtual).value(word.index)
    base = before.virtual.at(isa.the(Role.BASE))
    given = (*given, sum_fact(allocation.offset, base, allocation.whole))
    admitted = (*given, negation(real.trapped))
    yield Obligation("composition", "admits no more", admitted, virtual.trapped)
    yield Obligation("composition", "admits no less", (*given, negation(virtual.trapped)), real.trapped)
    yield Obligation("composition", "same word", admitted, negation(same(ours, allocation.offset + theirs)))
    outside = negation(z3.ULT(z3.simplify(ours - allocation.offset), allocation.size))
    yield Obligation("composition", "inside", admitted, outside)
    readings = Symbolic(before.real), Symbolic(before.virtual)
    ours, theirs = (reading.value(word) for reading in readings)
    facts = (fact for reading in readings for fact in reading.facts)
    yield Obligation("fetch", "word", (*admitted, *facts), disjunction(virtual.trapped, negation(same(ours, theirs))))


# ---- one step


def _step(core: Core, time: Time, what: Subject) -> Iterator[Obligation]:
    """The obligations about one instruction as a whole step: prologue, fetch and body."""
    isa = core.isa
    before, steps = _aged(core, time)
    whole = Behaviour(isa.prologue.traps, isa.prologue.effects).then(Behaviour(isa.fetch.traps)).then(what.behaviour)
    bare = attempt(whole, before.virtual)
    real = attempt(whole, before.real)
    due = attempt(Behaviour(isa.prologue.traps), before.virtual).trapped
    given = (*before.hypotheses, negation(due), *real.facts, *bare.facts)
    ran = (*given, negation(real.trapped))
    never = z3.is_true(z3.simplify(real.trapped))
    seen = perform(time.advance(), saved(before, real.state), {"steps": z3.BitVecVal(1, COUNT_WIDTH)})
    differs = disjunction(bare.trapped, state_differs(seen, bare.state), _storage_differs(before, real, bare))
    guarded = _runs_never(core, what)
    yield Obligation("direct", what.name, ran, differs, never or guarded)
    yield Obligation("frame", what.name, ran, _escapes(before, real), never or guarded)
    spoke = disjunction(*(x.guard for x in real.exchanges))
    fired = audit(before, real.state, steps + 1)
    counted = z3.ULT(steps, z3.BitVecVal(NEVER, COUNT_WIDTH))  # a run's length is a number, one more step included
    yield Obligation("audit", what.name, (*ran, counted), disjunction(fired, spoke), never or guarded)
    if not guarded:
        early = (*given, negation(bare.trapped), *_same_admission(before, real, bare))
        yield Obligation("efficiency", what.name, early, real.trapped, never)
    yield from _interpretation(before, what, bare)


def _same_admission(before: Mapped, *runs: Attempt) -> list[Term]:
    """The theorem "composition" for the pc and for every address that the step uses: proved on its own, used here."""
    isa = before.core.isa
    fetch = Behaviour(isa.fetch.traps)
    place = isa.the(Role.PC)
    addresses = [before.virtual.at(place), *(a for run in runs for a in run.addresses)]
    return [
        attempt(fetch, before.virtual.put(place, a)).trapped == attempt(fetch, before.real.put(place, a)).trapped
        for a in addresses
    ]


def _runs_never(core: Core, what: Subject) -> bool:
    """Whether the instruction traps in user mode whatever its operands: decided by the solver, quickly."""
    state = in_guest_mode(arbitrary(core.isa))
    solver = z3.SolverFor("QF_UFBV")
    solver.add(proper(state), negation(attempt(what.behaviour, state).trapped))
    return bool(solver.check() == z3.unsat)


def _storage_differs(before: Mapped, real: Attempt, bare: Attempt) -> Term:
    at = z3.BitVec("word", before.core.isa.word)
    ours, theirs = real.state.storage.read(before.allocation.offset + at), bare.state.storage.read(at)
    return conjunction(z3.ULT(at, before.allocation.size), negation(same(ours, theirs)))


def _escapes(before: Mapped, run: Attempt) -> Term:
    """A write for which `address - offset <u size` does not hold."""
    written = run.state.storage.log[len(before.real.storage.log) :]
    offset, size = before.allocation.offset, before.allocation.size
    return disjunction(*(conjunction(g, negation(z3.ULT(z3.simplify(at - offset), size))) for g, at, _ in written))


def _interpretation(before: Mapped, what: Subject, bare: Attempt) -> Iterator[Obligation]:
    """The virtual step and its trap entry write through the window alone."""
    isa, size = before.core.isa, before.allocation.size
    given = (*before.hypotheses, *bare.facts)
    written = bare.state.storage.log[len(before.virtual.storage.log) :]
    outside = disjunction(*(conjunction(g, negation(z3.ULT(at, size))) for g, at, _ in written))
    untrapped = (*given, negation(bare.trapped))
    yield Obligation("interpretation", what.name, untrapped, outside, z3.is_true(z3.simplify(bare.trapped)))
    if what.name == subjects(isa)[-1].name:
        params = {"cause": z3.BitVec("cause", isa.cause_width), "info": z3.BitVec("info", isa.info_width)}
        reading = Symbolic(before.virtual, params)
        stores = [e for e in isa.entry.effects if isinstance(e, Store)]
        beyond = (conjunction(reading.value(e.guard), z3.UGE(reading.value(e.index), size)) for e in stores)
        yield Obligation("interpretation", "trap entry", given, disjunction(*beyond))


# ---- time


def _time(isa: Isa, time: Time) -> Iterator[Obligation]:
    state, n = arbitrary(isa), z3.BitVec("n", COUNT_WIDTH)
    one = z3.BitVecVal(1, COUNT_WIDTH)

    def after(s: SymbolicState, steps: Term) -> SymbolicState:
        return perform(time.advance(), s, {"steps": steps})

    timed = [s.name for s in isa.scalars() if s.name != isa.pc]

    def differ(a: SymbolicState, b: SymbolicState) -> Term:
        return disjunction(*(negation(same(a.scalars[name], b.scalars[name])) for name in timed))

    stepped = attempt(isa.prologue, state)
    yield Obligation("advance", "none", (), differ(after(state, z3.BitVecVal(0, COUNT_WIDTH)), state))
    yield Obligation("advance", "one", (negation(stepped.trapped),), differ(after(state, one), stepped.state))
    further = differ(after(after(state, n), one), after(state, n + 1))
    yield Obligation("advance", "one more", (n != z3.BitVecVal(NEVER, COUNT_WIDTH),), further)
    horizon = time.horizon()
    assert horizon is not None
    now, then = Symbolic(state).value(horizon), Symbolic(after(state, one)).value(horizon)
    never = z3.BitVecVal(NEVER, COUNT_WIDTH)
    given = (proper(state),)
    yield Obligation("horizon", "zero", given, (now == 0) != stepped.trapped)
    yield Obligation("horizon", "falls", (*given, now != 0, now != never), then != now - 1)
    yield Obligation("horizon", "never", (*given, now == never), then != never)


# ---- nesting


def _nesting(core: Core) -> Iterator[Obligation]:
    """A window in a window: the inner machine's relocation composed twice is composed once."""
    isa = core.isa
    names = ("offset1", "size1", "offset2", "size2", "real_size")
    o1, n1, o2, n2, q = (z3.BitVec(name, isa.word) for name in names)
    outer, inner, flat = Allocation(o1, n1, q), Allocation(o2, n2, n1), Allocation(o1 + o2, n2, q)
    virtual, blank = arbitrary(isa), arbitrary(isa, "_real")

    def resumed(state: SymbolicState, allocation: Allocation) -> SymbolicState:
        return unpaired(perform(core.resume, paired(state, blank), allocation.params()), blank, REAL)

    twice, once = resumed(resumed(virtual, inner), outer), resumed(virtual, flat)
    base = virtual.at(isa.the(Role.BASE))
    given = (proper(virtual), outer.legal(1), inner.legal(1), sum_fact(o2, base, n1))
    pairs = [(twice.at(isa.the(r)), once.at(isa.the(r))) for r in (Role.BASE, Role.BOUND, Role.MODE)]
    rooms = difference_fact(n2, n1, o2, base)
    for role, (a, b) in zip((Role.BASE, Role.BOUND, Role.MODE), pairs, strict=True):
        hints = (rooms,) if role is Role.BOUND else ()
        yield Obligation("nesting", role.value, (*given, *hints), negation(same(a, b)))
    yield Obligation("nesting", "legal", given, negation(flat.legal(1)))


def difference_fact(less: Term, more: Term, off: Term, taken: Term) -> Term:
    """`less <= more - off` and `taken <= less` give `less - taken <= more - (off + taken)`: a room in a room is no
    larger. Valid: `tests` proves it once, and solvers take long to find it."""
    return z3.Implies(z3.And(z3.ULE(less, more - off), z3.ULE(taken, less)), z3.ULE(less - taken, more - (off + taken)))
