"""What a door is: frames come in by it from outside, at a time that nobody knows before, and go out."""

from collections.abc import Callable
from selectors import BaseSelector
from typing import Protocol

Enter = Callable[[bytes], object]

AT_ONCE = 64  # frames that come in before guests run again


class Door(Protocol):
    """When it is opened it registers at a selector what it waits for, with a function to be called then; that tells
    `enter` of each frame that comes in."""

    def open(self, selector: BaseSelector, enter: Enter) -> str:
        """What a person is told of it. Raises TraplineError."""

    def leave(self, frame: bytes) -> None:
        """A frame goes out, or is lost as on any wire."""

    def due(self) -> float | None:
        """In how many seconds `look` has something to do; None for never."""

    def look(self) -> None:
        """Time has passed."""

    def close(self) -> None: ...
