"""Passes over behaviours keep their meaning: merged or specialised, a behaviour does what it did."""

from hypothesis import given
from hypothesis import strategies as st

from isa.description import Isa
from isa.ir.fold import add, apply, const, eq, select, slice_, ult, zext
from isa.ir.nodes import (
    TRUE,
    Behaviour,
    Element,
    Expr,
    Load,
    Origin,
    Param,
    Read,
    SetElement,
    Size,
    Store,
    TrapIf,
    Write,
    nodes,
)
from isa.machine import Machine, Storage, Trap
from isa.passes.normal import bits_read, bits_written, masks, merge, next_values, specialise
from tests.ir_evaluation import Evaluation
from tests.machines_to_test import EACH, G3, MACHINES

WORDS = 20
SCALARS = {"pc": 32, "psw": 32, "base": 32, "timer": 32, "pending": 16, "halted": 1}
PARAMS = {"p": 32, "q": 4}
Values = dict[str, int]


@st.composite
def values(draw: st.DrawFn, width: int, depth: int = 2) -> Expr:
    """An expression of this width over the state of G3 and two parameters."""
    kind = draw(st.integers(0, 6)) if depth else draw(st.integers(0, 2))
    if kind == 0:
        return const(width, draw(st.integers(0, 9)))
    if kind == 1 or kind == 2:
        return draw(leaves(width))
    if kind == 3:
        return select(draw(conditions(depth - 1)), draw(values(width, depth - 1)), draw(values(width, depth - 1)))
    op = draw(st.sampled_from(["add", "sub", "xor", "and"]))
    return apply(op, draw(values(width, depth - 1)), draw(values(width, depth - 1)))


@st.composite
def leaves(draw: st.DrawFn, width: int) -> Expr:
    found: list[Expr] = [Read(w, s) for s, w in SCALARS.items()]
    found += [Param(w, n) for n, w in PARAMS.items()]
    found += [Element(32, "x", Param(4, "q")), Element(32, "x", const(4, draw(st.integers(0, 15))))]
    found += [Load(32, zext(Param(4, "q"), 32)), Size(32)]
    leaf = draw(st.sampled_from(found))
    if leaf.width == width:
        return leaf
    return zext(leaf, width) if leaf.width < width else slice_(leaf, draw(st.integers(0, leaf.width - width)), width)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 1) -> Expr:
    left, right = draw(values(4, depth)), draw(values(4, depth))
    return draw(st.sampled_from([eq, ult]))(left, right)


@st.composite
def effects(draw: st.DrawFn) -> Write | SetElement | Store:
    guard = draw(st.one_of(st.just(TRUE), conditions()))
    kind = draw(st.integers(0, 4))
    if kind == 0:
        index = draw(st.one_of(st.just(Param(4, "q")), st.integers(1, 15).map(lambda i: const(4, i))))
        return SetElement(guard, "x", index, draw(values(32)))
    if kind == 1:
        return Store(guard, zext(draw(values(4)), 32), draw(values(32)))
    state = draw(st.sampled_from(sorted(SCALARS)))
    low = draw(st.integers(0, SCALARS[state] - 1))
    width = draw(st.sampled_from([SCALARS[state] - low, 1]))
    return Write(guard, state, low, draw(values(width)))


@st.composite
def behaviours(draw: st.DrawFn) -> Behaviour:
    causes = st.sampled_from(sorted(G3.cause.members.values()))
    trap = st.builds(TrapIf, conditions(), causes, values(32), st.just(Origin.BODY))
    traps = draw(st.lists(trap, max_size=2))
    return Behaviour(tuple(traps), tuple(draw(st.lists(effects(), max_size=4))))


STATES = st.fixed_dictionaries({s: st.integers(0, (1 << w) - 1) for s, w in SCALARS.items()})
PARAMETERS = st.fixed_dictionaries({n: st.integers(0, min(40, (1 << w) - 1)) for n, w in PARAMS.items()})
CELLS = st.lists(st.integers(0, 2**32 - 1), min_size=15, max_size=15)


def machine(state: Values, cells: list[int]) -> Machine:
    made = Machine(G3, Storage(32, WORDS))
    for name, value in state.items():
        made.state[name] = value
    made.state["x"] = [0, *cells]
    made.storage.write(0, [n * 77 for n in range(WORDS)])
    return made


def result(behaviour: Behaviour, params: Values, made: Machine) -> tuple[Trap | None, list[int], list[int]]:
    trap = Evaluation(made, params).perform(behaviour)
    return trap, made.state.block.tolist(), made.storage.read(0, WORDS)


@given(behaviour=behaviours(), state=STATES, params=PARAMETERS, cells=CELLS)
def test_merging_keeps_the_meaning(behaviour: Behaviour, state: Values, params: Values, cells: list[int]) -> None:
    merged = merge(G3, behaviour)
    found = [result(b, params, machine(state, cells)) for b in (behaviour, merged)]
    assert found[0] == found[1]
    writes = [e for e in merged.effects if isinstance(e, Write)]
    assert len({e.state for e in writes}) == len(writes)
    assert all(e.guard is TRUE and e.low == 0 and e.value.width == SCALARS[e.state] for e in writes)
    assert merge(G3, merged) == merged


@given(behaviour=behaviours(), state=STATES, params=PARAMETERS, cells=CELLS)
def test_next_values_are_what_an_untrapped_step_leaves(
    behaviour: Behaviour, state: Values, params: Values, cells: list[int]
) -> None:
    before, after = machine(state, cells), machine(state, cells)
    expected = {s: Evaluation(before, params).value(v) for s, v in next_values(G3, behaviour).items()}
    Evaluation(after, params).perform(Behaviour((), behaviour.effects))
    assert expected == {s: after.state[s] for s in expected}
    assert all(after.state[s] == before.state[s] for s in SCALARS if s not in expected)


@given(behaviour=behaviours(), state=STATES, params=PARAMETERS, cells=CELLS, data=st.data())
def test_specialising_keeps_the_meaning_where_it_applies(
    behaviour: Behaviour, state: Values, params: Values, cells: list[int], data: st.DataObject
) -> None:
    given_params = {n: params[n] for n in data.draw(st.sets(st.sampled_from(sorted(params))))}
    known = {s: state[s] for s in data.draw(st.sets(st.sampled_from(sorted(state))))}
    size = data.draw(st.sampled_from([None, WORDS]))
    special = specialise(G3, behaviour, given_params, known, size)
    assert result(special, params, machine(state, cells)) == result(behaviour, params, machine(state, cells))
    left = set(nodes(*special.expressions()))
    assert not left & {Param(PARAMS[n], n) for n in given_params}
    assert not left & {Read(SCALARS[s], s) for s in known}
    assert size is None or Size(32) not in left


@given(behaviour=behaviours(), state=STATES, params=PARAMETERS, cells=CELLS, data=st.data())
def test_bits_that_are_not_read_make_no_difference(
    behaviour: Behaviour, state: Values, params: Values, cells: list[int], data: st.DataObject
) -> None:
    read = bits_read(behaviour.expressions())
    free = sorted((s, b) for s, w in SCALARS.items() for b in range(w) if (s, b) not in read)
    if not free:
        return
    name, bit = data.draw(st.sampled_from(free))
    before, other = machine(state, cells), machine({**state, name: state[name] ^ (1 << bit)}, cells)
    for expression in behaviour.expressions():
        assert Evaluation(before, params).value(expression) == Evaluation(other, params).value(expression)


@given(behaviour=behaviours(), state=STATES, params=PARAMETERS, cells=CELLS)
def test_bits_that_are_not_written_stay(behaviour: Behaviour, state: Values, params: Values, cells: list[int]) -> None:
    written = masks(G3, bits_written(behaviour))
    made = machine(state, cells)
    Evaluation(made, params).perform(behaviour)
    for name in SCALARS:
        value = made.state[name]
        assert isinstance(value, int)
        assert (value ^ state[name]) & ~written.get(name, 0) == 0


def test_later_writes_win_bit_by_bit() -> None:
    whole, part = Write(TRUE, "psw", 0, const(32, 0xFF)), Write(TRUE, "psw", 1, const(2, 0))
    assert merge(G3, Behaviour((), (whole, part))).effects == (Write(TRUE, "psw", 0, const(32, 0xF9)),)
    assert merge(G3, Behaviour((), (part, whole))).effects == (Write(TRUE, "psw", 0, const(32, 0xFF)),)


def test_a_write_that_changes_nothing_is_dropped() -> None:
    assert merge(G3, Behaviour((), (Write(TRUE, "base", 0, Read(32, "base")),))).effects == ()


def test_a_slice_reads_its_own_bits_only() -> None:
    psw = Read(32, "psw")
    assert bits_read([slice_(psw, 1, 1)]) == {("psw", 1)}
    assert bits_read([add(psw, const(32, 1)), slice_(psw, 1, 1)]) == {("psw", b) for b in range(32)}
    assert bits_read([psw]) == {("psw", b) for b in range(32)}


def test_a_cell_that_reads_as_zero_is_zero() -> None:
    moved = Behaviour((), (SetElement(TRUE, "x", const(4, 2), Element(32, "x", Param(4, "q"))),))
    for cell, expected in ((0, const(32, 0)), (3, Element(32, "x", const(4, 3)))):
        special = specialise(G3, moved, {"q": cell}, {})
        assert special.effects == (SetElement(TRUE, "x", const(4, 2), expected),)


@EACH
def test_shipped_instructions_merge_to_one_write_for_each_state(name: str) -> None:
    isa: Isa = MACHINES[name]
    for instruction in isa.instructions.values():
        merged = merge(isa, isa.step(instruction.behaviour))
        states = [e.state for e in merged.effects if isinstance(e, Write)]
        assert len(set(states)) == len(states)
        assert merged.traps == isa.step(instruction.behaviour).traps
