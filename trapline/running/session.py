"""Running a machine for a person: in slices, so that Ctrl-C, live input and progress are served between steps.

Slices change nothing that a guest can see. Ctrl-C never breaks into a step: the first one ends the run at the next
slice with the state whole, a second one gives up at once.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Protocol

from isa.devices import Console
from isa.machine import Exit, Reason
from trapline.interrupts import code_of, handled, raising

if TYPE_CHECKING:
    from isa.devices.terminal import Terminal

SLICE = 20_000  # steps between two looks at the world outside
LONGEST = 1 << 22  # as much for a machine that nobody types at: at worst half a second until Ctrl-C is served
PATIENCE = 0.1  # seconds to wait at a time for somebody to type
IDLE_RATE = 1_000_000  # steps that pass in a second while a machine idles and somebody may type
QUIET = 1.0  # seconds before progress is shown


class Runs(Protocol):
    """What runs: a machine, or one that is watched (`trapline.profiling.watching`)."""

    @property
    def steps(self) -> int: ...
    @property
    def retired(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    def run(self, budget: int, /) -> Exit: ...


class Interruption:
    """Whether Ctrl-C was pressed, or the process told to end: `asked` is 0, or the exit code for it."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raising(number, frame)
        self.asked = code_of(number)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Inside, the first Ctrl-C or SIGTERM only sets `asked`. The former handlers are put back at the end."""
    interruption = Interruption()
    with handled(interruption):
        yield interruption


def run(
    machine: Runs,
    steps: int,
    interruption: Interruption,
    terminal: "Terminal | None" = None,
    show: Callable[[int], None] | None = None,
    slice: int = SLICE,
    longest: int = SLICE,
) -> Exit:
    """Run at most `steps` steps. The exit counts the steps of all slices; an interrupted run ends with `BUDGET`.

    `terminal` is polled between slices, and a machine that idles waits for it; `show` is told the steps so far. Each
    slice is twice as long as the one before, up to `longest`, so that looking around soon costs nothing; by steps and
    not by time, since a monitor counts where its slices end.
    """
    first, retired, stop = machine.steps, machine.retired, machine.steps + steps
    waited = machine.skipped
    while True:
        if terminal is not None:
            terminal.poll(min(PATIENCE, (machine.skipped - waited) / IDLE_RATE))
            waited = machine.skipped
        end = machine.run(min(slice, stop - machine.steps))
        slice = min(2 * slice, max(slice, longest))
        if show is not None:
            show(machine.steps)
        reason = Reason.BUDGET if end.reason is Reason.IDLE and _awaited(terminal) else end.reason
        if reason is not Reason.BUDGET or machine.steps >= stop or interruption.asked:
            return Exit(reason, machine.steps - first, machine.retired - retired, end.trap, end.detail)


def _awaited(terminal: "Terminal | None") -> bool:
    """Wait a little for somebody to type; whether there is still hope that it will happen, and so of going on."""
    return terminal is not None and (terminal.poll(PATIENCE) or not terminal.live.ended)


class Progress:
    """A line on stderr, if that is a terminal, that says how far a long run is."""

    def __init__(self, stop: int, output: Console | None = None, wanted: bool = True) -> None:
        """`output` is the guest's console, if that is on the terminal too."""
        self.stop, self.output = stop, output
        self._began, self._shown = time.monotonic(), False
        self._wanted = wanted and sys.stderr.isatty()

    def show(self, steps: int) -> None:
        """Shown only after a while, and only where the guest is not in the middle of a line of its own."""
        elapsed = time.monotonic() - self._began
        if self._wanted and elapsed > QUIET and (self.output is None or self.output.printed(-1) in (b"", b"\n")):
            sys.stderr.write(f"\r\x1b[K{steps:,} of at most {self.stop:,} steps, {elapsed:.0f} s")
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away, before anything else is printed."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


@contextmanager
def counting(stop: int, output: Console | None = None, wanted: bool = True) -> Iterator[Progress]:
    """A progress that is cleared at the end."""
    progress = Progress(stop, output, wanted)
    try:
        yield progress
    finally:
        progress.clear()
