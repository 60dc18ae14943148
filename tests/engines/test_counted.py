"""Engines that count say of each word how often it was executed, and trapped: what a trace of the same run says."""

from collections import Counter
from collections.abc import Callable
from random import Random
from struct import iter_unpack
from typing import Any

import pytest

from guests.catalogue import guests
from isa.assembler import assemble
from isa.engines.native.counted import CountedLoop, CountedNative, CountedThreaded, CountedTranslation
from isa.engines.native.options import Options
from isa.engines.native.text import number
from isa.engines.reference.counted import CountedReference, Counting
from isa.machine import Machine
from isa.machine.counts import SHEET, Counts, counts_of
from isa.machine.records import BEGINS, FORMAT, Kind, Recorder, Trace
from isa.machine.storage import Storage
from monitor.monitor import VirtualMachine, tower
from monitor.statistics import Decision
from proofs.runs.guests import Guest
from tests.engines.any_width import any_width
from tests.engines.differential import machine_of, move, run, run_by_traps
from tests.engines.engines import STEPPING, Factory
from tests.engines.fresh import anew
from tests.engines.hot_programs import HotGuest, Turn, hot_generator
from tests.guests.boot import image_of
from tests.machines_to_test import G3
from tests.planting import Bugs, Check, Patch, Planted, must_catch, passes
from tests.sizes import NIGHTLY

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

Counted = dict[int | None, tuple[int, int]]
SMALL = any_width(32)
GUESTS = 12 if NIGHTLY else 2


def native(**options: Any) -> Factory:
    return lambda machine: CountedNative(machine, Options(**{"background": False, "short": 0, **options}))


ENGINES: dict[str, Factory] = {
    "reference": CountedReference,
    "interpreter": native(regions=False),
    "quick": native(hot=2, full=False),
    "full": native(hot=1, full=True),
}


def played(hot: HotGuest, engine: Factory, trace: Callable[[memoryview], None] | None = None) -> Machine:
    machine = machine_of(hot, 0)
    machine.engine = engine(machine)
    if trace is not None:
        machine.trace = Trace(Recorder(trace))
    for turn in hot.turns:
        move(machine, turn)
        list(run(machine, turn.steps) if turn.whole else run_by_traps(machine, turn.steps))
    return machine


def traced(hot: HotGuest) -> Counted:
    """What the records of the steps say."""
    steps, traps = Counter[int | None](), Counter[int | None]()
    here: int | None = None

    def consume(records: memoryview) -> None:
        nonlocal here
        for _, kind, first, _ in iter_unpack(FORMAT, records):
            if kind in BEGINS:
                here = None if kind == Kind.UNFETCHED else first
                steps[here] += 1
            elif kind == Kind.PLACE:
                steps[here] -= 1
                here = first
                steps[here] += 1
            elif kind == Kind.TRAP:
                traps[here] += 1

    played(hot, STEPPING, consume)
    return {place: (count, traps[place]) for place, count in steps.items() if count}


def counted(hot: HotGuest, engine: Factory) -> Counted:
    machine = played(hot, engine)
    return {c.place: (c.steps, c.trapped) for c in counts_of(machine.storage).of(machine.storage)}


def random_guests(*names: str) -> None:
    """Compiled anew for whoever planted something."""
    with Patch.context() as patch:
        generator = hot_generator(anew(patch, SMALL))
        for seed in range(GUESTS):
            hot = generator.hot_guest(Random(seed), 600)
            right = traced(hot)
            for name in names:
                assert counted(hot, ENGINES[name]) == right, (seed, name)


def python() -> None:
    random_guests("reference")


def threaded() -> None:
    random_guests("interpreter")


PROGRAMS = (
    "set r9, 9\n1: set r5, 40\n2: addi r7, r7, 3\n addi r5, r5, -1\n bnez r5, 2b\n addi r9, r9, -1\n bnez r9, 1b\n",
    "la r1, 2f\n1: addi r7, r7, 1\n lw r2, 0(r1)\n lw r3, 0(r2)\n addi r1, r1, 1\n b 1b\n"
    "2: .word 1, 2, 3, 4, 5, 6, 7, 8, 9, 70000\n",
    "set r9, 30\n1: jal r14, 3f\n addi r9, r9, -1\n bnez r9, 1b\n b 4f\n3: addi r7, r7, 1\n jr r14\n4: nop\n",
)  # a counted loop, a load that traps in the middle of a block, a routine


def regions() -> None:
    for source in PROGRAMS:
        image = assemble(G3, f".org 8\n.word stop, 0, 0, 4096\n.org 64\nstart: {source}\nstop: halt\n")
        words = {s.address + i: word for s in image.segments for i, word in enumerate(s.words)}
        hot = HotGuest(Guest(G3, words, {"pc": 64, "bound": 4096}, 4096), tuple(Turn(n, {}, {}) for n in (33, 5000)))
        assert counted(hot, ENGINES["quick"]) == traced(hot)


@pytest.mark.nightly
def test_all_tiers_of_regions_count() -> None:
    random_guests("quick", "full")


@pytest.mark.parametrize("check", (python, threaded, regions), ids=lambda check: check.__name__)
def test_counts_are_those_of_a_trace(check: Check) -> None:
    passes(check)


@pytest.mark.parametrize("depth", (1, 2))
def test_what_runs_directly_is_counted_below_a_monitor(depth: int) -> None:
    """By the word of the guest's own storage; what a monitor did for it is among the exits."""
    guest = next(g for g in guests() if g.name == "traps")
    machine = tower(G3, guest.storage, depth, engine="native, counting")
    machine.load(image_of(guest, G3))
    machine.run(guest.steps)
    direct = counts_of(machine.storage).of(machine.storage)
    levels = [m.statistics for m in machine.hosts if isinstance(m, VirtualMachine)]
    emulated = sum(n for s in levels for (d, *_), n in s.exits.items() if d is Decision.EMULATED)
    assert sum(c.steps for c in direct) + emulated == machine.retired
    assert not any(c.trapped for c in direct)
    if depth == 1:
        assert sum(c.steps for c in direct) == machine.statistics.direct


def test_large_storage_is_not_touched_where_nothing_ran() -> None:
    counts, storage = Counts(1 << 24), Storage(32, 1 << 15)
    counts.add(SHEET - 1)
    counts.add(SHEET - 1, trapped=True)
    counts.steps[2] += 5  # a run that goes through a whole sheet
    counts.steps[3 * SHEET] -= 5
    found = counts.of(storage)
    assert [c.place for c in found] == [*range(2, 3 * SHEET)]
    assert found[SHEET - 3] == (SHEET - 1, 7, 1) and found[-1] == (3 * SHEET - 1, 5, 0)


# ---- planted

BUGS = Bugs()


@BUGS.caught_by(python)
def python_counts_no_traps(patch: Patch) -> None:
    patch.setattr(Counting, "enter", lambda self, trap: super(Counting, self).enter(trap))


@BUGS.caught_by(threaded)
def a_run_ends_one_record_late(patch: Patch) -> None:
    made = CountedThreaded._edge
    late = number(64, 8)
    patch.setattr(
        CountedThreaded, "_edge", lambda self, text, ip, by: made(self, text, text.add(ip, late) if by < 0 else ip, by)
    )


@BUGS.caught_by(threaded)
def single_steps_are_not_counted(patch: Patch) -> None:
    patch.setattr(CountedLoop, "_took", lambda self, text: None)


@BUGS.caught_by(threaded)
def native_traps_are_not_counted(patch: Patch) -> None:
    patch.setattr(CountedLoop, "_trapped", lambda self, text: None)


@BUGS.caught_by(threaded)
def what_cannot_be_fetched_is_counted_somewhere(patch: Patch) -> None:
    patch.setattr(CountedLoop, "_look", lambda self, text: text.set("counted", number(64, 0)))


@BUGS.caught_by(regions)
def a_block_that_is_left_counts_whole(patch: Patch) -> None:
    patch.setattr(CountedTranslation, "kind", "left whole")
    patch.setattr(CountedTranslation, "_left_out", lambda self, block, number_: None)


@BUGS.caught_by(regions)
def all_rounds_count_once(patch: Patch) -> None:
    made = CountedTranslation._took
    patch.setattr(CountedTranslation, "kind", "rounds once")
    patch.setattr(CountedTranslation, "_took", lambda self, block, times: made(self, block, number(64, 1)))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError))
