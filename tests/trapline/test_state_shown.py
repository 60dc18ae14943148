"""The state of a machine as `run --dump`, `run --json` and `trapline show` give it, and runs up to a point."""

import json
from pathlib import Path
from typing import Any

import pytest

from isa.devices.recording import Arrival, Recorder
from isa.engines.choice import bare
from isa.machine import Storage
from isa.machines.catalogue import find
from trapline.cli import main
from trapline.state import last_trap

Capture = pytest.CaptureFixture[str]

DEPTHS = ["none", "trap", "trap:2"]
CALLS = """        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  set r1, 3
        set r2, 4
here:   svc 9
handler:
        lw  r3, 4(r0)
        set r1, 0
        halt
"""
# A program elsewhere in storage, in user mode: `inside` is at its pc 1.
MOVED = """        .org 8
        .word handler, Mode.supervisor, 0, 0xffffffff
        .org 16
start:  lpsw new(r0)
new:    .word 0, Mode.user, there, 64
handler:
        set r1, 0
        halt
        .org 4096
there:  set r1, 1
inside: set r2, 2
        svc 0
"""


def result(capfd: Capture, *arguments: str) -> tuple[int, Any]:
    code = main([*arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def written(tmp_path: Path, text: str) -> str:
    (tmp_path / "x.s").write_text(text)
    return str(tmp_path / "x.s")


# ---- the state


@pytest.mark.parametrize("monitor", DEPTHS)
def test_the_state_is_always_in_the_report(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    _, facts = result(capfd, "run", written(tmp_path, CALLS), "--monitor", monitor)
    state = facts["state"]
    assert state["pc"] == state["registers"]["pc"] == 0x16  # behind the halt
    assert state["registers"]["x"][:4] == [0, 0, 4, 4]
    assert state["fields"] == {"psw": {"mode": 0, "ie": 0}}
    assert state["last_trap"] == {"cause": "svc", "info": 9, "pc": 0x12}
    assert facts["dump"] is None


def test_without_a_trap_there_is_no_last_one(tmp_path: Path, capfd: Capture) -> None:
    assert result(capfd, "run", written(tmp_path, "start: halt\n"))[1]["state"]["last_trap"] is None


@pytest.mark.parametrize("name", ["g3", "riscv", "pdp10", "vax", "s360", "arm", "mc68000", "pentium"])
def test_every_machine_keeps_cause_and_pc_of_its_last_trap(name: str) -> None:
    isa = find(name)
    machine = bare(isa, Storage(isa.word, 4096))
    machine.state[isa.pc] = 4096  # behind the end of storage
    trap = machine.run_to_trap(1).trap
    assert trap is not None
    pc = machine.state[isa.pc]
    machine.enter(trap)
    found = last_trap.last_trap(machine)
    assert found is not None and (found.cause, found.pc) == (isa.cause.name_of(trap.cause), pc)


def test_what_overwrote_the_cause_is_no_cause(tmp_path: Path, capfd: Capture) -> None:
    text = CALLS.replace("lw  r3, 4(r0)", "set r3, -1\n sw r3, 4(r0)")
    assert result(capfd, "run", written(tmp_path, text))[1]["state"]["last_trap"] == {
        "cause": None,
        "info": 9,
        "pc": 0x12,
    }


@pytest.mark.parametrize("monitor", DEPTHS)
def test_a_dump_shows_registers_and_the_words_asked_for(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    source = written(tmp_path, CALLS)
    assert main(["run", source, "--monitor", monitor, "--dump", "registers,storage[4:6]"]) == 0
    lines = capfd.readouterr().err.splitlines()
    assert "x[0]   00000000 00000000 00000004 00000004 00000000 00000000 00000000 00000000" in lines
    assert "psw 0x0 (mode supervisor, ie 0x0)" in lines
    assert lines[-2:] == ["last trap: svc, info 0x9, pc 0x12", "storage[0x004]  00000004 00000009"]


def test_all_of_storage_is_what_is_not_zero(tmp_path: Path, capfd: Capture) -> None:
    _, facts = result(capfd, "run", written(tmp_path, CALLS), "--dump", "all")
    assert [(part["address"], len(part["words"])) for part in facts["dump"]["storage"]] == [(0, 24)]


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("registers,heap", 2, "`heap` is not `registers`, `storage[A:B]` or `all`"),
        ("storage[8:8]", 2, "`storage[8:8]` is empty"),
        ("storage[0:4097]", 2, "there is no storage[0:4097]: the machine has 4096 words"),
    ],
)
def test_what_cannot_be_dumped_is_refused(what: str, code: int, said: str, tmp_path: Path, capfd: Capture) -> None:
    assert main(["run", written(tmp_path, CALLS), "--dump", what]) == code
    assert said in capfd.readouterr().err


# ---- points


@pytest.mark.parametrize("monitor", DEPTHS)
@pytest.mark.parametrize("where", ["here", "x.s:6", "18", "0x12"])
def test_a_run_stops_at_a_point(where: str, monitor: str, tmp_path: Path, capfd: Capture) -> None:
    code, facts = result(capfd, "run", written(tmp_path, CALLS), "--break", where, "--monitor", monitor)
    assert (code, facts["reason"], facts["steps"], facts["state"]["pc"]) == (0, "breakpoint", 2, 18)
    assert facts["verdict"] == f"stopped after 2 steps, at {where}"


@pytest.mark.parametrize("monitor", DEPTHS)
def test_the_budget_counts_from_the_point(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    source = written(tmp_path, CALLS)
    code, facts = result(capfd, "run", source, "--break", "here", "--steps", "2", "--monitor", monitor)
    assert (code, facts["steps"], facts["retired"], facts["state"]["registers"]["x"][3]) == (0, 4, 3, 4)
    assert facts["verdict"] == "stopped after 4 steps, 2 steps from here"


@pytest.mark.parametrize("monitor", DEPTHS)
def test_a_label_is_a_place_wherever_its_program_is_relocated_to(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    source = written(tmp_path, MOVED)
    _, facts = result(capfd, "run", source, "--break", "inside", "--monitor", monitor, "--storage", "8192")
    assert (facts["reason"], facts["state"]["pc"], facts["standing"]["place"]) == ("breakpoint", 1, 4097)
    assert facts["standing"]["mode"] == "user"


def test_a_resumed_run_stops_at_a_pc(tmp_path: Path, capfd: Capture) -> None:
    saved = str(tmp_path / "saved")
    main(["run", written(tmp_path, CALLS), "--break", "start", "--save", saved])
    capfd.readouterr()
    code, facts = result(capfd, "run", "--resume", saved, "--break", "18", "--monitor", "trap")
    assert (code, facts["steps"], facts["total_steps"]) == (0, 2, 2)
    assert main(["run", "--resume", saved, "--break", "here"]) == 2
    assert "a saved machine has no labels and lines" in capfd.readouterr().err


def test_a_point_that_is_never_reached_is_exit_code_1(tmp_path: Path, capfd: Capture) -> None:
    code, facts = result(capfd, "run", written(tmp_path, CALLS), "--break", "99")
    assert (code, facts["reason"]) == (1, "halt") and facts["verdict"].endswith("it never came to 99")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("hre", "help: did you mean here?"),
        ("x.s:1", "help: from line 2, for one"),
        ("y.s:1", "help: its files: x.s"),
        ("0x", "the program has no label `0x`"),
    ],
)
def test_a_point_that_is_none_is_refused(where: str, said: str, tmp_path: Path, capfd: Capture) -> None:
    assert main(["run", written(tmp_path, CALLS), "--break", where]) == 2
    assert said in capfd.readouterr().err


# ---- files


@pytest.mark.parametrize("monitor", DEPTHS)
def test_a_saved_machine_is_shown(monitor: str, tmp_path: Path, capfd: Capture) -> None:
    saved = str(tmp_path / "saved")
    main(["run", written(tmp_path, CALLS), "--break", "here", "--save", saved, "--monitor", monitor])
    capfd.readouterr()
    code, facts = result(capfd, "show", saved, "--dump", "storage[8:10]")
    assert (code, facts["kind"], facts["machine"], facts["steps"]) == (0, "machine", "g3", 2)
    assert (facts["standing"]["pc"], facts["standing"]["instruction"]) == (18, "svc 0x9")
    assert facts["state"]["registers"]["x"][1:3] == [3, 4]
    assert facts["dump"]["storage"] == [{"address": 8, "words": [19, 0]}]
    assert [device["name"] for device in facts["devices"]] == ["console", "random", "rings"]


def test_of_a_machine_that_is_not_shipped_it_says_what_is_missing(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "mine.isa").write_text('variant mine of g3 "Mine." { delete pseudo nop }\n')
    saved, machine = str(tmp_path / "saved"), str(tmp_path / "mine.isa")
    main(["run", written(tmp_path, CALLS), "--isa", machine, "--save", saved])
    capfd.readouterr()
    assert main(["show", saved]) == 0
    assert "its description is not shipped" in capfd.readouterr().out
    assert main(["show", saved, "--isa", machine]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "halted"


def test_an_image_and_a_recording_are_shown(tmp_path: Path, capfd: Capture) -> None:
    image, recording = str(tmp_path / "x.image"), str(tmp_path / "typed")
    main(["asm", written(tmp_path, CALLS), "-o", image])
    capfd.readouterr()
    _, facts = result(capfd, "show", image)
    assert (facts["kind"], facts["machine"], facts["entry"], facts["labels"]["here"]) == ("image", "g3", 16, 18)
    recorder = Recorder(recording)
    for arrival in (Arrival(7, ord("a")), Arrival(9, ord("b")), Arrival(12, None)):
        recorder.record(arrival)
    recorder.close()
    _, facts = result(capfd, "show", recording)
    assert (facts["kind"], facts["text"], facts["ended"], facts["last_step"]) == ("recording", "ab", True, 12)
    assert main(["show", recording, "--dump"]) == 2


def test_anything_else_is_named_as_such(tmp_path: Path, capfd: Capture) -> None:
    assert main(["show", written(tmp_path, CALLS)]) == 3
    assert "is not a saved machine, an image, or a recording" in capfd.readouterr().err
