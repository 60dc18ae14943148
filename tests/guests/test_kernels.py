"""The kernels compute what their models in Python say, bare and monitored."""

import pytest

from guests.catalogue import describe, directory
from isa.machine import Machine, Reason, Storage
from monitor.monitor import tower
from tests.guests import kernel_models
from trapline.bench.kernels import COMPUTE, KERNELS, RESULT, Kernel, image, machine

WORDS = 8192
SIZES: dict[str, list[dict[str, int]]] = {
    "sieve": [{"LIMIT": 5, "ROUNDS": 1}, {"LIMIT": 121, "ROUNDS": 3}, {"LIMIT": 122, "ROUNDS": 1}],
    "matmul": [{"SIZE": 4, "ROUNDS": 1}, {"SIZE": 16, "ROUNDS": 5}],
    "crc32": [{"LENGTH": 1, "ROUNDS": 1}, {"LENGTH": 9, "ROUNDS": 4}],
    "fib": [{"N": 0, "ROUNDS": 1}, {"N": 1, "ROUNDS": 2}, {"N": 9, "ROUNDS": 3}],
    "qsort": [{"COUNT": 8, "ROUNDS": 3}, {"COUNT": 777, "ROUNDS": 1}],
    "regloop": [{"ROUNDS": 1}],
    "trap": [{"ROUNDS": 1}],
    "reflect": [{"ROUNDS": 1}],
    "emulate": [{"ROUNDS": 1}],
}
CASES = [(k, sizes) for k in KERNELS for sizes in (k.quick, *SIZES[k.name])]


def expected(kernel: Kernel, sizes: dict[str, int]) -> int:
    model = getattr(kernel_models, kernel.name)
    return int(model(**{name.lower(): value for name, value in sizes.items()}))


def checksum(machine: Machine, kernel: Kernel, sizes: dict[str, int]) -> int:
    machine.load(image(kernel, sizes))
    end = machine.run(1_000_000)
    assert end.reason is Reason.HALT and machine.state["x"][1] == 0
    return machine.storage.load(RESULT)


def named(case: tuple[Kernel, dict[str, int]]) -> str:
    return "-".join([case[0].name, *map(str, case[1].values())])


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_kernel_computes_what_its_model_says(case: tuple[Kernel, dict[str, int]]) -> None:
    bare = Machine(machine(), Storage(machine().word, WORDS))
    assert checksum(bare, *case) == expected(*case)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.name)
def test_a_kernel_monitored_is_the_same(kernel: Kernel) -> None:
    assert checksum(tower(machine(), WORDS, 1), kernel, kernel.quick) == expected(kernel, kernel.quick)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.name)
def test_the_quick_sizes_are_those_in_the_file(kernel: Kernel) -> None:
    guest = describe(directory() / "bench" / f"{kernel.name}.s")
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
        bare = Machine(machine(), Storage(machine().word, WORDS))
        bare.load(image(kernel, kernel.quick))
        assert bare.run_to_trap(1_000_000).reason is Reason.HALT
