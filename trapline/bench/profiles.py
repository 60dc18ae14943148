"""What a profile costs: a run that counts the steps of each word, beside the same run without."""

import time
from collections.abc import Callable, Iterator
from statistics import geometric_mean

from isa.engines.choice import counted
from isa.machine import Machine
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import COMPUTE, Kernel, image
from trapline.bench.machines import monitored, unmonitored
from trapline.bench.sitting import summary

ROWS = ("profile",)
STEPS, FEW = 1_000_000_000, 20_000
GOAL = at_most(3)
MAKERS: dict[str, Callable[[str], Machine]] = {"bare": unmonitored, "monitored": monitored}


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    for name in MAKERS:
        yield _figure(bench, name, FEW if bench.quick else STEPS)


def _figure(bench: Bench, name: str, steps: int) -> Figure:
    """How many times longer a run takes that counts, in the mean over the kernels."""
    ratios: dict[str, list[float]] = {}
    engines = (bench.engine, counted(bench.engine))
    for kernel in COMPUTE:
        bench.show(f"profile, {name}, {kernel.name}")
        for engine in engines:
            _seconds(bench, name, engine, kernel, steps)  # what is compiled once is there
        turns = [[_seconds(bench, name, engine, kernel, steps) for engine in engines] for _ in range(bench.repeat)]
        ratios[kernel.name] = [counting / usual for usual, counting in turns]
    means = [geometric_mean(turn) for turn in zip(*ratios.values(), strict=True)]
    detail = {kernel: summary(values) for kernel, values in ratios.items()}
    what = f"a run with a profile against one without, {name}"
    return Figure("profile", what, means, "", GOAL, {"kernels": detail})


def _seconds(bench: Bench, name: str, engine: str, kernel: Kernel, steps: int) -> float:
    """For so many steps of a kernel that goes on for ever, on a new machine."""
    machine = MAKERS[name](engine)
    machine.load(image(kernel, {**bench.sizes(kernel), "ROUNDS": 1 << 20}))
    began = time.perf_counter()
    machine.run(steps)
    return time.perf_counter() - began
