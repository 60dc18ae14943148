"""Checkpoints: a tower and its storage at some steps of a run, within bounded memory.

Where there is no room for more, the one is forgotten that is missed least: what lies far back may lie far apart.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from isa.errors import MachineError
from isa.machine import Machine
from isa.machine.lines import Lines
from monitor.history.tower import Tower, machines_of
from monitor.schedule import Mark, Schedule


class HistoryError(MachineError):
    """A history that cannot go where it is asked to."""


class Instant(NamedTuple):
    """A step of the clock, and the steps that each guest has taken by then."""

    clock: int
    steps: tuple[int, ...]

    @classmethod
    def of(cls, schedule: Schedule) -> "Instant":
        return cls(schedule.steps, tuple([guest.steps for guest in schedule.guests]))


@dataclass(slots=True)
class Checkpoint:
    """`fixed`: what came before does not lead here, since something was changed at this step."""

    at: Instant
    turns: Mark
    tower: Tower
    fixed: bool = False
    size: int = 0  # in bytes, its lines of storage apart

    @property
    def step(self) -> int:
        return self.at.clock

    def leads(self, guest: int) -> bool:
        """Whether one may come to that guest's end from here: it had not stopped, or what made it stop was changed."""
        return self.fixed or self.turns.shares[guest].end is None


class Checkpoints:
    """The checkpoints of guests that were run, in order; at first the only one is where they stand. `memory` is in
    bytes."""

    def __init__(self, schedule: Schedule, memory: int) -> None:
        self.schedule, self.memory = schedule, memory
        self.machines: list[Machine] = machines_of(schedule.guests)
        self.lines = Lines(schedule.storage)
        tower = Tower.take(self.machines)
        self.points = [Checkpoint(Instant.of(schedule), schedule.mark(), tower, True, tower.size())]

    @property
    def present(self) -> Checkpoint:
        """The one that the machine came from."""
        return self.points[self.lines.present]

    def nearest(self, step: int, guest: int | None = None) -> int:
        """The number of the last one up to a step of the clock, or of a guest, that leads there; the first is before
        all."""
        if guest is None:
            return max(0, bisect_right(self.points, step, key=lambda point: point.step) - 1)
        number = bisect_right(self.points, step, key=lambda point: point.at.steps[guest]) - 1
        while number > 0 and not self.points[number].leads(guest):
            number -= 1
        return max(0, number)

    def put(self, number: int) -> None:
        """Bring the guests there."""
        self.lines.put(number)
        self.points[number].tower.put(self.machines)
        self.schedule.rewind(self.points[number].turns)

    def note(self, fixed: bool = False, beside: int = 0) -> None:
        """Make one of where the guests stand, behind the present one. Raises HistoryError if the memory does not
        suffice even so; `beside` is what else of it is taken."""
        before = self.present.tower
        tower = Tower.take(self.machines, before)
        at, turns = Instant.of(self.schedule), self.schedule.mark()
        self.points.insert(self.lines.insert(), Checkpoint(at, turns, tower, fixed, tower.size(before)))
        self._thin(beside)

    def cut(self) -> None:
        """Forget all behind the present one."""
        self.lines.cut()
        del self.points[self.lines.present + 1 :]

    @property
    def size(self) -> int:
        """How many bytes they take, about."""
        return self.lines.size + sum([point.size for point in self.points])

    def _thin(self, beside: int) -> None:
        size = self.size + beside
        while size > self.memory:
            missed = min(self._droppable(), key=self._missed, default=None)
            if missed is None:
                raise HistoryError(
                    f"the history takes {size:,} bytes, and may take {self.memory:,}", "give it more memory"
                )
            self.lines.drop(missed)
            del self.points[missed]
            size = self.size + beside

    def _droppable(self) -> list[int]:
        inner = range(1, len(self.points) - 1)
        return [n for n in inner if n != self.lines.present and not self.points[n].fixed]

    def _missed(self, number: int) -> float:
        """How far one would have to run without it, for so far back."""
        before, after = self.points[number - 1].step, self.points[number + 1].step
        return (after - before) / (1 + abs(self.present.step - self.points[number].step))
