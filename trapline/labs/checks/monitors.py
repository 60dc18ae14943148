"""Labs 7 and 8: a monitor in assembly, each guest under it held against the same guest bare wherever it is entered.

What a guest is comes from `drawn.py`, how it gets into the monitor from `laid.py`, the comparison from `proofs.under`.
A check of single instructions says in its name which.
"""

import os
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from random import Random

from guests.catalogue import LIBRARY
from isa.assembler import Image, assemble
from isa.assembler.disassembly import Disassembler
from isa.assembler.includes import Directory
from isa.description import Isa
from isa.engines.choice import DEFAULT
from isa.errors import TraplineError
from isa.machine.snapshot import Snapshot
from proofs.programs.convention import Monitor
from proofs.runs.compare import Difference
from proofs.runs.guests import Guest
from proofs.under.comparing import compare
from proofs.under.crowd import Crowd
from proofs.under.finding import Parting
from proofs.under.sides import WORD
from trapline.debugging.moment import Moment
from trapline.labs.checks import drawn
from trapline.labs.checks.kind import Attempt, Failure
from trapline.labs.checks.laid import LEFT, SHARE, TABLE, Laid, lay, monitor_of
from trapline.labs.checks.running import image_of, machine_of
from trapline.reports.exits import source_line

ENTRIES = 4000  # into guests, of a run
RELOCATION = "relocate"  # a label of what is handed in
ENDS = ("next", "passed", "timeless", "reflect", "resume", "panic")  # labels of the skeleton that end an instruction
NO_FETCH = "an instruction of the guest that cannot be fetched"
WINDOW = 256  # words of a guest that the lab ships
SHOWN = 6  # labels of the monitor's path
Draw = Callable[[Isa, Random], Guest]
Also = Callable[[Crowd], Iterator[Difference]]


def follows(attempt: Attempt) -> Failure | None:
    """It assembles, says where it keeps its virtual machine, and has room for two where that is asked."""
    monitor, guests = _monitor(attempt), attempt.check.numbers["guests"]
    if guests > 1 and not {TABLE, SHARE, LEFT} <= set(monitor.image.symbols):
        return Failure(f"it has no {TABLE}, {SHARE} or {LEFT} for {guests} guests")
    return None


def emulates(attempt: Attempt) -> Failure | None:
    """The instructions in the name of the check, in random states of the supervisor."""
    return _held(attempt, lambda isa, random: drawn.about(isa, _named(attempt), random))


def keeps_time(attempt: Attempt) -> Failure | None:
    """The same, with a clock that runs."""
    return _held(attempt, lambda isa, random: drawn.about(isa, _named(attempt), random, clock=True))


def refuses(attempt: Attempt) -> Failure | None:
    """What is privileged traps to the guest's own supervisor if its user tries it."""
    return _held(attempt, lambda isa, random: drawn.about(isa, _named(attempt), random, user=True))


def relocates(attempt: Attempt) -> Failure | None:
    """A user reaches all that it may, and nothing else, at every corner of relocation and window."""
    return _held(attempt, drawn.cornered)


def survives(attempt: Attempt) -> Failure | None:
    """Guests that do anything at all."""
    clock = bool(attempt.check.numbers["clock"])
    return _held(attempt, lambda isa, random: drawn.anybody(isa, random, clock))


def stacks(attempt: Attempt) -> Failure | None:
    """The same with the monitor on itself."""
    levels = attempt.check.numbers["levels"]
    return _held(attempt, lambda isa, random: drawn.anybody(isa, random, True), levels)


def shares(attempt: Attempt) -> Failure | None:
    """Two guests that never end, one of them noisy: each turn has the steps that were promised, no more, no less."""
    random, monitor = attempt.random, _monitor(attempt)
    promised = [random.choice((7, 40, 100, 250)), random.choice((13, 60, 150))]
    case = lay(monitor, list(_shipped(attempt)), shares=promised)

    def kept(crowd: Crowd) -> Iterator[Difference]:
        turns = [crowd.block(number).steps / share for number, share in enumerate(promised)]
        if max(turns) - min(turns) > 1:
            steps = [crowd.block(number).steps for number in range(2)]
            yield Difference("turns", f"at most one apart, at {promised[0]} and {promised[1]} steps", f"{steps} steps")

    return _failure(attempt, case, kept, 20 * promised[0], blamed="schedule")


def runs(attempt: Attempt) -> Failure | None:
    """The guests in the lab's folder, one after the other."""
    for guest in _shipped(attempt):
        found = _failure(attempt, lay(_monitor(attempt), [guest]), nothing_else, attempt.steps)
        if found:
            return found
    return None


def nothing_else(crowd: Crowd) -> Iterator[Difference]:
    """No more must be true than for every guest."""
    return iter(())


def _shipped(attempt: Attempt) -> Iterator[Guest]:
    isa, folder = machine_of(attempt), Path(attempt.lab.folder, "guests")
    for path in sorted(folder.glob("*.s")):
        image = assemble(isa, path.read_text("utf-8"), path.name, Directory(str(folder), LIBRARY))
        yield Guest(isa, dict(image.words()), {isa.pc: image.entry}, WINDOW)


def _named(attempt: Attempt) -> list[str]:
    return attempt.check.name.split()


def _monitor(attempt: Attempt) -> Monitor:
    return monitor_of(machine_of(attempt), image_of(attempt))


def _held(attempt: Attempt, draw: Draw, levels: int = 1) -> Failure | None:
    """Several guests of a seed, one after the other."""
    isa, random, monitor = machine_of(attempt), attempt.random, _monitor(attempt)
    for _ in range(attempt.check.numbers["guests"]):
        found = _failure(attempt, lay(monitor, [draw(isa, random)], levels), nothing_else, drawn.STEPS)
        if found:
            return found
    return None


def _failure(attempt: Attempt, case: Laid, also: Also, steps: int, blamed: str = RELOCATION) -> Failure | None:
    watch = _Watch(case, attempt.steps, also)
    try:
        parting = compare(case, steps, also=watch).parting
    except TraplineError as error:
        return Failure(error.message)
    return _told(attempt, case, parting, blamed) if parting else None


class _Watch:
    """What else must be true wherever a guest is entered: the monitor's instructions and what is nobody's are as they
    were, and it does not go round for ever."""

    def __init__(self, case: Laid, budget: int, also: Also) -> None:
        self.budget, self.also, self.entries = budget, also, 0
        self.kept: list[tuple[int, list[int]]] = []

    def __call__(self, crowd: Crowd) -> Iterator[Difference]:
        storage = crowd.machine.storage
        if not self.kept:
            self.kept = [(run[0], list(storage.read(run[0], len(run)))) for run in _runs(sorted(crowd.kept()))]
        self.entries += 1
        for first, words in self.kept:
            now = list(storage.read(first, len(words)))
            if now != words:
                at = next(i for i, pair in enumerate(zip(now, words, strict=True)) if pair[0] != pair[1])
                yield Difference(f"{WORD}{first + at:#x} of the machine", f"{words[at]:#x}", f"{now[at]:#x}")
        if self.entries > ENTRIES:
            yield Difference("how often it is entered", f"at most {ENTRIES:,} times", f"{self.entries:,} times")
        if crowd.machine.steps > self.budget:
            yield Difference("steps of the machine", f"at most {self.budget:,}", f"{crowd.machine.steps:,}")
        yield from self.also(crowd)


def _runs(addresses: list[int]) -> list[list[int]]:
    """Addresses, in order, as runs of such that follow each other."""
    found: list[list[int]] = []
    for at in addresses:
        if found and found[-1][-1] == at - 1:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def _told(attempt: Attempt, case: Laid, parting: Parting, blamed: str) -> Failure:
    """The counterexample: the guest's step, and the monitor's line that wrote what differs."""
    found, image = parting.found, case.monitors[-1].image
    first, word = found.differences[0], found.word
    statement = f"the guest's `{Disassembler(case.isa).statement(word, found.pc)}`" if word is not None else NO_FETCH
    said = f"after {statement}, {first.name} is {first.monitored} and not {first.bare}"
    if parting.directly:
        said += "; the guest took this step itself, so what `leave` loaded is wrong"
    elif parting.path:
        said += f"; the monitor passed {', '.join(parting.path[-SHOWN:])}"
    states = {difference.name: (difference.bare, difference.monitored) for difference in found.differences[:16]}
    before = {name: f"{value:#x}" for name, value in found.before.items() if value}
    line = _line(attempt, image, parting, blamed)
    moment = _moment(attempt, case, parting) if attempt.explained else None
    return Failure(said, found.step, line, before, states, moment=moment)


def _moment(attempt: Attempt, case: Laid, parting: Parting) -> Moment:
    """The machine with the monitor on it, where the guest under it was last as it is bare."""
    name = attempt.check.file or attempt.lab.files[0]
    start = Snapshot.take(case.machine())
    return Moment(name, case.isa, case.monitors[0].image, start, (), DEFAULT, parting.agreed)


def _line(attempt: Attempt, image: Image, parting: Parting, blamed: str) -> str:
    """The line of what is handed in that wrote what differs. If none did: the label at which it handled the guest's
    step; if that was left to the skeleton, the one that is `blamed`: mostly what decides what the guest can reach."""
    passed = takewhile(lambda name: name not in ENDS, () if parting.directly else parting.path)
    wrote = [parting.writers[d.name] for d in parting.found.differences if d.name in parting.writers]
    labels = [*reversed([*passed]), blamed]
    lines = [
        source_line(image, at) for at in (*wrote, *(image.symbols[name] for name in labels if name in image.symbols))
    ]
    own = [line for line in lines if os.path.basename(line.split(":")[0]) in attempt.lab.files]
    return next(iter([*own, *lines]), "")
