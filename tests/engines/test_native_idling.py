"""Waiting in native code: as in Python to the step, by the clock, for a device, for ever, cut up in any way, and looked
on. Bare and monitored; and bugs planted in it."""

import re
from collections.abc import Callable
from random import Random

import pytest

from isa.assembler import assemble
from isa.devices import Ports
from isa.engines.native import loop
from isa.engines.native.engine import NativeEngine
from isa.engines.native.exact import Exact
from isa.engines.native.exits import Outcome
from isa.engines.native.frame import Frame
from isa.machine import Exit, Machine, Storage
from isa.machine.time import Time
from isa.machine.trace import TraceLine, each_line
from monitor import Decision, native
from tests.engines.core_checks import ALONE, WAITING, agree, guest, turn
from tests.engines.differential import shown
from tests.engines.engines import STEPPING, Factory
from tests.engines.engines import native as native_engine
from tests.engines.fresh import watched
from tests.isa.alarm import Alarm
from tests.machines_to_test import G3
from tests.monitor.native_checks import SIZE, tall
from tests.planting import Bugs, Planted, must_catch

pytestmark = pytest.mark.every(2)

Patch = pytest.MonkeyPatch
Play = Callable[[Machine], object]
NATIVE = native_engine(regions=False)
DEPTHS = (0, 1, 2)

CLOCK = """
start:  set r8, 9
1:      set r1, 30
        stim r1
        idle
        rtim r2
        stim r0
        rpnd r3
        cpnd r3
        addi r8, r8, -1
        bnez r8, 1b
        idle
        halt
"""
# A user's program that waits where it is, in a kernel that counts who woke it, at last without a clock.
USER = """
        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  set r1, 25
        stim r1
        lpsw user(r0)
user:   .word loop, 3, 0, 0xffffffff
loop:   b loop
handler:
        addi r9, r9, 1
        rpnd r3
        cpnd r3
        stim r0
        slti r2, r9, 6
        beqz r2, 1f
        set r1, 25
        stim r1
1:      lpsw 0(r0)
"""
FOR_EVER = "start: addi r1, r1, 1\n idle\n halt"


def machine(engine: Factory, depth: int, source: str, due: list[int]) -> Machine:
    ports = Ports({1: Alarm(due)})
    if depth:
        made: Machine = tall(G3, depth, engine, lambda: ports)
    else:
        made = Machine(G3, Storage(G3.word, SIZE), ports, engine=engine)
    made.load(assemble(G3, source, "test"))
    return made


def same(depth: int, source: str, play: Play, due: list[int]) -> Machine:
    """Native code and single steps make the same of it; the native machine."""
    machines = [machine(engine, depth, source, due[:]) for engine in (NATIVE, STEPPING)]
    said = [play(made) for made in machines]
    assert said[0] == said[1]
    assert shown(machines[0]) == shown(machines[1])
    return machines[0]


def in_pieces(*budgets: int) -> Callable[[Machine], list[Exit]]:
    return lambda made: [made.run(budget) for budget in budgets]


def the_clock_ends_it(depth: int) -> None:
    for due in ([], [40], [29, 30, 31, 32], [60, 61, 150]):
        same(depth, CLOCK, in_pieces(1000, 1000), due)


def any_budget_ends_it(depth: int) -> None:
    random = Random(depth)
    for source in (CLOCK, USER):
        for _ in range(6):
            budgets = [random.randint(1, 60) for _ in range(12)]
            due = [random.randint(0, 400) for _ in range(random.randint(0, 4))]
            same(depth, source, in_pieces(*budgets, 1000), due)


def a_program_that_waits_where_it_is(depth: int) -> None:
    made = same(depth, USER, in_pieces(1000), [40, 300, 301])
    assert made.skipped > 200 and made.state["x"][9] == 7


def it_waits_for_ever(depth: int) -> None:
    made = same(depth, FOR_EVER, in_pieces(100, 100), [])
    assert made.run(100).reason.value == "idle"


def a_device_ends_it(depth: int) -> None:
    """At even steps it asks for attention, at odd ones the wait goes on."""
    same(depth, FOR_EVER, in_pieces(100, 1000), [7, 21, 199, 400])


def who_looks_sees_it(depth: int) -> None:
    def looked_on(made: Machine) -> list[TraceLine]:
        seen: list[TraceLine] = []
        made.trace = each_line(seen.append)
        made.run(300)
        return seen

    def broken(made: Machine) -> list[Exit]:
        made.breakpoints = {20}
        return in_pieces(100, 100, 100)(made)

    for play in (looked_on, broken):
        same(depth, CLOCK, play, [40])


CHECKS = (
    the_clock_ends_it,
    any_budget_ends_it,
    a_program_that_waits_where_it_is,
    it_waits_for_ever,
    a_device_ends_it,
    who_looks_sees_it,
)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_waiting_in_native_code_is_as_in_python(check: Callable[[int], None], depth: int) -> None:
    check(depth)


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_clock_ends_a_wait_without_python(depth: int) -> None:
    made = machine(NATIVE, depth, CLOCK.replace("\n        idle\n        halt", "\n        halt"), [])
    with watched() as events:
        made.run(1000)
    assert made.halted and made.skipped > 200
    assert events["SPIN"] == events["ASK"] == 0 and events["LIMIT"] + events["HALT"] + events["none"] <= 4


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_time_law_is_made_into_a_function_once(depth: int, monkeypatch: Patch) -> None:
    """To read it anew takes as long as ten thousand steps."""
    machine(STEPPING, depth, CLOCK, []).run(1000)

    def again(self: Time, further: object = ()) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(Time, "horizon", again)
    monkeypatch.setattr(Time, "advance", again)
    made = machine(STEPPING, depth, CLOCK, [])
    made.run(1000)
    assert made.skipped > 200


# ---- planted bugs

BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))


def a_small_machine_waits() -> None:
    """Its code is compiled now."""
    for later in range(3):
        clock = {"x": [0, 0, 5, 0], "psw": 2, "timer": 50 + later}
        agree(ALONE, guest(WAITING, turn(40, **clock), turn(50), turn(5)))


def bare_it_waits_for_ever() -> None:
    it_waits_for_ever(0)


def bare_a_device_ends_it() -> None:
    a_device_ends_it(0)


def bare_the_clock_ends_it() -> None:
    the_clock_ends_it(0)


def bare_who_looks_sees_it() -> None:
    who_looks_sees_it(0)


def monitored_the_clock_ends_it() -> None:
    the_clock_ends_it(1)


def monitored_a_program_waits_where_it_is() -> None:
    a_program_that_waits_where_it_is(1)


def rewritten(patch: Patch, change: Callable[[str], str]) -> None:
    right = loop.idle

    def wrong(exact: Exact) -> str:
        text = right(exact)
        changed = change(text)
        assert changed != text
        return changed

    patch.setattr(loop, "idle", wrong)


@caught_by(a_small_machine_waits)
def a_wait_of_one_step_too_many(patch: Patch) -> None:
    rewritten(
        patch, lambda text: re.sub(r"(%\w+) = (call i64 @horizon.*)", r"\1.now = \2\n  \1 = add i64 \1.now, 1", text)
    )


@caught_by(a_small_machine_waits)
def the_clock_stands_still_in_a_wait(patch: Patch) -> None:
    rewritten(patch, lambda text: "\n".join(line for line in text.splitlines() if "@advance(" not in line))


@caught_by(bare_the_clock_ends_it, monitored_the_clock_ends_it)
def waits_are_not_counted(patch: Patch) -> None:
    patch.setattr(Frame, "take_skipped", lambda self: 0)


@caught_by(bare_it_waits_for_ever)
def a_device_is_expected_that_is_not_there(patch: Patch) -> None:
    right = Frame.look
    patch.setattr(Frame, "look", lambda self, watched, awaited: right(self, watched, True))


@caught_by(bare_a_device_ends_it)
def a_devices_step_is_missed(patch: Patch) -> None:
    """Native code may go on a step beyond the one at which a device is due."""
    right = NativeEngine.enter_native

    def enter(self: NativeEngine, until: int, deliver: bool) -> object:
        return right(self, until + (self.machine.deadline is not None), deliver)

    patch.setattr(NativeEngine, "enter_native", enter)


@caught_by(monitored_the_clock_ends_it)
def a_wait_taken_for_an_emulated_step(patch: Patch) -> None:
    patch.setitem(native.DECISIONS, Outcome.WAITED, Decision.EMULATED)


@caught_by(monitored_a_program_waits_where_it_is)
def a_wait_below_without_its_word(patch: Patch) -> None:
    patch.delitem(native.WORDS, Outcome.SPUN)
