"""A wait has no line in a trace, and yet a run arrives at it: once, however a history is cut, from either side.

Every answer is held against a bare machine that takes single steps.
"""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.description import Isa
from isa.engines.choice import AUTO, NATIVE, REFERENCE
from isa.engines.reference.steps import steps_of
from isa.machine.records import Kind
from monitor.history import History, looks, passes
from monitor.history.looks import AnyOf, Executes, Fetches, Traps, such
from monitor.history.passes import Placed, Reader
from monitor.history.questions import Question
from tests.machines_to_test import G3, M16, MACHINES
from tests.monitor.history_checks import small_stretches
from tests.monitor.test_history_questions import BUDGET, arrivals_of, check, lines_of, whole_history
from tests.planting import Bugs, Planted, must_catch
from tests.program_strategies import Draw, Program, instruction_words, programs
from tests.sizes import sized

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by

CLOCK = """
        .org 16
start:  idle                    # at the very start, until the clock is due
        set  r1, 45
1:      stim r1
        idle                    # and again
        b    1b
"""
TRAPPED = """
        .org 8
        .word clock, 0, 0, 160
        .org 16
start:  set  r1, 30
        stim r1
        setie 1
wait:   b    wait               # the clock and devices trap out of it, and come back to it
clock:  stim r1
        rpnd r2
        cpnd r2
        lpsw 0(r0)
"""
DEVICE = """
        .org 16
start:  idle                    # until there is a character
        rpnd r1
        cpnd r1
        b    start              # there are three of them; then it waits for ever
"""
DEAF = """
        .org 16
start:  set  r1, 1
1:      b    1b                 # devices act meanwhile, and nobody asks
"""
DOZING = """
        .org 17
        .word tick
        .org 20
        .word line
        .org 24
start:  put  g1, 30
        alarm g1
        doze                    # until the tick
        arm  1
        alarm g1
wait:   doze                    # tick or line traps out of it
        goto wait
tick:   alarm g1
        leave
line:   who  g0
        calm g0
        leave
"""
WRITTEN = {
    "clock": (G3, CLOCK, {"timer": 33}, b""),
    "trapped": (G3, TRAPPED, {}, b"ab"),
    "device": (G3, DEVICE, {}, b"abc"),
    "deaf": (G3, DEAF, {}, b"abcdef"),
    "dozing": (M16, DOZING, {}, b"abc"),
    "alone": (M16, ".org 24\nstart: doze", {"limit": 40_000}, b""),
}


@cache
def written(name: str) -> Program:
    isa, text, state, typed = WRITTEN[name]
    image = assemble(isa, text, name)
    words = {segment.address + n: word for segment in image.segments for n, word in enumerate(segment.words)}
    return Program(isa, words, {isa.pc: image.entry, **state}, typed, (BUDGET,))


@cache
def waiting(isa: Isa) -> st.SearchStrategy[Program]:
    """Random programs, in which many a word may come back to itself."""
    spinning = [i for i in isa.instructions.values() if steps_of(isa).spin_condition(i) is not None]
    plainest = min(spinning, key=lambda instruction: len(instruction.uses))
    spins = st.one_of(instruction_words(plainest), *map(instruction_words, spinning))

    @st.composite
    def whole(draw: Draw) -> Program:
        program = draw(programs(isa, BUDGET))
        program.words.update(draw(st.dictionaries(st.sampled_from(sorted(program.words)), spins, min_size=3)))
        return program

    return whole()


def check_arrivals(program: Program, depth: int, engine: str, here: int, stretch: tuple[int, int]) -> None:
    """Each place of the run is asked for, by pc and by place: in both directions, in a stretch, together."""
    with small_stretches():
        arrivals, history = arrivals_of(program), whole_history(program, depth, engine)
        asked: dict[Question, list[int]] = {Executes(0): [], Fetches(0): []}
        for step, pc, place in arrivals:
            asked.setdefault(Executes(pc), []).append(step)
            if place is not None:
                asked.setdefault(Fetches(place), []).append(step)
        for question, wanted in asked.items():
            check(history, question, wanted, here)
            check_stretch(history, question, wanted, stretch)
        traps = [line.step for line in lines_of(program) if line.trap]
        every = sorted({step for steps in asked.values() for step in steps})
        for questions, wanted in ((tuple(asked), every), ((*asked, Traps()), sorted({*every, *traps}))):
            check(history, AnyOf(questions), wanted, here)
            check_stretch(history, AnyOf(questions), wanted, stretch)


def check_stretch(history: History, question: Question, wanted: list[int], stretch: tuple[int, int]) -> None:
    """A stretch is answered alike by all of its steps, its first, and its last."""
    first, stop = (min(step, history.newest) for step in stretch)
    inside = [step for step in wanted if first <= step < stop]
    assert question.steps(history, first, stop) == inside
    assert question.within(history, first, stop, False) == next(iter(inside), None)
    assert question.within(history, first, stop, True) == next(reversed(inside), None)


STEPS = st.integers(0, BUDGET)
STRETCHES = st.tuples(STEPS, STEPS).map(lambda ends: (min(ends), max(ends)))


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=sized(4, 100))
@given(depth=st.integers(0, 2), engine=st.sampled_from([REFERENCE, NATIVE, AUTO]), here=STEPS, stretch=STRETCHES)
def test_a_wait_is_arrived_at_once(name: str, depth: int, engine: str, here: int, stretch: tuple[int, int]) -> None:
    check_arrivals(written(name), depth, engine, here, stretch)


@pytest.mark.parametrize("name", MACHINES)
@settings(max_examples=sized(8, 150))
@given(data=st.data(), depth=st.integers(0, 2), engine=st.sampled_from([REFERENCE, NATIVE, AUTO]), here=STEPS)
def test_random_programs_arrive_at_their_waits(
    name: str, data: st.DataObject, depth: int, engine: str, here: int
) -> None:
    check_arrivals(data.draw(waiting(MACHINES[name])), depth, engine, here, data.draw(STRETCHES))


@pytest.mark.parametrize("name", WRITTEN)
def test_all_but_waits_have_a_line(name: str) -> None:
    """The oracle says of steps what the trace does, and these programs wait."""
    lines = [(line.step, line.pc, line.place) for line in lines_of(written(name))]
    assert set(lines) < set(map(tuple, arrivals_of(written(name))))


# ---- planted bugs


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


def who_begins_inside_a_wait_finds_where_it_ends() -> None:
    """From step 50, and in a stretch from 60 on, both in the midst of waits."""
    check_arrivals(written("trapped"), 0, AUTO, 50, (60, 100))


def who_begins_at_a_wait_finds_it() -> None:
    check_arrivals(written("clock"), 0, AUTO, 40, (35, 79))


def a_wait_that_nothing_follows_is_found() -> None:
    check_arrivals(written("alone"), 0, AUTO, 50, (0, 100))


@caught_by(who_begins_at_a_wait_finds_it, a_wait_that_nothing_follows_is_found)
def arrivals_at_waits_forgotten(patch: Patch) -> None:
    patch.setattr(looks, "arrivals", lambda first, number, kinds: lambda records: such(records, number, kinds))


@caught_by(a_wait_that_nothing_follows_is_found)
def arrivals_forgotten_if_no_line_follows(patch: Patch) -> None:
    patch.setattr(Placed, "next_line", lambda self, machine: b"")


@caught_by(who_begins_inside_a_wait_finds_where_it_ends)
def every_beginning_taken_for_an_arrival(patch: Patch) -> None:
    patch.setattr(passes, "_waited", lambda history, step: False)


@caught_by(who_begins_at_a_wait_finds_it)
def no_beginning_taken_for_an_arrival(patch: Patch) -> None:
    patch.setattr(passes, "_waited", lambda history, step: True)


@caught_by(who_begins_inside_a_wait_finds_where_it_ends)
def the_step_that_ends_a_wait_taken_for_more_of_it(patch: Patch) -> None:
    right = looks.arrivals

    def wrong(first: int, number: int, kinds: frozenset[Kind]) -> Reader:
        read = right(first, number, kinds)

        def ending(records: bytes) -> list[int]:
            found, lines = list(read(records)), set(such(records, number, kinds))
            return [step for step, last in zip(found, [0, *found], strict=False) if {step, last} & lines != {step}]

        return ending

    patch.setattr(looks, "arrivals", wrong)


@caught_by(who_begins_inside_a_wait_finds_where_it_ends)
def nothing_looked_for_behind_the_wait_in_which_one_begins(patch: Patch) -> None:
    patch.setattr(passes, "_parts", lambda first, stop, latest: [(first, stop)] if latest else [])
