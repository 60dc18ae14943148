"""The strongest check of a "no": the solver's counterexample, set into real machines and run for one step.

What fails is asked of whole steps, prologue and fetch included, as `proofs.obligations.statements` puts it; what is added is only
that the word fetched is the instruction, that storage is small and that the real machine has just been loaded. The
model gives every register, every word and the allocation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import z3

from isa.description import Instruction, Kind, Role, State
from isa.ir.nodes import Behaviour
from isa.machine.time import COUNT_WIDTH, time_of
from monitor.core import Core
from proofs.definitions.classification import UNASSIGNED
from proofs.definitions.mapping import Mapped, mapped
from proofs.obligations.statements import MAP, Obligation, obligations
from proofs.terms.solving import Found, exists
from proofs.terms.symbolic import Symbolic, Term, attempt, conjunction, index_width, negation, same
from proofs.variants.rigs import Place, Rig, Start

SHOWING = ("direct", "frame", "audit", "composition", "fetch")  # a failure of these shows in one step
WHOLE = 255  # words of the real machine, at most
SEEDS = 4  # for what is `unknown`


@dataclass(frozen=True)
class Replay:
    """What came of a counterexample: `what` differed when it was run, empty if the machines agreed."""

    theorem: str
    about: str
    what: str
    start: Start

    def __str__(self) -> str:
        return f"{self.theorem} of {self.about}: {self.what or 'the machines agree'}; from {self.start}"


def replays(core: Core, names: tuple[str, ...], timeout: float) -> Iterator[Replay]:
    """Counterexamples against these instructions, and against the view, run."""
    law = time_of(core.isa)
    assert law is not None  # admission checks it
    for topic in (*names, MAP):
        for obligation in obligations(core, law, topic):
            if obligation.theorem in SHOWING:
                found = _replayed(core, obligation, timeout)
                if found is not None:
                    yield found


def _replayed(core: Core, obligation: Obligation, timeout: float) -> Replay | None:
    before = mapped(core)
    wanted = [*obligation.hypotheses, obligation.refuted, *_small(before), *_fetched(before, obligation.about)]
    answer = exists(wanted, timeout)
    if answer.found is not Found.YES:
        return None
    model = answer.model
    start, outside, place = _start(before, model), _outside(before, model), _place(before, model)
    what = ""
    for seed in range(SEEDS):
        rig = Rig(core.isa, place)
        start = Start(start.state, start.words, seed)
        rig.set(start, outside)
        what = rig.run(1)
        if what:
            break
    return Replay(obligation.theorem, obligation.about, what, start)


def _small(before: Mapped) -> list[Term]:
    """Storage of few words, a machine that runs, and one that was just loaded."""
    allocation = before.allocation
    running = [before.virtual.at(place) == 0 for place in before.core.isa.roles[Role.HALT]]
    return [z3.ULE(allocation.whole, WHOLE), z3.BitVec("aged", COUNT_WIDTH) == 0, *running]


def _fetched(before: Mapped, name: str) -> list[Term]:
    """The bare machine fetches this instruction, if it is one."""
    isa = before.core.isa
    word = Symbolic(before.virtual).value(isa.fetch.word)
    fetches = (attempt(Behaviour(isa.fetch.traps), state) for state in (before.virtual, before.real))
    admitted = [negation(run.trapped) for run in fetches]
    if name in isa.instructions:
        return [*admitted, _is(isa.instructions[name], word)]
    if name == UNASSIGNED:
        others = (_is(i, word, bound=False) for i in isa.instructions.values())
        return [*admitted, *(z3.Not(o) for o in others), word == z3.BitVec("operand_insn", isa.word)]
    return []


def _is(instruction: Instruction, word: Term, bound: bool = True) -> Term:
    """A word is this instruction; `bound`: with the operands that its meaning speaks of."""
    parts = [word & instruction.mask == instruction.match]
    if bound:
        parts.append(same(word, z3.BitVec("operand_insn", word.size())))
        for use in instruction.uses:
            operand = z3.BitVec(f"operand_{use.name}", use.operand.width)
            for piece in use.pieces:
                ours = z3.Extract(piece.word_low + piece.width - 1, piece.word_low, word)
                theirs = z3.Extract(piece.operand_low + piece.width - 1, piece.operand_low, operand)
                parts.append(ours == theirs)
    return conjunction(*parts)


# ---- from a model to machines


def _number(model: Any, term: Term) -> int:
    number: int = model.eval(term, model_completion=True).as_long()
    return number


def _place(before: Mapped, model: Any) -> Place:
    allocation = before.allocation
    return Place(*(_number(model, t) for t in (allocation.whole, allocation.offset, allocation.size)))


def _outside(before: Mapped, model: Any) -> list[int]:
    indices = (z3.BitVecVal(i, before.core.isa.word) for i in range(_place(before, model).whole))
    return [_number(model, before.real.storage.base(index)) for index in indices]


def _start(before: Mapped, model: Any) -> Start:
    isa, virtual = before.core.isa, before.virtual
    place = _place(before, model)
    words = _outside(before, model)[place.offset : place.offset + place.size]

    def file(state: State) -> list[int]:
        indices = (z3.BitVecVal(i, index_width(state.count)) for i in range(state.count))
        return [_number(model, virtual.arrays[state.name].read(i)) for i in indices]

    scalars: dict[str, int | list[int]] = {s.name: _number(model, virtual.scalars[s.name]) for s in isa.scalars()}
    files = {s.name: file(s) for s in isa.states.values() if s.kind is Kind.ARRAY}
    return Start({**scalars, **files}, words)
