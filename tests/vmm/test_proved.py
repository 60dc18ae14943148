"""The monitor in assembly is proved, exit by exit, and a proof finds the mistakes that are planted in its text."""

import json
import re
from pathlib import Path

import pytest

from isa.assembler import assemble
from proofs.programs.claims import Claim, Fixed, Running, Small, Tied
from proofs.programs.convention import Monitor, NoMonitor, provable
from proofs.programs.exits import EVERY
from proofs.programs.guest import Guest
from proofs.programs.proving import decided, guest_of, refutation, supposing
from tests.trapline.test_readme import BLOCK, commands, execute, pattern
from tests.vmm.mistakes import MISTAKES, Mistake
from tests.vmm.packed import G3, monitor
from trapline.cli import main

pytestmark = pytest.mark.long

PAGE = Path(__file__).parents[2] / "docs" / "proved.md"
DAY = "svc"
DAY_MISTAKE = "the real status in the trap area"
EXITS = {  # of the mistakes between a trap and the way back: what exit shows each
    "a clock trap taken for another": EVERY,
    "the way in not counted": "svc",
    "a register not given back": "svc",
    "the bound not cut at the window": "svc",
    "a base beyond the window let through": "svc",
    "a pending device that waits": "setie",
    "interrupts though they are off": EVERY,
    "the device before the clock": EVERY,
    "register 0 that is not 0": "rpsw",
    "a clock that counts as it is set": "stim",
    "a clock that runs out to 0": "svc",
    "the real status in the trap area": "svc",
    "users as privileged as supervisors": "halt",
    "lpsw that stops half-way": "lpsw",
    "an offset without its sign": "lpsw",
    "a status from beyond the window": "lpsw",
    "the bits that are kept cleared": "cpnd",
    "the base where both are one register": "rrel",
    "eight ports for sixteen": "in",
    "a port that is not looked at": "out",
}


def claims(monitor: Monitor) -> frozenset[Claim]:
    """What the monitor keeps; `test_its_claims_are_found` sees that this is found."""
    lent = monitor.image.symbols["lent"]
    user = G3.modes.guest | 2
    return frozenset({Fixed("psw", user), Running("timer"), Small(monitor.at("VM_LEFT")), Tied(lent, "timer", 0)})


def supposed(monitor: Monitor) -> Guest:
    return supposing(monitor, claims(monitor))


def shipped() -> Monitor:
    return provable(G3, monitor())


def test_an_exit_is_proved_and_a_mistake_on_its_way_found() -> None:
    (outcome,) = decided(supposed(shipped()), DAY)
    assert outcome.proved, outcome.failures
    assert set(outcome.ends) == {"leave"}
    assert 100 < outcome.steps < 300
    found = refutation(supposed(_mistake(DAY_MISTAKE).monitor), DAY)
    assert found is not None and found.shown is not None
    assert "vmm.s:" in found.line
    assert found.shown.instruction.startswith("svc ")
    assert dict(found.shown.state).keys() > {"pc", "psw.mode", "window"}


def test_an_image_that_says_too_little_is_told_what_is_missing() -> None:
    with pytest.raises(NoMonitor, match="it has no vm, leave, ended"):
        provable(G3, assemble(G3, "halt"))


@pytest.mark.nightly
def test_a_monitor_that_no_trap_enters_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--vmm", "hosted", "--exits", "svc"]) == 3
    assert "is entered by its system" in capsys.readouterr().err


def test_what_cannot_be_meant_together_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "g3", "--exits", "svc"]) == 2
    assert "add `--vmm`" in capsys.readouterr().err
    assert main(["prove", "--vmm", "--mutants"]) == 2
    assert "leave the other away" in capsys.readouterr().err


@pytest.mark.nightly
def test_its_claims_are_found() -> None:
    assert guest_of(shipped()).claims == claims(shipped())


@pytest.mark.nightly
def test_every_command_of_the_page_does_what_it_says(capfd: pytest.CaptureFixture[str]) -> None:
    found = [pair for _, text in BLOCK.findall(PAGE.read_text("utf-8")) for pair in commands(text)]
    assert found
    for command, expected in found:
        output = execute(command, capfd)
        assert re.fullmatch(pattern(expected), output), f"$ {command}\n{output}"


def test_the_page_has_every_symbol_of_what_is_stated() -> None:
    text, said = PAGE.read_text("utf-8"), shipped()
    assert said.away and said.devices
    assert all(f"`{name}`" in text for name in ("away_NAME", "device_NAME", "DEVICE_KEEPS", "DEVICE_BACK"))


@pytest.mark.nightly
def test_all_of_it_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--vmm", "--json", "--timeout", "3000"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["holds"]
    assert len(facts["exits"]) == 20
    assert all(one["verdict"] == "proved" and one["paths"] and one["steps"] < 400 for one in facts["exits"])
    assert facts["meddling"] == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", EXITS)
def test_a_mistake_is_refuted(name: str) -> None:
    found = refutation(supposed(_mistake(name).monitor), EXITS[name])
    assert found is not None


def _mistake(name: str) -> Mistake:
    return next(one for one in MISTAKES if one.name == name)
