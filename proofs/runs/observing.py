"""What every step of a run was: the instruction, the mode it began in, and the trap it ended with.

`Observed` is the reference engine without its shortcuts; a bare machine that has it tells the coverage of a guest.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from isa.description import Role
from isa.engines.reference.engine import HAPPENED, ReferenceEngine
from isa.ir.nodes import Origin
from isa.machine import Machine, Pause, Trap
from proofs.definitions.classification import UNASSIGNED

INTERRUPT, FETCH = "(interrupt)", "(fetch)"
NO_TRAP = ""


Direct = Callable[..., object]  # of the state's block


class Cell(NamedTuple):
    """`name` is an instruction, `UNASSIGNED`, `FETCH` or `INTERRUPT`; `mode` and `cause` are numbers of their
    enumerations; a cause of None: the step did not trap."""

    name: str
    mode: int
    cause: int | None


class Observed(ReferenceEngine):
    """Counts cells in `seen`; and in `alone` the steps that retire from a state in which `direct` does not hold."""

    def __init__(self, machine: Machine, seen: Counter[Cell], direct: Direct = lambda block: True) -> None:
        super().__init__(machine)
        self.seen, self.alone = seen, 0
        self._direct = direct
        place = self.isa.the(Role.MODE)
        self._mode_slot = self.steps.layout.slots[place.state].first
        self._mode_low, self._mode_mask = place.low, (1 << place.width) - 1

    def execute(self, limit: int) -> tuple[int, Trap | Pause]:
        return (0, Pause.HALT) if self.machine.halted else self._execute_singly(limit)

    def single(self) -> Trap | Pause | None:
        mode = self.state.block[self._mode_slot] >> self._mode_low & self._mode_mask
        direct = self._direct(self.state.block)
        stop = super().single()
        if isinstance(stop, Trap):
            self.seen[Cell(self._where(stop), mode, stop.cause)] += 1
        elif stop is None or stop in HAPPENED or stop is Pause.SPIN:
            self.alone += not direct and stop is not Pause.SPIN
            self.seen[Cell(self.last or UNASSIGNED, mode, None)] += 1
        return stop

    def _where(self, trap: Trap) -> str:
        if trap.origin is Origin.PROLOGUE:
            return INTERRUPT
        return FETCH if trap.origin is Origin.FETCH else self.last or UNASSIGNED
