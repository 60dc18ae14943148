"""Monitored execution in native code: the same as in Python at every level, and without Python where it can be."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.description import Isa
from isa.engines import auto
from isa.engines.choice import AUTO, choose
from isa.engines.native import exits
from isa.engines.native.exits import CAPACITY
from isa.machine import Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from isa.machine.storage import PAGE_BYTES
from isa.machine.trace import each_line
from monitor import Decision, ExitEvent, Monitor, VirtualMachine
from monitor import native as native_module
from monitor import statistics as statistics_module
from monitor.dispatcher import Dispatcher
from tests.engines.differential import Shown, difference, shown
from tests.engines.engines import STEPPING, Switch
from tests.engines.hot_programs import hot_generator
from tests.machines_to_test import BY_DAY, G3, MACHINES
from tests.monitor import native_checks as checks
from tests.program_pairs import setup_of
from tests.program_strategies import Program, programs

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

DEPTHS = pytest.mark.parametrize("depth", [1, pytest.param(2, marks=pytest.mark.nightly), 3])
FEW = settings(max_examples=max(1, settings().max_examples // 3))


# ---- the same


@DEPTHS
def test_what_native_code_does_is_what_python_does(depth: int) -> None:
    checks.the_same_came_of_it(depth)


@DEPTHS
def test_devices_live_in_the_time_of_their_machine(depth: int) -> None:
    checks.devices_live_in_the_same_time(depth)


@DEPTHS
@pytest.mark.parametrize("name", checks.BREACHES)
def test_a_breach_ends_the_guest_as_in_python(name: str, depth: int) -> None:
    checks.a_breach_is_the_same(name, depth)


@BY_DAY
@FEW
@given(data=st.data(), depth=st.integers(1, 3))
def test_random_programs_do_the_same(name: str, data: st.DataObject, depth: int) -> None:
    """With devices and channels; the engine of the real machine is exchanged between two runs."""
    program: Program = data.draw(programs(MACHINES[name]))
    plan = data.draw(st.lists(st.sampled_from(sorted(checks.SIDES)), min_size=1, max_size=4))
    assert _played(program, depth, plan) == _played(program, depth, ["oracle"])


def _played(program: Program, depth: int, plan: list[str]) -> list[Shown]:
    vm = setup_of(program, depth).monitored()
    switch = Switch(vm, {**checks.SIDES, "oracle": STEPPING})
    found = []
    for number, budget in enumerate(program.budgets):
        switch.to(plan[number % len(plan)])
        end = vm.run(budget)
        found.append({"end": (end.reason, end.steps, end.retired, end.detail), **shown(vm)})
    return found


@pytest.mark.parametrize(
    "isa",
    [G3, checks.ANYONE, pytest.param(MACHINES["m16"], marks=pytest.mark.nightly)],
    ids=lambda isa: isa.name,
)
@FEW
@given(seed=st.integers(0, 1 << 40), depth=st.integers(1, 3), data=st.data())
def test_hot_guests_do_the_same(isa: Isa, seed: int, depth: int, data: st.DataObject) -> None:
    """On the last machine most of them are killed in the end."""
    plan = data.draw(st.lists(st.sampled_from(sorted(checks.SIDES)), min_size=1, max_size=4))
    hot = hot_generator(isa).hot_guest(Random(seed), 400)
    assert difference(hot, depth, plan, {**checks.SIDES, "oracle": STEPPING}) is None


# ---- accounts


def places(count: int) -> str:
    """A guest that traps at so many places, twice at each."""
    return f"""
        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  set r8, 2
1:      {" ; ".join(["svc 1"] * count)}
        addi r8, r8, -1
        bnez r8, 1b
        halt
handler:
        lw r5, 0(r0)
        jalr r0, 1(r5)
""".replace(" ; ", "\n        ")


def finish(vm: VirtualMachine) -> None:
    assert vm.run(1 << 20).reason is Reason.HALT


@pytest.mark.parametrize("most", [CAPACITY + 20, 100, pytest.param(1 << 16, marks=pytest.mark.nightly)])
def test_more_places_than_native_code_has_room_for(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics_module, "MOST_PLACES", most)
    vm = checks.both(G3, places(CAPACITY + 100), 1, finish)
    assert vm.statistics.by_decision()[Decision.REFLECTED] == 2 * (CAPACITY + 100)
    assert len(vm.statistics.exits) <= most + 2
    checks.both(G3, places(CAPACITY + 100), 2, finish)


def few_kinds_are_in_one_page() -> None:
    vm = checks.both(G3, places(30), 1, finish)
    level = vm.dispatcher.level()
    assert level is not None and len(vm.statistics.exits) > 30
    assert not any(level.exits._memory[PAGE_BYTES:])


def test_few_kinds_are_in_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """So they are a page of memory, and for the processor one to find."""
    few_kinds_are_in_one_page()
    monkeypatch.setattr(exits, "_INDEX_BYTES", 2 * PAGE_BYTES)
    with pytest.raises(AssertionError):
        few_kinds_are_in_one_page()


def test_kinds_stand_in_the_order_in_which_they_first_occurred() -> None:
    """Reports of equally frequent exits depend on it; here some of them are counted in Python."""
    native, python = (checks.tall(G3, 1, engine) for engine in (checks.NATIVE, STEPPING))
    for vm in (native, python):
        vm.load(assemble(G3, checks.COUNTING.replace("set r3, 25", "out r0, r3\n in r5, r0\n set r3, 25"), "test"))
        vm.run(150)
        vm.run(300)
    assert list(native.statistics.exits.items()) == list(python.statistics.exits.items())
    assert list(native.statistics.since) == list(python.statistics.since)


def test_a_machine_that_is_set_back() -> None:
    """Its next exit is before its last."""

    def play(vm: VirtualMachine) -> None:
        early = Snapshot.take(vm)
        vm.run(100)
        early.apply(vm)
        vm.run(100)
        vm.run_to_trap(5)
        early.apply(vm)
        vm.run(30)

    checks.both(G3, checks.COUNTING, 1, play)


# ---- who does it


class InPython:
    """Counts what Python does of a dispatcher's work."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls: Counter[str] = Counter()
        for name in ("_stretch", "interpret"):
            patch.setattr(Dispatcher, name, self._counted(name, getattr(Dispatcher, name)))

    def _counted(self, name: str, right: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object) -> object:
            self.calls[name] += 1
            return right(*arguments)

        return counted


@DEPTHS
def test_traps_do_not_enter_python(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither emulated instructions nor reflected traps nor the clock."""
    vm = checks.tall(G3, depth, checks.NATIVE)
    vm.load(assemble(G3, checks.COUNTING, "test"))
    python = InPython(monkeypatch)
    assert vm.run(2000).reason is Reason.HALT
    assert not python.calls
    assert {d for d, n in vm.statistics.by_decision().items() if n} == {
        *(Decision.EMULATED, Decision.REFLECTED, Decision.INJECTED)
    }


def test_a_channel_enters_python_for_its_own_step(monkeypatch: pytest.MonkeyPatch) -> None:
    vm = checks.tall(G3, 1, checks.NATIVE)
    vm.load(assemble(G3, "start: set r1, 5\n1: out r0, r2\n rtim r3\n addi r1, r1, -1\n bnez r1, 1b\n halt", "test"))
    python = InPython(monkeypatch)
    assert vm.run(2000).reason is Reason.HALT
    assert python.calls == {"interpret": 5}


def test_a_subscriber_is_told_of_every_exit() -> None:
    """Whoever subscribes sees the same as with any engine; before and after it is counted natively."""
    found: list[list[ExitEvent]] = []
    for engine in (checks.NATIVE, STEPPING):
        vm = checks.tall(G3, 2, engine)
        vm.load(assemble(G3, checks.COUNTING, "test"))
        vm.run(100)
        events: list[ExitEvent] = []
        vm.monitor.subscribe(events.append)
        vm.run(100)
        vm.monitor.subscribers.clear()
        vm.run(300)
        found.append([event._replace(vm=vm.hosts[-1]) for event in events])  # type: ignore[arg-type]
    native, python = ([event[1:] for event in events] for events in found)
    assert native == python and len(native) > 20


def test_whoever_watches_the_machine_below_sees_its_steps() -> None:
    vm = checks.tall(G3, 2, checks.NATIVE)
    vm.load(assemble(G3, checks.COUNTING, "test"))
    seen: list[int] = []
    real = vm.hosts[-1]
    real.trace = each_line(lambda line: seen.append(line.step))
    vm.run(100)
    assert len(seen) == real.steps > 50


def test_a_program_that_has_earned_it_changes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, and between two steps, once the code is there; until then Python goes on."""
    monkeypatch.setattr(auto, "EARNED", 10)
    monkeypatch.setattr(auto, "WORTH", 0)
    monkeypatch.setattr(auto, "SLICE", 1)
    source = checks.COUNTING.replace("set r8, 40", "set r8, 4000")
    vm, other = checks.tall(G3, 2, choose(AUTO)), checks.tall(G3, 2, STEPPING)
    for each in (vm, other):
        each.load(assemble(G3, source, "test"))
    turns = 0
    while (level := vm.dispatcher.level()) is None:
        assert vm.run(20).reason is Reason.BUDGET and turns < 1500
        job, turns = native_module.MAKING.get(vm.dispatcher.core), turns + 1
        if job is not None:
            job.result()
    python = InPython(monkeypatch)
    vm.run(100)
    assert level is vm.dispatcher.level() and not python.calls
    for budget in [*[20] * turns, 100]:
        other.run(budget)
    assert shown(vm) == shown(other)


@pytest.mark.parametrize("threads", [1, 2])
def test_virtual_machines_on_several_processors(threads: int) -> None:
    """Each virtual machine runs on whatever processor is free."""
    monitor = Monitor(Machine(G3, Storage(32, 8 * checks.SIZE), engine=checks.NATIVE))
    vms = [monitor.create(checks.SIZE) for _ in range(3)]
    alone = checks.tall(G3, 1, STEPPING)
    for vm in (*vms, alone):
        vm.load(assemble(G3, checks.COUNTING.replace("set r8, 40", "set r8, 400"), "test"))
    ends = monitor.run(10_000, 77, threads)
    while alone.run(77).reason is not Reason.HALT:
        pass
    for vm in vms:
        assert ends[vm.name].reason is Reason.HALT
        assert vm.state.block == alone.state.block and vm.statistics.since.total() == alone.statistics.since.total()
        assert vm.statistics.by_cause() == alone.statistics.by_cause()
    assert monitor.below.steps == sum(vm.statistics.direct for vm in vms) == 3 * alone.statistics.direct


def test_somebody_looks_between_exits() -> None:
    checks.somebody_looks_between_exits()
