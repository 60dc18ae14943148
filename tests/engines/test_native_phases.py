"""Programs that go on in another way than they began: regions are made larger when that is worth it."""

from dataclasses import replace

import pytest

from isa.assembler import assemble
from isa.engines.native import translations
from isa.engines.native.engine import NativeEngine
from isa.engines.native.options import Options
from isa.engines.native.translations import Installed, Place, Translations
from isa.engines.reference.engine import ReferenceEngine
from isa.machine import Machine, Storage
from tests.engines.fresh import hasty
from tests.machines_to_test import G3
from tests.planting import Bugs, Check, Patch, Planted, must_catch

BUGS = Bugs()
LOOP, END = 18, 30  # of `WAYS`

# A loop that takes one way more with each hundred rounds.
WAYS = """
        .org 16
start:  li   r8, 900
1:      addi r5, r5, 1
        slti r1, r5, 100
        bnez r1, 9f
        addi r6, r6, 3
        slti r1, r5, 300
        bnez r1, 9f
        xor  r6, r6, r5
        slti r1, r5, 500
        bnez r1, 9f
        add  r7, r7, r6
9:      addi r8, r8, -1
        bnez r8, 1b
        halt
"""


def ran(source: str, steps: int) -> Translations:
    """The regions of a program after so many steps, which are those of single steps."""
    options = Options(hot=20, background=False, full=False, fuse=0)
    native = Machine(G3, Storage(32, 1024), engine=lambda m: NativeEngine(m, options))
    stepped = Machine(G3, Storage(32, 1024), engine=ReferenceEngine)
    for machine in (native, stepped):
        machine.load(assemble(G3, source))
        machine.run(steps)
    assert native.state.block == stepped.state.block and native.steps == stepped.steps
    assert isinstance(native.engine, NativeEngine)
    return native.engine.translations


def larger() -> None:
    """The region of the loop has all of it in the end, and is the only one that is needed."""
    found = ran(WAYS, 1 << 20)
    assert found.installed.keys() == {LOOP} and sorted(found.installed[LOOP].region.code) == [*range(LOOP, END)]


def at_most() -> None:
    """It is made larger so many times; after that it stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translations, "EXTENDED", 1)
        found = ran(WAYS, 1 << 20)
    assert len(found.installed[LOOP].region.code) == 8


@pytest.fixture(autouse=True)
def soon(monkeypatch: Patch) -> None:
    hasty(monkeypatch)


@pytest.mark.parametrize("check", [larger, at_most])
def test_what_changes_later(check: Check) -> None:
    check()


@BUGS.caught_by(larger)
def nothing_is_made_larger(patch: Patch) -> None:
    patch.setattr(Translations, "_lacking", lambda self, pc, place: None)


@BUGS.caught_by(larger)
def what_had_not_run_is_forgotten(patch: Patch) -> None:
    found = translations.discover
    patch.setattr(translations, "discover", lambda *given: replace(found(*given), unrun=frozenset()))


@BUGS.caught_by(at_most)
def it_is_made_larger_each_time(patch: Patch) -> None:
    lacking = Translations._lacking

    def always(self: Translations, pc: int, place: Place) -> Installed | None:
        self._extended.clear()
        return lacking(self, pc, place)

    patch.setattr(Translations, "_lacking", always)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
