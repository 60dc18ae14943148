"""Over calls and traps, out of routines, from line to line: held against a run in which calls were counted."""

from typing import NamedTuple

import pytest

from isa.assembler import assemble
from isa.engines.choice import bare
from isa.machine import Machine, Storage
from monitor.monitor import tower
from tests.machines_to_test import G3
from tests.planting import Bugs, Planted, must_catch, passes
from trapline.debugging import moves, routines
from trapline.debugging.asking import at_place
from trapline.debugging.breakpoints import Stop
from trapline.debugging.debugged import Debugged, Guest
from trapline.debugging.moves import STEPPED, line, out, over

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by

# A program calls a routine that calls itself, and the supervisor; a clock interrupts all of it.
PROGRAM = """
        .org  8
        .word handler, 0, 0, 0xffffffff
        .org  16
start:  set   r9, 17
        stim  r9
        lpsw  program(r0)
program: .word 0, 3, user, 0x100
handler: sw   r9, 6(r0)
        lw    r9, 4(r0)
        addi  r9, r9, -4
        beqz  r9, 1f
        sw    r15, 7(r0)
        call  clock             # it never comes back here
1:      lw    r9, 0(r0)
        addi  r9, r9, 1
        sw    r9, 0(r0)
        call  kernel
        lw    r9, 6(r0)
        lpsw  0(r0)
clock:  lw    r15, 7(r0)
        set   r9, 17
        stim  r9
        lw    r9, 6(r0)
        lpsw  0(r0)
kernel: addi  r8, r8, 1
        ret
        .org  64
user:   set   sp, 0xff
        set   r1, 3
again:  call  depth             # from here it is one level
        svc   7
        addi  r2, r2, 1
        li    r3, 0x12345
        b     again
depth:  push  ra
        push  r1
        beqz  r1, 1f
        addi  r1, r1, -1
        call  depth
1:      pop   r1
        pop   ra
        ret
"""
IMAGE = assemble(G3, PROGRAM, "moves.s")
STEPS = 420


class Moment(NamedTuple):
    """Before a step: where the machine is, how many calls and traps are open, and since when the innermost is."""

    place: int
    depth: tuple[int, ...]


def machine(depth: int = 0) -> Machine:
    made: Machine = tower(G3, 4096, depth) if depth else bare(G3, Storage(32, 4096))
    made.load(IMAGE)
    return made


def moments() -> list[Moment]:
    """A run, with the steps at which what is open began: calls and traps as this machine has them, by name."""
    made, run, opened, traps = machine(), list[Moment](), list[int](), set[int]()
    for step in range(STEPS + 1):
        place = made.engine.place()
        assert place is not None
        run.append(Moment(place, tuple(opened)))
        word, retired = made.engine.peek(), made.retired
        assert isinstance(word, int)
        made.run(1)
        if made.retired == retired or word >> 20 == 0x36F:  # a trap, or the jump that keeps its pc in r15
            opened.append(step)
            traps |= {step} if made.retired == retired else set()
        elif opened and word == 0x370F0000:  # back to there
            opened.pop()
        elif word >> 24 == 0x80:  # back from a trap, whatever was called since
            while opened and opened.pop() not in traps:
                pass
    return run


RUN = moments()
FOR_EVER = IMAGE.symbols["handler"] + 5  # the call that never comes back


def debugged(depth: int = 0) -> Debugged:
    made = Debugged(Guest(machine(depth), IMAGE, STEPS))
    made.history.go(STEPS)
    return made


def ahead(step: int) -> int | None:
    """Where one comes over what begins at a step: the first step after it that is no deeper."""
    level = len(RUN[step].depth)
    return next((n for n in range(step + 1, STEPS) if len(RUN[n].depth) <= level), None)


def goes_over(depth: int = 0, every: int = 1) -> None:
    made = debugged(depth)
    for step in (n for n in range(40, 300, every) if RUN[n].place != FOR_EVER):
        made.history.go(step)
        wanted = ahead(step)
        while wanted is not None and RUN[wanted].place == RUN[step].place and wanted != step + 1:
            wanted = ahead(wanted)  # what was interrupted is gone over as well
        assert over(made) is (None if wanted is None else STEPPED), step
        assert made.machine.steps == (step if wanted is None else wanted), step


def comes_back() -> None:
    """What was gone over is gone back over: to the step from which one came, or a trap in between."""
    made = debugged()
    for step in range(40, 300, 3):
        made.history.go(step)
        assert over(made, backwards=True) is STEPPED
        there, level = made.machine.steps, len(RUN[step].depth)
        before = [n for n in range(step) if len(RUN[n].depth) <= level]
        assert there == before[-1], (step, there, before[-3:])


def goes_out() -> None:
    made = debugged()
    calls = IMAGE.symbols["depth"] + 6
    for step in (n for n in range(40, 260) if not n % 9 or RUN[n].place == calls):
        if RUN[step].depth and RUN[RUN[step].depth[-1]].place != FOR_EVER:
            began, level = RUN[step].depth[-1], len(RUN[step].depth)
            wanted = next((n for n in range(step + 1, STEPS) if len(RUN[n].depth) < level), None)
            for backwards, there in ((True, began), (False, wanted)):
                made.history.go(step)
                assert out(made, backwards) is (None if there is None else STEPPED), (step, backwards)
                assert made.machine.steps == (step if there is None else there), (step, backwards)


def test_a_call_is_gone_over() -> None:
    passes(goes_over)


@pytest.mark.parametrize("depth", [1, 2])
def test_so_it_is_under_monitors(depth: int) -> None:
    goes_over(depth, 37)


def test_it_is_gone_back_over() -> None:
    passes(comes_back)


def test_a_routine_is_left_at_either_end() -> None:
    passes(goes_out)


def goes_to_lines() -> None:
    made = debugged()
    lines = [IMAGE.lines[moment.place].line for moment in RUN]
    for step in range(0, 200, 7):
        made.history.go(step)
        assert line(made) is STEPPED
        assert made.machine.steps == next(n for n in range(step, STEPS) if lines[n] != lines[step])
        made.history.go(step)
        found, began = line(made, backwards=True), step
        while began and lines[began - 1] == lines[step - 1]:
            began -= 1
        assert (found is None) == (step == 0) and made.machine.steps == began


def test_lines_are_gone_to() -> None:
    passes(goes_to_lines)


def stops_come_first() -> None:
    made = debugged()
    first = next(n for n, moment in enumerate(RUN) if moment.place == IMAGE.symbols["again"])
    made.history.go(first)
    within = [Stop("in", at_place(made, IMAGE.symbols["depth"]))]
    assert over(made, stops=within) is within[0]
    assert made.machine.steps == first + 1
    assert out(made, stops=within) is within[0] and RUN[made.machine.steps].place == RUN[first + 1].place
    assert over(made, backwards=True, stops=within) is STEPPED


def test_stops_come_first() -> None:
    passes(stops_come_first)


def test_nothing_open_is_left_where_it_is() -> None:
    made = debugged()
    made.history.go(2)
    assert out(made) is None and out(made, backwards=True) is None and made.machine.steps == 2
    made.history.go(0)
    assert over(made, backwards=True) is None and line(made, backwards=True) is None
    call = next(n for n in range(60, 300) if RUN[n].place == FOR_EVER)
    made.history.go(call)
    assert over(made) is None and made.machine.steps == call


# ---- planted


@caught_by(goes_over, goes_out)
def a_jump_past_a_call_taken_for_its_return(patch: Patch) -> None:
    patch.setattr(routines, "computed", lambda *rest: True)


@caught_by(goes_over)
def recursion_not_counted(patch: Patch) -> None:
    def arrived(self: routines.Arrives, history: object, first: int, stop: int) -> int | None:
        return next((n for n in range(first, stop) if RUN[n].place == self.back), None)

    patch.setattr(routines.Arrives, "_look", arrived)


@caught_by(goes_out)
def the_call_to_come_not_counted(patch: Patch) -> None:
    patch.setattr(moves, "_happens", lambda debugged: False)


@caught_by(goes_over, goes_out)
def calls_told_by_their_names_alone(patch: Patch) -> None:
    """One that keeps nothing is no call, and one that traps never was."""
    patch.setattr(moves, "call_at", lambda isa, pc, word: None)
    patch.setattr(routines, "call_at", lambda isa, pc, word: None)


@caught_by(comes_back)
def what_came_back_taken_for_a_step(patch: Patch) -> None:
    patch.setattr(moves, "_returned", lambda debugged, mode: False)


@caught_by(goes_out)
def calls_of_other_modes_taken_for_ones_own(patch: Patch) -> None:
    patch.setattr(routines, "_context", lambda machine: [])


@caught_by(goes_to_lines)
def each_word_taken_for_a_line(patch: Patch) -> None:
    patch.setattr(moves, "_line", lambda debugged: frozenset([debugged.machine.engine.place()]))


@caught_by(stops_come_first)
def stops_that_are_passed(patch: Patch) -> None:
    nearest = moves.nearest
    patch.setattr(moves, "nearest", lambda debugged, stops, backwards: nearest(debugged, stops[-1:], backwards))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
