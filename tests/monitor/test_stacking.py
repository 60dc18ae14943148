"""Monitors on virtual machines: a virtual machine is a machine, so nothing changes but the number of exits."""

from itertools import pairwise

import pytest

from guests.catalogue import find
from isa.engines.choice import bare
from isa.errors import MachineError
from isa.machine import Machine, Reason, Storage
from isa.machine.snapshot import Snapshot
from isa.machine.storage import LARGEST
from monitor import Monitor, VirtualMachine
from monitor.monitor import depth_storage, tower
from tests.guests.boot import Booted, image_of, outfit
from tests.isa.test_engine_programs import outcome
from tests.machines_to_test import EACH, G3, M16, MACHINES
from tests.program_strategies import SIZE

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]


def os_at(depth: int) -> VirtualMachine:
    guest = find("os")
    vm = tower(G3, guest.storage, depth, outfit(G3, guest.input, guest.disk, queue=guest.queue))
    vm.load(image_of(guest, G3))
    return vm


def test_the_operating_system_boots_three_monitors_deep() -> None:
    booted, vm = Booted(find("os")), os_at(3)
    assert vm.run(find("os").steps).reason is booted.run().reason is Reason.HALT
    assert outcome(vm) == outcome(booted.machine)
    assert booted.output == find("os").prints


def test_an_operating_system_moves_between_depths_in_the_middle() -> None:
    """Stopped after every few thousand steps and continued at another depth."""
    saved = None
    for depth in (1, 3, 2, 1, 2, 3, 2, 1, 3):
        vm = os_at(depth)
        if saved is not None:
            saved.apply(vm)
        vm.run(3001)
        saved = Snapshot.take(vm)
    booted = Booted(find("os"))
    booted.machine.run(9 * 3001)
    assert Snapshot.take(booted.machine) == saved


@EACH
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_each_machine_of_a_tower_lies_in_the_one_below(name: str, depth: int) -> None:
    isa = MACHINES[name]
    vm: Machine = tower(isa, SIZE, depth)
    sizes = depth_storage(isa, SIZE, depth)
    for size in [SIZE, *reversed(sizes)][:-1]:
        assert isinstance(vm, VirtualMachine) and vm.storage.size == size
        below = vm.monitor.below
        page = vm.storage.page_words
        assert below.storage.offset + page <= vm.storage.offset
        assert vm.storage.offset + vm.storage.size <= below.storage.offset + below.storage.size
        assert vm.storage.root is below.storage.root
        vm = below
    assert not isinstance(vm, VirtualMachine) and vm.storage.size == sizes[0]


def test_a_monitor_in_a_virtual_machine_shares_it_with_nobody() -> None:
    """Beside a guest, a virtual machine that carries a monitor with two guests of its own."""
    real = Monitor(bare(G3, Storage(32, 16 * 1024)))
    beside, host = real.create(1024), real.create(8 * 1024)
    inner = Monitor(host)
    guests = [beside, inner.create(1024), inner.create(2048)]
    spans = sorted((vm.storage.offset, vm.storage.offset + vm.storage.size) for vm in guests)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    for vm in guests:
        vm.storage.write(0, [len(spans)] * vm.storage.size)
    assert real.below.storage.read(0, 1024) == [0] * 1024


@pytest.mark.parametrize("depth", [1, 3])
def test_what_is_said_of_the_largest_machine_is_true(depth: int) -> None:
    """A real machine has 2^30 words at most, and each monitor takes a page."""
    with pytest.raises(MachineError, match="each monitor takes a page of 1024 words") as caught:
        tower(G3, LARGEST, depth)
    largest = int(caught.value.help.rpartition(" ")[2].rstrip("`"))
    assert largest == LARGEST - depth * 1024
    assert depth_storage(G3, largest, depth)[0] == LARGEST
    with pytest.raises(MachineError, match=f"ask for at most {largest}|takes a real one"):
        tower(G3, largest + 1, depth)


def test_small_words_count_small_machines() -> None:
    with pytest.raises(MachineError, match="65535 words are the most") as caught:
        tower(M16, 65535, 1)
    largest = int(caught.value.help.rpartition(" ")[2].rstrip("`"))
    assert tower(M16, largest, 1).storage.size == largest
