"""What a comparison costs: not every step may look at the whole of a large storage."""

from typing import Any

import pytest

from isa.assembler import assemble
from isa.devices import Ports
from isa.machines.catalogue import find
from proofs.runs import compare as module
from proofs.runs.compare import Setup, compare

LATE = """
start:  set  r3, 1000
1:      addi r3, r3, -1
        sw   r3, 100(r0)
        bnez r3, 1b
        rrel r4, r5         # on this machine it tells who is below
        halt
"""


def test_storage_is_compared_whole_only_where_something_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, right = list[int](), module._Pair.differences

    def differences(self: Any) -> Any:
        looks.append(self.bare.steps)
        return right(self)

    monkeypatch.setattr(module._Pair, "differences", differences)
    isa = find("g3_sgdt")
    found = compare(Setup(isa, assemble(isa, LATE, "late"), 4096, Ports), 10_000)
    assert found.divergence is not None and found.divergence.step == 3001
    assert [d.name for d in found.divergence.differences] == ["x[4]"]
    assert looks == [3002]
