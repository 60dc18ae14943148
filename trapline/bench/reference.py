"""The reference engine, which is plain Python: its speed on five guests, bare and monitored, and what a trap and
an exit cost it, beside a step.

The guests are the shipped ones, made larger through their `.equ` lines.
"""

import time
from collections.abc import Iterator
from statistics import median

from guests.catalogue import directory
from guests.catalogue import find as find_guest
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.description import Isa
from isa.engines.choice import REFERENCE
from isa.machines.catalogue import find as find_machine
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import MACHINE
from trapline.bench.machines import finish
from trapline.explaining import cost
from trapline.running.rig import Outfit, Rig, build

ROWS = ("reference",)
GOAL = at_most(5)  # us
STEP = "a step"
STEPS = {
    STEP: None,
    "a trap": None,
    "an exit: a trap reflected": at_most(5000),
    "an exit: an instruction emulated": at_most(5000),
}
WORDS = 1 << 16
GUESTS: dict[str, dict[str, int]] = {
    "primes": {"LIMIT": 15000},
    "quicksort": {"COUNT": 12000},
    "matmul": {"SIZE": 60},
    "crc": {"ROUNDS": 600},
    "fib": {"N": 24},
}
EXITS, TIMES = "exits", {"N": 40_000}  # the guest by which the cost of an exit is measured


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    for name, sizes in GUESTS.items():
        bench.show(f"reference engine, {name}")
        yield _speed(name, {} if bench.quick else sizes, bench.repeat)
    yield _exit({} if bench.quick else TIMES, bench.repeat)
    yield from _steps(bench)


def _speed(name: str, sizes: dict[str, int], repeat: int) -> Figure:
    quick, slow, rig = _times(name, sizes, repeat)
    assert rig.virtual is not None
    statistics, steps = rig.virtual.statistics, rig.machine.steps
    detail = {
        "steps": steps,
        "bare": steps / quick,
        "monitored": steps / slow,
        "ratio": quick / slow,
        "share": statistics.share_direct,
        "exits": sum(statistics.by_decision().values()),
    }
    return Figure("reference", f"reference engine, {name}", (steps / quick / 1e6,), "MIPS", None, detail)


def _exit(sizes: dict[str, int], repeat: int) -> Figure:
    """How much longer a guest with many exits takes monitored than bare, for each of them."""
    quick, slow, rig = _times(EXITS, sizes, repeat)
    assert rig.virtual is not None
    exits = sum(rig.virtual.statistics.by_decision().values())
    what = "reference engine, an exit to the monitor"
    return Figure("reference", what, (1e6 * (slow - quick) / exits,), "us", GOAL, {"exits": exits})


def _steps(bench: Bench) -> Iterator[Figure]:
    """Of which `trapline explain --cost` tells: steps that are ordinary, that trap, or that are exits."""
    isa = find_machine(MACHINE)
    times: dict[str, list[float]] = {what: [] for what in STEPS}
    for _ in range(bench.repeat):
        for what, found in times.items():
            bench.show(f"reference engine, {what}")
            found.append(cost.ROWS[what](isa, (REFERENCE,))[REFERENCE])
    step = median(times[STEP])
    for what, goal in STEPS.items():
        detail = {"steps": median(times[what]) / step}
        yield Figure("reference", f"reference engine, {what}", times[what], "ns", goal, detail)


def _times(name: str, sizes: dict[str, int], repeat: int) -> tuple[float, float, Rig]:
    """Processor seconds of the fastest run, bare and monitored, and the last monitored rig.

    The two take turns, so that what else the host does falls on both alike.
    """
    isa, image = _image(name, sizes)
    quick = slow = float("inf")
    for _ in range(repeat):
        quick = min(quick, _seconds(_rig(isa, image, 0)))
        rig = _rig(isa, image, 1)
        slow = min(slow, _seconds(rig))
    return quick, slow, rig


def _image(name: str, sizes: dict[str, int]) -> tuple[Isa, Image]:
    guest = find_guest(name)
    isa = find_machine(guest.machine)
    return isa, assemble(isa, guest.source(**sizes), str(guest.path), Directory(str(directory())))


def _rig(isa: Isa, image: Image, depth: int) -> Rig:
    rig = build(isa, WORDS, Outfit(), depth, REFERENCE)
    rig.machine.load(image)
    return rig


def _seconds(rig: Rig) -> float:
    """Processor time of a run to the end. Raises MachineError if the guest does not halt with 0."""
    began = time.process_time()
    finish(rig.machine)
    return time.process_time() - began
