"""Where the parts of a witness lie, and how it ends.

A witness is a straight run of instructions from `start`, and behind it one that halts. The new state that the trap
entry loads leads to the same place, so a guest that traps halts too. Both are found by asking the solver what words do
that; a machine for which there are none still has witnesses, but they run on until the budget ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import z3

from isa.description import Isa, Role
from isa.devices import Console
from isa.devices.catalogue import PLACES, misfit
from isa.ir import Const, Store, Write
from isa.machine import least_storage
from isa.machine.storage import page_shift
from monitor.monitor import depth_storage
from proofs.solving import LOGIC
from proofs.symbolic import SymbolicState, Term, attempt, perform, same
from proofs.witness_chain import ImageWords, after_reset, body_of, is_definite, is_named, operands, settled

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

    @cached_property
    def halt(self) -> int | None:
        """A word that stops the machine in the state after reset; else one that jumps to itself; else None."""
        pc = self.start
        for stops in (True, False):
            for name in sorted(self.isa.instructions, key=lambda n: len(self.isa.instructions[n].uses)):
                word = self._ends(name, pc, stops) if is_definite(body_of(self.isa, name)) else None
                if word is not None:
                    return word
        return None

    def _ends(self, name: str, pc: int, stops: bool) -> int | None:
        isa = self.isa
        if stops and not any(isinstance(e, Write) and self._is_halt(e) for e in body_of(isa, name).effects):
            return None
        state, word = self.state(ImageWords(isa), pc), z3.BitVec("word", isa.storage.width)
        run = attempt(isa.step(body_of(isa, name)), state, operands(isa, name, word))
        after = run.state
        done = [after.at(p) != 0 for p in isa.roles[Role.HALT]] if stops else [_stays(state, after)]
        if not done:
            return None
        found = least([is_named(isa, name, word), z3.Not(run.trapped), z3.Or(*done)], [word])
        return found[0] if found else None

    def _is_halt(self, write: Write) -> bool:
        return any(p.state == write.state for p in self.isa.roles[Role.HALT])

    def handler(self, pc: int) -> dict[int, int]:
        """Words of storage with which every trap leads to `pc` with all that the entry sets as it is after reset."""
        isa, image = self.isa, ImageWords(self.isa)
        written = {e.state for e in isa.entry.effects if isinstance(e, Write)}
        wanted: list[Term] = []
        quiet = self.state(image, pc)
        for cause in self._causes():
            after = self.trapped(image, cause)
            wanted += [same(z3.simplify(after.scalars[n]), quiet.scalars[n]) for n in sorted(written)]
        places = [i for i in image.asked.values() if z3.is_bv_value(i)]
        values = least(wanted, [image(i) for i in places]) or []
        return {i.as_long(): value for i, value in zip(places, values, strict=False)}


def _stays(before: SymbolicState, after: SymbolicState) -> Term:
    return z3.And(*(same(before.scalars[name], term) for name, term in after.scalars.items()))


def least(conditions: list[Term], terms: list[Term], timeout: float = 5.0) -> list[int] | None:
    """Values of terms with which the conditions hold, zero wherever one at a time can be; None if there are none."""
    solver = z3.SolverFor(LOGIC)
    solver.set("timeout", int(timeout * 1000))
    solver.add(*conditions)
    if solver.check() != z3.sat:
        return None
    model = solver.model()
    for term in terms:
        if solver.check(term == 0) == z3.sat:
            solver.add(term == 0)
            solver.check()
            model = solver.model()
    return [model.eval(term, model_completion=True).as_long() for term in terms]
