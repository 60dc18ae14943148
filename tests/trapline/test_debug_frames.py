"""The chain of traps: held against a run that was written down step by step, bare and monitored."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from isa.assembler import assemble
from isa.engines.choice import bare
from isa.machine import Machine, Storage
from monitor.monitor import tower
from tests.machines_to_test import G3
from tests.monitor.history_checks import guest_at, program
from tests.planting import Bugs, Planted, must_catch, passes
from trapline.debugging import frames as found
from trapline.debugging.debugged import Debugged, Guest
from trapline.debugging.frames import Frame, frames
from trapline.state.standing import mode_of

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by

# A program traps into a kernel, which traps itself three times and comes back from two of them.
NESTED = """
        .org  8
        .word handler, 0, 0, 0xffffffff
        .org  16
start:  set   r5, 0
        lpsw  program(r0)
program: .word 0, 1, user, 0x20
        .org  64
user:   addi  r1, r1, 1
        svc   2
        b     0f
0:      addi  r1, r1, 1
        svc   2
1:      b     1b
handler: lw   r2, 4(r0)
        set   r3, 4
        bne   r2, r3, out
        lw    r2, 5(r0)
        set   r3, 3
        beq   r2, r3, inner
        lw    r6, 0(r0)         # of the program: its pc is kept, while the kernel traps itself
        set   r7, 2
2:      svc   3
        addi  r7, r7, -1
        bnez  r7, 2b
        .word 0                 # nothing comes back from this one
inner:  lw    r8, 0(r0)
        addi  r8, r8, 1
        sw    r8, 0(r0)
        lpsw  0(r0)
out:    addi  r6, r6, 1
        sw    r6, back(r0)
        lpsw  back(r0)
back:   .word 0, 1, user, 0x20
"""
IMAGE = assemble(G3, NESTED, "nested.s")
STEPS = 90


class Moment(NamedTuple):
    mode: str
    pc: int
    trapped: bool


def nested(depth: int) -> Machine:
    machine: Machine = tower(G3, 4096, depth) if depth else bare(G3, Storage(32, 4096))
    machine.load(IMAGE)
    return machine


def moments(machine: Machine, count: int) -> list[Moment]:
    """A run, written down before each step."""
    run = []
    for _ in range(count):
        mode, pc, retired = mode_of(machine), machine.state.block[machine.pc_slot], machine.retired
        machine.run(1)
        run.append(Moment(mode, pc, machine.retired == retired))
    return run


def chain(run: list[Moment], step: int) -> list[int]:
    """The steps of the traps that are open before a step, the last first, by the definition's own words."""
    ranks = list(G3.modes.values)
    since, opened = [run[step]], []
    for at in range(step - 1, -1, -1):
        moment, lowest = run[at], max(ranks.index(m.mode) for m in since)
        if lowest == len(ranks) - 1:
            break
        back = any(m.pc in (moment.pc, moment.pc + 1) for m in since)
        rank = ranks.index(moment.mode)
        if moment.trapped and (rank > lowest or (rank == lowest and not back)):
            opened.append(at)
        since.append(moment)
    return opened


def check(made: Callable[[], Machine], debugged: Debugged, steps: range) -> int:
    """The longest chain that there was."""
    run, longest = moments(made(), steps.stop + 1), 0
    for step in steps:
        debugged.history.go(step)
        shown = [frame for frame in frames(debugged) if not frame.decision]
        assert [frame.step for frame in shown] == [step, *chain(run, step)]
        assert [(frame.mode, frame.pc) for frame in shown] == [(run[f.step].mode, run[f.step].pc) for f in shown]
        assert debugged.machine.steps == step
        longest = max(longest, len(shown))
    return longest


def small_program(every: int = 1) -> None:
    assert check(lambda: nested(0), Debugged(Guest(nested(0), IMAGE, STEPS)), range(0, STEPS, every)) == 3


def looked_at_in_parts() -> None:
    with Patch.context() as patch:
        patch.setattr(found, "STRETCH", 4)
        small_program(3)


def test_the_chain_is_that_of_a_run_written_down() -> None:
    passes(small_program)
    passes(looked_at_in_parts)


def test_the_chain_of_an_operating_system() -> None:
    made = guest_at("os", 0)
    check(lambda: guest_at("os", 0), Debugged(Guest(made, program("os"), 1 << 30)), range(3200, 4300, 151))


def under_monitors() -> None:
    debugged = Debugged(Guest(nested(2), IMAGE, STEPS))
    check(lambda: nested(0), debugged, range(0, STEPS, 9))
    debugged.history.go(0)
    newest = debugged.history.newest
    kinds = set()
    for step in range(40):
        debugged.history.go(step)
        monitors = [frame for frame in frames(debugged) if frame.decision]
        kinds |= {tuple((frame.title, frame.decision) for frame in monitors)}
    both = [(("monitor 1", what), ("monitor 2", "reflected")) for what in ("reflected", "emulated")]
    assert kinds == {(), *both}
    assert debugged.history.newest == newest


def test_an_exit_ahead_stands_before_the_chain() -> None:
    passes(under_monitors)


def the_guest_is_left_for_a_cause() -> None:
    debugged = Debugged(Guest(nested(1), IMAGE, STEPS))
    step = next(n for n, m in enumerate(moments(nested(0), STEPS)) if n > 20 and m.trapped)
    debugged.history.go(step)
    monitor, guest, *rest = frames(debugged)
    assert (monitor.decision, guest.trapped, guest.title) == ("reflected", "svc", "supervisor")
    assert [frame.trapped for frame in rest] == ["svc"] and rest[0].mode == "user"
    assert rest[0].line is not None and rest[0].line.file == "nested.s" and rest[0].place == rest[0].pc + 64
    assert debugged.history.newest == step  # what was looked at ahead has not happened


def test_the_guest_is_left_for_a_cause() -> None:
    passes(the_guest_is_left_for_a_cause)


# ---- planted


@caught_by(small_program, looked_at_in_parts)
def every_trap_taken_for_open(patch: Patch) -> None:
    patch.setattr(found, "_again", lambda *rest: False)


@caught_by(small_program)
def traps_of_the_same_mode_never_open(patch: Patch) -> None:
    patch.setattr(found, "_again", lambda *rest: True)


@caught_by(looked_at_in_parts)
def only_the_first_part_looked_at(patch: Patch) -> None:
    before = found._trapped

    def trapped(debugged: Debugged, first: int, stop: int) -> list[found._Trap]:
        return before(debugged, first, stop) if stop == debugged.history.newest else []

    patch.setattr(found, "_trapped", trapped)


@caught_by(under_monitors, the_guest_is_left_for_a_cause)
def what_was_looked_at_ahead_taken_for_history(patch: Patch) -> None:
    before = found._exits_ahead

    def ahead(debugged: Debugged) -> list[found.ExitEvent]:
        exits = before(debugged)
        debugged.history.go(debugged.machine.steps + 1)
        return exits

    patch.setattr(found, "_exits_ahead", ahead)


@caught_by(the_guest_is_left_for_a_cause)
def places_taken_for_pcs(patch: Patch) -> None:
    before = found._standing

    def standing(debugged: Debugged, trapped: str) -> Frame:
        frame = before(debugged, trapped)
        return frame._replace(place=frame.pc)

    patch.setattr(found, "_standing", standing)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
