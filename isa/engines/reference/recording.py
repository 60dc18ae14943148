"""Recording steps one at a time, in Python. See `isa.machine.machine.Engine.record`."""

from typing import Protocol

from isa.machine.exits import Pause, Trap
from isa.machine.machine import Engine, Machine
from isa.machine.recording import look, write
from isa.machine.records import Trace

_HAPPENED = Pause.HALT, Pause.ASKED


class Stepper(Engine, Protocol):
    """An engine that takes single steps to the letter, `done` having been taken before in the present run."""

    machine: Machine
    done: int

    def single(self) -> Trap | Pause | None: ...


def record(engine: Stepper, limit: int, deliver: bool, trace: Trace) -> tuple[int, int, Trap | Pause]:
    """Up to `limit` steps: how many there were, how many of them trapped, and why it stopped."""
    machine, trapped = engine.machine, 0
    if machine.halted:
        return 0, 0, Pause.HALT
    for done in range(limit):
        engine.done, trap = done, None
        seen = look(machine, engine, trace)
        stop = engine.single()
        if isinstance(stop, Trap) and deliver:
            trap = stop
            engine.enter(trap)
            trapped += 1
            stop = Pause.HALT if machine.halted else None
        happened = stop is None or stop in _HAPPENED
        if happened:
            write(machine, trace, machine.steps + done, seen, trap)
        machine.traffic = None
        if stop is not None:
            return done + happened, trapped, stop
    return limit, trapped, Pause.LIMIT
