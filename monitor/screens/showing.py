"""A guest whose screen is shown: it runs in portions, and between two of them its picture is looked at and what viewers
have typed and clicked arrives. The step of its arrival is all that the guest can tell about it, and is known."""

import threading
import time

from isa.devices import Keys, Picture, Screen
from isa.machine import Exit, Machine, Reason

PORTION = 20_000  # steps
FRAME = 0.02  # seconds between two looks at a picture that changes
DARK = Picture(320, 200, bytes(320 * 200), bytes(768))


class Showing:
    """A machine with a screen and keys. Viewers wait for `changed`, from threads of their own."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        screen, keys = machine.ports.find(Screen), machine.ports.find(Keys)
        assert screen is not None and keys is not None
        self.screen, self.keys = screen, keys
        self._picture, self._number = DARK, 0
        self._typed: list[bytes] = []
        self._condition = threading.Condition()
        self._ended = False

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

    def type(self, event: bytes) -> None:
        """An event from a viewer (`isa.devices.pressed`, `pointed`)."""
        with self._condition:
            self._typed.append(event)
            self._condition.notify_all()

    def look(self) -> None:
        found = self.screen.picture(self.machine.storage) or DARK
        with self._condition:
            if found != self._picture:
                self._picture, self._number = found, self._number + 1
                self._condition.notify_all()

    def run(self, steps: int, alone: bool = False) -> Exit:
        """Run the guest for at most so many steps, until it ends. One that waits for ever waits for viewers, unless it
        is `alone`."""
        looked, end = 0.0, Exit(Reason.BUDGET, 0, 0)
        try:
            while steps > 0:
                with self._condition:
                    for event in self._typed:
                        self.keys.inbound.feed(event)
                    self._typed.clear()
                end = self.machine.run(min(steps, PORTION))
                steps -= end.steps
                if end.reason is not Reason.BUDGET or time.monotonic() - looked > FRAME:
                    self.look()
                    looked = time.monotonic()
                if end.reason is Reason.IDLE and not alone:
                    with self._condition:
                        self._condition.wait_for(lambda: bool(self._typed), 0.1)
                elif end.reason is not Reason.BUDGET:
                    return end
            return end
        finally:
            self.look()
            with self._condition:
                self._ended = True
                self._condition.notify_all()
