"""A screen as its viewers have it: what is shown, and what they type and click. Whoever runs the guest shows pictures
in one thread, and viewers wait for them in threads of their own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from isa.devices.keys import WAITING
from isa.devices.screen import Picture

DARK = Picture(320, 200, bytes(320 * 200), bytes(768))


class Shown:
    """Dark at first, and until it has `ended`."""

    def __init__(self) -> None:
        self._picture, self._number = DARK, 0
        self._typed: list[bytes] = []
        self._condition = threading.Condition()
        self._ended = False
        self.viewers = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While somebody looks."""
        with self._condition:
            self.viewers += 1
        try:
            yield
        finally:
            with self._condition:
                self.viewers -= 1

    def seen(self) -> tuple[int, Picture]:
        """What is shown, and the how manieth picture that is."""
        with self._condition:
            return self._number, self._picture

    def changed(self, since: int, wait: float) -> bool:
        """Whether there is another picture than that, after waiting for one for a while."""
        with self._condition:
            return (
                self._condition.wait_for(lambda: self._number != since or self._ended, wait) and self._number != since
            )

    @property
    def ended(self) -> bool:
        return self._ended

    def type(self, event: bytes) -> bool:
        """An event from a viewer (`isa.devices.pressed`, `pointed`): whether it is the first that waits. Of more than
        a guest would keep the newest are dropped."""
        with self._condition:
            first = not self._typed
            if len(self._typed) < WAITING:
                self._typed.append(event)
            self._condition.notify_all()
            return first

    def typed(self) -> list[bytes]:
        """The events since the last time."""
        with self._condition:
            typed, self._typed = self._typed, []
            return typed

    def wait(self, seconds: float) -> None:
        """Until somebody types, or for so long."""
        with self._condition:
            self._condition.wait_for(lambda: bool(self._typed), seconds)

    def show(self, picture: Picture | None) -> None:
        """Show this, None for a dark screen."""
        found = picture or DARK
        with self._condition:
            if found != self._picture:
                self._picture, self._number = found, self._number + 1
                self._condition.notify_all()

    def end(self) -> None:
        with self._condition:
            self._ended = True
            self._condition.notify_all()
