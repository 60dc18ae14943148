"""Where the parts of a witness lie, and how it ends.

A witness is a straight run of instructions from `start`, and behind it one that halts. The new state that the trap
entry loads leads to the same place, so a guest that traps halts too. Both are found by asking the solver what words do
that; a machine for which there are none still has witnesses, but they run on until the budget ends.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import z3

from isa.description import Isa, Role
from isa.devices import Console
from isa.devices.catalogue import PLACES, misfit
from isa.ir.nodes import Behaviour, Const, Load, Store, Write, nodes
from isa.machine import least_storage
from isa.machine.storage import page_shift
from monitor.monitor import depth_storage
from proofs.terms.solving import LOGIC
from proofs.terms.symbolic import SymbolicState, Term, attempt, conjunction, disjunction, negation, perform, same
from proofs.witness.chain import (
    Chain,
    ImageWords,
    after_reset,
    body_of,
    fetched_step,
    is_definite,
    is_named,
    operands,
    settled,
)

CONSOLE = PLACES[Console.name].port  # also its bit among those that ask for attention
WORDS = 4096  # words of storage of a witness's machine: what a guest gets that does not ask for more
NEAR = 32  # data lies within so many words behind the program, where that is possible


@dataclass(frozen=True)
class Site:
    """The machines of a witness: `words` words, virtual ones in a window at `offset` of a real storage of `whole`."""

    isa: Isa
    words: int
    offset: int
    whole: int

    @staticmethod
    def of(isa: Isa, words: int = WORDS) -> "Site":
        words = min(words, int(1 << max(isa.word - 2, 1)))
        return Site(isa, words, 1 << page_shift(isa.word), depth_storage(isa, words, 1)[0])

    @cached_property
    def entry_words(self) -> frozenset[int]:
        """The words that the trap entry may read or write, whatever the cause."""
        found = {e.index.value for e in self.isa.entry.effects if isinstance(e, Store) and isinstance(e.index, Const)}
        return frozenset(found | {a for cause in self._causes() for a in self._loaded(cause)})

    @cached_property
    def start(self) -> int:
        """The first word behind those of the trap entry, at a round address."""
        least = max([least_storage(self.isa), *(a + 1 for a in self.entry_words if a < 256)])
        return -(-least // 16) * 16

    def state(self, image: ImageWords, pc: int, arrived: bool = False) -> SymbolicState:
        """The state in which a program at `pc` begins. `arrived`: a character has arrived at the console, which asks
        for attention before the first step."""
        state = after_reset(self.isa, self.words, image, pc)
        for place in self.isa.roles[Role.PENDING] if arrived else ():
            bit = 1 << CONSOLE & (1 << place.width) - 1
            state = settled(state.put(place, state.at(place) | z3.BitVecVal(bit, place.width)))
        return state

    @property
    def has_console(self) -> bool:
        """Whether the machine has room for a console that can ask for attention."""
        return bool(self.isa.roles[Role.PENDING]) and not misfit(self.isa, Console.name, Console.ports)

    def _causes(self) -> list[int]:
        return sorted(set(self.isa.cause.members.values()))

    def _loaded(self, cause: int) -> Iterator[int]:
        image = ImageWords(self.isa)
        self.trapped(image, cause)
        for index in image.asked.values():
            if z3.is_bv_value(index) and index.as_long() < self.words:
                yield index.as_long()

    def trapped(self, image: ImageWords, cause: int) -> SymbolicState:
        """The state after a trap of this cause in the state after reset."""
        params = {"cause": z3.BitVecVal(cause, self.isa.cause_width), "info": z3.BitVecVal(0, self.isa.info_width)}
        return perform(self.isa.entry, self.state(image, 0), params)

    # ---- endings

    def ending(self, pc: int) -> "Ending | None":
        """A word that, at `pc`, stops the machine in the state after reset; else one that jumps to itself there."""
        if pc not in self._endings:
            self._endings[pc] = self._ending(pc)
        return self._endings[pc]

    @cached_property
    def _endings(self) -> dict[int, "Ending | None"]:
        return {}

    def _ending(self, pc: int) -> "Ending | None":
        names = [n for n in self.isa.instructions if _stands_alone(body_of(self.isa, n))]
        for stops in (True, False):
            for name in sorted(names, key=lambda n: len(self.isa.instructions[n].uses)):
                word = self._ends(name, stops, pc)
                if word is not None:
                    return Ending(name, word, stops)
        return None

    def _ends(self, name: str, stops: bool, pc: int) -> int | None:
        body = body_of(self.isa, name)
        if stops and not any(isinstance(e, Write) and self._is_halt(e) for e in body.effects):
            return None
        word = z3.BitVec("word", self.isa.storage.width)
        state = self.state(ImageWords(self.isa), pc)
        found = least([is_named(self.isa, name, word), *self._ended(name, word, stops, state)], [word])
        return found[0] if found else None

    def _ended(self, name: str, word: Term, stops: bool, state: SymbolicState) -> list[Term]:
        """That this instruction, fetched in this state, ends the run."""
        run = attempt(fetched_step(self.isa, name), state, operands(self.isa, name, word))
        halted = disjunction(*(run.state.at(p) != 0 for p in self.isa.roles[Role.HALT]))
        return [negation(run.trapped), halted if stops else _stays(state, run.state)]

    def _is_halt(self, write: Write) -> bool:
        return any(p.state == write.state for p in self.isa.roles[Role.HALT])

    def handler(self, pc: int) -> Mapping[int, int]:
        """Words of storage with which every trap leads to the ending, which lies at `pc`, or to another one like it;
        empty if there are none outside the program. What the trap entry loads is as after reset where it can be."""
        if pc not in self._handlers:
            self._handlers[pc] = self._handler(pc)
        return self._handlers[pc]

    @cached_property
    def _handlers(self) -> dict[int, Mapping[int, int]]:
        return {}

    def _handler(self, pc: int) -> Mapping[int, int]:
        ending = self.ending(pc)
        if ending is None:
            return {}
        image = ImageWords(self.isa, {pc: ending.word})
        quiet = self.state(image, pc)
        must: list[Term] = []
        wishes: list[Term] = []
        for cause in self._causes():
            after = settled(self.trapped(image, cause))
            word, fetched = Chain(after, pc).fetched()
            ends = z3.BitVecVal(ending.word, word.size())
            must += [same(word, ends), *fetched, *self._ended(ending.name, ends, ending.stops, after)]
            wishes += [same(after.scalars[name], term) for name, term in quiet.scalars.items()]
        places = [i for i in image.asked.values() if z3.is_bv_value(i) and i.as_long() < self.words]
        values = least(must, [image(i) for i in places], wishes) or []
        found = {i.as_long(): value for i, value in zip(places, values, strict=False)}
        return {} if any(self.start <= at <= pc for at in found) else found


@dataclass(frozen=True)
class Ending:
    """An instruction word that ends a guest: it stops the machine (`stops`), or stays where it is."""

    name: str
    word: int
    stops: bool


def _stands_alone(body: Behaviour) -> bool:
    """Whether what it does needs no words of storage."""
    return is_definite(body) and not any(isinstance(n, Load) for n in nodes(*body.expressions()))


def _stays(before: SymbolicState, after: SymbolicState) -> Term:
    return conjunction(*(same(before.scalars[name], term) for name, term in after.scalars.items()))


def least(
    conditions: list[Term], terms: list[Term], wishes: Iterable[Term] = (), timeout: float = 5.0
) -> list[int] | None:
    """Values of terms with which the conditions hold, and the wishes one after the other where they can, and zero
    wherever it can be; None if there are none. `timeout` in seconds for each question."""
    solver = z3.SolverFor(LOGIC)
    solver.set("timeout", int(timeout * 1000))
    solver.add(*conditions)
    if solver.check() != z3.sat:
        return None
    for wish in (*wishes, *(term == 0 for term in terms)):
        if not z3.is_true(wish) and solver.check(wish) == z3.sat:
            solver.add(wish)
    solver.check()
    model = solver.model()
    return [model.eval(term, model_completion=True).as_long() for term in terms]
