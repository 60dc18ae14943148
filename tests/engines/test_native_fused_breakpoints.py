"""Runs of instructions with a handler of their own, where breakpoints are in the middle of them; and bugs planted in
that."""

from typing import Any

import pytest

from isa.engines.native.fusing import Fusing
from isa.machine import Machine
from tests.engines.test_native_fused import FINE, FIRST, LOOP, Fresh, g3, module_anew
from tests.planting import Bugs, Check, Patch, Planted, must_catch

BUGS = Bugs()
caught_by = BUGS.caught_by


def breakpoints() -> None:
    """Breakpoints in the middle of a run, set when it is there, and taken away again."""
    for pcs, places in (({FIRST + 3}, set[int]()), (set[int](), {FIRST + 4, FIRST + 5}), ({FIRST}, {FIRST + 1})):

        def broken(machine: Machine, pcs: set[int] = pcs, places: set[int] = places) -> None:
            machine.breakpoints, machine.break_places = pcs, places
            machine.run(40), machine.run(40)
            machine.storage.store(FIRST + 2, machine.storage.load(FIRST + 2))
            machine.run(40)
            machine.breakpoints, machine.break_places = set(), set()

        g3(LOOP, FINE, broken)


def found_beside_a_breakpoint() -> None:
    """Runs are looked for again while a breakpoint splits the one that was there."""

    def broken(machine: Machine) -> None:
        machine.breakpoints = {FIRST + 3}
        machine.run(40)
        if isinstance(machine.engine, Fresh):
            assert machine.engine.fusing is not None
            machine.engine.fusing._next = machine.engine.fusing._looked = 0
        for _ in range(4):
            machine.run(40)

    g3(LOOP, FINE, broken)


@pytest.mark.parametrize("check", [breakpoints, found_beside_a_breakpoint], ids=lambda check: check.__name__)
def test_they_are_met(check: Check) -> None:
    check()


# ---- planted


@caught_by(breakpoints)
def runs_go_over_breakpoints(patch: Patch) -> None:
    module_anew(patch, "split")


@caught_by(found_beside_a_breakpoint)
def runs_are_made_of_what_was_there_once(patch: Patch) -> None:
    right, known = Fusing._decoded, dict[int, Any]()

    def decoded(self: Fusing) -> Any:
        known.update(right(self))
        return known.items()

    patch.setattr(Fusing, "_decoded", decoded)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
