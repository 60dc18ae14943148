"""What a Python prompt and a notebook show, and what a slip of the fingers is told."""

import pytest

from isa.engines.choice import REFERENCE, bare
from isa.errors import MachineError
from isa.machine import Exit, Reason, Storage
from isa.machines.catalogue import find


def test_width_and_size_swapped_are_told_apart() -> None:
    with pytest.raises(MachineError) as caught:
        Storage(4096, 32)
    assert caught.value.message == "storage with words of 4096 bits is not possible"
    assert caught.value.help == "a word has 1 to 64 bits; the width comes first: Storage(width, size)"


@pytest.mark.parametrize("width", [-1, 0, 65])
def test_words_have_1_to_64_bits(width: int) -> None:
    with pytest.raises(MachineError, match="is not possible"):
        Storage(width, 1)


def test_a_machine_and_its_state() -> None:
    machine = bare(find("g3"), Storage(32, 4096), engine=REFERENCE)
    machine.state["pc"] = 16
    assert repr(machine.storage) == "<storage: 4096 words of 32 bits>"
    assert repr(machine.state).startswith("<state of g3: pc 0x10")
    assert repr(machine).startswith("<g3 with 4,096 words: steps 0, pc 0x10")
    machine.state["x"] = list(range(16))
    assert "x[1] 0x1, x[2] 0x2" in repr(machine.state) and repr(machine.state).endswith(", ...>")
    assert "<tr><td>x[15]</td><td>0xf</td></tr>" in machine.state._repr_html_()
    assert machine._repr_html_().startswith("<table><caption>g3 with 4,096 words</caption>")


def test_an_exit() -> None:
    end = Exit(Reason.VIOLATION, 1200, 7, detail="base < 0 & so on")
    assert repr(end) == "<exit: violation: steps 1,200, retired 7, detail base < 0 & so on>"
    assert "<td>base &lt; 0 &amp; so on</td>" in end._repr_html_()
