"""What it costs to wait: for the clock, for a device, and with open eyes for a character. Bare and under a monitor."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from isa.devices import Console, Ports, Script
from isa.engines.choice import AUTO, NATIVE
from isa.errors import MachineError
from isa.machine import Machine
from trapline.bench.figures import Bench, Figure, Goal, at_most
from trapline.bench.kernels import RESULT, WORDS, Kernel, image
from trapline.bench.machines import finish, monitored, unmonitored
from trapline.bench.sitting import summary

TICK = Kernel("tick", {"ROUNDS": 2_000_000}, {"ROUNDS": 20})
WAKE = Kernel("wake", {"ROUNDS": 40_000}, {"ROUNDS": 20})
POLL = Kernel("poll", {"ROUNDS": 40_000}, {"ROUNDS": 20})
KINDS: dict[str, tuple[Kernel, str, Goal]] = {
    "tick": (TICK, "a wait that the clock ends", at_most(1)),
    "wake": (WAKE, "a wait that a device ends", at_most(15)),
    "character": (POLL, "a console character in and out, polled for", at_most(15)),
}
ROWS = tuple(KINDS)


def measure(bench: Bench, rows: set[str]) -> Iterator[Figure]:
    """Microseconds of one wait, or of one character. A machine is used once: its console has been read."""
    engine = NATIVE if bench.engine == AUTO else bench.engine  # each is a new machine: what `auto` comes to
    for row in [row for row in ROWS if row in rows]:
        kernel, what, goal = KINDS[row]
        found: dict[str, list[float]] = {"bare": [], "monitored": []}
        for turn in range(bench.repeat + 1):
            bench.show(f"{kernel.name}, turn {turn} of {bench.repeat}")
            for name, make in MAKERS.items():
                taken = _microseconds(bench.sizes(kernel), kernel, partial(make, engine, WORDS))
                if turn:  # in the one before the first, code is compiled
                    found[name].append(taken)
        detail = {name: summary(values) for name, values in found.items()}
        yield Figure(row, what, found["bare"], "us", goal, detail)


MAKERS: dict[str, Callable[[str, int, Ports], Machine]] = {"bare": unmonitored, "monitored": monitored}


def _microseconds(sizes: dict[str, int], kernel: Kernel, make: Callable[[Ports], Machine]) -> float:
    rounds = sizes["ROUNDS"]
    ports = Ports({} if kernel is TICK else {0: Console(Script(b"x" * rounds))})
    made = make(ports)
    made.load(image(kernel, sizes))
    began = time.process_time()
    finish(made)
    taken = time.process_time() - began
    if made.storage.load(RESULT) != rounds:
        raise MachineError(f"{kernel.name} waited {made.storage.load(RESULT)} times, not {rounds}")
    return 1e6 * taken / rounds
