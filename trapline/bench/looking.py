"""What a comparison costs that looks at both machines after every step, on a storage that is large and mostly not
written: it may not look at all of it."""

import time
from collections.abc import Iterator

from guests.catalogue import DIRECTORY, find
from isa.assembler import Image, assemble_file
from isa.devices import Ports
from proofs.runs.compare import Setup, compare
from trapline.bench.figures import Bench, Figure, at_most
from trapline.bench.kernels import machine

ROWS = ("looks",)
GUEST = "fib"
WORDS, FEW = 1 << 22, 1 << 16


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    isa, guest = machine(), find(GUEST)
    program, words = assemble_file(isa, guest.file, DIRECTORY), FEW if bench.quick else WORDS
    _seconds(program, FEW)  # what is made once for a machine is there
    values: list[float] = []
    for turn in range(bench.repeat):
        bench.show(f"looks, turn {turn + 1} of {bench.repeat}")
        values.append(_seconds(program, words))
    yield Figure("looks", "both machines compared after every step", values, "us", at_most(100), {"words": words})


def _seconds(program: Image, words: int) -> float:
    """Microseconds of processor time for each step."""
    began = time.process_time()
    found = compare(Setup(machine(), program, words, Ports, quantum=1), 1 << 20)
    assert found.equivalent and found.compared >= found.steps
    return 1e6 * (time.process_time() - began) / found.steps
