"""What a description assumes is asked of it, not believed.

An `assume` is a hypothesis of every question. It is worth that only if some state satisfies all of them in each mode,
if the machine is in such a state after reset, and if nothing leads out of them: no step of any mode, no trap entry, no
device, and not the monitor's own map. A condition on the size of storage alone is one on the machine that is built: it
is checked there, and no step can change it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import z3

from isa.description import Assumption, Isa, Kind, Role
from isa.ir.nodes import Behaviour, Element, Expr, Load, Read, SetElement, Store, nodes
from isa.passes.normal import bits_read, bits_written
from isa.passes.partition import places
from monitor.core import Core
from proofs.definitions.access import HOLDS, Check
from proofs.definitions.classification import Subject
from proofs.definitions.mapping import mapped
from proofs.definitions.pairs import in_mode, proper
from proofs.terms.solving import Found, asking, exists, opposite
from proofs.terms.symbolic import (
    Cells,
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    conjunction,
    negation,
    perform,
)
from proofs.terms.words import number, state_words

TOGETHER, RESET, ENTRY, DEVICES, MONITOR = "(together)", "(reset)", "(trap entry)", "(devices)", "(monitor)"


def standing(isa: Isa) -> tuple[Assumption, ...]:
    """The assumptions that a step could break: those that look at more than the size of storage."""
    return tuple(a for a in isa.assumptions if any(isinstance(n, Read | Element | Load) for n in nodes(a.condition)))


@dataclass(frozen=True)
class Question:
    """An assumption is broken by `about` if `given` and `refuted` can hold together: from the state `before`, one does
    not hold `after`. `said` tells when that is."""

    about: str
    before: SymbolicState
    after: SymbolicState
    given: tuple[Term, ...]
    said: str

    @property
    def refuted(self) -> Term:
        return _broken(self.after)

    def check(self, timeout: float) -> Check:
        answer = exists([*self.given, self.refuted], timeout)
        if answer.found is not Found.YES:
            return Check(opposite(answer.found))
        reading = Symbolic(self.after)
        broken = [a for a in standing(self.after.isa) if not number(answer.model, reading.value(a.condition))]
        verb = "do not hold" if len(broken) > 1 else "does not hold"
        return Check(Found.NO, f"{_named(broken)} {verb} {self.said}, from {state_words(answer.model, self.before)}")


@asking("assumptions")
def assumed(isa: Isa, core: Core | None, timeout: float) -> dict[str, Check]:
    """What can be said without looking at instructions, by the name of what breaks an assumption."""
    together = {TOGETHER: _together(isa, timeout)} if isa.assumptions else {}
    if any(check.holds is Found.NO for check in together.values()):
        return together  # of states that there are not, there is no more to say
    return together | {q.about: q.check(timeout) for q in parts(isa, core)}


def parts(isa: Isa, core: Core | None) -> Iterator[Question]:
    """What is asked of the parts of a machine other than its instructions."""
    if standing(isa):
        yield from (_after_reset(isa), _entry(isa), _devices(isa))
        if core is not None:
            yield _mapped(core)


@asking("assumptions")
def keeps(what: Subject, timeout: float) -> Check:
    """Whether a step of the instruction that does not trap leads to a state in which the assumptions hold."""
    question = kept(what)
    return HOLDS if question is None else question.check(timeout)


def kept(what: Subject) -> Question | None:
    """The same as a question; None if the step writes nothing that is assumed."""
    isa = what.isa
    if not _may_change(what.whole, [a.condition for a in standing(isa)]):
        return None
    state = arbitrary(isa)
    run = attempt(what.whole, state)
    given = (proper(state), negation(run.trapped), *run.facts)
    return Question(what.name, state, run.state, given, "after it")


def _may_change(step: Behaviour, conditions: list[Expr]) -> bool:
    looked = list(nodes(*conditions))
    files = {n.state for n in looked if isinstance(n, Element)}
    written = any(isinstance(e, SetElement) and e.state in files for e in step.effects)
    stored = any(isinstance(n, Load) for n in looked) and any(isinstance(e, Store) for e in step.effects)
    return written or stored or bool(bits_written(step) & bits_read(conditions))


def _broken(state: SymbolicState) -> Term:
    reading = Symbolic(state)
    return negation(conjunction(*(reading.value(a.condition) for a in standing(state.isa))))


@asking("together")
def _together(isa: Isa, timeout: float) -> Check:
    for mode in ("supervisor", "user"):
        state = in_mode(arbitrary(isa), mode)
        answer = exists([proper(state)], timeout)
        if answer.found is Found.NO:
            return Check(Found.NO, f"no state in {mode} mode satisfies {_named(_conflict(state, timeout))}")
        if answer.found is Found.UNKNOWN:
            return Check(Found.UNKNOWN)
    return HOLDS


def _conflict(state: SymbolicState, timeout: float) -> list[Assumption]:
    """Assumptions that no state like this one satisfies together; without any of them, one does."""
    reading, kept = Symbolic(state), list(state.isa.assumptions)
    for one in state.isa.assumptions:
        others = [a for a in kept if a is not one]
        if exists([reading.value(a.condition) for a in others], timeout).found is Found.NO:
            kept = others
    return kept


def _named(assumptions: Sequence[Assumption]) -> str:
    """Each by its text; an assumption may have none."""
    return " and ".join(f"`{a.text}`" if a.text else "what a description assumes without a word" for a in assumptions)


def _after_reset(isa: Isa) -> Question:
    """Registers are zero before reset says otherwise; storage is whatever was loaded."""
    free = arbitrary(isa)
    scalars = {name: z3.BitVecVal(0, term.size()) for name, term in free.scalars.items()}
    files = {s.name: Memory(_zeros(s.width)) for s in isa.states.values() if s.kind is Kind.ARRAY}
    state = perform(isa.reset, replace(free, scalars=scalars, arrays=files))
    sized = tuple(Symbolic(state).value(a.condition) for a in isa.assumptions if a not in standing(isa))
    return Question(RESET, state, state, sized, "after reset")


def _zeros(width: int) -> Cells:
    return lambda index: z3.BitVecVal(0, width)


def _entry(isa: Isa) -> Question:
    params = {"cause": z3.BitVec("cause", isa.cause_width), "info": z3.BitVec("info", isa.info_width)}
    before = arbitrary(isa)
    after = perform(isa.entry, before, params)
    return Question(ENTRY, before, after, (proper(before),), "after it")


def _devices(isa: Isa) -> Question:
    """A device may ask for attention at any time."""
    before = after = arbitrary(isa)
    for place in places(isa, frozenset({Role.PENDING})):
        after = after.put(place, z3.BitVec(f"asked_{place.state}_{place.low}", place.width))
    return Question(DEVICES, before, after, (proper(before),), "when one asks for attention")


def _mapped(core: Core) -> Question:
    before = mapped(core)
    said = "in the real state of a virtual machine"
    return Question(MONITOR, before.virtual, before.real, tuple(before.hypotheses), said)
