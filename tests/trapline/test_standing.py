"""Where a run stands that did not come to an end, and what it repeats; the same bare and monitored."""

import json
from pathlib import Path
from typing import Any

import pytest

from isa.assembler import assemble
from isa.machines.catalogue import find
from trapline.cli import main
from trapline.running.rig import Outfit, build
from trapline.state import repeating
from trapline.state.repeating import repetition

Capture = pytest.CaptureFixture[str]

OFF_THE_END = "start: set r1, 0\n"
SVC_FOREVER = """        .org 8
        .word h, 0, 0, 0xffffffff
        .org 16
start:  svc 7
        set r1, 0
        halt
h:      lpsw 0(r0)
"""
SPINS = "start: set r1, 1\nhere: add r2, r1, r0\n b here\n"
COUNTS = "start: addi r1, r1, 1\n b start\n"
COUNTS_IN_STORAGE = "start: lw r1, 100(r0)\n addi r1, r1, 1\n sw r1, 100(r0)\n mov r1, r0\n b start\n"
POLLS = "start: set r2, 1\nhere: in r1, r2\n b here\n"
SAYS_THEN_TRAPS = "start: set r1, '.'\n out r1, r0\n out r1, r0\n"


def ended(capfd: Capture, tmp_path: Path, text: str, *options: str) -> Any:
    source = tmp_path / "x.s"
    source.write_text(text)
    main(["run", str(source), "--json", "--steps", "1000", *options])
    return json.loads(capfd.readouterr().out)


@pytest.mark.parametrize("monitor", ["none", "trap", "trap:2"])
def test_a_guest_that_only_traps_is_told_which_trap_and_how_often(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    found = ended(capfd, tmp_path, OFF_THE_END, "--monitor", monitor)["standing"]
    assert (found["pc"], found["place"], found["mode"]) == (0, None, "supervisor")
    assert found["repeats"]["steps"] == 1 and found["repeats"]["vector_is_zero"]
    assert found["repeats"]["traps"] == [{"cause": "memory", "pc": 0, "info": 0, "count": 998}]


@pytest.mark.parametrize("monitor", ["none", "trap"])
def test_what_a_handler_returns_to_for_ever_is_counted_from_the_first_time(
    monitor: str, tmp_path: Path, capfd: Capture
) -> None:
    found = ended(capfd, tmp_path, SVC_FOREVER, "--monitor", monitor)["standing"]
    assert found["source"].endswith("x.s:4: start:  svc 7")
    assert (found["repeats"]["steps"], found["repeats"]["lasted"]) == (2, 998)
    assert found["repeats"]["traps"] == [{"cause": "svc", "pc": 16, "info": 7, "count": 500}]
    assert not found["repeats"]["vector_is_zero"]


def test_it_is_said_to_people(tmp_path: Path, capfd: Capture) -> None:
    source = tmp_path / "off.s"
    source.write_text(OFF_THE_END)
    assert main(["run", str(source), "--steps", "1000"]) == 1
    assert capfd.readouterr().err.splitlines()[1:] == [
        "stands at pc 0x0, supervisor mode: no word can be fetched from there",
        "repeats the same step for ever, as the last 997 were",
        "  998 memory traps at pc 0, info 0",
        "the trap vector in words 8 to 11 is zero",
    ]


def test_a_loop_without_traps_repeats_too(tmp_path: Path, capfd: Capture) -> None:
    found = ended(capfd, tmp_path, SPINS)["standing"]["repeats"]
    assert (found["steps"], found["lasted"], found["traps"]) == (2, 998, [])


@pytest.mark.parametrize("text", [COUNTS, COUNTS_IN_STORAGE, POLLS])
def test_what_moves_on_or_asks_a_device_is_not_said_to_repeat(text: str, tmp_path: Path, capfd: Capture) -> None:
    assert ended(capfd, tmp_path, text)["standing"]["repeats"] is None


def test_what_was_printed_before_does_not_hinder_the_count(tmp_path: Path, capfd: Capture) -> None:
    found = ended(capfd, tmp_path, SAYS_THEN_TRAPS)
    assert found["output"] == ".."
    assert found["standing"]["repeats"]["traps"][0]["count"] == 1000 - 3 - 1


def test_a_guest_that_halts_stands_nowhere(tmp_path: Path, capfd: Capture) -> None:
    assert ended(capfd, tmp_path, "start: halt\n")["standing"] is None


def test_a_resumed_run_knows_what_repeats_but_not_how_often(tmp_path: Path, capfd: Capture) -> None:
    saved = str(tmp_path / "saved")
    ended(capfd, tmp_path, OFF_THE_END, "--save", saved)
    main(["run", "--resume", saved, "--steps", "10", "--json"])
    found = json.loads(capfd.readouterr().out)["standing"]["repeats"]
    assert (found["steps"], found["lasted"], found["traps"][0]["count"]) == (1, None, None)


def test_the_run_itself_is_left_alone(tmp_path: Path) -> None:
    isa = find("g3")
    rig = build(isa, 4096, Outfit(), 1)
    rig.machine.load(assemble(isa, SVC_FOREVER))
    rig.machine.run(100)
    before = (rig.machine.state.block[:], rig.machine.storage.cells.tobytes(), rig.machine.steps)
    assert repetition(rig, None)
    assert (rig.machine.state.block, rig.machine.storage.cells.tobytes(), rig.machine.steps) == before


def test_planted_storage_that_is_not_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: Capture) -> None:
    monkeypatch.setattr(repeating._Whole, "_same", lambda self, cells: True)
    assert ended(capfd, tmp_path, COUNTS_IN_STORAGE)["standing"]["repeats"] is not None
