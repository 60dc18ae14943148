"""Asking the solver for a guest: the shortest run of instructions after which the culprit shows what it is.

Lengths are tried in order: the culprit at once, after one instruction, after two, ...; for each length first programs
that trap nowhere, then programs whose last step before the culprit is a trap, the trap entry loading mode and
relocation from words that the image provides. The culprit's own step is the exact question
(`proofs.definitions.exact`), asked in that state, with the monitor's shipping core between the two machines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import monotonic
from typing import Any

import z3

from isa.description import Isa, Role
from isa.encoding import decoder
from isa.ir.nodes import TRUE, Apply, Behaviour, Load, Read, Write, nodes
from isa.machine.time import COUNT_WIDTH, time_of
from isa.passes.partition import ORDINARY
from monitor.core import Core
from proofs.definitions.classification import UNASSIGNED, Subject, subjects
from proofs.definitions.exact import Direct, alone, directly, idle_step, prologue_fails
from proofs.definitions.mapping import Allocation, Mapped, resumed
from proofs.terms.solving import Answer, Found, exists
from proofs.terms.symbolic import Memory, SymbolicState, Term, disjunction, negation, same
from proofs.witness.chain import Chain, ImageWords, body_of, is_definite, is_named, mergeable, operands, with_pc
from proofs.witness.place import Site

LONGEST = 4  # instructions before the culprit
QUESTION = 20.0  # seconds for what is asked of the machine once
_SLOW = frozenset({"mul", "divu", "divs", "remu", "rems"})  # operators that a solver is slow with


@dataclass(frozen=True)
class Plan:
    """What a guest does before the culprit: its instructions, whether the last of them is to trap, and whether it needs
    a character to arrive at its console. `again`: the culprit stands twice."""

    names: tuple[str, ...] = ()
    trap: bool = False
    input: bool = False
    again: bool = False


@dataclass(frozen=True)
class Draft:
    """A program with holes: `image` remembers which words it asks for, `chain` is what comes before the culprit, `word`
    the culprit and `step` its run. `reads` are the addresses that are read up to the end of that run."""

    image: ImageWords
    chain: Chain
    word: Term
    step: Direct
    conditions: tuple[Term, ...]
    reads: tuple[Term, ...]

    @property
    def wrong(self) -> Term:
        return disjunction(self.step.unlike, self.step.breaches)

    @property
    def words(self) -> tuple[Term, ...]:
        """All instruction words, the culprit's last."""
        return (*self.chain.words, self.word)

    def ask(self, timeout: float, *more: Term) -> Answer:
        return exists([*self.conditions, *more], timeout)


def placed(core: Core, site: Site, virtual: SymbolicState) -> Mapped:
    """The real state that `resume` makes of a virtual one, where the monitor puts its only virtual machine. Whatever
    lies outside the window is zero."""
    isa = core.isa
    offset, size, whole = (z3.BitVecVal(n, isa.word) for n in (site.offset, site.words, site.whole))
    allocation = Allocation(offset, size, whole)

    def cell(index: Term) -> Term:
        inside = z3.simplify(z3.ULT(index - offset, size))
        return z3.If(inside, virtual.storage.read(z3.simplify(index - offset)), z3.BitVecVal(0, isa.storage.width))

    return resumed(core, allocation, virtual, Memory(cell), z3.BitVecVal(0, COUNT_WIDTH))


class Search:
    """Looks for a witness against one instruction; `timeout` in seconds for all of it.

    What is learnt from running a plan goes into the next: `banned` are instructions that may not come before the
    culprit, culprits themselves for instance; `exit_before` wants the last of them to be one that the monitor
    interprets, so that the culprit begins a direct run (a run parks resources only when it begins).

    `of_prologue`: the instruction only carries a step whose prologue is to go wrong, and stands twice to show what that
    left. Otherwise it must go wrong where the prologue does not.
    """

    def __init__(self, core: Core, what: Subject, site: Site, timeout: float, of_prologue: bool = False) -> None:
        self.core, self.what, self.site, self.timeout, self.of_prologue = core, what, site, timeout, of_prologue
        self.isa: Isa = core.isa
        self.banned: set[str] = set()
        self.exit_before = False
        self.unseen = False  # whether a guest went wrong as planned and nothing was seen of it
        self._decoder = decoder(self.isa)
        self._until = monotonic() + timeout
        self.gave_up = False

    @property
    def left(self) -> float:
        """Seconds."""
        return max(self._until - monotonic(), 0.0)

    def plans(self, lengths: range) -> Iterator[Plan]:
        """The plans that the solver finds, shortest first."""
        for length in lengths:
            for names in self._vocabularies(length):
                for trap in (False, True) if length else (False,):
                    yield from self._plans([names] * length, trap, False)
                if self._looks_at_pending:
                    yield from self._plans([names] * length, False, True)

    def _plans(self, names: list[list[str]], trap: bool, input: bool) -> Iterator[Plan]:
        """None if there is no such program; several if the caller learns something in between."""
        while self.left > 0:
            allowed = self._allowed(names)
            if not all(allowed):
                return
            draft = self.draft(allowed, trap, input)
            answer = draft.ask(self.left, draft.wrong)
            if answer.found is not Found.YES:
                self.gave_up |= answer.found is Found.UNKNOWN
                return
            known = self._learnt
            before = tuple(self._name(answer.model, word) for word in draft.chain.words)
            yield Plan(before, trap, input, self.of_prologue)
            if self._learnt == known:
                return
        self.gave_up = True

    @property
    def _learnt(self) -> int:
        return len(self.banned) + self.exit_before

    def _allowed(self, names: list[list[str]]) -> list[list[str]]:
        """What may stand in each step, for what is known by now."""
        allowed = [[n for n in step if n not in self.banned] for step in names]
        if self.exit_before and allowed:
            allowed[-1] = [n for n in self._able if n in self._guarded and n not in self.banned]
        return allowed

    def planned(self, plan: Plan) -> Draft:
        return self.draft([[name] for name in plan.names], plan.trap, plan.input)

    def draft(self, names: Sequence[Sequence[str]], trap: bool, input: bool) -> Draft:
        """The program with one of `names` in each step."""
        pc = self.site.start
        image = ImageWords(self.isa, self._ending(pc + len(names) + 1 + self.of_prologue, trap))
        chain = Chain(self.site.state(image, pc, input), pc)
        for i, allowed in enumerate(names):
            last = trap and i == len(names) - 1
            chain = chain.trap(self._trapping if len(allowed) > 1 else allowed) if last else chain.step(allowed)
        word, fetched = chain.fetched()
        before = placed(self.core, self.site, chain.state)
        step = self.step(before, word)
        chosen = is_named(self.isa, self.what.name, word)
        conditions = (*chain.conditions, *fetched, chosen, *step.ran, *self._again(chain, word))
        return Draft(image, chain, word, step, conditions, tuple(image.asked.values()))

    def step(self, before: Mapped, word: Term) -> Direct:
        """What is to go wrong: the prologue alone, or the culprit's step where the prologue alone does not."""
        time = time_of(self.isa)
        if self.of_prologue:
            return directly(before, time, idle_step(self.isa))
        step = directly(before, time, self.what, operands(self.isa, self.what.name, word))
        if not prologue_fails(self.core, min(QUESTION, self.timeout)):
            return step
        return replace(step, excused=(negation(alone(before, time)),))

    def _again(self, chain: Chain, word: Term) -> list[Term]:
        """That the same word is fetched once more."""
        if not self.of_prologue:
            return []
        following, fetched = replace(chain, state=with_pc(chain.state, chain.pc + 1)).fetched()
        return [*fetched, same(following, word)]

    def _ending(self, end: int, trap: bool) -> dict[int, int]:
        ending = self.site.ending(end)
        halt = {} if ending is None else {end: ending.word}
        return halt if trap else {**self.site.handler(end), **halt}

    def _name(self, model: Any, word: Term) -> str:
        found = self._decoder.find(model.eval(word, model_completion=True).as_long())
        return found.name if found else UNASSIGNED

    # ---- what may stand before the culprit

    def _vocabularies(self, length: int) -> list[list[str]]:
        """The instructions to choose from; first those that make a program easy to read, then those that are easy for
        the solver."""
        if not length:
            return [[]]
        easy = [n for n in self._able if not _has(body_of(self.isa, n), _SLOW)]
        plain = [n for n in easy if self._is_plain(body_of(self.isa, n))]
        return [names for names in (plain, easy) if names] + (
            [self._able] if length == 1 and self._able != easy else []
        )

    def _is_plain(self, body: Behaviour) -> bool:
        """Whether a reader sees at a glance what it does: it neither jumps nor reads storage, nor does it tell
        registers what only the supervisor should know."""
        ordinary = {s.name for s in self.isa.states.values() if s.role in ORDINARY}
        seen = list(nodes(*(e.value for e in body.effects)))
        told = any(isinstance(n, Read) and n.state not in ordinary for n in seen)
        jumps = any(isinstance(e, Write) and e.state == self.isa.pc for e in body.effects)
        return not any(isinstance(n, Load) for n in seen) and not told and not jumps

    @cached_property
    def _able(self) -> list[str]:
        names = (n for n in self.isa.instructions if n != self.what.name)
        return [n for n in names if is_definite(body_of(self.isa, n)) and mergeable(self.isa, n)]

    @cached_property
    def _looks_at_pending(self) -> bool:
        """Whether it can matter to the culprit that a device asks for attention."""
        body, states = self.what.behaviour, {p.state for p in self.isa.roles[Role.PENDING]}
        read = any(isinstance(n, Read) and n.state in states for n in nodes(*body.expressions()))
        written = any(isinstance(e, Write) and e.state in states for e in body.effects)
        return self.site.has_console and (read or written)

    @cached_property
    def _guarded(self) -> frozenset[str]:
        """What the monitor interprets, as far as a glance tells: instructions with a trap that looks at the mode."""
        return frozenset(s.name for s in subjects(self.isa) if s.without_guard.behaviour != s.behaviour)

    @cached_property
    def _trapping(self) -> list[str]:
        """What traps whatever the state: a word that is no instruction, system calls."""
        names = [UNASSIGNED, *(n for n in self.isa.instructions if n != self.what.name)]
        return [n for n in names if any(t.guard is TRUE for t in body_of(self.isa, n).traps)]


def _has(body: Behaviour, operators: frozenset[str]) -> bool:
    return any(isinstance(n, Apply) and n.op in operators for n in nodes(*body.expressions()))
