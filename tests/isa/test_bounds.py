"""The bounds of an expression hold for every value of what it reads, and are as near as constants allow."""

from random import Random

import pytest

from isa.ir import bounds as shipping
from isa.ir.bounds import bounds
from isa.ir.fold import apply, const, select, slice_, zext
from isa.ir.nodes import Expr, Read
from isa.machine import Machine, Storage
from tests.ir_evaluation import Evaluation
from tests.machines_to_test import G3
from tests.planting import Bugs, Planted, must_catch

X, Y = zext(slice_(Read(32, "timer"), 0, 3), 6), zext(slice_(Read(32, "timer"), 3, 3), 6)
SAME = ("add", "sub", "mul", "and", "or", "xor", "shl", "shru", "shrs", "divu", "remu", "divs", "rems")


def expression(random: Random, deep: int) -> Expr:
    """Over six bits, of two numbers of three."""
    if not deep or random.random() < 0.15:
        return random.choice((X, Y, const(6, random.getrandbits(6)), const(6, random.getrandbits(2))))
    a, b = (expression(random, deep - 1) for _ in range(2))
    match random.randrange(8):
        case 0:
            return zext(slice_(a, random.randrange(3), 3), 6)
        case 1:
            return select(apply("ult", a, b), b, a)
        case 2:
            return apply("concat", slice_(a, 0, 2), slice_(b, 1, 4))
        case 3:
            return apply(random.choice(("not", "neg")), a)
    return apply(random.choice(SAME), a, b)


def bounds_hold(seeds: range = range(300)) -> None:
    machine = Machine(G3, Storage(32, 16))
    roots = [expression(Random(seed), 3) for seed in seeds]
    known = [bounds(root) for root in roots]
    for value in range(64):
        machine.state["timer"] = value
        found = Evaluation(machine, {})
        for root, (least, most) in zip(roots, known, strict=True):
            assert least <= found.value(root) <= most, root


def test_bounds_hold_for_every_value() -> None:
    bounds_hold()


def test_bounds_are_as_near_as_constants_allow() -> None:
    frame = apply("shl", X, const(6, 3))
    for root, expected in (
        (X, (0, 7)),
        (apply("add", frame, const(6, 7)), (7, 63)),
        (apply("add", frame, const(6, 8)), (0, 63)),  # it may come round
        (apply("sub", const(6, 20), X), (13, 20)),
        (apply("mul", X, const(6, 3)), (0, 21)),
        (select(apply("eq", X, Y), const(6, 9), X), (0, 9)),
        (apply("remu", Read(6, "y"), const(6, 5)), (0, 4)),
        (apply("and", Read(6, "y"), const(6, 12)), (0, 12)),
        (Read(6, "y"), (0, 63)),
    ):
        assert bounds(root) == expected


BUGS = Bugs()


def _planted(op: str, wrong: shipping.Bounds) -> None:
    def plant(patch: pytest.MonkeyPatch) -> None:
        right = shipping._of_two
        patch.setattr(shipping, "_of_two", lambda name, *more: wrong if name == op else right(name, *more))

    plant.__name__ = op
    BUGS.caught_by(bounds_hold)(plant)


for _op in ("add", "sub", "mul", "and", "or", "xor", "shl", "shru", "divu", "remu", "concat"):
    _planted(_op, (1, 2))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
