"""Products as functions: what cannot be with any functions cannot be, and equal factors give equal products."""

from collections.abc import Callable
from random import Random

import pytest
import z3

from proofs.terms.products import abstracted
from proofs.terms.solving import Found, exists
from proofs.terms.walking import kinds_below, terms_below

pytestmark = pytest.mark.long

BITS, SEEDS = 2, 100
OPERATORS: list[Callable[..., z3.ExprRef]] = [lambda a, b: a * b, z3.UDiv, z3.URem, lambda a, b: a / b, z3.SRem]
Operator = Callable[[z3.ExprRef, z3.ExprRef], z3.ExprRef]
Abstraction = Callable[[list[z3.ExprRef]], list[z3.ExprRef]]


def can_be(conditions: list[z3.ExprRef]) -> bool:
    solver = z3.Solver()
    solver.add(*conditions)
    found = solver.check()
    assert found != z3.unknown
    return bool(found == z3.sat)


def drawn(random: Random, operator: Operator, depth: int = 1) -> z3.ExprRef:
    """The operator on two of three numbers, or on such a term."""
    one, two = (random.choice(z3.BitVecs("a b c", BITS)) for _ in range(2))
    return operator(drawn(random, operator, depth - 1) if depth and random.random() < 0.4 else one, two)


def wrongly_excluded(abstraction: Abstraction, seed: int) -> bool:
    """Whether a question is answered "cannot be" by its abstraction, and can be."""
    random = Random(seed)
    operator = random.choice(OPERATORS)
    one, two = drawn(random, operator), drawn(random, operator)
    alike = [x == y for x, y in [random.sample(z3.BitVecs("a b c", BITS), 2)] if random.random() < 0.5]
    conditions = [*alike, random.choice([one != two, z3.ULT(one, two), one + 1 == two])]
    simpler = abstraction(conditions)
    return bool(simpler) and not can_be(simpler) and can_be(conditions)


def test_what_cannot_be_with_any_function_cannot_be() -> None:
    assert not [seed for seed in range(SEEDS) if wrongly_excluded(abstracted, seed)]


def forgetful(conditions: list[z3.ExprRef]) -> list[z3.ExprRef]:
    """A planted mistake: a function of the first operand alone."""
    simpler = abstracted(conditions)
    applied = [term for c in simpler for term in below(c) if term.decl().kind() == z3.Z3_OP_UNINTERPRETED]
    for term in (t for t in applied if t.num_args() == 2):
        first = z3.Function(f"first {term.decl().name()}", term.sort(), term.sort())
        simpler = [z3.substitute(c, (term, first(term.arg(0)))) for c in simpler]
    return simpler


def credulous(conditions: list[z3.ExprRef]) -> list[z3.ExprRef]:
    """A planted mistake: quotients are taken for commutative too."""
    simpler = abstracted(conditions)
    divided = [t for c in simpler for t in below(c) if t.decl().name().startswith("bvudiv!")]
    return [*simpler, *(t == t.decl()(t.arg(1), t.arg(0)) for t in divided)]


def below(term: z3.ExprRef) -> list[z3.ExprRef]:
    return [t for child in term.children() for t in below(child)] + [term]


@pytest.mark.parametrize("planted", [forgetful, credulous])
def test_an_abstraction_that_says_too_much_is_found(planted: Abstraction) -> None:
    assert [seed for seed in range(SEEDS) if wrongly_excluded(planted, seed)]


@pytest.mark.parametrize("operator", OPERATORS)
def test_equal_operands_give_equal_results_without_arithmetic(operator: Callable[..., z3.ExprRef]) -> None:
    """Two operands of different shape that are equal: a multiplier against a multiplier, of 64 bits."""
    a, b, c = z3.BitVecs("a b c", 64)
    largest = z3.If(z3.ULT(a, b), b, a)
    given = [z3.ULT(a, b), operator(operator(largest, c), b) != operator(operator(b, c), largest)]
    assert exists(given, 10).found is Found.NO


def test_factors_may_change_places() -> None:
    a, b, c = z3.BitVecs("a b c", 64)
    assert exists([c * z3.If(a == b, a, b) != b * c], 10).found is Found.NO


def test_a_question_about_arithmetic_is_still_answered() -> None:
    """The abstraction can say nothing of it; the question itself is asked."""
    a, b = z3.BitVecs("a b", 8)
    assert exists([(a << 1) * b != (a * b) << 1], 10).found is Found.NO
    assert exists([a * b == 35, z3.UGT(a, 1), z3.UGT(b, 1)], 10).found is Found.YES


def test_constant_factors_stay_products() -> None:
    a, b = z3.BitVecs("a b", 8)
    assert abstracted([a * 3 == b]) == []
    assert abstracted([a == b]) == []


def test_the_kinds_below_are_those_of_the_terms_below() -> None:
    """By the short way, which products are looked for by."""
    random = Random(0)
    for operator in OPERATORS:
        conditions = [drawn(random, operator) != z3.BitVec("a", BITS), z3.If(z3.Bool("p"), z3.Bool("q"), z3.Bool("r"))]
        assert kinds_below(conditions) == {term.decl().kind() for term in terms_below(conditions)}
    assert z3.Z3_OP_BUREM in kinds_below([z3.Not(z3.URem(*z3.BitVecs("a b", BITS)) == 0)])
