"""The other side of the benchmark: what is installed computes what the models say, what is not is named."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from isa.errors import TraplineError
from tests.guests.kernel_models import CASES, ELSEWHERE, expected, named
from trapline.bench.building import CROSS, NATIVE, LeftOut, Workshop
from trapline.bench.kernels import COMPUTE, TRAP, Kernel
from trapline.bench.machines import Ours
from trapline.bench.peers import QEMU_SYSTEM, QEMU_USER, maker
from trapline.bench.sitting import Agreement, Run, part, sit

pytestmark = [pytest.mark.slow, pytest.mark.every(2)]

NAMES = {kernel.name for kernel in COMPUTE}
NEEDS = {
    "gcc-O1": (NATIVE,),
    "gcc-O2": (NATIVE,),
    "qemu-user": (CROSS, QEMU_USER),
    "qemu-system": (CROSS, QEMU_SYSTEM),
    "qemu-icount": (CROSS, QEMU_SYSTEM),
    "unicorn": (CROSS,),
}
HERE = [
    name
    for name, tools in NEEDS.items()
    if all(map(shutil.which, tools)) and (name != "unicorn" or find_spec("unicorn"))
]


@pytest.mark.parametrize("case", [c for c in (*CASES, *ELSEWHERE) if c[0].name in NAMES], ids=named)
def test_a_kernel_in_c_computes_what_its_model_says(case: tuple[Kernel, dict[str, int]], tmp_path: Path) -> None:
    if "gcc-O1" in HERE:
        assert maker("gcc-O1", Workshop(tmp_path)).run(*case).checksum == expected(*case)


@pytest.mark.parametrize("name", NEEDS)
def test_who_is_not_installed_is_named_with_the_reason(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LeftOut) as left_out:
        maker(name, Workshop(tmp_path))
    assert left_out.value.what == name and left_out.value.why == f"{NEEDS[name][0]} is not installed"


def test_all_that_are_installed_agree_with_us(tmp_path: Path) -> None:
    workshop, agreement = Workshop(tmp_path), Agreement()
    everybody = [Ours("ours", "reference", 0), *(maker(name, workshop) for name in HERE)]
    times = sit(everybody, [(COMPUTE[0], COMPUTE[0].quick)], 2, agreement)
    assert all(len(times.seconds["sieve"][c.name]) == 2 for c in everybody)
    others = [c for c in everybody if not c.name.startswith("gcc")]
    for sizes in (TRAP.quick, {"ROUNDS": 7}):  # the share of some is less: all are checked at the same size too
        for contender in others:
            contender.prepare(TRAP, sizes)
            assert contender.run(TRAP, sizes).checksum == sizes["ROUNDS"]


class Claims:
    """A contender that comes to a given checksum, at once or in as many seconds."""

    def __init__(self, name: str, checksum: int, seconds: float, share: float = 1) -> None:
        self.name, self.share, self.checksum, self.seconds = name, share, checksum, seconds

    def prepare(self, kernel: Kernel, sizes: dict[str, int]) -> None:
        pass

    def run(self, kernel: Kernel, sizes: dict[str, int]) -> Run:
        return Run(self.seconds * sizes["ROUNDS"], self.checksum)


def test_a_wrong_checksum_is_not_timed() -> None:
    kernels = [(COMPUTE[0], {"LIMIT": 10, "ROUNDS": 4})]
    with pytest.raises(TraplineError, match="sieve: two came to 00000008, one to 00000007"):
        sit([Claims("one", 7, 1), Claims("two", 8, 1)], kernels, 1, Agreement())


def test_the_time_of_a_part_is_that_of_the_whole() -> None:
    kernels = [(COMPUTE[0], {"LIMIT": 10, "ROUNDS": 40})]
    times = sit([Claims("one", 7, 1), Claims("part", 9, 3, 1 / 7)], kernels, 2, Agreement())
    assert times.seconds["sieve"] == {"one": [40, 40], "part": [120, 120]}
    assert times.ratios("sieve", "one", "part") == [3, 3] and times.means("one", "part") == pytest.approx([3, 3])
    assert part({"ROUNDS": 1}, 1 / 7) == {"ROUNDS": 1}
