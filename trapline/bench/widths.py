"""The same figures for machines with words of 64 and of 16 bits, so that nothing is won by knowing one machine.

The one is G3 with wider words, and runs the very programs of G3. The other one has nothing in common with it but the
paper (four registers, a flag, another trap entry, another clock), and has some kernels of its own.
"""

from collections.abc import Iterator, Sequence

from isa.engines.choice import INTERPRETER, REFERENCE
from monitor.techniques import TRAP
from trapline.bench.against import LEAST, MEAN, OURS, UNDER, least, ratio, speed
from trapline.bench.building import LeftOut
from trapline.bench.exits import TRAPPED, nanoseconds
from trapline.bench.figures import Bench, Figure
from trapline.bench.kernels import NARROW, ON_NARROW, ON_WIDE, TRAPS, WIDE, Kernel
from trapline.bench.machines import Ours
from trapline.bench.peers import Compiled
from trapline.bench.sitting import Agreement, Contender, sit

MACHINES = {"wide": (ON_WIDE, TRAPS[WIDE]), "narrow": (ON_NARROW, TRAPS[NARROW])}
ROWS = tuple(MACHINES)
GCC, MONITORED = "gcc-O1", "monitored"


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    for row, (kernels, trap) in MACHINES.items():
        if row in rows:
            yield from _computing(bench, row, kernels)
            yield _trapping(bench, row, trap)


def _computing(bench: Bench, row: str, kernels: Sequence[Kernel]) -> Iterator[Figure]:
    ours, alone = Ours(OURS, bench.engine, bench.patience), Ours(INTERPRETER, INTERPRETER, 0, share=1 / 4)
    contenders: list[Contender] = [ours, Ours(MONITORED, bench.engine, bench.patience, (TRAP,))]
    if bench.engine != REFERENCE:
        contenders.append(alone)
    try:
        contenders.append(Compiled(bench.workshop, 1))
    except LeftOut as left_out:
        bench.leave_out(left_out)
    sized, here = bench.sized(*kernels), {c.name for c in contenders}
    times, name = sit(contenders, sized, bench.repeat, Agreement(), bench.show), kernels[0].isa.name
    if GCC in here:
        yield ratio(row, f"{name}: {len(kernels)} kernels against gcc -O1", times, OURS, GCC, MEAN)
        yield least(row, f"{name}: the least of them", times, OURS, GCC, LEAST)
    if INTERPRETER in here:
        yield speed(row, f"{name}: native interpreter alone", times, alone, sized)
    yield ratio(row, f"{name}: under a monitor against bare", times, MONITORED, OURS, UNDER)


def _trapping(bench: Bench, row: str, trap: Kernel) -> Figure:
    times = sit([Ours(OURS, bench.engine, bench.patience)], bench.sized(trap), bench.repeat, Agreement(), bench.show)
    each = nanoseconds(times.seconds[trap.name][OURS], bench, trap)
    return Figure(row, f"{trap.isa.name}: a trap taken and returned from, bare", each, "ns", TRAPPED)
