"""Guests under monitors in assembly against the bare machine, and what is said when they part or cannot begin."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from isa.assembler import Image
from isa.assembler.image_format import dump
from isa.errors import MachineError, TraplineError
from isa.machine import Reason
from monitor.techniques.catalogue import read
from proofs.programs.convention import NoMonitor
from proofs.under.blocks import watchable
from proofs.under.comparing import compare
from tests.trapline.test_readme import BLOCK, commands, execute, pattern
from tests.vmm.cases import BUDGET, case, compared, monitor, program, small
from tests.vmm.packed import G3
from trapline.cli import main

Capture = pytest.CaptureFixture[str]
PAGE = Path(__file__).parents[2] / "docs" / "under.md"
EVERY = ("os", "selftest", "traps", "rogue", "disk", "stopwatch", "hello", "dice", "echo", "exits", "primes", "crc")


@pytest.mark.parametrize(
    ("name", "under", "below"),
    [
        ("dice", ("vmm",), "none"),
        ("hello", ("vmm", "small"), "trap"),
        *(pytest.param(name, ("vmm",) * n, "none", marks=pytest.mark.nightly) for name in EVERY for n in (1, 2, 3)),
        *(pytest.param(name, ("vmm",) * 2, "trap,hybrid", marks=pytest.mark.nightly) for name in EVERY),
    ],
)
def test_a_guest_is_as_on_the_bare_machine(name: str, under: tuple[str, ...], below: str) -> None:
    found = compared(name, *under, below=read(below) or 0)
    assert found.parting is None
    assert found.ended is Reason.HALT
    assert found.entries > 5 and found.real > found.steps


def test_what_is_done_without_asking_is_shown_where_it_is_done() -> None:
    """`jrst` does not trap, and leaves a virtual supervisor in user mode without the monitor's knowledge."""
    found = compared("jrst", "vmm").parting
    assert found is not None and found.directly
    assert (found.found.step, [d.name for d in found.found.differences]) == (4, ["psw"])


TRAPS = "svc 5\nhandler: lw r1, 4(r0)\nset r1, 0\nhalt"


def test_the_first_difference_has_the_monitors_line() -> None:
    wrong = watchable(G3, small("sw   r2, vm + VM_BOUND(r0)", "sw   r0, vm + VM_BOUND(r0)"))
    found = compare(program(TRAPS, wrong), BUDGET).parting
    assert found is not None and not found.directly
    assert [(d.name, d.bare, d.monitored) for d in found.found.differences] == [("bound", "0x3c", "0x0")]
    assert found.found.step == 0
    assert found.path == ("trap", "reflect", "load", "resume")
    assert wrong.image.lines[found.writers["bound"]].text.strip() == "sw   r0, vm + VM_BOUND(r0)"


def test_a_clock_that_runs_out_unseen_is_found() -> None:
    wrong = watchable(G3, small("LONG, 0x7fffff00", "LONG, 0x100     "))
    found = compare(program("set r2, 200\nloop: addi r2, r2, -1\nbnez r2, loop\nhalt", wrong), BUDGET).parting
    assert found is not None
    assert [(d.name, d.bare) for d in found.found.differences] == [("steps", "401")]


def test_a_monitor_that_does_not_come_back_is_found() -> None:
    wrong = watchable(G3, small("reflect:\n", "reflect: j reflect\n"))
    found = compare(program(TRAPS, wrong), BUDGET).parting
    assert found is not None
    assert found.found.differences[0].monitored == "the monitor has not come back to its guest"
    assert set(found.path) == {"reflect"}


def test_who_waits_for_ever_does_so_on_both_sides() -> None:
    found = compare(program("idle\nhalt", "vmm"), BUDGET)
    assert (found.equivalent, found.ended) == (True, Reason.IDLE)


def test_a_monitor_that_gives_up_is_found() -> None:
    found = compare(program("svc 1\nhandler: stim r2\nhalt", "small"), BUDGET).parting
    assert found is not None
    assert (found.found.step, [d.name for d in found.found.differences][:1]) == (1, ["end"])


def test_the_bare_machine_has_the_devices_that_the_monitor_gives() -> None:
    """Which are no rings, if it does not say so."""
    text = "set r2, 8\nout r2, r2\nin r1, r2\nhalt"
    assert compare(program(text, "vmm"), BUDGET).equivalent
    found = monitor("vmm")
    ringed = replace(found, image=replace(found.image, symbols={**found.image.symbols, "VM_RINGS": 1}))
    parting = compare(program(text, ringed), BUDGET).parting
    assert parting is not None and parting.found.differences[0].name == "x[1]"


# ---- what cannot begin


def without(image: Image, *names: str) -> Image:
    return replace(image, symbols={name: at for name, at in image.symbols.items() if name not in names})


def test_a_monitor_must_say_where_it_keeps_what() -> None:
    with pytest.raises(NoMonitor, match="has no leave, VM_TIMER"):
        watchable(G3, without(monitor("vmm").image, "leave", "VM_TIMER"))
    with pytest.raises(NoMonitor, match="send and receive: it has no VM_WAY"):
        watchable(G3, without(monitor("vmm").image, "VM_WAY"))
    with pytest.raises(NoMonitor, match="neither directory nor guest_window"):
        compared("hello", watchable(G3, without(monitor("vmm").image, "directory")))


def test_a_guest_must_fit() -> None:
    with pytest.raises(TraplineError, match="os needs 16384 words, and its window in small has 4096"):
        compared("os", "small")
    with pytest.raises(TraplineError, match="disk needs a disk, and small reads none"):
        compared("disk", "small")
    with pytest.raises(TraplineError, match="os has 9313 words and storage of 100"):
        compare(case("os", "vmm", storage=100), BUDGET)
    with pytest.raises(MachineError, match="vmm with its guests would need 10737"):
        compare(case("hello", "vmm", "vmm", storage=(1 << 30) - 1024), BUDGET)


def test_a_monitor_must_enter_its_guest() -> None:
    wrong = watchable(G3, small("start:  j    resume", "start:  set r1, 1\n        halt"))
    with pytest.raises(TraplineError, match="has not entered its guest \\(halt after 2 steps\\)"):
        compared("hello", wrong)


# ---- the command


def test_the_command(tmp_path: Path, capsys: Capture) -> None:
    assert main(["compare", "hello", "--under", "vmm"]) == 0
    assert capsys.readouterr().out.startswith("hello on g3, bare against vmm: equivalent\n")
    path = tmp_path / "mistaken.image"
    path.write_bytes(dump(small("sw   r1, vm + VM_X(r4)", "nop")))
    guest = tmp_path / "program.s"
    guest.write_text("start:  rrel r1, r2\n        halt\n")
    options = ["compare", str(guest), "--under", f"vmm,{path}"]
    assert main(options) == 1
    assert "the monitor passed: trap, do_rrel, next, resume" in capsys.readouterr().out
    saved = tmp_path / "before.snapshot"
    assert main([*options, "--save", str(saved), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert (facts["under"], facts["equivalent"]) == (["vmm", "mistaken.image"], False)
    assert facts["divergence"]["differences"] == [{"name": "x[2]", "bare": "0x1000", "monitored": "0x0"}]
    assert facts["divergence"]["source"] == f"{guest}:1: start:  rrel r1, r2"
    assert facts["divergence"]["monitor"]["wrote"] == {}
    assert facts["kept"] == str(saved)
    assert main(["run", "--resume", str(saved)]) == 0


def test_every_command_of_the_page_does_what_it_says(capfd: Capture) -> None:
    ran = 0
    for _, text in BLOCK.findall(PAGE.read_text("utf-8")):
        for command, expected in commands(text):
            output = execute(command, capfd)
            assert re.fullmatch(pattern(expected), output), f"$ {command}\n{output}"
            ran += 1
    assert ran == 2


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--under", "hello"], 3, "hello: the image does not say where it keeps virtual machines: it has no vm, leave"),
        (["--under", "vmm,"], 2, "is not a monitor"),
        (["--under", "vmm:9"], 2, "8 monitors in all"),
        (["--under", "vmm", "--quantum", "9"], 2, "`--quantum` is not for a guest of a monitor in assembly"),
        (["--under", "vmm", "--queue"], 2, "`--queue` is not for a guest of a monitor in assembly"),
        (["--save", "x"], 2, "`--save` is for monitors that are programs"),
        (["--under", "vmm", "--difference", "x"], 2, "`--difference` is not written of a monitor in assembly"),
    ],
)
def test_options_that_cannot_be(options: list[str], code: int, says: str, capsys: Capture) -> None:
    try:
        assert main(["compare", "hello", *options]) == code
    except SystemExit as left:
        assert left.code == code
    assert says in capsys.readouterr().err


def test_a_guest_that_needs_a_queue_is_refused(capsys: Capture) -> None:
    """It would wait for ever."""
    assert main(["compare", "blocks", "--under", "vmm"]) == 2
    assert "needs a queue, and a monitor in assembly has none" in capsys.readouterr().err
