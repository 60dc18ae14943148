"""A guest whose screen is shown: it runs in portions, and between two of them its picture is looked at and what viewers
have typed and clicked arrives. The step of its arrival is all that the guest can tell about it, and is known."""

import time

from isa.devices.keys import Keys
from isa.devices.screen import Screen
from isa.machine import Exit, Machine, Reason
from monitor.screens.shown import Shown

PORTION = 20_000  # steps
FRAME = 0.02  # seconds between two looks at a picture that changes


class Showing(Shown):
    """A machine with a screen and keys."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine
        screen, keys = machine.ports.find(Screen), machine.ports.find(Keys)
        assert screen is not None and keys is not None
        self.screen, self.keys = screen, keys

    def look(self) -> None:
        self.show(self.screen.picture(self.machine.storage))

    def run(self, steps: int, alone: bool = False) -> Exit:
        """Run the guest for at most so many steps, until it ends. One that waits for ever waits for viewers, unless it
        is `alone`."""
        looked, end = 0.0, Exit(Reason.BUDGET, 0, 0)
        try:
            while steps > 0:
                for event in self.typed():
                    self.keys.inbound.feed(event)
                end = self.machine.run(min(steps, PORTION))
                steps -= end.steps
                if end.reason is not Reason.BUDGET or time.monotonic() - looked > FRAME:
                    self.look()
                    looked = time.monotonic()
                if end.reason is Reason.IDLE and not alone:
                    self.wait(0.1)
                elif end.reason is not Reason.BUDGET:
                    return end
            return end
        finally:
            self.look()
            self.end()
