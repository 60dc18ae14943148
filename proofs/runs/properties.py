"""The three properties, tested on whole runs of generated guests: who runs what, and what came of it.

Guests come in groups of three, side by side on one real machine, one of them below each depth from one to three; their
turns alternate. `check` runs shards of groups in worker processes and puts everything into a `Report`.
`proofs.runs.laboratory` has the checks, `proofs.runs.generation` the guests, `proofs.runs.coverage` what they reached.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random

from isa.description import Isa
from isa.errors import MachineError
from isa.machine import Machine
from monitor import Monitor
from monitor.techniques import TRAP, Technique
from proofs.runs.broken import Broken, Property
from proofs.runs.generation import generator
from proofs.runs.guests import Guest
from proofs.runs.justification import justified
from proofs.runs.laboratory import Laboratory, Level, MayInterpret, Resident
from proofs.runs.observing import Cell
from proofs.runs.shrinking import shrunk
from proofs.terms.workers import Limits, Lost, Progress, answers, no_progress

DEPTH = 3
PAGES = (12, 7, 5)  # of the real machine, and of the virtual machines that carry monitors
SHARD = 48  # guests of one job
STEPS = 120  # of one guest, or a little more
TIMEOUT = 300.0  # seconds for all guests
FAILURES = 3  # after which a shard gives up
MakeMonitor = Callable[[Machine], Monitor]


@dataclass(frozen=True, slots=True)
class Run:
    """How one guest did. `retired` leaves out what was skipped in idling; `direct` ran on the machine below, and
    `interpreted` in states in which the technique does not let it run there."""

    seed: int
    depth: int
    steps: int
    retired: int
    direct: int
    interpreted: int
    exits: int

    @property
    def share(self) -> float:
        """The share of retired steps that ran directly, 0 to 1 (1 if there were none)."""
        return self.direct / self.retired if self.retired else 1.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A property that broke. `guest`, and as assembly `listing`, is made as small as it could be if it fails alone."""

    which: Property
    detail: str
    seed: int
    depth: int
    listing: tuple[str, ...] = ()
    guest: Guest | None = field(default=None, repr=False, compare=False)


@dataclass
class Tally:
    """What a number of guests came to. `emulated` counts by instruction, `seen` by coverage cell."""

    runs: list[Run] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    emulated: Counter[str] = field(default_factory=Counter)
    seen: Counter[Cell] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.runs += other.runs
        self.failures += other.failures
        self.emulated += other.emulated
        self.seen += other.seen
        self.lost += other.lost

    @property
    def holds(self) -> bool:
        return not self.failures and not self.lost

    def broken(self, which: Property) -> list[Failure]:
        return [failure for failure in self.failures if failure.which is which]


def check(
    isa: Isa,
    guests: int,
    seed: int = 0,
    workers: int = 2,
    progress: Progress = no_progress,
    timeout: float = TIMEOUT,
    techniques: Sequence[Technique] = (TRAP,),
) -> Tally:
    """Run guests number `seed` and following, for at most `timeout` seconds; what did not end by then is `lost`.
    The same guests give the same tally, however many workers there are. `techniques` are those of the monitors, lowest
    first; where there are more monitors, they have the last one.

    Raises MachineError for a machine that the monitor does not admit.
    """
    monitor = maker(techniques)
    _lab(isa, lambda name: True, monitor)  # raises with the reason
    whole = Tally()
    shards = [range(first, min(first + SHARD, seed + guests)) for first in range(seed, seed + guests, SHARD)]
    limits = Limits(total=timeout, each=timeout, workers=workers)
    for result in answers([_job(isa, shard, monitor) for shard in shards], limits, progress):
        if isinstance(result, Lost):
            whole.lost.append(result.reason)
        else:
            whole.add(result)
    return whole


def maker(techniques: Sequence[Technique]) -> MakeMonitor:
    """Makes the monitor on a machine that may have others below it."""
    return lambda below: Monitor(below, technique=tall(techniques, len(below.hosts))[-1])


def tall(techniques: Sequence[Technique], depth: int) -> tuple[Technique, ...]:
    """The techniques of so many monitors."""
    return tuple(techniques[min(level, len(techniques) - 1)] for level in range(depth))


def _job(isa: Isa, seeds: Sequence[int], monitor: MakeMonitor) -> Callable[[], Tally]:
    return lambda: tally(isa, seeds, monitor=monitor)


def tally(
    isa: Isa,
    seeds: Sequence[int],
    may_interpret: MayInterpret | None = None,
    monitor: MakeMonitor = Monitor,
    failures: int = FAILURES,
) -> Tally:
    """Run the guests of these seeds in this process, until so many have failed."""
    make, found = generator(isa), Tally()
    may = may_interpret or justified(isa)
    lab = _lab(isa, may, monitor, found.seen)
    for first in range(0, len(seeds), DEPTH):
        group = [(seed, make.guest(Random(seed), STEPS)) for seed in seeds[first : first + DEPTH]]
        failure = _together(lab, group, first // DEPTH, found)
        if failure is not None:
            found.failures.append(_small(isa, failure, dict(group)[failure.seed], may, monitor))
            if len(found.failures) == failures:
                break
            lab = _lab(isa, may, monitor, found.seen)
    return found


def _lab(isa: Isa, may: MayInterpret, monitor: MakeMonitor, seen: Counter[Cell] | None = None) -> Laboratory:
    """A laboratory with monitors up to DEPTH, or as deep as the machine's storage allows."""
    lab = Laboratory(isa, may, seen, PAGES[0], monitor)
    for pages in PAGES[1:]:
        try:
            lab.nest(lab.levels[-1], pages)
        except MachineError:
            break
    return lab


def _together(lab: Laboratory, group: list[tuple[int, Guest]], turn: int, found: Tally) -> Failure | None:
    """Run a group side by side. What it came to goes into `found`, unless it failed."""
    residents: list[tuple[int, Resident]] = []
    running = group[0][0], lab.levels[0]
    try:
        for i, (seed, guest) in enumerate(group):
            running = seed, lab.levels[(turn + i) % len(lab.levels)]
            residents.append((seed, lab.create(guest, running[1])))
        for seed, resident, quantum in _turns(residents):
            running = seed, resident.level
            lab.turn(resident, quantum)
        for seed, resident in residents:
            running = seed, resident.level
            lab.destroy(resident)
    except Broken as broken:
        return Failure(broken.which, broken.detail, running[0], running[1].depth)
    for seed, resident in residents:
        found.runs.append(_run(seed, resident))
        found.emulated += resident.emulated
    return None


def _turns(residents: list[tuple[int, Resident]]) -> Iterator[tuple[int, Resident, int]]:
    """The turns of all residents, one after the other, each until it has stopped."""
    left = {seed: list(resident.guest.quanta) for seed, resident in residents}
    while any(left.values()):
        for seed, resident in residents:
            if left[seed]:
                yield seed, resident, left[seed].pop(0)
            if resident.end is not None:
                left[seed].clear()


def _run(seed: int, resident: Resident) -> Run:
    vm = resident.vm
    exits = sum(vm.statistics.exits.values())
    return Run(seed, resident.level.depth, vm.steps, resident.retired, resident.direct, resident.interpreted, exits)


# ---- failures


def alone(isa: Isa, guest: Guest, depth: int, may: MayInterpret, monitor: MakeMonitor = Monitor) -> Broken | None:
    """Run one guest by itself at this depth; what it breaks, if anything."""
    lab = Laboratory(isa, may, None, PAGES[0] if depth > 1 else 3, monitor)
    try:
        level = _nested(lab, depth)
        resident = lab.create(guest, level)
        for quantum in guest.quanta:
            if resident.end is None:
                lab.turn(resident, quantum)
        lab.destroy(resident)
    except Broken as broken:
        return broken
    return None


def _nested(lab: Laboratory, depth: int) -> Level:
    for pages in PAGES[1:][: depth - 1]:
        lab.nest(lab.levels[-1], pages)
    return lab.levels[-1]


def _small(isa: Isa, failure: Failure, guest: Guest, may: MayInterpret, monitor: MakeMonitor) -> Failure:
    """The failure with a guest that shows it by itself, at the least depth and as small as possible; or as it is, with
    the whole guest."""

    def breaks(depth: int, candidate: Guest) -> str:
        broken = alone(isa, candidate, depth, may, monitor)
        return broken.detail if broken is not None and broken.which is failure.which else ""

    depth = next((d for d in range(1, failure.depth + 1) if breaks(d, guest)), 0)
    if not depth:
        return replace(failure, listing=tuple(guest.listing()), guest=guest)
    small = shrunk(guest, partial(breaks, depth))
    return replace(failure, detail=breaks(depth, small), depth=depth, listing=tuple(small.listing()), guest=small)
