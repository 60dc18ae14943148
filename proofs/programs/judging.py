"""What came of an exit, held against the virtual machine's own step.

A path ends where the guest is entered again, where it has halted, or at a place that the monitor has stated. There the
block must be the virtual machine after as many bare steps as it counts (`expecting.py`); and where the guest is
entered, the real machine must be what the map makes of that state, and due no later. Each of these is a question of its
own: can it be otherwise?
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import z3

from isa.description import Kind, Role
from isa.description import State as Described
from isa.ir.operators import BOOL
from proofs.programs.asking import Questions
from proofs.programs.claims import Claim, Small, Tied, broken
from proofs.programs.convention import kept
from proofs.programs.direct import changed_directly
from proofs.programs.exits import Exit
from proofs.programs.expecting import Said, Stepping
from proofs.programs.guest import Guest
from proofs.programs.paths import Path
from proofs.programs.state import State
from proofs.programs.values import Value, lifted, lowered, plain
from proofs.terms.symbolic import FALSE, SymbolicState, Term, chosen

CLAIM = "a claim"


@dataclass(frozen=True)
class Wrong:
    """Something that must not be: `what` is wrong `when`. `places` are own words it shows in, with what they should
    be; and `claim` the claim that is not kept, if it is one."""

    what: str
    when: Term
    place: int | None = None
    should: Term | None = None
    claim: Claim | None = None


@dataclass(frozen=True)
class Judge:
    """Judges the paths of one exit."""

    guest: Guest
    exit: Exit
    questions: Questions  # about the states in which the guest leaves so

    def block(self, path: Path, name: str, word: int = 0) -> Term:
        return lifted(path.state.word(self.guest.monitor.at(name, word)), self.guest.isa.word)

    def miscounted(self, path: Path, taken: Term) -> Term:
        """Whether the count of steps is not what it was and one or none more, all its words taken together."""
        word = self.guest.isa.word
        before = [lifted(self.guest.initial(self.guest.monitor.at("VM_STEPS", i)), word) for i in (1, 0)]
        after = z3.Concat(self.block(path, "VM_STEPS", 1), self.block(path, "VM_STEPS"))
        ran = z3.Extract(2 * word - 1, 0, z3.ZeroExt(2 * word, self.guest.ran))
        should = z3.Concat(*before) + ran + z3.ZeroExt(word, taken)
        return z3.Or(z3.UGT(taken, 1), after != should)

    # ---- what can be wrong

    def wrongs(self, path: Path, entered: State | None) -> Iterator[Wrong]:
        """Everything that must not be at the end of a path; `entered` is the real machine behind `leave`, if that is
        where it ends."""
        self.questions.given = path.conditions
        taken = self.guest.taken(path.state)
        expected = Stepping(self.guest, self.exit, self.questions).after(path.state, taken)
        yield Wrong("how many steps have passed", _if(self.miscounted(path, taken)), self.guest.monitor.at("VM_STEPS"))
        yield Wrong("a step that nothing called for", _if(expected.uncalled))
        yield from self._state(path, expected.state)
        yield from self._window(path, expected.state)
        yield from self._promise(path)
        if path.at not in self.guest.monitor.away:
            yield from self._traffic(path, expected.said)
        if entered is not None:
            yield from self._entered(path, entered)

    def _state(self, path: Path, expected: SymbolicState) -> Iterator[Wrong]:
        monitor, word = self.guest.monitor, self.guest.isa.word
        for state in kept(self.guest.isa):
            for cell in range(state.count):
                place = monitor.place(state, cell)
                if state.kind is Kind.ARRAY:
                    index = z3.BitVecVal(cell, max(1, (state.count - 1).bit_length()))
                    should, name = expected.arrays[state.name].read(index), f"{state.name}[{cell}]"
                else:
                    should, name = expected.scalars[state.name], state.name
                yield self._word(path, name, place, z3.ZeroExt(word - state.width, should))

    def _word(self, path: Path, name: str, place: int, should: Term) -> Wrong:
        found = lifted(path.state.word(place), self.guest.isa.word)
        differs = lowered(found != should)
        return Wrong(f"the guest's {name}", lifted(differs, 0), place, should)

    def _window(self, path: Path, expected: SymbolicState) -> Iterator[Wrong]:
        at = z3.BitVec("word", self.guest.isa.word)
        found, should = path.state.window.read(at), expected.storage.read(at)
        differs = lowered(z3.And(z3.ULT(at, self.guest.setting.size), found != should))
        yield Wrong("a word of the guest's storage", lifted(differs, 0))

    def _promise(self, path: Path) -> Iterator[Wrong]:
        monitor = self.guest.monitor
        yield self._word(path, "window", monitor.at("VM_WINDOW"), self.guest.setting.start)
        yield self._word(path, "storage's size", monitor.at("VM_SIZE"), self.guest.setting.size)
        number = monitor.at("VM_NUMBER")
        yield self._word(path, "number", number, lifted(self.guest.initial(number), self.guest.isa.word))

    def _traffic(self, path: Path, said: Said | None) -> Iterator[Wrong]:
        """Whether the block tells of the word that was moved, if one was."""
        at, word = self.guest.monitor.at("VM_TRAFFIC"), self.guest.isa.word
        before = lifted(self.guest.initial(at), word)
        moved = said.when if said else FALSE
        yield self._word(path, "traffic", at, plain(chosen(moved, before + 1, before)))
        if said is not None:
            ways: dict[str, Term] = {
                "VM_WAY": z3.BitVecVal(2 if said.sent else 1, word),
                "VM_PORT": said.port,
                **({"VM_WORD": said.word} if said.sent else {}),
            }
            for name, should in ways.items():
                differs = self.block(path, name) != z3.ZeroExt(word - should.size(), should)
                yield Wrong(
                    f"what is told of its traffic: {name}", _if(z3.And(moved, differs)), self.guest.monitor.at(name)
                )

    def _entered(self, path: Path, entered: State) -> Iterator[Wrong]:
        """The real machine as the guest finds it, held against the block, which is held against the guest."""
        isa, kept_now = self.guest.isa, self.kept(path)
        for place in isa.roles[Role.HALT]:
            yield Wrong("a guest that has halted is entered", _if(kept_now.at(place) != 0))
        found = {s.name: lifted(entered.scalars[s.name], s.width) for s in isa.scalars()}
        for name, should, real in self._mapped(kept_now, found):
            yield Wrong(f"the real {name}", _if(real != should))
        for file in (s for s in kept(isa) if s.kind is Kind.ARRAY):
            for cell in set(range(file.count)) - file.zero:
                real, should = (
                    lifted(v, file.width) for v in (entered.files[file.name][cell], self._cell(path, file, cell))
                )
                yield Wrong(f"the real {file.name}[{cell}]", _if(real != should))
        late = z3.UGT(self.guest.real_horizon(found), self.guest.horizon(kept_now.scalars))
        yield Wrong("the real machine is due later than the guest's", _if(late))
        for claim in sorted(self.guest.claims, key=str):
            yield self._claimed(claim, path, entered)

    def kept(self, path: Path) -> SymbolicState:
        """The virtual machine as the block has it."""
        isa, monitor = self.guest.isa, self.guest.monitor
        words = {s.name: lifted(path.state.word(monitor.place(s)), isa.word) for s in isa.scalars()}
        scalars = {name: plain(z3.Extract(isa.states[name].width - 1, 0, term)) for name, term in words.items()}
        return replace(self.exit.virtual, scalars=scalars)

    def _cell(self, path: Path, file: Described, cell: int) -> Value:
        return path.state.word(self.guest.monitor.place(file, cell))

    def _mapped(self, state: SymbolicState, found: dict[str, Term]) -> Iterator[tuple[str, Term, Term]]:
        """The real scalars that the map fixes: name, what it must be and what it is."""
        isa = self.guest.isa
        should = self.guest.real_scalars(state)
        for role in (Role.MODE, Role.BASE, Role.BOUND):
            place = isa.the(role)
            parts = (replace(state, scalars=s).at(place) for s in (should, found))
            yield (role.value, *parts)
        for name in sorted({name for name, _ in changed_directly(isa)[0]}):
            yield name, should[name], found[name]

    def _claimed(self, claim: Claim, path: Path, entered: State) -> Wrong:
        isa = self.guest.isa
        address = claim.address if isinstance(claim, Tied | Small) else None
        word: Value = 0 if address is None else path.state.word(address)
        width = isa.word if isinstance(claim, Small) else isa.states[claim.scalar].width
        return Wrong(CLAIM, broken(claim, entered.scalars, word, width), address, None, claim)


def _if(condition: Term) -> Term:
    return lifted(lowered(condition), BOOL)
