"""A guest under monitors in assembly against the same guest bare, compared wherever the innermost monitor is about to
enter it, to the end. On a difference both are run again to where they last agreed, and singly from there: see
`finding.py`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from isa.display import Displayed
from isa.machine import Exit, Machine, Reason
from proofs.runs.compare import Difference
from proofs.under.case import Case
from proofs.under.crowd import Crowd
from proofs.under.finding import Parting, first
from proofs.under.sides import Sides


@dataclass(repr=False)
class Comparison(Displayed):
    """What came of it. `steps` are the guest's, `real` those of the machine under it all; the guest was entered
    `entries` times, and compared each time. `ended` is how it ended."""

    steps: int = 0
    real: int = 0
    entries: int = 0
    ended: Reason | None = None
    parting: Parting | None = None
    machine: Machine | None = field(default=None, repr=False)

    def title(self) -> str:
        return "equivalent" if self.equivalent else "not equivalent"

    def shown(self) -> Iterator[tuple[str, str]]:
        yield "steps", f"{self.steps:,}"
        yield "real steps", f"{self.real:,}"
        yield "entries", f"{self.entries:,}"
        if self.parting is not None:
            yield "first difference", f"step {self.parting.found.step:,}, pc {self.parting.found.pc:#x}"

    @property
    def equivalent(self) -> bool:
        return self.parting is None


def compare(
    case: Case,
    budget: int,
    progress: Callable[[int], None] | None = None,
    also: Callable[[Crowd], Iterable[Difference]] = lambda crowd: (),
) -> Comparison:
    """Run the guests of a case both ways until all have ended, or the first has taken `budget` steps. `progress` is
    told the steps that it has done. `also` says what else is not as it should be wherever both sides are the same.

    Raises TraplineError if they cannot be brought into the monitors, or if one of these never enters its guest.
    """
    crowd = Crowd(case)
    result, stop = Comparison(machine=crowd.machine), crowd.stop
    while True:
        sides, block = crowd.of(stop.block), stop.block
        result.real, agreed = crowd.machine.steps, sides.agreed
        result.steps = block.steps if not block.number else result.steps
        if not crowd.agrees(stop):
            return _parted(crowd, sides, sides.differences(block), result)
        if stop.ended and not sides.twin.halted:
            early = (Difference("end", "goes on", "the monitor says that it has ended"),)
            return _parted(crowd, sides, early, result)
        if others := tuple(also(crowd)):
            sides.agreed = agreed  # so that it is seen where that comes from
            return _parted(crowd, sides, others, result)
        result.entries += 1
        if progress:
            progress(result.steps)
        if crowd.over or result.steps >= budget:
            return _whole(crowd, Reason.HALT if crowd.over else Reason.BUDGET, result)
        found = crowd.watch.next()
        if isinstance(found, Exit):
            return _over(crowd, found, result)
        stop = found


def before(case: Case, parting: Parting) -> Machine:
    """The machine below it all as it was when both sides were last the same."""
    machine = case.machine()
    machine.run(parting.agreed)
    return machine


def _whole(crowd: Crowd, ended: Reason, result: Comparison) -> Comparison:
    """The last look, at every word."""
    crowd.written()
    for sides in crowd.sides:
        block = crowd.block(sides.number)
        if not sides.whole(block):
            return _parted(crowd, sides, sides.differences(block), result)
    if spoilt := crowd.spoilt():
        return _parted(crowd, crowd.sides[0], spoilt, result)
    result.ended = ended
    return result


def _over(crowd: Crowd, end: Exit, result: Comparison) -> Comparison:
    """The machine ended, or no stop came, and not all guests have ended. That is right if those wait for what never
    comes: then their machines are where the monitor left them, and wait for ever as well."""
    waits = end.reason in (Reason.HALT, Reason.IDLE)
    why = {Reason.BUDGET: "has not come back to its guest", Reason.IDLE: "waits for ever"}.get(end.reason, "has ended")
    for sides in crowd.sides:
        sides.alone = False  # the monitor may have said something of its own
        if not sides.over and not (waits and sides.twin.run(crowd.case.patience).reason is Reason.IDLE):
            bare = "halted" if sides.twin.halted else "goes on"
            return _parted(crowd, sides, (Difference("end", bare, f"the monitor {why}"),), result)
    return _whole(crowd, Reason.IDLE, result)


def _parted(crowd: Crowd, sides: Sides, differences: tuple[Difference, ...], result: Comparison) -> Comparison:
    result.parting = first(crowd.case, sides, crowd.machine.steps, differences)
    return result
