"""What a bench finds out: figures, each with its goal, and what they were made from."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trapline.bench.building import LeftOut, Workshop
from trapline.bench.kernels import Kernel
from trapline.bench.sitting import Agreement


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that a figure should keep: at least it, or at most it."""

    bound: float
    least: bool

    def kept(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound

    def __str__(self) -> str:
        return f"at {'least' if self.least else 'most'} {self.bound:g}"


def at_least(bound: float) -> Goal:
    return Goal(bound, True)


def at_most(bound: float) -> Goal:
    return Goal(bound, False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. `values` are those of the turns; `unit` is empty for a ratio; `detail` is for JSON.
    `disturbed` says what disturbed them, if something did: a goal that is not kept is not missed then."""

    row: str
    what: str
    values: Sequence[float]
    unit: str = ""
    goal: Goal | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    disturbed: str = ""

    @property
    def value(self) -> float:
        """The median of the turns."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal, and where nobody can tell."""
        kept = None if self.goal is None else self.goal.kept(self.value)
        return None if self.disturbed and not kept else kept

    @property
    def kernels(self) -> dict[str, dict[str, float]]:
        """The same figure of each kernel, summed up, where it is a mean of theirs."""
        found: dict[str, dict[str, float]] = self.detail.get("kernels", {})
        return found if all("median" in of for of in found.values()) else {}

    def facts(self) -> dict[str, Any]:
        goal = None if self.goal is None else {"bound": self.goal.bound, "least": self.goal.least}
        return {
            "row": self.row,
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "least": min(self.values),
            "most": max(self.values),
            "goal": goal,
            "met": self.met,
            "detail": self.detail,
            "disturbed": self.disturbed,
        }


@dataclass(slots=True)
class Bench:
    """How to measure. `engine` is the one that is ours; `quick` sizes show that everything works, and no more.

    `left_out` says of what could not be measured, why; `failed` the same of rows that should have been.
    """

    engine: str
    quick: bool
    repeat: int
    workshop: Workshop
    show: Callable[[str], None] = lambda text: None
    agreement: Agreement = field(default_factory=Agreement)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def sizes(self, kernel: Kernel) -> dict[str, int]:
        return kernel.quick if self.quick else kernel.full

    @property
    def patience(self) -> float:
        """Seconds that a kernel runs before it is warm."""
        return 0 if self.quick else 3

    def sized(self, *kernels: Kernel) -> list[tuple[Kernel, dict[str, int]]]:
        return [(kernel, self.sizes(kernel)) for kernel in kernels]

    def leave_out(self, found: LeftOut) -> None:
        self.left_out[found.what] = found.why

    def folder(self, name: str) -> Path:
        """A new empty folder, for an object cache that nobody has filled yet."""
        path = self.workshop.folder / f"{name}-{len(list(self.workshop.folder.iterdir()))}"
        path.mkdir()
        return path
