"""What a debugger does for a screen, one thing at a time, away from the thread that draws. All of it can be broken off.

Whoever draws calls `begin`, has one of the others done by another thread, and may `cancel` it meanwhile: then the
machine is back where it was, and what the run has come to stays known.
"""

from collections.abc import Iterator
from time import monotonic
from typing import TypeVar

from isa.errors import TraplineError
from trapline.debugging.words import Debugger

T = TypeVar("T")
WHILE = 0.3  # seconds


class Cancelled(Exception):
    """Somebody does not want to wait for it."""


class Work:
    """`reached` is the step that what is being done has come to."""

    def __init__(self, debugger: Debugger) -> None:
        self.debugger = debugger
        self.reached = debugger.machine.steps
        self._cancelled = False
        debugger.history.progress = self._progress

    def begin(self) -> None:
        """Whatever was cancelled is over."""
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def check(self) -> None:
        """Raises Cancelled, once: what brings the machine back must not be broken off too."""
        if self._cancelled:
            self._cancelled = False
            raise Cancelled

    def _progress(self, step: int) -> None:
        self.reached = step
        self.check()

    def do(self, line: str) -> list[str]:
        """Do what a line says, and give what there is to say of it: mistakes and a search that was broken off too."""
        try:
            return list(self.debugger.do(line))
        except TraplineError as error:
            return error.render().splitlines()

    def some(self, parts: Iterator[T]) -> T | None:
        """The last of those parts that come within a while, and None if there are no more. The machine may move
        meanwhile; then it is brought back."""
        found: T | None = None
        until = monotonic() + WHILE
        with self.debugger.history.staying():
            for part in parts:
                found = part
                self.check()
                if monotonic() > until:
                    break
        return found
