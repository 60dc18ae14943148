"""Runs from random states, bare and monitored: the first difference, with the state it began in."""

from dataclasses import dataclass
from random import Random

from isa.description import Isa
from monitor.techniques import TRAP, Technique
from proofs.variants.rigs import Place, Rig, Start
from proofs.variants.starts import Starts, assumed

COUNTS = {"resets": 20, "states": 260, "guests": 16}  # starts for one variant, of each sort
LARGEST = 255  # words of the real machine
KEPT = 20  # starts that one pair of machines is used for


@dataclass(frozen=True)
class Parted:
    """Where two runs parted: what differed after how many steps from which start, and where the window lay."""

    what: str
    steps: int
    start: Start
    place: Place

    def __str__(self) -> str:
        return f"{self.what}\nafter {self.steps} steps at {self.place}, from {self.start}"


def parted(isa: Isa, seed: int, focus: tuple[str, ...] = (), technique: Technique = TRAP) -> Parted | None:
    """The first difference found. Programs have the instructions of `focus` more often than others. Raises MachineError
    for a machine that the monitor does not take."""
    random = Random(f"states {seed}")
    make = Starts(isa, random, focus)
    for sort, count in COUNTS.items():
        for first in range(0, count, KEPT):
            found = _parted(isa, make, sort, min(KEPT, count - first), technique)
            if found is not None:
                return found
    return None


def _parted(isa: Isa, make: Starts, sort: str, count: int, technique: Technique) -> Parted | None:
    """The first difference from so many starts with one pair of machines."""
    rig = Rig(isa, _place(make.random, make.size(sort)), technique)
    for number in range(count):
        start = make.start(sort, rig.place.size)
        rig.set(start, [] if number % 8 else [make.random.randrange(1 << isa.word) for _ in range(rig.place.whole)])
        if sort == "resets" or assumed(isa, rig.twin):
            what, steps = _run(rig, make.quanta(sort))
            if what:
                return Parted(what, steps, start, rig.place)
    return None


def _run(rig: Rig, quanta: tuple[int, ...]) -> tuple[str, int]:
    steps = 0
    for quantum in quanta:
        steps += quantum
        what = rig.run(quantum)
        if what:
            return what, steps
    return "", steps


def _place(random: Random, size: int) -> Place:
    """Anywhere; sometimes close to an end, and sometimes under two monitors."""
    whole = random.choice((LARGEST, LARGEST, random.randint(size + 20, LARGEST)))
    offset = random.choice((random.randint(1, whole - size), random.randint(1, 9), whole - size))
    return Place(whole, offset, size, random.choice((1, 1, 2)))
