"""A machine that waits in a loop while a device is due is at the same boundary, bare or monitored."""

import pytest

from isa.assembler import assemble
from isa.devices import Console, Ports, Script, attach
from proofs.runs.compare import Setup, compare
from tests.machines_to_test import G3


@pytest.mark.parametrize("before", ["", "nop", "set r1, 1\n cpnd r1"])
@pytest.mark.parametrize("depth", [1, 2])
def test_input_that_arrives_while_a_guest_spins_is_no_divergence(before: str, depth: int) -> None:
    image = assemble(G3, f" .org 16\n {before}\nloop: b loop\n", "spin.s")

    def ports() -> Ports:
        return attach(G3, Console(Script(b"abc", 7)))

    found = compare(Setup(G3, image, 256, ports, depth), 200)
    assert found.equivalent, found.divergence
