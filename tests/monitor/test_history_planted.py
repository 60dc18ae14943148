"""Bugs planted in histories, each caught by the check that the history as it is passes: an operating system with timer,
console, disk and random source, bare or two monitors deep, that goes back and forth."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from isa.assembler import assemble
from isa.devices.console import Console
from isa.devices.disk import Disk
from isa.devices.inputs import Live, Script
from isa.devices.journal import Journal, Once
from isa.devices.ports import Ports
from isa.devices.random import RandomSource
from isa.devices.recording import Recorder
from isa.devices.transcript import Transcript
from isa.engines.choice import AUTO, bare
from isa.errors import TraplineError
from isa.machine import Machine, Storage
from isa.machine.lines import Lines
from isa.machine.moment import Moment
from monitor.history import cuts
from monitor.history.course import Course
from monitor.history.history import MEMORY, History
from monitor.history.tower import Account, Tower
from monitor.monitor import VirtualMachine, tower
from monitor.statistics import Accounts, Statistics
from tests.machines_to_test import G3
from tests.monitor import test_history_outside as outside
from tests.monitor.history_checks import guest_at, kept_everywhere, small_stretches, whole
from tests.monitor.test_unknown import ISA as UNSURE
from tests.planting import Bugs, Planted, must_catch

pytestmark = pytest.mark.every(2)

Patch = pytest.MonkeyPatch
BUGS = Bugs()
caught_by = BUGS.caught_by
GOES = (9_000, 3_500, 3_501, 14_000, 0, 12_289, 6_000, 13_000)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError, IndexError, OSError, TraplineError))


# ---- checks


COUNTING = """
start:  lw   r1, 200(r0)
        addi r1, r1, 1
        sw   r1, 200(r0)
        andi r2, r1, 511
        sw   r1, 256(r2)
        b    start
"""


def counting_at(name: str, depth: int) -> Machine:
    """Each step depends on what storage held."""
    made = bare(G3, Storage(32, 1024), engine=AUTO)
    made.load(assemble(G3, COUNTING, name))
    return made


def unsure_at(name: str, depth: int) -> Machine:
    vm = tower(UNSURE, 1024, depth)
    vm.load(assemble(UNSURE, "start: any r1\n own r2\n add r3, r3, r1\n b start", name))
    return vm


@cache
def fresh(make: Callable[[str, int], Machine], name: str, depth: int, step: int) -> dict[str, object]:
    twin = make(name, depth)
    cuts.fresh(twin, step)
    return whole(twin)


def check(history: History, name: str, depth: int, step: int, make: Callable[[str, int], Machine] = guest_at) -> None:
    history.go(step)
    ours, theirs = whole(history.machine), fresh(make, name, depth, step)
    assert [name for name in theirs if ours[name] != theirs[name]] == []


def an_operating_system_goes_back_and_forth_bare() -> None:
    history = kept_everywhere(guest_at("os", 0))
    for step in (9_000, 3_500, 3_501, 9_000):
        check(history, "os", 0, step)


def an_operating_system_goes_back_and_forth_in_a_tower() -> None:
    history = kept_everywhere(guest_at("os", 2))
    for step in (9_000, 3_500, 3_501, 9_000):
        check(history, "os", 2, step)


def nobody_looks_in_between() -> None:
    """To look at what is counted means to count what native code holds."""
    history = kept_everywhere(guest_at("os", 2))
    history.go(9_000)
    check(history, "os", 2, 3_500)


def dice_fall_as_they_fell() -> None:
    history = kept_everywhere(guest_at("dice", 0))
    for step in (700, 90, 500):
        check(history, "dice", 0, step)


def choices_are_made_again() -> None:
    history = kept_everywhere(unsure_at("unsure", 1))
    for step in (5_000, 100, 4_500):
        check(history, "unsure", 1, step, unsure_at)


def what_was_counted_in_storage_is_counted_again() -> None:
    history = kept_everywhere(counting_at("counting", 0))
    for step in (3_000, 100, 9_000, 5_000):
        check(history, "counting", 0, step, counting_at)


def what_lies_in_between_can_be_forgotten() -> None:
    """With hardly any memory, there are hardly any checkpoints."""
    with small_stretches():
        full, small = (kept_everywhere(counting_at("counting", 0), memory) for memory in (MEMORY, 80_000))
        full.go(4_000)
        small.go(4_000)
        assert 3 < len(small.checkpoints.points) < len(full.checkpoints.points)
        assert small.checkpoints.size <= 80_000 < full.checkpoints.size
        for step in (3_900, 2_000, 3_000, 1):
            check(small, "counting", 0, step, counting_at)


BARE, TOWER = an_operating_system_goes_back_and_forth_bare, an_operating_system_goes_back_and_forth_in_a_tower


# ---- bugs


@caught_by(BARE, TOWER)
def traffic_counted_twice(patch: Patch) -> None:
    rewind = Ports.rewind

    def wrong(self: Ports, mark: Any) -> None:
        rewind(self, mark._replace(traffic=self.traffic))

    patch.setattr(Ports, "rewind", wrong)


@caught_by(BARE, TOWER)
def console_not_restored(patch: Patch) -> None:
    patch.setattr(Console, "rewind", lambda self, mark: None)


@caught_by(BARE, TOWER)
def disk_not_restored(patch: Patch) -> None:
    patch.setattr(Disk, "rewind", lambda self, mark: None)


@caught_by(BARE)
def script_not_restored(patch: Patch) -> None:
    patch.setattr(Script, "rewind", lambda self, mark: None)


@caught_by(dice_fall_as_they_fell)
def random_source_not_restored(patch: Patch) -> None:
    patch.setattr(RandomSource, "rewind", lambda self, mark: None)


@caught_by(BARE)
def transcript_shared_with_the_checkpoint(patch: Patch) -> None:
    patch.setattr(Transcript, "mark", lambda self: (self.dropped, self.digest, self._recent))
    patch.setattr(Transcript, "rewind", lambda self, mark: setattr(self, "_recent", mark[2]))


@caught_by(TOWER)
def counts_shared_with_the_checkpoint(patch: Patch) -> None:
    def shared(self: Statistics) -> Accounts:
        self.settle()
        return Accounts(self._counts, self._direct, self._interpreted)  # type: ignore[arg-type]

    def taken(self: Statistics, mark: Any) -> None:
        self._counts, self._direct, self._interpreted = mark

    patch.setattr(Statistics, "mark", shared)
    patch.setattr(Statistics, "rewind", taken)


@caught_by(nobody_looks_in_between)
def counts_that_native_code_holds_forgotten(patch: Patch) -> None:
    """What is pending belongs to the stretch that is left."""

    def wrong(self: Statistics, mark: Accounts) -> None:
        self._counts = {kind: [*counts] for kind, counts in mark.counts.items()}
        self._direct, self._interpreted = mark.direct, mark.interpreted

    patch.setattr(Statistics, "rewind", wrong)


@caught_by(TOWER)
def shadow_of_a_level_forgotten(patch: Patch) -> None:
    put = Tower.put

    def wrong(self: Tower, machines: list[Machine]) -> None:
        fewer = Tower(self.moments[:1] + self.moments[2:], self.accounts[:1] + self.accounts[2:])
        put(fewer, machines[:1] + machines[2:])

    patch.setattr(Tower, "put", wrong)


@caught_by(TOWER)
def accounts_forgotten(patch: Patch) -> None:
    patch.setattr(Account, "put", lambda self, vm: None)


@caught_by(TOWER)
def last_exit_forgotten(patch: Patch) -> None:
    def wrong(self: Account, vm: VirtualMachine) -> None:
        vm.exit = self.exit
        vm.statistics.rewind(self.counted)

    patch.setattr(Account, "put", wrong)


@caught_by(choices_are_made_again)
def choices_not_restored(patch: Patch) -> None:
    put = Moment.put

    def wrong(self: Moment, machine: Machine) -> None:
        chosen = machine.random.getstate()
        put(self, machine)
        machine.random.setstate(chosen)

    patch.setattr(Moment, "put", wrong)


@caught_by(what_was_counted_in_storage_is_counted_again)
def lines_written_since_a_checkpoint_left_as_they_are(patch: Patch) -> None:
    put = Lines.put

    def wrong(self: Lines, moment: int) -> None:
        self.storage.take_dirty()
        put(self, moment)

    patch.setattr(Lines, "put", wrong)


@caught_by(what_was_counted_in_storage_is_counted_again)
def marks_taken_from_a_history(patch: Patch) -> None:
    """Somebody else asks for the lines that were written, and what he takes is lost."""
    patch.setattr(Storage, "_note", lambda self, ahead, lines: None)
    run = Machine.run

    def nosy(self: Machine, budget: int) -> Any:
        end = run(self, budget)
        self.storage.take_dirty()
        return end

    patch.setattr(Machine, "run", nosy)


@caught_by(what_lies_in_between_can_be_forgotten)
def lines_of_a_forgotten_checkpoint_forgotten(patch: Patch) -> None:
    def wrong(self: Lines, moment: int) -> None:
        del self.moments[moment]
        self.present -= self.present > moment

    patch.setattr(Lines, "drop", wrong)


@caught_by(TOWER)
def cut_where_somebody_looked(patch: Patch) -> None:
    """A tower runs on from where it happened to be stopped."""

    def wrong(self: Course, number: int, step: int, guest: Machine) -> bool:
        return number == self.checkpoints.lines.present and guest.steps <= step

    patch.setattr(Course, "_leads", wrong)


# ---- what goes out


def nothing_is_printed_twice() -> None:
    outside.test_nothing_is_printed_twice(0)


def a_disk_is_as_it_was() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "disk"
        path.write_bytes(bytes(4 * outside.STRIDE))
        outside.test_a_disk_is_in_the_past_as_it_was_then(1, path, Path(folder))


def what_was_typed_arrives_again() -> None:
    with TemporaryDirectory() as folder:
        outside.test_what_was_typed_arrives_again_and_is_recorded_once(1, Path(folder))


@caught_by(nothing_is_printed_twice)
def everything_printed_again(patch: Patch) -> None:
    patch.setattr(Once, "write", lambda self, data: self.inner.write(data))


@caught_by(a_disk_is_as_it_was)
def blocks_read_as_they_are_now(patch: Patch) -> None:
    patch.setattr(Journal, "read", lambda self, offset, count: self.inner.read(offset, count))


@caught_by(a_disk_is_as_it_was)
def blocks_written_again(patch: Patch) -> None:
    write = Journal.write

    def wrong(self: Journal, offset: int, data: bytes) -> None:
        self.inner.write(offset, data)
        write(self, offset, data)

    patch.setattr(Journal, "write", wrong)


@caught_by(a_disk_is_as_it_was)
def blocks_of_another_branch_kept(patch: Patch) -> None:
    patch.setattr(Journal, "branch", lambda self: None)


@caught_by(what_was_typed_arrives_again)
def arrivals_forgotten(patch: Patch) -> None:
    patch.setattr(Live, "_again", lambda self, now: b"")


@caught_by(what_was_typed_arrives_again)
def recording_of_another_branch_kept(patch: Patch) -> None:
    patch.setattr(Recorder, "back_to", lambda self, end: None)
