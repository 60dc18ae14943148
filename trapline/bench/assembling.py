"""The assembler: lines a second, memory for a line, and how soon a source that grows without end is refused."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

from isa.assembler import Image, assemble
from isa.errors import SourceError
from trapline.bench.figures import Bench, Figure, at_least, at_most
from trapline.bench.kernels import machine

ROWS = ("assembler",)
LINES, FEW = 262_143, 2_000
DEPTH = 31  # of macros that use the next one twice


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    lines = FEW if bench.quick else LINES
    numbers = "\n".join(f".word {i}" for i in range(lines))
    yield Figure("assembler", "lines of numbers", _speeds(bench, numbers), "lines/s", at_least(150_000))
    labels = "\n".join("1:  .word 1b" for _ in range(min(lines, 20_000)))
    yield Figure("assembler", "lines with local labels", _speeds(bench, labels), "lines/s")
    yield Figure("assembler", "memory for a line, beside the image", (_memory(numbers),), "bytes", at_most(100))
    if not bench.quick:
        yield Figure("assembler", "a macro bomb, until it is refused", _refusals(bench), "s", at_most(1))


def _speeds(bench: Bench, text: str) -> list[float]:
    lines = text.count("\n") + 1
    return [lines / _seconds(text) for _ in _turns(bench, f"assembling {lines} lines")]


def _seconds(text: str) -> float:
    """Processor time to assemble a program, or to refuse it."""
    began = time.process_time()
    with suppress(SourceError):
        _assembled(text)
    return time.process_time() - began


def _assembled(text: str) -> Image:
    return assemble(machine(), text)


def _memory(text: str) -> float:
    """Bytes that assembling takes for each line at its most, besides those that stay with the image."""
    _assembled(".word 0")  # what is made once for all programs does not count
    tracemalloc.start()
    try:
        image = _assembled(text)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert image.top == text.count("\n") + 1
    return (most - kept) / image.top


def _refusals(bench: Bench) -> list[float]:
    macros = (f".macro m{i}\nm{i + 1}\nm{i + 1}\n.endm\n" for i in range(DEPTH))
    bomb = f"{''.join(macros)}.macro m{DEPTH}\n.word 0\n.endm\nm0"
    return [_seconds(bomb) for _ in _turns(bench, "a macro bomb")]


def _turns(bench: Bench, what: str) -> Iterator[int]:
    for turn in range(bench.repeat):
        bench.show(f"{what}, turn {turn + 1} of {bench.repeat}")
        yield turn
