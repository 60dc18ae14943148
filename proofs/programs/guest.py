"""An arbitrary guest at the moment of its exit: the virtual machine's state, and the real state that the monitor meets.

What is supposed is what `judging.py` shows at every entry of a guest, and nothing else: the block is the virtual
machine's state, the relocation is composed, and the real machine traps no later than the virtual one would. Since then
the guest has taken any number of steps directly. Each of them was the virtual machine's own (that is the theorem
"direct" of `prove`), so its registers are any at all, and time has passed for both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import z3

from isa.description import Isa, Kind, Role
from isa.description import State as Described
from isa.ir.nodes import Behaviour
from isa.machine import least_storage
from isa.machine.moving import Counter, Moving
from isa.machine.time import COUNT_WIDTH, NEVER
from isa.passes.partition import places
from monitor.core import REAL, Core
from proofs.definitions.mapping import paired, unpaired
from proofs.programs.asking import impossible, settled
from proofs.programs.claims import Claim, Fixed, Running, Small, Tied
from proofs.programs.code import Code
from proofs.programs.convention import Monitor, kept
from proofs.programs.direct import changed_directly, changes_whole, stays
from proofs.programs.ranges import Ranges
from proofs.programs.running import picked
from proofs.programs.state import Setting, State
from proofs.programs.values import Value, lifted, lowered, plain
from proofs.terms.symbolic import (
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    bits,
    cells,
    constant,
    deposit,
    negation,
    perform,
    sum_fact,
)


@dataclass(frozen=True)
class Guest:
    """`virtual` is its state at the exit, and `real()` the machine's; `lent` are the real scalars as they were when it
    was entered, `entered` the virtual ones, and `ran` the steps since. `constant`: own words that nothing changes."""

    monitor: Monitor
    core: Core
    code: Code
    claims: frozenset[Claim]
    constant: frozenset[int]

    @cached_property
    def isa(self) -> Isa:
        return self.monitor.isa

    @cached_property
    def setting(self) -> Setting:
        end, word = self.monitor.end, self.isa.word
        most = (1 << word) - 1
        ranges = {"window": (end, most), "window_size": (least_storage(self.isa), most), "storage": (end, most)}
        start, size, whole = (z3.BitVec(name, word) for name in ranges)
        return Setting(self.isa, end, start, size, whole, Ranges(ranges))

    def prepare(self) -> None:
        """Find out what all exits have in common, before they are shared out."""
        _ = self.hypotheses, self.virtual, self._bound_alone

    # ---- the virtual machine

    @cached_property
    def ran(self) -> Term:
        """How many steps it has run: a number that fits into a word, if that is so."""
        count = z3.BitVec("steps_run", COUNT_WIDTH)
        if self.isa.word < COUNT_WIDTH and self._holds(z3.ULT(count, 1 << self.isa.word), count):
            return z3.ZeroExt(COUNT_WIDTH - self.isa.word, z3.BitVec("steps_run", self.isa.word))
        return count

    def _holds(self, condition: Term, ran: Term) -> bool:
        """Whether something follows from what is supposed, of so many steps and real scalars of which nothing else is
        known."""
        return impossible([*self._supposed(ran, self._symbols), negation(condition)])

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
        scalars |= {n: now.scalars[n] for n in now.scalars if changes_whole(self.isa, n)}
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
    def _symbols(self) -> dict[str, Term]:
        """The real scalars at the guest's first step, as far as they do not come from the virtual machine."""
        fixed = {c.scalar: c.value for c in self.claims if isinstance(c, Fixed)}
        calls = {p.state: 0 for r in (Role.PENDING, Role.HALT) for p in self.isa.roles[r]}  # either ends the run
        numbers = {**calls, **fixed}
        return {
            s.name: constant(s.width, numbers[s.name]) if s.name in numbers else z3.BitVec(f"real_{s.name}", s.width)
            for s in self.isa.scalars()
        }

    @cached_property
    def lent(self) -> dict[str, Term]:
        """The same; but of what counts, and was never at its end, what it is now and so many steps before."""
        return {**self._symbols, **{m.place.state: lent for m, lent in self._counted.items()}}

    @cached_property
    def _counted(self) -> dict[Moving, Term]:
        found: dict[Moving, Term] = {}
        for m in self.code.time.moving:
            whole = self._symbols[m.place.state]
            if isinstance(m, Counter) and m.width == whole.size() <= COUNT_WIDTH:
                steps = m.step * z3.Extract(m.width - 1, 0, self.ran)
                aged = perform(
                    self.code.time.advance(), replace(self.block, scalars=self._symbols), {"steps": self.ran}
                )
                if self._holds(aged.at(m.place) == whole + steps, self.ran):
                    found[m] = plain(whole - steps)
        return found

    def real_scalars(self, virtual: SymbolicState, lent: dict[str, Term] | None = None) -> dict[str, Term]:
        """The real scalars for a virtual state: its mode is that of guests, its relocation composed, what a direct run
        touches passes, and the rest is as it was lent."""
        blank = replace(virtual, scalars=lent or self.lent)
        params = {"offset": self.setting.start, "size": self.setting.size}
        made = unpaired(perform(self.core.resume, paired(virtual, blank), params), blank, REAL)
        scalars = dict(blank.scalars)
        for role in (Role.MODE, Role.BASE, Role.BOUND):
            place = self.isa.the(role)
            scalars[place.state] = deposit(scalars[place.state], place.low, made.at(place))
        for name, bit in sorted(changed_directly(self.isa)[0]):
            whole = made.scalars[name]
            scalars[name] = whole if changes_whole(self.isa, name) else deposit(scalars[name], bit, bits(whole, bit, 1))
        return scalars

    def real(self) -> State:
        """The real machine at the exit."""
        scalars = self.real_scalars(self.virtual)
        for m in self.code.time.moving:
            scalars[m.place.state] = deposit(scalars[m.place.state], m.place.low, self._aged(m))
        for place in places(self.isa, frozenset({Role.PENDING})):
            now = z3.BitVec(f"real_{place.state}_now", place.width)
            scalars[place.state] = deposit(scalars[place.state], place.low, now)
        simple = {name: lowered(term) for name, term in scalars.items()}
        files = {s.name: self.registers(s, "") for s in self.isa.states.values() if s.kind is Kind.ARRAY}
        return State(simple, files, self.initial, self.virtual.storage, self._own())

    def _aged(self, moving: Moving) -> Term:
        """What the run has made of something that moves by itself."""
        if moving in self._counted:
            return self._symbols[moving.place.state]
        lent = replace(self.virtual, scalars=self.lent)
        return perform(self.code.time.advance(), lent, {"steps": self.ran}).at(moving.place)

    def _own(self) -> dict[int, Value]:
        """What is known of the monitor's own words: the block, and the claims."""
        ties = (c for c in self.claims if isinstance(c, Tied))
        return self._states() | {c.address: lowered(self.lent[c.scalar] + c.more) for c in ties}

    def _states(self) -> dict[int, Value]:
        monitor, own = self.monitor, dict[int, Value]()
        for state in kept(self.isa):
            if state.kind is Kind.ARRAY:
                own |= {monitor.place(state, i): v for i, v in enumerate(self.registers(state, "_before"))}
            else:
                value = self.entered.scalars[state.name]
                own[monitor.place(state)] = lowered(z3.ZeroExt(self.isa.word - state.width, value))
        own[monitor.at("VM_WINDOW")], own[monitor.at("VM_SIZE")] = self.setting.start, self.setting.size
        return own

    def taken(self, state: State) -> Term:
        """How many bare steps the block is further than the guest was when it left, by its low word."""
        word, at = self.isa.word, self.monitor.at("VM_STEPS")
        ran = z3.Extract(word - 1, 0, z3.ZeroExt(word, self.ran))
        return plain(lifted(state.word(at), word) - lifted(self.initial(at), word) - ran)

    def initial(self, address: int) -> Value:
        """An own word that the path has not written."""
        if address in self.constant:
            return self.monitor.words[address]
        return z3.BitVec(f"own_{address}", self.isa.storage.width)

    # ---- what is supposed

    @cached_property
    def hypotheses(self) -> list[Term]:
        return self._supposed(self.ran, self.lent)

    def _supposed(self, ran: Term, lent: dict[str, Term]) -> list[Term]:
        real, virtual = self.real_horizon(lent), self.horizon(self.entered.scalars)
        given = [*self._placed(), z3.ULE(ran, real), z3.ULE(real, virtual), ran != NEVER, *self._claimed(lent)]
        return [t for t in map(plain, given) if not z3.is_true(t)]

    def _placed(self) -> list[Term]:
        """The window lies beyond the monitor's own words, in the storage, and has the words of a trap."""
        start, size, whole = self.setting.start, self.setting.size, self.setting.whole
        beyond = z3.UGE(start, self.monitor.end), z3.ULE(start, whole), z3.ULE(size, whole - start)
        return [*beyond, z3.UGE(size, least_storage(self.isa))]

    def _claimed(self, lent: dict[str, Term]) -> list[Term]:
        top, own = self.isa.word - 1, self._states()
        small = [c.address for c in self.claims if isinstance(c, Small)]
        given = [z3.Extract(top, top, lifted(own.get(a, self.initial(a)), top + 1)) == 0 for a in small]
        return given + [lent[c.scalar] != 0 for c in self.claims if isinstance(c, Running)]

    def real_horizon(self, scalars: dict[str, Term]) -> Term:
        """After how many steps the real machine traps that has such scalars and keeps the claims."""
        names = [n for n in self._symbols if z3.is_const(self._symbols[n]) and not z3.is_bv_value(self._symbols[n])]
        return z3.substitute(self._real_horizon, *((self._symbols[n], scalars[n]) for n in names))

    @cached_property
    def _real_horizon(self) -> Term:
        given = self._claimed(self._symbols)
        return settled(plain(self.horizon(self._symbols)), lambda c: impossible([*given, c]))

    # ---- relocation

    def refused(self, virtual: SymbolicState, address: Term) -> Term:
        """Whether the real machine refuses an address of a guest: by the bound alone, if that is all there is to it."""
        real = replace(virtual, scalars=self.real_scalars(virtual), size=self.setting.whole)
        if self._bound_alone:
            return z3.UGE(address, real.at(self.isa.the(Role.BOUND)))
        return self._refused(real, address)

    def _refused(self, real: SymbolicState, address: Term) -> Term:
        return attempt(Behaviour(self.isa.fetch.traps), real.put(self.isa.the(Role.PC), address)).trapped

    @cached_property
    def _bound_alone(self) -> bool:
        """Whether what the real bound admits is refused for no other reason, wherever the window lies."""
        start, size, whole = self.setting.start, self.setting.size, self.setting.whole
        real = replace(self.virtual, scalars=self.real_scalars(self.virtual), size=whole)
        address, limit = z3.BitVec("address", self.isa.word), z3.BitVec("limit", self.isa.word)
        base, bound = (s.at(self.isa.the(r)) for s, r in ((self.virtual, Role.BASE), (real, Role.BOUND)))
        room = z3.ULT(base, size), z3.ULT(address, size - base)  # of the window, above the guest's base
        sums = sum_fact(base, address, size), sum_fact(start, base + address, whole), sum_fact(start, base, whole)
        refused = z3.substitute(self._refused(real, address), (bound, limit))
        return (
            impossible([z3.UGE(address, limit), negation(refused)])
            and impossible([z3.ULT(address, bound), negation(z3.And(*room))])
            and impossible([*self._placed(), *sums, *room, refused, z3.ULT(address, limit)])
        )

    def horizon(self, scalars: Mapping[str, Term]) -> Term:
        """After how many steps the prologue traps."""
        horizon = self.code.time.horizon()
        assert horizon is not None
        return Symbolic(replace(self.block, scalars=scalars)).value(horizon)
