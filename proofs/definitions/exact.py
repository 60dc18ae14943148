"""The exact question: may this instruction run directly?

For every state of the virtual machine in which no interrupt is due, is the instruction's whole step in real user mode,
under the composed relocation and with every resource parked, either a real trap or the virtual machine's own step seen
through the map? This is what a monitor needs, and what a verdict rests on; the paper's classes only explain it.

A step is prologue and body together. What every step does is asked on its own, of a step that does nothing else (the
*prologue*) and of the word that is fetched (the *fetch*); an instruction answers for what is wrong beyond that.

Two properties can fail. *Equivalence*: the step traps bare, the states differ, or an interrupt comes at another step.
*Resource control*: a word outside the window changed, the audit fires, or a channel of the machine below was used.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import z3

from isa.description import Isa, Kind
from isa.ir.nodes import Behaviour
from isa.machine.time import COUNT_WIDTH, NEVER, Time, time_of
from isa.passes.normal import bits_read, bits_written
from monitor.core import Core
from proofs.definitions.classification import Subject, subject
from proofs.definitions.mapping import Mapped, mapped, with_owned
from proofs.definitions.pairs import is_user
from proofs.terms.solving import UNASKED, Answer, Found, asking, either, exists
from proofs.terms.symbolic import (
    Attempt,
    Symbolic,
    SymbolicState,
    Term,
    attempt,
    conjunction,
    disjunction,
    index_width,
    negation,
    perform,
    same,
)

PROLOGUE = "(prologue)"  # a step that does nothing but its prologue
FETCH = "(fetch)"
BRIEF = 4.0  # seconds for a first attempt at a question
TRIABLE = 1 << 20  # words of a storage that is shown


@dataclass(frozen=True)
class Direct:
    """One step run directly and bare from corresponding states, and what could go wrong.

    `seen` is the virtual state after the direct step: `save` of the real one, and what the prologue does to what was
    parked. `excused` are further hypotheses: what is wrong with every step is not this one's fault.
    """

    before: Mapped
    time: Time | None
    what: Subject
    real: Attempt
    bare: Attempt
    seen: SymbolicState
    due: Term
    excused: tuple[Term, ...] = ()

    @property
    def given(self) -> list[Term]:
        """Corresponding states from which there are direct runs, and no interrupt of the virtual machine is due."""
        hints = (*self.real.facts, *self.bare.facts, *self.before.reached(*self.real.addresses, *self.bare.addresses))
        return [*self.before.hypotheses, *self.before.directly, negation(self.due), *hints, *self.excused]

    @property
    def ran(self) -> list[Term]:
        """The hypotheses: corresponding states, and no real trap."""
        return [*self.given, negation(self.real.trapped)]

    @cached_property
    def unlike(self) -> Term:
        """Equivalence fails: the bare step traps, leaves another state than the one seen, or moves an interrupt."""
        return disjunction(self.differs, self.untimely)

    @cached_property
    def differs(self) -> Term:
        """The bare step traps, speaks to a device, which no direct step does, or leaves another state."""
        spoken = (x.guard for x in self.bare.exchanges)
        return disjunction(self.bare.trapped, *spoken, state_differs(self.seen, self.bare.state), self.storage_differs)

    @cached_property
    def storage_differs(self) -> Term:
        at = z3.BitVec("word", self.before.core.isa.word)
        ours = self.real.state.storage.read(self.before.allocation.offset + at)
        theirs = self.bare.state.storage.read(at)
        return conjunction(z3.ULT(at, self.before.allocation.size), negation(same(ours, theirs)))

    @cached_property
    def untimely(self) -> Term:
        """The step moved the virtual machine's next interrupt otherwise than by being one step: a run that goes on
        would miss it. Only a step that writes what the prologue looks at can."""
        horizon = self.time.horizon() if self.time else None
        if horizon is None or not bits_read([horizon]) & bits_written(self.what.behaviour):
            return z3.BoolVal(False)
        now, then = (Symbolic(s).value(horizon) for s in (self.before.virtual, self.bare.state))
        never = z3.BitVecVal(NEVER, COUNT_WIDTH)
        stays = conjunction(same(now, never), same(then, never))
        return conjunction(then != now - 1, negation(stays))

    @cached_property
    def escapes(self) -> Term:
        """A word outside the window changed: a write `address - offset <u size` does not hold for."""
        before, allocation = self.before, self.before.allocation
        written = self.real.state.storage.log[len(before.real.storage.log) :]
        return disjunction(
            *(
                conjunction(g, negation(z3.ULT(z3.simplify(at - allocation.offset), allocation.size)))
                for g, at, _ in written
            )
        )

    @cached_property
    def intrudes(self) -> Term:
        """The audit fires, or a channel of the machine below was used. A run is shorter than 2^64 steps."""
        before = self.before
        counted = z3.ULT(before.steps, z3.BitVecVal(NEVER, COUNT_WIDTH))
        audit = before.audit(self.real.state, before.steps + 1)
        return disjunction(conjunction(counted, audit), *(x.guard for x in self.real.exchanges))

    @cached_property
    def breaches(self) -> Term:
        """Resource control fails."""
        return disjunction(self.escapes, self.intrudes)


def directly(before: Mapped, time: Time | None, what: Subject, params: dict[str, Term] | None = None) -> Direct:
    """One step, run from corresponding states at hand."""
    bare, real = attempt(what.step, before.virtual, params), attempt(what.step, before.real, params)
    prologue = what.isa.prologue
    after = perform(Behaviour((), prologue.effects), before.virtual)
    ticked = replace(before, virtual=with_owned(before.virtual, after))
    due = attempt(Behaviour(prologue.traps), before.virtual).trapped
    return Direct(before, time, what, real, bare, ticked.saved(real.state), due)


def direct(core: Core, what: Subject, time: Time | None = None) -> Direct:
    """The instruction, run from an arbitrary state of an arbitrary virtual machine."""
    return directly(mapped(core), time, what)


def idle_step(isa: Isa) -> Subject:
    """A step that does nothing but its prologue."""
    return subject(isa, PROLOGUE, Behaviour())


def state_differs(a: SymbolicState, b: SymbolicState) -> Term:
    """Whether two states differ in any scalar or register file."""
    isa: Isa = a.isa
    scalars = (negation(same(a.scalars[s.name], b.scalars[s.name])) for s in isa.scalars())
    files = []
    for file in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        index = z3.BitVec(f"cell_{file.name}", index_width(file.count))
        files.append(negation(same(a.arrays[file.name].read(index), b.arrays[file.name].read(index))))
    return disjunction(*scalars, *files)


@dataclass(frozen=True)
class Exact:
    """The answer for one instruction. `equivalence` and `control` say whether the property can *fail*; the `user` ones
    the same with the virtual machine in user mode, which is what a hybrid monitor runs directly. `runs`: whether there
    is a state from which it runs directly at all."""

    runs: Found
    equivalence: Found
    control: Found
    equivalence_user: Found
    control_user: Found

    @property
    def fails(self) -> Found:
        return either(self.equivalence, self.control)

    @property
    def fails_user(self) -> Found:
        return either(self.equivalence_user, self.control_user)


def exact(core: Core, what: Subject, timeout: float) -> Exact:
    """Decide the exact question for one instruction; `timeout` in seconds for each of at most five queries."""
    return decided(asked(core, what, timeout), timeout)


def asked(core: Core, what: Subject, timeout: float) -> Direct:
    """The question for one instruction: it does not answer for a prologue that is wrong without it."""
    time = time_of(core.isa)
    step = direct(core, what, time)
    if what.name == PROLOGUE or not prologue_fails(core, timeout):
        return step
    return replace(step, excused=(negation(alone(step.before, time)),))


@lru_cache(maxsize=4)
def _idle(core: Core) -> tuple[list[Term], Term]:
    """A step that does nothing but its prologue: when it runs, and what goes wrong then."""
    step = direct(core, idle_step(core.isa), time_of(core.isa))
    return step.ran, disjunction(step.unlike, step.breaches)


@asking("every step")
def prologue_fails(core: Core, timeout: float) -> bool:
    """Whether the prologue can go wrong on its own, as far as is known."""
    ran, wrong = _idle(core)
    return exists([*ran, wrong], timeout).found is not Found.NO


def alone(before: Mapped, time: Time | None) -> Term:
    """Whether a step that does nothing but its prologue goes wrong from here."""
    step = directly(before, time, idle_step(before.core.isa))
    return conjunction(negation(step.real.trapped), disjunction(step.unlike, step.breaches))


def decided(step: Direct, timeout: float) -> Exact:
    return questioned(step.ran, is_user(step.before.virtual), step.unlike, step.breaches, timeout)


def questioned(ran: list[Term], user: Term, unlike: Term, breaches: Term, timeout: float) -> Exact:
    """Most steps do nothing wrong, which is one question; what is wrong with others is told apart, as far as may be
    by the state that was found."""
    anything = _found("anything wrong", [*ran, disjunction(unlike, breaches)], timeout)
    runs = _found("runs", ran, timeout, anything).found
    if Found.NO in (runs, anything.found):
        return Exact(runs, Found.NO, Found.NO, Found.NO, Found.NO)
    found = _both(ran, unlike, breaches, (anything, anything), timeout)
    in_user = _both([*ran, user], unlike, breaches, found, timeout)
    return Exact(runs, *(answer.found for answer in (*found, *in_user)))


def _both(
    ran: list[Term], unlike: Term, breaches: Term, wider: tuple[Answer, Answer], timeout: float
) -> tuple[Answer, Answer]:
    """Whether each property can fail; `wider` are the answers to questions that these are part of. Once one is known to
    fail, the verdict does not rest on the other, and no long search is made for it."""

    def ask(limit: float) -> tuple[Answer, Answer]:
        equivalence, control = wider
        return (
            equivalence if equivalence.found is Found.NO else _found("equivalence", [*ran, unlike], limit, wider[0]),
            control if control.found is Found.NO else _found("resource control", [*ran, breaches], limit, wider[1]),
        )

    brief = ask(min(BRIEF, timeout))
    found = [answer.found for answer in brief]
    return ask(timeout) if Found.UNKNOWN in found and Found.YES not in found else brief


def _found(what: str, conditions: list[Term], timeout: float, like: Answer = UNASKED) -> Answer:
    with asking(what):
        return exists(conditions, timeout, like=like)


def fetched(core: Core, timeout: float) -> Exact:
    """The same question for the fetch: a word that is fetched in real user mode is the one that the virtual machine
    would fetch."""
    before = mapped(core)
    return questioned(*fetch_question(before), z3.BoolVal(False), timeout)


def fetch_question(before: Mapped) -> tuple[list[Term], Term, Term]:
    """When a fetch runs directly, whether the virtual machine is in user mode, and what would be wrong."""
    traps = Behaviour(before.core.isa.fetch.traps)
    virtual, real = attempt(traps, before.virtual), attempt(traps, before.real)
    ours, theirs = Symbolic(before.real), Symbolic(before.virtual)
    word = before.core.isa.fetch.word
    unlike = disjunction(virtual.trapped, negation(same(ours.value(word), theirs.value(word))))
    facts = (f for r in (ours, theirs) for f in r.facts_of(word))
    ran = [*before.hypotheses, *before.directly, negation(real.trapped), *facts]
    return ran, is_user(before.virtual), unlike


@asking("exhibit")
def counterexample(core: Core, what: Subject, timeout: float) -> tuple[Direct, Answer]:
    """A state from which running the instruction directly goes wrong, if the solver finds one."""
    step = asked(core, what, timeout)
    return step, shown(step.before, [*step.ran, disjunction(step.unlike, step.breaches)], timeout)


def shown(before: Mapped, conditions: list[Term], timeout: float) -> Answer:
    """Whether the conditions can hold at once; by a storage that anybody can try, where one of that size shows it. What
    is asked depends on answers and on no model, so that whoever checks them asks the same."""
    whole = before.allocation.whole
    smaller = exists([*conditions, z3.ULE(whole, min(TRIABLE, (1 << whole.size()) - 1))], timeout)
    return smaller if smaller.found is Found.YES else exists(conditions, timeout)
