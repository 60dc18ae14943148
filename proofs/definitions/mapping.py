"""A state of a virtual machine and the real state that the monitor makes of it, as terms.

The map is `resume` of the monitor's shipping core, its inverse `save`, the audit `breach`, and `direct` is what its
technique says: the IR that the dispatcher runs. The virtual machine's storage is *defined* as a window of the real one.
`proofs.definitions.exact` takes a step from here, `proofs.obligations.statements` shows what the map itself must
satisfy.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import z3

from isa.description import Role
from isa.ir.nodes import TRUE
from isa.machine import least_storage
from isa.machine.time import COUNT_WIDTH
from isa.passes.partition import ordinary_bits
from monitor.core import REAL, VIRTUAL, Core
from proofs.definitions.pairs import proper
from proofs.terms.symbolic import (
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    bits,
    cells,
    conjunction,
    deposit,
    perform,
    sum_fact,
)


@dataclass(frozen=True)
class Allocation:
    """A window of `size` words at `offset` in a real storage of `whole` words, as terms."""

    offset: Term
    size: Term
    whole: Term

    def legal(self, least: int) -> Term:
        """It lies in the storage, written so that nothing wraps, and covers the words of the trap entry."""
        inside = conjunction(z3.ULE(self.offset, self.whole), z3.ULE(self.size, self.whole - self.offset))
        return conjunction(inside, z3.UGE(self.size, least))

    @property
    def terms(self) -> tuple[Term, Term, Term]:
        return self.offset, self.size, self.whole

    def params(self) -> dict[str, Term]:
        return {"offset": self.offset, "size": self.size}


@dataclass(frozen=True)
class Mapped:
    """A virtual machine's state, and the real state that `resume` makes of it, `steps` (64 bits) quiet steps later.
    Both see the same storage: the virtual one is a window of it."""

    core: Core
    allocation: Allocation
    virtual: SymbolicState
    real: SymbolicState
    steps: Term

    @property
    def hypotheses(self) -> list[Term]:
        return [proper(self.virtual), self.allocation.legal(least_storage(self.core.isa))]

    @property
    def directly(self) -> list[Term]:
        """That the virtual machine may run directly, as its technique says; nothing if it always may."""
        if self.core.direct is TRUE:
            return []
        return [Symbolic(paired(self.virtual, self.real)).value(self.core.direct)]

    def reached(self, *addresses: Term) -> list[Term]:
        """Facts about addresses relative to the virtual base: what is admitted lies in the virtual storage, and so in
        the real one."""
        base, (offset, size, whole) = self.virtual.at(self.core.isa.the(Role.BASE)), self.allocation.terms
        different = {a.get_id(): a for a in addresses}.values()
        return [f for a in different for f in (sum_fact(base, a, size), sum_fact(offset, z3.simplify(base + a), whole))]

    def saved(self, real: SymbolicState) -> SymbolicState:
        """The virtual state that `save` makes of a real one."""
        both = perform(self.core.save, paired(self.virtual, real), self.allocation.params())
        return unpaired(both, self.virtual, VIRTUAL)

    def resumed(self, virtual: SymbolicState) -> SymbolicState:
        """The real state that `resume` makes of a virtual one."""
        both = perform(self.core.resume, paired(virtual, self.real), self.allocation.params())
        return unpaired(both, self.real, REAL)

    def audit(self, real: SymbolicState, steps: Term) -> Term:
        """Whether the audit fires after so many steps."""
        params = {**self.allocation.params(), "steps": steps}
        return Symbolic(paired(self.virtual, real), params).value(self.core.breach)


@lru_cache(maxsize=8)  # a state is never changed, and every instruction of a machine starts from this one
def mapped(core: Core) -> Mapped:
    """An arbitrary state of a virtual machine with an arbitrary allocation, resumed; what is parked and moves with time
    is aged by any number of quiet steps."""
    isa = core.isa
    allocation = Allocation(*(z3.BitVec(n, isa.word) for n in ("offset", "virtual_size", "real_size")))
    root = Memory(cells("storage", isa.word, isa.storage.width))
    virtual = replace(arbitrary(isa), storage=root.window(allocation.offset), size=allocation.size)
    steps = z3.BitVec("aged", COUNT_WIDTH)
    fresh = resumed(core, allocation, virtual, root, steps)
    return replace(fresh, real=perform(core.advance, fresh.real, {"steps": steps}))


def resumed(core: Core, allocation: Allocation, virtual: SymbolicState, root: Memory, steps: Term) -> Mapped:
    """A virtual state, resumed on a machine with the storage `root`, in which the allocation has its words."""
    below = replace(arbitrary(core.isa, "_real"), storage=root, size=allocation.whole)
    before = Mapped(core, allocation, virtual, below, steps)
    return replace(before, real=before.resumed(virtual))


def paired(virtual: SymbolicState, real: SymbolicState) -> SymbolicState:
    """The composite state that the core speaks of. Storage is the real one."""
    scalars = {VIRTUAL + k: v for k, v in virtual.scalars.items()} | {REAL + k: v for k, v in real.scalars.items()}
    files = {VIRTUAL + k: v for k, v in virtual.arrays.items()} | {REAL + k: v for k, v in real.arrays.items()}
    return replace(real, scalars=scalars, arrays=files)


def unpaired(both: SymbolicState, like: SymbolicState, space: str) -> SymbolicState:
    """One side of a composite state; storage, size and channels from `like`."""
    scalars = {name: both.scalars[space + name] for name in like.scalars}
    return replace(like, scalars=scalars, arrays={name: both.arrays[space + name] for name in like.arrays})


def with_owned(state: SymbolicState, other: SymbolicState) -> SymbolicState:
    """The state with what does not pass (mode, relocation, resources) taken from another."""
    scalars = {}
    for s in state.isa.scalars():
        value = other.scalars[s.name]
        for low, width in ordinary_bits(s):
            value = deposit(value, low, bits(state.scalars[s.name], low, width))
        scalars[s.name] = value
    return replace(state, scalars=scalars)
