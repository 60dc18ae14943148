"""What happened when, in bounded memory: counts in at most `MOST` pieces of equal length, each a power of two of steps.

A run whose end nobody knows begins with pieces of one step. Where they do not suffice, two become one.
"""

from collections import Counter
from typing import Any, NamedTuple

MOST = 1 << 10


class Series(NamedTuple):
    """Something that is counted: at which machine (its level, 0 being the real one), of what kind, and which."""

    level: int
    kind: str
    name: str


class Timeline:
    """From step `first` on; a piece is `width` steps long."""

    def __init__(self, first: int) -> None:
        self.first, self.width, self.last = first, 1, first
        self.series: dict[Series, Counter[int]] = {}

    def add(self, series: Series, step: int, count: int = 1) -> None:
        """It happened at this step, so many times."""
        piece = self._piece(step)  # first: it may make room, and then the counts are others
        self._of(series)[piece] += count

    def span(self, series: Series, begin: int, end: int) -> None:
        """It lasted from a step to before another: each step counts."""
        if begin >= end:
            return
        self._piece(end - 1)
        found, low = self._of(series), begin
        while low < end:
            piece = self._piece(low)
            high = min(end, self.first + (piece + 1) * self.width)
            found[piece] += high - low
            low = high

    def reach(self, step: int) -> None:
        """It goes up to there."""
        self._piece(step)

    def _of(self, series: Series) -> Counter[int]:
        return self.series.setdefault(series, Counter())

    def _piece(self, step: int) -> int:
        """The piece of a step; makes room for it."""
        self.last = max(self.last, step)
        while (step - self.first) // self.width >= MOST:
            self.width *= 2
            for series, counts in self.series.items():
                halved = Counter[int]()
                for piece, count in counts.items():
                    halved[piece // 2] += count
                self.series[series] = halved
        return max(0, step - self.first) // self.width

    def facts(self) -> dict[str, Any]:
        """As data: of each series the pieces in which it is, and how often."""
        return {
            "first": self.first,
            "width": self.width,
            "end": self.last,
            "pieces": (self.last - self.first) // self.width + 1,
            "series": [
                {**series._asdict(), "at": sorted(counts), "count": [counts[piece] for piece in sorted(counts)]}
                for series, counts in sorted(self.series.items())
            ],
        }
