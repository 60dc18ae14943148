"""Regions of native code against single steps: random programs in which every place that is jumped to becomes one."""

import ctypes
from collections import Counter
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isa.assembler import assemble
from isa.engines.native.code import native_code
from isa.engines.native.compiler import Compiler, Linked, Tier
from isa.engines.native.convention import ARGUMENTS
from isa.engines.native.engine import NativeEngine
from isa.engines.native.frame import FIELD
from isa.engines.native.options import Options
from isa.engines.native.regions import Region, discover
from isa.engines.native.translate import source
from isa.engines.reference.engine import HAPPENED, ReferenceEngine
from isa.machine import Machine, Pause, Reason, Storage, Trap
from isa.machine.storage import DIRTY, REGION
from tests.isa.test_engine_programs import Stepping, ran
from tests.machines_to_test import EACH, G3, MACHINES
from tests.planting import Bugs, Patch, Planted, must_catch
from tests.program_strategies import Program, programs

pytestmark = pytest.mark.slow

WAY_IN = f"""
define i64 @enter(ptr %region, ptr %frame, ptr %state, ptr %cells, i64 %left, i64 %entry) {{
  %rest = call preserve_nonecc i64 %region(
    ptr %frame, ptr %state, i64 0, i64 %entry, i64 %left, i64 0, ptr %cells, ptr null)
  ret i64 %rest
}}

define preserve_nonecc i64 @rejoin({ARGUMENTS}) {{
  %hot = getelementptr i64, ptr %frame, i64 {FIELD["hot"]}
  store i64 %ip, ptr %hot
  ret i64 %end
}}
"""  # into a region as from threaded code, and back with the steps that are left and the pc in `hot`
ENTER = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_void_p)
MANY = 40  # steps in a region without coming out, as far as it is asked whether that can be


@cache
def compiled(text: str, tier: Tier, *symbols: str) -> Linked:
    return Compiler().load(text, tier, sha256(text.encode()).hexdigest(), symbols)


class Regions(ReferenceEngine):
    """Single steps, and regions where they can be entered. Code at the same pcs is shared between contexts."""

    tier, heat, most = Tier.QUICK, 2, 3

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        code = native_code(self.isa)
        self.frame = code.frame(machine, code.tables(machine.storage))
        way_in = compiled(WAY_IN, Tier.QUICK, "enter", "rejoin")
        self.go_in, self.frame["rejoin"] = ENTER(way_in.address("enter")), way_in.address("rejoin")
        self.made: list[Region] = []
        self.taken = 0
        self._entries: dict[tuple[int, ...], dict[int, tuple[Linked, int, Region]]] = {}
        self._visits: Counter[tuple[int, ...]] = Counter()
        self._ran: set[int] = set()
        self.storage.on_code_write(self._stale)

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        if self.machine.halted:
            return 0, Pause.HALT
        done = 0
        while done < limit:
            took = self._enter(limit - done)
            done += took
            if took:
                continue
            self.done, pc = done, self.state.block[self._pc]
            stop = self.single()
            if stop is not None:
                return done + (stop in HAPPENED), stop
            self._ran.add(pc)
            done += 1
            if self.state.block[self._pc] != pc + 1:
                self._visit()
        return done, Pause.LIMIT

    def _key(self) -> tuple[int, ...]:
        key: tuple[int, ...] = self.steps.context(self.state.block)
        return key

    def _enter(self, limit: int) -> int:
        found = self._entries.get(self._key(), {}).get(self.state.block[self._pc])
        left = min(limit, self.steps.horizon(self.state.block, self.storage.cells, self), 1 << 40)
        if found is None or left == 0:
            return 0
        code, number, region = found
        frame, entry = self.frame, (ctypes.c_uint64 * 4)(0, 0, 0, number)
        rest = self.go_in(code.address("region"), frame.address, frame["state"], frame["cells"], left, entry)
        assert 0 <= rest <= left and not frame["rewritten"]
        self.state.block[self._pc] = frame["hot"]
        assert not region.left_within(min(left - rest, MANY))
        self.advance(left - rest)
        self.taken += left - rest
        return int(left - rest)

    def _visit(self) -> None:
        pc, key = self.state.block[self._pc], self._key()
        self._visits[(*key, pc)] += 1
        entries = self._entries.setdefault(key, {})
        if self._visits[(*key, pc)] != self.heat or pc in entries or len(self.made) >= self.most:
            return
        region = discover(self.isa, self._word, pc, self._ran.__contains__)
        if region is not None:
            self.made.append(region)
            code = compiled(source(region, "region"), self.tier, "region")
            entries.update({pc: (code, n, region) for n, pc in enumerate(region.entries)})
            for at in region.code:
                self.storage.mark_code(self._at(at)[1], REGION)

    def _at(self, pc: int) -> tuple[Any, int]:
        """The word that would be fetched at a pc, or a trap, and where it lies."""
        before, self.state.block[self._pc] = self.state.block[self._pc], pc
        found = self.peek(), self.place() or 0
        self.state.block[self._pc] = before
        return found

    def _word(self, pc: int) -> int | None:
        word, index = self._at(pc) if pc >> self.isa.states[self.isa.pc].width == 0 else (None, 0)
        return word if isinstance(word, int) and index < self.size else None

    def _stale(self, word: int) -> None:
        self._entries.clear()
        self._ran.clear()


def dirty(machine: Machine) -> list[int]:
    """The lines that were written."""
    return [entry & DIRTY for entry in machine.storage.lines]


@EACH
@given(data=st.data())
def test_regions_change_nothing_but_speed(name: str, data: st.DataObject) -> None:
    program: Program = data.draw(programs(MACHINES[name]))
    native, stepped = program.bare(engine=Regions), program.bare(engine=Stepping)
    assert ran(native, program.budgets) == ran(stepped, program.budgets)
    assert dirty(native) == dirty(stepped)


ROUTINE = """
        .org 16
start:  li   r8, 300
1:      call around
        addi r8, r8, -1
        bnez r8, 1b
        halt
        .org 64
around: li   r4, 20000
2:      addi r4, r4, -1
        bnez r4, 2b
        ret
"""


def test_code_around_hot_loops_becomes_hot_too() -> None:
    """The routine is called less often than a place is to be jumped to, but much time is spent in it."""
    assert {18, 64} <= in_regions(ROUTINE)


def in_regions(text: str) -> set[int]:
    """The pcs that are in regions after a program has run."""
    options = Options(hot=1000, background=False, full=False)
    machine = Machine(G3, Storage(32, 1024), engine=lambda m: NativeEngine(m, options))
    machine.load(assemble(G3, text))
    assert machine.run(1 << 40).reason is Reason.HALT
    assert isinstance(machine.engine, NativeEngine)
    return {pc for installed in machine.engine.translations.installed.values() for pc in installed.region.code}


CALLS = """
        .org 16
start:  li   r8, 3000
        la   r7, apart
1:      {call}
        addi r8, r8, -1
        bnez r8, 1b
        halt
apart:  addi r4, r4, 1
        ret
"""


def a_loop_that_calls_is_one() -> None:
    assert 19 in in_regions(CALLS.format(call="call apart"))


def what_calls_an_unknown_place_is_left_at_once() -> None:
    assert not in_regions(CALLS.format(call="jalr ra, 0(r7)"))


BUGS = Bugs()
caught_by = BUGS.caught_by


@caught_by(a_loop_that_calls_is_one)
def a_return_leads_out(patch: Patch) -> None:
    patch.setattr(Region, "_goals", lambda self, placed: placed.goals)


@caught_by(a_loop_that_calls_is_one)
def all_is_left_at_once(patch: Patch) -> None:
    patch.setattr(Region, "left_within", lambda self, steps: True)


@caught_by(what_calls_an_unknown_place_is_left_at_once)
def a_call_returns_before_it_calls(patch: Patch) -> None:
    patch.setattr(Region, "_goals", lambda self, placed: (*placed.goals, *(self.returns if placed.computed else ())))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
