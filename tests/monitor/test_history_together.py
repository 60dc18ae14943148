"""Several guests of one monitor go back together: all of them, and whose turn it is, as in a fresh run."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.devices import Console, Ports, Script, attach
from isa.engines.choice import AUTO, NATIVE, REFERENCE, bare
from isa.errors import TraplineError
from isa.machine import Machine, Reason, Storage
from monitor.history import History
from monitor.history.course import Course
from monitor.history.cuts import fresh
from monitor.history.looks import Changes, Executes, Traps, place_of
from monitor.history.questions import last, seek, step
from monitor.history.tower import Account, machines_of
from monitor.monitor import Monitor, VirtualMachine, depth_storage
from monitor.schedule import Had, Mark, Schedule
from tests.isa.alarm import Alarm
from tests.machines_to_test import G3, MACHINES
from tests.monitor.history_checks import parts, small_stretches
from tests.monitor.test_schedule import scheduled
from tests.monitor.test_scheduling import DEAF, GUESTS, HALTS, SIZE, load
from tests.planting import Bugs, Planted, must_catch
from tests.program_strategies import Program, programs
from tests.sizes import sized

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
COUNT = 3
GOES = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, 200)), min_size=2, max_size=8)


def beside(found: Sequence[Program], depth: int, quantum: int, engine: str = REFERENCE) -> Schedule:
    """Programs under the uppermost of so many monitors."""
    isa = found[0].isa
    page = Storage(isa.word, 1).page_words
    room = sum(-(-program.size // page) * page for program in found)
    sizes = depth_storage(isa, room, depth)
    monitor = Monitor(bare(isa, Storage(isa.word, sizes[0]), engine=engine))
    for size in sizes[1:]:
        monitor = Monitor(monitor.create(size))
    for program in found:
        program.start(monitor.create(program.size, program.ports(), program.seed))
    return Schedule(monitor.machines, quantum)


def whole(schedule: Schedule) -> dict[str, object]:
    found: dict[str, object] = {"storage": bytes(schedule.storage.root.cells), "turns": schedule.mark()}
    for number, machine in enumerate(machines_of(schedule.guests)):
        found |= {f"{number} {name}": value for name, value in parts(machine).items()}
    return found


def check_goes(made: Sequence[Schedule], goes: Sequence[tuple[int, int]]) -> None:
    """Raises AssertionError if guests that go to these steps, each in its own time, are ever elsewhere than after a
    fresh run to the last of them. `made` has a schedule for the history, and one for each run."""
    with small_stretches():
        schedule, *twins = made
        course = Course(schedule, share=1e12)
        histories = [History(guest, course=course) for guest in schedule.guests]
        for (number, goal), twin in zip(goes, twins, strict=True):
            if histories[number].machine.steps == goal:  # then it stays
                continue
            end = histories[number].go(goal)
            wanted = fresh(twin.guests[number], goal, twin)
            assert end.reason is wanted.reason
            ours, theirs = whole(schedule), whole(twin)
            assert [name for name in theirs if ours[name] != theirs[name]] == []


@pytest.mark.parametrize(
    ("name", "depth", "engine"),
    [
        ("g3", 2, REFERENCE),
        pytest.param("g3", 1, NATIVE, marks=pytest.mark.nightly),
        pytest.param("m16", 2, REFERENCE, marks=pytest.mark.nightly),
        pytest.param("m16", 1, AUTO, marks=pytest.mark.nightly),
        pytest.param("m16", 1, NATIVE, marks=pytest.mark.nightly),
    ],
)
@settings(max_examples=sized(3, 40))
@given(data=st.data(), goes=GOES, quantum=st.integers(1, 40))
def test_every_step_is_as_in_a_fresh_run(
    name: str, depth: int, engine: str, data: st.DataObject, goes: list[tuple[int, int]], quantum: int
) -> None:
    found = [data.draw(programs(MACHINES[name])) for _ in range(COUNT)]
    check_goes([beside(found, depth, quantum, engine) for _ in range(1 + len(goes))], goes)


# ---- what one guest sees of it


def made(sources: Sequence[str], quantum: int = 10) -> list[History]:
    """A history for each of these guests."""
    monitor = Monitor(bare(G3, Storage(32, 8 * SIZE), engine=AUTO))
    for source in sources:
        load(source)(monitor.create(SIZE, Ports({1: Alarm([100, 333])})))
    course = Course(Schedule(monitor.machines, quantum), share=1e12)
    return [History(vm, course=course) for vm in monitor.machines]


@pytest.mark.parametrize("name", ["clock", "processes"])
def test_a_guest_asks_as_if_it_were_alone(name: str) -> None:
    with small_stretches():
        history, other, _ = made([GUESTS[name], DEAF, GUESTS["greedy"]])
        machine = bare(G3, Storage(32, SIZE), Ports({1: Alarm([100, 333])}))
        load(GUESTS[name])(machine)
        alone = History(machine)
        for one in (history, alone, other, history):
            one.go(500)
        for question in (Traps(), Executes(20), Changes(*place_of(machine, "psw.mode"))):
            found = [
                seek(one, question, backwards, 900) for backwards in (True, False, False) for one in (history, alone)
            ]
            assert found[::2] == found[1::2]
            assert history.machine.state.block.tolist() == alone.machine.state.block.tolist()
        assert last(history, "psw") == last(alone, "psw")
        assert step(history, count=3) == step(alone, count=3)


def test_to_look_at_one_guest_moves_no_other() -> None:
    history, other, _ = made([GUESTS["clock"], DEAF, GUESTS["greedy"]])
    history.go(55)
    clock = history.clock
    assert seek(other, Executes(999), most=100) is None
    assert last(other, "x[1]") is not None
    with other.staying():
        other.go(3)
    assert (history.machine.steps, history.clock) == (55, clock)


def test_what_is_found_ahead_forgets_no_step_that_the_others_have_come_to() -> None:
    history, other, _ = made([DEAF, DEAF, DEAF])
    history.go(95)
    known, there = history.known, other.newest
    other.go(20)
    assert seek(other, Executes(1)) is not None
    assert (history.known, other.newest, history.newest) == (known, there, 95)
    other.go(other.newest)
    assert seek(other, Executes(1)) == there + (there % 2 == 0)


def test_a_change_is_a_branch_for_all() -> None:
    history, other, _ = made([DEAF, DEAF, HALTS])
    history.go(35)
    other.go(12)
    assert other.past
    with other.change():
        other.machine.state["x"] = [0, 77, *[0] * 14]
    assert (history.branches, other.branches) == ([20], [12])
    assert (history.newest, other.newest) == (20, 12)
    history.go(70)
    other.go(12)
    assert other.machine.state["x"][1] == 77  # type: ignore[index]
    assert history.machine.steps == 20


def test_who_has_stopped_goes_on_when_it_is_changed() -> None:
    history, other, _ = made([HALTS, DEAF, DEAF])
    assert history.go(50).reason is Reason.HALT
    other.go(40)
    with history.change():
        history.machine.state["halted"] = 0
        history.machine.state["pc"] = 0
    assert history.go(50).reason is Reason.HALT
    assert history.machine.steps == 4
    history.go(3)
    assert history.machine.steps == 3


def test_a_change_behind_the_last_step_stays() -> None:
    schedule = scheduled([DEAF, DEAF], 10, share=40)
    course = Course(schedule)
    first, second = (History(guest, course=course) for guest in schedule.guests)
    assert [history.go(99).reason for history in (first, second)] == [Reason.BUDGET] * 2
    with first.change():
        first.machine.state["x"] = [0, 77, *[0] * 14]
    for history in (second, first):
        history.go(99)
    assert first.machine.state["x"][1] == 77  # type: ignore[index]
    assert (first.machine.steps, second.machine.steps) == (40, 40)


def test_who_does_not_move_runs_nothing_again(monkeypatch: Patch) -> None:
    history, _, _ = made([HALTS, DEAF, DEAF])
    history.go(50)  # has ended
    ran = list[int]()
    run = Schedule.run
    monkeypatch.setattr(Schedule, "run", lambda self, *rest: (ran.append(1), run(self, *rest))[1])
    with history.staying():
        assert history.machine.halted
    assert ran == []
    with history.staying():
        history.go(1)
    assert ran != [] and history.machine.steps == 2


SAYS = "start: set r1, '{}'\n set r2, 0\n1: out r1, r2\n addi r3, r3, 1\n slti r4, r3, 9\n bnez r4, 1b\n halt"


def test_nothing_is_printed_twice() -> None:
    class Screen:
        def __init__(self) -> None:
            self.seen = b""

        def write(self, data: bytes) -> None:
            self.seen += data

    monitor, screens = Monitor(bare(G3, Storage(32, 8 * SIZE), engine=AUTO)), [Screen(), Screen()]
    for letter, screen in zip("ab", screens, strict=True):
        vm = monitor.create(SIZE, attach(G3, Console(Script(), screen)))
        vm.load(assemble(G3, SAYS.format(letter), "says"))
    course = Course(Schedule(monitor.machines, 3))
    first, second = (History(vm, course=course) for vm in monitor.machines)
    for history, goal in ((first, 20), (second, 5), (first, 2), (second, 99), (first, 99), (second, 1)):
        history.go(goal)
    assert [screen.seen for screen in screens] == [b"a" * 9, b"b" * 9]


# ---- bugs


def guests_go_back_and_forth() -> None:
    def one() -> Schedule:
        monitor = Monitor(bare(G3, Storage(32, 8 * SIZE), engine=AUTO))
        for source in (GUESTS["clock"], DEAF, HALTS):
            load(source)(monitor.create(SIZE, Ports({1: Alarm([100, 333])})))
        return Schedule(monitor.machines, 30)

    goes = [(0, 400), (1, 77), (0, 300), (2, 50), (1, 301)]
    check_goes([one() for _ in range(1 + len(goes))], goes)


@caught_by(guests_go_back_and_forth)
def queue_not_restored(patch: Patch) -> None:
    rewind = Schedule.rewind

    def wrong(self: Schedule, mark: Mark) -> None:
        waiting = self.mark().waiting
        rewind(self, mark._replace(waiting=waiting))

    patch.setattr(Schedule, "rewind", wrong)


@caught_by(guests_go_back_and_forth)
def rest_of_a_turn_forgotten(patch: Patch) -> None:
    mark = Schedule.mark

    def wrong(self: Schedule) -> Mark:
        found = mark(self)
        whole = tuple(Had(had.left, self.quantum, had.turns, had.end) for had in found.shares)
        return found._replace(shares=whole)

    patch.setattr(Schedule, "mark", wrong)


@caught_by(guests_go_back_and_forth)
def only_whoever_is_asked_goes_back(patch: Patch) -> None:
    put = Account.put

    def wrong(self: Account, vm: VirtualMachine) -> None:
        if vm is vm.monitor.machines[0]:
            put(self, vm)

    patch.setattr(Account, "put", wrong)


@caught_by(test_a_change_is_a_branch_for_all)
def moment_before_a_change_taken_for_it(patch: Patch) -> None:
    """A guest stands at a step from when it has come there until it goes on."""

    def wrong(self: Schedule, step: int, guest: Machine | None = None) -> bool:
        return (self.steps if guest is None else guest.steps) >= step

    patch.setattr(Schedule, "at", wrong)
    patch.setattr("monitor.history.checkpoints.bisect_right", _before)


def _before(points: list[object], step: int, key: object) -> int:
    from bisect import bisect_left

    return bisect_left(points, step, key=key)  # type: ignore[call-overload, no-any-return]


@caught_by(test_who_has_stopped_goes_on_when_it_is_changed)
def nobody_woken(patch: Patch) -> None:
    patch.setattr(Schedule, "wake", lambda self: None)


@caught_by(test_what_is_found_ahead_forgets_no_step_that_the_others_have_come_to)
def everything_behind_what_is_found_forgotten(patch: Patch) -> None:
    patch.setattr(Course, "forget", lambda self, but=0: self._forget())


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError, TraplineError))
