"""The second machine under the same monitor, to any depth; and variants of it that the monitor finds out."""

from pathlib import Path

import pytest

from guests.catalogue import Guest, describe
from isa.assembler import assemble
from isa.description import Isa
from isa.devices import Console, Ports, Script, attach
from isa.language import load_text
from isa.machine import Reason
from isa.machines.catalogue import find
from proofs.runs.compare import Comparison, Setup, compare
from tests.guests.boot import image_of

HERE = Path(__file__).parent
M16 = find(str(HERE / "m16.isa"))
GUESTS = [describe(path) for path in sorted(HERE.glob("m16_*.s"))]


def setup(guest: Guest, depth: int, text: str) -> Setup:
    def ports() -> Ports:
        return attach(M16, Console(Script(text.encode())))

    return Setup(M16, image_of(guest, M16), guest.storage, ports, depth)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("guest", GUESTS, ids=lambda g: g.name)
def test_a_guest_is_equivalent_at_every_depth(guest: Guest, depth: int) -> None:
    found = compare(setup(guest, depth, guest.input), guest.steps)
    assert found.equivalent and found.bare is not None and found.bare.reason is Reason.HALT
    assert found.exits > 0


def variant(change: str) -> Isa:
    text = (HERE / "m16.isa").read_text() + f'variant changed of m16 "Changed." {{ {change} }}'
    return load_text(text, "changed")


def compared(isa: Isa, program: str) -> Comparison:
    source = f"        .org 32\nstart:\n{program}\n        stop\n"
    return compare(Setup(isa, assemble(isa, source), 4096, lambda: Ports({})), 1000)


# A counter that moves by itself is parked all the same: the audit expects it where time has taken it.
COUNTS = {
    "set back": 'override instr alarm "a" R(42) { limit <- g[a]; count <- 0 }',
    "a step too far": 'override instr alarm "a" R(42) { count <- count + 2 }',
    "its limit": 'override instr alarm "a" R(42) { limit <- g[a] }',
}


@pytest.mark.parametrize("change", COUNTS.values(), ids=COUNTS)
def test_a_timer_that_anyone_sets_is_a_breach(change: str) -> None:
    program = "        put g0, 50\n        put g1, 0\n        alarm g0"
    found = compared(variant(change), program)
    assert found.divergence is not None and "resource control" in found.divergence.breach


def test_a_timer_that_the_supervisor_sets_is_none() -> None:
    assert compared(M16, "        put g0, 50\n        put g1, 0\n        alarm g0\n        gauge g1").equivalent


def test_a_relocation_that_anyone_reads_diverges() -> None:
    isa = variant('override instr settle "a, b" RR(49) { g[a] <- org; g[b] <- len }')
    found = compared(isa, "        put g1, 7\n        settle g0, g2")
    assert found.divergence is not None and not found.divergence.breach
    assert [d.name for d in found.divergence.differences] == ["g[0]"]
    assert compared(M16, "        put g1, 7\n        settle g0, g2").equivalent


def test_a_count_that_anyone_reads_diverges() -> None:
    """The parked counter starts anew with each direct run."""
    isa = variant('override instr gauge "a" R(43) { g[a] <- count }')
    found = compared(isa, "        put g1, 7\n        who g2\n        gauge g0")
    assert found.divergence is not None and not found.divergence.breach
