"""A trace is the same line for line from every engine, bare and under monitors, and changes nothing of the run."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from guests.catalogue import Guest, guests
from isa.engines.native import traced
from isa.engines.native.text import Text, Value, number
from isa.engines.native.traced import Traced, TracedCode, traced_code
from isa.errors import MachineError
from isa.machine import recording
from isa.machine.machine import Machine
from isa.machine.records import Kind, Recorder, Trace
from isa.machine.trace import each_line
from monitor import VirtualMachine, dispatcher, following
from tests.engines.fresh import hasty
from tests.engines.test_native_guests import machine_of
from tests.monitor import trace_checks as checks
from tests.planting import Bugs, Planted, must_catch, passes

pytestmark = pytest.mark.every(2)

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
CHECKS = (
    checks.every_engine_records_the_same,
    checks.monitored_it_is_the_same,
    checks.nothing_is_lost_where_a_buffer_ends,
    checks.a_window_is_a_part_of_the_whole,
    checks.changed_registers_add_up,
    checks.what_shares_a_word_adds_up,
    checks.registers_cost_no_more_runs,
    checks.a_trace_changes_nothing,
    checks.nor_does_a_window,
    checks.what_came_to_nothing_is_not_in_it,
    checks.the_machine_below_can_be_traced,
    checks.one_of_several_is_traced,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_of_traces(check: Callable[[], None], monkeypatch: Patch) -> None:
    monkeypatch.setattr(traced, "LEAST", 1)
    passes(check)


def test_where_more_moves_by_itself_they_are_seen_step_by_step(monkeypatch: Patch) -> None:
    registers_are_seen_step_by_step(monkeypatch)
    passes(checks.changed_registers_add_up)


@pytest.mark.nightly
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("guest", [g for g in guests() if g.machine == "g3"], ids=lambda guest: guest.name)
def test_every_guest_has_one_trace(guest: Guest, depth: int) -> None:
    checks.every_engine_records_the_same(guest, depth)


def test_two_machines_that_run_on_each_other_are_not_traced_together() -> None:
    vm = machine_of(checks.OS, 1)
    assert isinstance(vm, VirtualMachine)
    vm.trace = vm.hosts[-1].trace = each_line(lambda line: None)
    with pytest.raises(MachineError, match="two machines are traced that run on each other"):
        vm.run(10)


def test_what_is_held_back_is_passed_on_in_the_end() -> None:
    """However little room there is; and what is undone is not."""
    parts: list[int] = []
    recorder = Recorder(lambda records: parts.append(len(records) // 25), 2)
    line = (0, Kind.STEP, 0, 0)
    recorder.add(line)
    mark = recorder.hold()
    recorder.add(line, line, line)
    recorder.pass_on()
    assert not parts
    recorder.undo(mark)
    recorder.add(line)
    recorder.release()
    recorder.pass_on()
    assert sum(parts) == 2


# ---- planted bugs


@pytest.fixture(autouse=True)
def fresh_code(monkeypatch: Patch) -> Iterator[None]:
    """Native code with a bug is made here, and kept nowhere."""
    yield
    monkeypatch.undo()
    traced_code.cache_clear()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    hasty(monkeypatch)
    monkeypatch.setattr(traced, "LEAST", 1)
    must_catch(bug, monkeypatch, (AssertionError,))


def recorded_otherwise(patch: Patch, change: Callable[[int], int]) -> None:
    """Native code writes other kinds."""
    right = Traced._record

    def record(self: Traced, text: Any, at: Value, kind: Value, first: Value, second: Value) -> None:
        if kind.text.isdigit():
            kind = number(8, change(int(kind.text)))
        right(self, text, at, kind, first, second)

    patch.setattr(Traced, "_record", record)
    traced_code.cache_clear()


@caught_by(checks.nothing_is_lost_where_a_buffer_ends)
def a_record_at_the_end_of_a_buffer_is_lost(patch: Patch) -> None:
    right = Recorder.pass_on

    def pass_on(self: Recorder) -> None:
        full = self.used + 4 * 25 > len(self.buffer)
        self.used -= 25 if full else 0
        right(self)

    patch.setattr(Recorder, "pass_on", pass_on)


@caught_by(checks.nothing_is_lost_where_a_buffer_ends)
def native_code_steps_once_more_where_the_room_ends(patch: Patch) -> None:
    """And has no room for the record."""
    right = traced.TracedCode.run

    def run(self: Any, machine: Machine, frame: Any, limit: int, deliver: bool, trace: Trace) -> Any:
        before = trace.recorder.used
        code = right(self, machine, frame, limit, deliver, trace)
        if frame["ran"] < limit and trace.recorder.used > before:
            trace.recorder.used -= 25
        return code

    patch.setattr(traced.TracedCode, "run", run)


@caught_by(checks.every_engine_records_the_same)
def a_trap_is_recorded_as_something_sent(patch: Patch) -> None:
    recorded_otherwise(patch, lambda kind: Kind.SEND if kind == Kind.TRAP else kind)


@caught_by(checks.every_engine_records_the_same)
def cause_and_info_change_places(patch: Patch) -> None:
    record = Traced._record

    def swapped(self: Traced, text: Any, at: Value, kind: Value, first: Value, second: Value) -> None:
        if kind.text == str(int(Kind.TRAP)):
            first, second = second, first
        record(self, text, at, kind, first, second)

    patch.setattr(Traced, "_record", swapped)
    traced_code.cache_clear()


@caught_by(checks.every_engine_records_the_same)
def native_code_has_words_where_the_pc_is(patch: Patch) -> None:
    recorded_otherwise(patch, lambda kind: Kind.RECV if kind == Kind.PLACE else kind)


@caught_by(checks.monitored_it_is_the_same)
def a_place_is_that_in_the_machine_below(patch: Patch) -> None:
    right = Trace.instead
    patch.setattr(Trace, "instead", lambda self, steps, words: right(self, steps, 0))


@caught_by(checks.monitored_it_is_the_same, checks.a_window_is_a_part_of_the_whole)
def a_step_has_the_number_of_the_machine_below(patch: Patch) -> None:
    right = Trace.instead
    patch.setattr(Trace, "instead", lambda self, steps, words: right(self, 0, words))


@caught_by(checks.monitored_it_is_the_same)
def interpreted_steps_are_not_recorded(patch: Patch) -> None:
    def write(machine: Machine, *rest: Any) -> None:
        machine.traffic = None

    patch.setattr(dispatcher, "write", write)


@caught_by(checks.nor_does_a_window)
def a_virtual_machine_ends_its_run_where_the_window_does(patch: Patch) -> None:
    patch.setattr(VirtualMachine, "_record", Machine._record)


@caught_by(checks.a_window_is_a_part_of_the_whole)
def a_window_is_a_step_too_long(patch: Patch) -> None:
    right = Trace.span

    def span(self: Trace, step: int) -> tuple[bool, int]:
        recorded, steps = right(self, step)
        return recorded, steps + recorded

    patch.setattr(Trace, "span", span)


@caught_by(checks.what_came_to_nothing_is_not_in_it)
def what_came_to_nothing_stays(patch: Patch) -> None:
    patch.setattr(Recorder, "undo", lambda self, mark: None)


@caught_by(checks.what_came_to_nothing_is_not_in_it)
def nothing_is_held_back(patch: Patch) -> None:
    patch.setattr(Recorder, "hold", lambda self: self.used)
    patch.setattr(Recorder, "release", lambda self: None)


@caught_by(checks.changed_registers_add_up)
def native_code_compares_with_the_beginning(patch: Patch) -> None:
    right = Text.store

    def store(self: Text, pointer: str, value: Value, bits: int = 64) -> None:
        if "changed:" not in self.lines[-1]:
            right(self, pointer, value, bits)

    patch.setattr(Text, "store", store)
    traced_code.cache_clear()


@caught_by(checks.changed_registers_add_up)
def registers_are_those_of_the_machine_below(patch: Patch) -> None:
    registers_are_seen_step_by_step(patch)
    right = following.changes
    patch.setattr(following, "changes", lambda vm, *rest: right(vm.dispatcher.below, *rest))


@caught_by(checks.what_shares_a_word_adds_up)
def words_are_those_of_the_machine_below(patch: Patch) -> None:
    patch.setattr(following, "flips", lambda vm, below, trace: dict(trace.flips))


@caught_by(checks.what_shares_a_word_adds_up)
def registers_are_told_of_the_next_machine_alone(patch: Patch) -> None:
    """And not of the one that is traced, two levels up."""
    right = following.flips
    patch.setattr(following, "flips", lambda vm, below, trace: right(vm, below, replace(trace, flips={})))


@caught_by(checks.what_shares_a_word_adds_up)
def native_code_forgets_whose_bits_they_are(patch: Patch) -> None:
    right = TracedCode.run
    patch.setattr(TracedCode, "run", lambda self, *rest: right(self, *rest[:-1], replace(rest[-1], flips={})))


@caught_by(checks.what_shares_a_word_adds_up)
def registers_change_where_they_are_loaded(patch: Patch) -> None:
    """What is not ordinary is taken for what the program changes."""
    patch.setattr(following, "owned", lambda isa: ())


@caught_by(checks.registers_cost_no_more_runs)
def registers_are_seen_step_by_step(patch: Patch) -> None:
    patch.setattr(following, "keeps_time_apart", lambda isa: False)


@caught_by(checks.changed_registers_add_up)
def a_register_is_not_looked_at(patch: Patch) -> None:
    right = recording.watched
    patch.setattr(recording, "watched", lambda isa: right(isa)[::2])
