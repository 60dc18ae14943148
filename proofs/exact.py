"""The exact question: may this instruction run directly?

For every state of the virtual machine, is running the instruction in real user mode, under the composed relocation
and with every resource parked, either a real trap or the virtual machine's own step seen through the map? This is what
a monitor needs; the paper's classes only imply it. It is asked of the monitor's shipping core: `resume`, `save` and
`breach` here are the IR that the dispatcher runs.

Two properties can fail. *Equivalence*: the step traps bare, or the states differ. *Resource control*: a word outside
the window changed, the audit fires, or a channel of the machine below was used.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import z3

from isa.description import Isa, Kind
from isa.machine import least_storage
from monitor.core import REAL, VIRTUAL, Core
from proofs.classification import Subject
from proofs.pairs import is_user, proper
from proofs.solving import Answer, Found, either, exists
from proofs.symbolic import (
    Attempt,
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    cells,
    conjunction,
    disjunction,
    index_width,
    negation,
    perform,
    same,
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

    def params(self) -> dict[str, Term]:
        return {"offset": self.offset, "size": self.size}


@dataclass(frozen=True)
class Mapped:
    """A virtual machine's state, and the real state that `resume` makes of it. Both see the same storage: the virtual
    one is a window of it."""

    core: Core
    allocation: Allocation
    virtual: SymbolicState
    real: SymbolicState

    @property
    def hypotheses(self) -> list[Term]:
        return [proper(self.virtual), self.allocation.legal(least_storage(self.core.isa))]


@lru_cache(maxsize=4)  # a state is never changed, and every instruction of a machine starts from this one
def mapped(core: Core) -> Mapped:
    """An arbitrary state of a virtual machine with an arbitrary allocation, resumed."""
    isa = core.isa
    allocation = Allocation(*(z3.BitVec(n, isa.word) for n in ("offset", "virtual_size", "real_size")))
    root = Memory(cells("storage", isa.word, isa.storage.width))
    free = arbitrary(isa)
    virtual = replace(free, storage=root.window(allocation.offset), size=allocation.size)
    below = replace(arbitrary(isa, "_real"), storage=root, size=allocation.whole)
    real = unpaired(perform(core.resume, paired(virtual, below), allocation.params()), below, REAL)
    return Mapped(core, allocation, virtual, real)


def paired(virtual: SymbolicState, real: SymbolicState) -> SymbolicState:
    """The composite state that the core speaks of. Storage is the real one."""
    scalars = {VIRTUAL + k: v for k, v in virtual.scalars.items()} | {REAL + k: v for k, v in real.scalars.items()}
    files = {VIRTUAL + k: v for k, v in virtual.arrays.items()} | {REAL + k: v for k, v in real.arrays.items()}
    return replace(real, scalars=scalars, arrays=files)


def unpaired(both: SymbolicState, like: SymbolicState, space: str) -> SymbolicState:
    """One side of a composite state; storage, size and channels from `like`."""
    scalars = {name: both.scalars[space + name] for name in like.scalars}
    return replace(like, scalars=scalars, arrays={name: both.arrays[space + name] for name in like.arrays})


@dataclass(frozen=True)
class Direct:
    """One instruction run directly and bare from corresponding states, and what could go wrong."""

    before: Mapped
    real: Attempt
    bare: Attempt
    seen: SymbolicState  # the virtual state after the direct step: `save` of the real one

    @property
    def ran(self) -> list[Term]:
        """The hypotheses: corresponding states, and no real trap."""
        return [*self.before.hypotheses, negation(self.real.trapped), *self.real.facts, *self.bare.facts]

    @property
    def unlike(self) -> Term:
        """Equivalence fails: the bare step traps, or leaves another state than the one seen."""
        return disjunction(self.bare.trapped, state_differs(self.seen, self.bare.state), self.storage_differs)

    @property
    def storage_differs(self) -> Term:
        at = z3.BitVec("word", self.before.core.isa.word)
        ours = self.real.state.storage.read(self.before.allocation.offset + at)
        theirs = self.bare.state.storage.read(at)
        return conjunction(z3.ULT(at, self.before.allocation.size), negation(same(ours, theirs)))

    @property
    def escapes(self) -> Term:
        """A word outside the window changed: a write `address - offset <u size` does not hold for."""
        before, allocation = self.before, self.before.allocation
        written = self.real.state.storage.log[len(before.real.storage.log) :]
        return disjunction(
            *(
                conjunction(g, negation(z3.ULT(z3.simplify(at - allocation.offset), allocation.size)))
                for g, at, _ in written
            )
        )

    @property
    def breaches(self) -> Term:
        """Resource control fails: a word outside, the audit, or a channel of the machine below."""
        composite = paired(self.before.virtual, self.real.state)
        params = {**self.before.allocation.params(), "steps": z3.BitVecVal(0, 64)}
        audit = Symbolic(composite, params).value(self.before.core.breach)
        return disjunction(self.escapes, audit, *(x.guard for x in self.real.exchanges))


def direct(core: Core, what: Subject) -> Direct:
    """The instruction, run from an arbitrary state of an arbitrary virtual machine."""
    before = mapped(core)
    bare = attempt(what.behaviour, before.virtual)
    real = attempt(what.behaviour, before.real)
    after = paired(before.virtual, real.state)
    seen = unpaired(perform(core.save, after, before.allocation.params()), before.virtual, VIRTUAL)
    return Direct(before, real, bare, seen)


def state_differs(a: SymbolicState, b: SymbolicState) -> Term:
    """Whether two states differ in any scalar or register file."""
    isa: Isa = a.isa
    scalars = (negation(same(a.scalars[s.name], b.scalars[s.name])) for s in isa.scalars())
    files = []
    for file in (s for s in isa.states.values() if s.kind is Kind.ARRAY):
        index = z3.BitVec(f"cell_{file.name}", index_width(file.count))
        files.append(negation(same(a.arrays[file.name].read(index), b.arrays[file.name].read(index))))
    return disjunction(*scalars, *files)


@dataclass(frozen=True)
class Exact:
    """The answer for one instruction. `equivalence` and `control` say whether the property can *fail*; the `user` ones
    the same with the virtual machine in user mode, which is what a hybrid monitor runs directly. `runs`: whether there
    is a state from which it runs directly at all."""

    runs: Found
    equivalence: Found
    control: Found
    equivalence_user: Found
    control_user: Found

    @property
    def fails(self) -> Found:
        return either(self.equivalence, self.control)

    @property
    def fails_user(self) -> Found:
        return either(self.equivalence_user, self.control_user)


def exact(core: Core, what: Subject, timeout: float) -> Exact:
    """Decide the exact question for one instruction; `timeout` in seconds for each of at most five queries."""
    step = direct(core, what)
    user = is_user(step.before.virtual)
    runs = exists(step.ran, timeout).found
    if runs is Found.NO:
        return Exact(runs, Found.NO, Found.NO, Found.NO, Found.NO)
    unlike, breaches = (exists([*step.ran, wrong], timeout).found for wrong in (step.unlike, step.breaches))
    in_user = [
        found if found is Found.NO else exists([*step.ran, user, wrong], timeout).found
        for found, wrong in ((unlike, step.unlike), (breaches, step.breaches))
    ]
    return Exact(runs, unlike, breaches, *in_user)


def counterexample(core: Core, what: Subject, timeout: float) -> tuple[Direct, Answer]:
    """A state from which running the instruction directly goes wrong, if the solver finds one."""
    step = direct(core, what)
    return step, exists([*step.ran, disjunction(step.unlike, step.breaches)], timeout)
