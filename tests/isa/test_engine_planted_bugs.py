"""Bugs planted in the engine, the machine and the time law, each caught by a named check that the code passes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from isa.description import Instruction
from isa.devices import Ports
from isa.engines.reference import blocks as blocks_module
from isa.engines.reference import engine as reference_module
from isa.engines.reference import steps as steps_module
from isa.engines.reference.blocks import BlockSource, Translator
from isa.engines.reference.engine import ReferenceEngine
from isa.engines.reference.source import PythonSource
from isa.engines.reference.steps import Steps
from isa.ir.fold import add, const
from isa.ir.nodes import FALSE, Behaviour, Expr, SetElement
from isa.machine import Machine, Pause, Storage, Trap
from isa.machine.storage import DIRTY, LINE_SHIFT
from isa.machine.time import COUNT_WIDTH, Counter, Time
from tests.isa.shortcut_checks import (
    CAUGHT,
    Patch,
    a_device_calls_in_time,
    a_device_is_asked_after_traps,
    a_loop_that_leaves_in_the_middle,
    a_trap_entry_over_code,
    a_trap_entry_that_halts,
    code_that_rewrites_itself,
    code_under_two_relocations,
    storage_ends_where_it_ends,
    the_clock_rings_in_a_loop,
    the_timer_stops_at_1,
    waiting_takes_its_time,
)
from tests.planting import Bugs, Planted, must_catch

pytestmark = pytest.mark.every(2)

BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, CAUGHT)


# ---- blocks


@caught_by(a_loop_that_leaves_in_the_middle)
def wrong_count_at_a_side_exit(patch: Patch) -> None:
    right = blocks_module._Writer._leave
    patch.setattr(blocks_module._Writer, "_leave", lambda self, pc, ran: right(self, pc, ran - 1 if ran > 1 else ran))


@caught_by(a_loop_that_leaves_in_the_middle)
def register_not_written_back(patch: Patch) -> None:
    right = blocks_module._Writer._write

    def write(self: Any, *parts: Any) -> str:
        test = right(self, *parts)
        self.source.changed.discard("x4")
        return test

    patch.setattr(blocks_module._Writer, "_write", write)


@caught_by(code_that_rewrites_itself)
def store_into_code_missed(patch: Patch) -> None:
    def touch(self: Storage, index: int) -> bool:
        self.lines[index >> LINE_SHIFT] |= DIRTY
        return False

    patch.setattr(Storage, "touch", touch)


@caught_by(a_trap_entry_over_code)
def lines_taken_for_dirty(patch: Patch) -> None:
    patch.setattr(PythonSource, "_line", lambda self, at: str(DIRTY))


@caught_by(a_trap_entry_that_halts)
def halts_not_looked_for(patch: Patch) -> None:
    patch.setattr(Steps, "halted", FALSE)


@caught_by(code_that_rewrites_itself)
def block_not_forgotten(patch: Patch) -> None:
    patch.setattr(ReferenceEngine, "_forget", lambda self, word: None)


@caught_by(code_under_two_relocations)
def context_stale_after_a_relocation(patch: Patch) -> None:
    right = ReferenceEngine._context

    def context(self: ReferenceEngine) -> Any:
        if not hasattr(self, "first"):
            self.first = right(self)
        return self.first

    patch.setattr(ReferenceEngine, "_context", context)


@caught_by(storage_ends_where_it_ends)
def limit_off_by_one_in_in_range(patch: Patch) -> None:
    right = BlockSource.in_range

    def in_range(self: BlockSource, index: Expr) -> str | None:
        self.storage_size += 1
        try:
            return right(self, index)
        finally:
            self.storage_size -= 1

    patch.setattr(BlockSource, "in_range", in_range)


@caught_by(the_timer_stops_at_1, the_clock_rings_in_a_loop)
def counters_lag_behind_blocks(patch: Patch) -> None:
    patch.setattr(Steps, "advance", lambda *arguments: None)


@caught_by(the_timer_stops_at_1)
def reader_of_time_in_a_block(patch: Patch) -> None:
    """An instruction that only writes registers may still see what a block does not keep up to date."""
    right = Translator._is_plain

    def plain(self: Translator, instruction: Instruction) -> bool:
        only_registers = all(isinstance(e, SetElement) for e in instruction.behaviour.effects)
        return only_registers or right(self, instruction)

    patch.setattr(Translator, "_is_plain", plain)


# ---- time


@caught_by(the_clock_rings_in_a_loop)
def prologue_not_asked_at_its_horizon(patch: Patch) -> None:
    patch.setattr(Steps, "horizon", lambda *arguments: 1 << 40)


def shifted(by: int) -> Callable[[Time, tuple[Expr, ...]], Expr | None]:
    right = Time.horizon

    def horizon(self: Time, further: Any = ()) -> Expr | None:
        found = right(self, further)
        return None if found is None else add(found, const(COUNT_WIDTH, by))

    return horizon


@caught_by(the_clock_rings_in_a_loop)
def horizon_late_by_one(patch: Patch) -> None:
    patch.setattr(Time, "horizon", shifted(1))


@caught_by(the_timer_stops_at_1)
def counter_below_its_floor(patch: Patch) -> None:
    right = Counter.after
    patch.setattr(Counter, "after", lambda self, n: right(replace(self, stops=()), n))


@caught_by(waiting_takes_its_time)
def skipped_time_that_does_not_pass(patch: Patch) -> None:
    patch.setattr(ReferenceEngine, "advance", lambda self, steps: None)


@caught_by(waiting_takes_its_time)
def wait_that_ends_too_late(patch: Patch) -> None:
    right = ReferenceEngine.spin_horizon
    patch.setattr(ReferenceEngine, "spin_horizon", lambda self: right(self) + 1)


# ---- the machine


@caught_by(a_device_calls_in_time)
def deadline_passed_by(patch: Patch) -> None:
    """Devices act only when a run begins."""
    right = Ports.deadline
    patch.setattr(Ports, "deadline", lambda self: None if (due := right(self)) is None else due + 7)


@caught_by(a_device_calls_in_time)
def device_told_a_stale_time(patch: Patch) -> None:
    right = Machine.receive
    patch.setattr(Machine, "receive", lambda self, channel, port, ahead: right(self, channel, port, ahead - 1))


@caught_by(the_clock_rings_in_a_loop)
def trapped_step_not_counted(patch: Patch) -> None:
    right = ReferenceEngine.deliver

    def deliver(self: ReferenceEngine, limit: int) -> tuple[int, int, Pause]:
        ran, trapped, why = right(self, limit)
        return ran - trapped, 0, why

    patch.setattr(ReferenceEngine, "deliver", deliver)


@caught_by(a_device_is_asked_after_traps)
def time_of_delivered_traps_not_told(patch: Patch) -> None:
    def deliver(engine: ReferenceEngine, machine: Machine, limit: int) -> tuple[int, int, Trap | Pause]:
        done = trapped = 0
        while done < limit:
            ran, why = engine.execute(limit - done)
            done += ran
            if not isinstance(why, Trap):
                return done, trapped, why
            engine.enter(why)
            done, trapped = done + 1, trapped + 1
        return done, trapped, Pause.LIMIT

    patch.setattr(reference_module, "deliver", deliver)


# ---- single steps


@caught_by(a_loop_that_leaves_in_the_middle)
def later_writes_do_not_win(patch: Patch) -> None:
    right = steps_module.merge
    for module in (steps_module, blocks_module):
        reversed_ = lambda isa, found: right(isa, Behaviour(found.traps, found.effects[::-1]))  # noqa: E731
        patch.setattr(module, "merge", reversed_)


def test_there_are_bugs_of_every_kind() -> None:
    assert len({bug.plant for bug in BUGS}) >= 14
