"""A network with doors, in the time of the world outside: its clock goes no faster than `speed` steps in a second, and
just so while all guests wait for somebody outside."""

from functools import partial
from selectors import DefaultSelector
from time import monotonic

from monitor.network.network import Network
from trapline.networking.doors.door import Door
from trapline.networking.recording import Recorder

SLICE = 20_000  # steps: at each multiple of it by the clock, doors are looked at; one of the network's TICK
LONGEST = 60.0  # seconds to wait at once


def _leave(door: Door, clock: int, frame: bytes) -> None:
    door.leave(frame)


class Live:
    """`doors` by the numbers of their ports. While it is entered they are open; `said` has what a person is told of
    them."""

    def __init__(self, network: Network, doors: dict[int, Door], speed: int, recorder: Recorder | None = None) -> None:
        self.network, self.doors, self.speed, self.recorder = network, doors, speed, recorder
        self.said: list[str] = []
        self._selector = DefaultSelector()
        self._ahead = 0.0  # seconds by which the clock is before the world

    def __enter__(self) -> "Live":
        try:
            for number, door in self.doors.items():
                self.said.append(door.open(self._selector, partial(self._enter, number)))
                self.network.stations[number].outside = partial(_leave, door)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _enter(self, number: int, frame: bytes) -> None:
        if self.recorder is not None:
            self.recorder.came(self.network.clock, number, frame)
        self.network.arrive(number, frame)

    def __exit__(self, *how: object) -> None:
        for door in self.doors.values():
            door.close()
        self._selector.close()
        if self.recorder is not None:
            self.recorder.end(self.network.clock)

    def run(self, steps: int) -> None:
        """Until so many steps of the clock have passed, or all guests have ended."""
        network, end = self.network, self.network.clock + steps
        while network.clock < end and not network.ended:
            began, clock = monotonic(), network.clock
            network.run(min(SLICE - clock % SLICE, end - clock))
            for door in self.doors.values():
                door.look()
            now, busy = monotonic(), network.busy
            self._ahead = max(0.0, self._ahead + (network.clock - clock) / self.speed - (now - began))
            left = (end - network.clock) / self.speed
            called = self._selector.select(self._patience(self._ahead if busy else left))
            waited = monotonic() - now
            self._ahead = max(0.0, self._ahead - waited)
            if not busy:  # before anything comes in: that shall find its way without delay
                network.wait(min(int(waited * self.speed), end - network.clock))
            for key, _ in called:
                key.data()

    def _patience(self, most: float) -> float:
        """In how many seconds something has to be done, `most` if nobody wants anything before."""
        dues = (door.due() for door in self.doors.values())
        return min((most, LONGEST, *(due for due in dues if due is not None)))
