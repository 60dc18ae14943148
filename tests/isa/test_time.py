"""The time law: many steps at once are what as many single steps are, whatever a prologue counts and compares."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.description import Isa, Kind, Place, Role, State
from isa.engines.reference.steps import steps_of
from isa.errors import MachineError
from isa.ir.fold import add, apply, both, const, either, eq, negate, slice_, sub, ult
from isa.ir.nodes import FALSE, TRUE, Behaviour, Expr, Origin, Read, Recv, Store, TrapIf, Write
from isa.machine import Machine, Storage
from isa.machine.time import COUNT_WIDTH, NEVER, Counter, Time, law_of, time_bits, time_of
from isa.passes.normal import next_values
from tests.ir_evaluation import Evaluation
from tests.machines_to_test import EACH, G3, M16, MACHINES

WIDEST = 5  # bits of a counter here: after 2 * 2**WIDEST steps everything has happened
PC = Write(TRUE, "pc", 0, add(Read(32, "pc"), const(32, 1)))


@dataclass(frozen=True)
class Law:
    """A prologue: short to print, unlike a description."""

    widths: dict[str, int]
    effects: tuple[Write, ...]
    traps: tuple[Expr, ...]

    @property
    def isa(self) -> Isa:
        return with_prologue(self.widths, *self.effects, traps=self.traps)


def with_prologue(counters: dict[str, int], *effects: Write, traps: tuple[Expr, ...] = ()) -> Isa:
    """G3 with another prologue: counters of these widths."""
    states = {n: State(n, Kind.SCALAR, width, 1, Role.TIMER) for n, width in counters.items()}
    conditions = tuple(TrapIf(guard, 5, const(32, i), Origin.PROLOGUE) for i, guard in enumerate(traps))
    return replace(G3, states={**G3.states, **states}, prologue=Behaviour(conditions, (*effects, PC)))


def moved(name: str, width: int, kind: str, stop: int) -> Write:
    """One of the laws that a counter may have."""
    now, limit = Read(width, name), const(width, stop)
    change = (sub if "down" in kind else add)(now, const(width, 1))
    match kind:
        case "down to":
            return Write(ult(limit, now), name, 0, change)
        case "up to":
            return Write(ult(now, limit), name, 0, change)
    return Write(TRUE, name, 0, change)


@st.composite
def laws(draw: st.DrawFn, kinds: tuple[str, ...], alike: bool) -> Law:
    """A prologue with up to three counters, and traps that compare them."""
    names = ["c", "d", "e"][: draw(st.integers(1, 3))]
    width = draw(st.integers(2, WIDEST))
    widths = {n: width if alike else draw(st.integers(2, WIDEST)) for n in names}
    effects = [moved(n, w, draw(st.sampled_from(kinds)), draw(st.integers(2, (1 << w) - 1))) for n, w in widths.items()]
    traps = draw(st.lists(conditions(widths), min_size=1, max_size=3))
    return Law(widths, tuple(effects), tuple(traps))


def conditions(widths: dict[str, int]) -> st.SearchStrategy[Expr]:
    enabled = eq(slice_(Read(32, "psw"), 1, 1), const(1, 1))
    atom = st.one_of(comparisons(widths), comparisons(widths), st.just(enabled))
    pairs = st.tuples(st.sampled_from([both, either]), atom, atom).map(lambda t: t[0](t[1], t[2]))
    return st.one_of(atom, pairs, pairs.map(negate))


@st.composite
def two_periods(draw: st.DrawFn) -> Law:
    """One condition on a counter that comes round often and on another one."""
    widths = {"c": draw(st.integers(2, 3)), "d": WIDEST}
    kinds = draw(st.sampled_from(["up", "down"])), draw(st.sampled_from(KINDS))
    effects = tuple(moved(n, w, kind, 2) for (n, w), kind in zip(widths.items(), kinds, strict=True))
    often = eq(Read(widths["c"], "c"), const(widths["c"], draw(st.integers(0, 7))))
    other = draw(st.permutations([Read(WIDEST, "d"), const(WIDEST, draw(st.integers(2, 30)))]))
    return Law(widths, effects, (both(often, ult(*other)),))


@st.composite
def comparisons(draw: st.DrawFn, widths: dict[str, int]) -> Expr:
    """A counter against a constant or something that stands still."""
    name = draw(st.sampled_from(sorted(widths)))
    width = widths[name]
    other = draw(st.one_of(st.integers(0, (1 << width) - 1).map(lambda v: const(width, v)), st.just(still(width))))
    sides = draw(st.permutations([Read(width, name), other]))
    compared = apply(draw(st.sampled_from(["eq", "ne", "ult", "ule", "slt", "sle"])), *sides)
    return draw(st.sampled_from([compared, negate(compared)]))


def still(width: int) -> Expr:
    return slice_(Read(16, "pending"), 0, width)


def machine(isa: Isa, values: dict[str, int]) -> Machine:
    made = Machine(isa, Storage(32, 64))
    for name, value in values.items():
        made.state[name] = value
    return made


STARTS = st.fixed_dictionaries({n: st.integers(0, 31) for n in ("c", "d", "e", "pending")} | {"psw": st.integers(0, 3)})


def started(isa: Isa, values: dict[str, int]) -> Machine:
    return machine(isa, {n: v for n, v in values.items() if n in isa.states})


def tick(made: Machine) -> None:
    """One untrapped step of the prologue, by definition."""
    Evaluation(made, {}).perform(Behaviour((), made.isa.prologue.effects))


def steps_to_trap(made: Machine, most: int) -> int | None:
    """After how many steps the prologue traps, by trying; None if not within `most`."""
    for n in range(most):
        if Evaluation(made, {}).trap(made.isa.prologue.traps) is not None:
            return n
        tick(made)
    return None


def horizon(made: Machine, time: Time) -> int:
    found = time.horizon()
    assert found is not None and found.width == COUNT_WIDTH
    return Evaluation(made, {}).value(found)


def counters(made: Machine, time: Time) -> list[object]:
    return [made.state[m.place.state] for m in time.moving]


KINDS = ("down", "up", "down to", "up to")
MIXED = laws(KINDS, alike=False)
ONE_SORT = st.one_of(laws(("down to", "up to"), alike=False), laws(("down", "up"), alike=True))


@given(law=MIXED, values=STARTS, n=st.integers(0, 200))
def test_advance_is_so_many_single_steps(law: Law, values: dict[str, int], n: int) -> None:
    isa = law.isa
    time = Time(tuple(c for c in (counter_of(isa, s) for s in ("c", "d", "e")) if c), ())
    made, stepped = started(isa, values), started(isa, values)
    Evaluation(made, {"steps": n}).perform(time.advance())
    for _ in range(n):
        tick(stepped)
    assert counters(made, time) == counters(stepped, time)


def counter_of(isa: Isa, state: str) -> Counter | None:
    if state not in isa.states:
        return None
    only = tuple(e for e in isa.prologue.effects if isinstance(e, Write) and e.state == state)
    alone = time_of(replace(isa, prologue=Behaviour((), only)))
    assert alone is not None and len(alone.moving) <= 1
    return next((m for m in alone.moving if isinstance(m, Counter)), None)  # none where its limits let it never move


@settings(max_examples=2 * settings().max_examples)
@given(law=ONE_SORT, values=STARTS)
def test_the_horizon_is_the_first_step_that_traps(law: Law, values: dict[str, int]) -> None:
    """All counters run for ever with one period, or all come to a stop: every such law is known."""
    isa = law.isa
    time = time_of(isa)
    assert time is not None
    made = started(isa, values)
    found = horizon(made, time)
    first = steps_to_trap(made, 3 << WIDEST)
    assert found == (NEVER if first is None else first)


@settings(max_examples=2 * settings().max_examples)
@given(law=st.one_of(MIXED, two_periods()), values=STARTS)
def test_a_law_that_is_accepted_is_right(law: Law, values: dict[str, int]) -> None:
    """Counters of any sort together: a law may be refused, never wrong."""
    isa = law.isa
    time = time_of(isa)
    if time is not None:
        made = started(isa, values)
        found = horizon(made, time)
        first = steps_to_trap(made, 3 << WIDEST)
        assert found == (NEVER if first is None else first)


def test_counters_of_different_periods_in_one_condition_are_refused() -> None:
    """`c` comes round every 4 steps, `d` reaches 1 once: both are so at a time that is the first of neither."""
    together = [eq(Read(2, "c"), const(2, 1)), eq(Read(5, "d"), const(5, 1))]
    effects = moved("c", 2, "up", 0), moved("d", 5, "down to", 1)
    assert time_of(with_prologue({"c": 2, "d": 5}, *effects, traps=(both(*together),))) is None
    assert time_of(with_prologue({"c": 2, "d": 5}, *effects, traps=(either(*together),))) is not None
    assert time_of(with_prologue({"c": 2, "d": 5}, *effects, traps=tuple(together))) is not None


T, SMALL = Read(4, "c"), const(4, 3)
TICK = Write(TRUE, "d", 0, add(Read(4, "d"), const(4, 1)))
REFUSED: dict[str, tuple[Write, ...]] = {
    "moves by two": (Write(TRUE, "c", 0, add(T, const(4, 2))),),
    "moves under a condition that moves": (Write(eq(Read(4, "d"), const(4, 0)), "c", 0, sub(T, const(4, 1))), TICK),
    "moves where the pc is": (Write(eq(Read(32, "pc"), const(32, 0)), "c", 0, sub(T, const(4, 1))),),
    "moves by what a register holds": (Write(TRUE, "c", 0, add(T, still(4))),),
    "moves here under one condition, there under another": (
        Write(either(ult(SMALL, T), eq(still(4), SMALL)), "c", 0, sub(T, const(4, 1))),
    ),
    "is set at the end": (Write(eq(T, SMALL), "c", 0, const(4, 9)),),
    "copies what moves": (Write(TRUE, "c", 0, Read(4, "d")), TICK),
    "moves up to something that is not a constant": (Write(ult(T, still(4)), "c", 0, add(T, const(4, 1))),),
    "moves in part": (Write(TRUE, "c", 1, slice_(add(T, const(4, 1)), 0, 2)),),
    "moves twice": (
        Write(ult(SMALL, T), "c", 0, sub(T, const(4, 1))),
        Write(ult(T, SMALL), "c", 0, add(T, const(4, 1))),
    ),
    "is written by an effect of another kind": (Store(TRUE, const(32, 0), const(32, 1)),),  # type: ignore[dict-item]
    "comes from a device": (Write(TRUE, "c", 0, slice_(Recv(32, "port", const(4, 0)), 0, 4)),),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_prologue_of_another_shape_has_no_law(why: str) -> None:
    isa = with_prologue({"c": 4, "d": 4}, *REFUSED[why])
    assert time_of(isa) is None
    with pytest.raises(MachineError, match="time law is not known: ") as error:
        law_of(isa)
    assert error.value.help


@pytest.mark.parametrize(
    "condition",
    [
        eq(slice_(T, 0, 2), const(2, 1)),
        ult(T, T),
        eq(apply("and", T, const(4, 1)), const(4, 1)),
        ult(T, Read(4, "d")),
        eq(add(T, still(4)), const(4, 1)),
    ],
)
def test_a_condition_of_another_shape_has_no_law(condition: Expr) -> None:
    effects = moved("c", 4, "up", 0), moved("d", 4, "up", 0)
    law = time_of(with_prologue({"c": 4, "d": 4}, *effects, traps=(condition,)))
    assert (law is None) == (condition is not FALSE)


def test_a_machine_whose_time_stands_still_has_a_law() -> None:
    law = time_of(with_prologue({}))
    assert law is not None and law.moving == ()
    assert horizon(machine(with_prologue({}), {}), law) == NEVER


# ---- the shipped laws, with what the engine makes of them


@EACH
@given(data=st.data())
def test_the_compiled_law_is_the_definition(name: str, data: st.DataObject) -> None:
    isa = MACHINES[name]
    made = Machine(isa, Storage(isa.word, 64))
    for place in [p for role in (Role.TIMER, Role.PENDING, Role.ENABLE) for p in isa.roles[role]]:
        value = data.draw(st.one_of(st.integers(0, 40), st.integers(0, (1 << place.width) - 1)))
        made.state[place.state] = value << place.low
    steps = steps_of(made.isa)
    found = steps.horizon(made.state.block, None, None)
    first = steps_to_trap(copied(made), 60)
    assert found >= 60 if first is None else found == first
    n = data.draw(st.integers(0, 50))
    stepped = copied(made)
    for _ in range(n):
        tick(stepped)
    made.engine.advance(n)
    moving = {m.place.state for m in steps.time.moving}
    assert {s: made.state[s] for s in moving} == {s: stepped.state[s] for s in moving}


def copied(made: Machine) -> Machine:
    copy = Machine(made.isa, Storage(made.isa.word, 64))
    copy.state.block[:] = made.state.block
    return copy


def test_long_times_wrap_as_the_counter_does() -> None:
    made = Machine(M16, Storage(16, 64))
    made.state["count"], made.state["limit"], made.state["armed"] = 65_000, 999, 1
    assert steps_of(M16).horizon(made.state.block, None, None) == 536 + 999
    made.engine.advance((1 << 40) + 7)
    assert made.state["count"] == 65_007


def test_time_is_what_the_prologue_sees() -> None:
    assert {s for s, _ in time_bits(G3)} == {"psw", "timer", "pending"}
    assert ("psw", 1) in time_bits(G3) and ("psw", 0) not in time_bits(G3)
    assert {s for s, _ in time_bits(M16)} == {"armed", "count", "limit", "lines"}


def test_a_counter_is_found_in_the_merged_prologue() -> None:
    assert next_values(G3, G3.prologue).keys() == {"timer", "pc"}
    law = time_of(G3)
    assert law is not None and law.moving == (Counter(Place("timer", 0, 32), 32, -1, ((0, 1),)),)
