"""A host with many virtual machines: how soon they are there, what each costs beside few, whether all run fairly."""

import tempfile
import time
from collections.abc import Iterator
from typing import Any

from trapline.bench.cold import child
from trapline.bench.figures import Bench, Figure, at_most

ROWS = ("crowd",)
MEBIBYTE = 1 << 18  # words
FEW, MANY, QUICK = 10, 1000, 20
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
        few, many = (child("crowd", cache, engine=bench.engine, count=n, patience=bench.patience) for n in (FEW, count))
        turns.append({**many, "flat": many["each"] / few["each"]})
    what = f"{count:,} machines of 1 MiB on a host"
    for key, of, unit, most in (
        ("seconds", "defined and started", "s", 2),
        ("flat", f"cost of {STEPS:,} steps of each, against {FEW}", "", 1.2),
        ("megabytes", "memory of the process", "MB", 400),
        ("apart", "steps of the most and the least, apart in turns", "", 1),
    ):
        yield Figure("crowd", f"{what}: {of}", [turn[key] for turn in turns], unit, at_most(most))


def crowd(engine: str, count: int, patience: float) -> dict[str, Any]:
    """Of so many machines that compute: seconds to have them, processor seconds for a run of each, megabytes, and how
    many turns one has had more than another."""
    from isa.assembler.assembly import assemble
    from isa.machines.catalogue import find
    from monitor.host import Definition, Host

    image = assemble(find("g3"), BUSY, "busy.s")
    with tempfile.TemporaryDirectory(prefix="trapline-crowd-") as folder:
        with open(f"{folder}/host.toml", "w", encoding="utf-8") as file:
            file.write(f'policy = "shares"\nmachines = {count}\nstorage = {count * MEBIBYTE}\n')
            file.write(f"quantum = {QUANTUM}\nperiod = {PERIOD}\n")
        with Host(folder, engine) as host:
            began = time.perf_counter()
            for number in range(count):
                host.define(Definition(f"m{number}", "busy", storage=MEBIBYTE), image)
                host.start(f"m{number}")
            seconds = time.perf_counter() - began
            each = _each(host, count, patience)
            steps = [record.point.steps for record in host.machines()]
    apart = (max(steps) - min(steps)) / QUANTUM
    return {"seconds": seconds, "each": each, "megabytes": _peak(), "apart": apart}


def _each(host: Any, count: int, patience: float) -> float:
    """What a machine costs in a run, once everything is compiled."""
    until = time.perf_counter() + patience
    host.run(count * QUANTUM)
    while time.perf_counter() < until:
        host.run(count * QUANTUM)
    began = time.process_time()
    host.run(count * STEPS)
    return (time.process_time() - began) / count


def _peak() -> float:
    """The most megabytes of this process that were in memory."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
