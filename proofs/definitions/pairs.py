"""Pairs of states, as the paper's definitions speak of them, and what it means that two results differ.

The paper's machine has two modes. Where there are more, "in supervisor mode" is any mode that counts as supervisor, and
"in user mode" any other. A machine that differs in the mode alone may be in *any* other mode: a monitor runs all modes
of its guests in one real mode, so a guest may not see in which of its user modes it is either.

Popek and Goldberg (1974), section 3: S1 and S2 differ in the mode alone, or hold the same program at another place.
The partition (`isa.passes.partition`) says what is compared: words of the window, the pc, general registers and every
ordinary control bit; not mode and relocation, which control sensitivity covers, and not resources.
"""

from dataclasses import replace

import z3

from isa.description import Isa, Role
from isa.ir.nodes import Behaviour
from isa.passes.normal import bits_written
from isa.passes.partition import RELOCATION, RESOURCES, arrays, ordinary_bits, places
from proofs.terms.symbolic import (
    Attempt,
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    arbitrary,
    bits,
    cells,
    conjunction,
    disjunction,
    index_width,
    negation,
    once,
    perform,
    same,
    same_exchanges,
)

SHIFTED, OTHER = "'", '"'


@once
def in_one_of(state: SymbolicState, modes: tuple[int, ...], tag: str = "") -> SymbolicState:
    """The same state in one of these modes, the solver's choice: a term that has no other value, and a constant if
    there is one mode only. Choices of the same modes with different tags are different choices."""
    place = state.isa.the(Role.MODE)
    first, *rest = (z3.BitVecVal(mode, place.width) for mode in modes)
    choice = z3.BitVec(f"mode!{'!'.join(map(str, modes))}{tag}", place.width)
    chosen = first
    for mode in rest:
        chosen = z3.If(choice == mode, mode, chosen)
    return state.put(place, chosen)


def in_mode(state: SymbolicState, which: str) -> SymbolicState:
    """The same state in a mode that counts as "supervisor", or in one that does not, a "user" mode."""
    modes = state.isa.modes
    return in_one_of(state, modes.supervisors if which == "supervisor" else modes.others)


def in_guest_mode(state: SymbolicState) -> SymbolicState:
    """The same state in the real mode in which a monitor runs its guests."""
    return in_one_of(state, (state.isa.modes.guest,))


@once
def in_two_modes(state: SymbolicState) -> tuple[SymbolicState, SymbolicState]:
    """The same state in any two modes. Where there are two, the first is the supervisor's. (Every two different modes
    are among these, the one that is listed first on the left; two that are equal show nothing.)"""
    modes = tuple(state.isa.modes.values.values())
    return in_one_of(state, modes[:-1]), in_one_of(state, modes[1:], SHIFTED)


@once
def in_two_user_modes(state: SymbolicState) -> tuple[SymbolicState, SymbolicState]:
    """The same state in any two user modes; the same twice where there is one."""
    others = state.isa.modes.others
    return in_one_of(state, others), in_one_of(state, others, SHIFTED)


def is_user(state: SymbolicState) -> Term:
    """Whether the mode is one that does not count as supervisor."""
    place = state.isa.the(Role.MODE)
    modes = (z3.BitVecVal(mode, place.width) for mode in state.isa.modes.others)
    return disjunction(*(same(state.at(place), mode) for mode in modes))


def is_guest_mode(state: SymbolicState) -> Term:
    """Whether the mode is the one in which a monitor runs its guests."""
    place = state.isa.the(Role.MODE)
    return same(state.at(place), z3.BitVecVal(state.isa.modes.guest, place.width))


@once
def proper(state: SymbolicState) -> Term:
    """What every state satisfies: what its description assumes, which is also that the mode is one that has a name."""
    reading = Symbolic(state)
    return conjunction(*(reading.value(a.condition) for a in state.isa.assumptions))


def has_window(isa: Isa) -> bool:
    """Whether the machine has a relocation pair to speak of."""
    return all(len(isa.roles[role]) == 1 for role in RELOCATION)


def window_state(isa: Isa, tag: str = "") -> SymbolicState:
    """An arbitrary state whose storage is a window of shared contents and, outside it, contents of its own (`tag`)."""
    return windowed(arbitrary(isa), tag)


@once
def windowed(state: SymbolicState, tag: str) -> SymbolicState:
    """The state with the storage that `window` gives to its relocation, and outside it storage tagged `tag`."""
    isa = state.isa
    base, bound = state.at(isa.the(Role.BASE)), state.at(isa.the(Role.BOUND))
    window = cells("window", isa.word, isa.storage.width)
    outside = cells(f"outside{tag}", isa.word, isa.storage.width)

    def cell(at: Term) -> Term:
        # Simplified, base + va - base is va, and two states with different bases ask for the same term.
        address = z3.simplify(at - base)
        return z3.If(z3.ULT(address, bound), window(address), outside(at))

    return replace(state, storage=Memory(cell))


@once
def shifted(state: SymbolicState) -> SymbolicState:
    """The same program somewhere else: another base, the same window, anything outside it."""
    base = state.isa.the(Role.BASE)
    return windowed(state.put(base, z3.BitVec(f"base{SHIFTED}", base.width)), SHIFTED)


@once
def other_resources(state: SymbolicState) -> SymbolicState:
    """The same state with other values in every resource, channels included."""
    isa, fresh = state.isa, arbitrary(state.isa, OTHER)
    for place in places(isa, RESOURCES):
        state = state.put(place, bits(fresh.scalars[place.state], place.low, place.width))
    files = {s.name: fresh.arrays[s.name] for s in arrays(isa, ordinary=False)}
    return replace(state, arrays={**state.arrays, **files}, received=fresh.received)


@once
def other_extent(state: SymbolicState) -> SymbolicState:
    """The same program with another bound and in a machine of another size."""
    bound = state.isa.the(Role.BOUND)
    other = state.put(bound, z3.BitVec(f"bound{OTHER}", bound.width))
    return replace(other, size=z3.BitVec(f"size{OTHER}", state.isa.word))


# ---- what every step does


@once
def ticked(state: SymbolicState) -> SymbolicState:
    """The state after the effects of the prologue: what an instruction's own part is counted from."""
    return perform(Behaviour((), state.isa.prologue.effects), state)


def even(one: SymbolicState, two: SymbolicState) -> list[Term]:
    """The prologue alone does not tell the two states apart; what it shows is not the instruction's fault."""
    isa = one.isa
    ordinary = {(s.name, b) for s in isa.scalars() for low, width in ordinary_bits(s) for b in range(low, low + width)}
    written = {bit for bit in bits_written(isa.prologue) if bit[0] != isa.pc}
    return [negation(differ_ordinarily(ticked(one), ticked(two)))] if written & ordinary else []


# ---- results


def differ_ordinarily(a: SymbolicState, b: SymbolicState) -> Term:
    """Whether two states differ in registers, pc or ordinary control bits (storage apart)."""
    isa = a.isa
    found = [
        negation(same(bits(a.scalars[s.name], low, width), bits(b.scalars[s.name], low, width)))
        for s in isa.scalars()
        if a.scalars[s.name] is not b.scalars[s.name]
        for low, width in ordinary_bits(s)
    ]
    for file in arrays(isa, ordinary=True):
        if a.arrays[file.name] is not b.arrays[file.name]:
            index = z3.BitVec(f"cell_{file.name}", index_width(file.count))
            found.append(negation(same(a.arrays[file.name].read(index), b.arrays[file.name].read(index))))
    return disjunction(*found)


def differ_in_storage(a: SymbolicState, b: SymbolicState) -> Term:
    """Whether two states differ in some word of storage, at the same address."""
    at = z3.BitVec("word", a.isa.word)
    if not a.storage.log and not b.storage.log and a.storage is b.storage:
        return z3.BoolVal(False)
    inside = conjunction(z3.ULT(at, a.size), z3.ULT(at, b.size))
    return conjunction(inside, negation(same(a.storage.read(at), b.storage.read(at))))


def differ_in_window(before_a: SymbolicState, a: SymbolicState, before_b: SymbolicState, b: SymbolicState) -> Term:
    """Whether two states differ in a word of the windows that they had before, at the same virtual address."""
    at = z3.BitVec("word", a.isa.word)
    inside = conjunction(in_window(before_a, at), in_window(before_b, at))
    return conjunction(inside, negation(same(_at_virtual(before_a, a, at), _at_virtual(before_b, b, at))))


def in_window(state: SymbolicState, at: Term) -> Term:
    """Whether a virtual address lies in the window and in storage."""
    base, bound = state.at(state.isa.the(Role.BASE)), state.at(state.isa.the(Role.BOUND))
    return conjunction(z3.ULT(at, bound), z3.ULT(base, state.size), z3.ULT(at, state.size - base))


def window_fits(state: SymbolicState) -> Term:
    """Whether the window lies in storage whole, without wrapping round."""
    base, bound = state.at(state.isa.the(Role.BASE)), state.at(state.isa.the(Role.BOUND))
    return conjunction(z3.ULE(base, state.size), z3.ULE(bound, state.size - base))


def fit_facts(state: SymbolicState, run: Attempt) -> list[Term]:
    """What is true of all numbers, at the addresses of a run, and solvers are slow to find: `fit_fact`."""
    base, bound = state.at(state.isa.the(Role.BASE)), state.at(state.isa.the(Role.BOUND))
    return [fit_fact(base, bound, state.size, address) for address in run.addresses]


def fit_fact(base: Term, bound: Term, size: Term, address: Term) -> Term:
    """`base <= size`, `bound <= size - base` and `address < bound` give `base < size` and `address < size - base`: what
    a window that fits admits lies in storage. Valid; a test proves it."""
    given = z3.And(z3.ULE(base, size), z3.ULE(bound, size - base), z3.ULT(address, bound))
    return z3.Implies(given, z3.And(z3.ULT(base, size), z3.ULT(address, size - base)))


def _at_virtual(before: SymbolicState, after: SymbolicState, at: Term) -> Term:
    return after.storage.read(before.at(before.isa.the(Role.BASE)) + at)


def resources_changed(before: SymbolicState, after: Attempt) -> Term:
    """Whether a step changed a resource or used a channel."""
    isa = before.isa
    found = [negation(same(before.at(p), after.state.at(p))) for p in places(isa, RESOURCES)]
    for file in arrays(isa, ordinary=False):
        index = z3.BitVec(f"cell_{file.name}", index_width(file.count))
        ours, theirs = before.arrays[file.name], after.state.arrays[file.name]
        if ours is not theirs:
            found.append(negation(same(ours.read(index), theirs.read(index))))
    return disjunction(*found, *(x.guard for x in after.exchanges))


def relocation_changed(before: SymbolicState, after: SymbolicState) -> Term:
    """Whether a step changed the mode or the relocation."""
    isa = before.isa
    pairs = [p for p in places(isa, RELOCATION | {Role.MODE}) if before.scalars[p.state] is not after.scalars[p.state]]
    return disjunction(*(negation(same(before.at(p), after.at(p))) for p in pairs))


def resources_differ(a: Attempt, b: Attempt) -> Term:
    """Whether two results differ in mode, relocation, resources or in what was said to channels."""
    owned = RESOURCES | RELOCATION | {Role.MODE}
    pairs = ((a.state.at(p), b.state.at(p)) for p in places(a.state.isa, owned))
    return disjunction(*(negation(same(x, y)) for x, y in pairs), negation(same_exchanges(a.exchanges, b.exchanges)))
