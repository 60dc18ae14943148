"""Several contenders run the same kernels in turn, again and again, so that what else the host does falls on all alike.

Times are in seconds of the processor, and of a kernel with all its rounds: a slow contender runs fewer of them, and
what it took is multiplied. All must come to the same checksum.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from isa.errors import TraplineError
from trapline.bench.kernels import Kernel


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of a kernel took, in seconds, and its checksum."""

    seconds: float
    checksum: int


class Contender(Protocol):
    """`share` is the part of a kernel's rounds that it runs; `prepare` comes once before its first `run`."""

    name: str
    share: float

    def prepare(self, kernel: Kernel, sizes: dict[str, int]) -> None: ...
    def run(self, kernel: Kernel, sizes: dict[str, int]) -> Run: ...


@dataclass(slots=True)
class Times:
    """Seconds by kernel and contender, one for each turn: what was taken in the same turn may be compared."""

    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def ratios(self, kernel: str, one: str, other: str) -> list[float]:
        """How many times longer `other` took than `one`, in each turn."""
        times = self.seconds[kernel]
        return [b / a for a, b in zip(times[one], times[other], strict=True)]

    def by_kernel(self, one: str, other: str) -> dict[str, dict[str, Any]]:
        return {kernel: summary(self.ratios(kernel, one, other)) for kernel in self.seconds}

    def means(self, one: str, other: str) -> list[float]:
        """The geometric mean of `ratios` over the kernels, in each turn."""
        turns = zip(*(self.ratios(kernel, one, other) for kernel in self.seconds), strict=True)
        return [statistics.geometric_mean(turn) for turn in turns]


def summary(values: Sequence[float]) -> dict[str, Any]:
    """The median of some measurements and how far they lie apart."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values), "count": len(values)}


class Agreement:
    """Raises TraplineError when two contenders come to different checksums for the same kernel and sizes."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, tuple[int, ...]], tuple[str, int]] = {}

    def note(self, contender: str, kernel: str, sizes: dict[str, int], checksum: int) -> None:
        first, expected = self._found.setdefault((kernel, tuple(sizes.values())), (contender, checksum))
        if checksum != expected:
            raise TraplineError(f"{kernel}: {contender} came to {checksum:08x}, {first} to {expected:08x}")


def sit(
    contenders: Sequence[Contender],
    kernels: Iterable[tuple[Kernel, dict[str, int]]],
    repeat: int,
    agreement: Agreement,
    show: Callable[[str], None] = lambda text: None,
) -> Times:
    """Every kernel, `repeat` turns of all contenders. Raises TraplineError if they do not agree."""
    times = Times()
    for kernel, sizes in kernels:
        found: dict[str, list[float]] = {c.name: [] for c in contenders}
        parts = {c.name: part(sizes, c.share) for c in contenders}
        for c in contenders:
            show(f"{kernel.name}, {c.name}")
            c.prepare(kernel, parts[c.name])
        for turn in range(repeat):
            for c in contenders:
                show(f"{kernel.name}, {c.name}, turn {turn + 1} of {repeat}")
                run = c.run(kernel, parts[c.name])
                agreement.note(c.name, kernel.name, parts[c.name], run.checksum)
                found[c.name].append(run.seconds * sizes["ROUNDS"] / parts[c.name]["ROUNDS"])
        times.seconds[kernel.name] = found
    return times


def part(sizes: dict[str, int], share: float) -> dict[str, int]:
    """The sizes with that share of the rounds, at least one."""
    return {**sizes, "ROUNDS": max(1, math.ceil(sizes["ROUNDS"] * share))}
