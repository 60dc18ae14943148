"""Recording what a virtual machine does while the machine below runs in its place. The single steps that its dispatcher
takes are recorded there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from isa.errors import MachineError
from isa.machine import Machine
from isa.machine.recording import changes
from isa.machine.records import MOST_HELD, NEVER, Seen, Trace
from monitor.virtual import Virtual


class Follower(Protocol):
    """What is asked of a dispatcher: its machine and the one below, the steps of the present run, and where in the
    storage of the machine at the bottom the virtual machine's begins."""

    vm: Virtual
    below: Machine
    done: int
    offset: int


def most(trace: Trace | None, step: int) -> int:
    """How many steps the machine below may take at a time, from this one on: what they change in the state is seen only
    at the end of its run."""
    if trace is None:
        return NEVER
    recorded, steps = trace.span(step)
    if not trace.registers:
        return MOST_HELD
    return 1 if recorded else min(steps, MOST_HELD)


@contextmanager
def followed(dispatcher: Follower, trace: Trace) -> Iterator[None]:
    """Inside, the steps of the machine below are recorded as those of the virtual machine. If they come to nothing,
    since it was ended for them, so do their records."""
    vm, below, recorder = dispatcher.vm, dispatcher.below, trace.recorder
    done, first = dispatcher.done, vm.steps + dispatcher.done
    before = tuple(vm.state.block) if trace.registers else ()
    mark = recorder.hold()
    below.trace = trace.instead(first - below.steps, dispatcher.offset)
    try:
        yield
    finally:
        below.trace = None
        if dispatcher.done == done:
            recorder.undo(mark)
        elif trace.registers and recorder.used > mark:
            recorder.add(*changes(vm, trace, first, Seen(0, None, None, before)))
        recorder.release()


@contextmanager
def stopping(dispatcher: Follower) -> Iterator[None]:
    """Inside, the machine below stops at the virtual machine's breakpoints, wherever its storage lies; not at the first
    step, which the dispatcher has looked at."""
    vm, below = dispatcher.vm, dispatcher.below
    before = below.breakpoints, below.break_places
    below.breakpoints = before[0] | vm.breakpoints
    below.break_places = before[1] | {dispatcher.offset + place for place in vm.break_places}
    below.broke = below.steps
    try:
        yield
    finally:
        below.breakpoints, below.break_places = before


def check_alone(below: Machine) -> None:
    """Raises MachineError if this machine is traced, or one that it runs on."""
    if any(machine.trace is not None for machine in below.hosts):
        raise MachineError("two machines are traced that run on each other", "trace one of them at a time")
