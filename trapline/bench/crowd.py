"""A host with many virtual machines: how soon they are there, what each costs beside few, whether all run fairly."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from trapline.bench.cold import child
from trapline.bench.figures import Bench, Figure, at_most

ROWS = ("crowd",)
MEBIBYTE = 1 << 18  # words
FEW, MANY, QUICK = 10, 1000, 20
TURNS = 5  # of both hosts, in which each machine has its steps
STEPS, QUANTUM = 20_000, 10_000  # of each machine in a run, and of a turn
PERIOD = 1 << 20  # the longest: accounts are renewed by the clock, which a thousand machines have in common
BUSY = """
        .org 16
start:  addi r1, r1, 1
        b    start
"""


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    count = QUICK if bench.quick else MANY
    cache, turns = bench.folder("crowd"), []
    for turn in range(bench.repeat):
        bench.show(f"a host of {count:,} machines, turn {turn + 1} of {bench.repeat}")
        turns.append(child("crowd", cache, engine=bench.engine, count=count, patience=bench.patience))
    what = f"{count:,} machines of 1 MiB on a host"
    for key, of, unit, most in (
        ("seconds", "defined and started", "s", 2),
        ("flat", f"cost of {STEPS:,} steps of each, against {FEW}", "", 1.2),
        ("megabytes", "memory of the process", "MB", 400),
        ("apart", "steps of the most and the least, apart in turns", "", 1),
    ):
        yield Figure("crowd", f"{what}: {of}", [turn[key] for turn in turns], unit, at_most(most))


def crowd(engine: str, count: int, patience: float) -> dict[str, Any]:
    """Of so many machines that compute: seconds to have them, what each costs in processor time beside one of few,
    megabytes, and how many turns one has had more than another.

    Few machines have their steps as many times as there are more of the others, so that both take as long; and both
    hosts have their turns one after the other in one process, so that whatever else slows it slows both."""
    with (
        tempfile.TemporaryDirectory(prefix="trapline-crowd-") as folder,
        _filled(f"{folder}/many", engine, count) as (many, seconds),
        _filled(f"{folder}/few", engine, FEW) as (few, _),
    ):
        until, times = time.perf_counter() + patience, max(1, count // FEW)
        while True:
            _cost(few, FEW, times), _cost(many, count, 1)
            if time.perf_counter() >= until:
                break
        flat = [_cost(many, count, 1) / count / _cost(few, FEW, times) * FEW * times for _ in range(TURNS)]
        steps = [record.point.steps for record in many.machines()]
    apart = (max(steps) - min(steps)) / QUANTUM
    return {"seconds": seconds, "flat": statistics.median(flat), "megabytes": _peak(), "apart": apart}


@contextmanager
def _filled(folder: str, engine: str, count: int) -> Iterator[tuple[Any, float]]:
    """A host of so many machines, and the seconds that it took to have them."""
    from isa.assembler.assembly import assemble
    from isa.machines.catalogue import find
    from monitor.host import Definition, Host

    image = assemble(find("g3"), BUSY, "busy.s")
    os.mkdir(folder)
    with open(f"{folder}/host.toml", "w", encoding="utf-8") as file:
        file.write(f'policy = "shares"\nmachines = {count}\nstorage = {count * MEBIBYTE}\n')
        file.write(f"quantum = {QUANTUM}\nperiod = {PERIOD}\n")
    with Host(folder, engine) as host:
        began = time.perf_counter()
        for number in range(count):
            host.define(Definition(f"m{number}", "busy", storage=MEBIBYTE), image)
            host.start(f"m{number}")
        yield host, time.perf_counter() - began


def _cost(host: Any, count: int, times: int) -> float:
    """Processor seconds in which each of so many machines has its steps so many times."""
    began = time.process_time()
    for _ in range(times):
        host.run(count * STEPS)
    return time.process_time() - began


def _peak() -> float:
    """The most megabytes of this process that were in memory."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
