"""Windows refuse and place an access as its view does: in every state of small machines, at the corners of others."""

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.description import Isa
from isa.ir.fold import add, both, const, either, eq, negate, rewriter, select, sub, ule, ult
from isa.ir.nodes import Apply, Behaviour, Const, Element, Expr, Load, Origin, Param, Read, Size, TrapIf, nodes
from isa.machine import Machine
from isa.passes.windows import Window, fetch_window, hoisted, narrowed, window
from tests.ir_evaluation import Evaluation
from tests.isa.test_normal import values
from tests.isa.view_machines import EACH_VIEW, EVERY, VIEWS, corners, described, machine, scrambled, small
from tests.machines_to_test import G3
from tests.sizes import sized

pytestmark = pytest.mark.every(2)

Access = tuple[Expr, Expr, Expr]

BASE, BOUND, SIZE, PC = Read(32, "base"), Read(32, "bound"), Size(32), Read(32, "pc")
ROOM = sub(SIZE, BASE)
LIMIT = select(ule(SIZE, BASE), const(32, 0), select(ult(BOUND, ROOM), BOUND, ROOM))


def access(isa: Isa) -> Access:
    """When the view that the machine fetches through refuses `va`, and where it leads."""
    va = Param(isa.word, "va")
    moved = rewriter({Read(isa.word, isa.pc): va}.get)
    assert isinstance(isa.fetch.word, Load)
    return moved(either(*(t.guard for t in isa.fetch.traps))), moved(isa.fetch.word.index), va


def window_of(view: str, width: int, conservative: bool = False) -> tuple[Window | None, Access]:
    refused, index, va = access(small(view, width))
    address = VIEWS[view].address(va)
    return window([refused], index, address, conservative), (refused, index, address)


def agrees(found: Window, parts: Access, made: Machine, va: int, exact: bool) -> None:
    """In the machine's present state, the window says of the address what the view says."""
    refused, index, address = parts
    here, top = Evaluation(made, {"va": va}), (1 << index.width) - 1
    at, origin = here.value(address), here.value(found.origin)
    admitted = at < here.value(found.limit)
    assert not (admitted and here.value(refused))
    assert admitted or here.value(refused) or (at == top and not exact)
    assert here.value(index) == (origin + at) & top
    assert not (found.inside and admitted) or origin + at < made.storage.size


def in_every_state(view: str, sizes: tuple[int, ...] = (2, 7)) -> None:
    """The window of a view, on its machine with words of 3 bits."""
    exact, made = VIEWS[view].exact, small(view, 3)
    found, parts = window_of(view, 3, conservative=not exact)
    assert found is not None
    for size, mode, base, bound in product(sizes, (0, 1), range(8), range(8)):
        state = machine(made, size).state
        state["mode"], state["base"], state["bound"] = mode, base, bound
        for va in range(8):
            agrees(found, parts, machine(made, size), va, exact)


@EACH_VIEW
def test_a_window_is_found_where_there_is_one(view: str) -> None:
    known = VIEWS[view]
    exact, conservative = window_of(view, 3)[0], window_of(view, 3, conservative=True)[0]
    assert (exact is not None) == known.exact
    assert (conservative is not None) == known.conservative
    assert {w.inside for w in (exact, conservative) if w} <= {known.inside}


WINDOWED = [name for name, view in VIEWS.items() if view.conservative]
HAVING = pytest.mark.parametrize("view", WINDOWED)
FEW = settings(max_examples=sized(8, 500))  # of each of many machines


@HAVING
def test_a_window_agrees_with_its_view_in_every_state(view: str) -> None:
    in_every_state(view)


@pytest.mark.parametrize(
    "view", [v if n % 2 == 0 else pytest.param(v, marks=pytest.mark.nightly) for n, v in enumerate(WINDOWED)]
)
@FEW
@given(seed=st.integers(0, 2**32))
def test_a_window_agrees_at_64_bits(view: str, seed: int) -> None:
    exact = VIEWS[view].exact
    found, parts = window_of(view, 64, conservative=not exact)
    assert found is not None
    at_corners(found, parts, scrambled(small(view, 64), Random(seed)), exact)


def at_corners(found: Window, parts: Access, made: Machine, exact: bool) -> None:
    width, here = parts[1].width, Evaluation(made, {"va": 0})
    limit, origin = here.value(found.limit), here.value(found.origin)
    near = [limit - 1, limit, limit + 1, made.storage.size - origin, -origin - 1, -origin, 2 * limit + 1]
    for va in (*corners(made.storage.size, width), *near):
        agrees(found, parts, made, va & (1 << width) - 1, exact)


@EVERY
@FEW
@given(seed=st.integers(0, 2**32))
def test_the_window_of_a_machine_agrees_with_its_view(name: str, seed: int) -> None:
    isa = described(name)
    parts = access(isa)
    conservative = isa.name == "corners_split"
    found = window(parts[:1], *parts[1:], conservative)
    assert (found is None) == (isa.name == "corners_wrap")
    if found is not None:
        at_corners(found, parts, scrambled(isa, Random(seed)), exact=not conservative)


# ---- what is found


def test_the_window_of_g3() -> None:
    assert fetch_window(G3) == Window(LIMIT, BASE, inside=True)
    refused, index, va = access(G3)
    assert window([refused], index, va) == Window(LIMIT, BASE, inside=True)


@EVERY
def test_the_window_of_a_fetch_is_that_of_its_view(name: str) -> None:
    isa = described(name)
    refused, index, va = access(isa)
    found = fetch_window(isa)
    assert found == window([refused], index, va, conservative=True)
    if isa.name == "corners_wrap":
        assert found is None
    else:
        assert found is not None and found.inside == (isa.name != "corners_split")
        assert Read(isa.word, isa.pc) not in nodes(found.limit, found.origin)


def test_a_place_that_is_not_a_sum_with_the_address_has_no_window() -> None:
    refused, _, va = access(G3)
    for index in (BASE, add(va, va), sub(BASE, va), Load(32, va), select(eq(va, BASE), va, add(BASE, va))):
        assert window([refused], index, va) is None
    assert window([refused], add(add(BASE, va), BOUND), va) == Window(LIMIT, add(BASE, BOUND), inside=False)


def test_a_proof_tries_a_few_cases_only() -> None:
    """Each choice in a place doubles the cases; a proof that would take all of them is given up."""
    refused, index, va = access(G3)
    for i in range(40):
        index = select(eq(Read(32, f"s{i}"), BOUND), index, add(Read(32, f"s{i}"), va))
    found = window([refused], index, va)
    assert found is not None and not found.inside


def test_conditions_without_end_have_no_window() -> None:
    """However deep they are nested, and however often a part of them is used, an answer comes soon."""
    refused, index, va = access(G3)
    for levels, has in ((12, True), (95, False)):
        for shape in (select, lambda c, g, p: negate(select(c, negate(g), both(negate(g), negate(p))))):
            guard = refused
            for i in range(levels):
                guard = shape(eq(PC, const(32, i)), guard, ule(const(32, i + 5), va))
            found = window([guard], index, va) is not None  # not in the assertion: a graph is long to print as a tree
            assert found == has
            check = TrapIf(guard, 3, va, Origin.BODY, "mem")
            kept = len(narrowed(G3, Behaviour((check,))).behaviour.traps)
            assert kept == 1


# ---- what can be computed before


def scalars(leaf: Expr) -> bool:
    return leaf in (BASE, BOUND, SIZE) or isinstance(leaf, Const)


def test_limits_are_hoisted_whole() -> None:
    checks = [ule(LIMIT, Param(32, "a")), ule(LIMIT, PC)]
    assert hoisted(checks, scalars) == [LIMIT]
    assert hoisted([*checks, LIMIT], scalars) == [LIMIT]
    assert hoisted(checks, lambda leaf: leaf is not BOUND) == [ule(SIZE, BASE), ROOM]


def test_what_is_used_alone_too_is_hoisted_as_well() -> None:
    user = add(ROOM, Element(32, "x", const(4, 1)))
    assert hoisted([ule(LIMIT, user)], scalars) == [ROOM, LIMIT]


def test_leaves_and_what_is_no_scalar_are_not_hoisted() -> None:
    index = add(BASE, const(32, 1))
    assert hoisted([BASE, SIZE, const(32, 3), add(PC, BASE)], scalars) == []
    assert hoisted([Load(32, index), Param(32, "a")], lambda leaf: True) == [index]


@given(root=values(32, 3))
def test_nothing_is_left_to_hoist(root: Expr) -> None:
    def constant(leaf: Expr) -> bool:
        return leaf.width != 32 or leaf in (BASE, SIZE)

    found = hoisted([root], constant)
    assert len(set(found)) == len(found)
    for expr in found:
        leaves = [n for n in nodes(expr) if not isinstance(n, Apply)]
        assert isinstance(expr, Apply) and all(isinstance(n, Read | Size | Const) and constant(n) for n in leaves)
    names: dict[Expr, Expr] = {expr: Param(expr.width, f"hoisted{i}") for i, expr in enumerate(found)}
    assert hoisted([names[root] if root in names else replaced(root, names)], constant) == []


def replaced(root: Expr, names: dict[Expr, Expr]) -> Expr:
    """The expression with what was hoisted replaced where it stands largest, and nothing folded."""
    done: dict[Expr, Expr] = {}
    for node in nodes(root):
        match node:
            case _ if node in names:
                done[node] = names[node]
            case Apply(width, op, args, low):
                done[node] = Apply(width, op, tuple(done[a] for a in args), low)
            case Element(width, state, index):
                done[node] = Element(width, state, done[index])
            case Load(width, index):
                done[node] = Load(width, done[index])
            case _:
                done[node] = node
    return done[root]
