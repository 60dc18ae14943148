"""The kernels compute what their models in Python say, bare and monitored."""

import pytest

from isa.engines.choice import bare
from isa.machine import Machine, Reason, Storage
from monitor.monitor import tower
from tests.guests.kernel_models import CASES, ELSEWHERE, expected, named
from trapline.bench.kernels import COMPUTE, KERNELS, ON_NARROW, RESULT, Kernel, image, machine, text
from trapline.bench.machines import Prepared
from trapline.running.rig import exit_code

WORDS = 8192


def checksum(machine: Machine, kernel: Kernel, sizes: dict[str, int]) -> int:
    machine.load(image(kernel, sizes))
    end = machine.run(1_000_000)
    assert (end.reason, exit_code(machine)) == (Reason.HALT, 0)
    return machine.storage.load(RESULT)


@pytest.mark.parametrize("case", [*CASES, *ELSEWHERE], ids=named)
def test_a_kernel_computes_what_its_model_says(case: tuple[Kernel, dict[str, int]]) -> None:
    """And once more from its beginning, in storage as it is then: a bench does not load it again."""
    isa = case[0].isa
    prepared = Prepared(bare(isa, Storage(isa.word, WORDS)), image(*case))
    for _ in range(2):
        prepared.machine.storage.write(RESULT, [0])
        prepared.run()
        assert prepared.machine.storage.load(RESULT) == expected(*case)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.name)
def test_a_kernel_monitored_is_the_same(kernel: Kernel) -> None:
    assert checksum(tower(machine(), WORDS, 1), kernel, kernel.quick) == expected(kernel, kernel.quick)


@pytest.mark.parametrize("kernel", [*KERNELS, *ON_NARROW], ids=lambda k: f"{k.isa.name}-{k.name}")
def test_the_quick_sizes_are_those_in_the_file(kernel: Kernel) -> None:
    guest = text(kernel.name, kernel.machine)
    assert guest.summary and guest.source(**kernel.quick) == guest.source()
    assert kernel.full.keys() == kernel.quick.keys()


def test_each_round_of_one_kind_is_one_exit() -> None:
    """What a bench divides by the number of rounds: nothing else is emulated or reflected."""
    for name, decision in (("emulate", "emulated"), ("reflect", "reflected")):
        kernel = next(k for k in KERNELS if k.name == name)
        counts = []
        for rounds in (10, 110):
            vm = tower(machine(), WORDS, 1)
            checksum(vm, kernel, {"ROUNDS": rounds})
            counts.append({d.value: n for d, n in vm.statistics.by_decision().items()})
        assert counts[1][decision] - counts[0][decision] == 100
        assert sum(counts[1].values()) - sum(counts[0].values()) == 100


def test_the_six_that_compute_trap_nowhere() -> None:
    for kernel in COMPUTE:
        real = bare(machine(), Storage(machine().word, WORDS))
        real.load(image(kernel, kernel.quick))
        assert real.run_to_trap(1_000_000).reason is Reason.HALT
