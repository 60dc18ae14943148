"""Where an instruction reaches: containment, and that its view of storage does not depend on the mode.

*Containment*: in user mode every store lands inside the window, by address and without wrapping round; and nothing
that the instruction does depends on a word outside it. The second half is asked of results, since a load whose value
is thrown away harms nobody. The classes of the paper do not imply it: an address that wraps only ever moves a trap.

*Steady view*: in both modes an access is refused or admitted alike, and reaches the same place. Relocation that
differs by mode shows up as memory traps only, which every definition of the paper ignores (trap 11).

*Refusals that tell nothing*: which accesses are refused depends on the address, the relocation and the size alone. The
definitions ignore memory traps, so a view that refused by anything else would tell a guest of it, and no class say so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import z3

from isa.description import Role
from isa.ir.nodes import Behaviour, Load, Store, nodes
from proofs.definitions.classification import Subject
from proofs.definitions.pairs import (
    differ_in_storage,
    differ_ordinarily,
    fit_facts,
    has_window,
    in_mode,
    in_two_modes,
    is_user,
    other_resources,
    proper,
    resources_differ,
    shifted,
    window_fits,
    window_state,
)
from proofs.terms.solving import Answer, Found, asking, both, exists, opposite
from proofs.terms.symbolic import (
    Attempt,
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    cells,
    conjunction,
    disjunction,
    negation,
    same,
)
from proofs.terms.words import number, state_words


@dataclass(frozen=True, slots=True)
class Check:
    """Whether something holds for all states; `detail` is a counterexample in words if it does not."""

    holds: Found
    detail: str = ""
    user: Found | None = None  # of states in user mode, where that was asked apart


HOLDS = Check(Found.YES)


def touches_storage(behaviour: Behaviour) -> bool:
    """Whether a behaviour has any access to storage; one without is contained and steady by itself."""
    stores = any(isinstance(e, Store) for e in behaviour.effects)
    return stores or any(isinstance(n, Load) for n in nodes(*behaviour.expressions()))


@asking("containment")
def contained(what: Subject, timeout: float) -> Check:
    """Whether every access that the behaviour is admitted in user mode lies inside the window."""
    if not touches_storage(what.behaviour):
        return HOLDS
    if not has_window(what.isa):
        return Check(Found.NO, "the machine has no relocation, so user mode may touch all of storage")
    return _worst([_stores_inside(what, timeout), _blind_outside(what, timeout)])


@asking("steady view")
def steady(what: Subject, timeout: float) -> Check:
    """Whether an access, its guard removed, is admitted alike in both modes and reaches the same place."""
    if not touches_storage(what.behaviour):
        return HOLDS
    isa, behaviour = what.isa, what.without_guard.behaviour
    state = arbitrary(isa)
    above, below = in_two_modes(state)
    a, b = (attempt(behaviour, s) for s in (above, below))
    told = [proper(above), proper(below)]
    refused = exists([*told, negation(same(_refused(a), _refused(b)))], timeout)
    if refused.found is not Found.NO:
        return _counted(refused, above, "only one of the modes is refused the access")
    moved = disjunction(*_moved(behaviour, above, below))
    both_ran = [negation(a.trapped), negation(b.trapped)]
    return _counted(exists([*told, *both_ran, moved], timeout), above, "the two modes reach different places")


def _refused(run: Attempt) -> Term:
    return conjunction(run.trapped, run.memory)


def _moved(behaviour: Behaviour, above: SymbolicState, below: SymbolicState) -> Iterator[Term]:
    """For every access, whether its place differs between two states."""
    one, two = Symbolic(above), Symbolic(below)
    for node in nodes(*behaviour.expressions()):
        if isinstance(node, Load):
            yield negation(same(one.value(node.index), two.value(node.index)))
    for effect in behaviour.effects:
        if isinstance(effect, Store):
            reached = [one.value(effect.guard), two.value(effect.guard)]
            yield conjunction(*reached, negation(same(one.value(effect.index), two.value(effect.index))))


# ---- refusals


@asking("refusals")
def silent(what: Subject, timeout: float) -> Check:
    """Whether a program that is moved, its window fitting in storage whole, or one that meets other resources, is
    refused the same accesses."""
    if not any(t.view for t in what.behaviour.traps) or not has_window(what.isa):
        return HOLDS
    one, state = window_state(what.isa), arbitrary(what.isa)
    fits = [window_fits(s) for s in (one, shifted(one))]
    moved = _refused_apart(what, one, shifted(one), fits, timeout)
    return _worst([moved, _refused_apart(what, state, other_resources(state), [], timeout)])


def _refused_apart(what: Subject, one: SymbolicState, two: SymbolicState, given: list[Term], timeout: float) -> Check:
    a, b = attempt(what.behaviour, one), attempt(what.behaviour, two)
    told = [*a.facts, *b.facts, *(fact for s, run in ((one, a), (two, b)) for fact in fit_facts(s, run))]
    apart = [a.trapped != b.trapped, disjunction(_refused(a), _refused(b))]
    asked = [proper(one), proper(two), *given, *told, *apart]
    answer = exists(asked, timeout)
    if answer.found is Found.NO:
        return HOLDS
    user = exists([*asked, is_user(one)], timeout).found
    said = "where the program lies" if given else "a resource"
    return replace(_counted(answer, one, f"which accesses are refused shows {said}"), user=opposite(user))


# ---- containment


def _stores_inside(what: Subject, timeout: float) -> Check:
    stores = [e for e in what.behaviour.effects if isinstance(e, Store)]
    if not stores:
        return HOLDS
    state = in_mode(arbitrary(what.isa), "user")
    run, reading = attempt(what.behaviour, state), Symbolic(state)
    escapes = [(reading.value(e.guard), reading.value(e.index)) for e in stores]
    wrong = disjunction(*(conjunction(guard, negation(inside(state, at))) for guard, at in escapes))
    hints = [fact for _, at in escapes for fact in facts(state, at)]
    answer = exists([proper(state), negation(run.trapped), *run.facts, *hints, wrong], timeout)
    place = ""
    if answer.model is not None:
        at = next(at for guard, at in escapes if number(answer.model, conjunction(guard, negation(inside(state, at)))))
        place = f" to word {number(answer.model, at):#x}"
    return _counted(answer, state, f"a store{place} is admitted outside the window")


def inside(state: SymbolicState, at: Term) -> Term:
    """Whether an absolute address lies in the window and in storage, no wrapping round: base <= at < base + bound."""
    base, bound = state.at(state.isa.the(Role.BASE)), state.at(state.isa.the(Role.BOUND))
    return conjunction(z3.UGE(at, base), z3.ULT(z3.simplify(at - base), bound), z3.ULT(at, state.size))


def facts(state: SymbolicState, at: Term) -> list[Term]:
    """What is true of all numbers and solvers are slow to find: a sum that stays below the size has not wrapped."""
    base = state.at(state.isa.the(Role.BASE))
    return [no_wrap_fact(base, z3.simplify(at - base), state.size)]


def no_wrap_fact(base: Term, address: Term, size: Term) -> Term:
    """`base < size` and `address < size - base` give `base <= base + address < size`. Valid; a test proves it."""
    total = z3.simplify(base + address)
    admitted = z3.And(z3.ULT(base, size), z3.ULT(address, size - base))
    return z3.Implies(admitted, z3.And(z3.UGE(total, base), z3.ULT(total, size)))


def _blind_outside(what: Subject, timeout: float) -> Check:
    """Whether two user states that differ only in words outside the window always do the same."""
    user = in_mode(arbitrary(what.isa), "user")
    hints: list[Term] = []
    one, two = (_walled(user, tag, hints) for tag in ("'", '"'))
    a, b = (attempt(what.behaviour, s) for s in (one, two))
    ran = conjunction(negation(a.trapped), negation(b.trapped))
    demanded = disjunction(negation(same(a.cause, b.cause)), negation(same(a.info, b.info)))
    wrong = disjunction(
        negation(same(a.trapped, b.trapped)),
        conjunction(a.trapped, b.trapped, demanded),
        conjunction(ran, _results_differ(one, two, a, b)),
    )
    answer = exists([proper(one), *a.facts, *hints, wrong], timeout)
    return _counted(answer, one, "the result depends on a word outside the window")


def _results_differ(one: SymbolicState, two: SymbolicState, a: Attempt, b: Attempt) -> Term:
    at = z3.BitVec("word", a.state.isa.word)
    return disjunction(
        differ_ordinarily(a.state, b.state),
        conjunction(inside(one, at), differ_in_storage(a.state, b.state)),
        resources_differ(a, b),
    )


def _walled(state: SymbolicState, tag: str, hints: list[Term]) -> SymbolicState:
    """The state with shared words in its window, taken strictly, and words of its own elsewhere."""
    isa = state.isa
    within, beyond = cells("within", isa.word, isa.storage.width), cells(f"beyond{tag}", isa.word, isa.storage.width)

    def cell(at: Term) -> Term:
        hints.extend(facts(state, at))
        return z3.If(inside(state, at), within(at), beyond(at))

    return replace(state, storage=Memory(cell))


# ---- answers


def _counted(answer: Answer, state: SymbolicState, said: str) -> Check:
    if answer.found is Found.YES:
        return Check(Found.NO, f"{said}: {state_words(answer.model, state)}")
    return Check(opposite(answer.found))


def _worst(checks: list[Check]) -> Check:
    holds = both(*(c.holds for c in checks))
    return next(c for c in checks if c.holds is holds)


__all__ = ["HOLDS", "Check", "contained", "silent", "steady", "touches_storage"]
