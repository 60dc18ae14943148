"""Breakpoints do not make a machine go singly: engines stop at them, and stop nowhere else; bugs planted in that."""

from collections.abc import Callable, Iterable
from functools import cache, lru_cache

import pytest

from isa.assembler import assemble
from isa.devices import Ports
from isa.engines.choice import bare
from isa.engines.native import layered
from isa.engines.native.engine import NativeEngine
from isa.engines.native.exact import Body
from isa.engines.native.frame import FIELD
from isa.engines.native.layer_code import layer_code
from isa.engines.native.translations import Translations, translations_of
from isa.engines.reference.engine import ReferenceEngine
from isa.machine import Machine, Pause, Reason, Storage
from monitor import following, native
from monitor.dispatcher import Dispatcher
from monitor.monitor import VirtualMachine, tower
from monitor.native import NativeLevel
from tests.engines.engines import Factory
from tests.engines.engines import native as native_engine
from tests.engines.fresh import hasty
from tests.machines_to_test import G3
from tests.planting import Bugs, Planted, must_catch, passes

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
HOT = native_engine(hot=4)
ENGINES: dict[str, Factory] = {"native": HOT, "threaded": native_engine(regions=False), "reference": ReferenceEngine}

# A user's loop at two places, one after the other, that calls the kernel; some of its code is written anew each time.
PROGRAM = """
        .org  8
        .word handler, 0, 0, 0xffffffff
        .org  16
start:  lpsw  first(r0)
first:  .word 0, 1, 64, 32
second: .word 0, 1, 96, 32
handler: addi r7, r7, 1
        lw    r1, 2(r0)
        addi  r1, r1, -64
        bnez  r1, 1f
        lpsw  second(r0)
1:      lpsw  first(r0)
        .org  64
user:   set   r2, 60
0:      addi  r3, r3, 1
        lw    r4, 4(r0)
        xor   r6, r6, r4
        addi  r5, r5, 1
        addi  r2, r2, -1
        bnez  r2, 0b
        svc   1
        .org  96
again:  set   r2, 9
0:      addi  r3, r3, 1
        lw    r4, 4(r0)
        sw    r4, 4(r0)
        addi  r5, r5, 1
        addi  r2, r2, -1
        bnez  r2, 0b
        svc   1
"""
IMAGE = assemble(G3, PROGRAM, "breaks.s")
STEPS = 1200
Stops = tuple[set[int], set[int]]  # pcs, places


def machine(engine: Factory, depth: int = 0) -> Machine:
    made: Machine
    if depth:
        made = tower(G3, 4096, depth)
        made.hosts[-1].engine = engine(made.hosts[-1])
    else:
        made = bare(G3, Storage(32, 4096))
        made.engine = engine(made)
    made.load(IMAGE)
    return made


@cache
def moments() -> tuple[list[tuple[int, int | None]], list[int], int]:
    """A run taken singly: pc and place before each step; at the end its state, and how many steps did not trap."""
    made, found = machine(ReferenceEngine), []
    for _ in range(STEPS):
        found.append((made.state.block[made.pc_slot], made.engine.place()))
        made.run(1)
    return found, made.state.block.tolist(), made.retired


def singly(stops: Stops) -> list[int]:
    """The steps before which a run stops."""
    return [step for step, (pc, place) in enumerate(moments()[0]) if pc in stops[0] or place in stops[1]]


def met(made: Machine, stops: Stops, until: int = STEPS) -> list[int]:
    made.breakpoints, made.break_places = stops
    found = []
    while made.run(until - made.steps).reason is Reason.BREAKPOINT:
        found.append(made.steps)
    made.breakpoints, made.break_places = set(), set()
    return found


CHOICES: tuple[Stops, ...] = (
    ({1}, set()),  # in the loop, at both places
    (set(), {97}),  # at one of them
    (set(), {100}),  # what is written anew
    ({4}, {97}),
    ({7}, {IMAGE.symbols["handler"]}),  # what traps, and what it traps to
    ({200}, {500}),  # never
)


def every_stop_is_met(engines: Iterable[str] = ENGINES, depth: int = 0) -> None:
    for stops in CHOICES:
        for name in engines:
            made = machine(ENGINES[name], depth)
            assert met(made, stops) == singly(stops), (name, stops)
            assert (made.state.block.tolist(), made.retired) == moments()[1:]


def stops_that_come_late_are_met() -> None:
    """The code is hot by then, and is hot again afterwards."""
    for stops in CHOICES[:1]:
        made = machine(HOT)
        made.run(400)
        translations = regions(made)
        assert translations.installed
        assert met(made, stops, 800) == [step for step in singly(stops) if 400 <= step < 800], stops
        assert not any(
            pc in stops[0] or word in stops[1] for r in translations.installed.values() for pc, word in r.words.items()
        )
        before = translations.made
        made.run(400)
        assert translations.made > before
        assert any(
            pc in stops[0] or word in stops[1] for r in translations.installed.values() for pc, word in r.words.items()
        )


def passed(translations: Translations, stops: Stops) -> bool:
    """Whether a region has one of them in it."""
    words = (pair for region in translations.installed.values() for pair in region.words.items())
    return any(pc in stops[0] or word in stops[1] for pc, word in words)


def regions(made: Machine) -> Translations:
    assert isinstance(made.engine, NativeEngine)
    return translations_of(G3, made.storage.root, made.engine.tables)


def never_met_is_as_fast() -> None:
    """As many steps are taken in regions as without."""
    taken = []
    for stops in (set[int](), {500}):
        made = machine(HOT)
        made.break_places = stops
        made.run(4_000)
        taken.append(sum(region.steps for region in regions(made).installed.values()))
    assert taken[1] >= 0.9 * taken[0] > 1_000


def under_a_monitor() -> None:
    every_stop_is_met(["native"], 1)


def behind_what_python_does() -> None:
    """Under a monitor, in a loop that sends a word each time, which is Python's: there, and before and behind it."""
    source = ".org 16\nset r2, 40\n1: addi r3, r3, 1\nout r3, r0\naddi r2, r2, -1\nbnez r2, 1b\nhalt\n"
    image = assemble(G3, source, "out.s")
    for stops in ({17}, {18}, {19}, {18, 19}):
        found = []
        for depth in (0, 1):
            made = tower(G3, 4096, 1, Ports({})) if depth else bare(G3, Storage(32, 4096), Ports({}))
            made.hosts[-1].engine = HOT(made.hosts[-1])
            made.load(image)
            found.append(met(made, (stops, set()), 160))
        assert found[0] == found[1] and len(found[0]) > 30


def refused(*arguments: object) -> None:
    raise AssertionError("Python was asked for steps")


def stays_native() -> None:
    """Breakpoints that are never met keep no exit from native code: Python takes no single step for any."""
    made = machine(HOT, 1)
    assert isinstance(made, VirtualMachine)
    made.breakpoints, made.break_places = {200}, {500}
    made.run(STEPS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dispatcher, "_stretch", refused)
        assert made.run(STEPS).reason is Reason.BUDGET


def test_every_stop_is_met() -> None:
    passes(every_stop_is_met)


@pytest.mark.parametrize("depth", [1, 2])
def test_so_they_are_under_monitors(depth: int) -> None:
    every_stop_is_met(["native", "reference"], depth)


@pytest.mark.parametrize("check", [behind_what_python_does, stays_native], ids=lambda check: check.__name__)
def test_under_a_monitor(check: Callable[[], None]) -> None:
    passes(check)


def test_stops_that_come_late_are_met() -> None:
    passes(stops_that_come_late_are_met)


def test_a_stop_that_is_never_met_keeps_nothing_from_regions() -> None:
    passes(never_met_is_as_fast)


# ---- planted


@caught_by(every_stop_is_met)
def blocks_that_pass_a_breakpoint(patch: Patch) -> None:
    patch.setattr(ReferenceEngine, "_heed", lambda self: None)
    lines = ReferenceEngine._lines

    def all_lines(self: ReferenceEngine, pc: int) -> list[object]:
        stops = self.machine.breakpoints, self.machine.break_places
        self.machine.breakpoints, self.machine.break_places = set(), set()
        try:
            return lines(self, pc)  # type: ignore[return-value]
        finally:
            self.machine.breakpoints, self.machine.break_places = stops

    patch.setattr(ReferenceEngine, "_lines", all_lines)


@caught_by(every_stop_is_met, stops_that_come_late_are_met)
def regions_that_pass_a_breakpoint(patch: Patch) -> None:
    patch.setattr(Translations, "_avoids", lambda self, pc, word: False)


@caught_by(stops_that_come_late_are_met)
def regions_that_are_never_made_again(patch: Patch) -> None:
    avoid = Translations.avoid

    def once(self: Translations, *rest: object) -> None:
        avoid(self, *rest)  # type: ignore[arg-type]
        self.hot = lambda *rest: None  # type: ignore[method-assign,assignment]

    patch.setattr(Translations, "avoid", once)


@caught_by(every_stop_is_met)
def a_breakpoint_that_is_not_passed_again(patch: Patch) -> None:
    patch.setattr(Machine, "at_breakpoint", lambda self: self.state.block[self.pc_slot] in self.breakpoints)


@caught_by(under_a_monitor)
def places_of_a_guest_taken_for_those_of_its_host(patch: Patch) -> None:
    stopping = following.stopping

    def here(dispatcher: object) -> object:
        patch.setattr(dispatcher, "offset", 0)
        return stopping(dispatcher)  # type: ignore[arg-type]

    patch.setattr("monitor.dispatcher.stopping", here)


def unasked(patch: Patch, of: str) -> None:
    """Native code of a layer does not ask where this field counts the steps before."""
    right = layered.if_at_one

    def ask(text: Body, done: str, frame: str, out: str, on: str) -> None:
        right(text, "never" if done == of else done, frame, out, on)

    patch.setitem(FIELD, "never", FIELD["next"])
    patch.setattr(layered, "if_at_one", ask)
    hasty(patch)
    patch.setattr(native, "layer_code", lru_cache(layer_code.__wrapped__))


@caught_by(under_a_monitor)
def nobody_asks_between_direct_runs(patch: Patch) -> None:
    unasked(patch, "ran")


@caught_by(under_a_monitor)
def nobody_asks_where_a_direct_run_goes_on(patch: Patch) -> None:
    unasked(patch, "partial")


@caught_by(behind_what_python_does)
def native_code_goes_on_behind_what_python_did(patch: Patch) -> None:
    patch.setattr(NativeLevel, "_went_on", lambda self, stop: stop is Pause.ASKED and not self.vm.disturbed)


@caught_by(stays_native)
def breakpoints_are_for_python(patch: Patch) -> None:
    patch.setattr("monitor.dispatcher.Virtual", Machine)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
