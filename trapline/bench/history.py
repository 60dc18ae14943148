"""What it costs to be able to go back: recording beside the same run without it, one step back in a long run, and
questions that are answered by running some of it again; and what it costs to have a breakpoint."""

import time
from collections.abc import Callable, Iterator
from statistics import geometric_mean

from isa.machine import Machine
from isa.machine.storage import LINE_SHIFT
from monitor.history import History
from monitor.history.looks import Executes
from monitor.history.questions import last, seek, step
from trapline.bench.figures import Bench, Figure, at_least, at_most
from trapline.bench.kernels import COMPUTE, EMULATE, REFLECT, Kernel, image
from trapline.bench.machines import monitored, unmonitored
from trapline.bench.sitting import summary

ROWS = ("history", "back", "breaks")
STEPS, FEW = 100_000_000, 20_000
RECORDED = 10  # times as many steps, so that what is made once does not count
FAR = 10  # the part of the steps over which a breakpoint is looked for
EXITING = (REFLECT, EMULATE)
KERNEL = next(kernel for kernel in COMPUTE if kernel.name == "crc32")
MAKERS: dict[str, Callable[[str], Machine]] = {"bare": unmonitored, "monitored": monitored}


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    steps = FEW if bench.quick else STEPS
    if "history" in rows:
        for name in MAKERS:
            yield _recording(bench, name, steps * (1 if bench.quick else RECORDED))
    if "breaks" in rows:
        for name in MAKERS:
            yield _breaking(bench, name, steps * (1 if bench.quick else RECORDED))
        yield _breaking(bench, "monitored", steps, EXITING, ", where all is exits")
    if "back" in rows:
        for name in MAKERS:
            yield from _back(bench, name, steps)


def _made(bench: Bench, name: str, kernel: Kernel) -> Machine:
    """A new machine with a kernel that goes on for ever."""
    machine = MAKERS[name](bench.engine)
    machine.load(image(kernel, {**bench.sizes(kernel), "ROUNDS": 1 << 20}))
    return machine


def _recording(bench: Bench, name: str, steps: int) -> Figure:
    """How many times longer a run takes whose history is kept, in the mean over the kernels."""
    ratios: dict[str, list[float]] = {}
    for kernel in COMPUTE:
        bench.show(f"history, {name}, {kernel.name}")
        _made(bench, name, kernel).run(steps)  # what is compiled once is there
        ratios[kernel.name] = [_ratio(bench, name, kernel, steps, turn) for turn in range(bench.repeat)]
    means = [geometric_mean(turn) for turn in zip(*ratios.values(), strict=True)]
    detail = {kernel: summary(values) for kernel, values in ratios.items()}
    what = f"a run that is recorded against one that is not, {name}"
    return Figure("history", what, means, "", at_most(1.1), {"kernels": detail})


def _ratio(bench: Bench, name: str, kernel: Kernel, steps: int, turn: int) -> float:
    """Each is a new machine, and which comes first changes from turn to turn."""
    seconds: dict[bool, float] = {}
    for kept in (False, True) if turn % 2 else (True, False):
        machine = _made(bench, name, kernel)
        began = time.perf_counter()
        if kept:
            History(machine).go(steps)
        else:
            machine.run(steps)
        seconds[kept] = time.perf_counter() - began
    return seconds[True] / seconds[False]


def _breaking(bench: Bench, name: str, steps: int, kernels: tuple[Kernel, ...] = COMPUTE, where: str = "") -> Figure:
    """The speed of a run with breakpoints that are never met, by pc and by place, against that of the same run without,
    in the mean over the kernels."""
    ratios: dict[str, list[float]] = {}
    for kernel in kernels:
        bench.show(f"breaks, {name}, {kernel.name}")
        _made(bench, name, kernel).run(steps)
        ratios[kernel.name] = [_unmet(bench, name, kernel, steps, turn) for turn in range(bench.repeat)]
    means = [geometric_mean(turn) for turn in zip(*ratios.values(), strict=True)]
    detail = {kernel: summary(values) for kernel, values in ratios.items()}
    what = f"a run with breakpoints that are never met against one without, {name}{where}"
    return Figure("breaks", what, means, "", at_least(0.9), {"kernels": detail})


def _unmet(bench: Bench, name: str, kernel: Kernel, steps: int, turn: int) -> float:
    seconds: dict[bool, float] = {}
    for broken in (False, True) if turn % 2 else (True, False):
        machine = _made(bench, name, kernel)
        if broken:
            machine.breakpoints, machine.break_places = {machine.storage.size - 1}, {machine.storage.size - 2}
        seconds[broken] = _seconds(lambda machine=machine: machine.run(steps))  # type: ignore[misc]
    return seconds[False] / seconds[True]


def _back(bench: Bench, name: str, steps: int) -> Iterator[Figure]:
    found: dict[str, list[float]] = {"step": [], "seek": [], "last": []}
    history = History(_made(bench, name, KERNEL))
    history.go(steps)
    seek(history, Executes(0), backwards=True, most=1)  # native code that records steps is made once
    word = _early(history)
    for turn in range(bench.repeat):
        bench.show(f"back, {name}, turn {turn + 1} of {bench.repeat}")
        history.go(steps - turn)
        found["step"].append(_seconds(lambda: step(history, backwards=True)))
        found["seek"].append(_seconds(lambda: seek(history, Executes(1), backwards=True, most=steps // FAR)))
        found["last"].append(_seconds(lambda: last(history, word)))
    millions = f"{steps / 1e6:g} million steps"
    yield Figure("back", f"one step back after {millions}, {name}", [1e3 * s for s in found["step"]], "ms", at_most(50))
    what = f"back to a breakpoint, not found in {steps // FAR / 1e6:g} million steps, {name}"
    yield Figure("back", what, found["seek"], "s", at_most(1))
    yield Figure("back", f"the last write of a word, long ago, in {millions}, {name}", found["last"], "s", at_most(3))


def _early(history: History) -> int:
    """A word that was written in the first stretch and not in the last one, or any."""
    lines, offset = history.checkpoints.lines, history.machine.storage.offset
    early = sorted(lines.written(1) - lines.written(len(lines.moments) - 1)) if len(lines.moments) > 2 else []
    words = [(line << LINE_SHIFT) - offset + n for line in early[:4] for n in range(1 << LINE_SHIFT)]
    inside = (word for word in words if 0 <= word < history.machine.storage.size)
    return next((word for word in inside if last(history, word) is not None), 0)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
