"""Programs that go on in another way than they began: regions are made larger, and entries that were closed are opened
again, when that is worth it."""

from dataclasses import replace
from typing import Any

import pytest

from isa.assembler import assemble
from isa.engines.native import engine, entrances, translations
from isa.engines.native.engine import NativeEngine
from isa.engines.native.entrances import Entrances, Installed, Trial
from isa.engines.native.options import Options
from isa.engines.native.translations import Place, Translations
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

# A loop of two rounds, until it has been begun r9 times, and then of r10; nothing around it is in a region.
SHORT = """
        .org 16
start:  li   r9, 3000
        li   r10, 400
        set  r8, 2
1:      rtim r2
        mov  r3, r8
2:      addi r3, r3, -1
        xor  r6, r6, r3
        bnez r3, 2b
        addi r9, r9, -1
        bnez r9, 1b
        mov  r8, r10
        bnez r10, 1b
        halt
"""


# Few instructions between two that are in no region, and many once r9 is 0.
FEW = """
        .org 16
start:  li   r9, 3000
        li   r10, 3000
1:      rtim r2
        beqz r9, 2f
        addi r9, r9, -1
        b    1b
2:      addi r10, r10, -1
"""
FEW += "        add  r6, r6, r10\n        xor  r7, r7, r6\n" * 15 + "        bnez r10, 1b\n        halt\n"


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


def opened() -> None:
    """The loop is entered again once it has many rounds."""
    found = ran(SHORT, 200_000)
    assert found.steps > 100_000


def refused() -> None:
    """A place where a region would be left at once is looked at again."""
    found = ran(FEW, 200_000)
    assert found.steps > 50_000


def seldom() -> None:
    """As long as it has few, it is tried again half as often each time."""
    tried: list[int] = []
    judge = Entrances.judge

    def judged(self: Entrances, installed: Installed) -> None:
        was = len(self._closed)
        judge(self, installed)
        tried.append(len(self._closed) - was)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Entrances, "judge", judged)
        found = ran(SHORT.replace("3000", "30000"), 200_000)
    assert found.steps < 50_000 and 6 <= sum(tried) <= 18


@pytest.fixture(autouse=True)
def eager(monkeypatch: Patch) -> None:
    """What is looked at after many steps is looked at after few."""
    hasty(monkeypatch)
    for module, name, value in (
        (engine, "LOOK", 500),
        (engine, "SELDOM", 500),
        (engine, "SLICE", 2000),
        (engine, "LONG_SLICE", 2000),
        (translations, "APART", 500),
        (entrances, "VISITS", 50),
        (entrances, "AGAIN", 4000),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.mark.parametrize("check", [larger, at_most, opened, refused, seldom])
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


@BUGS.caught_by(opened, refused)
def what_is_closed_stays_so(patch: Patch) -> None:
    patch.setattr(Entrances, "open", lambda self: iter(()))


@BUGS.caught_by(opened)
def nobody_looks_where_nothing_is_known_to_have_changed(patch: Patch) -> None:
    patch.setattr(engine, "SELDOM", 1 << 60)


@BUGS.caught_by(seldom)
def it_is_tried_again_as_often(patch: Patch) -> None:
    close = Entrances.close

    def forgetting(self: Entrances, *which: Any) -> None:
        self._again.clear()
        close(self, *which)

    patch.setattr(Entrances, "close", forgetting)


@BUGS.caught_by(opened)
def what_was_counted_before_counts_again(patch: Patch) -> None:
    patch.setattr(entrances, "Trial", lambda visits, steps: Trial(0, 0))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bugs_are_caught(bug: Planted, monkeypatch: Patch) -> None:
    must_catch(bug, monkeypatch, (AssertionError,))
