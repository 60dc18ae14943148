"""What a description assumes is asked of it, not believed.

An `assume` is a hypothesis of every question. It is worth that only if some state satisfies all of them in each mode,
if the machine is in such a state after reset, and if nothing leads out of them: no step of any mode, no trap entry, no
device, and not the monitor's own map. A condition on the size of storage alone is one on the machine that is built: it
is checked there, and no step can change it.
"""

from dataclasses import replace

import z3

from isa.description import Assumption, Isa, Kind, Role
from isa.ir import Behaviour, Element, Expr, Load, Read, SetElement, Store, nodes
from isa.normal import bits_read, bits_written
from isa.partition import places
from monitor.core import Core
from proofs.access import HOLDS, Check
from proofs.classification import Subject
from proofs.mapping import mapped
from proofs.pairs import in_mode, proper
from proofs.solving import Answer, Found, asking, exists, opposite
from proofs.symbolic import (
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
from proofs.words import state_words

TOGETHER, RESET, ENTRY, DEVICES, MONITOR = "(together)", "(reset)", "(trap entry)", "(devices)", "(monitor)"


def standing(isa: Isa) -> tuple[Assumption, ...]:
    """The assumptions that a step could break: those that look at more than the size of storage."""
    return tuple(a for a in isa.assumptions if any(isinstance(n, Read | Element | Load) for n in nodes(a.condition)))


@asking("assumptions")
def assumed(isa: Isa, core: Core | None, timeout: float) -> dict[str, Check]:
    """What can be said without looking at instructions, by the name of what breaks an assumption."""
    if not isa.assumptions:
        return {}
    found = {TOGETHER: _together(isa, timeout), RESET: _after_reset(isa, timeout), ENTRY: _entry(isa, timeout)}
    found |= {DEVICES: _devices(isa, timeout)}
    return found | ({MONITOR: _mapped(core, timeout)} if core else {})


@asking("assumptions")
def keeps(what: Subject, timeout: float) -> Check:
    """Whether a step of the instruction that does not trap leads to a state in which the assumptions hold."""
    isa = what.isa
    conditions = [a.condition for a in standing(isa)]
    if not _may_change(what.whole, conditions):
        return HOLDS
    state = arbitrary(isa)
    run = attempt(what.whole, state)
    asked = [proper(state), negation(run.trapped), *run.facts, _broken(run.state)]
    return _check(exists(asked, timeout), state, "an assumption no longer holds after it")


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
        if answer.found is not Found.YES:
            said = f"no state in {mode} mode satisfies them all" if answer.found is Found.NO else ""
            return Check(answer.found, said)
    return HOLDS


def _after_reset(isa: Isa, timeout: float) -> Check:
    """Registers are zero before reset says otherwise; storage is whatever was loaded."""
    free = arbitrary(isa)
    scalars = {name: z3.BitVecVal(0, term.size()) for name, term in free.scalars.items()}
    files = {s.name: Memory(_zeros(s.width)) for s in isa.states.values() if s.kind is Kind.ARRAY}
    state = perform(isa.reset, replace(free, scalars=scalars, arrays=files))
    sized = [Symbolic(state).value(a.condition) for a in isa.assumptions if a not in standing(isa)]
    return _check(exists([*sized, _broken(state)], timeout), state, "an assumption does not hold after reset")


def _zeros(width: int) -> Cells:
    return lambda index: z3.BitVecVal(0, width)


def _entry(isa: Isa, timeout: float) -> Check:
    params = {"cause": z3.BitVec("cause", isa.cause_width), "info": z3.BitVec("info", isa.info_width)}
    before = arbitrary(isa)
    after = perform(isa.entry, before, params)
    return _check(exists([proper(before), _broken(after)], timeout), before, "an assumption no longer holds after it")


def _devices(isa: Isa, timeout: float) -> Check:
    """A device may ask for attention at any time."""
    before = after = arbitrary(isa)
    for place in places(isa, frozenset({Role.PENDING})):
        after = after.put(place, z3.BitVec(f"asked_{place.state}_{place.low}", place.width))
    return _check(exists([proper(before), _broken(after)], timeout), before, "they break an assumption")


def _mapped(core: Core, timeout: float) -> Check:
    before = mapped(core)
    answer = exists([*before.hypotheses, _broken(before.real)], timeout)
    return _check(answer, before.virtual, "in the real state of a virtual machine an assumption does not hold")


def _check(answer: Answer, state: SymbolicState, said: str) -> Check:
    if answer.found is Found.YES:
        return Check(Found.NO, f"{said}: {state_words(answer.model, state)}")
    return Check(opposite(answer.found))
