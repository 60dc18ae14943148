"""Recording what a virtual machine does while the machine below runs in its place. The single steps that its dispatcher
takes are recorded there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol, TypeVar

from isa.classes import replace
from isa.description import Isa, Kind
from isa.errors import MachineError
from isa.machine import Machine
from isa.machine.recording import changes
from isa.machine.records import MOST_HELD, NEVER, Seen, Trace
from isa.machine.state import layout_of
from isa.machine.time import time_of
from isa.passes.partition import ORDINARY, owned_bits
from monitor.virtual import Virtual

Stop = TypeVar("Stop")


class Follower(Protocol):
    """What is asked of a dispatcher: its machine and the one below, the steps of the present run, and where in the
    storage of the machine at the bottom the virtual machine's begins."""

    vm: Virtual
    below: Machine
    done: int
    offset: int


def most(isa: Isa, trace: Trace | None, step: int) -> int:
    """How many steps the machine below may take at a time, from this one on: what they change in the state is seen only
    at the end of its run, if it is not the same there."""
    if trace is None:
        return NEVER
    if not trace.registers or keeps_time_apart(isa):
        return MOST_HELD
    recorded, steps = trace.span(step)
    return 1 if recorded else min(steps, MOST_HELD)


@lru_cache(maxsize=64)
def keeps_time_apart(isa: Isa) -> bool:
    """Whether nothing of what is watched moves by itself."""
    time = time_of(isa)
    return time is None or all(moving.place.width == moving.whole for moving in time.moving)


@lru_cache(maxsize=64)
def owned(isa: Isa) -> tuple[tuple[int, int], ...]:
    """The slots that do not pass whole to the machine below, each with the bits that do not: these stand still there as
    long as it runs directly."""
    slots, found = layout_of(isa).slots, list[tuple[int, int]]()
    for state in isa.scalars():
        bits = sum(((1 << width) - 1) << low for low, width in owned_bits(state))
        found += [(slots[state.name].first, bits)] if bits else []
    arrays = (slots[s.name] for s in isa.states.values() if s.kind is Kind.ARRAY and s.role not in ORDINARY)
    return (
        *found,
        *((n, (1 << slot.width) - 1) for slot in arrays for n in range(slot.first, slot.first + slot.count)),
    )


def flips(vm: Machine, below: Machine, trace: Trace) -> dict[int, int]:
    """The bits that the machine below, which is about to run, has otherwise than the one that is traced."""
    ours, there = vm.state.block, below.state.block
    return dict(trace.flips) | {n: trace.flips.get(n, 0) ^ (ours[n] ^ there[n]) & bits for n, bits in owned(vm.isa)}


def followed(dispatcher: Follower, trace: Trace, run: Callable[[], Stop]) -> Stop:
    """A run of the machine below, whose steps are recorded as those of the virtual machine. If they come to nothing,
    since it was ended for them, so do their records."""
    vm, below, recorder = dispatcher.vm, dispatcher.below, trace.recorder
    done, first = dispatcher.done, vm.steps + dispatcher.done
    singly = trace.registers and not keeps_time_apart(vm.isa)
    before = tuple(vm.state.block) if singly else ()
    mark = recorder.hold()
    instead = trace.instead(first - below.steps, dispatcher.offset)
    if singly:
        below.trace = replace(instead, registers=False)
    else:
        below.trace = replace(instead, flips=flips(vm, below, trace)) if trace.registers else instead
    try:
        return run()
    finally:
        below.trace = None
        if dispatcher.done == done:
            recorder.undo(mark)
        elif singly and recorder.used > mark:
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
