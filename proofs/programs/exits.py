"""The ways in which a guest leaves: each trap that its direct run can take, with the state in which the monitor's trap
entry is reached. They are read off the description: what traps in every step, and what each instruction traps for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import z3

from isa.description import Instruction, Isa, Role
from isa.ir.nodes import Behaviour, Load, Origin, Store, TrapIf, nodes
from isa.ir.operators import BOOL
from proofs.definitions.classification import UNASSIGNED, Subject, subjects
from proofs.definitions.pairs import in_guest_mode
from proofs.programs.guest import Guest
from proofs.programs.running import Running
from proofs.programs.state import State
from proofs.programs.values import Value, known, lifted, lowered, plain
from proofs.terms.symbolic import TRUE, Symbolic, SymbolicState, Term, arbitrary, attempt, negation

EVERY = "any instruction"


@dataclass(frozen=True)
class Exit:
    """A trap of the real machine: `what` traps, for `cause`. `virtual` is the guest's state, in which the word at its
    pc is that of the instruction; `entry` the monitor's first state, if `conditions` hold; `addresses` those of the
    step, relative to the guest's base."""

    name: str
    what: Subject | None
    params: dict[str, Term]
    virtual: SymbolicState
    entry: State
    conditions: tuple[Term, ...]
    addresses: tuple[Term, ...]


def leaving(isa: Isa) -> list[str]:
    """What exits there may be, each a name to ask `exits` for: what traps in any step, and each instruction that may
    trap in the mode of guests."""
    reading = Symbolic(in_guest_mode(arbitrary(isa)))

    def traps(what: Subject) -> bool:
        return any(not z3.is_false(plain(reading.value(t.guard))) for t in what.behaviour.traps)

    return [EVERY, *(s.name for s in subjects(isa) if traps(s))]


def exits(guest: Guest, name: str) -> Iterator[Exit]:
    """The exits of one name, those left out that cannot be."""
    isa = guest.isa
    if name == EVERY:
        step = Behaviour((*isa.prologue.traps, *isa.fetch.traps))
        yield from _traps(guest, None, step, {}, guest.virtual)
        return
    what = next(s for s in subjects(isa) if s.name == name)
    word, params = _word(isa, isa.instructions.get(name))
    virtual = _holding(guest, word)
    step = isa.step(what.behaviour)
    others = () if name != UNASSIGNED else tuple(word & i.mask != i.match for i in isa.instructions.values())
    for found in _traps(guest, what, step, {"insn": word, **params}, virtual):
        yield replace(found, conditions=(*others, *found.conditions))


def _traps(
    guest: Guest, what: Subject | None, step: Behaviour, params: dict[str, Term], virtual: SymbolicState
) -> Iterator[Exit]:
    isa, real, bare = guest.isa, guest.real(), Symbolic(virtual, params)
    real.window = virtual.storage
    reading = Running(real, guest.setting, _always, params)
    addresses = _addresses(isa, what, bare)
    admitted = [_admitted(guest, virtual, address) for address in addresses]
    before: list[Term] = []
    for trap in step.traps:
        guard = lifted(reading.value(trap.guard), BOOL)
        if trap.view:
            admitted.append(plain(guard == bare.value(trap.guard)))
        conditions = [plain(c) for c in (*before, guard)]
        if (what is None or trap.origin in (Origin.BODY, Origin.DECODE)) and not any(map(z3.is_false, conditions)):
            entry = _entered(guest, real, conditions, trap.cause, reading.value(trap.info))
            said = (*(c for c in conditions if not z3.is_true(c)), *admitted)
            yield Exit(_name(isa, what, trap), what, params, virtual, entry, said, tuple(addresses))
        before.append(negation(guard))


def _entered(guest: Guest, real: State, conditions: list[Term], cause: int, info: Value) -> State:
    """The monitor's first state, behind the trap entry of the description."""
    entry = real.copy()
    entry.scalars = {n: _with(v, conditions) for n, v in real.scalars.items()}
    entry.own = {a: _with(v, conditions) for a, v in real.own.items()}
    Running(entry, guest.setting, _always, {"cause": cause, "info": info}).perform(guest.isa.entry.effects, -1)
    return entry


def _addresses(isa: Isa, what: Subject | None, reading: Symbolic) -> list[Term]:
    """Where a step fetches, loads and stores, relative to the guest's base."""
    places = [isa.fetch.word, *(what.behaviour.expressions() if what else ())]
    found = [n.index for n in nodes(*places) if isinstance(n, Load)]
    found += [e.index for e in what.behaviour.effects if isinstance(e, Store)] if what else []
    return reading.addresses(found)


def _admitted(guest: Guest, virtual: SymbolicState, address: Term) -> Term:
    """The theorem "composition" of `prove`, for an address of a step: the composed relocation refuses what the guest's
    own does. It is used here as it is, and for each access of the step as the machine itself has it."""
    own = attempt(Behaviour(guest.isa.fetch.traps), virtual.put(guest.isa.the(Role.PC), address)).trapped
    return plain(own == guest.refused(virtual, address))


def _with(value: Value, conditions: list[Term]) -> Value:
    """A value, with what the conditions say that a symbol in it is."""
    for condition in conditions:
        if known(value) or not z3.is_eq(condition):
            continue
        for symbol, number in (condition.children(), condition.children()[::-1]):
            if z3.is_const(symbol) and not z3.is_bv_value(symbol) and z3.is_bv_value(number):
                value = lowered(z3.substitute(value, (symbol, number)))
                break
    return value


def _always(address: Term) -> bool:
    return True


def _name(isa: Isa, what: Subject | None, trap: TrapIf) -> str:
    cause = isa.cause.name_of(trap.cause) or str(trap.cause)
    if what is not None:
        return f"{what.name}: {cause}"
    return f"fetch: {cause}" if trap.origin is Origin.FETCH else cause


def _word(isa: Isa, instruction: Instruction | None) -> tuple[Term, dict[str, Term]]:
    """The word of an instruction with any operands, and these. As pieces side by side, so that what a program cuts out
    of it is a number, or an operand, at once."""
    if instruction is None:
        return z3.BitVec("insn", isa.word), {}
    params = {u.name: z3.BitVec(f"operand_{u.name}", u.operand.width) for u in instruction.uses}
    bits: list[Term] = [z3.BitVecVal(instruction.match >> i & 1, 1) for i in range(isa.word)]
    for use in instruction.uses:
        for piece in use.pieces:
            for i in range(piece.width):
                at = piece.operand_low + i
                bits[piece.word_low + i] = z3.Extract(at, at, params[use.name])
    return plain(z3.Concat(*reversed(bits))), params


def _holding(guest: Guest, word: Term) -> SymbolicState:
    """The guest's state, with this word where its next instruction is fetched."""
    fetch = guest.isa.fetch.word
    assert isinstance(fetch, Load)  # a monitor takes no other machine
    at = plain(Symbolic(guest.virtual).value(fetch.index))
    storage = guest.virtual.storage.write(TRUE, at, word)
    return replace(guest.virtual, storage=storage)
