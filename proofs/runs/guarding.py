"""Resource control, watched from outside: a guard around the engine of the machine under a monitor.

Before a direct run the guard works out with plain numbers what the allocator may load, and compares; after it, every
bit that is not the guest's must be as it was, but for what time itself moves. It asks nothing of the monitor's core
and does not trust the audit. Words of storage and other machines are the business of `proofs.runs.laboratory`.
"""

from array import array
from collections.abc import Iterator
from functools import lru_cache

from isa.description import Isa, Kind, Place, Role
from isa.engines.choice import bare
from isa.engines.delegate import Delegate
from isa.engines.reference.steps import steps_of
from isa.machine import Machine, MachineState, Pause, Storage, Trap, least_storage
from isa.passes.partition import ORDINARY, RESOURCES, ordinary_bits
from monitor import VirtualMachine
from proofs.runs.broken import Broken, Property


class Guard(Delegate):
    """An engine that does what `inner` does, and raises Broken when resource control is. `running` is the virtual
    machine whose turn it is; None: nothing is watched."""

    def __init__(self, below: Machine) -> None:
        super().__init__(below.engine)
        self.below, self.isa = below, below.isa
        self.running: VirtualMachine | None = None
        self._steps = steps_of(below.isa)
        self._owned = owned_bits(below.isa)
        self._parked = parked_bits(below.isa)
        mode, base, bound = (below.isa.the(role) for role in (Role.MODE, Role.BASE, Role.BOUND))
        slots = below.state.layout.slots
        self._mode, self._base, self._bound = (Bits(slots[p.state].first, p) for p in (mode, base, bound))
        self._guest = below.isa.modes.guest

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        vm = self.running
        if vm is None:
            return self.inner.execute(limit)
        block = self.below.state.block
        self._loaded(vm)
        expected = array("Q", block)
        ran, why = self.inner.execute(limit)
        self._steps.advance(expected, None, None, ran)
        for slot, mask in self._owned:
            if (block[slot] ^ expected[slot]) & mask:
                name = self.below.state.layout.names[slot]
                raise Broken(
                    Property.CONTROL,
                    f"a direct run changed {name} of the machine below from {expected[slot]:#x} to {block[slot]:#x}",
                )
        return ran, why

    def _loaded(self, vm: VirtualMachine) -> None:
        """What was loaded into the machine below is the allocator's, and nobody else's."""
        block = self.below.state.block
        for slot, mask, quiet in self._parked:
            if block[slot] & mask != quiet:
                name = self.below.state.layout.names[slot]
                raise Broken(Property.CONTROL, f"{name} of the machine below was loaded with {block[slot]:#x}")
        if self._mode.of(block) != self._guest:
            raise Broken(Property.CONTROL, "the guest was to run in another mode than that of guests")
        base, bound = self._composed(vm)
        loaded = self._base.of(block), self._bound.of(block)
        if loaded[1] > bound or (loaded[1] and loaded[0] != base):
            what = f"base {loaded[0]:#x} and bound {loaded[1]:#x} were loaded"
            raise Broken(Property.CONTROL, f"{what}, and the allocation admits {base:#x} and {bound:#x}")

    def _composed(self, vm: VirtualMachine) -> tuple[int, int]:
        """The base and bound that the allocation gives to a virtual machine in its present state, by plain
        arithmetic."""
        block = vm.state.block
        base, bound = self._base.of(block), self._bound.of(block)
        offset, size = vm.storage.offset - self.below.storage.offset, vm.storage.size
        return offset + base & self._base.mask, max(0, min(bound, size - base))

    # ---- the rest of an engine

    def deliver(self, limit: int) -> tuple[int, int, Pause]:
        if self.running is not None:
            raise Broken(Property.CONTROL, "the machine below was to deliver traps that are the monitor's")
        return self.inner.deliver(limit)

    def enter(self, trap: Trap) -> None:
        if self.running is not None:
            raise Broken(Property.CONTROL, "a trap was delivered on the machine below, instead of to the monitor")
        self.inner.enter(trap)

    def level(self) -> None:
        """Nothing is to run on this machine past the guard."""


class Bits:
    """A place of the state, as bits of one slot."""

    def __init__(self, slot: int, place: Place) -> None:
        self.slot, self.low, self.mask = slot, place.low, (1 << place.width) - 1

    def of(self, block: "array[int]") -> int:
        return block[self.slot] >> self.low & self.mask


@lru_cache(maxsize=64)
def owned_bits(isa: Isa) -> tuple[tuple[int, int], ...]:
    """The slots that hold anything but ordinary state, each with the mask of those bits."""
    return tuple(_owned(isa))


def _owned(isa: Isa) -> Iterator[tuple[int, int]]:
    for name, slot in steps_of(isa).layout.slots.items():
        state = isa.states[name]
        if state.kind is Kind.ARRAY:
            if state.role not in ORDINARY:
                yield from ((slot.first + i, (1 << state.width) - 1) for i in range(slot.count))
            continue
        ordinary = sum(((1 << width) - 1) << low for low, width in ordinary_bits(state))
        if mask := (1 << state.width) - 1 & ~ordinary:
            yield slot.first, mask


@lru_cache(maxsize=64)
def parked_bits(isa: Isa) -> tuple[tuple[int, int, int], ...]:
    """The slots of resources with their masks and what a reset leaves there. Bits that do not stand still there are
    left out: they have moved on when an engine asks."""
    steps = steps_of(isa)
    fresh = bare(isa, Storage(isa.word, least_storage(isa))).state
    later = array("Q", fresh.block)
    steps.advance(later, None, None, 1)
    masks: dict[int, int] = {}
    for role in RESOURCES:
        for place in isa.roles[role]:
            slot, mask = steps.layout.slots[place.state].first, ((1 << place.width) - 1) << place.low
            if isa.states[place.state].kind is Kind.SCALAR and not (fresh.block[slot] ^ later[slot]) & mask:
                masks[slot] = masks.get(slot, 0) | mask
    return tuple((slot, mask, _at(fresh, slot) & mask) for slot, mask in sorted(masks.items()))


def _at(state: MachineState, slot: int) -> int:
    return state.block[slot]
