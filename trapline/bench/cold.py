"""What it takes to begin: a process that runs a small guest, and kernels that nobody has compiled yet.

Every process has its object cache in a folder of this bench, so that it is known what was in it.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isa.assembler.image_format import save_image
from isa.errors import TraplineError
from isa.files.cache import VARIABLE
from trapline.bench.building import LeftOut
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import COMPUTE, WORDS, Kernel, image
from trapline.bench.machines import Prepared, unmonitored
from trapline.bench.peers import Compiled
from trapline.bench.sitting import summary

ROWS = ("hello", "cold")
SECONDS = 1.2  # how long a kernel runs, warm
BOUNDS = {"empty": ("with an empty object cache", 1.4), "filled": ("with a filled one", 1.08)}

Turn = dict[str, float]


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    if "hello" in rows:
        yield _hello(bench)
    if "cold" in rows:
        yield from _kernels(bench)


def child(task: str, cache: Path, **arguments: Any) -> dict[str, Any]:
    """The result of a task of `trapline.bench.child`, and how long its process took, as `process`.

    Raises TraplineError if it fails.
    """
    seconds, output = _process([sys.executable, "-m", "trapline.bench.child", task, json.dumps(arguments)], cache)
    return {**json.loads(output), "process": seconds}


def _process(command: list[str], cache: Path) -> tuple[float, str]:
    """Seconds from the start of a process to its end, and what it printed."""
    environment = {**os.environ, VARIABLE: str(cache)}
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise TraplineError(f"`{' '.join(command)}` failed: {done.stderr[-1000:]}")
    return seconds, done.stdout


def _hello(bench: Bench) -> Figure:
    """The first run fills the cache; it is reported, and not in the figure."""
    cache = bench.folder("hello")
    script = Path(sys.executable).with_name("trapline")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "trapline"]
    seconds = []
    for turn in range(2 * bench.repeat + 1):
        bench.show(f"hello, turn {turn + 1}")
        taken, output = _process([*command, "run", "hello"], cache)
        assert output
        seconds.append(1000 * taken)
    what = "`trapline run hello`, not the first time"
    return Figure("hello", what, seconds[1:], "ms", at_most(80), {"first": seconds[0]})


def _kernels(bench: Bench) -> Iterator[Figure]:
    """Each kernel in new processes: with an empty cache, then with what that has left there, then warm."""
    found: dict[str, list[Turn]] = {}
    for kernel in COMPUTE:
        sizes = _long_enough(bench, kernel)
        found[kernel.name] = [_turn(bench, kernel, sizes) for _ in range((bench.repeat + 1) // 2)]
    detail = {name: {key: summary([turn[key] for turn in turns]) for key in turns[0]} for name, turns in found.items()}
    for key, (what, bound) in BOUNDS.items():
        worst = max(found, key=lambda name: detail[name][key]["median"])
        values = [turn[key] for turn in found[worst]]
        what = f"cold {what} against warm, the most of the six: {worst}"
        yield Figure("cold", what, values, "", at_most(bound), {"kernels": detail})
    for key, what in (("compile_seconds", "time lost to compiling"), ("load_seconds", "time lost to loading")):
        yield Figure("cold", f"{what}, mean of the six", _across(found, key, statistics.mean), "s")
    if all("gcc" in turn for turns in found.values() for turn in turns):
        what = "cold against gcc -O1, compile time of both included"
        yield Figure("cold", what, _across(found, "gcc", statistics.geometric_mean))


def _across(found: dict[str, list[Turn]], key: str, mean: Any) -> list[float]:
    """The mean over the kernels in each turn."""
    return [mean([turn[key] for turn in turns]) for turns in zip(*found.values(), strict=True)]


def _long_enough(bench: Bench, kernel: Kernel) -> dict[str, int]:
    """Sizes with so many rounds that the kernel takes `SECONDS`."""
    sizes = bench.sizes(kernel)
    if bench.quick:
        return sizes
    prepared = Prepared(unmonitored(bench.engine), image(kernel, sizes))
    prepared.warm_up(bench.patience)
    return {**sizes, "ROUNDS": math.ceil(sizes["ROUNDS"] * max(1, SECONDS / prepared.run()))}


def _turn(bench: Bench, kernel: Kernel, sizes: dict[str, int]) -> Turn:
    """Ratios to warm: of a machine's first run, and of a whole process; the ratio of gcc to us; and seconds."""
    bench.show(f"{kernel.name}, cold and warm")
    cache = bench.folder("cold")
    path = str(cache / "image")
    save_image(image(kernel, sizes), path)
    arguments = {"engine": bench.engine, "image": path, "words": WORDS}
    empty = child("cold", cache, runs=1, **arguments)
    filled = child("cold", cache, runs=1, **arguments)
    both = child("cold", cache, runs=3, **arguments)
    for name, one in (("an empty cache", empty), ("a filled cache", filled), ("further runs", both)):
        bench.agreement.note(name, kernel.name, sizes, one["checksum"])
    warm, first = both["seconds"][-1], empty["seconds"][0]
    return {
        "warm_seconds": warm,
        "empty": first / warm,
        "filled": statistics.mean((filled["seconds"][0], both["seconds"][0])) / warm,
        "compile_seconds": first - warm,
        "load_seconds": filled["seconds"][0] - warm,
        "empty_process": empty["process"] / warm,
        "filled_process": filled["process"] / warm,
        **_compiled(bench, kernel, sizes, first),
    }


def _compiled(bench: Bench, kernel: Kernel, sizes: dict[str, int], ours: float) -> Turn:
    """How much longer than ours gcc and what it has compiled take together, if gcc is there."""
    try:
        compiled = Compiled(bench.workshop, 1)
    except LeftOut as left_out:
        bench.leave_out(left_out)
        return {}
    compiled.prepare(kernel, sizes)
    run = compiled.run(kernel, sizes)
    bench.agreement.note("gcc-O1", kernel.name, sizes, run.checksum)
    return {"gcc": (bench.workshop.seconds[bench.workshop.native(kernel.name, sizes, 1).name] + run.seconds) / ours}
