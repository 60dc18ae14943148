"""The machine around the engine: budgets, traps one by one, halts, breakpoints, deadlines, idling; bare and virtual."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import Ports
from isa.engines.choice import bare
from isa.errors import MachineError
from isa.ir.nodes import Origin
from isa.language import load_text
from isa.machine import Exit, Machine, Pause, Reason, Storage, Trap, least_storage
from monitor import VirtualMachine
from monitor.monitor import tower
from tests.isa.alarm import Alarm
from tests.isa.test_engine_programs import blocks, outcome
from tests.machines_to_test import EACH, G3, HERE, M16, MACHINES
from tests.program_pairs import setup_of
from tests.program_strategies import SIZE, Program, programs

pytestmark = pytest.mark.every(2)

Build = Callable[[Ports | None], Machine]
DEPTHS = pytest.mark.parametrize("depth", [0, pytest.param(1, marks=pytest.mark.nightly), 2])
FEW = settings(max_examples=settings().max_examples // 3)  # of those that run for each machine and depth


def machine(depth: int, source: str, ports: Ports | None = None) -> Machine:
    made = tower(G3, SIZE, depth, ports) if depth else bare(G3, Storage(G3.word, SIZE), ports)
    made.load(assemble(G3, source, "test"))
    return made


def of(program: Program, depth: int) -> Machine:
    setup = setup_of(program, max(depth, 1))
    return setup.monitored() if depth else setup.bare()


# ---- budgets


@EACH
@DEPTHS
@FEW
@given(data=st.data(), budget=st.integers(-3, 0))
def test_no_budget_no_step(name: str, depth: int, data: st.DataObject, budget: int) -> None:
    made = of(data.draw(programs(MACHINES[name], 5)), depth)
    before = outcome(made)
    end = made.run(budget)
    assert (end.reason, end.steps, end.retired) == (Reason.BUDGET, 0, 0) and outcome(made) == before


@EACH
@DEPTHS
@FEW
@given(data=st.data())
def test_a_budget_of_one_is_one_step(name: str, depth: int, data: st.DataObject) -> None:
    program: Program = data.draw(programs(MACHINES[name], 30))
    made, whole = of(program, depth), of(program, depth)
    for _ in range(program.budget):
        end = made.run(1)
        assert end.steps == 1 or end.reason in (Reason.HALT, Reason.IDLE)
        if not end.steps:
            break
    whole.run(program.budget)
    assert outcome(made) == outcome(whole)


def by_hand(made: Machine, budget: int) -> Exit:
    """`run` as the loop of `run_to_trap` and `enter`."""
    first, retired = made.steps, made.retired
    while (piece := made.run_to_trap(first + budget - made.steps)).trap is not None:
        assert piece.reason is Reason.TRAP and piece.retired == piece.steps
        before = made.steps
        made.enter(piece.trap)
        assert made.steps == before + 1
    return Exit(piece.reason, made.steps - first, made.retired - retired, None, piece.detail)


def events_of(made: Machine) -> list[tuple[object, ...]]:
    """A list that will have every exit of a monitored machine."""
    events: list[tuple[object, ...]] = []
    if isinstance(made, VirtualMachine):
        made.monitor.subscribe(lambda event: events.append(event[1:]))
    return events


@EACH
@DEPTHS
@FEW
@given(data=st.data(), cut=st.booleans(), longest=st.sampled_from([1, 3, 32]))
def test_run_is_the_loop_of_run_to_trap_and_enter(
    name: str, depth: int, data: st.DataObject, cut: bool, longest: int
) -> None:
    program: Program = data.draw(programs(MACHINES[name], 100))
    made, other = of(program, depth), of(program, depth)
    events, others = events_of(made), events_of(other)
    with blocks(longest):
        for budget in program.budgets if cut else [program.budget]:
            end = made.run(budget)
            assert end == by_hand(other, budget)
            assert end.retired <= end.steps <= budget and end.trap is None
            assert outcome(made) == outcome(other)
    assert events == others


@EACH
@DEPTHS
@FEW
@given(data=st.data())
def test_an_engine_delivers_traps_until_something_else_stops_it(name: str, depth: int, data: st.DataObject) -> None:
    program: Program = data.draw(programs(MACHINES[name], 100))
    made, other = of(program, depth), of(program, depth)
    for limit in program.budgets:
        if made.halted:
            break
        ran, trapped, why = made.engine.deliver(limit)
        assert 0 <= trapped <= ran <= limit and not isinstance(why, Trap)
        assert why is not Pause.LIMIT or ran == limit
        assert made.steps == 0
        done = delivered = 0
        while done < ran:
            steps, stop = other.engine.execute(ran - done)
            done += steps
            if isinstance(stop, Trap):
                other.engine.enter(stop)
                done, delivered = done + 1, delivered + 1
        assert (done, delivered) == (ran, trapped)
        assert made.state.block == other.state.block and bytes(made.storage.cells) == bytes(other.storage.cells)


@DEPTHS
def test_traps_without_end_end_with_the_budget_to_the_step(depth: int) -> None:
    """The new control words that a trap loads are zero: the machine traps at every step, and retires nothing."""
    made = machine(depth, "start: svc 1")
    assert made.run(1000) == Exit(Reason.BUDGET, 1000, 0)
    assert made.engine.deliver(7) == (7, 7, Pause.LIMIT)


# ---- halting


@DEPTHS
def test_a_halted_machine_stays_halted(depth: int) -> None:
    made = machine(depth, "start: set r1, 7\n halt\n set r1, 8")
    end = made.run(100)
    assert (end.reason, end.steps, end.retired) == (Reason.HALT, 2, 2)
    after = outcome(made)
    for budget in (0, 1, 100):
        end = made.run(budget)
        assert (end.reason, end.steps) == (Reason.HALT, 0) and outcome(made) == after


@DEPTHS
def test_a_halt_in_the_last_step_of_a_budget_is_a_halt(depth: int) -> None:
    assert machine(depth, "start: nop\n halt").run(2).reason is Reason.HALT


def test_storage_below_the_trap_entry_is_refused() -> None:
    assert {isa.name: least_storage(isa) for isa in (G3, M16)} == {"g3": 12, "m16": 24}
    assert bare(G3, Storage(32, 12)).storage.size == 12
    with pytest.raises(MachineError, match="g3 needs at least 12 words of storage for its trap entry, not 11"):
        bare(G3, Storage(32, 11))


@pytest.mark.parametrize("size", [5, 8, 13])
def test_a_computed_trap_address_outside_storage_reads_zero(size: int) -> None:
    """Where a whole register decides in which words the handlers are found, and there are no such words, each trap
    goes to address 0."""
    table = "core[4] <- ip; ip <- core[limit + zext(why)]; level <- supervisor"
    text = f'variant far of m16 "A table anywhere." {{ override on trap(why : Why, info : word) {{ {table} }} }}'
    far = load_text((HERE / "m16.isa").read_text() + text, "far")
    made = bare(far, Storage(far.word, size))
    made.state["limit"] = size
    made.enter(Trap(far.cause.members["tick"], 1, Origin.PROLOGUE))
    assert made.state["ip"] == 0


# ---- breakpoints

TRAPPING = """
        .org 16
start:  set r1, handler
        sw  r1, 8(r0)
        set r1, 160
        sw  r1, 11(r0)
        svc 1
        halt
handler: lw r2, 0(r0)
        addi r2, r2, 1
        sw  r2, 0(r0)
        lpsw 0(r0)
"""


@DEPTHS
def test_a_breakpoint_stops_before_its_instruction_and_is_passed_on_resuming(depth: int) -> None:
    made = machine(depth, TRAPPING)
    made.breakpoints = {18, 21}
    stops = []
    while (end := made.run(100)).reason is Reason.BREAKPOINT:
        stops.append((made.state["pc"], made.steps))
    assert end.reason is Reason.HALT
    assert stops == [(18, 2), (21, 9)]


@DEPTHS
def test_a_breakpoint_is_seen_when_a_budget_ends_just_before_it(depth: int) -> None:
    made = machine(depth, TRAPPING)
    made.breakpoints = {18}
    assert made.run(2).reason is Reason.BUDGET
    end = made.run(100)
    assert (end.reason, end.steps, made.state["pc"]) == (Reason.BREAKPOINT, 0, 18)


@DEPTHS
def test_a_breakpoint_on_the_first_instruction_of_a_trap_handler_is_seen(depth: int) -> None:
    made = machine(depth, TRAPPING)
    made.breakpoints = {22}
    end = made.run(100)
    assert (end.reason, end.steps, made.state["pc"]) == (Reason.BREAKPOINT, 5, 22)
    assert made.run(100).reason is Reason.HALT


@EACH
@DEPTHS
@FEW
@given(data=st.data())
def test_breakpoints_change_nothing(name: str, depth: int, data: st.DataObject) -> None:
    program: Program = data.draw(programs(MACHINES[name], 60))
    made, whole = of(program, depth), of(program, depth)
    made.breakpoints = data.draw(st.sets(st.integers(32, 56), max_size=3))
    whole.run(program.budget)
    while made.run(program.budget - made.steps).reason is Reason.BREAKPOINT:
        assert made.state.block[made.state.layout.slots[made.isa.pc].first] in made.breakpoints
    assert outcome(made) == outcome(whole)


# ---- devices in time


COUNTING = "start: addi r1, r1, 1\n addi r2, r2, 1\n beq r0, r0, start"


@DEPTHS
@given(due=st.lists(st.integers(0, 400), min_size=1, max_size=6), longest=st.sampled_from([1, 2, 32]))
def test_a_device_acts_exactly_when_it_is_due(depth: int, due: list[int], longest: int) -> None:
    alarm = Alarm(due)
    with blocks(longest):
        made = machine(depth, COUNTING, Ports({1: alarm}))
        made.run(401)
    assert alarm.acted == sorted(set(due))
    assert made.steps == 401


ASKING = """
start:  set r2, 1
loop:   addi r3, r3, 7
        addi r4, r4, 1
        in  r5, r2              # r5 := the step of this instruction
        out r3, r2              # the alarm rings some steps later
        beq r0, r0, loop
"""


@DEPTHS
@given(budgets=st.lists(st.integers(1, 90), min_size=1, max_size=4), longest=st.sampled_from([1, 2, 32]))
def test_a_device_is_told_the_step_and_an_answer_in_time_is_kept(depth: int, budgets: list[int], longest: int) -> None:
    alarm, expected = Alarm([]), Alarm([])
    with blocks(longest):
        made = machine(depth, ASKING, Ports({1: alarm}))
        for budget in budgets:
            made.run(budget)
    by_steps = machine(0, ASKING, Ports({1: expected}))
    for _ in range(sum(budgets)):
        by_steps.run(1)
    assert alarm.save() == expected.save() and made.state.block == by_steps.state.block
    assert alarm.asked == [n for n in range(sum(budgets)) if n % 5 in (3, 4)]


class Nagging(Alarm):
    """A device that is always due at once."""

    def deadline(self) -> int:
        return 0

    def act(self, now: int, storage: object) -> bool:
        self.acted.append(now)
        return False


@DEPTHS
def test_a_device_that_is_always_due_acts_before_every_step_and_hangs_nothing(depth: int) -> None:
    nagging = Nagging([])
    made = machine(depth, COUNTING, Ports({1: nagging}))
    assert made.run(5).reason is Reason.BUDGET
    assert nagging.acted == [0, 1, 2, 3, 4] and made.steps == 5


# ---- idling


@DEPTHS
@pytest.mark.parametrize("loop", ["here: beq r0, r0, here", "here: idle"])
def test_a_machine_that_nothing_can_wake_is_idle(depth: int, loop: str) -> None:
    made = machine(depth, f"start: set r1, 3\n{loop}")
    end = made.run(10**12)
    assert (end.reason, end.steps) == (Reason.IDLE, 1)
    assert made.run(10).reason is Reason.IDLE


@DEPTHS
@pytest.mark.parametrize("loop", ["here: beq r0, r0, here", "here: idle"])
def test_waiting_for_the_clock_costs_its_steps_and_no_time(depth: int, loop: str) -> None:
    """The clock traps when `timer` is 1: with 10^9 in it, that many steps less one after `stim`."""
    made = machine(depth, f"start: lui r1, 0x3b9a\n ori r1, r1, 0xca00\n stim r1\n setie 1\n{loop}")
    end = made.run_to_trap(10**12)
    assert end.trap is not None and G3.cause.name_of(end.trap.cause) == "clock"
    assert end.steps == 3 + 10**9 - 1 and made.state["timer"] == 1


@DEPTHS
@given(budgets=st.lists(st.integers(1, 60), min_size=1, max_size=6), due=st.lists(st.integers(0, 150), max_size=3))
def test_a_skipped_wait_ends_in_the_middle_if_the_budget_does(depth: int, budgets: list[int], due: list[int]) -> None:
    source = "start: set r1, 90\n stim r1\nhere: idle\n rpnd r2\n cpnd r2\n rtim r3\n addi r4, r4, 1\n beq r0, r0, here"
    made, whole = (machine(depth, source, Ports({1: Alarm(due)})) for _ in range(2))
    for budget in budgets:
        made.run(budget)
    whole.run(sum(budgets))
    assert outcome(made) == outcome(whole)


def test_a_step_that_spins_is_told_from_one_that_traps() -> None:
    made = machine(0, "start: beq r0, r0, start")
    assert made.engine.execute(100) == (0, Pause.SPIN)
    made.state["psw.mode"] = 1
    made.load(assemble(G3, "start: idle", "test"))
    ran, why = made.engine.execute(100)
    assert ran == 0 and isinstance(why, Trap)


@pytest.mark.parametrize("longest", [1, 2, 32])
def test_a_jump_to_itself_through_a_register_is_a_wait_in_blocks_too(longest: int) -> None:
    """Found by cutting runs of random programs up: a block went round where a single step waited."""
    made = bare(M16, Storage(M16.word, SIZE))
    made.load(assemble(M16, "start: put g1, 20\n .org 20\nloop: go g1", "test"))
    made.state["ip"] = 20
    made.state["g"] = [0, 20, 0, 0]
    with blocks(longest):
        ends = [made.run(budget) for budget in (300, 97, 3, 40)]
    assert [(end.reason, end.steps) for end in ends] == [(Reason.IDLE, 0)] * 4
