"""More than one machine: two that compute side by side, and a thousand that do nothing."""

import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from isa.machine import Reason
from trapline.bench.building import LeftOut
from trapline.bench.cold import child
from trapline.bench.figures import Bench, Figure, at_least, at_most
from trapline.bench.kernels import COMPUTE, RESULT, image
from trapline.bench.load import Watch
from trapline.bench.machines import BUDGET, Prepared, unmonitored

ROWS = ("cores", "machines")
MEBIBYTE = 1 << 18  # words
COUNT, FEW = 1000, 20


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    if "cores" in rows:
        yield _cores(bench)
    if "machines" in rows:
        yield from _machines(bench)


def _cores(bench: Bench) -> Figure:
    """How much more two threads do than one in the same time, on the kernel that needs storage least."""
    try:
        parallel: Any = import_module("isa.machine.parallel")
    except ModuleNotFoundError:
        raise LeftOut("two guests on two cores", "machines do not run in parallel yet") from None
    kernel = next(k for k in COMPUTE if k.name == "fib")
    program = image(kernel, bench.sizes(kernel))
    pair = [Prepared(unmonitored(bench.engine), program) for _ in range(2)]
    for prepared in pair:
        prepared.warm_up(bench.patience)
    gains, watch = [], Watch()
    for turn in range(bench.repeat):
        bench.show(f"two cores, turn {turn + 1} of {bench.repeat}")
        one = _together(parallel, pair[:1])
        with watch:
            gains.append(2 * one / _together(parallel, pair))
    for prepared in pair:
        checksum = prepared.machine.storage.load(RESULT)
        bench.agreement.note("two at once", kernel.name, bench.sizes(kernel), checksum)
    what = "two guests on two cores against one"
    return Figure("cores", what, gains, "", at_least(1.8), disturbed=watch.disturbed(2))


def _together(parallel: Any, pair: list[Prepared]) -> float:
    """Seconds in which all have run from their beginning to the halt, each in a thread of its own."""
    for prepared in pair:
        prepared.rewind()
    began = time.perf_counter()
    ends = parallel.run_all([prepared.machine for prepared in pair], BUDGET, len(pair))
    seconds = time.perf_counter() - began
    assert all(end.reason is Reason.HALT for end in ends)
    return seconds


def _machines(bench: Bench) -> Iterator[Figure]:
    count = FEW if bench.quick else COUNT
    cache, turns = bench.folder("machines"), []
    for turn in range(bench.repeat):
        bench.show(f"{count} machines, turn {turn + 1} of {bench.repeat}")
        turns.append(child("machines", cache, engine=bench.engine, count=count, words=MEBIBYTE))
    seconds, megabytes = [t["seconds"] for t in turns], [t["bytes"] / 1e6 for t in turns]
    what = f"{count:,} machines of 1 MiB"
    yield Figure("machines", what, seconds, "s", at_most(1))
    yield Figure("machines", f"{what}, memory", megabytes, "MB", at_most(200))
