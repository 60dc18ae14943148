"""One monitor with 1, 10, 100, 1,000 machines that compute: whether a step costs the same, and what a second core adds.

They have turns of two lengths. In short ones it is Python that counts, which gives the turns and runs on one core at a
time; in long ones it is the machines' own code.
"""

import time
from collections.abc import Iterator
from typing import Any

from isa.engines.choice import AUTO, NATIVE, bare
from isa.machine import Storage
from monitor.monitor import Monitor
from trapline.bench.figures import Bench, Figure, at_least, at_most
from trapline.bench.kernels import COMPUTE, image, machine
from trapline.bench.load import Watch
from trapline.bench.sitting import summary

ROWS = ("scale",)
COUNTS, FEW = (1, 10, 100, 1000), (1, 3)
TURNS = {10_000: 200_000_000, 1_000_000: 1_000_000_000}  # steps of a turn, and of all machines together in a run
QUICK = {100: 3_000}
WORDS = 1024
KERNEL = next(kernel for kernel in COMPUTE if kernel.name == "regloop")
ENDLESS = {"ROUNDS": 4_000_000}  # some 50,000 million steps
CORES = 2


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    for turn, steps in (QUICK if bench.quick else TURNS).items():
        watch, found = Watch(), {count: _Crowd(bench, count, turn, steps) for count in (FEW if bench.quick else COUNTS)}
        for number in range(bench.repeat):
            for count, crowd in found.items():
                bench.show(f"{count:,} machines, turns of {turn:,}, {number + 1} of {bench.repeat}")
                crowd.measure(watch)
        one, *several = found.values()
        said = f"{{}} machines under one monitor, turns of {turn:,} steps: {{}}"
        for crowd in several:
            ratios = [many / single for many, single in zip(crowd.costs, one.costs, strict=True)]
            what = said.format(f"{crowd.count:,}", "cost of a step against that of one machine's")
            yield Figure("scale", what, ratios, "", at_most(1.1), crowd.detail())
        for crowd in several:
            what = said.format(f"{crowd.count:,}", "two threads against one")
            yield Figure("scale", what, crowd.gains, "", at_least(1.8), crowd.detail(), watch.disturbed(CORES))


class _Crowd:
    """So many machines; `costs` are nanoseconds of the processor for a step, `gains` what two threads make of one."""

    def __init__(self, bench: Bench, count: int, turn: int, steps: int) -> None:
        self.count, self.turn, self.each = count, turn, max(turn, steps // count)
        self.costs: list[float] = []
        self.gains: list[float] = []
        isa = machine()
        engine = NATIVE if bench.engine == AUTO else bench.engine
        self.monitor = Monitor(bare(isa, Storage(isa.word, (count + 1) * WORDS), engine=engine))
        for _ in range(count):
            self.monitor.create(WORDS).load(image(KERNEL, ENDLESS))
        for threads in (1, CORES, 1):
            self._run(threads)  # until each has its code

    def measure(self, watch: Watch) -> None:
        began = time.process_time()
        alone = self._run(1)
        self.costs.append(1e9 * (time.process_time() - began) / (self.count * self.each))
        with watch:
            self.gains.append(alone / self._run(CORES))

    def _run(self, threads: int) -> float:
        """Seconds of the wall."""
        began = time.perf_counter()
        self.monitor.run(self.each, self.turn, threads)
        return time.perf_counter() - began

    def detail(self) -> dict[str, Any]:
        return {"machines": self.count, "nanoseconds": summary(self.costs), "steps_each": self.each}
