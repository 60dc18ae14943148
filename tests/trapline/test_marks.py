"""The marks of a run: held against a fresh run that was noted step by step, however it is cut into columns."""

from collections.abc import Iterator
from functools import cache

import pytest

from isa.machine import Machine
from monitor.history.looks import Acts
from monitor.monitor import VirtualMachine
from monitor.statistics import Decision, ExitEvent
from tests.monitor.history_checks import guest_at, program
from tests.planting import Bugs, Planted, must_catch, passes
from tests.trapline.screens import debugger, endless
from trapline.debugging import asking
from trapline.debugging import marks as looked
from trapline.debugging.debugged import Debugged, Guest
from trapline.debugging.marks import Mark, Marks

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
STEPS = 448


@cache
def noted(depth: int) -> dict[Mark, frozenset[int]]:
    """The steps of a run at which something happens, each seen by itself."""
    machine: Machine = guest_at("os", depth)
    found: dict[Mark, set[int]] = {Mark.TRAP: set(), Mark.DEVICE: set(), Mark.EXIT: set()}

    def tell(event: ExitEvent) -> None:
        if event.vm is machine and event.decision is not Decision.SCHEDULED:
            found[Mark.EXIT].add(event.step - (event.decision is Decision.EMULATED))

    if isinstance(machine, VirtualMachine):
        machine.monitor.subscribe(tell)
    while machine.steps < STEPS:
        step, retired, due = machine.steps, machine.retired, machine.ports.deadline()
        if due is not None and due <= step:
            found[Mark.DEVICE].add(step)
        machine.run(1)
        if machine.retired == retired:
            found[Mark.TRAP].add(step)
    return {kind: frozenset(steps) for kind, steps in found.items()}


def expected(depth: int, low: int, shift: int, count: int, stop: int = STEPS) -> list[Mark | None]:
    columns = [Mark(0)] * count
    for kind, steps in noted(depth).items():
        for step in steps:
            if step < stop and 0 <= (step - low) >> shift < count:
                columns[(step - low) >> shift] |= kind
    return [column if low + (n << shift) < stop else None for n, column in enumerate(columns)]


def seen(marks: Marks, low: int, shift: int, count: int) -> list[Mark | None]:
    for _ in marks.look(low, shift, count):
        pass
    return marks.known(low, shift, count)


def every_mark_is_where_it_happened(depth: int) -> None:
    debugged = Debugged(Guest(guest_at("os", depth), program("os"), STEPS))
    marks = Marks(debugged)
    debugged.history.go(STEPS // 2)
    assert seen(marks, 0, 4, 60) == expected(depth, 0, 4, 60, STEPS // 2)
    debugged.history.go(STEPS)
    for low, shift, count in ((0, 4, 60), (0, 0, STEPS), (256, 2, 40), (0, 10, 3)):
        assert seen(marks, low, shift, count) == expected(depth, low, shift, count), (low, shift)


def bare_marks() -> None:
    every_mark_is_where_it_happened(0)


def monitored_marks() -> None:
    every_mark_is_where_it_happened(1)


def a_look_can_stop_and_go_on() -> None:
    debugged = Debugged(Guest(guest_at("os", 0), program("os"), STEPS))
    marks = Marks(debugged)
    debugged.history.go(STEPS)
    looks: Iterator[None] = marks.look(0, 5, 30)
    next(looks)
    assert any(marks.known(0, 5, 30)) and marks.known(0, 5, 30)[2] is None is not expected(0, 0, 5, 30)[2]
    assert seen(marks, 0, 5, 30) == expected(0, 0, 5, 30)


def a_branch_is_marked_and_what_it_gave_up_forgotten() -> None:
    debugged = endless()
    debugged.history.go(STEPS)
    marks = Marks(debugged)
    assert not any(seen(marks, 0, 3, 90))
    debugged.history.go(64)
    with debugged.history.change():
        debugged.machine.state[debugged.machine.isa.pc] = 99  # where no instruction is
    debugged.history.go(STEPS)
    found = seen(marks, 0, 3, 90)
    assert Mark.BRANCH in found[8] and all([Mark.TRAP in column for column in found[8 : STEPS >> 3]])


def breakpoints_are_marked() -> None:
    """Where they are met; one with a condition is not asked."""
    debugged = debugger()
    debugged.history.go(200)
    marks = Marks(debugged)
    plain = seen(marks, 0, 0, 200)
    list(debugged.do("break loop")), list(debugged.do("break end if r1 == 1"))
    found = seen(marks, 0, 0, 200)
    met = [step for step, mark in enumerate(found) if mark and Mark.BREAK in mark]
    assert len(met) > 5 and [mark and mark & ~Mark.BREAK for mark in found] == plain
    for step in met:
        debugged.history.go(step)
        assert debugged.machine.state[debugged.machine.isa.pc] == debugged.symbols["loop"]
    list(debugged.do("delete 1"))
    assert seen(marks, 0, 0, 200) == plain


CHECKS = (
    bare_marks,
    monitored_marks,
    a_look_can_stop_and_go_on,
    a_branch_is_marked_and_what_it_gave_up_forgotten,
    breakpoints_are_marked,
)


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: Patch) -> None:
    monkeypatch.setattr(looked, "LEAST", 50)
    monkeypatch.setattr(looked, "MOST", 50)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_marks(check) -> None:  # type: ignore[no-untyped-def]
    passes(check)


@caught_by(a_branch_is_marked_and_what_it_gave_up_forgotten)
def what_was_given_up_is_kept(patch: Patch) -> None:
    patch.setattr(Marks, "_forget", lambda self: None)


@caught_by(monitored_marks)
def one_kind_of_exit_is_left_out(patch: Patch) -> None:
    patch.setattr(looked, "any_exit", lambda: asking.any_exit()[1:])


@caught_by(bare_marks, a_look_can_stop_and_go_on)
def a_column_forgets_its_beginning(patch: Patch) -> None:
    original = Marks._look

    def look(self: Marks, columns: dict[int, looked.Column], shift: int, first: int, stop: int) -> None:
        columns.pop(first >> shift, None)
        original(self, columns, shift, first, stop)

    patch.setattr(Marks, "_look", look)


@caught_by(bare_marks)
def acts_of_devices_are_not_seen(patch: Patch) -> None:
    patch.setattr(looked, "Acts", lambda: Acts("nobody"))


@caught_by(breakpoints_are_marked)
def other_breakpoints_change_nothing(patch: Patch) -> None:
    class Equal(tuple[object, ...]):
        def __ne__(self, other: object) -> bool:
            return False

    patch.setattr(looked, "tuple", Equal, raising=False)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_is_found(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
