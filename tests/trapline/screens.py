"""The application of `trapline debug` under a pilot: what is pressed, and what is to be read on the screen then."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from isa.assembler import assemble
from isa.engines.choice import bare
from isa.machine import Storage
from tests.machines_to_test import G3
from tests.trapline import counting
from trapline.debugging.debugged import Guest
from trapline.debugging.words import Debugger
from trapline.screen.application import Application

SMALL = 80, 24
REFERENCE = "reference"  # needs no compiling


def debugger(depth: int = 0) -> Debugger:
    return counting.debugger(depth, REFERENCE)


def endless() -> Debugger:
    """Of a guest that never ends."""
    image = assemble(G3, "loop: addi r1, r0, 1\n b loop\n", "endless.s")
    machine = bare(G3, Storage(32, 4096), engine=REFERENCE)
    machine.load(image)
    return Debugger(Guest(machine, image, 1 << 40))


class Session:
    """A pilot with its application. Whoever presses waits until all of that is done."""

    def __init__(self, pilot: Pilot[None], application: Application) -> None:
        self.pilot, self.application = pilot, application

    @property
    def step(self) -> int:
        return self.application.debugger.machine.steps

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.application.simulate_key(key)
            await self.pilot.pause()
        await self.settle()

    async def say(self, line: str) -> None:
        """A line of words."""
        self.application.line.focus()
        self.application.line.value = line
        await self.press("enter")

    async def settle(self) -> None:
        """Until what was pressed has been answered, what that began is done, and all of it is laid out and drawn."""
        for _ in range(2):
            await self.pilot.pause()
            await self.application.workers.wait_for_complete()
        await self.pilot.pause()

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        strips = self.application.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def driven(
    drive: Callable[[Session], Awaitable[None]],
    made: Debugger,
    size: tuple[int, int] = SMALL,
    title: str = "trapline debug: loop.s",
) -> None:
    """Debug on a screen of this size."""

    async def run() -> None:
        application = Application(made, title)
        async with application.run_test(size=size) as pilot:
            session = Session(pilot, application)
            await session.settle()
            await drive(session)

    asyncio.run(run())
