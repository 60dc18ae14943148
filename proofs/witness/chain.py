"""The first steps of a guest, symbolically: from the state after reset through an image whose words are unknown.

A `Chain` is the bare machine after some steps; which instruction each step executes is left open among those allowed,
so that one question to the solver covers all programs of one length. Steps are whole ones (prologue, fetch, body) and
read the image as the machine does, so what the solver finds is a program and not a state that somebody must still
bring about. Steps go straight on: instruction i lies at the entry's pc plus i, whatever relocation it is fetched
through. Next: `witness_search`, which asks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import z3

from isa.description import Instruction, Isa, Kind, Role, Use
from isa.ir.nodes import Behaviour, Recv, Send, Unknown, nodes
from proofs.definitions.classification import UNASSIGNED
from proofs.terms.symbolic import (
    Cells,
    Memory,
    Symbolic,
    SymbolicState,
    Term,
    attempt,
    bits,
    cells,
    conjunction,
    copied_files,
    disjunction,
    negation,
    perform,
    same,
)


class ImageWords:
    """The words of storage before the first step: some are known, all others may be anything. Remembers which were
    asked for, since those are the words that the program needs; `asked` has their addresses, as terms."""

    def __init__(self, isa: Isa, known: Mapping[int, int] | None = None) -> None:
        self.word, self.width = isa.word, isa.storage.width
        self.known = dict(known or {})
        self.asked: dict[int, Term] = {}
        self._free = cells("image", isa.word, isa.storage.width)

    def __call__(self, index: Term) -> Term:
        index = z3.simplify(index)
        if z3.is_bv_value(index) and index.as_long() in self.known:
            return z3.BitVecVal(self.known[index.as_long()], self.width)
        self.asked.setdefault(index.get_id(), index)
        value = self._free(index)
        for at, word in () if z3.is_bv_value(index) else self.known.items():
            value = z3.If(index == at, z3.BitVecVal(word, self.width), value)
        return value


def after_reset(isa: Isa, words: int, image: Cells, pc: int) -> SymbolicState:
    """How a machine of `words` words begins a program at `pc`: everything but the image is a constant."""
    scalars = {s.name: z3.BitVecVal(0, s.width) for s in isa.scalars()}
    files = {s.name: Memory(_zeros(s.width)) for s in isa.states.values() if s.kind is Kind.ARRAY}
    channels = {s.name: _zeros(s.width) for s in isa.states.values() if s.kind is Kind.CHANNEL}
    blank = SymbolicState(isa, scalars, files, Memory(image), z3.BitVecVal(words, isa.word), channels)
    return with_pc(settled(perform(isa.reset, blank)), pc)


def with_pc(state: SymbolicState, pc: int) -> SymbolicState:
    return state.put(state.isa.the(Role.PC), z3.BitVecVal(pc, state.isa.states[state.isa.pc].width))


def settled(state: SymbolicState) -> SymbolicState:
    """The same with its terms simplified, so that what is constant is seen to be."""
    return replace(state, scalars={name: z3.simplify(term) for name, term in state.scalars.items()})


def _zeros(width: int) -> Cells:
    return lambda index: z3.BitVecVal(0, width)


# ---- instruction words


def operand(use: Use, word: Term) -> Term:
    """The bits of an operand in an instruction word."""
    value = z3.BitVecVal(0, use.operand.width)
    for piece in use.pieces:
        part = bits(word, piece.word_low, piece.width)
        more = use.operand.width - piece.width
        value = value | (z3.ZeroExt(more, part) << piece.operand_low if more else part)
    return z3.simplify(value)


def is_instruction(instruction: Instruction, word: Term) -> Term:
    width = word.size()
    return same(z3.simplify(word & z3.BitVecVal(instruction.mask, width)), z3.BitVecVal(instruction.match, width))


def is_named(isa: Isa, name: str, word: Term) -> Term:
    """Whether a word is this instruction, or no instruction at all for `UNASSIGNED`."""
    if name != UNASSIGNED:
        return is_instruction(isa.instructions[name], word)
    return negation(disjunction(*(is_instruction(i, word) for i in isa.instructions.values())))


def operands(isa: Isa, name: str, word: Term) -> dict[str, Term]:
    """What an instruction's behaviour is over, from the word that it has."""
    uses = isa.instructions[name].uses if name != UNASSIGNED else ()
    return {use.name: operand(use, word) for use in uses} | {"insn": word}


def body_of(isa: Isa, name: str) -> Behaviour:
    return isa.instructions[name].behaviour if name != UNASSIGNED else isa.unassigned


def fetched_step(isa: Isa, name: str) -> Behaviour:
    """A step once it is known that prologue and fetch do not trap."""
    return Behaviour((), isa.prologue.effects).then(body_of(isa, name))


def is_definite(behaviour: Behaviour) -> bool:
    """Whether a step neither speaks to a device nor does something that no description tells."""
    if any(isinstance(e, Send) for e in behaviour.effects):
        return False
    return not any(isinstance(n, Recv | Unknown) for n in nodes(*behaviour.expressions()))


# ---- chains


@dataclass(frozen=True)
class Chain:
    """`state` after the steps so far, if all of `conditions` hold; `words` are the instruction words, in order."""

    state: SymbolicState
    pc: int
    conditions: tuple[Term, ...] = ()
    words: tuple[Term, ...] = ()

    def fetched(self) -> tuple[Term, list[Term]]:
        """The word that comes next, and the conditions under which it is fetched without a trap."""
        isa, reading = self.state.isa, Symbolic(self.state)
        guards = [reading.value(t.guard) for t in (*isa.prologue.traps, *isa.fetch.traps)]
        word = z3.simplify(reading.value(isa.fetch.word))
        return word, [negation(z3.simplify(g)) for g in guards]

    def step(self, names: Sequence[str]) -> "Chain":
        """One step more, of one of these instructions, untrapped."""
        isa, (word, fetched) = self.state.isa, self.fetched()
        options = []
        for name in names:
            run = attempt(fetched_step(isa, name), self.state, operands(isa, name, word))
            chosen = is_named(isa, name, word)
            options.append((conjunction(chosen, negation(z3.simplify(run.trapped))), chosen, run.state))
        return self._on(word, [*fetched, disjunction(*(o[0] for o in options))], [o[1:] for o in options])

    def trap(self, names: Sequence[str]) -> "Chain":
        """One step more, of one of these instructions, that traps: the trap entry is how it goes on."""
        isa, (word, fetched) = self.state.isa, self.fetched()
        options = []
        for name in names:
            run = attempt(fetched_step(isa, name), self.state, operands(isa, name, word))
            chosen = is_named(isa, name, word)
            params = {"cause": z3.simplify(run.cause), "info": z3.simplify(run.info)}
            options.append(
                (conjunction(chosen, z3.simplify(run.trapped)), chosen, perform(isa.entry, self.state, params))
            )
        return self._on(word, [*fetched, disjunction(*(o[0] for o in options))], [o[1:] for o in options])

    def _on(self, word: Term, conditions: Iterable[Term], options: Sequence[tuple[Term, SymbolicState]]) -> "Chain":
        """The chain with the step taken, going straight on, and still running."""
        isa, after = self.state.isa, settled(merged(self.state, options))
        pc = (self.pc + 1) & (1 << isa.states[isa.pc].width) - 1
        goes_on = same(after.at(isa.the(Role.PC)), z3.BitVecVal(pc, isa.states[isa.pc].width))
        running = [z3.simplify(after.at(p) == 0) for p in isa.roles[Role.HALT]]
        held = (*self.conditions, *conditions, goes_on, *running)
        return Chain(with_pc(after, pc), pc, held, (*self.words, word))


def merged(before: SymbolicState, options: Sequence[tuple[Term, SymbolicState]]) -> SymbolicState:
    """The state after whichever option holds; exactly one does. Options differ from `before` by writes."""
    if len(options) == 1:
        return options[0][1]
    scalars = dict(before.scalars)
    for name in scalars:
        for chosen, after in options:
            if after.scalars[name] is not before.scalars[name]:
                scalars[name] = z3.If(chosen, after.scalars[name], scalars[name])
    files = {n: _merged(m, [(c, s.arrays[n]) for c, s in options]) for n, m in before.arrays.items()}
    storage = _merged(before.storage, [(c, s.storage) for c, s in options])
    return replace(before, scalars=scalars, arrays=files, storage=storage)


def _merged(before: Memory, options: Sequence[tuple[Term, Memory]]) -> Memory:
    log = before.log
    for chosen, after in options:
        log += tuple((conjunction(chosen, g), at, value) for g, at, value in after.log[len(before.log) :])
    return replace(before, log=log)


def mergeable(isa: Isa, name: str) -> bool:
    """Whether an instruction's step can stand among others in one: it changes register files by writes only."""
    return not copied_files(isa, body_of(isa, name))
