"""What a monitor states instead of having it proved: its routines of devices, as far as the guest can tell.

Such a routine comes back to its caller with the registers that it must keep. It may have set pending bits of the guest
and changed words of its window; and, of the monitor's own words, those of the block that are not the guest's state. In
that the real machine's own devices may have taken their time, so its timer is anything. The bare machine's devices do
the same at the same step, which is what `compare --under` checks: the judge lets them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import z3

from isa.description import Role
from isa.passes.partition import places
from proofs.programs.claims import Small
from proofs.programs.convention import kept
from proofs.programs.guest import Guest
from proofs.programs.state import State, Stir
from proofs.programs.values import Value, lifted, lowered, plain
from proofs.terms.symbolic import Memory, SymbolicState, Term, chosen, is_false


@dataclass(frozen=True)
class Devices:
    """What a call of a device's routine does to a state."""

    guest: Guest

    def act(self, state: State) -> None:
        isa, monitor = self.guest.isa, self.guest.monitor
        width = isa.storage.width
        (pending,) = places(isa, frozenset({Role.PENDING}))
        bits = z3.FreshConst(z3.BitVecSort(pending.width), "device_pending")
        moved = z3.FreshFunction(z3.BitVecSort(isa.word), z3.BoolSort())
        word = z3.FreshFunction(z3.BitVecSort(isa.word), z3.BitVecSort(width))
        stir = Stir(z3.BoolVal(True), self.guest.taken(state) == 0, bits, moved, word)
        state.window = stirred_memory(state.window, stir.guard, stir)
        at = monitor.place(isa.states[pending.state])
        old = lifted(state.word(at), width)
        state.own[at] = lowered(old | z3.ZeroExt(width - pending.width, bits) << pending.low)
        state.stirs = (*state.stirs, stir)
        self._rest(state)

    def _rest(self, state: State) -> None:
        """What else may be changed, to anything; and back to the caller."""
        isa, monitor = self.guest.isa, self.guest.monitor
        for address in sorted(private(self.guest)):
            state.own[address] = self._any(address)
        for file in (s for s in isa.states.values() if s.role is Role.GENERAL):
            for cell in set(range(monitor.keeps)) - file.zero:
                state.files[file.name][cell] = z3.FreshConst(z3.BitVecSort(file.width), "device")
        for name in {name for name, _ in self.guest.code.moving} | {p.state for p in isa.roles[Role.PENDING]}:
            state.scalars[name] = z3.FreshConst(z3.BitVecSort(isa.states[name].width), "device")
        state.since = 0
        (general,) = (s.name for s in isa.states.values() if s.role is Role.GENERAL)
        state.scalars[isa.pc] = state.files[general][monitor.back]

    def _any(self, address: int) -> Value:
        width = self.guest.isa.storage.width
        if Small(address) in self.guest.claims:
            return z3.Concat(z3.BitVecVal(0, 1), z3.FreshConst(z3.BitVecSort(width - 1), "device"))
        return z3.FreshConst(z3.BitVecSort(width), "device")


def private(guest: Guest) -> set[int]:
    """The words of the block that are a monitor's own affair."""
    monitor = guest.monitor
    whole = set(range(monitor.vm, monitor.vm + monitor.image.symbols["VM_WORDS"]))
    states = {monitor.place(s, cell) for s in kept(guest.isa) for cell in range(s.count)}
    return whole - states - monitor.told


def stirred_memory(memory: Memory, guard: Term, stir: Stir) -> Memory:
    """A memory after devices changed some of its words."""
    return Memory(lambda at: chosen(z3.And(guard, stir.moved(at)), stir.word(at), memory.read(at)))


def stirred(state: SymbolicState, stirs: tuple[Stir, ...], when: Callable[[Stir], Term]) -> SymbolicState:
    """The virtual machine, after its devices did what they did to the block and the window, as far as `when` says."""
    (place,) = places(state.isa, frozenset({Role.PENDING}))
    for stir in stirs:
        guard = plain(z3.And(stir.guard, when(stir)))
        if not is_false(guard):
            old = state.at(place)
            state = state.put(place, chosen(guard, old | stir.bits, old))
            state = replace(state, storage=stirred_memory(state.storage, guard, stir))
    return state
