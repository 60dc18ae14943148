"""Several machines at once: in any number of threads, bare and monitored, each does what it does alone."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.devices import Console, Ports, Script, attach
from isa.engines.choice import bare
from isa.engines.reference.engine import ReferenceEngine
from isa.errors import MachineError
from isa.machine import Machine, Pause, Reason, Storage, Trap
from isa.machine.parallel import at_once, run_all
from monitor import Monitor
from monitor import monitor as monitor_module
from monitor.dispatcher import Dispatcher
from monitor.monitor import tower
from tests.isa.alarm import Alarm
from tests.isa.test_engine_programs import blocks, outcome
from tests.machines_to_test import BY_DAY, G3, MACHINES
from tests.monitor.test_scheduling import GUESTS, load
from tests.planting import Bugs, Planted, must_catch
from tests.program_pairs import setup_of
from tests.program_strategies import programs

pytestmark = pytest.mark.slow

SIZE, BUDGET = 1024, 3000
MANY = st.integers(2, 4)
FEW = settings(max_examples=settings().max_examples // 3)
SAYS = "start: set r1, {}\n set r2, 0\nloop: out r1, r2\n addi r3, r3, 1\n slti r4, r3, 90\n bnez r4, loop\n halt"


@contextmanager
def hasty() -> Iterator[None]:
    """Inside, threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


# ---- work in threads


def test_results_come_in_order_whoever_is_first() -> None:
    for threads in (1, 2, 5):
        assert at_once([lambda n=n: n * n for n in range(9)], threads) == [n * n for n in range(9)]


def test_work_is_done_at_once() -> None:
    meeting = threading.Barrier(3)
    at_once([lambda: meeting.wait(30)] * 3, 3)


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_is_raised_when_all_is_done(threads: int) -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number % 2:
            raise MachineError(f"number {number}")
        done.append(number)

    with pytest.raises(MachineError, match="number 1"):
        at_once([lambda n=n: work(n) for n in range(6)], threads)
    assert sorted(done) == [0, 2, 4]


# ---- machines that have nothing to do with each other


@BY_DAY
@FEW
@given(data=st.data(), threads=MANY, depth=st.integers(0, 2))
def test_random_programs_at_once_do_what_they_do_alone(
    name: str, data: st.DataObject, threads: int, depth: int
) -> None:
    found = data.draw(st.lists(programs(MACHINES[name], 80), min_size=2, max_size=4))
    setups = [setup_of(program, max(depth, 1)) for program in found]
    together, alone = ([s.monitored() if depth else s.bare() for s in setups] for _ in range(2))
    with blocks(3):
        with hasty():
            ends = run_all(together, 80, threads)
        assert ends == [machine.run(80) for machine in alone]
    assert [outcome(m) for m in together] == [outcome(m) for m in alone]


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_windows_of_one_storage_are_far_enough_apart(engine: str) -> None:
    def made() -> list[Machine]:
        root = Storage(32, 8 * SIZE)
        windows = [root.window(n * SIZE, SIZE - n) for n in range(7)]
        machines = [bare(G3, window, Ports({1: Alarm([50])}), engine=engine) for window in windows]
        for machine, source in zip(machines, GUESTS.values(), strict=True):
            load(source)(machine)
        return machines

    together, alone = made(), made()
    with hasty():
        ends = run_all(together, BUDGET, 4)
    assert ends == [machine.run(BUDGET) for machine in alone]
    assert [outcome(m) for m in together] == [outcome(m) for m in alone]


def test_machines_that_share_are_refused() -> None:
    root = Storage(32, 8 * SIZE)
    whole, part, other = (bare(G3, s) for s in (root, root.window(SIZE, SIZE), root.window(2 * SIZE, 50)))
    assert [end.reason for end in run_all([part, other], 0)] == [Reason.BUDGET] * 2
    for machines in (
        [whole, part],
        [other, part, whole],
        [part, other, part],
        [bare(G3, root.window(SIZE, 12)), part],
    ):
        with pytest.raises(MachineError, match=r"they share storage|one real machine carries both"):
            run_all(machines, 10)
    assert whole.steps == part.steps == 0


@pytest.mark.parametrize("stacked", [False, True])
def test_machines_on_one_real_machine_are_refused(stacked: bool) -> None:
    below = tower(G3, 16 * SIZE, 1) if stacked else bare(G3, Storage(32, 16 * SIZE))
    monitor = Monitor(below)
    vms = [monitor.create(SIZE), monitor.create(SIZE)]
    for machines in (vms, [below, vms[1]]):
        with pytest.raises(MachineError, match="machines 0 and 1 cannot run at once: one real machine carries both"):
            run_all(machines, 10)


# ---- under one monitor


def stage(names: list[str], engine: str = "reference", depth: int = 1) -> Monitor:
    """A monitor with a guest for each name; its machine is on `depth - 1` others."""
    words = (len(names) + 1) * SIZE
    below = bare(G3, Storage(32, words), engine=engine)
    monitor = Monitor(tower(G3, words, depth - 1, engine=engine) if depth > 1 else below)
    for name in names:
        load(GUESTS[name])(monitor.create(SIZE, Ports({1: Alarm([100, 333])})))
    return monitor


def all_of(monitor: Monitor) -> tuple[object, ...]:
    """All that is left of a run: each machine, its exits, and what the machine below counted."""
    machines = [(vm.name, outcome(vm), vm.exit, vm.stopped_by, vm.skipped) for vm in monitor.machines]
    counted = [(s.exits, s.since, s.direct, s.interpreted) for s in (vm.statistics for vm in monitor.machines)]
    return machines, counted, monitor.below.steps, monitor.below.retired, monitor.below.skipped


def the_same_in_threads(build: Callable[[], Monitor], quantum: int, threads: int, budget: int = BUDGET) -> None:
    together, alone = build(), build()
    for piece in (budget // 3, budget):
        with hasty():
            ends = together.run(piece, quantum, threads)
        expected = alone.run(piece, quantum)
        assert list(ends.items()) == list(expected.items())
        assert all_of(together) == all_of(alone)


@FEW
@given(
    names=st.lists(st.sampled_from(sorted(GUESTS)), min_size=1, max_size=5),
    quantum=st.integers(1, 700),
    threads=MANY,
    longest=st.sampled_from([3, 32]),
)
def test_guests_of_one_monitor_are_the_same_in_threads(
    names: list[str], quantum: int, threads: int, longest: int
) -> None:
    with blocks(longest):
        the_same_in_threads(lambda: stage(names), quantum, threads)


@pytest.mark.parametrize(
    ("depth", "engine"),
    [
        (1, "native"),
        (2, "auto"),
        pytest.param(1, "auto", marks=pytest.mark.nightly),
        pytest.param(2, "native", marks=pytest.mark.nightly),
    ],
)
def test_in_other_engines_and_stacked_too(engine: str, depth: int) -> None:
    the_same_in_threads(lambda: stage(sorted(GUESTS), engine, depth), 211, 3)


@BY_DAY
@FEW
@given(data=st.data(), quantum=st.integers(1, 60), threads=MANY)
def test_random_programs_of_one_monitor_are_the_same_in_threads(
    name: str, data: st.DataObject, quantum: int, threads: int
) -> None:
    isa = MACHINES[name]
    page = Storage(isa.word, 1).page_words
    found = data.draw(st.lists(programs(isa, 100), min_size=2, max_size=3))

    def build() -> Monitor:
        monitor = Monitor(bare(isa, Storage(isa.word, 4 * page)))
        for program in found:
            program.start(monitor.create(program.size, program.ports(), program.seed))
        return monitor

    with blocks(3):
        the_same_in_threads(build, quantum, threads, 100)


def test_what_each_guest_prints_is_the_same() -> None:
    monitor = Monitor(bare(G3, Storage(32, 8 * SIZE)))
    consoles = [Console(Script()) for _ in range(4)]
    for number, console in enumerate(consoles):
        load(SAYS.format(65 + number))(monitor.create(SIZE, attach(G3, console)))
    monitor.run(BUDGET, 7, 4)
    assert [console.output for console in consoles] == [letter * 90 for letter in (b"A", b"B", b"C", b"D")]


def test_a_monitor_that_is_watched_tells_what_happens_in_the_order_of_the_turns() -> None:
    def told(threads: int) -> list[tuple[str, int]]:
        monitor, seen = stage(["greedy", "clock", "processes"]), list[tuple[str, int]]()
        monitor.subscribe(lambda event: seen.append((event.vm.name, event.step)))
        monitor.run(BUDGET, 50, threads)
        return seen

    assert told(3) == told(1)


def test_after_a_run_in_threads_machines_can_be_run_singly() -> None:
    monitor, other = stage(["greedy", "clock"]), stage(["greedy", "clock"])
    monitor.run(500, 50, 2)
    other.run(500, 50)
    for made in (monitor, other):
        for vm in made.machines:
            vm.run(300)
            assert vm.hosts == [vm, made.below]
    assert all_of(monitor) == all_of(other)


# ---- planted bugs


@contextmanager
def meeting() -> Iterator[type[ReferenceEngine]]:
    """An engine in which two threads wait for each other before their first step."""
    barrier, met = threading.Barrier(2), set[int]()

    class Meeting(ReferenceEngine):
        def execute(self, limit: int) -> tuple[int, Trap | Pause]:
            if threading.get_ident() not in met:
                met.add(threading.get_ident())
                barrier.wait(30)
            return super().execute(limit)

    yield Meeting
    assert len(met) == 2


def two_at_once() -> None:
    """Both are in the middle of a direct run at one time."""
    with meeting() as engine:
        monitor, alone = Monitor(bare(G3, Storage(32, 8 * SIZE)), engine), stage(["deaf", "processes"])
        monitor.below.engine = engine(monitor.below)
        for name in ("deaf", "processes"):
            load(GUESTS[name])(monitor.create(SIZE, Ports({1: Alarm([100, 333])})))
        ends = monitor.run(BUDGET, BUDGET, 2)
    assert list(ends.items()) == list(alone.run(BUDGET, BUDGET).items())
    assert all_of(monitor) == all_of(alone)


def who_ends_first_comes_first() -> None:
    for threads in (1, 2, 3):
        ends = stage(["deaf", "halts", "destroys"]).run(BUDGET, 10, threads)
        assert list(ends) == ["vm1", "vm0", "vm2"]


BUGS = Bugs()
caught_by = BUGS.caught_by


@caught_by(two_at_once)
def one_processor_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Monitor, "_processors", lambda self, count: [self.below] * count)


@caught_by(two_at_once)
def processors_with_one_state(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("isa.machine.state.MachineState.copy", lambda self: self)


@caught_by(two_at_once)
def machines_that_do_not_move(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dispatcher, "move", lambda self, processor: None)


@caught_by(two_at_once)
def steps_on_other_processors_are_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Monitor, "_gather", lambda self, processors: None)


@caught_by(who_ends_first_comes_first)
def ends_in_whatever_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(monitor_module, "sorted", lambda shares, key: shares, raising=False)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, KeyError))
