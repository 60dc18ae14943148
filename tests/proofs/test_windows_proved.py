"""What `isa.passes.windows` makes of views, proved by a solver: for every state, every address and size of storage."""

import pytest
import z3

from isa.description import Isa
from isa.ir.fold import add, either, eq, negate, rewriter, ule, ult
from isa.ir.nodes import Apply, Expr, Param, Size, nodes
from isa.machines.catalogue import find, shipped
from isa.passes.windows import narrowed
from proofs.terms.symbolic import Symbolic, arbitrary, negation
from tests.isa.test_narrowed import steps
from tests.isa.test_windows import window_of
from tests.isa.view_machines import VIEWS, described, small

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

TIMEOUT = 20_000  # milliseconds
# A shipped variant has the accesses of its parent, but for what it changes.
BY_DAY = [pytest.param(n, marks=pytest.mark.nightly if isinstance(find(n).parent, str) else ()) for n in shipped()]


def prove(isa: Isa, claim: Expr, given: tuple[Expr, ...] = ()) -> None:
    """The claim holds in every state in which what is given holds."""
    solver, reading = z3.Solver(), Symbolic(arbitrary(isa))
    solver.set("timeout", TIMEOUT)
    solver.add(*(reading.value(condition) for condition in given), negation(reading.value(claim)))
    assert solver.check() == z3.unsat


def same(a: Expr, b: Expr) -> Expr:
    return either(negate(either(a, b)), negate(either(negate(a), negate(b))))


@pytest.mark.parametrize("view", [name for name, view in VIEWS.items() if view.exact])
def test_a_window_is_its_view(view: str) -> None:
    isa = small(view, 16)
    found, (refused, index, address) = window_of(view, 16)
    assert found is not None
    prove(isa, same(refused, ule(found.limit, address)))
    prove(isa, eq(index, add(found.origin, address)))
    if found.inside:
        prove(isa, ult(index, Size(16)), (negate(refused),))
        prove(isa, ule(address, index), (negate(refused),))


def compared(guard: Expr) -> Expr:
    """The address that a narrowed guard compares with its limit."""
    return [n for n in nodes(guard) if isinstance(n, Apply) and n.op == "ule"][-1].args[1]


Claims = dict[tuple[Expr, Expr], None]


def claims(isa: Isa) -> tuple[Claims, Claims]:
    """Of all steps, over an address `va`: guards before and after they were narrowed, guards and what they prove."""
    guards: Claims = {}
    places: Claims = {}
    for behaviour in steps(isa).values():
        found = narrowed(isa, behaviour)
        open_ = set(found.inside)
        for before, after in zip(behaviour.traps, found.behaviour.traps, strict=True):
            if after.view:
                address = compared(after.guard)
                moved = rewriter({address: Param(isa.word, "va")}.get)
                guards[moved(before.guard), moved(after.guard)] = None
                for index in [i for i in found.inside if address in i.operands()]:
                    places[moved(before.guard), moved(index)] = None
                    open_.discard(index)
        assert not open_
    return guards, places


@pytest.mark.parametrize("name", BY_DAY)
def test_the_accesses_of_shipped_machines_are_what_they_were(name: str) -> None:
    isa = described(name)
    guards, places = claims(isa)
    assert any(before is not after for before, after in guards)
    for before, after in guards:
        prove(isa, same(before, after))
    for guard, index in places:
        prove(isa, ult(index, Size(isa.word)), (negate(guard),))
