"""What can hold on a path: a solver that is told what is given, step by step, and asked only what stays open.

Addresses are sums, and solvers are bad at sums that are compared on both sides. So what is asked of an address is asked
with what is true of all sums at that address, and with all that a program added up to an offset taken for one number:
what cannot be whatever that number is, cannot be at all.
"""

from collections.abc import Callable, Iterable

import z3

from proofs.programs.state import Setting
from proofs.programs.values import lowered, plain
from proofs.terms.solving import Answer, Found, exists
from proofs.terms.symbolic import FALSE, TRUE, Term, negation, sum_fact
from proofs.terms.walking import terms_below

BRIEF = 400_000  # steps of the solver for a question, at first: some 40 milliseconds
LONG = 20.0  # seconds, if that was not enough; unless a way is surely closed, it is taken

Given = tuple[Term, ...]


class Questions:
    """Questions about the states that satisfy `hypotheses` and, of these, those of which more is `given`."""

    def __init__(self, setting: Setting, hypotheses: list[Term]) -> None:
        self.setting, self.hypotheses = setting, hypotheses
        self.solver = z3.SimpleSolver()
        self.solver.set("rlimit", BRIEF)
        self.solver.add(*hypotheses)
        self.told: list[Term] = []  # what the solver has been told beyond the hypotheses
        self.given: Given = ()  # what it should have been told
        self.asked = 0

    def possible(self, condition: Term) -> bool:
        """Whether a condition can hold, as far as can be found out."""
        told = lowered(condition)
        if isinstance(told, bool):
            return told
        self._suppose()
        self.asked += 1
        found = self.solver.check(told)
        if found == z3.unknown:
            return exists([*self.hypotheses, *self.given, told], LONG).found is not Found.NO
        return bool(found != z3.unsat)

    def found(self, condition: Term, addresses: Iterable[Term]) -> Answer:
        """Whether a condition can hold, with a model if it can; `addresses` are some that it may be about."""
        self._suppose()
        self.asked += 1
        if self.solver.check(condition) == z3.unsat:
            return Answer(Found.NO)
        given = [*self.hypotheses, *self.given, condition]
        for address in addresses:
            if impossible(one_number(given, address)):
                return Answer(Found.NO)
        return exists(given, LONG)

    def model(self) -> Answer:
        """A state of which all is so that is given, if there is one."""
        return exists([*self.hypotheses, *self.given], LONG)

    def valid(self, condition: Term) -> bool:
        """Whether a condition surely holds."""
        return not self.possible(negation(condition))

    def inside(self, address: Term) -> bool:
        """Whether an address surely lies in the window."""
        offset = plain(address - self.setting.start)
        outside = lowered(z3.UGE(offset, self.setting.size))
        if isinstance(outside, bool):
            return not outside
        self.asked += 1
        given = [*self.hypotheses, *self.given, outside]
        for base in symbols(offset):
            facts = sum_fact(base, plain(offset - base), self.setting.size)
            simpler = one_number([*given, facts], plain(offset - base))
            if impossible(simpler):
                return True
        return exists(given, LONG).found is Found.NO

    def in_storage(self, address: Term) -> Term:
        """What follows for an address that lies in the window, and is hard to find."""
        return z3.ULT(address, self.setting.whole)

    def _suppose(self) -> None:
        """Have the solver suppose what is given, and nothing else."""
        pairs = list(zip(self.told, self.given, strict=False))
        same = next((i for i, (a, b) in enumerate(pairs) if not a.eq(b)), len(pairs))
        if len(self.told) > same:
            self.solver.pop(len(self.told) - same)
            del self.told[same:]
        for condition in self.given[same:]:
            self.solver.push()
            self.solver.add(condition)
            self.told.append(condition)


def settled(term: Term, impossible: Callable[[Term], bool]) -> Term:
    """A term without the choices in it that are none, since what they depend on can be in one way only."""
    while True:
        conditions = {t.arg(0).get_id(): t.arg(0) for t in terms_below([term]) if z3.is_app_of(t, z3.Z3_OP_ITE)}
        known = []
        for condition in conditions.values():
            if impossible(condition):
                known.append((condition, FALSE))
            elif impossible(negation(condition)):
                known.append((condition, TRUE))
        if not known:
            return term
        term = plain(z3.substitute(term, *known))


def symbols(term: Term) -> list[Term]:
    """The symbols that a sum adds up, if it is one."""
    parts = term.children() if z3.is_app_of(term, z3.Z3_OP_BADD) else []
    return [p for p in parts if z3.is_const(p) and not z3.is_bv_value(p)]


def one_number(conditions: Iterable[Term], total: Term) -> list[Term]:
    """The conditions with one number, any at all, for a sum: each of its parts that is more than a symbol is written as
    what it takes to make it."""
    parts = total.children() if z3.is_app_of(total, z3.Z3_OP_BADD) else [total]
    part = next((p for p in reversed(parts) if not z3.is_bv_value(p)), None)
    if part is None or (len(parts) == 1 and z3.is_const(part)):
        return list(conditions)
    any_number = z3.FreshConst(total.sort(), "sum")
    needed = plain(any_number - (total - part))
    return [plain(z3.substitute(c, (part, needed))) for c in conditions]


def impossible(conditions: list[Term]) -> bool:
    """Whether conditions surely contradict each other, found out quickly or not at all."""
    solver = z3.SimpleSolver()
    solver.set("rlimit", 10 * BRIEF)
    solver.add(*conditions)
    return bool(solver.check() == z3.unsat)
