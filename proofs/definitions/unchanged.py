"""Whether a machine does in supervisor mode exactly what another one did, for every state: who mends a machine wants to
know that what ran on it still runs.

The two have the same state and the same encodings. A step has parts: the prologue, the fetch, the bodies, the entry of
a trap. If each of them is the same from every state in supervisor mode, so is every step from there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import z3

from isa.description import Isa, Kind
from isa.ir.nodes import TRUE, Behaviour, Send
from proofs.definitions.classification import subjects
from proofs.definitions.exact import FETCH, PROLOGUE, state_differs
from proofs.definitions.pairs import in_mode
from proofs.terms.solving import Found, asking, exists
from proofs.terms.symbolic import (
    Attempt,
    SymbolicState,
    Term,
    arbitrary,
    attempt,
    conjunction,
    disjunction,
    index_width,
    negation,
    same,
    same_exchanges,
)

RESET, ENTRY = "(reset)", "(trap entry)"
_DECODER = "(decoder)"
SHOWN = 64  # registers of a file that are looked at for what differs


@dataclass(frozen=True, slots=True)
class Changed:
    """A part that is not the same from some state in supervisor mode, or of which that is not known. `before` is such a
    state, as far as it is not 0, and `differs` has what differs after it: what it was, and what it is now."""

    part: str
    found: Found
    before: Mapping[str, str]
    differs: Mapping[str, tuple[str, str]]


def incomparable(was: Isa, now: Isa) -> str:
    """Why two machines cannot be compared, in words; empty for two of one state and one set of encodings."""
    if was.word != now.word or was.info_width != now.info_width:
        return "its words have another width"
    if different := _other(_states(was), _states(now)):
        return f"its state is another one: {', '.join(different)}"
    if was.enums != now.enums or was.cause != now.cause or was.ruling != now.ruling:
        return "its modes or its causes are others"
    if different := _other(_codes(was), _codes(now)):
        return f"its instructions are others, or have other words: {', '.join(different)}"
    if [a.condition for a in was.assumptions] != [a.condition for a in now.assumptions]:
        return "it assumes something else"
    return ""


def touched(was: Isa, now: Isa) -> list[str]:
    """The parts that are not written alike, whatever the mode."""
    return [name for name, (a, b) in _parts(was, now).items() if a != b]


def changes(was: Isa, now: Isa, timeout: float) -> Iterator[Changed]:
    """The parts that are not the same in supervisor mode; `timeout` in seconds for each that was touched."""
    state, parts = in_mode(arbitrary(was), "supervisor"), _parts(was, now)
    for name in touched(was, now):
        ran = _Ran(state, *(attempt(part, state) for part in parts[name]))
        with asking("supervisor mode"):
            answer = exists([*ran.facts, ran.unlike], timeout)
        if answer.found is not Found.NO:
            shown = ran.shown(answer.model) if answer.model is not None else ({}, {})
            yield Changed(name, answer.found, *shown)


def _other(was: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    return [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]


def _states(isa: Isa) -> dict[str, object]:
    """The states without their documentation."""
    return {s.name: (s.kind, s.width, s.count, s.role, s.fields, s.zero, s.enum, s.exit) for s in isa.states.values()}


def _codes(isa: Isa) -> dict[str, object]:
    return {i.name: (i.mask, i.match, _operands(i.uses)) for i in isa.instructions.values()}


def _operands(uses: tuple[Any, ...]) -> list[object]:
    return [(use.name, use.operand.width, use.pieces) for use in uses]


def _parts(was: Isa, now: Isa) -> dict[str, tuple[Behaviour, Behaviour]]:
    """Every part of both by its name."""
    ours, theirs = _named(was), _named(now)
    return {name: (ours[name], theirs[name]) for name in ours}


def _named(isa: Isa) -> dict[str, Behaviour]:
    """The parts of a step. What is fetched counts as sent to the decoder."""
    word = Send(TRUE, _DECODER, TRUE, isa.fetch.word)
    whole = {RESET: isa.reset, PROLOGUE: isa.prologue, FETCH: Behaviour(isa.fetch.traps, (word,)), ENTRY: isa.entry}
    return whole | {what.name: what.behaviour for what in subjects(isa)}


@dataclass(frozen=True)
class _Ran:
    """One part of both, run from one state."""

    state: SymbolicState
    was: Attempt
    now: Attempt

    @property
    def facts(self) -> list[Term]:
        return [*self.was.facts, *self.now.facts]

    @property
    def unlike(self) -> Term:
        """One traps and the other does not, or both do for another reason, or neither does and the results differ."""
        a, b = self.was, self.now
        other_trap = conjunction(
            a.trapped, disjunction(negation(same(a.cause, b.cause)), negation(same(a.info, b.info)))
        )
        results = disjunction(state_differs(a.state, b.state), self._storage_differs, self._said_otherwise)
        return disjunction(a.trapped != b.trapped, other_trap, conjunction(negation(a.trapped), results))

    @property
    def _storage_differs(self) -> Term:
        at = z3.BitVec("word", self.state.isa.word)
        ours, theirs = (run.state.storage.read(at) for run in (self.was, self.now))
        return conjunction(z3.ULT(at, self.state.size), negation(same(ours, theirs)))

    @property
    def _said_otherwise(self) -> Term:
        """Whether they do another thing to channels; what is done in another order counts as another thing."""
        ours, theirs = self.was.exchanges, self.now.exchanges
        if [(x.channel, x.word is None) for x in ours] == [(x.channel, x.word is None) for x in theirs]:
            return negation(same_exchanges(ours, theirs))
        return disjunction(*(x.guard for x in (*ours, *theirs)))

    def shown(self, model: Any) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
        """A state before, and what differs after it."""

        def number(term: Term) -> int:
            found = model.eval(term, model_completion=True)
            return int(z3.is_true(found)) if z3.is_bool(found) else int(found.as_long())

        before = {name: hex(number(term)) for name, term in self.state.scalars.items() if number(term)}
        ends = [
            _trap(self.state.isa, number(run.cause)) if number(run.trapped) else "none" for run in (self.was, self.now)
        ]
        if ends != ["none", "none"]:
            return before, {"trap": (ends[0], ends[1])}
        pairs = {name: (number(a), number(b)) for name, a, b in self._results()}
        return before, {name: (hex(a), hex(b)) for name, (a, b) in pairs.items() if a != b}

    def _results(self) -> Iterator[tuple[str, Term, Term]]:
        """Scalars and registers after it, as both have them."""
        a, b = self.was.state, self.now.state
        yield from ((name, a.scalars[name], b.scalars[name]) for name in a.scalars)
        for file in (s for s in a.isa.states.values() if s.kind is Kind.ARRAY):
            cells = (z3.BitVecVal(i, index_width(file.count)) for i in range(min(file.count, SHOWN)))
            yield from (
                (f"{file.name}[{i}]", a.arrays[file.name].read(at), b.arrays[file.name].read(at))
                for i, at in enumerate(cells)
            )


def _trap(isa: Isa, cause: int) -> str:
    return str(isa.cause.name_of(cause))
