"""Bugs planted in the native engine's core: single steps, threaded code, the loop around both, what Python keeps.

The machine is small, so that its code is compiled anew for every bug. Regions have their own bugs in
`test_native_planted.py`, virtual machines in `tests/monitor/test_native_planted.py`.
"""

import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from isa.assembler import assemble
from isa.engines.native import plan as plan_module
from isa.engines.native.exact import Body, Exact
from isa.engines.native.frame import Frame, Tables
from isa.engines.native.loop import Loop
from isa.engines.native.plan import Plan
from isa.engines.native.text import Value, number
from isa.engines.native.threaded import Threaded
from isa.engines.native.translations import Translations
from isa.engines.native.values import Values
from isa.engines.reference.blocks import Translator
from isa.ir.nodes import Behaviour
from proofs.runs.guests import Guest
from tests.engines.any_width import any_width
from tests.engines.differential import difference
from tests.engines.fresh import anew
from tests.engines.hot_programs import HotGuest, Turn, hot_generator
from tests.isa.test_engine_programs import blocks
from tests.planting import Bugs, Check, Planted

Patch = pytest.MonkeyPatch
SMALL = any_width(32)
SIZE = 512
ALONE = ("interpreter",)


def agree(plan: tuple[str, ...], *guests: HotGuest) -> None:
    """The engines do what single steps do, with code that is compiled now."""
    with Patch.context() as patch:
        isa = anew(patch, SMALL)
        for hot in guests:
            own = Guest(isa, hot.guest.words, hot.guest.state, hot.guest.size)
            assert difference(HotGuest(own, hot.turns), 0, plan) is None


def guest(source: str, *turns: Turn) -> HotGuest:
    image = assemble(SMALL, source, "planted")
    words = {s.address + i: word for s in image.segments for i, word in enumerate(s.words)}
    return HotGuest(Guest(SMALL, words, {"pc": image.entry}, SIZE), turns)


def turn(steps: int, **state: Any) -> Turn:
    return Turn(steps, state, {})


# ---- what is checked


def random_guests(*plan: str) -> None:
    with Patch.context() as patch:
        generator = hot_generator(anew(patch, SMALL))
        found = (difference(generator.hot_guest(Random(seed), 500), 0, plan) for seed in range(7))
        assert not any(found)


def single_steps_and_threaded_code() -> None:
    random_guests("interpreter")


def code_that_changes_in_regions() -> None:
    random_guests("quick")


def the_first_trap_counts() -> None:
    """Of two that one instruction could demand."""
    agree(ALONE, guest(".org 16\nstart: back x0, x1", turn(1, x=[0, 10_000, 0, 0], psw=1)))


def the_machine_halts() -> None:
    agree(ALONE, guest("start: inc x1, x0\ncall x1, x1\ninc x1, x1", turn(9), turn(9)))


CHANGING = """
        .org 16
start:  inc  x1, x1
here:   inc  x2, x2
        jump x0, x3
        .org 40
change: st   x1, x2
        bnz  x1, change
other:  add  x2, x1
"""


def changed_in_between(*plan: str) -> None:
    word = assemble(SMALL, CHANGING, "planted").segments[-1].words[-1]
    around, change = {"pc": 16, "x": [0, 0, 0, 16]}, {"pc": 40, "x": [0, word, 17, 0]}
    with blocks(3):
        agree(plan, guest(CHANGING, turn(90, **around), turn(3, **change), turn(90, **around)))


def one_engine_changes_the_code_of_another() -> None:
    changed_in_between("reference", "interpreter")


def a_region_is_changed_from_elsewhere() -> None:
    changed_in_between("quick")


MOVING = """
        .org 16
start:  inc  x1, x1
        back x0, x2
        .org 40
        .word 20, 0, 100, 300   # pc, psw, base, bound
        .org 120
        ld   x3, x2             # where storage begins at word 100 now
        add  x1, x3
        st   x1, x2
        back x0, x2
        .org 140
        .word 16, 0, 0, 512
"""


def relocation_changes_on_the_way() -> None:
    agree(ALONE, guest(MOVING, turn(60, x=[0, 0, 40, 0])))


RINGING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x1
        add  x2, x1
        inc  x2, x2
        jump x0, x3
handler: inc x3, x3
        call x1, x0
"""


def the_clock_rings_in_time() -> None:
    """Wherever in a loop it rings."""
    states = [{"x": [0, 0, 0, 16], "psw": 2, "timer": 20 + later} for later in range(8)]
    ending = turn(1), turn(1), turn(1), turn(30)
    agree(ALONE, *(guest(RINGING, turn(18, **state), *ending) for state in states))


WAITING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x2
here:   bnz  x1, here
        inc  x1, x1
handler: inc x3, x3
        bnz  x3, handler
"""


def waiting_is_left_at_once() -> None:
    agree(ALONE, guest(WAITING, turn(90, x=[0, 0, 5, 0], psw=2, timer=50), turn(5)))


RUNNING = """
        .org 8
        .word handler, 0, 0, 512
        .org 16
start:  inc  x1, x1
        jump x2, x3
        .org 24
handler: bnz x2, handler
"""


def the_window_ends_where_it_ends() -> None:
    """A run straight on into the bound, and a loop of which the bound takes away the end."""
    straight = ".org 8\n.word 16, 0, 0, 512\n.org 16\n" + "start: inc x1, x1\n" + "inc x1, x1\n" * 30
    agree(ALONE, *(guest(straight, turn(60, bound=bound)) for bound in (30, 31)))
    loop = ".org 8\n.word 60, 0, 0, 512\n.org 16\nstart: inc x1, x1\ninc x2, x2\ninc x1, x1\njump x0, x3\n"
    around = turn(200, x=[0, 0, 0, 16])
    agree(("quick",), guest(loop, around, turn(200, bound=19), turn(20, bound=20, pc=16, base=0)))


def the_same_words_at_another_address() -> None:
    """A loop that notes where it is, relocated between two turns so that its words stay where they were."""
    loop = ".org 16\nstart: inc x1, x1\ninc x1, x1\njump x2, x3\n"
    first, second = turn(100, x=[0, 0, 0, 16]), turn(100, x=[0, 0, 0, 8], base=8, pc=8, bound=400)
    for plan in (("quick",), ALONE):
        agree(plan, guest(loop, first, second, first))


CHECKS = (
    the_first_trap_counts,
    the_machine_halts,
    one_engine_changes_the_code_of_another,
    a_region_is_changed_from_elsewhere,
    relocation_changes_on_the_way,
    single_steps_and_threaded_code,
    code_that_changes_in_regions,
    the_clock_rings_in_time,
    waiting_is_left_at_once,
    the_window_ends_where_it_ends,
    the_same_words_at_another_address,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_without_a_bug_all_is_well(check: Check) -> None:
    check()


BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    bug.plant(monkeypatch)
    with pytest.raises((AssertionError, IndexError)):
        bug.check()


def rewritten(patch: Patch, kind: type, function: str, change: Callable[[str], str]) -> None:
    """Change the text of one native function."""
    right = getattr(kind, function)

    def wrong(self: Any) -> str:
        text: str = right(self)
        changed = change(text)
        assert changed != text
        return changed

    patch.setattr(kind, function, wrong)


def without(*parts: str) -> Callable[[str], str]:
    """The text without the lines that have one of these in them."""
    return lambda text: "".join(s for s in text.splitlines(True) if not any(part in s for part in parts))


# ---- time


@caught_by(the_clock_rings_in_time)
def time_stands_still_in_threaded_code(patch: Patch) -> None:
    rewritten(patch, Loop, "execute", without("@advance("))


@caught_by(the_clock_rings_in_time)
def the_horizon_is_late_by_one(patch: Patch) -> None:
    def later(text: str) -> str:
        return re.sub(r"(%\w+) = (call i64 @horizon.*)", r"\1.now = \2\n  \1 = add i64 \1.now, 1", text)

    rewritten(patch, Loop, "execute", later)


@caught_by(waiting_is_left_at_once)
def a_spin_is_not_left(patch: Patch) -> None:
    right = Threaded._go
    patch.setattr(Threaded, "_go", lambda self, text, spins, *rest: right(self, text, False, *rest))


@caught_by(single_steps_and_threaded_code)
def a_step_more_than_was_allowed_is_left(patch: Patch) -> None:
    right = Threaded._left
    patch.setattr(Threaded, "_left", lambda self, text, ip: text.add(right(self, text, ip), number(64, 1)))


# ---- steps


@caught_by(single_steps_and_threaded_code)
def effects_see_those_before_them(patch: Patch) -> None:
    """As a trap entry that saves what it has already loaded."""
    right = Values.effects

    def one_by_one(self: Values, effects: Any, store: Any) -> None:
        for effect in effects:
            self.values.clear()
            right(self, (effect,), store)

    patch.setattr(Values, "effects", one_by_one)


@caught_by(the_first_trap_counts)
def the_last_trap_counts(patch: Patch) -> None:
    right = Exact._perform

    def perform(self: Exact, text: Body, values: Values, behaviour: Behaviour) -> None:
        right(self, text, values, Behaviour(behaviour.traps[::-1], behaviour.effects))

    patch.setattr(Exact, "_perform", perform)


@caught_by(single_steps_and_threaded_code)
def a_trapped_step_retires(patch: Patch) -> None:
    right = Loop._count
    patch.setattr(Loop, "_count", lambda self, text, name: None if name == "trapped" else right(self, text, name))


@caught_by(single_steps_and_threaded_code)
def a_trap_is_said_to_come_from_elsewhere(patch: Patch) -> None:
    right = Plan.site
    patch.setattr(Plan, "site", lambda self, trap: (right(self, trap) + 1) % len(self.sites))


@caught_by(the_machine_halts)
def nobody_notices_the_halt(patch: Patch) -> None:
    patch.setattr(Plan, "halts", lambda self, behaviour: False)


@caught_by(single_steps_and_threaded_code)
def what_is_always_zero_is_written(patch: Patch) -> None:
    right = plan_module.truth
    patch.setattr(plan_module, "truth", lambda holds: right(not holds))


@caught_by(relocation_changes_on_the_way)
def relocation_changes_in_threaded_code(patch: Patch) -> None:
    """What was hoisted is stale then."""
    right = Translator._is_plain

    def plain(self: Translator, instruction: Any) -> bool:
        fixed, self._fixed = self._fixed, frozenset()
        try:
            return right(self, instruction)
        finally:
            self._fixed = fixed

    patch.setattr(Translator, "_is_plain", plain)


# ---- code


@caught_by(single_steps_and_threaded_code)
def a_store_into_code_is_missed(patch: Patch) -> None:
    patch.setattr(Exact, "looked", lambda self, text, line, indexes, on, touch: text.jump(on))


@caught_by(single_steps_and_threaded_code)
def a_record_is_not_forgotten(patch: Patch) -> None:
    rewritten(patch, Exact, "touch", without("store i16 0"))


@caught_by(single_steps_and_threaded_code)
def a_record_is_not_forgotten_when_the_host_writes(patch: Patch) -> None:
    patch.setattr(Tables, "forget", lambda self, word: None)


@caught_by(single_steps_and_threaded_code)
def a_line_is_not_said_to_be_written(patch: Patch) -> None:
    rewritten(patch, Exact, "touch", without("atomicrmw or"))


@caught_by(one_engine_changes_the_code_of_another, a_region_is_changed_from_elsewhere)
def nobody_hears_of_code_that_changed(patch: Patch) -> None:
    right = Frame.take_rewritten
    patch.setattr(Frame, "take_rewritten", lambda self: list(right(self))[:0])


@caught_by(a_region_is_changed_from_elsewhere)
def a_region_is_not_forgotten(patch: Patch) -> None:
    patch.setattr(Translations, "forget", lambda self, word: None)


@caught_by(a_region_is_changed_from_elsewhere)
def the_words_of_a_region_are_not_marked(patch: Patch) -> None:
    patch.setattr(Tables, "mark", lambda self, word: None)


# ---- the window, and regions in it


@caught_by(the_window_ends_where_it_ends)
def the_window_is_longer_by_one(patch: Patch) -> None:
    right = Body.set

    def longer(self: Body, name: str, value: Value) -> None:
        right(self, name, self.add(value, number(64, 1)) if name == "window" else value)

    patch.setattr(Body, "set", longer)


@caught_by(the_window_ends_where_it_ends)
def a_region_reaches_out_of_the_window(patch: Patch) -> None:
    rewritten(patch, Threaded, "region", lambda text: text.replace("icmp ult", "icmp ne"))


@caught_by(the_same_words_at_another_address)
def a_region_is_entered_at_another_address(patch: Patch) -> None:
    def always(text: str) -> str:
        return re.sub(r"icmp eq i64 (%\w+), %ip", r"icmp eq i64 \1, \1", text)

    rewritten(patch, Threaded, "region", always)


@caught_by(code_that_changes_in_regions)
def steps_of_regions_are_not_counted(patch: Patch) -> None:
    right = Threaded._tail

    def tail(self: Threaded, text: Body, to: str, **places: Value) -> None:
        right(self, text, to, **{name: at for name, at in places.items() if (to, name) != ("@come", "end")})

    patch.setattr(Threaded, "_tail", tail)


def test_there_are_bugs_of_every_kind() -> None:
    assert len({bug.plant for bug in BUGS}) >= 20
