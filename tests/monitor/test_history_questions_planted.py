"""Bugs planted in questions, each caught by a check that finds the very step otherwise."""

import pytest

from isa.assembler import assemble
from isa.devices import Console, Ports, Script
from isa.engines.choice import AUTO, bare
from isa.machine import Exit, Machine, Storage
from isa.machine.storage import LINE_SHIFT
from monitor import following
from monitor.history import passes, writes
from monitor.history.course import Course
from monitor.history.history import History
from monitor.history.looks import AnyOf, Changes, Executes, Exits, Writes
from monitor.history.questions import last, seek
from monitor.statistics import Decision
from tests.machines_to_test import G3
from tests.monitor import test_history_questions as questions
from tests.monitor.history_checks import kept_everywhere, whole
from tests.monitor.test_history_outside import WRITING, made
from tests.planting import Bugs, Planted, must_catch

pytestmark = pytest.mark.every(2)

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
ONCE = """
start:  set  r1, 7              # writes one word at step 1, and the word beside it ever after
        sw   r1, 300(r0)
1:      sw   r1, 301(r0)
        b    1b
"""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, StopIteration))


def the_last_write_is_found() -> None:
    machine = bare(G3, Storage(32, 1024), engine=AUTO)
    machine.load(assemble(G3, ONCE, "test"))
    history = kept_everywhere(machine)
    history.go(30_000)
    assert last(history, 300) == 1 and last(history, 301) == 29_998
    assert last(history, 500) is None


def the_nearest_is_found_in_both_directions() -> None:
    history = kept_everywhere(made(WRITING, 1)[0])
    history.go(6_000)
    at = {n: seek(history, Executes(questions.PRINTING), backwards=True) for n in range(5)}
    steps = [step for step in at.values() if step is not None]
    assert len(steps) == 5 and steps == sorted(steps, reverse=True)
    assert [seek(history, Executes(questions.PRINTING)) for _ in steps[1:]] == steps[-2::-1]


def a_look_leaves_nothing_behind() -> None:
    """Where changes below a second monitor are seen by taking one step at a time, these are counted there."""
    history = kept_everywhere(made(WRITING, 2)[0])
    history.go(700)
    before = whole(history.machine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "keeps_time_apart", lambda isa: False)
        assert last(history, "x[1]") is not None
    assert whole(history.machine) == before


def an_emulated_instruction_is_still_to_come() -> None:
    history = kept_everywhere(made(WRITING, 1)[0])
    assert seek(history, Exits(Decision.EMULATED)) is not None
    assert history.machine.engine.peek() == history.machine.storage.load(22)  # `out  r2, r7`


def nothing_goes_out_too_early() -> None:
    questions.test_who_looks_for_something_does_not_come_too_far(0)


def bits_that_a_device_raised_are_seen_to_go() -> None:
    """They come between two steps, and the step that takes them away changes them."""
    machine = bare(G3, Storage(32, 1024), Ports({0: Console(Script(b"abc", 7))}), engine=AUTO)
    image = assemble(G3, "start: set r1, 1\n1: rpnd r2\n beqz r2, 1b\ntake: cpnd r1\n b 1b", "test")
    machine.load(image)
    history = History(machine)
    history.go(60)
    took = Executes(image.symbols["take"]).steps(history, 0, 60)
    asked = Changes(machine.state.layout.slots["pending"].first, 0xFFFF)
    assert len(took) == 4 and asked.steps(history, 0, 60) == took


@caught_by(bits_that_a_device_raised_are_seen_to_go)
def bits_that_a_device_raised_not_known(patch: Patch) -> None:
    patch.setattr(Changes, "_raised", lambda self, pending, bits: 0)


def all_writes_are_found() -> None:
    machine = bare(G3, Storage(32, 1024), engine=AUTO)
    machine.load(assemble(G3, ONCE, "test"))
    history = History(machine)
    history.go(9_000)
    assert Writes(300).steps(history, 0, 9_000) == [1]
    assert Writes(301).steps(history, 0, 9_000) == list(range(2, 9_000, 2))


def any_of_some_is_the_nearest() -> None:
    machine = bare(G3, Storage(32, 1024), engine=AUTO)
    machine.load(assemble(G3, ONCE, "test"))
    history = History(machine)
    history.go(400)
    pc = machine.engine.place()
    assert pc is not None
    asked = AnyOf((Writes(300), Executes(pc + 1), Writes(301)))
    assert [seek(history, asked, backwards=True) for _ in range(3)] == [399, 398, 397]
    history.go(0)
    assert [seek(history, asked) for _ in range(3)] == [1, 2, 3]
    assert asked.hits(history, 0, 4) == {1: [0], 2: [2], 3: [1]}


@caught_by(any_of_some_is_the_nearest)
def whoever_answers_last_taken_for_the_nearest(patch: Patch) -> None:
    patch.setattr(passes, "chosen", lambda steps, latest: min(steps, default=None))


@caught_by(all_writes_are_found)
def a_mark_that_is_set_only_once(patch: Patch) -> None:
    begin = writes._Watch.begin

    def once(self: writes._Watch) -> None:
        if not self.told:
            begin(self)

    patch.setattr(writes._Watch, "begin", once)


@caught_by(the_last_write_is_found)
def writes_of_the_whole_line_taken_for_the_word(patch: Patch) -> None:
    patch.setattr(writes._Watch, "tell", lambda self, word: setattr(self, "told", True))
    patch.setattr(Storage, "mark_code", _mark_line)


def _mark_line(self: Storage, index: int, bit: int = 1) -> int:
    first = index >> LINE_SHIFT << LINE_SHIFT
    self.lines[index >> LINE_SHIFT] |= 2
    for word in range(first, min(self.size, first + (1 << LINE_SHIFT))):
        self.code[word] |= bit
    return self.offset + index


@caught_by(the_last_write_is_found)
def stretches_left_out_that_wrote_the_word(patch: Patch) -> None:
    patch.setattr(Writes, "_possible", lambda self, history, first, stop: stop > 20_000)


@caught_by(the_nearest_is_found_in_both_directions)
def the_first_taken_for_the_last(patch: Patch) -> None:
    patch.setattr(passes, "chosen", lambda steps, latest: min(steps, default=None))


@caught_by(a_look_leaves_nothing_behind)
def state_after_a_look_taken_for_the_history(patch: Patch) -> None:
    go = Course._go

    def wrong(self: Course, step: int, guest: Machine | None = None) -> Exit:
        self._astray = False
        return go(self, step, guest)

    patch.setattr(Course, "_go", wrong)


@caught_by(an_emulated_instruction_is_still_to_come)
def the_step_after_an_emulated_instruction_taken_for_it(patch: Patch) -> None:
    patch.setattr(Exits, "_step", lambda self, event, machine: [event.step])


@caught_by(nothing_goes_out_too_early)
def what_came_too_far_not_forgotten(patch: Patch) -> None:
    patch.setattr(History, "forget", lambda self, known: None)
