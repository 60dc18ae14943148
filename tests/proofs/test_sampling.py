"""Obligations on numbers: the terms mean the same without the solver, and a false statement is refuted by a state."""

from random import Random

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from isa.errors import TraplineError
from isa.ir.operators import BOOL, OPERATORS, python_meaning
from isa.machine.time import time_of
from monitor.core import Core
from proofs.definitions.assumptions import DEVICES, ENTRY, MONITOR, RESET
from proofs.mutants.mutant import machine
from proofs.obligations.sampling import sample, tried
from proofs.obligations.statements import MAP, NESTING, TIME, Obligation, obligations, topics
from proofs.terms.evaluation import Question
from proofs.terms.symbolic import smt_meaning
from tests.machines_to_test import BY_DAY, EACH, MACHINES, theorems_of

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

X, Y = z3.BitVecs("x y", 16)


def value_of(term: z3.ExprRef, numbers: dict[str, int]) -> int:
    """The value of a term where its constants are these numbers."""
    question = Question((), term if z3.is_bool(term) else term == 0)
    values = [0] * len(question.order)
    question.ask(lambda name, width: numbers[name], lambda name, width, at: 0, values)
    return int(values[question.position[term.get_id()]])


@pytest.mark.parametrize("name", sorted(OPERATORS))
@given(data=st.data())
def test_every_operator_reads_back_as_itself(name: str, data: st.DataObject) -> None:
    operator = OPERATORS[name]
    width = data.draw(st.integers(1, 20))
    choices = [(width,) * operator.arity, (BOOL,) * operator.arity, (BOOL, width, width)]
    typed = [(w, operator.typing(w)) for w in choices if len(w) == operator.arity]
    widths, result = data.draw(st.sampled_from([(w, r) for w, r in typed if r is None or r >= 0]))
    low = data.draw(st.integers(0, width - 1)) if name == "slice" else 0
    if result is None:
        result = data.draw(st.integers(1, width - low) if name == "slice" else st.integers(width, 40))
    numbers = [data.draw(st.integers(0, (1 << (w or 1)) - 1)) for w in widths]
    free = [z3.Bool(f"a{i}") if w == BOOL else z3.BitVec(f"a{i}", w) for i, w in enumerate(widths)]
    term = smt_meaning(name, widths, result, low)(*free)
    wanted = python_meaning(name, widths, result, low)(*numbers)
    found = {f"a{i}": n for i, n in enumerate(numbers)}
    assert value_of(term, found) == int(wanted)
    assert value_of(z3.simplify(term), found) == int(wanted)


@given(numbers=st.lists(st.integers(0, 255), min_size=4, max_size=4))
def test_flattened_sums_and_joins_keep_their_order(numbers: list[int]) -> None:
    a, b, c, d = free = z3.BitVecs("a b c d", 8)
    named = dict(zip("abcd", numbers, strict=True))
    for term in (z3.Concat(a, b, c, d), z3.simplify(a + b + c + d), z3.And(a == 1, b == 1, c == 1)):
        exact = z3.simplify(z3.substitute(term, *((t, z3.BitVecVal(named[str(t)], 8)) for t in free)))
        wanted = exact.as_long() if z3.is_bv(exact) else z3.is_true(exact)
        assert value_of(term, named) == wanted


def test_a_rare_state_is_found_and_shown() -> None:
    """One in four thousand million, but an edge of the hypotheses."""
    claim = Obligation("direct", "edge", (z3.ULT(X, Y), z3.UGT(Y, 0x1234)), z3.And(X == Y - 1, Y == 0xFFFF))
    trial = tried(claim, 2000)
    assert trial.refuted and dict(trial.shown) == {"x": "0xfffe", "y": "0xffff"}


def test_a_true_statement_is_never_refuted_and_its_states_are_counted() -> None:
    trial = tried(Obligation("direct", "order", (z3.ULT(X, Y),), Y == 0), 200)
    assert not trial.refuted and trial.drawn == 200 and trial.met > 150 and trial.exercised


def test_what_was_never_met_was_not_tested() -> None:
    impossible = (z3.ULT(X, Y), z3.ULT(Y, X))
    assert not tried(Obligation("direct", "nothing", impossible, X == Y), 50).exercised
    assert tried(Obligation("direct", "nothing", impossible, X == Y, vacuous=True), 50).exercised


def test_a_claim_of_vacuity_is_refuted_by_a_state() -> None:
    trial = tried(Obligation("direct", "something", (X == Y,), z3.BoolVal(False), vacuous=True), 50)
    assert trial.refuted and trial.why


def test_the_same_seed_gives_the_same_trial() -> None:
    claim = Obligation("direct", "seed", (z3.ULT(X, Y),), z3.And(X == 3, Y == 9))
    assert tried(claim, 300, seed=1) == tried(claim, 300, seed=1)


def test_functions_are_functions() -> None:
    """Two applications to one number are one value."""
    f = z3.Function("f", z3.BitVecSort(16), z3.BitVecSort(16))
    assert not tried(Obligation("direct", "f", (X == Y,), f(X) != f(Y)), 300).refuted
    assert tried(Obligation("direct", "f", (), f(X) != f(Y)), 300).refuted


@BY_DAY
def test_every_theorem_is_exercised(name: str) -> None:
    isa = MACHINES[name]
    law = time_of(isa)
    assert law is not None
    chosen = Random(0).sample(topics(isa)[3:], 6)
    found = [tried(o, 60) for topic in (MAP, TIME, NESTING, *chosen) for o in obligations(Core(isa), law, topic)]
    assert {trial.theorem for trial in found} == theorems_of(isa)
    assert [trial for trial in found if trial.refuted or not trial.exercised] == []


def test_what_is_assumed_is_exercised() -> None:
    """Of everything that could break an assumption."""
    isa = machine("assuming")
    law = time_of(isa)
    assert law is not None
    found = [tried(o, 60) for o in obligations(Core(isa), law, MAP) if o.theorem == "assumption"]
    assert [trial.about for trial in found] == [RESET, ENTRY, DEVICES, MONITOR]
    assert [trial for trial in found if trial.refuted or not trial.exercised] == []


@pytest.mark.nightly
@EACH
def test_every_obligation_is_exercised_and_stands(name: str) -> None:
    found = sample(MACHINES[name], 300)
    assert [trial for trial in found if trial.refuted or not trial.exercised] == []


def test_a_term_without_a_meaning_on_numbers_is_an_error_in_words() -> None:
    question = Question((), z3.RotateLeft(X, Y) == X)
    with pytest.raises(TraplineError, match="has no meaning on numbers"):
        question.ask(lambda name, width: 0, lambda name, width, at: 0, [0] * len(question.order))
