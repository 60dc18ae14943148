"""Which instructions are privileged, which are sensitive and how: the paper's definitions, decided for all states.

What is classified is what happens: the prologue's effects, the default pc and the body. An instruction answers for what
it does beyond the prologue, so that a tick of the clock makes nothing sensitive, and undoing one does. The traps of the
prologue are left out: with a due clock every state would trap and nothing would be privileged.

All traps are excluded where the paper excludes memory traps, since otherwise every system call is sensitive. The holes
that this opens are closed apart: a trap that depends on the mode in another way is a class of its own, `irregular`;
*whether* an instruction traps, memory traps still excluded, counts as part of its result where location and resources
are asked for, or a machine that traps when its base is odd would be called innocuous. Popek and Goldberg (1974),
section 3; docs/theory.md has the definitions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from isa.description import Isa, Role
from isa.ir.nodes import Behaviour, Write
from isa.passes.normal import bits_read
from isa.passes.partition import RELOCATION, places
from proofs.definitions.pairs import (
    differ_in_storage,
    differ_in_window,
    differ_ordinarily,
    even,
    has_window,
    in_mode,
    in_one_of,
    in_two_modes,
    in_two_user_modes,
    is_user,
    other_extent,
    other_resources,
    proper,
    relocation_changed,
    resources_changed,
    shifted,
    ticked,
    window_state,
)
from proofs.terms.solving import UNASKED, Answer, Found, asking, both, either, exists, opposite
from proofs.terms.symbolic import (
    Attempt,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    conjunction,
    disjunction,
    is_false,
    is_one,
    negation,
    once,
)

Pairing = Callable[[SymbolicState], tuple[SymbolicState, SymbolicState]]  # a state in two modes
UNASSIGNED = "(unassigned)"  # what stands for the encodings that are no instruction
TIMEOUT = 20.0  # seconds for one question


@dataclass(frozen=True)
class Subject:
    """What is classified: an instruction or the unassigned encodings, over its operands. `behaviour` is its body after
    the default pc."""

    isa: Isa
    name: str
    behaviour: Behaviour

    @cached_property
    def whole(self) -> Behaviour:
        """What happens in a step that prologue and fetch let through."""
        return Behaviour((), self.isa.prologue.effects).then(self.behaviour)

    @cached_property
    def step(self) -> Behaviour:
        """The step with the traps of its prologue, the fetch apart."""
        return self.isa.prologue.then(self.behaviour)

    @cached_property
    def without_guard(self) -> "Subject":
        """The same without the traps that look at the mode: what the instruction would be without its guard."""
        mode = frozenset((p.state, b) for p in self.isa.roles[Role.MODE] for b in range(p.low, p.low + p.width))
        traps = tuple(t for t in self.behaviour.traps if t.view or not bits_read([t.guard]) & mode)
        return Subject(self.isa, self.name, Behaviour(traps, self.behaviour.effects))


def subjects(isa: Isa) -> list[Subject]:
    """Every instruction, and the unassigned encodings last."""
    found = [subject(isa, i.name, i.behaviour) for i in isa.instructions.values()]
    return [*found, subject(isa, UNASSIGNED, isa.unassigned)]


def subject(isa: Isa, name: str, body: Behaviour) -> Subject:
    default = (e for e in isa.prologue.effects if isinstance(e, Write) and e.state == isa.pc)
    return Subject(isa, name, Behaviour((), tuple(default)).then(body))


@dataclass(frozen=True)
class Sensitivity:
    """In which of the ways an instruction is sensitive. `extent` (the bound or the size of storage shows) goes beyond
    the paper, which moves only the base; it does not count as sensitive by the letter."""

    control: Found
    location: Found
    mode: Found
    resource: Found
    extent: Found
    user: Found  # user sensitive: control or resource from user mode, location or mode with both states in user mode

    @property
    def sensitive(self) -> Found:
        return either(self.control, self.location, self.mode, self.resource)


@dataclass(frozen=True)
class Verdict:
    """What is proved of one instruction.

    `privileged` holds by vacuity if `vacuous`: it memory-traps in every pair of states. `irregular`: its trapping
    depends on the mode otherwise than as a privileged instruction's does. `partly`: it traps in user mode for some
    states only; then `rest` is its sensitivity where it does not. `values` says for which values of an operand it is
    sensitive, if not for all.
    """

    name: str
    privileged: Found
    vacuous: Found
    irregular: Found
    partly: Found
    sensitivity: Sensitivity
    unguarded: Sensitivity
    rest: Sensitivity | None = None
    values: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def innocuous(self) -> Found:
        return opposite(self.sensitivity.sensitive)

    @property
    def guarded(self) -> Found:
        """Privileged because of what happens in pairs of states. By vacuity alone nothing is said of what it does in
        one mode while it memory-traps in the other."""
        return both(self.privileged, opposite(self.vacuous))

    @property
    def virtualizable(self) -> Found:
        """Whether it keeps Theorem 1: privileged or innocuous, and no trap that depends on the mode irregularly. One
        that is privileged for some states and innocuous for all others keeps it too."""
        if self.partly is Found.YES and self.rest is not None:
            return both(opposite(self.irregular), opposite(self.rest.sensitive))
        return both(opposite(self.irregular), either(self.guarded, self.innocuous))

    @property
    def hybrid(self) -> Found:
        """Whether it keeps Theorem 3: privileged, or not user sensitive."""
        if self.partly is Found.YES and self.rest is not None:
            return opposite(self.rest.user)
        return either(self.guarded, opposite(self.sensitivity.user))


class Classifier:
    """Classifies the instructions of one machine; `timeout` is in seconds for one question."""

    def __init__(self, isa: Isa, timeout: float = TIMEOUT) -> None:
        self.isa, self.timeout = isa, timeout
        self.questions = 0
        self.windowed = has_window(isa)

    def ask(self, *conditions: Term) -> Found:
        return self.answer(*conditions).found

    def answer(self, *conditions: Term, like: Answer = UNASKED) -> Answer:
        self.questions += 1
        if any(is_false(c) for c in conditions):
            return Answer(Found.NO)
        return exists(conditions, self.timeout, like=like)

    def verdict(self, what: Subject) -> Verdict:
        state = arbitrary(self.isa)
        pair = _Pair(what, in_mode(state, "supervisor"), in_mode(state, "user"))
        with asking("seen"):
            vacuous = opposite(self.ask(*pair.seen))
        with asking("privileged"):
            privileged = opposite(self.ask(*pair.seen, negation(pair.guarded)))
        with asking("irregular"):
            irregular = self.ask(*pair.seen, pair.supervisor.trapped, negation(pair.user.trapped))
        irregular = either(irregular, self._missed_by_users(what))
        partly = Found.NO
        rest = None
        if privileged is not Found.YES:
            with asking("partly"):
                partly = self.ask(*pair.seen, pair.guarded)
        if partly is Found.YES:
            with asking("where it does not trap"):
                rest = self.sensitivity(what, lambda s: let_through(what, s))
        sensitivity = self.sensitivity(what)
        unguarded = sensitivity
        if what.without_guard.behaviour != what.whole:
            with asking("without its guard"):
                unguarded = self.sensitivity(what.without_guard)
        return Verdict(what.name, privileged, vacuous, irregular, partly, sensitivity, unguarded, rest)

    def sensitivity(self, what: Subject, where: Callable[[SymbolicState], Term] | None = None) -> Sensitivity:
        """All ways of sensitivity; `where` restricts the states that are looked at."""
        control, control_user = self._alone(what, where, lambda s, a: relocation_changed(ticked(s), a.state))
        changes, changes_user = self._alone(what, where, lambda s, a: resources_changed(ticked(s), a))
        depends, depends_user = self._depends(what, where)
        location, location_user = self._location(what, where)
        return Sensitivity(
            control=control,
            location=location,
            mode=self._mode(what, where, in_two_modes),
            resource=either(changes, depends),
            extent=self._extent(what, where),
            user=either(control_user, location_user, changes_user, depends_user, self._modes_of_users(what, where)),
        )

    def affects(self, what: Subject, known: Sensitivity, where: Callable[[SymbolicState], Term] | None = None) -> Found:
        """Whether it is sensitive in the states that `where` restricts it to, asked only of the ways that `known`,
        its sensitivity in more states, leaves open; the first way that is found settles it, quick ones first."""
        ways: list[tuple[Found, Callable[[], Found]]] = [
            (known.control, lambda: self._alone(what, where, lambda s, a: relocation_changed(ticked(s), a.state))[0]),
            (known.resource, lambda: self._alone(what, where, lambda s, a: resources_changed(ticked(s), a))[0]),
            (known.mode, lambda: self._mode(what, where, in_two_modes)),
            (known.location, lambda: self._location(what, where)[0]),
            (known.resource, lambda: self._depends(what, where)[0]),
        ]
        found = []
        for before, ask in ways:
            found.append(Found.NO if before is Found.NO else ask())
            if found[-1] is Found.YES:
                break
        return either(*found)

    # ---- the questions. Where two runs are compared, what the description calls `unknown` is one choice in both:
    # results differ if what is *possible* does, and a result that may be anything in both shows nothing of them.

    @asking("changes")
    def _alone(
        self,
        what: Subject,
        where: Callable[[SymbolicState], Term] | None,
        changed: Callable[[SymbolicState, Attempt], Term],
    ) -> tuple[Found, Found]:
        """Whether a step from one state changes something: from any mode, and from user mode."""
        state = arbitrary(self.isa)
        run = attempt(what.whole, state)
        asked = [proper(state), *_untrapped(run), changed(state, run), *_restricted(where, state)]
        return self._and_from_user(state, asked)

    def _and_from_user(self, state: SymbolicState, asked: list[Term]) -> tuple[Found, Found]:
        any_mode = self.answer(*asked)
        user = any_mode if any_mode.found is Found.NO else self.answer(*asked, is_user(state), like=any_mode)
        return any_mode.found, user.found

    @asking("resource")
    def _depends(self, what: Subject, where: Callable[[SymbolicState], Term] | None) -> tuple[Found, Found]:
        """Whether the ordinary result depends on a resource."""
        one = arbitrary(self.isa)
        two = other_resources(one)
        a, b = attempt(what.whole, one), attempt(what.whole, two)
        result = disjunction(
            differ_ordinarily(a.state, b.state),
            differ_in_storage(a.state, b.state),
            _relocation_differs(a, b),
        )
        asked = [proper(one), proper(two), *_untrapped(a, b), *even(one, two), result, *_restricted(where, one, two)]
        return self._or_uneven(what, where, one, two, self._and_from_user(one, asked))

    @asking("location")
    def _location(self, what: Subject, where: Callable[[SymbolicState], Term] | None) -> tuple[Found, Found]:
        if not self.windowed:
            return Found.NO, Found.NO
        one = window_state(self.isa)
        two = shifted(one)
        a, b = attempt(what.whole, one), attempt(what.whole, two)
        result = disjunction(differ_ordinarily(a.state, b.state), differ_in_window(one, a.state, two, b.state))
        asked = [proper(one), proper(two), *_untrapped(a, b), *even(one, two), result, *_restricted(where, one, two)]
        return self._or_uneven(what, where, one, two, self._and_from_user(one, asked))

    def _or_uneven(
        self,
        what: Subject,
        where: Callable[[SymbolicState], Term] | None,
        one: SymbolicState,
        two: SymbolicState,
        found: tuple[Found, Found],
    ) -> tuple[Found, Found]:
        """What was found of two results, or whether of two states one traps and the other does not. That other one
        has to be looked at: an instruction that traps unless its operand is the base shows it by not trapping. Memory
        traps are excluded, as ever: whether *they* tell anything is a premise (`proofs.definitions.access`)."""
        if Found.NO not in found or all(t.view for t in what.whole.traps):
            return found
        a, b = attempt(what.whole, one), attempt(what.whole, two)
        seen = [negation(conjunction(run.trapped, run.memory)) for run in (a, b)]
        passed = ((one, a), (two, b))
        looked = [disjunction(*(conjunction(negation(r.trapped), where(s)) for s, r in passed))] if where else []
        asked = [proper(one), proper(two), *seen, *a.facts, *b.facts, a.trapped != b.trapped, *looked]
        uneven = self._and_from_user(one, asked)
        return either(found[0], uneven[0]), either(found[1], uneven[1])

    def _modes_of_users(self, what: Subject, where: Callable[[SymbolicState], Term] | None) -> Found:
        """Whether the result depends on which of several user modes it is. All run in one real mode."""
        if len(self.isa.modes.others) == 1:
            return Found.NO
        return either(self._mode(what, where, in_two_user_modes), self._missed_by_users(what))

    @asking("irregular")
    def _missed_by_users(self, what: Subject) -> Found:
        """Whether it traps in another user mode than the one in which guests run, and there it does not."""
        *higher, guest = self.isa.modes.others
        if not higher:
            return Found.NO
        state = arbitrary(self.isa)
        pair = _Pair(what, in_one_of(state, tuple(higher)), in_one_of(state, (guest,)))
        return self.ask(*pair.seen, pair.supervisor.trapped, negation(pair.user.trapped))

    @asking("mode")
    def _mode(self, what: Subject, where: Callable[[SymbolicState], Term] | None, pair: Pairing) -> Found:
        """Takes the same storage, all of it: an absolute load is not mode sensitive."""
        one, two = pair(arbitrary(self.isa))
        a, b = attempt(what.whole, one), attempt(what.whole, two)
        result = disjunction(differ_ordinarily(a.state, b.state), differ_in_storage(a.state, b.state))
        asked = [proper(one), proper(two), *_untrapped(a, b), *even(one, two), result]
        return self.ask(*asked, *_restricted(where, one, two))

    @asking("extent")
    def _extent(self, what: Subject, where: Callable[[SymbolicState], Term] | None) -> Found:
        if not self.windowed:
            return Found.NO
        one = arbitrary(self.isa)
        two = other_extent(one)
        a, b = attempt(what.whole, one), attempt(what.whole, two)
        result = disjunction(differ_ordinarily(a.state, b.state), differ_in_storage(a.state, b.state))
        asked = [proper(one), *_untrapped(a, b), *even(one, two), result, *_restricted(where, one, two)]
        found = self.ask(*asked)
        return self._or_uneven(what, where, one, two, (found, found))[0]


class _Pair:
    """The same state in supervisor and in user mode, both tried. `seen`: neither memory-traps."""

    def __init__(self, what: Subject, above: SymbolicState, below: SymbolicState) -> None:
        self.supervisor = attempt(what.whole, above, tag="'")
        self.user = attempt(what.whole, below, tag='"')
        memory = (conjunction(a.trapped, a.memory) for a in (self.supervisor, self.user))
        self.seen = [proper(above), proper(below), *(negation(m) for m in memory)]
        self.guarded = conjunction(self.user.trapped, negation(self.supervisor.trapped))


@once
def let_through(what: Subject, state: SymbolicState) -> Term:
    """Whether a user mode lets it run in this state, or a mode that counts as supervisor does not."""
    modes = state.isa.modes
    pairs = [(in_one_of(state, (a,)), in_one_of(state, (b,))) for a in modes.supervisors for b in modes.others]
    return disjunction(*(negation(_Pair(what, *pair).guarded) for pair in pairs))


def _untrapped(*runs: Attempt) -> list[Term]:
    """None of these steps trapped; and the facts that help to see what follows."""
    return [*(negation(run.trapped) for run in runs), *(fact for run in runs for fact in run.facts)]


def _restricted(where: Callable[[SymbolicState], Term] | None, *states: SymbolicState) -> list[Term]:
    return [where(s) for s in states] if where else []


def _relocation_differs(a: Attempt, b: Attempt) -> Term:
    pairs = ((a.state.at(p), b.state.at(p)) for p in places(a.state.isa, RELOCATION | {Role.MODE}))
    return disjunction(*(x != y for x, y in pairs if not is_one(x, y)))
