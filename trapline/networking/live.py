"""A network with doors, in the time of the world outside: its clock goes no faster than `speed` steps in a second, and
stands while all wait for somebody outside."""

from collections.abc import Sequence
from functools import partial
from selectors import DefaultSelector
from time import monotonic

from monitor.network.network import Network
from trapline.networking.doors.door import Door

SLICE = 20_000  # steps of the clock until doors are looked at


def _leave(door: Door, clock: int, frame: bytes) -> None:
    door.leave(frame)


class Live:
    """`doors` by the numbers of their ports. While it is entered they are open; `said` has what a person is told of
    them."""

    def __init__(self, network: Network, doors: dict[int, Door], speed: int) -> None:
        self.network, self.doors, self.speed = network, doors, speed
        self.said: list[str] = []
        self._selector = DefaultSelector()
        self._ahead = 0.0  # seconds by which the clock is before the world

    def __enter__(self) -> "Live":
        try:
            for number, door in self.doors.items():
                self.said.append(door.open(self._selector, partial(self.network.arrive, number)))
                self.network.stations[number].outside = partial(_leave, door)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *how: object) -> None:
        for door in self.doors.values():
            door.close()
        self._selector.close()

    def run(self, steps: int) -> None:
        """Until so many steps of the clock have passed, or all guests have ended."""
        end = self.network.clock + steps
        while self.network.clock < end and not self.network.ended:
            began, clock = monotonic(), self.network.clock
            busy = self.network.run(min(SLICE, end - clock))
            self._ahead += (self.network.clock - clock) / self.speed
            self._passed(began)
            began = monotonic()
            for key, _ in self._selector.select(self._patience(busy)):
                key.data()
            self._passed(began)
            for door in self.doors.values():
                door.look()

    def _passed(self, began: float) -> None:
        self._ahead = max(0.0, self._ahead - (monotonic() - began))

    def _patience(self, busy: bool) -> float | None:
        dues: Sequence[float | None] = [self._ahead if busy else None, *(door.due() for door in self.doors.values())]
        return min((due for due in dues if due is not None), default=None)
