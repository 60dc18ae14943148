"""`explain --cost`: the programs that are timed do what they are said to do, on every machine. No figure is tested."""

import json

import pytest

from isa.devices import Console, Ports, attach
from isa.engines.choice import NATIVE, REFERENCE
from isa.engines.native.engine import NativeEngine
from isa.machines.catalogue import find, shipped
from monitor.statistics import Decision
from tests.machines_to_test import G3, M16, W64
from tests.planting import Bugs, Planted, must_catch
from tests.sizes import sized
from trapline.cli import main
from trapline.explaining import cost, strips
from trapline.explaining.strips import FEW, Strip

pytestmark = pytest.mark.long

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
MACHINES = [G3, M16, W64, *(find(name) for name in shipped()[1 :: sized(6, 1)])]
RUNS = "a step, in runs"
HANDLER = """
        movzbl  3(%r14), %r9d
        addq    $8, %r14        # comment
        je      .L1
        jmpq    *%rax
.L1:
        retq
"""


def printed(ports: Ports) -> int:
    console = ports.find(Console)
    assert console is not None
    return console.transcript.length


def steps_go_straight_on() -> None:
    for isa in MACHINES:
        words = strips.plain(isa)
        made = Strip(isa, words, REFERENCE, length=FEW)
        assert len(words) > 5 and made.goes_through() and made.machine.retired == FEW


def each_step_traps() -> None:
    for isa in MACHINES:
        word = strips.trapping(isa)
        assert word is not None
        made = strips.trapped(isa, word, REFERENCE, 1)
        kinds = {decision for decision, count in made.statistics.by_decision().items() if count}  # type: ignore[attr-defined]
        assert made.steps == FEW and made.retired == 0 and kinds <= {Decision.REFLECTED, Decision.SCHEDULED}


def each_step_is_emulated() -> None:
    for isa in MACHINES:
        word = strips.emulated(isa)
        assert word is not None
        made = Strip(isa, [word], REFERENCE, None, 1, FEW)
        assert made.run(FEW) and made.exits() == {Decision.EMULATED: FEW}


def each_word_is_printed() -> None:
    for isa in (G3, find("vax")):
        word = strips.sending(isa, lambda isa=isa: attach(isa, Console()), printed)
        assert word is not None
        made = Strip(isa, [word], REFERENCE, attach(isa, Console()), length=FEW)
        assert made.run(FEW) and printed(made.machine.ports) == FEW


def only_runs_have_handlers_of_runs() -> None:
    for fuse, any_does in ((cost.NEVER, False), (cost.AT_ONCE, True)):
        made = cost.step(G3, NATIVE, fuse)
        for _ in range(4):
            assert made.run(made.length)
        assert isinstance(made.machine.engine, NativeEngine)
        tables = made.machine.engine.tables
        found = [tables.is_run(tables.number(word)) for word in range(made.start, made.start + made.length)]
        assert any(found) == any_does


CHECKS = (
    only_runs_have_handlers_of_runs,
    steps_go_straight_on,
    each_step_traps,
    each_step_is_emulated,
    each_word_is_printed,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_is_timed_is_what_is_said(check: object) -> None:
    assert callable(check)
    check()


def test_host_instructions_are_those_up_to_the_next_handler() -> None:
    assert cost.straight(HANDLER) == 4


def test_every_row_is_measured(monkeypatch: Patch) -> None:
    monkeypatch.setattr(strips, "SECONDS", 0.0)
    found = list(cost.costs(G3, native=False))
    assert [row.what for row in found] == list(cost.ROWS)
    assert all(set(row.nanoseconds) == {REFERENCE} and not row.why for row in found if row.what != RUNS)
    assert [row.why for row in found if row.why] == ["only the native engine has handlers of several instructions"]


@pytest.mark.nightly  # for what LLVM takes
def test_the_command_has_every_row(capsys: Capture, monkeypatch: Patch) -> None:
    monkeypatch.setattr(strips, "SECONDS", 0.0)
    assert main(["explain", "g3", "--cost", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["machine"] == "g3" and [row["what"] for row in said["costs"]] == list(cost.ROWS)
    for row in said["costs"]:
        assert set(row["nanoseconds"]) == ({NATIVE} if row["what"] == RUNS else {REFERENCE, NATIVE}) and not row["why"]
    assert 5 < said["costs"][0]["host"] < 50


def test_a_machine_that_cannot_is_told(capsys: Capture, monkeypatch: Patch) -> None:
    monkeypatch.setattr(cost, "ROWS", {"an exit: an instruction emulated": lambda isa, engines: {}})
    assert main(["explain", "g3", "--cost"]) == 0
    assert "left out: an exit: an instruction emulated: no word of this machine" in capsys.readouterr().out


# ---- planted bugs

BUGS = Bugs()
caught_by = BUGS.caught_by


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Planted, monkeypatch: Patch) -> None:
    strips.plain.cache_clear()
    must_catch(bug, monkeypatch, (AssertionError,))
    strips.plain.cache_clear()


@caught_by(steps_go_straight_on, each_step_is_emulated)
def a_word_that_goes_elsewhere_passes(patch: Patch) -> None:
    strips.plain.cache_clear()
    patch.setattr(Strip, "goes_through", lambda self: True)


@caught_by(only_runs_have_handlers_of_runs)
def runs_are_found_meanwhile(patch: Patch) -> None:
    right = cost.step
    patch.setattr(cost, "step", lambda isa, engine, fuse: right(isa, engine, cost.AT_ONCE))


@caught_by(each_step_traps)
def a_step_that_does_not_trap_passes(patch: Patch) -> None:
    patch.setattr(strips, "trapping", lambda isa: strips.plain(isa)[0])


@caught_by(each_word_is_printed)
def a_word_that_sends_nothing_passes(patch: Patch) -> None:
    patch.setattr(strips, "sending", lambda isa, ports, heard: strips.plain(isa)[0])
