"""What a trace costs: lines in a second, written as text and as records, bare and monitored."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from isa.machine import Machine, Reason
from isa.machine.records import Consume, Recorder, Trace
from isa.machine.trace_format import Blocks, opening
from isa.machine.wording import Wording, wording_of
from trapline.bench.figures import Bench, Figure, Goal, at_least
from trapline.bench.kernels import COMPUTE, image
from trapline.bench.machines import monitored, unmonitored
from trapline.tracing.header import header_of
from trapline.tracing.text import EARNED, LinesAsText

ROWS = ("trace",)
GOAL = at_least(2)  # million lines in a second
LINES, FEW = 8_000_000, 2_000
KERNEL = next(kernel for kernel in COMPUTE if kernel.name == "crc32")

Writer = Callable[[Machine, BinaryIO], Consume]


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    yield _figure(bench, "a trace as text", _text, 1, GOAL)
    yield _figure(bench, "a trace as records", _records, 1, GOAL)
    yield _figure(bench, "a trace as text, under one monitor", _text, 1, GOAL, depth=1)
    yield _figure(bench, "a trace as text, with mnemonics and source lines", _noted, 1)
    yield _figure(bench, "a trace as text, with the registers that changed", _text, 1, registers=True)
    yield _figure(bench, "the same, under one monitor", _text, 1, depth=1, registers=True)


def _figure(
    bench: Bench,
    what: str,
    writer: Writer,
    share: int,
    goal: Goal | None = None,
    depth: int = 0,
    registers: bool = False,
) -> Figure:
    """`share` says of how many lines that are usual one is written."""
    count, speeds = (FEW if bench.quick else LINES // share), []
    for turn in range(bench.repeat):
        bench.show(f"{what}, turn {turn + 1} of {bench.repeat}")
        made = monitored(bench.engine, monitors=depth) if depth else unmonitored(bench.engine)
        made.load(image(KERNEL, KERNEL.full))
        speeds.append(count / _seconds(made, writer, count, registers, bench.folder("trace") / "trace") / 1e6)
    return Figure("trace", what, speeds, "M lines/s", goal, {"lines": count})


def _seconds(machine: Machine, writer: Writer, count: int, registers: bool, path: Path) -> float:
    """For so many lines, once as many have been written as it takes to be warm."""
    with path.open("wb") as file:
        machine.trace = Trace(Recorder(writer(machine, file)), registers=registers)
        machine.run(min(count, 2 * EARNED))
        began = time.perf_counter()
        end = machine.run(count)
        seconds = time.perf_counter() - began
    assert end.reason is Reason.BUDGET and end.steps == count
    path.unlink()
    return seconds


def _text(machine: Machine, file: BinaryIO) -> Consume:
    return _worded(wording_of(machine.isa), file)


def _noted(machine: Machine, file: BinaryIO) -> Consume:
    header = header_of(machine.isa, image(KERNEL, KERNEL.full), KERNEL.name, 0, 0, 0, False)
    return _worded(header.worded(frozenset({"mnemonic", "source"}), machine.isa), file)


def _worded(wording: Wording, file: BinaryIO) -> Consume:
    text = LinesAsText(wording)
    return lambda records: file.write(text.of(records))


def _records(machine: Machine, file: BinaryIO) -> Consume:
    first, check = opening({})
    file.write(first)
    blocks = Blocks(check)
    return lambda records: file.write(blocks.before(records)) + file.write(records)
