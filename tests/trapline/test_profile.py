"""A profile's numbers are those of the run: every step is counted once, whoever took it."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from isa.machine.counts import Counts
from monitor import Decision
from tests.planting import Patch, Plant
from tests.trapline.test_readme import BLOCK, ROOT, commands, execute, pattern
from trapline.cli import main
from trapline.profiling import profile as profiling

pytestmark = pytest.mark.slow

Capture = pytest.CaptureFixture[str]
DEPTHS = ("none", "trap", "trap,hybrid")
COUNTS = ("direct", "emulated", "trapped")
CALLING = """        .org 16
start:  set  r5, 3
1:      jal  r14, double
        addi r5, r5, -1
        bnez r5, 1b
        set  r1, 0
        halt
table:  .word other
double: add  r6, r5, r5
within: jr   r14
other:  nop
"""


def profiled(capture: Capture, *arguments: str) -> Any:
    main(["run", *arguments, "--profile", "--json"])
    return json.loads(capture.readouterr().out)


def steps(rows: list[dict[str, Any]], *names: str) -> dict[str, int]:
    """The steps of each row, whoever took them, by what stands under these names."""
    found = Counter[str]()
    for row in rows:
        found[":".join(str(row[name]) for name in names)] += sum(row[count] for count in COUNTS)
    return dict(found)


def every_step_is_counted_once(capture: Capture, *guest: str, depths: tuple[str, ...] = DEPTHS) -> None:
    lines = []
    for depth in depths:
        run = profiled(capture, *(guest or ["os"]), "--monitor", depth)
        found = run["profile"]
        for rows in (found["lines"], found["routines"]):
            assert [sum(row[name] for row in rows) for name in COUNTS] == [found[name] for name in COUNTS]
        assert found["direct"] + found["emulated"] + found["idle"] == run["retired"]
        assert found["trapped"] == run["steps"] - run["retired"]
        if depth == "trap":
            assert found["emulated"] == run["statistics"]["decisions"]["emulated"]
        lines.append(steps(found["lines"], "file", "line", "place"))
    assert all(found == lines[0] for found in lines)


def test_every_step_is_counted_once_at_any_depth(capfd: Capture) -> None:
    every_step_is_counted_once(capfd)


@pytest.mark.parametrize("guest", ("m16_traps.s", "stack24_frames.s"))
def test_other_machines_count_as_well(guest: str, capfd: Capture) -> None:
    folder = ROOT / "tests" / "machines"
    isa = folder / f"{guest.partition('_')[0]}.isa"
    every_step_is_counted_once(capfd, str(folder / guest), "--isa", str(isa), depths=DEPTHS[:2])


@pytest.mark.parametrize("engine", ("reference", "native"))
def test_no_engine_counts_otherwise(engine: str, capfd: Capture) -> None:
    usual = profiled(capfd, "quicksort", "--monitor", "trap")
    other = profiled(capfd, "quicksort", "--monitor", "trap", "--engine", engine)
    assert other["engine"] == engine
    assert other["profile"] == usual["profile"]


def test_routines_are_what_is_called_or_stands_in_a_table(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "x.s").write_text(CALLING)
    found = profiled(capfd, str(tmp_path / "x.s"))["profile"]
    assert steps(found["routines"], "routine") == {"start": 1 + 3 * 3 + 2, "double": 3 * 2}
    (call,) = (row for row in found["lines"] if row["line"] == 3)
    assert (call["text"].split(), call["direct"], call["routine"]) == (["1:", "jal", "r14,", "double"], 3, "start")


def test_a_profile_as_text(capfd: Capture) -> None:
    assert main(["run", "selftest", "--profile", "--monitor", "trap"]) == 0
    text = capfd.readouterr().err
    assert "were emulated, 44 trapped, and 19 in which it waited" in text
    assert "share  direct  emulated  trapped  source line" in text and "routine" in text


def test_of_a_resumed_machine_places_are_known(tmp_path: Path, capfd: Capture) -> None:
    saved = str(tmp_path / "m")
    main(["run", "quicksort", "--steps", "1000", "--save", saved])
    capfd.readouterr()
    run = profiled(capfd, "--resume", saved)
    rest = run["profile"]
    assert rest["direct"] == run["retired"] and all(row["file"] == "" for row in rest["lines"])
    assert all(isinstance(row["place"], int) for row in rest["lines"])


def test_a_trace_beside_it_changes_nothing(tmp_path: Path, capfd: Capture) -> None:
    alone = profiled(capfd, "traps", "--engine", "native")
    traced = profiled(capfd, "traps", "--engine", "native", "--trace", str(tmp_path / "t"))
    assert alone["profile"] == traced["profile"]
    assert len((tmp_path / "t").read_text().splitlines()) == sum(alone["profile"][name] for name in COUNTS)


def test_the_example_of_the_page_is_true(capfd: Capture) -> None:
    """Of docs/report.md."""
    ((kind, text),) = BLOCK.findall((ROOT / "docs" / "report.md").read_text())
    ((command, expected),) = commands(text)
    assert kind == "console" and re.fullmatch(pattern(expected), execute(command, capfd))


# ---- planted

PLANTED: list[Plant] = []
Exits = Callable[..., None]


def planted(plant: Plant) -> Plant:
    PLANTED.append(plant)
    return plant


@planted
def a_reflected_trap_counts_at_every_level(patch: Patch) -> None:
    made: Exits = profiling._exits
    patch.setattr(profiling, "_exits", lambda host, guest, words: made(host, host, words))


@planted
def an_injected_trap_is_no_step(patch: Patch) -> None:
    decisions = SimpleNamespace(EMULATED=Decision.EMULATED, REFLECTED=Decision.REFLECTED, INJECTED=None)
    patch.setattr(profiling, "Decision", decisions)


@planted
def places_are_those_of_the_real_machine(patch: Patch) -> None:
    made = Counts.of
    patch.setattr(Counts, "of", lambda self, storage: made(self, storage.root))


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant: Plant, monkeypatch: Patch, capfd: Capture) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        every_step_is_counted_once(capfd)
