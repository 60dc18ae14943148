"""Questions find the very step, in either direction: they are held against a run that was looked at step by step."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.engines.choice import AUTO, NATIVE, REFERENCE, choose
from isa.machine import Machine, Trap
from isa.machine.trace import TraceLine, each_line
from monitor import Decision, ExitEvent, VirtualMachine
from monitor.history import History, HistoryError, cuts
from monitor.history.looks import (
    Acts,
    AnyOf,
    Changes,
    Elsewhere,
    Executes,
    Exits,
    Fetches,
    Holds,
    Talks,
    Traps,
    Writes,
    mode_changes,
)
from monitor.history.questions import Question, first, last, seek, step
from tests.machines_to_test import G3, MACHINES
from tests.monitor.history_checks import build, guest_at, kept_everywhere, small_stretches, whole
from tests.monitor.test_history_outside import WRITING, made
from tests.program_strategies import Program, programs
from tests.sizes import sized

pytestmark = pytest.mark.every(2)

BUDGET = 300
PRINTING = 31  # where `WRITING` prints its letter


def lines_of(program: Program) -> list[TraceLine]:
    """Every step of a bare run that has a line in its trace."""
    lines: list[TraceLine] = []
    machine = program.bare()
    machine.trace = each_line(lines.append, registers=True)
    cuts.fresh(machine, BUDGET)
    return lines


class Arrival(NamedTuple):
    """A step that a run arrives at; `place` is None where its fetch traps."""

    step: int
    pc: int
    place: int | None


def arrivals_of(program: Program) -> list[Arrival]:
    """Every step of a bare run that takes them one by one, but of those that are only waited for the first of each
    wait alone."""
    found: list[Arrival] = []
    machine, waited = program.bare(choose(REFERENCE)), False
    for step_ in range(BUDGET):
        pc, before, skipped = machine.state.block[machine.pc_slot], waited, machine.skipped
        place = None if isinstance(machine.engine.peek(), Trap) else machine.engine.place()
        machine.run(1)
        if machine.steps == step_:
            break
        waited = machine.skipped > skipped
        if not (before and waited):
            found.append(Arrival(step_, pc, place))
    return found


def exits_of(program: Program, depth: int) -> list[ExitEvent]:
    events: list[ExitEvent] = []
    vm = build(program, depth, REFERENCE)
    assert isinstance(vm, VirtualMachine)
    vm.monitor.subscribe(events.append)
    cuts.fresh(vm, BUDGET)
    return events


def check(history: History, question: Question, wanted: Iterable[int], here: int) -> None:
    """Both directions from a step, as if `wanted` were all the steps that there are; and nothing is changed by it."""
    known = sorted({step for step in wanted if step < history.newest})
    for backwards in (False, True):
        history.go(here)
        at = history.machine.steps
        nearest = [s for s in known if s < at][-1:] if backwards else [s for s in known if s > at][:1]
        most = BUDGET if backwards else BUDGET - 1 - at
        assert seek(history, question, backwards, most) == next(iter(nearest), None)
        assert history.machine.steps == next(iter(nearest), at)


def whole_history(program: Program, depth: int, engine: str) -> History:
    history = kept_everywhere(build(program, depth, engine))
    history.go(BUDGET)
    return history


PLAYED = [(0, REFERENCE), (1, REFERENCE), (2, NATIVE), (0, AUTO)]
CASES = [(name, depth, engine) for name in MACHINES for depth, engine in PLAYED]
OFTEN = {("g3", 0, REFERENCE), ("m16", 1, REFERENCE), ("g3", 2, NATIVE), ("m16", 0, AUTO)}


@pytest.mark.parametrize(
    ("name", "depth", "engine"),
    [case if case in OFTEN else pytest.param(*case, marks=pytest.mark.nightly) for case in CASES],
)
@settings(max_examples=sized(3, 100))
@given(data=st.data(), here=st.integers(0, BUDGET))
def test_records_tell_the_step(name: str, depth: int, engine: str, data: st.DataObject, here: int) -> None:
    program = data.draw(programs(MACHINES[name], BUDGET))
    with small_stretches():
        lines, history = lines_of(program), whole_history(program, depth, engine)
        state, arrivals = whole(history.machine), arrivals_of(program)
        _, pc, place = data.draw(st.sampled_from(arrivals)) if arrivals else (0, 0, 0)
        check(history, Executes(pc), (x.step for x in arrivals if x.pc == pc), here)
        if place is not None:
            check(history, Fetches(place), (x.step for x in arrivals if x.place == place), here)
        check(history, Traps(), (x.step for x in lines if x.trap), here)
        for cause in set(program.isa.cause.members.values()):
            check(history, Traps(cause), (x.step for x in lines if x.trap and x.trap.cause == cause), here)
        check(history, Talks(0), (x.step for x in lines if any(port == 0 for port, _ in x.sent + x.received)), here)
        slots = sorted({slot for x in lines for slot, _ in x.changed})
        for slot in slots[:3]:
            changed = [x.step for x in lines if slot in dict(x.changed)]
            check(history, Changes(slot, (1 << 64) - 1), changed, here)
        asked = [
            Executes(pc),
            Traps(),
            Writes(data.draw(st.integers(0, 40))),
            Talks(0),
            *(Changes(s, 3) for s in slots[:1]),
        ]
        check_any(history, asked, here)
        history.go(BUDGET)
        assert whole(history.machine) == state and history.branches == []


def check_any(history: History, asked: list[Question], here: int) -> None:
    """Several questions at once are answered as one after the other, each by itself."""
    alone = [question.steps(history, 0, history.newest) for question in asked]
    together = AnyOf(tuple(asked)).hits(history, 0, history.newest)
    assert list(together) == sorted({step for steps in alone for step in steps})
    assert all(numbers == [n for n, steps in enumerate(alone) if step in steps] for step, numbers in together.items())
    check(history, AnyOf(tuple(asked)), together, here)


@settings(max_examples=sized(4, 100))
@given(data=st.data(), here=st.integers(0, BUDGET), depth=st.integers(1, 2))
def test_exits_tell_the_step(data: st.DataObject, here: int, depth: int) -> None:
    program = data.draw(programs(G3, BUDGET))
    with small_stretches():
        events, history = exits_of(program, depth), whole_history(program, depth, REFERENCE)
        for decision in (Decision.EMULATED, Decision.REFLECTED, Decision.INJECTED):
            ahead = decision is Decision.EMULATED
            check(history, Exits(decision), (e.step - ahead for e in events if e.decision is decision), here)


def writes_of(program: Program, place: int) -> list[int]:
    """The steps of a bare run that store a word, found by looking at each store."""
    found: list[int] = []
    machine = build(program, 0, REFERENCE)
    store = machine.storage.store

    class Noted:
        """What a step writes."""

        def __setitem__(self, index: int, word: int) -> None:
            note(index, word)

    def note(index: int, word: int) -> bool:
        """What a step or a device writes."""
        if index == place:
            found.append(machine.steps)
        return store(index, word)

    machine.engine.stores = Noted()  # type: ignore[attr-defined]
    machine.storage.store = note  # type: ignore[method-assign]
    for step_ in range(BUDGET):
        if machine.steps == step_:
            machine.run(1)
    return found


@pytest.mark.parametrize(("depth", "engine"), [(0, REFERENCE), (1, NATIVE), (2, REFERENCE)])
@settings(max_examples=sized(4, 100))
@given(data=st.data(), here=st.integers(0, BUDGET))
def test_the_step_that_wrote_a_word_is_found(depth: int, engine: str, data: st.DataObject, here: int) -> None:
    program = data.draw(programs(G3, BUDGET))
    with small_stretches():
        place = data.draw(st.integers(0, program.size - 1))
        history = whole_history(program, depth, engine)
        wanted = writes_of(program, place)
        check(history, Writes(place), wanted, here)
        assert Writes(place).steps(history, 0, history.newest) == sorted({s for s in wanted if s < history.newest})
        history.go(here)
        at = history.machine.steps
        assert last(history, place) == max((s for s in wanted if s < at), default=None)
        assert history.machine.steps == at


@pytest.mark.parametrize("depth", [0, 1])
def test_a_device_that_acts_by_itself_is_found(depth: int) -> None:
    twin, acted = guest_at("os", 0), list[tuple[int, str]]()
    twin.ports.acted = lambda now, device, raised: acted.append((now, device.name))
    cuts.fresh(twin, 60_000)
    names = {name for _, name in acted}
    assert len(names) == 2
    history = History(guest_at("os", depth))
    history.go(60_000)
    for name in (None, *names):
        wanted = sorted({step for step, other in acted if name in (None, other)})
        assert Acts(name).steps(history, 0, history.newest) == wanted
    assert seek(history, Acts(), backwards=True) == acted[-1][0]
    assert history.machine.ports.acted is None


def test_what_is_elsewhere_is_found() -> None:
    history = History(made("start: set r1, 3\n1: addi r1, r1, -1\n bnez r1, 1b\n halt")[0])
    first = history.machine.engine.place()
    assert first is not None
    history.go(50)
    history.go(0)
    assert seek(history, Elsewhere(frozenset({first, first + 1, first + 2}))) == 7
    assert seek(history, Elsewhere(frozenset({first + 1, first + 2})), backwards=True) == 0


def counting(machine: Machine) -> bool:
    x = machine.state["x"]
    assert isinstance(x, list)
    return x[1] >= 7


def test_conditions_are_found_by_looking_at_each_step_or_in_halves() -> None:
    history = History(made(WRITING, 1)[0])
    history.go(9_000)
    found = first(history, counting, lasting=True)
    assert found is not None and found == last_without(history, found) + 1
    assert history.machine.steps == 9_000
    history.go(found - 60)
    assert seek(history, Holds(counting)) == found
    history.go(found + 50)
    assert seek(history, Holds(lambda m: not counting(m)), backwards=True) == found - 1


def last_without(history: History, found: int) -> int:
    return max(s for s in range(found - 40, found) if not at(history, s, counting))


def at(history: History, step: int, condition: Callable[[Machine], bool]) -> bool:
    here = history.machine.steps
    history.go(step)
    holds = condition(history.machine)
    history.go(here)
    return holds


@pytest.mark.parametrize("depth", [0, 1])
def test_who_looks_for_something_does_not_come_too_far(depth: int) -> None:
    """Nothing has gone out that comes after the step at which one stops, and to go on from there is no branch."""
    machine, screen = made(WRITING, depth)
    history = kept_everywhere(machine)
    for letters in range(4):
        assert seek(history, Executes(PRINTING)) == machine.steps == history.newest
        assert screen.getvalue() == bytes(range(65, 65 + letters))
    assert step(history) == machine.steps and screen.getvalue() == b"ABCD"
    assert seek(history, Executes(PRINTING), backwards=True) is not None and history.newest > machine.steps
    assert history.branches == [] and screen.getvalue() == b"ABCD"


def test_a_step_at_the_ends_of_history_is_none() -> None:
    history = History(made("start: nop\n halt")[0])
    assert step(history, backwards=True) is None and history.machine.steps == 0
    assert [step(history), step(history), step(history)] == [1, 2, None]
    assert step(history, backwards=True, count=2) == 0
    assert seek(history, Traps()) is None and history.machine.steps == 0


@pytest.mark.parametrize(
    ("what", "rule"),
    [
        ("y", "g3 has no register 'y'"),
        ("x[32]", "g3 has no register"),
        ("psw.colour", "has no field 'colour'"),
        ("pc", "changes by itself"),
        (1 << 20, "there is no word 0x100000 in a storage of 1024 words"),
    ],
)
def test_what_does_not_exist_is_said(what: str | int, rule: str) -> None:
    history = History(made(WRITING)[0])
    with pytest.raises(HistoryError, match=rule):
        last(history, what)


@pytest.mark.parametrize("depth", [pytest.param(0, marks=pytest.mark.nightly), 1])
def test_the_operating_system_is_followed_from_mode_to_mode(depth: int) -> None:
    def mode(machine: Machine) -> object:
        return machine.state["psw.mode"]

    twin, changed = guest_at("os", 0), list[int]()
    while len(changed) < 3:
        before = mode(twin)
        twin.run(1)
        changed += [twin.steps - 1] * (mode(twin) != before)
    history = kept_everywhere(guest_at("os", depth))
    assert [seek(history, mode_changes(history.machine)) for _ in changed] == changed
    assert last(history, "psw.mode") == changed[-2]
    assert seek(history, mode_changes(history.machine), backwards=True) == changed[-2]


def test_exits_are_of_monitors_and_modes_of_machines_that_have_one() -> None:
    history = History(made(WRITING)[0])
    history.go(100)
    with pytest.raises(HistoryError, match="under no monitor has no exits"):
        seek(history, Exits(Decision.EMULATED), backwards=True)
    assert seek(history, mode_changes(history.machine), backwards=True) is None
