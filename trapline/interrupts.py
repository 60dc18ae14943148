"""Signals that end a command: Ctrl-C, and SIGTERM, which is answered in the same way. The exit code is the shell's."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM, where Ctrl-C would have been a KeyboardInterrupt."""


def code_of(number: int) -> int:
    """The exit code of a command that a signal has ended: 130 or 143."""
    return 128 + number


def code(interrupt: KeyboardInterrupt) -> int:
    """The same of what the signal has raised."""
    return code_of(signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT)


def raising(number: int, frame: FrameType | None) -> None:
    """A handler that raises."""
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Inside, the handler is asked by both signals. The former ones are put back at the end. Only the main thread may
    do this; elsewhere nothing changes."""
    former = {}
    try:
        with suppress(ValueError):
            for number in SIGNALS:
                former[number] = signal.signal(number, handler)
        yield
    finally:
        for number, before in former.items():
            signal.signal(number, before)
