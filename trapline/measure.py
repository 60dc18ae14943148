"""Timing guests, for `trapline bench`. The guests are the shipped ones, made larger through their `.equ` lines."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from guests.catalogue import directory
from guests.catalogue import find as find_guest
from isa.assembler import Image, assemble
from isa.assembler.includes import Directory
from isa.catalogue import find as find_machine
from isa.description import Isa
from isa.errors import MachineError
from isa.machine import Reason
from trapline.rig import Outfit, Rig, build

WORDS = 1 << 16
BUDGET = 1 << 32
GUESTS: dict[str, dict[str, int]] = {
    "primes": {"LIMIT": 15000},
    "quicksort": {"COUNT": 12000},
    "matmul": {"SIZE": 60},
    "crc": {"ROUNDS": 600},
    "fib": {"N": 24},
}
EXITS, TIMES = "exits", {"N": 40_000}  # the guest by which the cost of an exit is measured


@dataclass(frozen=True, slots=True)
class Row:
    """`bare` and `monitored` are steps per second, `share` is what ran directly, 0 to 1."""

    guest: str
    steps: int
    bare: float
    monitored: float
    share: float
    exits: int

    def facts(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.monitored / self.bare}


@dataclass(frozen=True, slots=True)
class Cost:
    """What an exit costs beyond the steps that run directly."""

    guest: str
    exits: int
    microseconds: float

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def measure(name: str, sizes: dict[str, int], repeat: int) -> Row:
    """A guest with the given sizes, bare and monitored."""
    quick, slow, rig = _times(name, sizes, repeat)
    assert rig.virtual is not None
    statistics = rig.virtual.statistics
    exits = sum(statistics.by_decision().values())
    steps = rig.machine.steps
    return Row(name, steps, steps / quick, steps / slow, statistics.share_direct, exits)


def exit_cost(repeat: int) -> Cost:
    """How much longer a guest with many exits takes monitored than bare, for each of them."""
    quick, slow, rig = _times(EXITS, TIMES, repeat)
    assert rig.virtual is not None
    exits = sum(rig.virtual.statistics.by_decision().values())
    return Cost(EXITS, exits, (slow - quick) / exits * 1e6)


def _times(name: str, sizes: dict[str, int], repeat: int) -> tuple[float, float, Rig]:
    """Processor seconds of the fastest run, bare and monitored, and the last monitored rig.

    The two take turns, so that what else the host does falls on both alike.
    """
    isa, image = _image(name, sizes)
    quick = slow = float("inf")
    for _ in range(repeat):
        quick = min(quick, _seconds(_rig(isa, image, 0)))
        rig = _rig(isa, image, 1)
        slow = min(slow, _seconds(rig))
    return quick, slow, rig


def _image(name: str, sizes: dict[str, int]) -> tuple[Isa, Image]:
    guest = find_guest(name)
    isa = find_machine(guest.machine)
    return isa, assemble(isa, guest.source(**sizes), str(guest.path), Directory(str(directory())))


def _rig(isa: Isa, image: Image, depth: int) -> Rig:
    rig = build(isa, WORDS, Outfit(), depth)
    rig.machine.load(image)
    return rig


def _seconds(rig: Rig) -> float:
    """Processor time of a run to the end. Raises MachineError if the guest does not halt with 0."""
    began = time.process_time()
    end = rig.machine.run(BUDGET)
    taken = time.process_time() - began
    if end.reason is not Reason.HALT or rig.exit_code:
        raise MachineError(f"the guest did not finish well: {end.reason.value}, exit code {rig.exit_code}")
    return taken
