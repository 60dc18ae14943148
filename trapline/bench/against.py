"""The six kernels that compute: against compiled C and other simulators, and under a monitor against bare."""

import statistics
from collections.abc import Iterator
from typing import Any

from isa.engines.choice import INTERPRETER, REFERENCE
from monitor.techniques import HYBRID, INTERPRET, TRAP
from trapline.bench.building import LeftOut
from trapline.bench.figures import Bench, Figure, Goal, at_least
from trapline.bench.kernels import COMPUTE, Kernel
from trapline.bench.machines import Ours
from trapline.bench.peers import maker
from trapline.bench.sitting import Contender, Times, sit, summary

OURS = "ours"
MEAN, LEAST, SPEED, UNDER = at_least(1.25), at_least(0.95), at_least(1200), at_least(0.97)
MONITORED = {"monitored": TRAP, "hybrid": HYBRID, "interpret": INTERPRET}  # each against bare
PEERS = {
    "qemu-user": ("QEMU, a process of Linux", at_least(2)),
    "qemu-system": ("QEMU, the whole machine", at_least(2.8)),
    "qemu-icount": ("QEMU, the whole machine, with an exact timer", at_least(7)),
    "unicorn": ("unicorn, driven from Python", at_least(11)),
}
NEEDS = {  # the contenders of a row, beside ours
    "gcc": ("gcc-O1", "gcc-O2"),
    **{name: (name,) for name in PEERS},
    "interpreter": (INTERPRETER,),
    **{row: (row,) for row in MONITORED},
}
ROWS = tuple(NEEDS)


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    """All of it in one sitting, so that every ratio is of what was measured side by side."""
    ours = Ours(OURS, bench.engine, bench.patience)
    contenders: list[Contender] = [ours]
    for name in dict.fromkeys(name for row in ROWS if row in rows for name in NEEDS[row]):
        try:
            contenders.append(_contender(name, bench))
        except LeftOut as left_out:
            bench.leave_out(left_out)
    here = {c.name for c in contenders}
    times = sit(contenders, bench.sized(*COMPUTE), bench.repeat, bench.agreement, bench.show)
    for row in (row for row in ROWS if row in rows and here.issuperset(NEEDS[row])):
        yield from _figures(bench, row, times, contenders)


def _contender(name: str, bench: Bench) -> Contender:
    match name:
        case "interpreter":
            if bench.engine == REFERENCE:
                raise LeftOut("the native interpreter", "the engine is the reference engine")
            return Ours(name, INTERPRETER, 0, share=1 / 4)
        case name if name in MONITORED:
            return Ours(name, bench.engine, bench.patience, (MONITORED[name],))
    return maker(name, bench.workshop)


def _figures(bench: Bench, row: str, times: Times, contenders: list[Contender]) -> Iterator[Figure]:
    match row:
        case "gcc":
            yield ratio(row, "against gcc -O1", times, OURS, "gcc-O1", MEAN)
            yield least(row, "the least of the six", times, OURS, "gcc-O1", LEAST)
            yield ratio(row, "against gcc -O2", times, OURS, "gcc-O2", at_least(1))
        case "interpreter":
            alone = next(c for c in contenders if isinstance(c, Ours) and c.name == INTERPRETER)
            yield speed(row, "native interpreter alone", times, alone, bench.sized(*COMPUTE))
        case row if row in MONITORED:
            what = f"under a monitor ({MONITORED[row].name}) against bare"
            yield ratio(row, what, times, row, OURS, UNDER if row == "monitored" else at_least(0.9))
        case _:
            what, goal = PEERS[row]
            yield ratio(row, f"against {what}", times, OURS, row, goal)


def ratio(row: str, what: str, times: Times, one: str, other: str, goal: Goal) -> Figure:
    """How many times faster `one` is than `other`, in the mean."""
    detail = {"kernels": times.by_kernel(one, other), "seconds": _seconds(times, one, other)}
    return Figure(row, what, times.means(one, other), "", goal, detail)


def least(row: str, what: str, times: Times, one: str, other: str, goal: Goal) -> Figure:
    """The same of the kernel where it is least."""
    ratios = {kernel: times.ratios(kernel, one, other) for kernel in times.seconds}
    kernel = min(ratios, key=lambda k: statistics.median(ratios[k]))
    return Figure(row, f"{what}: {kernel}", ratios[kernel], "", goal)


def speed(row: str, what: str, times: Times, contender: Ours, sized: list[tuple[Kernel, dict[str, int]]]) -> Figure:
    """The mean of the kernels' speeds, not weighted by anything."""
    speeds = {}
    for kernel, sizes in sized:
        steps = contender.steps_each[kernel.name] * sizes["ROUNDS"]
        speeds[kernel.name] = [steps / s / 1e6 for s in times.seconds[kernel.name][contender.name]]
    means = [statistics.mean(turn) for turn in zip(*speeds.values(), strict=True)]
    detail = {"kernels": {name: summary(values) for name, values in speeds.items()}}
    return Figure(row, what, means, "MIPS", SPEED, detail)


def _seconds(times: Times, *names: str) -> dict[str, dict[str, Any]]:
    return {kernel: {n: summary(found[n]) for n in names} for kernel, found in times.seconds.items()}
