"""A host's promises hold for all words, each mistake is refuted by the promise that is named for it, and the reading
over whole numbers says what the table of operators says."""

from collections.abc import Callable

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.ir.fold import apply
from isa.ir.nodes import Apply, Expr, Load, Param, Size
from isa.ir.operators import BOOL, OPERATORS, python_meaning
from proofs.service import whole
from proofs.service.mutants import MUTANTS, Mutant
from proofs.service.proving import PROMISES, SUBJECTS, decided, kept, possible
from proofs.terms.solving import Found
from tests.sizes import sized

LEMMAS = {"lag", "met"}  # what follows from the other promises: no policy can be wrong about it
TIMEOUT = 60.0
BY_DAY = MUTANTS[::2]


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_promise_is_kept(name: str) -> None:
    assert [p.key for p in PROMISES[name] if kept(SUBJECTS[name](), p, TIMEOUT).holds is not Found.YES] == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", SUBJECTS)
def test_every_promise_says_something(name: str) -> None:
    claims = {promise.key: promise.claim(SUBJECTS[name]()) for promise in PROMISES[name]}
    assert [key for key, claim in claims.items() if possible(claim) is not Found.YES or not claim.shown] == []


def check_refuted(mutant: Mutant) -> None:
    assert kept(mutant.policy, mutant.refuted_by, TIMEOUT).holds is Found.NO


@pytest.mark.parametrize("mutant", BY_DAY, ids=lambda mutant: mutant.name)
def test_mistakes_are_refuted(mutant: Mutant) -> None:
    check_refuted(mutant)


@pytest.mark.nightly
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_all_mistakes_are_refuted(mutant: Mutant) -> None:
    check_refuted(mutant)


def test_every_promise_has_a_mistake_that_it_finds() -> None:
    assert len(BY_DAY) >= 15
    promised = {promise.key for promises in PROMISES.values() for promise in promises}
    assert promised - {mutant.promise for mutant in MUTANTS} == LEMMAS


def test_a_promise_that_is_not_kept_comes_with_words() -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "ticket as a number")
    found = kept(mutant.policy, mutant.refuted_by)
    assert {"ticket1", "ticket2", "tickets"} <= set(found.words)
    assert decided(mutant.refuted_by.claim(SUBJECTS[mutant.policy.name]()), TIMEOUT) == (Found.YES, {})


# ---- the reading over whole numbers

READ = ("add", "sub", "mul", "eq", "ult", "ule", "both", "either", "select", "negate")
EDGES = (0, 1, 2, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def applied(op: str) -> Expr:
    arity = OPERATORS[op].arity
    logical = op in ("both", "either", "negate")
    widths = [BOOL if logical or (op == "select" and place == 0) else 64 for place in range(arity)]
    return apply(op, *(Param(width, f"p{place}") for place, width in enumerate(widths)))


def check_reading(op: str, values: list[int]) -> None:
    node = applied(op)
    assert isinstance(node, Apply)
    widths = tuple(argument.width for argument in node.args)
    plain = [value & 1 if width == BOOL else value for value, width in zip(values, widths, strict=False)]
    terms = [z3.BoolVal(bool(v)) if w == BOOL else z3.IntVal(v) for v, w in zip(plain, widths, strict=True)]
    found = z3.simplify(whole.Whole({}, {f"p{i}": term for i, term in enumerate(terms)}).value(node))
    expected = python_meaning(op, widths, node.width, 0)(*plain)
    assert (z3.is_true(found) if node.width == BOOL else found.as_long()) == expected


@settings(max_examples=sized(6, 500))
@given(values=st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, (1 << 64) - 1)), min_size=3, max_size=3))
def test_whole_numbers_wrap_as_words_do(values: list[int]) -> None:
    for op in READ:
        check_reading(op, values)


@pytest.mark.parametrize("op", ["add", "sub", "mul"])
def test_a_reading_that_does_not_wrap_is_found(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain: dict[str, Callable[..., object]] = {
        "add": lambda a, b, size: a + b,
        "sub": lambda a, b, size: a - b,
        "mul": lambda a, b, size: a * b,
    }
    monkeypatch.setitem(whole._MEANINGS, op, plain[op])
    with pytest.raises(AssertionError):
        for values in ([EDGES[-1], 2, 0], [0, 1, 0]):
            check_reading(op, values)


def test_what_cannot_be_read_is_refused() -> None:
    a, b = Param(64, "a"), Param(64, "b")
    sly = {"`xor`": apply("xor", a, b), "storage": Load(64, a), "the size of storage": Size(64)}
    for what, expression in sly.items():
        with pytest.raises(TypeError, match=f"{what} is not read over whole numbers"):
            whole.Whole({}, {"a": z3.IntVal(1), "b": z3.IntVal(1)}).value(expression)
