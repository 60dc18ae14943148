"""Every exit is counted once and explained: decision, cause, place, and the steps since the one before."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from guests.catalogue import find
from isa.assembler import assemble
from isa.devices import Ports
from isa.engines.choice import bare
from isa.machine import Reason, Storage
from isa.machine.trace import TraceLine, each_line
from monitor import Decision, ExitEvent, Monitor, VirtualMachine
from monitor.monitor import tower
from tests.guests.boot import image_of, outfit
from tests.isa.alarm import Alarm
from tests.machines_to_test import EACH, G3, MACHINES
from tests.monitor.planted_checks import CLOCK, PROCESSES, SIZE
from tests.program_pairs import setup_of
from tests.program_strategies import Program, programs

UNTRAPPED = {Decision.SCHEDULED: {"quantum", "device deadline"}, Decision.IDLED: {"spin"}}


def watched(vm: VirtualMachine) -> list[ExitEvent]:
    events: list[ExitEvent] = []
    vm.monitor.subscribe(lambda event: events.append(event) if event.vm is vm else None)
    return events


@EACH
@given(data=st.data(), depth=st.integers(1, 2))
def test_the_accounts_balance(name: str, data: st.DataObject, depth: int) -> None:
    program: Program = data.draw(programs(MACHINES[name]))
    vm = setup_of(program, depth).monitored()
    events, skipped = watched(vm), skips(vm)
    for budget in program.budgets:
        vm.run(budget)
    statistics = vm.statistics
    assert statistics.direct + statistics.interpreted + sum(skipped) == vm.steps
    assert sum(statistics.exits.values()) == sum(statistics.by_decision().values()) == len(events)
    assert sum(statistics.by_cause().values()) == len(events)
    assert statistics.exits == Counter((e.decision, e.cause, e.pc, e.place) for e in events)
    assert statistics.since == since(events)
    for event in events:
        assert event.cause in set(vm.isa.cause.members) | UNTRAPPED.get(event.decision, set())
    assert 0 <= statistics.share_direct <= 1


def since(events: list[ExitEvent]) -> Counter[object]:
    found: Counter[object] = Counter()
    for event in events:
        found[event.decision, event.cause, event.pc, event.place] += event.since
    return found


def skips(vm: VirtualMachine) -> list[int]:
    """Notes every stretch of idle time that passes at once."""
    found: list[int] = []
    advance = vm.engine.advance

    def noted(steps: int) -> None:
        found.append(steps)
        advance(steps)

    vm.engine.advance = noted  # type: ignore[method-assign]
    return found


@EACH
@given(data=st.data())
def test_an_exit_is_what_the_bare_machine_does_there(name: str, data: st.DataObject) -> None:
    """Reflected and injected exits are the bare machine's traps; an emulated one is a bare step without a trap."""
    program: Program = data.draw(programs(MACHINES[name], 100))
    setup = setup_of(program)
    vm, bare = setup.monitored(), setup.bare()
    events = watched(vm)
    vm.run(program.budget)
    lines: dict[int, TraceLine] = {}
    bare.trace = each_line(lambda line: lines.setdefault(line.step, line))
    bare.run(program.budget)
    for event in events:
        line = lines.get(event.step if event.decision is not Decision.EMULATED else event.step - 1)
        if event.decision in (Decision.REFLECTED, Decision.INJECTED):
            assert line is not None and line.trap is not None and line.pc == event.pc
            assert vm.isa.cause.name_of(line.trap.cause) == event.cause
        elif event.decision is Decision.EMULATED:
            assert line is not None and line.trap is None and line.pc == event.pc
    trapped = sum(line.trap is not None for line in lines.values())
    assert trapped == sum(e.decision in (Decision.REFLECTED, Decision.INJECTED) for e in events)


def run(source: str, ports: Ports | None = None) -> tuple[VirtualMachine, list[ExitEvent]]:
    vm = Monitor(bare(G3, Storage(32, 4 * SIZE))).create(SIZE, ports)
    vm.load(assemble(G3, source, "test"))
    events = watched(vm)
    assert vm.run(3000).reason is Reason.HALT
    return vm, events


def test_the_clock_is_injected_and_all_else_is_emulated() -> None:
    vm, events = run(CLOCK)
    counts = vm.statistics.by_cause()
    ticks = vm.state["x"][7]  # type: ignore[index]
    assert counts[Decision.INJECTED, "clock"] == ticks
    assert counts[Decision.EMULATED, "privileged"] == 2 + 2 * ticks + 2  # stim, setie; stim, lpsw each; rtim, halt
    assert set(counts) == {(Decision.INJECTED, "clock"), (Decision.EMULATED, "privileged")}
    assert {e.pc for e in events if e.decision is Decision.INJECTED} <= set(range(20, 40))


def test_traps_of_a_process_are_reflected_with_their_place() -> None:
    vm, events = run(PROCESSES)
    reflected = [(e.cause, e.pc, e.place) for e in events if e.decision is Decision.REFLECTED]
    assert reflected == [("svc", 3, 259), ("privileged", 1, 321), ("memory", 2, 322)]
    assert sum(e.since for e in events) == vm.steps


def test_a_deadline_of_a_device_schedules() -> None:
    source = "start: addi r1, r1, 1\n slti r2, r1, 300\n bnez r2, start\n halt"
    vm, events = run(source, Ports({1: Alarm([100, 200])}))
    assert [e.step for e in events if e.decision is Decision.SCHEDULED] == [100, 200]
    assert vm.statistics.direct == vm.steps - 1


def test_a_guest_that_traps_rarely_runs_directly() -> None:
    guest = find("primes")
    vm = tower(G3, guest.storage, 1, outfit(G3, "", 0))
    vm.load(image_of(guest, G3))
    assert vm.run(guest.steps).reason is Reason.HALT
    assert vm.statistics.share_direct > 0.97


def test_nobody_is_told_when_nobody_listens() -> None:
    vm = Monitor(bare(G3, Storage(32, 4 * SIZE))).create(SIZE)
    assert vm.monitor.subscribers == []
    vm.load(assemble(G3, PROCESSES, "test"))
    vm.run(3000)
    assert sum(vm.statistics.exits.values()) > 5
