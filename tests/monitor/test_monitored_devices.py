"""Devices of virtual machines: they live in virtual time and in the window, and their failures end only their own."""

import errno
import os

import pytest

from isa.assembler import assemble
from isa.devices import BLOCK, Console, Disk, MemoryBacking, Ports, RandomSource, Script
from isa.engines.choice import bare
from isa.machine import Reason, Storage
from isa.machine.snapshot import Snapshot
from isa.machine.trace import TraceLine, each_line
from isa.machines.catalogue import find
from monitor import Monitor, VirtualMachine
from monitor.monitor import tower
from proofs.runs.compare import Setup, compare

G3 = find("g3")
SIZE = 2048

REACH = """
        .org 16
start:  set r2, 2
        set r3, 3
        set r4, 4
        set r8, 1
        set r5, 2048 - 128      # the last address that is good
        out r5, r2
        out r8, r4
1:      in  r6, r4
        beq r6, r8, 1b
        set r5, 2048 - 127      # one further
        out r5, r2
        out r8, r4
2:      in  r7, r4
        beq r7, r8, 2b
        halt
"""

TALK = """
        .org 16
start:  set r2, 1
        set r5, 5
        set r4, 2
loop:   in  r3, r2              # status
        beq r3, r4, done
        beqz r3, loop
        in  r6, r0
        out r6, r0
        in  r7, r5
        out r7, r0
        b   loop
done:   halt
"""


class Full:
    """A sink on a full disk."""

    def write(self, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def talkative(sink: Full | None = None) -> Ports:
    return Ports({0: Console(Script(b"abcdef"), sink), 5: RandomSource(G3.word, 3)})


@pytest.mark.parametrize("depth", [1, 2])
def test_a_virtual_disk_reaches_its_window_and_nothing_else(depth: int) -> None:
    ports = Ports({2: Disk(MemoryBacking(b"\xff" * 4 * BLOCK), G3.word)})
    vm = tower(G3, SIZE, depth, ports)
    vm.load(assemble(G3, REACH, "reach"))
    below = vm.monitor.below.storage
    first = vm.storage.offset - below.offset
    after = below.read(first + SIZE, below.size - first - SIZE)
    assert vm.run(10_000).reason is Reason.HALT
    assert (vm.state["x"][6], vm.state["x"][7]) == (0, 3)  # type: ignore[index]
    assert vm.storage.read(SIZE - BLOCK, BLOCK) == [2**32 - 1] * BLOCK
    assert below.read(first + SIZE, below.size - first - SIZE) == after


def test_a_failing_device_stops_its_own_machine_only() -> None:
    monitor = Monitor(bare(G3, Storage(G3.word, 16384)))
    failing, fine = monitor.create(SIZE, talkative(Full())), monitor.create(SIZE, talkative())
    for vm in failing, fine:
        vm.load(assemble(G3, TALK, "talk"))
    ends = monitor.run(10_000)
    assert ends[failing.name].reason is Reason.DEVICE and "No space left" in ends[failing.name].detail
    assert ends[fine.name].reason is Reason.HALT


@pytest.mark.parametrize("depth", [1, 2])
def test_a_run_that_failed_under_the_monitor_goes_on_from_its_snapshot(depth: int) -> None:
    """Even on the bare machine: what a virtual machine is, is the machine's state and nothing else."""
    failing = tower(G3, SIZE, depth, talkative(Full()))
    failing.load(assemble(G3, TALK, "talk"))
    assert failing.run(10_000).reason is Reason.DEVICE
    saved = Snapshot.from_bytes(Snapshot.take(failing).to_bytes())

    whole = bare(G3, Storage(G3.word, SIZE), talkative())
    whole.load(assemble(G3, TALK, "talk"))
    assert whole.run(10_000).reason is Reason.HALT
    for continued in tower(G3, SIZE, depth, talkative()), bare(G3, Storage(G3.word, SIZE), talkative()):
        saved.apply(continued)
        assert continued.run(10_000).reason is Reason.HALT
        assert Snapshot.take(continued).state == Snapshot.take(whole).state
        assert continued.ports.save() == whole.ports.save()
        assert (continued.steps, continued.retired) == (whole.steps, whole.retired)


class Lying(Ports):
    """Ports that change a bit of the third word sent."""

    words = 0

    def send(self, port: int, word: int, now: int) -> None:
        self.words += 1
        super().send(port, word ^ (self.words == 3), now)


def test_a_comparison_finds_the_first_step_that_sends_something_else() -> None:
    def build(setup: Setup) -> VirtualMachine:
        return tower(setup.isa, setup.words, setup.depth, Lying(talkative().devices))

    setup = Setup(G3, assemble(G3, TALK, "talk"), SIZE, talkative, build=build)
    divergence = compare(setup, 10_000).divergence
    assert divergence is not None and divergence.word is not None
    traced = setup.bare()
    lines: list[TraceLine] = []
    traced.trace = each_line(lines.append)
    traced.run(10_000)
    third = [line for line in lines if line.sent][2]
    assert (divergence.step, divergence.pc, divergence.word) == (third.step, third.pc, third.word)
    output = next(d for d in divergence.differences if d.name == "console.output")
    assert output.bare != output.monitored and output.bare.endswith("from byte 0 of 3")
    assert compare(Setup(G3, setup.image, SIZE, talkative), 10_000).equivalent
