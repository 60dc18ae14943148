"""Guests that mean harm, under a monitor in assembly, beside one that does not: the *victim*.

The hostile ones are generated (`proofs.runs.generation`): their words, and the states in which they begin, are whatever
hurts. The monitor is booted once; then its guests are put into their windows and blocks, batch after batch, and run in
turn. After that each is where its twin on the bare machine is, the victim and its window too, nobody has changed a word
that is not his, on storage or on the disk, and the monitor is alive: it enters guests. A batch that is not so is run
again and looked at whenever a guest is entered, to say where it begins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from guests.pack import Tenant
from isa.engines.choice import INTERPRETER
from isa.machine.lines import Lines
from isa.machine.moment import Moment
from proofs.runs.compare import Difference
from proofs.runs.generation import generator
from proofs.runs.guests import Guest
from proofs.runs.shrinking import shrunk
from proofs.under.case import Case
from proofs.under.crowd import Crowd
from proofs.under.watching import DEEPER, Stop

ROOM = 8  # guests under a monitor, the victim among them
STEPS = 100_000  # of the machine below it all, in which a batch is run
BYTES, BLOCKS = 512, 3  # of a hostile guest's disk
SHARE = 3000  # steps of a turn, those of the monitor with them


@dataclass(frozen=True)
class Harm:
    """A batch that came to harm: what was not as it should be of which guest, and the hostile ones by their seeds."""

    seeds: tuple[int, ...]
    number: int
    differences: tuple[Difference, ...]
    guest: Guest | None = field(default=None, repr=False)

    def __str__(self) -> str:
        who = f"guest {self.number}" if self.number else "the victim"
        found = "; ".join(f"{d.name}: {d.bare} bare, {d.monitored} under the monitor" for d in self.differences[:4])
        listing = "\n".join(self.guest.listing()) if self.guest else ""
        return f"seeds {self.seeds[0]} to {self.seeds[-1]}, {who}: {found}\n{listing}".strip()


class Arena:
    """A case whose first guest is the victim, booted with room for hostile ones. The victim must run for long, and
    nobody types for it."""

    def __init__(self, case: Case) -> None:
        self.make = generator(case.isa)
        room = Tenant("hostile", (), 0, self.make.size, SHARE, input=b"abc", disk=bytes(BYTES * BLOCKS))
        victim = replace(case.guests[0], share=SHARE, input=b"")
        self.crowd = Crowd(replace(case, guests=(victim, *(room,) * (ROOM - 1)), engine=INTERPRETER))
        self.words = self.crowd.kept()
        self.steps = STEPS * DEEPER ** (len(case.monitors) - 1)
        machines = [self.crowd.machine, *(sides.twin for sides in self.crowd.sides)]
        self._kept = [(machine, Lines(machine.storage), Moment.take(machine)) for machine in machines]

    def check(self, seeds: Sequence[int]) -> Iterator[Harm]:
        """Run the guests of these seeds in batches; what came to harm."""
        for first in range(0, len(seeds), ROOM - 1):
            batch = tuple(seeds[first : first + ROOM - 1])
            guests = [self.make.guest(Random(seed)) for seed in batch]
            found = self.run(guests)
            if found:
                yield self._explained(batch, guests, *found)

    def run(self, guests: Sequence[Guest]) -> tuple[int, tuple[Difference, ...]] | None:
        """Run a batch, and look once. The number of a guest that is not as it should be, and what is not."""
        self._begin(guests)
        machine = self.crowd.machine
        machine.break_places = set()
        machine.run(self.steps)
        stop = self.crowd.watch.next()
        if not isinstance(stop, Stop):
            return 0, (Difference("the monitor", "goes on", stop.reason.value),)
        lines = self.crowd.written()
        for number in range(len(guests) + 1):
            sides, block = self.crowd.sides[number], self.crowd.block(number)
            sides.unheard = True
            if not sides.agrees(block):
                return number, sides.differences(block)
        found = (*self.crowd.spoilt(), *self.crowd.trespasses(self.words, lines))
        return (0, found) if found else None

    def singly(self, guests: Sequence[Guest]) -> tuple[int, tuple[Difference, ...]] | None:
        """Run a batch, and look at every entry into a guest."""
        self._begin(guests)
        crowd, stop = self.crowd, self.crowd.stop
        end = crowd.machine.steps + self.steps
        while crowd.machine.steps < end:
            if not crowd.agrees(stop):
                return stop.block.number, crowd.sides[stop.block.number].differences(stop.block)
            found = crowd.watch.next()
            if not isinstance(found, Stop):
                return 0, (Difference("the monitor", "goes on", found.reason.value),)
            stop = found
        return None

    def smallest(self, harm: Harm) -> Harm:
        """The same of its guest alone, made as small as it can be; or as it is, if alone it does no harm."""
        if harm.guest is None or self.run([harm.guest]) is None:
            return harm
        guest = shrunk(harm.guest, lambda smaller: self.run([smaller]))
        number, differences = self.singly([guest]) or (harm.number, harm.differences)
        return replace(harm, number=number, differences=differences, guest=guest)

    def _begin(self, guests: Sequence[Guest]) -> None:
        """As after the boot, with these guests in the places of the hostile ones."""
        for machine, lines, moment in self._kept:
            lines.put(0)
            moment.put(machine)
        storage, inner = self.crowd.machine.storage, self.crowd.watch.inner
        for sides in self.crowd.sides:
            sides.forget()
        for sides, guest in zip(self.crowd.sides[1:], guests, strict=False):
            guest.start(sides.twin)
            for segment in guest.segments:
                storage.write(sides.window + segment.address, segment.words)
            inner.put(storage, sides.number, sides.twin.state.block)

    def _explained(
        self, seeds: tuple[int, ...], guests: Sequence[Guest], number: int, differences: tuple[Difference, ...]
    ) -> Harm:
        """The same with the first difference, if looking more often shows one before."""
        number, differences = self.singly(guests) or (number, differences)
        return Harm(seeds, number, differences, guests[number - 1] if number else None)
