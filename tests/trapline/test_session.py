"""Running in slices: what is served between them, and that nothing of it can be seen by a guest."""

from typing import cast

import pytest

from isa.assembler import assemble
from isa.devices.terminal import Terminal
from isa.machine import Exit, Machine, Reason
from isa.machines.catalogue import find
from trapline.running.rig import Outfit, build
from trapline.running.session import IDLE_RATE, PATIENCE, Interruption, run

TICKS = """
        .org 8
        .word start, Mode.supervisor, 0, 4096
        .org 16
start:  li   r1, 10000
1:      stim r1
        idle
        b    1b
"""
WORKS = """
start:  addi r2, r2, 1
        addi r3, r3, 2
        b start
"""


class Typist:
    """Stands in for a terminal: types nothing, notes how long it was waited for, and presses Ctrl-C in the end."""

    def __init__(self, interruption: Interruption, patience: int) -> None:
        self.waits: list[float] = []
        self.interruption, self.patience = interruption, patience

    def poll(self, wait: float = 0.0) -> bool:
        self.waits.append(wait)
        self.interruption.asked = len(self.waits) >= self.patience
        return False


def machine(text: str) -> Machine:
    isa = find("g3")
    made = build(isa, 4096, Outfit()).machine
    made.load(assemble(isa, text))
    return made


def typed(text: str) -> tuple[Machine, Typist, Exit]:
    interruption = Interruption()
    typist, guest = Typist(interruption, 6), machine(text)
    end = run(guest, 1 << 40, interruption, cast(Terminal, typist))
    return guest, typist, end


def test_idle_time_passes_slowly_while_somebody_may_type() -> None:
    guest, typist, end = typed(TICKS)
    assert end.reason is Reason.BUDGET
    assert guest.skipped > 0.9 * guest.steps
    assert sum(typist.waits) == pytest.approx(5 / 6 * guest.skipped / IDLE_RATE, rel=0.01)
    assert max(typist.waits) <= PATIENCE


def test_work_is_not_slowed_down() -> None:
    guest, typist, _ = typed(WORKS)
    assert guest.skipped == 0 and set(typist.waits) == {0.0}


def test_slices_do_not_matter() -> None:
    ends = []
    for slice in (1, 7, 1000, 100_000):
        guest = machine(WORKS)
        end = run(guest, 5000, Interruption(), slice=slice, longest=700)
        ends.append((end, guest.state.block.tolist(), guest.steps))
    assert all(end == ends[0] for end in ends)


def test_slices_grow_by_steps_up_to_the_longest() -> None:
    seen: list[int] = []
    guest = machine(WORKS)
    run(guest, 200, Interruption(), show=seen.append, slice=1, longest=32)
    assert [b - a for a, b in zip([0, *seen], seen, strict=False)] == [1, 2, 4, 8, 16, *[32] * 5, 9]
    seen.clear()
    run(guest, 200, Interruption(), show=seen.append, slice=100, longest=1)
    assert seen == [300, 400]


def test_a_second_ctrl_c_gives_up_at_once() -> None:
    interruption = Interruption()
    interruption(2, None)
    assert interruption.asked
    with pytest.raises(KeyboardInterrupt):
        interruption(2, None)
