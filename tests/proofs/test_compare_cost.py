"""What a comparison costs: not every step may look at the whole of a large storage."""

from typing import Any

import pytest

from isa.assembler import assemble
from isa.devices import Ports
from isa.machine import Machine, Storage
from isa.machine.storage import LINE_SHIFT
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


def test_only_lines_that_were_written_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """At every step, and on a large storage: what nobody wrote since the last look is not looked at."""
    lines, right = list[int](), Machine.line

    def line(self: Machine, number: int) -> Any:
        lines.append(number)
        return right(self, number)

    monkeypatch.setattr(Machine, "line", line)
    isa = find("g3")
    image = assemble(isa, LATE.replace("rrel", "add r1, r1, r1   #"), "stores")
    found = compare(Setup(isa, image, 1 << 20, Ports, quantum=1), 10_000)
    assert found.equivalent and found.compared > 3000
    loaded, stores = 1, 1000  # words, each of which is a line at most on either side
    assert 0 < len(lines) <= 2 * (loaded + stores)
    assert set(lines) <= {address >> LINE_SHIFT for address in range(1101)}


def test_planted_a_line_that_is_missed_is_seen_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that finds no line written misses the step, and not the difference."""
    monkeypatch.setattr(Storage, "take_dirty", lambda self: [])
    isa = find("g3_sgdt")
    image = assemble(
        isa, LATE.replace("halt", "sw r4, 50(r0)\n        set r4, 0\n        set r5, 0\n        halt"), "late"
    )
    found = compare(Setup(isa, image, 4096, Ports), 10_000)
    assert not found.equivalent
