"""Whether a measurement had the host to itself: who needs two cores at once and has one and a half is slow for a reason
that is not ours. Then the report says that, and not that a goal was missed.
"""

import os
import time

TOLERATED = 0.1  # of a core that others keep busy
STAT = "/proc/stat"
_IDLE, _OWN = (3, 4), 8  # fields of a line there: no work, waiting for a disk; behind the eighth are parts of others
_TICK = os.sysconf("SC_CLK_TCK")


class Watch:
    """Looks while a `with` is under way, and adds up over several of them.

    `busy` are the seconds in which somebody worked on the cores that this process may use, None if the host does not
    say that, `own` those of this process, `elapsed` those of the wall."""

    def __init__(self) -> None:
        self.busy: float | None = 0.0
        self.own = self.elapsed = 0.0

    def __enter__(self) -> "Watch":
        self._busy, self._own, self._began = busy(), time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.own += time.process_time() - self._own
        self.elapsed += time.perf_counter() - self._began
        before, now = self._busy, busy()
        self.busy = None if self.busy is None or before is None or now is None else self.busy + now - before

    @property
    def others(self) -> float:
        """How many cores others kept busy, in the mean; 0 if nobody knows."""
        if self.busy is None or not self.elapsed:
            return 0.0
        return max(0.0, (self.busy - self.own) / self.elapsed)

    def disturbed(self, needed: int) -> str:
        """What kept so many threads from having a core each; nothing if all is well."""
        if len(mine()) < needed:
            return f"{len(mine())} cores for {needed} threads"
        return f"others kept {self.others:.1f} cores busy" if self.others > TOLERATED else ""


def mine() -> set[int]:
    """The numbers of the cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def busy() -> float | None:
    """Seconds since some time in the past in which those cores had work, whoever's."""
    names = {f"cpu{number}" for number in mine()}
    try:
        with open(STAT, encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("cpu")]
        ticks = [[int(number) for number in numbers[:_OWN]] for name, *numbers in lines if name in names]
    except (OSError, ValueError):
        return None
    return sum(sum(found) - sum(found[i] for i in _IDLE) for found in ticks) / _TICK if ticks else None
