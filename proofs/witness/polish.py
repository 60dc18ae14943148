"""From a plan to the very words of a guest, chosen for the reader: small numbers, registers in order, data close by.

What would be pleasant is wished for in order, and kept where the guest remains a witness. The result is every word of
storage that the program depends on. Next: `witness_text`, which writes it down.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import z3

from isa.description import Use
from isa.ir.nodes import Load
from isa.passes.partition import RELOCATION, places
from proofs.terms.solving import LOGIC, Found, exists
from proofs.terms.symbolic import Symbolic, Term, same
from proofs.witness.chain import operand
from proofs.witness.place import NEAR
from proofs.witness.search import Draft, Plan, Search

SMALL = (1, 2, 3, 4, 8, 16, 64)
PATIENCE = 2.0  # seconds for one wish


@dataclass(frozen=True)
class Words:
    """A guest as words of storage by address. `culprit` is the address of the instruction; `unlike` and `breaches` say
    which property it breaks there: equivalence, resource control."""

    plan: Plan
    start: int
    words: dict[int, int]
    culprit: int
    unlike: Found
    breaches: Found


def polished(search: Search, plan: Plan) -> Words | None:
    """The words of a plan; None if the solver does not find its own program again."""
    return _Polish(search, plan).run()


class _Polish:
    """Holds the solver with what must be, and adds what may be wished."""

    def __init__(self, search: Search, plan: Plan) -> None:
        self.search, self.plan = search, plan
        self.draft: Draft = search.planned(plan)
        self.wrong = self.draft.wrong
        self.solver = z3.SolverFor(LOGIC)
        self.solver.set("timeout", int(PATIENCE * 1000))
        self.solver.add(*self.draft.conditions, self.wrong)
        self.start = search.site.start
        self.behind = self.start + len(self.draft.words) + 1 + plan.again

    def wish(self, condition: Term) -> bool:
        """Add the condition if it can be had."""
        if self.solver.check(condition) != z3.sat:
            return False
        self.solver.add(condition)
        return True

    def among(self, term: Term, values: Iterable[int]) -> None:
        """The first of the values that the term can have."""
        for value in dict.fromkeys(values):
            if value < 1 << term.size() and self.wish(term == value):
                return

    def run(self) -> Words | None:
        self._wish_places()
        self._wish_operands()
        for at in self._data(self.draft.image.asked.values()):
            self.among(self.draft.image(at), (0, self.search.site.words, *SMALL, self.search.site.words + 1))
        if self.solver.check() != z3.sat:
            return None
        return self._words(self.solver.model())

    def _wish_places(self) -> None:
        """Everything in one place: relocation as it was, data behind the program."""
        isa, virtual = self.search.isa, self.draft.chain.state
        before = self.search.site.state(self.draft.image, self.start)
        for place in places(isa, RELOCATION):
            self.wish(same(virtual.at(place), before.at(place)))
        for at in self._data(self.draft.reads):
            self.wish(z3.ULT(at - self.behind, z3.BitVecVal(NEAR, at.size())))

    def _wish_operands(self) -> None:
        names = [*self.plan.names, self.search.what.name]
        for word, name in reversed(list(zip(self.draft.words, names, strict=True))):
            instruction = self.search.isa.instructions.get(name)
            for number, use in enumerate(instruction.uses if instruction else ()):
                self.among(operand(use, word), _values(use, number, name == self.search.what.name))
            if instruction is None:
                self.among(word, ((1 << word.size()) - 1, 0))

    def _data(self, asked: Iterable[Term]) -> Iterator[Term]:
        """Those addresses at which no instruction of the program lies."""
        program = range(self.start, self.behind)
        return (at for at in list(asked) if not (z3.is_bv_value(at) and at.as_long() in program))

    def _words(self, model: z3.ModelRef) -> Words:
        image, known = self.draft.image, self.draft.image.known
        asked = {_number(model, at): _number(model, image(at)) for at in list(image.asked.values())}
        asked = {at: word for at, word in asked.items() if at < self.search.site.words}
        fixed = [image(z3.BitVecVal(at, self.search.isa.word)) == word for at, word in asked.items()]
        unlike, breaches = (
            exists([*self.draft.conditions, *fixed, wrong], max(self.search.left, 1.0)).found
            for wrong in (self.draft.step.unlike, self.draft.step.breaches)
        )
        shown = {*range(self.start, self.behind + NEAR), *(self.search.site.entry_words if self.plan.trap else ())}
        words = {at: word for at, word in asked.items() if word or at in shown} | known
        return Words(self.plan, self.start, words, self._culprit(model), unlike, breaches)

    def _culprit(self, model: z3.ModelRef) -> int:
        """Where in storage the culprit lies."""
        word = self.search.isa.fetch.word
        assert isinstance(word, Load)  # the monitor refuses any other machine
        return _number(model, Symbolic(self.draft.chain.state).value(word.index))


def _values(use: Use, number: int, culprit: bool) -> Iterator[int]:
    """The values of an operand, the nicest first: for the culprit registers that can be told apart, else zero."""
    if culprit and use.operand.is_register:
        yield from (number + 1, 1, 2, 3, 0)
    else:
        yield from (0, *SMALL)


def _number(model: z3.ModelRef, term: Term) -> int:
    value: int = model.eval(term, model_completion=True).as_long()
    return value
