"""Guests run on every published machine, bare and monitored: printing, user mode, a privileged trap, a system call."""

from pathlib import Path

import pytest

from isa.assembler import assemble
from isa.devices import Console, Ports, Script, attach
from isa.machine import Reason
from isa.machines.catalogue import find
from proofs.runs.compare import Setup, compare
from proofs.verdict.published import published

FOLDER = Path(__file__).parent / "published"
WORDS, STEPS = 512, 2000


def guest_of(machine: str) -> Path:
    """The guest of a machine, or of the one whose variant it is."""
    isa = find(machine)
    path = FOLDER / f"{machine}.s"
    return path if path.exists() or isa.parent is None else guest_of(isa.parent)


def setup(machine: str, consoles: list[Console]) -> Setup:
    isa = find(machine)

    def ports() -> Ports:
        consoles.append(Console(Script(b"")))
        return attach(isa, consoles[-1])

    return Setup(isa, assemble(isa, guest_of(machine).read_text()), WORDS, ports)


@pytest.mark.parametrize("machine", [name for name in published() if name != "pdp10_flags"])
def test_a_guest_that_keeps_to_innocuous_and_privileged_runs_alike_bare_and_monitored(machine: str) -> None:
    consoles: list[Console] = []
    found = compare(setup(machine, consoles), STEPS)
    assert found.equivalent and found.bare is not None and found.bare.reason is Reason.HALT
    assert found.exits > 5
    assert {c.output for c in consoles} == {b"in * out\n"}


def test_where_a_saved_address_carries_the_mode_the_same_guest_tells() -> None:
    consoles: list[Console] = []
    bare = setup("pdp10_flags", consoles).bare()
    assert bare.run(STEPS).reason is Reason.HALT and consoles[0].output == b"in * out\n"
    found = compare(setup("pdp10_flags", []), STEPS)
    assert found.divergence is not None and [d.name for d in found.divergence.differences] == ["ac[14]"]
