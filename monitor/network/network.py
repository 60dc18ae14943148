"""Guests of one schedule on one switch.

The clock is the schedule's, and what passes while all of them wait. A frame leaves a card at a step of it, and is
brought to other cards between two turns, as soon as its time has come: it arrives at the step that their guests take
next. So a run is a function of the guests, the seed, and what comes from outside.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from isa.devices.card import Card
from isa.machine import Machine, Reason
from monitor.network.impairments import Fate, Impairments
from monitor.network.switch import Port, Switch
from monitor.schedule import Schedule

MOST_FLYING = 1 << 16  # frames on their way; of more the newest are lost
TICK = 1000  # steps: at each multiple of it by the clock, frames that have left are looked at

Outside = Callable[[int, bytes], object]


@dataclass(slots=True)
class Station:
    """Who is at a port: a guest with its card, or somebody outside who is told of each frame."""

    port: Port
    machine: Machine | None = None
    card: Card | None = None
    outside: Outside | None = None


class Network:
    """`stations` by the number of their port."""

    def __init__(
        self, schedule: Schedule, stations: list[Station], impairments: Impairments | None = None, seed: int = 0
    ) -> None:
        self.schedule, self.stations = schedule, stations
        self.switch = Switch([station.port for station in stations])
        self._fate = Fate(impairments or Impairments(), seed)
        self._flying: list[tuple[int, int, int, bytes]] = []  # when, which, to what port, what
        self._count = self._skipped = 0
        self._turn = (0, 0)  # the clock when the present turn began, and the steps that its guest had then
        schedule.told = self._turned
        for number, station in enumerate(stations):
            if station.card is not None:
                station.card.wire = lambda step, frame, number=number: self._left(number, step, frame)

    @property
    def clock(self) -> int:
        return self.schedule.steps + self._skipped

    @property
    def ended(self) -> bool:
        """Whether no guest will ever run again, whatever arrives."""
        ends = [self.schedule.end_of(guest) for guest in self.schedule.guests]
        return all(end is not None and end.reason is not Reason.IDLE for end in ends)

    def _turned(self, machine: Machine, begins: bool) -> None:
        self._turn = self.clock, machine.steps

    def _left(self, number: int, step: int, frame: bytes) -> None:
        """A guest's card has sent a frame, at a step of the guest's own."""
        began, had = self._turn
        self.arrive(number, frame, began + step - had)

    def arrive(self, number: int, frame: bytes, clock: int | None = None) -> None:
        """A frame comes in at a port, now or at this time."""
        now = self.clock if clock is None else clock
        origin = self.stations[number].port.name
        for to, out in self.switch.arrive(now, number, frame):
            for due in self._fate.of(now, origin, self.stations[to].port.name):
                if len(self._flying) < MOST_FLYING:
                    heapq.heappush(self._flying, (due, self._count, to, out))
                    self._count += 1

    def run(self, budget: int) -> bool:
        """Run so many steps of the clock; whether there is more to do without anything from outside."""
        end = self.clock + budget
        while self.clock < end:
            self._deliver()
            if not self.schedule.waiting and not self._skip(end):
                return False
            room = min(TICK - self.clock % TICK, end - self.clock, self._next() - self.clock)
            if room > 0:
                self.schedule.run(room)
        return self.busy

    @property
    def busy(self) -> bool:
        """Whether there is something to do without anything from outside."""
        return bool(self.schedule.waiting or self._flying)

    def wait(self, steps: int) -> None:
        """Time passes in which nobody does anything, as none could."""
        self._skipped += steps

    def _next(self) -> int:
        return self._flying[0][0] if self._flying else self.clock + TICK

    def _skip(self, end: int) -> bool:
        """While all wait, time passes until the next frame arrives; False if none will."""
        if not self._flying:
            return False
        self._skipped += max(0, min(self._flying[0][0], end) - self.clock)
        return True

    def _deliver(self) -> None:
        """Bring what has arrived by now to its cards."""
        while self._flying and self._flying[0][0] <= self.clock:
            _, _, to, frame = heapq.heappop(self._flying)
            station = self.stations[to]
            if station.outside is not None:
                station.outside(self.clock, frame)
            elif station.card is not None and station.machine is not None and not station.machine.halted:
                station.card.inbound.forget()
                station.card.inbound.feed(frame)
                self.schedule.wake(station.machine)
