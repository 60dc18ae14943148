"""The ways out of an instruction, as all engines read them, against what the pc becomes."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isa.ir.fold import add, const, eq, negate, rewriter, select, sext, sub
from isa.ir.nodes import TRUE, Apply, Const, Expr, Param, Read, Write
from isa.passes import ways

WIDTH = 16
PC, X = Read(WIDTH, "pc"), Read(WIDTH, "x")
NEXT = add(PC, const(WIDTH, 1))
ASKED = eq(X, const(WIDTH, 7))
STATES = st.fixed_dictionaries({"pc": st.integers(0, (1 << WIDTH) - 1), "x": st.sampled_from([0, 6, 7, 8, 65535])})


def evaluate(node: Expr, state: dict[str, int]) -> int:
    value = rewriter(lambda n: const(n.width, state[n.state]) if isinstance(n, Read) else None)(node)
    assert isinstance(value, Const)
    return value.value


def test_the_pc_is_told_from_the_rest() -> None:
    effects = [Write(TRUE, "x", 0, X), Write(TRUE, "pc", 0, NEXT)]
    assert ways.target(effects, "pc") is NEXT and ways.apart(effects, "pc") == effects[:1]
    assert ways.target(effects[:1], "pc") is None


@pytest.mark.parametrize("condition", [ASKED, negate(ASKED)])
@pytest.mark.parametrize("going", [const(WIDTH, 40), X, sub(NEXT, X), add(NEXT, const(WIDTH, 9))])
@given(state=STATES)
def test_a_branch_goes_where_the_pc_goes(condition: Expr, going: Expr, state: dict[str, int]) -> None:
    """Whichever of the two ways is the one straight on."""
    for target in (select(condition, going, NEXT), select(condition, NEXT, going)):
        found = ways.branch(target, NEXT)
        assert found is not None and found.otherwise is NEXT
        to = found.then if evaluate(found.condition, state) else found.otherwise
        assert evaluate(to, state) == evaluate(target, state)


def test_what_has_no_known_way_is_no_fork() -> None:
    assert ways.fork(select(ASKED, X, NEXT)) is None and ways.branch(select(ASKED, X, PC), NEXT) is None
    assert ways.fork(select(ASKED, X, const(WIDTH, 3))) == (ASKED, X, const(WIDTH, 3))


def targets() -> Iterator[Expr]:
    three = select(ASKED, const(WIDTH, 3), select(eq(X, const(WIDTH, 8)), NEXT, const(WIDTH, 5)))
    yield from (const(WIDTH, 3), NEXT, select(ASKED, const(WIDTH, 3), NEXT), three, select(ASKED, X, NEXT))


@given(STATES)
def test_the_pc_is_at_one_of_the_leaves(state: dict[str, int]) -> None:
    for target in targets():
        assert evaluate(target, state) in {evaluate(leaf, state) for leaf in ways.leaves(target)}
    assert list(ways.leaves(list(targets())[3])) == [const(WIDTH, 3), const(WIDTH, 5), NEXT]


@given(STATES)
def test_a_distance_is_how_far_the_pc_goes(state: dict[str, int]) -> None:
    for target in (PC, NEXT, add(NEXT, X), add(X, NEXT), add(const(WIDTH, 65530), PC)):
        far = ways.distance(target, PC)
        assert far is not None
        assert (state["pc"] + evaluate(far, state)) % (1 << WIDTH) == evaluate(target, state)
    assert ways.distance(X, PC) is None and ways.distance(add(NEXT, PC), PC) is None


NUMBERS = st.sampled_from([*range(-9, 10), 0x3FFF, -0x3FFF, 0x4000, -0x4000, -0x4001, 0x7FFF, -0x8000])


@given(width=st.integers(1, 15), value=NUMBERS, more=NUMBERS)
@example(width=15, value=0x3FFF, more=0x7FFF)
@example(width=15, value=0x3FFF, more=0x4000)
@example(width=14, value=-0x2000, more=-0x4000)
def test_a_number_with_more_bits_is_the_same_number(width: int, value: int, more: int) -> None:
    """Whether or not it is the sum of two, and wherever that wraps."""
    part = Param(width, "part")
    known = rewriter(lambda n: const(width, value) if n is part else None)
    for number in (sext(part, WIDTH), add(sext(part, WIDTH), const(WIDTH, more)), const(WIDTH, more)):
        narrow, wide = (known(n) for n in (number, ways.widened(number, 40)))
        assert isinstance(narrow, Const) and wide is sext(narrow, 40)


def test_who_widens_a_sum_that_wraps_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ways.widened

    def parts(number: Expr, width: int) -> Expr:
        return (
            add(*(right(n, width) for n in number.args))
            if isinstance(number, Apply) and number.op == "add"
            else right(number, width)
        )

    monkeypatch.setattr(ways, "widened", parts)
    with pytest.raises(AssertionError):
        test_a_number_with_more_bits_is_the_same_number()
