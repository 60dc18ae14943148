"""What must be shown of the monitor: one list of obligations for a machine, over the IR that the monitor ships.

Let V be any state of a virtual machine with any legal allocation, and R the real state that `resume` makes of it, its
parked counters aged by any number of steps. Each obligation says that something cannot be; it is proved when the
solver finds no state. Together they are the one-step diagram of Popek and Goldberg's homomorphism: docs/theory.md
tells how. Nothing here repeats the monitor: `resume`, `save`, `breach`, `advance`, `direct` and `horizon` are what
engines run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import z3

from isa.description import Isa, Role
from isa.ir.nodes import FALSE, TRUE, Behaviour, Expr, Load, Store
from isa.machine import least_storage
from isa.machine.time import COUNT_WIDTH, NEVER, Time
from isa.passes.partition import RESOURCES, places
from monitor.core import REAL, Core
from proofs.definitions.assumptions import kept, parts
from proofs.definitions.classification import UNASSIGNED, Subject, subjects
from proofs.definitions.exact import Direct, direct, state_differs
from proofs.definitions.mapping import Allocation, Mapped, mapped, paired, unpaired
from proofs.definitions.pairs import in_guest_mode, is_guest_mode, other_resources, proper
from proofs.definitions.turn import Turn, wanted
from proofs.terms.symbolic import (
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
    cannot hold together; it says something only if the hypotheses alone can (`vacuous` expects that they cannot, None
    allows either)."""

    theorem: str
    about: str
    hypotheses: tuple[Term, ...]
    refuted: Term
    vacuous: bool | None = False


THEOREMS = {
    "put-get": "saving what was just resumed gives the virtual state back, whatever it was",
    "get-put": "if the audit is silent, resuming what was saved gives the real state back: nothing else was changed",
    "put-put": "saving again forgets an earlier save, and neither it nor time changes audit, mode or a later save",
    "quiet": "with its resources parked, the real machine's prologue never traps, however long it runs",
    "composition": "the composed relocation admits the same addresses, leads to the same words, and stays inside",
    "fetch": "a direct fetch that does not trap gives the word that the virtual machine would fetch",
    "direct": "a direct step without a real trap is the virtual machine's own step, seen through the map",
    "timely": "a direct step moves the horizon by the one step that passed and not otherwise",
    "frame": "a direct step changes no word outside the allocation",
    "audit": "a direct step that does not trap never makes the audit fire, and uses no channel",
    "assumption": "what the description assumes holds after reset and is kept by every bare step and by the map",
    "interpretation": "an interpreted step, trap entry included, changes no word outside the allocation",
    "efficiency": "a direct step traps only if the virtual machine's own step does, or would in the mode of guests",
    "injection": "what a device does to the virtual machine's resources does not reach the real machine",
    "advance": "advance by n agrees with n untrapped steps, by induction on n",
    "apart": "what time does to the virtual machine's registers, it does to its resources",
    "horizon": "the horizon falls by one with each step, and is zero exactly when the prologue traps",
    "nesting": "two maps on top of each other are one map of a legal allocation",
}
OF_TECHNIQUES = {  # what a monitor owes besides that runs some states directly, and not all
    "turn": "whatever happened to it, a virtual machine goes on directly if it is in user mode and nothing is due, "
    "and only then",
}
SENTENCES = THEOREMS | OF_TECHNIQUES

INTERPRETED = ("assumption", "interpretation")  # what is left of them where nothing runs directly


def owed(directly: Expr) -> dict[str, str]:
    """The theorems about a monitor that runs directly in these states, with what they say."""
    if directly is FALSE:
        return {name: THEOREMS[name] for name in INTERPRETED}
    return THEOREMS if directly is TRUE else SENTENCES


NEVER_SOUGHT = 5000  # milliseconds
MAP, TIME, NESTING = "(map)", "(time)", "(nesting)"


def topics(isa: Isa) -> list[str]:
    """What obligations are about: the map, time, nesting, and every instruction with the unassigned encodings."""
    return [MAP, TIME, NESTING, *(what.name for what in subjects(isa))]


def obligations(core: Core, time: Time | None, topic: str, turn: Turn | None = None) -> Iterator[Obligation]:
    """The obligations of one topic. `core`, `time` and `turn` may be mutants of the shipping ones. Where nothing runs
    directly, nothing is owed but what is said of interpreted steps."""
    what = {s.name: s for s in subjects(core.isa)}.get(topic)
    if what is not None:
        yield from _kept(what)
        yield from _interpretation(what)
    elif topic == MAP:
        yield from _assumed(core)
    if core.direct is FALSE:
        return
    assert time is not None  # admission checks it
    if what is not None:
        yield from _step(core, time, what)
    elif topic == MAP:
        yield from _map(core)
    elif topic == TIME:
        yield from _time(core.isa, time)
        yield _apart(core)
    else:
        yield from _nesting(core)
    if core.direct is not TRUE:
        yield from _turns(turn or Turn(core, time), topic)


# ---- the map


def _map(core: Core) -> Iterator[Obligation]:
    isa = core.isa
    before = mapped(core)
    given = tuple(before.hypotheses)
    yield Obligation("put-get", "state", given, state_differs(before.saved(before.real), before.virtual))
    yield Obligation("put-get", "audit", given, before.audit(before.real, before.steps))
    yield Obligation("put-get", "mode", given, negation(is_guest_mode(before.real)))
    yield _audit_is_complete(core)
    yield from _put_put(before, given)
    quiet = attempt(Behaviour(isa.prologue.traps), before.real)
    yield Obligation("quiet", "prologue", given, quiet.trapped)
    yield from _composition(before, given)
    other = arbitrary(isa, "_other")
    moved = before.virtual
    for place in places(isa, RESOURCES):
        moved = moved.put(place, other.at(place))
    resumed = [before.resumed(state) for state in (moved, before.virtual)]
    yield Obligation("injection", "resources", given, state_differs(*resumed))


def _audit_is_complete(core: Core) -> Obligation:
    """Whatever a direct run made of the real state: if it does not come out of a virtual state, the audit fires."""
    before = mapped(core)
    after = _changed(before.real)
    again = replace(before, real=after).resumed(before.saved(after))
    expected = perform(core.advance, again, {"steps": before.steps})
    given = (*before.hypotheses, negation(before.audit(after, before.steps)))
    return Obligation("get-put", "audit", given, state_differs(expected, after))


def _put_put(before: Mapped, given: tuple[Term, ...]) -> Iterator[Obligation]:
    """A run saves more than once; what it saved before, and the time it gave since, must not matter."""
    one, two = _changed(before.real), _changed(before.real, "_later")
    steps = {"steps": z3.BitVec("given", COUNT_WIDTH)}
    aged = perform(before.core.advance, before.saved(one), steps)
    since = replace(before, virtual=aged)
    later = perform(before.core.advance, before.saved(two), steps)
    yield Obligation("put-put", "state", given, state_differs(since.saved(two), later))
    audits = (m.audit(two, before.steps) for m in (before, since))
    yield Obligation("put-put", "audit", given, negation(same(*audits)))
    mode = before.core.isa.the(Role.MODE)
    yield Obligation("put-put", "mode", given, negation(same(aged.at(mode), before.virtual.at(mode))))
    for was, now in zip(before.directly, since.directly, strict=True):
        yield Obligation("put-put", "technique", given, negation(same(was, now)))


def _changed(state: SymbolicState, tag: str = "_after") -> SymbolicState:
    """The state after changes to any of its registers: each is touched or not, so that samples meet both."""
    other = arbitrary(state.isa, tag)

    def chosen(name: str, new: Term, old: Term) -> Term:
        return z3.If(z3.BitVec(f"touched_{name}{tag}", 1) == 1, new, old)

    def cells_of(name: str) -> Memory:
        return Memory(lambda at: chosen(name, other.arrays[name].read(at), state.arrays[name].read(at)))

    scalars = {name: chosen(name, other.scalars[name], old) for name, old in state.scalars.items()}
    return replace(state, scalars=scalars, arrays={name: cells_of(name) for name in state.arrays})


def _composition(before: Mapped, given: tuple[Term, ...]) -> Iterator[Obligation]:
    """About the machine's own view, as its fetch shows it at an arbitrary pc, where there are direct runs."""
    isa, allocation = before.core.isa, before.allocation
    word = isa.fetch.word
    if not isinstance(word, Load):
        return  # admission refuses the machine
    traps = Behaviour(isa.fetch.traps)
    virtual, real = attempt(traps, before.virtual), attempt(traps, before.real)
    ours, theirs = Symbolic(before.real).value(word.index), Symbolic(before.virtual).value(word.index)
    base = before.virtual.at(isa.the(Role.BASE))
    given = (*given, *before.directly, sum_fact(allocation.offset, base, allocation.whole))
    admitted = (*given, negation(real.trapped))
    yield Obligation("composition", "admits no more", admitted, virtual.trapped)
    room = difference_fact(allocation.size, allocation.whole, allocation.offset, base)
    yield Obligation("composition", "admits no less", (*given, room, negation(virtual.trapped)), real.trapped)
    yield Obligation("composition", "same word", admitted, negation(same(ours, allocation.offset + theirs)))
    outside = negation(z3.ULT(z3.simplify(ours - allocation.offset), allocation.size))
    yield Obligation("composition", "inside", admitted, outside)
    readings = Symbolic(before.real), Symbolic(before.virtual)
    ours, theirs = (reading.value(word) for reading in readings)
    facts = (fact for reading in readings for fact in reading.facts_of(word))
    yield Obligation("fetch", "word", (*admitted, *facts), disjunction(virtual.trapped, negation(same(ours, theirs))))


# ---- one step


def _step(core: Core, time: Time, what: Subject) -> Iterator[Obligation]:
    """The obligations about one instruction as a whole step: prologue and body, from a word that was fetched alike."""
    step = direct(core, what, time)
    never = _runs_never(step)
    ran = tuple(step.ran)
    yield Obligation("direct", what.name, ran, step.differs, never)
    yield Obligation("timely", what.name, ran, step.untimely, never)
    yield Obligation("frame", what.name, ran, step.escapes, never)
    yield Obligation("audit", what.name, ran, step.intrudes, never)
    yield _efficiency(step, never)


def _kept(what: Subject) -> Iterator[Obligation]:
    """What is assumed holds after the instruction; asked where it could be changed."""
    question = kept(what)
    if question is not None:
        yield Obligation("assumption", what.name, question.given, question.refuted, None)


def _assumed(core: Core) -> Iterator[Obligation]:
    for question in parts(core.isa, None if core.direct is FALSE else core):
        yield Obligation("assumption", question.about, question.given, question.refuted)


def _efficiency(step: Direct, never: bool) -> Obligation:
    """What the virtual machine does without a trap, and would do in user mode without one, does not trap directly."""
    before, what = step.before, step.what
    in_user = attempt(what.whole, in_guest_mode(before.virtual))
    untrapped = (negation(run.trapped) for run in (step.bare, in_user))
    early = (*step.given, *untrapped, *_same_admission(before, step.real, step.bare))
    return Obligation("efficiency", what.name, early, step.real.trapped, never)


def _same_admission(before: Mapped, *runs: Attempt) -> list[Term]:
    """The theorem "composition" for every address that the step uses: proved on its own, used here."""
    isa = before.core.isa
    fetch, place = Behaviour(isa.fetch.traps), isa.the(Role.PC)
    return [
        attempt(fetch, before.virtual.put(place, a)).trapped == attempt(fetch, before.real.put(place, a)).trapped
        for run in runs
        for a in run.addresses
    ]


def _runs_never(step: Direct) -> bool:
    """Whether the real machine traps whatever the virtual one's state: decided by the solver, quickly."""
    solver = z3.SolverFor("QF_UFBV")
    solver.set("timeout", NEVER_SOUGHT)
    solver.add(*step.before.directly, negation(step.real.trapped))
    return bool(solver.check() == z3.unsat)


def _interpretation(what: Subject) -> Iterator[Obligation]:
    """The virtual step and its trap entry write inside the virtual machine's storage, which is the window."""
    isa = what.isa
    before = arbitrary(isa)
    bare = attempt(what.step, before)
    given = (proper(before), z3.UGE(before.size, least_storage(isa)), *bare.facts)
    written = bare.state.storage.log[len(before.storage.log) :]
    outside = disjunction(*(conjunction(g, negation(z3.ULT(at, before.size))) for g, at, _ in written))
    untrapped = (*given, negation(bare.trapped))
    yield Obligation("interpretation", what.name, untrapped, outside, None)
    if what.name == UNASSIGNED:
        reading = Symbolic(before, _entered(isa))
        stores = [e for e in isa.entry.effects if isinstance(e, Store)]
        beyond = (conjunction(reading.value(e.guard), z3.UGE(reading.value(e.index), before.size)) for e in stores)
        yield Obligation("interpretation", "trap entry", given, disjunction(*beyond))


def _entered(isa: Isa) -> dict[str, Term]:
    """Any trap, as its entry knows it."""
    return {"cause": z3.BitVec("cause", isa.cause_width), "info": z3.BitVec("info", isa.info_width)}


# ---- turns


def _turns(turn: Turn, topic: str) -> Iterator[Obligation]:
    """After an interpreted step, or after what may happen between steps."""
    isa = turn.core.isa
    before = arbitrary(isa)
    if topic == MAP:
        yield _turn(turn, "trap entry", before, perform(isa.entry, before, _entered(isa)))
        yield _turn(turn, "resources", before, other_resources(before))
    for what in (s for s in subjects(isa) if s.name == topic):
        run = attempt(what.step, before)
        yield _turn(turn, what.name, before, run.state, negation(run.trapped), *run.facts)


def _turn(turn: Turn, about: str, before: SymbolicState, after: SymbolicState, *given: Term) -> Obligation:
    refuted = negation(same(turn.directly(before, after), wanted(after)))
    return Obligation("turn", about, (proper(before), *given, proper(after)), refuted, None if given else False)


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
    yield Obligation("horizon", "falls", (*given, now != 0, now != never), then != now - 1, None)
    yield Obligation("horizon", "never", (*given, now == never), z3.And(then != never, then != never - 1), None)


def _apart(core: Core) -> Obligation:
    """With its resources put back, a virtual state that has aged is what it was."""
    state = arbitrary(core.isa)
    aged = perform(core.advance, state, {"steps": z3.BitVec("n", COUNT_WIDTH)})
    for place in places(core.isa, RESOURCES):
        aged = aged.put(place, state.at(place))
    return Obligation("apart", "state", (), state_differs(aged, state))


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
    room = difference_fact(n1, q, o1, o2)
    yield Obligation("nesting", "legal", (*given, room), negation(flat.legal(1)))


def difference_fact(less: Term, more: Term, off: Term, taken: Term) -> Term:
    """`less <= more - off` and `taken <= less` give `less - taken <= more - (off + taken)`: a room in a room is no
    larger. Valid: `tests` proves it once, and solvers take long to find it."""
    return z3.Implies(z3.And(z3.ULE(less, more - off), z3.ULE(taken, less)), z3.ULE(less - taken, more - (off + taken)))
