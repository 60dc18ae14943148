"""Running a machine for a person: in slices, so that Ctrl-C, live input and progress are served between steps.

Slices change nothing that a guest can see. Ctrl-C never breaks into a step: the first one ends the run at the next
slice with the state whole, a second one gives up at once.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from isa.devices import Terminal
from isa.machine import Exit, Machine, Reason

SLICE = 20_000  # steps between two looks at the world outside
PATIENCE = 0.1  # seconds to wait at a time for somebody to type
QUIET = 1.0  # seconds before progress is shown


class Interruption:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Inside, the first Ctrl-C only sets `asked`. The former handler is put back at the end."""
    interruption = Interruption()
    former = signal.signal(signal.SIGINT, interruption)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, former)


def run(
    machine: Machine, steps: int, interruption: Interruption, terminal: Terminal | None = None, slice: int = SLICE
) -> Exit:
    """Run at most `steps` steps. The exit counts the steps of all slices; an interrupted run ends with `BUDGET`.

    `terminal` is polled between slices; a machine that idles waits for it.
    """
    first, retired, stop = machine.steps, machine.retired, machine.steps + steps
    with counting(stop) as show:
        while True:
            if terminal is not None:
                terminal.poll()
            end = machine.run(min(slice, stop - machine.steps))
            show(machine.steps)
            if end.reason is Reason.IDLE and _awaited(terminal) and not interruption.asked:
                continue
            if end.reason is not Reason.BUDGET or machine.steps >= stop or interruption.asked:
                return Exit(end.reason, machine.steps - first, machine.retired - retired, end.trap, end.detail)


def _awaited(terminal: Terminal | None) -> bool:
    """Wait a little for somebody to type; whether there is still hope that it will happen."""
    return terminal is not None and (terminal.poll(PATIENCE) or not terminal.live.ended)


@contextmanager
def counting(stop: int) -> Iterator[Callable[[int], None]]:
    """A function to be told the steps done so far. After a while it shows them on stderr: only if that is a terminal
    and stdout, where the guest prints, is not."""
    began, shown = time.monotonic(), False
    wanted = sys.stderr.isatty() and not sys.stdout.isatty()

    def show(steps: int) -> None:
        nonlocal shown
        elapsed = time.monotonic() - began
        if wanted and elapsed > QUIET:
            sys.stderr.write(f"\r\x1b[K{steps:,} of at most {stop:,} steps, {elapsed:.0f} s")
            sys.stderr.flush()
            shown = True

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
