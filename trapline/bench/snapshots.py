"""What it costs to keep a machine that has run a little: a host's machine whose storage is full, small and large."""

import tempfile
import time
from collections.abc import Iterator
from typing import Any

from trapline.bench.figures import Bench, Figure, at_most

ROWS = ("snapshots",)
WORDS, TIMES = 1 << 18, 64  # of the small machine, and how many times larger the other is
QUICK = 1 << 13, 8
LINES, ROUNDS = 100, 20  # lines written between two snapshots, and how many of these
STEPS = 4  # for each line
GUEST = """
        .equ FIRST, 4096
        .equ LINE, 64
        .org 16
start:  li   r6, LAST
        set  r1, FIRST
fill:   sw   r1, 0(r1)
        addi r1, r1, 1
        bltu r1, r6, fill
again:  set  r1, FIRST
next:   addi r3, r3, 1
        sw   r3, 0(r1)
        addi r1, r1, LINE
        bltu r1, r6, next
        j    again
"""


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    words, times = QUICK if bench.quick else (WORDS, TIMES)
    turns = []
    for turn in range(bench.repeat):
        bench.show(f"snapshots of a machine, turn {turn + 1} of {bench.repeat}")
        small, large = kept(bench.engine, words), kept(bench.engine, times * words)
        turns.append({"small": small, "large": large})
    each = [turn["large"]["seconds"] * 1e3 for turn in turns]
    flat = [turn["large"]["seconds"] / turn["small"]["seconds"] for turn in turns]
    size = [turn["large"]["bytes"] / LINES for turn in turns]
    what = f"a run that writes {LINES} lines, and a snapshot, of {4 * times * words >> 10:,} KiB"
    yield Figure("snapshots", what, each, "ms", at_most(10), {"turns": turns})
    yield Figure("snapshots", f"{what}: against {times} times less", flat, "", at_most(1.5))
    yield Figure("snapshots", f"{what}: kept for each line of 256", size, "bytes", at_most(512))


def kept(engine: str, words: int) -> dict[str, Any]:
    """Processor seconds of a short run with a snapshot, and the bytes kept of it; both are medians."""
    from isa.assembler.assembly import assemble
    from isa.machines.catalogue import find
    from monitor.host import Definition, Host

    image = assemble(find("g3"), f"        .equ LAST, {words}\n{GUEST}", "full.s")
    with tempfile.TemporaryDirectory(prefix="trapline-snapshots-") as folder:
        with open(f"{folder}/host.toml", "w", encoding="utf-8") as file:
            file.write(f"storage = {words}\n")
        with Host(folder, engine) as host:
            host.define(Definition("full", "full", storage=words), image)
            host.start("full")
            host.run(3 * words)
            found = [_one(host, f"s{number}") for number in range(ROUNDS)]
    seconds, sizes = (sorted(values) for values in zip(*found, strict=True))
    return {"seconds": seconds[ROUNDS // 2], "bytes": sizes[ROUNDS // 2]}


def _one(host: Any, name: str) -> tuple[float, int]:
    before, began = host.objects.bytes, time.process_time()
    host.run(STEPS * LINES)
    host.snapshot("full", name)
    return time.process_time() - began, host.objects.bytes - before
