"""A run of several guests that is watched, for a report: who had its turn when, and what it did then, by the clock.

What is told of a guest counts its own steps. While it has its turn, the clock is as far ahead of these all the time.
"""

from collections.abc import Iterable
from functools import partial

from isa.devices.ports import Device
from isa.machine import Machine
from monitor.virtual import Told
from trapline.profiling.timeline import Series, Timeline
from trapline.profiling.watching import CONSOLE, TRAPS
from trapline.running.neighbours import Neighbour, Neighbours

TURN, HAS = "turn", "had its turn"


class Turns:
    """Notes in `timeline` what happens. The level of a guest is the higher the sooner it was named. `printed` has, for
    every moment at which whole lines were printed, how long the log was then."""

    def __init__(self, found: Neighbours) -> None:
        self.found, self.schedule = found, found.schedule()
        self.timeline, self.printed = Timeline(0), list[tuple[int, int]]()
        self._seen = [_Seen(self, one, level) for level, one in enumerate(reversed(found.all))][::-1]
        self.schedule.told = self._turned

    @property
    def machines(self) -> list[str]:
        """The guests by level."""
        return [one.name for one in reversed(self.found.all)]

    def end(self) -> Timeline:
        self.timeline.reach(self.schedule.steps)
        return self.timeline

    def _turned(self, guest: Machine, begins: bool) -> None:
        seen = self._seen[self.schedule.guests.index(guest)]
        if begins:
            seen.begin()
        else:
            seen.close()


class _Seen:
    """One of the guests."""

    def __init__(self, turns: Turns, one: Neighbour, level: int) -> None:
        self.turns, self.machine, self.rig, self.level = turns, one.machine, one.rig, level
        self._modes = {value: name for name, value in self.machine.isa.modes.values.items()}
        self._mode, self._since, self._began, self._printed = self.machine.mode, 0, 0, 0
        self.machine.told = self._told
        self.machine.ports.sent = partial(self._device, "sent")
        self.machine.ports.acted = partial(self._device, "acted")

    @property
    def _ahead(self) -> int:
        """By how much the clock is ahead of its steps."""
        return self.turns.schedule.steps - self.machine.steps

    def begin(self) -> None:
        self._since = self._began = self.turns.schedule.steps
        self._mode = self.machine.mode

    def close(self) -> None:
        """It has had its turn."""
        clock = self.turns.schedule.steps
        self._moded(clock, self.machine.mode)
        self.turns.timeline.span(self._series("mode", self._named), self._since, clock)
        self.turns.timeline.span(self._series(TURN, HAS), self._began, clock)

    @property
    def _named(self) -> str:
        return self._modes.get(self._mode, str(self._mode))

    def _series(self, kind: str, name: str) -> Series:
        return Series(self.level, kind, name)

    def _told(self, exits: Iterable[Told]) -> None:
        ahead, timeline = self._ahead, self.turns.timeline
        for step, decision, cause, mode in exits:
            if decision is not None:
                timeline.add(self._series("exit", decision.value), step + ahead)
            if decision in TRAPS:
                timeline.add(self._series("trap", cause), step + ahead)
            self._moded(step + ahead, mode)

    def _moded(self, clock: int, mode: int) -> None:
        if mode != self._mode:
            self.turns.timeline.span(self._series("mode", self._named), self._since, clock)
            self._mode, self._since = mode, clock

    def _device(self, what: str, step: int, device: Device, raised: int = 0) -> None:
        clock, timeline, log = step + self._ahead, self.turns.timeline, self.turns.found.log
        timeline.add(self._series("device", f"{device.name}, {what}"), clock)
        if self.rig.printed != self._printed:
            timeline.add(self._series("printed", CONSOLE), clock, self.rig.printed - self._printed)
            self._printed = self.rig.printed
        if log.length != (self.turns.printed[-1][1] if self.turns.printed else 0):
            self.turns.printed.append((clock, log.length))
