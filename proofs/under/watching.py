"""A machine that runs monitors in assembly, seen from outside: it stops wherever the innermost of them is about to
enter a guest, or has seen one end. What it keeps of the guest is complete there, and can be read (`blocks.py`).

Nothing of what is watched is changed by that: the stops are breakpoints at places in storage.
"""

from collections.abc import Sequence
from typing import NamedTuple

from isa.devices import Console
from isa.errors import TraplineError
from isa.machine import Exit, Machine, Reason
from proofs.programs.convention import Monitor
from proofs.under.blocks import Block, Blocks

PATIENCE = 1 << 26  # steps in which a monitor must come back to a guest; those that it sleeps count as well
DEEPER = 5  # times as many, for each monitor below it
LAST = 200  # bytes of what a monitor printed last


class Stop(NamedTuple):
    """Where the machine stands: what the innermost monitor keeps of its current guest, and whether that has ended."""

    block: Block
    ended: bool


class Watch:
    """`monitors` are on the machine, lowest first, each the first guest of the one before. After `boot`,
    `levels` has each of them at its place."""

    def __init__(self, machine: Machine, monitors: Sequence[Monitor], patience: int = PATIENCE) -> None:
        self.machine, self.patience = machine, patience
        self.levels = [Blocks(monitors[0])]
        self._further = monitors[1:]

    @property
    def inner(self) -> Blocks:
        """The innermost one."""
        return self.levels[-1]

    def boot(self) -> Stop:
        """Run until the innermost monitor enters a guest for the first time. Raises TraplineError if one never does."""
        stop = self._first()
        for monitor in self._further:
            self.levels.append(Blocks(monitor, self.inner.of(self.machine.storage, 0).window))
            stop = self._first()
        return stop

    def next(self) -> Stop | Exit:
        """Run to the next stop; or how the machine ended, or that no stop came."""
        machine, inner = self.machine, self.inner
        machine.break_places = {inner.leave, inner.ended}
        end = machine.run(self.patience * DEEPER ** (len(self.levels) - 1))
        if end.reason is not Reason.BREAKPOINT:
            return end
        return Stop(inner.current(machine.storage), machine.engine.place() == inner.ended)

    def _first(self) -> Stop:
        stop = self.next()
        if isinstance(stop, Stop):
            return stop
        console = self.machine.ports.find(Console)
        said = console.printed(-LAST).decode(errors="replace").strip() if console else ""
        why = f"; the last it says is: {said.splitlines()[-1]}" if said else ""
        raise TraplineError(
            f"a monitor has not entered its guest ({stop.reason.value} after {self.machine.steps:,} steps){why}",
            "run it by itself: `trapline run MONITOR`; does it pass its label `leave`?",
        )
