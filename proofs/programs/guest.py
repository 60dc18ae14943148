"""An arbitrary guest at the moment of its exit: the virtual machine's state, and the real state that the monitor meets.

What is supposed is what `judging.py` shows at every entry of a guest, and nothing else: the block is the virtual
machine's state, the relocation is composed, and the real machine traps no later than the virtual one would. Since then
the guest has taken any number of steps directly. Each of them was the virtual machine's own (that is the theorem
"direct" of `prove`), so its registers are any at all, and time has passed for both.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import z3

from isa.description import Isa, Kind, Role, State as Described
from isa.machine import least_storage
from isa.machine.moving import Counter, Moving
from isa.machine.time import COUNT_WIDTH, NEVER
from isa.passes.partition import places
from monitor.core import REAL, Core
from proofs.definitions.mapping import paired, unpaired
from proofs.programs.claims import Claim, Fixed, Running, Small, Tied
from proofs.programs.code import Code
from proofs.programs.convention import Monitor, kept
from proofs.programs.direct import changed_directly, stays
from proofs.programs.ranges import Ranges
from proofs.programs.running import picked
from proofs.programs.state import Setting, State
from proofs.programs.values import Value, lifted, lowered, plain
from proofs.terms.solving import Found, exists
from proofs.terms.symbolic import (
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    bits,
    cells,
    constant,
    deposit,
    negation,
    perform,
)

SURE = 10.0  # seconds for what makes other questions simpler


@dataclass(frozen=True)
class Guest:
    """`virtual` is its state at the exit, and `real` the machine's, `lent` the real scalars as they were when it was
    entered, `block` the virtual scalars of that time, `ran` the steps since."""

    monitor: Monitor
    core: Core
    code: Code
    claims: frozenset[Claim]
    constant: frozenset[int]  # addresses of own words that nothing changes

    @cached_property
    def isa(self) -> Isa:
        return self.monitor.isa

    @cached_property
    def setting(self) -> Setting:
        end, word = self.monitor.end, self.isa.word
        most = (1 << word) - 1
        ranges = {"window": (end, most), "window_size": (least_storage(self.isa), most), "storage": (end, most)}
        return Setting(self.isa, end, *(z3.BitVec(n, word) for n in ranges), Ranges(ranges))

    # ---- the virtual machine

    @cached_property
    def ran(self) -> Term:
        """How many steps it has run: a number that fits into a word, if that is so."""
        return self._short if self._fits else self._any

    @cached_property
    def _short(self) -> Term:
        return z3.ZeroExt(COUNT_WIDTH - self.isa.word, z3.BitVec("steps_run", self.isa.word))

    @cached_property
    def _any(self) -> Term:
        return z3.BitVec("steps_run", COUNT_WIDTH)

    @cached_property
    def _fits(self) -> bool:
        if self.isa.word >= COUNT_WIDTH:
            return False
        return self._holds(z3.ULT(self._any, 1 << self.isa.word), self._any)

    def _holds(self, condition: Term, ran: Term) -> bool:
        """Whether something follows from what is supposed, of so many steps."""
        return exists([*self._supposed(ran), negation(condition)], SURE).found is Found.NO

    @cached_property
    def block(self) -> SymbolicState:
        """The virtual machine when it was entered."""
        return replace(arbitrary(self.isa, "_before"), size=self.setting.size)

    @cached_property
    def virtual(self) -> SymbolicState:
        """The virtual machine now: what it changes itself is new, the rest as it was, time apart."""
        now = arbitrary(self.isa)
        changed, files = changed_directly(self.isa)
        aged = perform(self.code.time.advance(), self._named(now), {"steps": self.ran})
        scalars = dict(aged.scalars)
        for name, bit in changed:
            scalars[name] = deposit(scalars[name], bit, bits(now.scalars[name], bit, 1))
        for name in {name for name, _ in changed}:
            if all((name, bit) in changed for bit in range(self.isa.states[name].width)):
                scalars[name] = now.scalars[name]
        arrays = {n: self._file(self.isa.states[n], n in files) for n in now.arrays}
        storage = Memory(cells("word_of_guest", self.isa.word, self.isa.storage.width))
        return replace(now, scalars=scalars, arrays=arrays, storage=storage, size=self.setting.size)

    def _named(self, now: SymbolicState) -> SymbolicState:
        """The scalars when it was entered; those that a direct run leaves alone have their plain names."""
        scalars = {n: now.scalars[n] if stays(self.isa, n) else self.block.scalars[n] for n in now.scalars}
        halted = {p.state: z3.BitVecVal(0, p.width) for p in self.isa.roles[Role.HALT]}
        return replace(self.block, scalars={**scalars, **halted})

    def _file(self, file: Described, new: bool) -> Memory:
        values = dict(enumerate(self.registers(file, "" if new else "_before")))
        return Memory(lambda index: lifted(picked(index, values, file.width), file.width))

    def registers(self, file: Described, tag: str) -> list[Value]:
        """The cells of a register file, each a symbol or 0."""
        return [0 if i in file.zero else z3.BitVec(f"{file.name}{i}{tag}", file.width) for i in range(file.count)]

    @cached_property
    def entered(self) -> SymbolicState:
        return self._named(arbitrary(self.isa))

    # ---- the real machine

    @cached_property
    def lent(self) -> dict[str, Value]:
        """The real scalars at the guest's first step, as far as they do not come from the virtual machine."""
        fixed = {c.scalar: c.value for c in self.claims if isinstance(c, Fixed)}
        calls = {p.state: 0 for r in (Role.PENDING, Role.HALT) for p in self.isa.roles[r]}  # either ends the run
        numbers = {**calls, **fixed}
        return {
            s.name: constant(s.width, numbers[s.name]) if s.name in numbers else z3.BitVec(f"real_{s.name}", s.width)
            for s in self.isa.scalars()
        }

    def real_scalars(self, virtual: SymbolicState) -> dict[str, Term]:
        """The real scalars for a virtual state: its mode is that of guests, its relocation composed, what a direct run
        touches passes, and the rest is as it was lent."""
        blank = replace(virtual, scalars=self.lent)
        params = {"offset": self.setting.start, "size": self.setting.size}
        made = unpaired(perform(self.core.resume, paired(virtual, blank), params), blank, REAL)
        scalars = dict(self.lent)
        for role in (Role.MODE, Role.BASE, Role.BOUND):
            place = self.isa.the(role)
            scalars[place.state] = deposit(scalars[place.state], place.low, made.at(place))
        for name, bit in sorted(changed_directly(self.isa)[0]):
            whole = made.scalars[name]
            scalars[name] = whole if stays_whole(self.isa, name) else deposit(scalars[name], bit, bits(whole, bit, 1))
        return scalars

    def real(self) -> State:
        """The real machine at the exit."""
        scalars = self.real_scalars(self.virtual)
        for m in self.code.time.moving:
            scalars[m.place.state] = deposit(scalars[m.place.state], m.place.low, self._aged(m))
        for place in places(self.isa, frozenset({Role.PENDING})):
            now = z3.BitVec(f"real_{place.state}_now", place.width)
            scalars[place.state] = deposit(scalars[place.state], place.low, now)
        plain = {name: lowered(term) for name, term in scalars.items()}
        files = {s.name: self.registers(s, "") for s in self.isa.states.values() if s.kind is Kind.ARRAY}
        return State(plain, files, self.initial, self.virtual.storage, self._own())

    def _aged(self, moving: Moving) -> Term:
        """What the run has made of something that moves by itself: the plain difference, if it was never at its end."""
        lent = replace(self.virtual, scalars=self.lent)
        aged = perform(self.code.time.advance(), lent, {"steps": self.ran}).at(moving.place)
        if isinstance(moving, Counter) and moving.width <= COUNT_WIDTH:
            steps = z3.Extract(moving.width - 1, 0, self.ran)
            plain = lent.at(moving.place) + steps if moving.step > 0 else lent.at(moving.place) - steps
            if self._holds(aged == plain, self.ran):
                return plain
        return aged

    def _own(self) -> dict[int, Value]:
        """What is known of the monitor's own words: the block, and the claims."""
        monitor, own = self.monitor, dict[int, Value]()
        for state in kept(self.isa):
            if state.kind is Kind.ARRAY:
                own |= {monitor.place(state, i): v for i, v in enumerate(self.registers(state, "_before"))}
            else:
                value = self.entered.scalars[state.name]
                own[monitor.place(state)] = lowered(z3.ZeroExt(self.isa.word - state.width, value))
        own[monitor.at("VM_WINDOW")], own[monitor.at("VM_SIZE")] = self.setting.start, self.setting.size
        for claim in self.claims:
            if isinstance(claim, Tied):
                own[claim.address] = lowered(self.lent[claim.scalar] + claim.more)
        return own

    def taken(self, state: State) -> Term:
        """How many bare steps the block is further than the guest was when it left."""
        word, at = self.isa.word, self.monitor.at("VM_STEPS")
        low, high = (lifted(self.initial(a), word) for a in (at, at + 1))
        after = z3.Concat(lifted(state.word(at + 1), word), lifted(state.word(at), word))
        ran = z3.Extract(2 * word - 1, 0, z3.ZeroExt(2 * word, self.ran))
        return plain(after - z3.Concat(high, low) - ran)

    def initial(self, address: int) -> Value:
        """An own word that the path has not written."""
        if address in self.constant:
            return self.monitor.words[address]
        return z3.BitVec(f"own_{address}", self.isa.storage.width)

    # ---- what is supposed

    @cached_property
    def hypotheses(self) -> list[Term]:
        return self._supposed(self.ran)

    def _supposed(self, ran: Term) -> list[Term]:
        start, size, whole = self.setting.start, self.setting.size, self.setting.whole
        given = [z3.UGE(start, self.monitor.end), z3.ULE(start, whole), z3.ULE(size, whole - start)]
        given.append(z3.UGE(size, least_storage(self.isa)))
        real, virtual = self.horizon(self.real_scalars(self.entered)), self.horizon(self.entered.scalars)
        given += [z3.ULE(ran, real), z3.ULE(real, virtual), ran != NEVER]
        given += [z3.Extract(self.isa.word - 1, self.isa.word - 1, self.small(c)) == 0 for c in self.claims if isinstance(c, Small)]
        given += [self.lent[c.scalar] != 0 for c in self.claims if isinstance(c, Running)]
        return [t for t in map(plain, given) if not z3.is_true(t)]

    def small(self, claim: Small) -> Term:
        return self._own().get(claim.address, self.initial(claim.address))

    def horizon(self, scalars: dict[str, Term]) -> Term:
        """After how many steps the prologue traps, devices that call apart."""
        quiet = dict(scalars)
        horizon = self.code.time.horizon()
        assert horizon is not None
        return Symbolic(replace(self.block, scalars=quiet)).value(horizon)


def stays_whole(isa: Isa, name: str) -> bool:
    """Whether a direct run may change every bit of a scalar."""
    changed = changed_directly(isa)[0]
    return all((name, bit) in changed for bit in range(isa.states[name].width))

