"""Delivering traps, for an engine that stops at every trap anyway."""

from isa.machine.exits import Pause, Trap
from isa.machine.machine import Engine, Machine


def deliver(engine: Engine, machine: Machine, limit: int) -> tuple[int, int, Pause]:
    """`Engine.deliver` by `execute` and `enter` in turn.

    The machine's count of steps moves along, since what happens on the way is timed by it, and is put back at the end:
    to count is the caller's business.
    """
    first, stop, trapped, end = machine.steps, machine.steps + limit, 0, Pause.LIMIT
    while machine.steps < stop:
        if (machine.breakpoints or machine.break_places) and machine.steps > first and machine.at_breakpoint():
            break
        ran, why = engine.execute(stop - machine.steps)
        machine.steps += ran
        if not isinstance(why, Trap):
            end = why
            break
        engine.enter(why)
        machine.steps += 1
        trapped += 1
    ran, machine.steps = machine.steps - first, first
    return ran, trapped, end
