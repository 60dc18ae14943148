"""Several guests in one debugger: the nearest stop of all of them, in both directions, and what is said of each."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from isa.engines.choice import REFERENCE, bare
from isa.errors import UsageError
from isa.machine import Storage
from monitor.history import History
from monitor.history.course import Course
from monitor.monitor import Monitor
from monitor.schedule import Schedule
from tests.machines_to_test import G3
from tests.planting import Bugs, Planted, must_catch
from tests.trapline.counting import IMAGE
from trapline.cli import main
from trapline.debugging import company
from trapline.debugging.debugged import Guest
from trapline.debugging.opening import debugger_of
from trapline.debugging.words import Debugger

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]
BUGS = Bugs()
caught_by = BUGS.caught_by
LOOP, HANDLER = IMAGE.symbols["loop"], IMAGE.symbols["handler"]


def scheduled(quantum: int, count: int = 3) -> Schedule:
    """The same program so many times."""
    monitor = Monitor(bare(G3, Storage(32, (count + 1) * 4096), engine=REFERENCE))
    for number in range(count):
        monitor.create(4096, name=f"guest{number}").load(IMAGE)
    return Schedule(monitor.machines, quantum)


def debugger(quantum: int, limit: int = 100_000) -> Debugger:
    schedule = scheduled(quantum)
    course = Course(schedule)
    return Debugger(*(Guest(vm, IMAGE, limit, f"guest{n}", course) for n, vm in enumerate(schedule.guests)))


Stopped = tuple[int, int]  # which guest, at which of its steps


def run_singly(quantum: int, stops: Sequence[set[int]], steps: int) -> list[Stopped]:
    """Where guests are about to execute at one of their pcs, found by looking before each step of the clock."""
    schedule, found = scheduled(quantum), list[Stopped]()
    for _ in range(steps):
        guest = schedule.present
        if guest is None:
            break
        number = schedule.guests.index(guest)
        if guest.state.block[guest.pc_slot] in stops[number] and not guest.halted:
            found.append((number, guest.steps))
        schedule.run(1)
    return found


def check_stops(quantum: int, stops: Sequence[set[int]], count: int) -> None:
    """Raises AssertionError if `continue` or `back continue` leads elsewhere than to these, one after the other."""
    wanted = run_singly(quantum, stops, 3000)[:count]
    made = debugger(quantum)
    for guest, pcs in zip(made.guests, stops, strict=True):
        made.present = guest
        for pc in pcs:
            list(made.do(f"break {pc}"))
    made.present = made.guests[0]
    there = [went(made, "continue") for _ in range(count)]
    assert there == wanted
    assert [went(made, "back continue") for _ in there[1:]] == there[-2::-1]
    list(made.do("back continue"))
    assert made.history.clock == 0


def went(made: Debugger, line: str) -> Stopped:
    list(made.do(line))
    return made.guests.index(made.present), made.machine.steps


@pytest.mark.nightly
@pytest.mark.parametrize("quantum", [1, 7, 50, 200])
def test_the_nearest_stop_of_all_is_come_to(quantum: int) -> None:
    check_stops(quantum, [{HANDLER}, {LOOP}, {LOOP + 1}], 8)


def test_to_look_at_another_guest_moves_none() -> None:
    made = debugger(20)
    list(made.do("step 55"))
    clock = made.history.clock
    seen = []
    for name in ("guest1", "guest2", "guest0"):
        list(made.do(f"guest {name}"))
        for line in ("where", "chain", "registers", "last r1", "print cause"):
            list(made.do(line))
            if line != "last r1":
                assert made.history.clock == clock
            made.history.back_to(clock)
        seen.append(made.machine.steps)
    assert seen == [40, 40, 55]


def test_guests_are_listed_and_a_wrong_name_is_told() -> None:
    made = debugger(20)
    list(made.do("step 30"))
    lines = list(made.do("guest"))
    assert [line[:9] for line in lines] == ["* guest0:", "  guest1:", "  guest2:"]
    assert [line.endswith("its turn") for line in lines] == [True, False, False]
    with pytest.raises(UsageError, match="there is no guest `guest7`") as wrong:
        list(made.do("guest guest7"))
    assert wrong.value.help == "one of: guest0, guest1, guest2"


def test_run_says_how_each_has_ended() -> None:
    made = debugger(20, 300)
    lines = list(made.do("run"))
    assert lines[:3] == ["guest0: halted", "guest1: halted", "guest2: halted"] or "not finished" in lines[0]
    assert all(guest.ended for guest in made.guests)


def test_continue_goes_on_until_all_have_ended() -> None:
    made = debugger(20, 80)
    list(made.do("guest guest2"))
    list(made.do("break 0x7777"))
    lines = list(made.do("continue"))
    assert [guest.ended for guest in made.guests] == [True] * 3
    assert sum("not finished after 80 steps" in line for line in lines) == 3


def test_a_change_in_one_is_asked_for_if_another_has_gone_further() -> None:
    made = debugger(20)
    list(made.do("step 70"))
    list(made.do("guest guest1"))
    list(made.do("back 1"))
    assert made.branches("set r1 = 5") and made.ahead > 0
    assert "a branch begins" in next(made.do("set r1 = 5"))
    assert made.guests[0].history.newest < 70


# ---- from the command line


def test_guests_are_debugged_side_by_side(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = tmp_path / "words"
    words.write_text("guest hello\nbreak trap\nguest hello.2\nrun\nback 1\nguest\n")
    assert main(["debug", "hello", "--monitor", "trap:2", "hello", "--batch", str(words)]) == 0
    told = capfd.readouterr()
    assert told.err == ""
    assert re.search(r"^hello\.2\| .+", told.out, re.MULTILINE) and "\nhello.2: halted" in told.out
    assert re.search(r"^\* hello\.2: step \d+ of \d+: stands", told.out, re.MULTILINE)


def test_which_guest_is_told_as_data(tmp_path: Path, capsys: Capture) -> None:
    words = tmp_path / "words"
    words.write_text("guest hello.2\nstep 3\n")
    assert main(["debug", "hello", "hello", "--monitor", "trap", "--batch", str(words), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["guest"], row["step"]) for row in rows] == [("hello", 0), ("hello.2", 0), ("hello.2", 3)]
    assert rows[-1]["clock"] > 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "several guests need a monitor, which gives each a machine"),
        (["--monitor", "trap", "--disk", "x"], "`--disk` is about one guest, and these are several"),
        (["--monitor", "trap", "sgdt"], "hello is for g3, and sgdt for g3_sgdt: one monitor has one machine"),
    ],
)
def test_what_several_guests_cannot_have(options: list[str], message: str, capsys: Capture) -> None:
    assert main(["debug", "hello", "hello", *options, "--plain"]) == 2
    assert message in capsys.readouterr().err


def test_an_editor_asks_for_them_by_name() -> None:
    with debugger_of("hello", "quicksort", monitor="trap", quantum=100) as made:
        assert [guest.name for guest in made.guests] == ["hello", "quicksort"]
        assert made.history.course.schedule.quantum == 100


# ---- bugs


def stops_of_three() -> None:
    check_stops(7, [{HANDLER}, {LOOP}, {LOOP + 1}], 5)


@caught_by(stops_of_three)
def only_the_present_guest_asked(patch: Patch) -> None:
    patch.setattr(company, "_nearer", lambda *rest: None)


def first_steps() -> None:
    check_stops(7, [{HANDLER}, {16}, {16}], 2)


@caught_by(first_steps)
def the_step_that_waits_passed(patch: Patch) -> None:
    patch.setattr(company, "at_once", lambda debugged, stops: None)


@caught_by(stops_of_three)
def whoever_stops_not_looked_at(patch: Patch) -> None:
    travel = company.travel

    def wrong(debugged: Debugger, **rest: object) -> object:
        before = debugged.present
        found = travel(debugged, **rest)  # type: ignore[arg-type]
        debugged.present = before
        return found

    patch.setattr("trapline.debugging.going.travel", wrong)


@caught_by(test_to_look_at_another_guest_moves_none)
def looks_end_where_the_guest_is_about_to_go_on(patch: Patch) -> None:
    patch.setattr(History, "staying", lambda self: _staying(self))


def _staying(history: History):  # type: ignore[no-untyped-def]
    from contextlib import contextmanager

    @contextmanager
    def staying():  # type: ignore[no-untyped-def]
        here = history.machine.steps
        yield
        history.go(here + 1)
        history.go(here)

    return staying()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
