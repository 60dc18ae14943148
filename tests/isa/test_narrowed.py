"""Narrowed behaviours do what they did, and what is proved to lie in storage does wherever it is needed."""

from collections.abc import Callable, Mapping
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.description import Isa
from isa.ir.fold import add, const, eq, rewrite_behaviour, rewriter, ule
from isa.ir.nodes import (
    Apply,
    Behaviour,
    Const,
    Element,
    Expr,
    Load,
    Origin,
    Param,
    Read,
    Size,
    Store,
    TrapIf,
    Unknown,
    nodes,
)
from isa.machine import Machine, Trap
from isa.machines.catalogue import shipped
from isa.passes import windows
from isa.passes.normal import merge, specialise, specialiser
from isa.passes.validity import Context, behaviour_faults
from isa.passes.windows import Narrowed
from tests.ir_evaluation import Evaluation
from tests.isa.test_windows import BASE, LIMIT, PC, ROOM
from tests.isa.view_machines import EACH_VIEW, EVERY, VIEWS, described, number, scrambled, small
from tests.machines_to_test import G3
from tests.sizes import sized

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=sized(8, 500))  # of each of many machines


@cache
def steps(isa: Isa) -> dict[str, Behaviour]:
    """The whole steps of the instructions that load or store, or of all if none does; merged, and with a parameter for
    each thing that is unknown."""

    def named(node: Expr) -> Expr | None:
        return Param(node.width, f"unknown{node.serial}") if isinstance(node, Unknown) else None

    wholes = {name: merge(isa, isa.step(i.behaviour)) for name, i in isa.instructions.items()}
    chosen = {name: whole for name, whole in wholes.items() if accessed(whole)} or wholes
    return {name: rewrite_behaviour(whole, rewriter(named)) for name, whole in chosen.items()}


def accessed(behaviour: Behaviour) -> set[Expr]:
    """The indexes of all loads and stores."""
    loads = {n.index for n in nodes(*behaviour.expressions()) if isinstance(n, Load)}
    return loads | {e.index for e in behaviour.effects if isinstance(e, Store)}


def formals(behaviour: Behaviour) -> dict[str, int]:
    """The parameters, and how many bits each has."""
    return {n.name: n.width for n in nodes(*behaviour.expressions()) if isinstance(n, Param)}


# ---- the same, and inside


def does_the_same(found: Narrowed, behaviour: Behaviour, made: Machine, params: Mapping[str, int]) -> None:
    """In the machine's present state the narrowed behaviour traps and acts like the other, and keeps its promise."""
    lies_inside(found, Evaluation(made, params))
    assert outcome(found.behaviour, made, params) == outcome(behaviour, made, params)


def lies_inside(found: Narrowed, here: Evaluation) -> None:
    """What is proved is so where it is needed: up to the first trap that holds, or in the effects."""

    def look(part: Behaviour) -> None:
        assert all(here.value(index) < here.machine.storage.size for index in accessed(part) & found.inside)

    for trap in found.behaviour.traps:
        look(Behaviour((trap,)))
        if here.value(trap.guard):
            return
    look(Behaviour((), found.behaviour.effects))


def outcome(behaviour: Behaviour, made: Machine, params: Mapping[str, int]) -> tuple[Trap | None, list[int], list[int]]:
    """What the behaviour does; the machine is as before then."""
    before, storage = made.state.block[:], made.storage.read(0, made.storage.size)
    trap = Evaluation(made, params).perform(behaviour)
    after = trap, made.state.block.tolist(), made.storage.read(0, made.storage.size)
    made.state.block[:] = before
    made.storage.write(0, storage)
    return after


Way = Callable[[Isa, Behaviour, dict[str, int], dict[str, int], Random], Narrowed]


def whole(isa: Isa, behaviour: Behaviour, params: dict[str, int], state: dict[str, int], draw: Random) -> Narrowed:
    return windows.narrowed(isa, behaviour)


def placed(isa: Isa, behaviour: Behaviour, params: dict[str, int], state: dict[str, int], draw: Random) -> Narrowed:
    """First narrowed, then for the operands and the pc of one place."""
    return windows.narrowed(isa, behaviour).rewritten(specialiser(isa, params, {isa.pc: state[isa.pc]}))


def known(isa: Isa, behaviour: Behaviour, params: dict[str, int], state: dict[str, int], draw: Random) -> Narrowed:
    """Narrowed when the operands and some of the state are known."""
    some = {name: value for name, value in state.items() if draw.random() < 0.5}
    return windows.narrowed(isa, specialise(isa, behaviour, params, some))


WAYS: list[Way] = [whole, placed, known]


def tried(isa: Isa, draw: Random, behaviour: Behaviour | None = None, way: Way | None = None) -> None:
    """A step of the machine, narrowed in one way, in one state."""
    behaviour = behaviour or draw.choice(list(steps(isa).values()))
    made = scrambled(isa, draw)
    params = {name: number(draw, made.storage.size, width) for name, width in sorted(formals(behaviour).items())}
    state = {s.name: made.state.block[made.state.layout.slots[s.name].first] for s in isa.scalars()}
    found = (way or draw.choice(WAYS))(isa, behaviour, params, state, draw)
    does_the_same(found, behaviour, made, params)


@EVERY
@FEW
@given(seed=SEEDS)
def test_narrowed_steps_do_the_same(name: str, seed: int) -> None:
    tried(described(name), Random(seed))


@EACH_VIEW
@FEW
@given(seed=SEEDS)
def test_narrowed_steps_do_the_same_through_any_view(view: str, seed: int) -> None:
    draw = Random(seed)
    tried(small(view, draw.choice((3, 3, 64))), draw)


# ---- what is found


def checks(behaviour: Behaviour) -> list[Expr]:
    return [t.guard for t in behaviour.traps if t.view]


def one_limit(isa: Isa, guard: Expr) -> bool:
    """Whether the guard compares an address with a limit that neither operands nor registers nor the pc decide."""
    match guard:
        case Apply(_, "ule", (limit, _)):
            kinds = {type(n) for n in nodes(limit)}
            return kinds <= {Apply, Const, Read, Size} and Read(isa.word, isa.pc) not in nodes(limit)
    return False


CONDITIONAL = {"ldm.user", "stm.user", "rfe", "srs", "ldm.pc"}  # those of ARM that access storage in one mode only


@pytest.mark.parametrize("name", [*shipped(), "m16.isa"])
def test_every_access_of_a_machine_is_one_comparison_and_inside(name: str) -> None:
    isa = described(name)
    for instruction, behaviour in steps(isa).items():
        found = windows.narrowed(isa, behaviour)
        assert behaviour_faults(found.behaviour, Context(isa, formals(behaviour))) == []
        if isa.name.startswith("arm") and instruction in CONDITIONAL:
            assert not found.inside
        else:
            assert all(one_limit(isa, guard) for guard in checks(found.behaviour))
            assert found.inside == accessed(behaviour)


def test_a_load_of_several_words_has_one_limit() -> None:
    found = windows.narrowed(G3, steps(G3)["lpsw"])
    address = add(Element(32, "x", Param(4, "a")), Apply(32, "sext", (Param(16, "k"),)))
    addresses = [PC, *(add(address, const(32, i)) for i in range(4))]
    assert checks(found.behaviour) == [ule(LIMIT, a) for a in addresses]
    assert found.inside == {add(BASE, a) for a in addresses[1:]}


def narrow(view: str, instruction: str) -> Narrowed:
    isa = small(view, 3)
    return windows.narrowed(isa, merge(isa, isa.step(isa.instructions[instruction].behaviour)))


def place(view: str, register: int) -> Expr:
    """Where an access at the address in the register goes."""
    (effect,) = (e for e in small(view, 3).instructions["put"].behaviour.effects if isinstance(e, Store))
    return rewriter({const(2, 1): const(2, register)}.get)(effect.index)


def test_what_is_loaded_before_its_check_is_not_proved() -> None:
    assert narrow("usual", "get").inside == {place("usual", 1)}
    assert narrow("usual", "behind").inside == {place("usual", 1)}
    assert narrow("usual", "before").inside == set()


def test_what_is_checked_under_a_condition_is_proved_under_none() -> None:
    found = narrow("usual", "maybe")
    assert found.inside == {place("usual", 3)}
    fetch, conditional, store = checks(found.behaviour)
    assert isinstance(conditional, Apply) and conditional.op == "both"
    (compared,) = (part for part in conditional.args if isinstance(part, Apply) and part.op == "ule")
    assert isinstance(fetch, Apply) and isinstance(store, Apply)
    assert fetch.args[0] is compared.args[0] is store.args[0]


@EACH_VIEW
def test_what_a_view_proves_its_accesses_prove(view: str) -> None:
    sure = VIEWS[view].inside or view == "wrapping"
    assert narrow(view, "chase").inside == (accessed(steps(small(view, 3))["chase"]) if sure else set())


def test_only_what_scalars_decide_goes_into_a_limit() -> None:
    """A check of the address itself stays beside the comparison, which can be prepared so."""
    found = narrow("in_units", "get")
    for guard in checks(found.behaviour):
        assert isinstance(guard, Apply) and guard.op == "either"
        assert [isinstance(part, Apply) and part.op for part in guard.args] == ["eq", "ule"]


def test_what_has_no_limit_stays() -> None:
    for view in ("backwards", "holed", "above"):
        behaviour = steps(small(view, 3))["enter"]
        assert windows.narrowed(small(view, 3), behaviour) == Narrowed(behaviour, frozenset())


def test_what_views_do_not_say_stays() -> None:
    """The traps of the prologue are asked in other ways, by their own shape."""
    late = TrapIf(ule(ROOM, PC), G3.cause.members["clock"], const(32, 0), Origin.PROLOGUE)
    both_late = TrapIf(Apply(0, "either", (late.guard, ule(BASE, PC))), 5, const(32, 0), Origin.PROLOGUE)
    assert windows.narrowed(G3, Behaviour((late, both_late))).behaviour == Behaviour((late, both_late))


def a_place_that_meets_another() -> None:
    """Looked at unchecked by one operand, checked by another: proved only while the two differ."""
    p, q = add(BASE, Param(32, "p")), add(BASE, Param(32, "q"))
    (fetched,) = G3.fetch.traps
    checked = rewriter({PC: Param(32, "q")}.get)(fetched.guard)
    early = TrapIf(eq(Load(32, p), const(32, 1)), 1, const(32, 0), Origin.BODY)
    late = TrapIf(checked, 3, Load(32, q), Origin.BODY, "mem")
    answer = TrapIf(eq(Load(32, q), const(32, 1)), 1, const(32, 0), Origin.BODY)
    found = windows.narrowed(G3, Behaviour((early, TrapIf(checked, 3, const(32, 0), Origin.BODY, "mem"), answer)))
    assert found.inside == {q}
    assert windows.narrowed(G3, Behaviour((early, late, answer))).inside == set()
    for other, proved in ((4, {add(BASE, const(32, 3))}), (3, set())):
        known = specialiser(G3, {"p": other, "q": 3}, {})
        assert found.rewritten(known).inside == proved


def test_a_place_that_meets_another_is_not_proved() -> None:
    a_place_that_meets_another()
